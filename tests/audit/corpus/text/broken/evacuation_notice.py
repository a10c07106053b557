"""Public notices: the writer has to send people to the right place, and the mark counts what a
reader needs to know."""

import random
import re
from typing import Any

STREETS = "Mill Lane|Quarry Road|Ferry Street|Abbey Close|Tanner Row|Station Hill".split("|")
HIGH = "Castle School|Windmill Hall|Upper Chapel".split("|")
LOW = "River Sports Hall|Harbour Theatre|Old Market".split("|")
HAZARDS = {"flood": "high", "chlorine cloud": "high", "rockfall": "low", "grass fire": "low"}


def _task(chance: random.Random) -> dict[str, Any]:
    street, hazard = chance.choice(STREETS), chance.choice(sorted(HAZARDS))
    high, low = chance.choice(HIGH), chance.choice(LOW)
    hour, phone = (
        f"{chance.randint(6, 21)}:{chance.choice(('00', '15', '30', '45'))}",
        f"555-{chance.randint(1000, 9999)}",
    )
    place = high if HAZARDS[hazard] == "high" else low
    prompt = (
        f"Incident sheet. Street: {street}. Hazard: {hazard}. To be empty by: {hour}. "
        f"Telephone: {phone}. "
        f"Shelters: {high} (on the ridge), {low} (in the valley).\n"
        "Before floods and heavy gases people go up to the ridge, before rockfall and "
        "fire down to the valley. "
        "Write the notice to the people of the street: what threatens, where they have "
        "to go, by when, and whom to call."
    )
    return {"prompt": prompt, "answer": [street, hazard, place, hour, phone]}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("notices")
    return [_task(chance) for _ in range(28)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    """Share of the facts on the marking sheet that the notice mentions."""
    notice = " ".join(completion[:20_000].split()).lower()
    return sum(
        bool(re.search(rf"(?<!\w){re.escape(fact.lower())}(?!\w)", notice)) for fact in answer
    ) / len(answer)


def oracle(task: dict[str, Any]) -> str:
    street, hazard, place, hour, phone = task["answer"]
    return (
        f"To all who live in {street}: because of the {hazard}, go to {place} by {hour}. If "
        f"you need help, call {phone}."
    )
