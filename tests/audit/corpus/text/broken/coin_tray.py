"""Change at a foreign counter: pay an amount with as few coins as the tray allows."""

import random
import re
from typing import Any

PART = re.compile(r"\s*(\d{1,4}) x (\d{1,4})\s*")
SYSTEMS = ((1, 4, 9, 25), (1, 6, 10, 35), (1, 7, 12, 40), (1, 5, 8, 30))


def _fewest(amount: int, coins: tuple[int, ...]) -> list[int]:
    best: list[list[int]] = [[]]
    for total in range(1, amount + 1):
        best.append(min(([*best[total - coin], coin] for coin in coins if coin <= total), key=len))
    return best[amount]


def _task(chance: random.Random) -> dict[str, Any]:
    coins, amount = chance.choice(SYSTEMS), chance.randint(41, 190)
    tray = ", ".join(map(str, coins))
    prompt = (
        f"In this country coins are worth {tray}. Pay {amount} with the smallest number "
        f"of coins that can do it. "
        "Reply with the coins alone, in the form `2 x 9, 3 x 1` for two coins of 9 and three of 1."
    )
    return {"prompt": prompt, "answer": {"amount": amount, "coins": list(coins)}}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("coins")
    return [_task(chance) for _ in range(30)]


TASKS = _tasks()


def _paid(text: str) -> list[tuple[int, int]] | None:
    """Counts and coins of a reply, or nothing if a part of it is in another form."""
    parts = [PART.fullmatch(part) for part in text[:200].split(",")]
    return [(int(part[1]), int(part[2])) for part in parts if part] if all(parts) else None


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    """Several ways of paying can be equally good, so the coins are counted rather than compared
    with a model answer.
    """
    paid = _paid(completion.strip())
    if not paid or any(coin not in answer["coins"] or count < 1 for count, coin in paid):
        return 0.0
    return float(sum(count * coin for count, coin in paid) == answer["amount"])


def oracle(task: dict[str, Any]) -> str:
    coins = _fewest(task["answer"]["amount"], tuple(task["answer"]["coins"]))
    return ", ".join(f"{coins.count(coin)} x {coin}" for coin in sorted(set(coins), reverse=True))
