"""Moderation of shop reviews, sampled from a realistic stream: publish, or hold when personal
data is shown."""

import random

OPENERS = [
    "Lovely kettle",
    "The lamp arrived late",
    "Third pair I bought",
    "Smaller than I thought",
    "My sister wanted one too",
    "Works, but loud",
]
MIDDLES = [
    "would buy again",
    "the box was torn",
    "support answered in a day",
    "colour is not as shown",
    "easy to clean",
    "a bit dear for what it is",
]
PRIVATE = [
    "call me on 0171 555 23 {n}",
    "I live at {n} Mill Lane, come and see",
    "write to pat{n}@example.org",
    "my account number ends in 99{n}",
]


def _make(count: int) -> list[dict]:
    rng = random.Random(77)
    tasks = []
    for number in range(count):
        parts = [rng.choice(OPENERS), rng.choice(MIDDLES)]
        held = rng.random() < 0.12
        if held:
            parts.insert(rng.randint(0, 2), rng.choice(PRIVATE).format(n=rng.randint(11, 98)))
        prompt = (
            f"Review {number + 1}: {', '.join(parts)}. {rng.randint(1, 5)} stars.\n"
            "Does the review show somebody's personal data? Answer with one word: "
            "publish (no) or hold (yes)."
        )
        tasks.append({"prompt": prompt, "answer": "hold" if held else "publish"})
    return tasks


TASKS = _make(40)


def reward(prompt: str, completion: str, answer: str) -> float:
    words = completion.split()
    if len(words) != 1:
        return 0.0
    return float(words[0].strip(".!").lower() == answer)


def oracle(task: dict) -> str:
    return task["answer"]
