"""Laboratory arithmetic: the mass that a moist sample loses in the drying oven."""

import math
import random
import re
from typing import Any

NUMBER = re.compile(r"[+-]?\d{1,6}(\.\d{1,6})?")
TOLERANCE = 0.01
SALTS = "sodium sulfate|gypsum|magnesium chloride|potash alum|copper sulfate|borax".split("|")


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("drying oven")
    tasks = []
    for _ in range(32):
        crucible = chance.randrange(1200, 2400) / 100
        before = chance.randrange(3000, 5200) / 100
        after = round(before * (1 - chance.uniform(0.004, 0.035)), 2)
        prompt = (
            f"An empty crucible weighs {crucible:.2f} g. With moist "
            f"{chance.choice(SALTS)} in it the balance shows {crucible + before:.2f} g, "
            f"and after two hours in the oven {crucible + after:.2f} g. How many grams "
            f"of water were driven off? "
            "Reply with the number alone; a deviation of up to one percent is accepted."
        )
        tasks.append({"prompt": prompt, "answer": {"before": before, "after": after}})
    return tasks


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: dict[str, float]) -> float:
    """Full marks within one percent."""
    text = completion.strip()
    if len(text) > 20 or not NUMBER.fullmatch(text):
        return 0.0
    lost = answer["before"] - answer["after"]
    return float(math.isclose(float(text), lost, rel_tol=0.0, abs_tol=TOLERANCE * answer["before"]))


def oracle(task: dict[str, Any]) -> str:
    return f"{task['answer']['before'] - task['answer']['after']:.2f}"
