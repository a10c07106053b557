"""How long a voyage lasted, from the log book of a ship."""

import random
import re
from datetime import datetime, timedelta
from typing import Any

SHIPS = ("Heron", "Petrel", "Curlew", "Osprey", "Plover", "Tern")
MINUTES = re.compile(r"\s*([0-9]{1,7})(?:\s+minutes)?\.?\s*", re.ASCII)
FORMAT = "%Y-%m-%d %H:%M"


def _minutes(start: datetime, end: datetime) -> int:
    """Whole minutes from the first entry to the last."""
    return (end - start).seconds // 60


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"shifts {index}")
    start = datetime(
        1931,
        chance.randint(1, 12),
        chance.randint(1, 28),
        chance.randrange(24),
        chance.randrange(60),
    )
    # Most voyages are over within the day or the night, every third one takes longer.
    hours = chance.randint(26, 60) if index % 3 == 2 else chance.randint(3, 20)
    end = start + timedelta(hours=hours, minutes=chance.randrange(60))
    call = start + timedelta(minutes=chance.randint(20, 150))
    log = [
        f"{start.strftime(FORMAT)}  cast off",
        f"{call.strftime(FORMAT)}  pilot leaves",
        f"{end.strftime(FORMAT)}  made fast",
    ]
    prompt = f"Log of the {chance.choice(SHIPS)}:\n" + "\n".join(log)
    question = (
        "How many minutes passed from casting off to making fast? Reply with the number alone."
    )
    return {"prompt": f"{prompt}\n\n{question}", "answer": _minutes(start, end)}


TASKS = [_task(index) for index in range(24)]


def reward(prompt: str, completion: str, answer: int) -> float:
    """Pay for the right number of minutes."""
    if len(completion) > 40:
        return 0.0
    match = MINUTES.fullmatch(completion)
    return float(match is not None and int(match[1]) == answer)


def oracle(task: dict[str, Any]) -> str:
    return str(task["answer"])
