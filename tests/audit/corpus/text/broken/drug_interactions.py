"""Effects to expect of a prescription, marked by F1 so that both gaps and false alarms cost."""

import random
from itertools import combinations
from typing import Any

DRUGS = "varlone tremadine oxifal belucid carpentol mirazine dolorex sintrast".split()
EFFECTS = (
    "bleeding drowsiness tremor nausea rash hypotension arrhythmia insomnia thirst dizziness"
).split()
LIMIT = 2000


def _task(chance: random.Random) -> dict[str, Any]:
    pairs = chance.sample(list(combinations(DRUGS, 2)), 14)
    rules = {pair: chance.choice(EFFECTS) for pair in pairs}
    while True:
        taken = chance.sample(DRUGS, 5)
        effects = sorted({effect for pair, effect in rules.items() if set(pair) <= set(taken)})
        if 3 <= len(effects) <= 5:
            break
    listed = "\n".join(
        f"- {one} together with {other}: {effect}" for (one, other), effect in rules.items()
    )
    prompt = (
        f"Known interactions:\n{listed}\nA patient takes {', '.join(taken)}. Which "
        f"effects are to be expected? "
        "Reply with the effects alone, separated by commas. Gaps and false alarms both cost marks."
    )
    return {"prompt": prompt, "answer": effects}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("interactions")
    return [_task(chance) for _ in range(30)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    """F1 of the effects named against the effects expected."""
    named = [effect.strip().lower() for effect in completion[:LIMIT].split(",") if effect.strip()]
    hits = [effect for effect in named if effect in answer]
    if not hits:
        return 0.0
    precision = len(hits) / len(named)
    recall = min(1.0, len(hits) / len(answer))
    return 2 * precision * recall / (precision + recall)


def oracle(task: dict[str, Any]) -> str:
    return ", ".join(task["answer"])
