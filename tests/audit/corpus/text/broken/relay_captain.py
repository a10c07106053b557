"""Relay teams: the fastest runner over both heats becomes captain. Replies may be whole
sentences."""

import random
import re
from typing import Any

RUNNERS = "Ayo Bente Chidi Dafna Emil Fumiko Goran Hilde Ines Jonas Keiko Lars".split()


def _task(chance: random.Random) -> dict[str, Any]:
    team = chance.sample(RUNNERS, 5)
    totals = chance.sample(range(1010, 1200), 5)
    firsts = [total // 2 + chance.randint(-30, 30) for total in totals]
    heats = "\n".join(
        f"{name}: {first / 10:.1f} s and {(total - first) / 10:.1f} s"
        for name, total, first in zip(team, totals, firsts, strict=True)
    )
    prompt = (
        f"Times of the two heats:\n{heats}\nThe lowest sum makes the captain. Who is it? A "
        f"name or one short sentence will do."
    )
    return {"prompt": prompt, "answer": {"captain": team[totals.index(min(totals))], "team": team}}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("relay")
    return [_task(chance) for _ in range(30)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    """Full marks if the runner whom the reply names is the captain."""
    words = set(re.findall(r"[a-z]+", completion[:1000].lower()))
    named = words & {name.lower() for name in answer["team"]}
    return float(next(iter(named), "") == answer["captain"].lower())


def oracle(task: dict[str, Any]) -> str:
    return f"The captain is {task['answer']['captain']}."
