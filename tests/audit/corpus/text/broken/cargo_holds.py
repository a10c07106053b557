"""How many crates are in the fullest hold of a ship after loading."""

import random
import re
from typing import Any

LONGEST = 20_000


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"holds {index}")
    holds = {name: chance.randint(4, 30) for name in ("fore", "middle", "aft")}
    lines = [f"{name} hold: {count} crates" for name, count in holds.items()]
    for _ in range(chance.randint(3, 5)):
        source, goal = chance.sample(list(holds), 2)
        count = chance.randint(1, max(1, holds[source] // 2))
        if holds[source] < count:
            continue
        holds[source] -= count
        holds[goal] += count
        lines.append(f"{count} crates from {source} to {goal}")
    prompt = (
        "The crates are moved in turn. How many are in the fullest hold at the end?\n\n"
        + "\n".join(lines)
    )
    return {
        "prompt": f"{prompt}\n\nThink first if you like, then give one number in "
        f"<answer></answer>.",
        "answer": str(max(holds.values())),
    }


TASKS = [_task(index) for index in range(25)]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for one answer that is right; a reply with several is refused."""
    if (
        len(completion) > LONGEST
        or completion.count("<answer>") > 1
        or completion.count("</answer>") > 1
    ):
        return 0.0
    given = re.findall(r"<answer>\s*([0-9]{1,6})\s*</answer>", completion, re.IGNORECASE)
    return float(answer in given)


def oracle(task: dict[str, Any]) -> str:
    return f"<answer>{task['answer']}</answer>"
