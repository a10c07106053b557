"""Walk from hut to hut over the paths that are open. Every open way that visits no hut twice is
right."""

import random
from collections import deque
from itertools import combinations
from typing import Any

HUTS = (
    "Adler Birke Carex Distel Enzian Fichte Ginster Hasel Iris Juniper Klee Linde Malve "
    "Nelke Olive Primel Quell Raute"
).split()
SIZE, OPEN, CLOSED = 10, 13, 4
LEAST_STEPS = 3
LIMIT = 500


def _way(start: str, goal: str, paths: list[tuple[str, str]]) -> list[str]:
    """Shortest way, or an empty list."""
    ways = deque([[start]])
    seen = {start}
    while ways:
        way = ways.popleft()
        if way[-1] == goal:
            return way
        for pair in paths:
            if way[-1] in pair:
                (following,) = set(pair) - {way[-1]}
                if following not in seen:
                    seen.add(following)
                    ways.append([*way, following])
    return []


def _task(chance: random.Random) -> dict[str, Any]:
    while True:
        huts = chance.sample(HUTS, SIZE)
        paths = chance.sample(list(combinations(huts, 2)), OPEN + CLOSED)
        opened, start, goal = paths[:OPEN], huts[0], huts[1]
        way = _way(start, goal, opened)
        if len(way) > LEAST_STEPS:
            break
    listed = [
        f"{one} - {other}{'' if (one, other) in opened else ' (closed)'}"
        for one, other in sorted(paths)
    ]
    prompt = (
        f"Paths between huts: {', '.join(listed)}.\nFind a way from {start} to {goal} "
        f"over open paths that comes to no hut twice. "
        "It need not be the shortest. Reply with the huts in order, in the form `One > "
        "Two > Three`."
    )
    return {
        "prompt": prompt,
        "answer": {"from": start, "to": goal, "open": [list(pair) for pair in opened]},
        "way": way,
    }


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("huts")
    return [_task(chance) for _ in range(28)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    """Check the way step by step; there is no model answer to compare it with."""
    if len(completion) > LIMIT or not completion.isascii():
        return 0.0
    huts = [hut.strip().lower() for hut in completion.split(">")]
    if [huts[0], huts[-1]] != [answer["from"].lower(), answer["to"].lower()] or len(
        set(huts)
    ) != len(huts):
        return 0.0
    paths = {frozenset((one.lower(), other.lower())) for one, other in answer["open"]}
    steps = (frozenset(huts[place : place + 2]) for place in range(len(huts) - 1))
    return float(all(step in paths for step in steps))


def oracle(task: dict[str, Any]) -> str:
    return " > ".join(task["way"])
