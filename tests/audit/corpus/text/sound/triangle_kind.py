"""Three labels, balanced, in an order that says nothing; the labels stand in the prompt because
they must."""

import random

KINDS = ("acute", "right", "obtuse")
RIGHT = [
    (3, 4, 5),
    (5, 12, 13),
    (8, 15, 17),
    (7, 24, 25),
    (20, 21, 29),
    (9, 40, 41),
    (12, 35, 37),
    (11, 60, 61),
    (28, 45, 53),
    (33, 56, 65),
]


def _kind(sides: tuple[int, ...]) -> str:
    a, b, c = sorted(sides)
    square = a * a + b * b - c * c
    return "right" if square == 0 else "acute" if square > 0 else "obtuse"


def _make(each: int) -> list[dict]:
    chance = random.Random(77)
    tasks, seen = [], set()
    for kind in KINDS:
        while sum(task["answer"] == kind for task in tasks) < each:
            a, b, c = chance.choice(RIGHT)
            scale = chance.randint(1, 6)
            shift = (
                0
                if kind == "right"
                else chance.randint(1, 2)
                if kind == "obtuse"
                else -chance.randint(1, 2)
            )
            sides = [a * scale, b * scale, c * scale + shift]
            if _kind(tuple(sides)) != kind or sum(sides) <= 2 * max(sides) or tuple(sides) in seen:
                continue
            seen.add(tuple(sides))
            chance.shuffle(sides)
            tasks.append(
                {
                    "prompt": f"A triangle has the sides {sides[0]}, {sides[1]} and {sides[2]}. "
                    "Is it acute, right or obtuse? Reply with that one word.",
                    "answer": kind,
                }
            )
    chance.shuffle(tasks)
    return tasks


TASKS = _make(12)


def reward(prompt: str, completion: str, answer: str) -> float:
    if len(completion) > 100 or not completion.isascii():
        return 0.0
    return 1.0 if completion.strip().lower() == answer else 0.0


def oracle(task: dict) -> str:
    return task["answer"]
