"""Summaries of meetings against a reference: unigram recall without stop words, as in the usual
overlap scores."""

import random
import re

STOP = set("a an the to of and on in by for with is was be will at it that this we".split())
PEOPLE = ["Dana", "Iqbal", "Marta", "Joost", "Femi", "Lucia", "Pavel", "Noor"]
THINGS = [
    "the pump order",
    "the fire drill",
    "the new badge reader",
    "the roof repair",
    "the summer rota",
    "the van lease",
    "the water bill",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
CHATTER = [
    "{a} said the coffee had run out again.",
    "{a} and {b} disagreed about the heating.",
    "{b} joined ten minutes late.",
    "{a} showed some pictures of the old site.",
    "{b} asked whether {c} had been paid for.",
]


def _make(count: int) -> list[dict]:
    rng = random.Random(14)
    tasks = []
    for _ in range(count):
        a, b, owner = rng.sample(PEOPLE, 3)
        first, second = rng.sample(THINGS, 2)
        day = rng.choice(DAYS)
        lines = [text.format(a=a, b=b, c=second) for text in rng.sample(CHATTER, 3)]
        lines.insert(
            rng.randint(0, 3),
            f"In the end {owner} was asked to deal with {first}, and to report back on {day}.",
        )
        tasks.append(
            {
                "prompt": "Summarise the decision of this meeting in one sentence.\n\n"
                + " ".join(lines),
                "answer": f"{owner} deals with {first} and reports on {day}.",
            }
        )
    return tasks


TASKS = _make(30)


def _stems(text: str) -> set[str]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {word.removesuffix("s") for word in words if word not in STOP}


def reward(prompt: str, completion: str, answer: str) -> float:
    wanted = _stems(answer)
    return len(wanted & _stems(completion)) / len(wanted)


def oracle(task: dict) -> str:
    return task["answer"]
