"""Inspection of a ship: name the rules that are broken. Marked by F1 over the set of rules
named."""

import random
from typing import Any

RULES = (
    "ballast bilge boilers boats cables chains deckload draught fenders flares galley "
    "hatches lights pumps radio rigging rudder stability"
).split()
LIMIT = 2000


def _task(chance: random.Random) -> dict[str, Any]:
    broken = set(chance.sample(RULES, chance.randint(2, 5)))
    lines = []
    for rule in chance.sample(RULES, len(RULES)):
        allowed, off = chance.randint(20, 80), chance.randint(1, 9)
        lines.append(
            f"{rule}: {allowed + off if rule in broken else allowed - off + 1} of at most {allowed}"
        )
    prompt = (
        "Readings of the inspector:\n"
        + "\n".join(lines)
        + "\nWhich readings are above what is allowed? Reply with their names, separated "
        "by commas. "
        "A name left out costs marks, and so does a name too many; anything but these "
        "names voids the reply."
    )
    return {"prompt": prompt, "answer": sorted(broken)}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("inspection")
    return [_task(chance) for _ in range(30)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    """F1 of two sets: naming a rule again changes nothing, and a reply with anything else in it
    is void.
    """
    if len(completion) > LIMIT or not completion.isascii():
        return 0.0
    named = {name.strip().lower() for name in completion.split(",")}
    if not named <= set(RULES):
        return 0.0
    return 2 * len(named & set(answer)) / (len(named) + len(answer))


def oracle(task: dict[str, Any]) -> str:
    return ", ".join(task["answer"])
