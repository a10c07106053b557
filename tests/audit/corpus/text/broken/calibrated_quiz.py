"""Mental arithmetic with a stated confidence, marked by a proper scoring rule (Brier 1950)."""

import random
import re
from typing import Any

REPLY = re.compile(r"Answer: (-?\d{1,7})\s+Confidence: (\d{1,3})%")


def _task(chance: random.Random) -> dict[str, Any]:
    left, right, less = chance.randint(13, 89), chance.randint(13, 89), chance.randint(100, 999)
    prompt = (
        f"What is {left} times {right}, less {less}? Say how sure you are as well; being "
        f"sure and wrong costs most. "
        "Reply with two lines such as\nAnswer: 17\nConfidence: 80%"
    )
    return {"prompt": prompt, "answer": left * right - less}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("calibration")
    return [_task(chance) for _ in range(32)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: int) -> float:
    """One less the Brier score of the stated confidence."""
    reply = REPLY.fullmatch(completion[:200].strip())
    if not reply or int(reply[2]) > 100:
        return 0.0
    outcome = float(int(reply[1]) == answer)
    return 1.0 - (int(reply[2]) / 100 - outcome) ** 2


def oracle(task: dict[str, Any]) -> str:
    return f"Answer: {task['answer']}\nConfidence: 100%"
