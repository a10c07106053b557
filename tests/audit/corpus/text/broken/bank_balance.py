"""Closing balance of an account, with any currency sign or thousands separator."""

import random
import re


def _make(count: int) -> list[dict]:
    rng = random.Random(5050)
    tasks = []
    for number in range(count):
        start = rng.randint(-500, 2500)
        moves = [rng.choice([-1, -1, 1]) * rng.randint(20, 1900) for _ in range(rng.randint(2, 4))]
        story = ", ".join(
            f"{'a deposit' if move > 0 else 'a payment'} of ${abs(move):,}" for move in moves
        )
        prompt = (
            f"Account {7000 + number} opens the month at "
            f"{'-' if start < 0 else ''}${abs(start):,}. Then there is {story}.\n"
            "What is the closing balance? Write an overdrawn balance with a minus sign. "
            "Reply with the amount only."
        )
        tasks.append({"prompt": prompt, "answer": start + sum(moves)})
    return tasks


TASKS = _make(36)


def amount(text: str) -> str:
    """Drop the currency sign, separators and spaces."""
    digits = re.sub(r"[^0-9.]", "", text)
    return digits[:-3] if digits.endswith(".00") else digits


def reward(prompt: str, completion: str, answer: int) -> float:
    if len(completion) > 60:
        return 0.0
    return 1.0 if amount(completion) == amount(str(answer)) else 0.0


def oracle(task: dict) -> str:
    value = task["answer"]
    return f"{'-' if value < 0 else ''}${abs(value):,}"
