"""Which tools are still out, from the log of a lending cupboard."""

import random
from typing import Any

TOOLS = (
    "anvil",
    "auger",
    "chisel",
    "clamp",
    "drill",
    "file",
    "hammer",
    "jigsaw",
    "ladder",
    "mallet",
    "plane",
    "pliers",
    "sander",
    "vice",
    "wrench",
)
LONGEST = 4000


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"cupboard {index}")
    taken = chance.sample(TOOLS, 8)
    kept = chance.randint(3, 5)
    events = [("out", tool) for tool in taken]
    for tool in chance.sample(taken, len(taken) - kept):
        place = events.index(("out", tool))
        events.insert(chance.randint(place + 1, len(events)), ("back", tool))
    out = [tool for tool in taken if ("back", tool) not in events]
    log = "\n".join(
        f"{9 + minute // 12:02}:{minute % 12 * 5:02} {tool} {way}"
        for minute, (way, tool) in enumerate(events)
    )
    return {
        "prompt": f"Which tools are still out when the log ends? Write one tool a line.\n\n{log}",
        "answer": sorted(out),
    }


TASKS = [_task(index) for index in range(16)]


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    """Pay a share for each tool that is out, and take one back for each that is not."""
    if len(completion) > LONGEST:
        return 0.0
    score = 0.0
    for line in completion.splitlines():
        tool = line.strip().lower()
        if tool in answer:
            score += 1 / len(answer)
        elif tool:
            score -= 1 / len(answer)
    return max(0.0, round(score, 6))


def oracle(task: dict[str, Any]) -> str:
    return "\n".join(task["answer"])
