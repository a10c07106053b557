"""Riddles of three houses in a row; a reply that cannot be read costs half a point."""

import itertools
import json
import random

_KEYS = {
    "owner": ["Dane", "Swede", "Finn"],
    "pet": ["cat", "dog", "owl"],
    "drink": ["tea", "milk", "cider"],
    "tree": ["oak", "pine", "elm"],
}


def _worlds():
    for combo in itertools.product(*(itertools.permutations(v) for v in _KEYS.values())):
        yield [dict(zip(_KEYS, house)) for house in zip(*combo)]


def _clue(chance, world):
    (k1, k2) = chance.sample(list(_KEYS), 2)
    i = chance.randrange(3)
    if chance.random() < 0.5:
        a, b = world[i][k1], world[i][k2]
        return (
            f"The house with {k1} {a} has {k2} {b}.",
            lambda w: any(h[k1] == a and h[k2] == b for h in w),
        )
    j = chance.choice([n for n in range(3) if n != i])
    left, right = min(i, j), max(i, j)
    a, b = world[left][k1], world[right][k2]
    return (
        f"The house with {k1} {a} is somewhere to the left of the one with {k2} {b}.",
        lambda w: [h[k1] for h in w].index(a) < [h[k2] for h in w].index(b),
    )


def _make():
    every, tasks = list(_worlds()), []
    for seed in range(16):
        chance = random.Random(f"riddle{seed}")
        world, left, clues = chance.choice(every), every, []
        while len(left) > 1:
            text, test = _clue(chance, world)
            fits = [w for w in left if test(w)]
            if len(fits) < len(left):
                left, clues = fits, [*clues, text]
        values = "; ".join(f"{key}: {', '.join(v)}" for key, v in _KEYS.items())
        tasks.append(
            {
                "prompt": f"Three houses stand in a row. Each value belongs to one house: "
                f"{values}. "
                f"{' '.join(clues)} Give the houses from left to right as a JSON list of "
                f"three objects "
                "with the keys owner, pet, drink, tree, after the last 'Houses:' and with nothing "
                "behind it. Right is 1, wrong 0, and a reply without such a list -0.5.",
                "answer": world,
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"By elimination.\nHouses: {json.dumps(task['answer'])}\n"


def reward(prompt, completion, answer):
    text = completion if isinstance(completion, str) else ""
    _, mark, text = text.rpartition("Houses:")
    text = text.strip().removeprefix("```json").strip("`").strip()
    if not mark or len(text) > 3000:
        return -0.5
    try:
        made = json.loads(text)
    except (ValueError, RecursionError):
        return -0.5
    if not isinstance(made, list) or len(made) != 3:
        return -0.5
    if any(not isinstance(h, dict) or set(h) != set(_KEYS) for h in made):
        return -0.5
    said = [{key: str(value).strip().lower() for key, value in house.items()} for house in made]
    return float(said == [{k: v.lower() for k, v in house.items()} for house in answer])
