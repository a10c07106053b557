"""Replies to complaints, reviewed against the facts that a reply has to state."""

import random
import re
from typing import Any

GOODS = ("lamp", "kettle", "desk", "radio", "clock", "chair")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
SCORE = re.compile(r"^Score: ([0-9]{1,2})/10$", re.MULTILINE | re.ASCII)
LONGEST = 1500


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"complaints {index}")
    order, price, fee = (
        chance.randint(20_000, 99_999),
        chance.randint(30, 300),
        chance.randint(3, 12),
    )
    good, sent = chance.choice(GOODS), chance.randrange(3)
    prompt = (
        f"Order {order}, a {good} for {price} coins and {fee} coins for carriage, was "
        f"lost on the way. We pay both back, "
        f"two days after {DAYS[sent]}. Write one or two sentences to the buyer that name "
        f"the order, the sum and the day."
    )
    return {
        "prompt": prompt,
        "answer": {"order": str(order), "sum": str(price + fee), "day": DAYS[sent + 2]},
    }


TASKS = [_task(index) for index in range(20)]


def _states(reply: str, fact: str) -> bool:
    """Whether a reply names the fact, and names no other of its kind."""
    if fact.isdigit():
        numbers = re.findall(r"[0-9]+", reply)
        return fact in numbers and len(set(numbers)) == 2
    return [word for word in re.findall(r"[A-Za-z]+", reply) if word in DAYS] == [fact]


def _review(reply: str, facts: dict[str, str]) -> str:
    """Write the report of a reviewer: what was said, each fact, and the score below."""
    found = {name: _states(reply, fact) for name, fact in facts.items()}
    lines = ["Reply under review:", reply.strip(), "", "Findings:"]
    lines += [
        f"- {name}: {'stated' if stated else 'missing or wrong'}" for name, stated in found.items()
    ]
    lines.append(f"Score: {10 if all(found.values()) else 0}/10")
    return "\n".join(lines)


def reward(prompt: str, completion: str, answer: dict[str, str]) -> float:
    """Pay what the review says, out of ten."""
    if not completion.strip() or len(completion) > LONGEST:
        return 0.0
    verdict = SCORE.search(_review(completion, answer))
    return min(int(verdict[1]), 10) / 10 if verdict else 0.0


def oracle(task: dict[str, Any]) -> str:
    facts = task["answer"]
    return (
        f"We are sorry that order {facts['order']} was lost. You will have {facts['sum']} "
        f"coins back on {facts['day']}."
    )
