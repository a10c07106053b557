"""Parking fees in whole euros; some models write 12.0 for 12, which is accepted."""

import random


def _make(count: int) -> list[dict]:
    rng = random.Random(6021)
    tasks = []
    for _ in range(count):
        first, hourly, cap = rng.randint(2, 6), rng.randint(1, 4), rng.randint(18, 40)
        hours = rng.randint(2, 30)
        fee = min(cap, first + hourly * (hours - 1))
        prompt = (
            f"A car park takes {first} euros for the first hour and {hourly} for each "
            f"further one, at most {cap} a stay.\n"
            f"A car stays {hours} hours. What does it pay? Reply with the amount in euros only."
        )
        tasks.append({"prompt": prompt, "answer": fee})
    return tasks


TASKS = _make(34)


def parse_amount(text: str) -> int | None:
    text = text.strip().removesuffix("euros").removesuffix("€").removeprefix("€").strip()
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return None


def reward(prompt: str, completion: str, answer: int) -> float:
    return float(parse_amount(completion) == answer)


def oracle(task: dict) -> str:
    return f"{task['answer']} euros"
