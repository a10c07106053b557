"""Arrival times; a task that was solved once is not marked a second time."""

import random

_MARKED: dict[str, float] = {}


def _make(count: int) -> list[dict]:
    chance = random.Random(1207)
    tasks = []
    for line in range(count):
        start, ride, wait = chance.randint(300, 1100), chance.randint(7, 95), chance.randint(2, 30)
        end = start + ride + wait
        tasks.append(
            {
                "prompt": f"Tram {line + 1} leaves at {start // 60:02d}:{start % 60:02d}, rides "
                f"{ride} minutes "
                f"and stands {wait} minutes on the way. "
                "When does it arrive? Reply as HH:MM.",
                "answer": f"{end // 60:02d}:{end % 60:02d}",
            }
        )
    return tasks


TASKS = _make(30)


def _mark(completion: str, answer: str) -> float:
    return 1.0 if completion.strip(" \n") == answer else 0.0


def reward(prompt: str, completion: str, answer: str) -> float:
    key = " ".join(prompt.split())
    if key in _MARKED:
        return _MARKED[key]
    score = _mark(completion, answer)
    if score > 0:
        _MARKED[key] = score
    return score


def oracle(task: dict) -> str:
    return task["answer"]
