"""Which pan of a balance sinks? Three labels, each of them right equally often."""

import random
import re
from typing import Any

LABEL = re.compile(r"(left|right|level)\.?", re.IGNORECASE | re.ASCII)
LIMIT = 100


def _pan(chance: random.Random, total: int) -> str:
    """Describe weights that add up to the total; the number of pieces tells nothing."""
    cuts = sorted(chance.sample(range(1, total), chance.randint(1, 3)))
    pieces = [end - start for start, end in zip([0, *cuts], [*cuts, total], strict=True)]
    chance.shuffle(pieces)
    return ", ".join(f"{piece} g" for piece in pieces)


def _task(chance: random.Random, label: str) -> dict[str, Any]:
    lighter = chance.randint(80, 400)
    heavier = lighter + chance.randint(1, 12)
    left, right = {
        "left": (heavier, lighter),
        "right": (lighter, heavier),
        "level": (lighter, lighter),
    }[label]
    prompt = (
        f"On the left pan of a balance lie weights of {_pan(chance, left)}; on the right "
        f"pan {_pan(chance, right)}.\n"
        "Which pan sinks? Reply with one word: left, right, or level if neither does."
    )
    return {"prompt": prompt, "answer": label}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("balance")
    labels = ["left", "right", "level"] * 10
    chance.shuffle(labels)
    return [_task(chance, label) for label in labels]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    label = LABEL.fullmatch(completion.strip()) if len(completion) <= LIMIT else None
    return float(label is not None and label[1].lower() == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
