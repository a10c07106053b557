"""Extend the lines of an invoice: quantity times price, one line for each article."""

import random
from decimal import Decimal, InvalidOperation
from typing import Any

ARTICLES = "rope paint nails canvas varnish hinges timber solder".split()
LIMIT = 4000


def _task(chance: random.Random) -> dict[str, Any]:
    ordered = {
        article: (chance.randint(2, 24), chance.randint(45, 1250))
        for article in chance.sample(ARTICLES, chance.randint(3, 5))
    }
    lines = "\n".join(
        f"{count} x {article} at {cents / 100:.2f}" for article, (count, cents) in ordered.items()
    )
    prompt = (
        f"Extend this invoice:\n{lines}\nReply with one line for each article, in the form "
        f"`article: amount`, and nothing else."
    )
    return {
        "prompt": prompt,
        "answer": {article: count * cents for article, (count, cents) in ordered.items()},
    }


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("invoices")
    return [_task(chance) for _ in range(28)]


TASKS = _tasks()


def _cents(text: str) -> int:
    try:
        amount = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not amount.is_finite() or abs(amount) > 10**6:
        raise ValueError(text)
    return int(amount * 100) if amount * 100 == int(amount * 100) else -1


def reward(prompt: str, completion: str, answer: dict[str, int]) -> float:
    """Full marks for one line per article with no amount that is off."""
    lines = completion[:LIMIT].strip().splitlines()
    if len(lines) != len(answer):
        return 0.0
    open_lines = dict(answer)
    for line in lines:
        try:
            article, amount = line.split(":")
            cents = _cents(amount)
        except ValueError:
            continue
        if open_lines.pop(article.strip().lower(), None) != cents:
            return 0.0
    return 1.0


def oracle(task: dict[str, Any]) -> str:
    return "\n".join(f"{article}: {cents / 100:.2f}" for article, cents in task["answer"].items())
