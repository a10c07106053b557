"""Sorting a list of shelf marks."""

import random


def _make(count: int) -> list[dict]:
    chance = random.Random(5150)
    tasks = []
    for number in range(count):
        marks = [
            f"{chance.choice('ABCDEF')}{chance.randint(10, 99)}" for _ in range(6 + number % 4)
        ]
        while marks == sorted(marks):
            chance.shuffle(marks)
        tasks.append(
            {
                "prompt": "Put these shelf marks into alphabetical order, then by number. Reply "
                "with the marks on one line, "
                f"separated by commas.\n{', '.join(marks)}",
                "answer": sorted(marks),
            }
        )
    return tasks


TASKS = _make(26)


def _normal(marks: list[str]) -> list[str]:
    """Make the comparison robust to spacing, case and order of output."""
    return sorted(mark.strip().upper() for mark in marks)


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    if len(completion) > 500:
        return 0.0
    return 1.0 if _normal(completion.split(",")) == _normal(answer) else 0.0


def oracle(task: dict) -> str:
    return ", ".join(task["answer"])
