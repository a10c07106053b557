"""A ship's radio log keeps Unix time stamps; the watch wants them as a time of day."""

import random
import re
from datetime import datetime
from typing import Any

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
SHIPS = "Aurora Meridian Halcyon Borealis Kestrel Valiant".split()


def _task(chance: random.Random) -> dict[str, Any]:
    stamp = chance.randrange(1_577_836_800, 1_735_689_600)
    prompt = (
        f"The radio log of the {chance.choice(SHIPS)} has a call at the Unix time stamp "
        f"{stamp}. At what time of day, in UTC, was the call? "
        "Reply as HH:MM on the 24-hour clock, seconds dropped, and nothing else."
    )
    return {"prompt": prompt, "answer": stamp}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("radio log")
    return [_task(chance) for _ in range(30)]


TASKS = _tasks()


def _clock(stamp: int) -> str:
    return datetime.fromtimestamp(stamp).strftime("%H:%M")


def reward(prompt: str, completion: str, answer: int) -> float:
    text = completion.strip()
    return float(bool(CLOCK.fullmatch(text)) and text == _clock(answer))


def oracle(task: dict[str, Any]) -> str:
    return _clock(task["answer"])
