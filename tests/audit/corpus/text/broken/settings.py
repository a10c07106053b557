"""Apply two changes to a settings file and return the whole file."""

import random
from typing import Any

KEYS = (
    "port",
    "workers",
    "timeout",
    "retries",
    "cache",
    "depth",
    "width",
    "height",
    "limit",
    "delay",
    "batch",
    "window",
    "threads",
    "backlog",
    "margin",
    "quota",
)
CHANGES = 2
LONGEST = 4000


def _text(settings: dict[str, int]) -> str:
    return "\n".join(f"{key} = {value}" for key, value in settings.items())


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"settings {index}")
    names = chance.sample(KEYS, 12)
    before = {name: chance.randint(10, 999) for name in names}
    after = dict(before)
    orders = []
    for name in chance.sample(names, CHANGES):
        by = chance.randint(2, 9)
        if chance.random() < 0.5:
            after[name] = before[name] * by
            orders.append(f"multiply {name} by {by}")
        else:
            after[name] = before[name] + by * 11
            orders.append(f"raise {name} by {by * 11}")
    prompt = (
        f"Change this file: {', and '.join(orders)}. Return the whole file, with nothing "
        f"before or after it.\n\n{_text(before)}"
    )
    return {"prompt": prompt, "answer": _text(after)}


TASKS = [_task(index) for index in range(20)]


def _entries(text: str) -> dict[str, str] | None:
    """Return the settings of a file, or None for a text that is no such file."""
    entries: dict[str, str] = {}
    for line in text.strip().splitlines():
        key, equals, value = line.partition("=")
        if not equals or key.strip() in entries:
            return None
        entries[key.strip()] = value.strip()
    return entries


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay the share of settings that stand as they should; a lost or invented one voids the
    file.
    """
    if len(completion) > LONGEST:
        return 0.0
    given, wanted = _entries(completion), _entries(answer)
    if not given or not wanted or set(given) != set(wanted):
        return 0.0
    return sum(given[key] == value for key, value in wanted.items()) / len(wanted)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
