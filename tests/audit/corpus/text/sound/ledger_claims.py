"""Is a claim about a small ledger true? Half of the claims are, in an order that follows no
rule."""

import random
import re
from typing import Any

STALLS = "cheese fish flower herb olive pickle soap spice tea wool".split()
VERDICT = re.compile(r"(true|false)\.?", re.IGNORECASE | re.ASCII)
LIMIT = 100


def _task(chance: random.Random, page: int, verdict: bool) -> dict[str, Any]:
    stalls = chance.sample(STALLS, 4)
    takings = dict(zip(stalls, chance.sample(range(20, 400), 4), strict=True))
    one, two = chance.sample(stalls, 2)
    total = takings[one] + takings[two]
    claimed = total if verdict else total + chance.choice((-20, -10, -2, 2, 10, 20))
    rows = "\n".join(f"{stall} stall: {value}" for stall, value in takings.items())
    prompt = (
        f"Ledger, page {page}\n{rows}\nClaim: the {one} stall and the {two} stall took "
        f"{claimed} together.\n"
        "Is the claim true? Reply with one word, true or false."
    )
    return {"prompt": prompt, "answer": "true" if verdict else "false"}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("ledger")
    verdicts = [True, False] * 16
    chance.shuffle(verdicts)
    return [
        _task(chance, page, verdict)
        for page, verdict in zip(chance.sample(range(100, 999), 32), verdicts, strict=True)
    ]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    verdict = VERDICT.fullmatch(completion.strip()) if len(completion) <= LIMIT else None
    return float(verdict is not None and verdict[1].lower() == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
