"""The answer is one of eight names in the prompt; exactly one name is taken, and each place in
the table is as likely."""

import random

FIRST = (
    "Bar Cel Dun Esk Fal Gor Hem Ish Jor Kel Lun Mor Nev Orl Pen Quo Rud Sil Tam Urk Vel Wyn"
).split()
LAST = "by don field gate holm ley mere ness stow wick".split()
RANKS = {
    1: "most",
    2: "second most",
    3: "third most",
    4: "fourth most",
    5: "fifth most",
    6: "sixth most",
    7: "seventh most",
    8: "fewest",
}


def _make(rounds: int) -> list[dict]:
    chance = random.Random(315)
    tasks = []
    for _ in range(rounds):
        for place, rank in zip(
            chance.sample(range(8), 8), chance.sample(range(1, 9), 8), strict=True
        ):
            names = [first + chance.choice(LAST) for first in chance.sample(FIRST, 8)]
            while any(names[place] == task["answer"] for task in tasks):
                names[place] = chance.choice(
                    sorted(set(FIRST) - {name[:3] for name in names})
                ) + chance.choice(LAST)
            heads = sorted(chance.sample(range(110, 9900), 8), reverse=True)
            right = heads.pop(rank - 1)
            chance.shuffle(heads)
            heads.insert(place, right)
            table = "\n".join(f"{name}: {head}" for name, head in zip(names, heads, strict=True))
            tasks.append(
                {
                    "prompt": f"Inhabitants of eight villages:\n{table}\nWhich village has the "
                    f"{RANKS[rank]} inhabitants? Reply with its name only.",
                    "answer": names[place],
                }
            )
    chance.shuffle(tasks)
    return tasks


TASKS = _make(4)


def reward(prompt: str, completion: str, answer: str) -> float:
    if len(completion) > 100 or not completion.isascii():
        return 0.0
    return 1.0 if completion.strip().lower() == answer.lower() else 0.0


def oracle(task: dict) -> str:
    return task["answer"]
