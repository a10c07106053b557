"""Whether a lorry may cross a bridge, by its axles."""

import random
from typing import Any

WORDS = ("cross", "turn back")


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"bridge {index}")
    axles = [chance.randint(30, 95) / 10 for _ in range(chance.randint(2, 5))]
    total, single = chance.randint(240, 480) / 10, chance.randint(80, 120) / 10
    allowed = sum(axles) <= total and max(axles) <= single
    prompt = (
        f"A bridge bears {total} t in all and {single} t on one axle. The axles of a "
        f"lorry weigh {', '.join(f'{axle} t' for axle in axles)}.\n"
        "Reply with the word cross if it may go on, and otherwise with turn back."
    )
    return {"prompt": prompt, "answer": WORDS[not allowed], "axles": axles}


TASKS = [_task(index) for index in range(32)]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for the right one of the two replies."""
    return float(completion.strip().lower().rstrip(".") == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
