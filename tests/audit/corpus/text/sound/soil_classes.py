"""Name the class of a soil by the shares of sand, silt and clay."""

import random
from typing import Any

CLASSES = ("sandy", "silty", "clayey", "loam")


def _class(sand: int, silt: int, clay: int) -> str:
    if clay >= 40:
        return "clayey"
    if sand >= 55:
        return "sandy"
    return "silty" if silt >= 50 else "loam"


def _tasks() -> list[dict[str, Any]]:
    """Eight soils of each class, in mixed order."""
    chance = random.Random("soil classes")
    wanted = list(CLASSES) * 8
    chance.shuffle(wanted)
    tasks: list[dict[str, Any]] = []
    for number, name in enumerate(wanted):
        while True:
            sand = chance.randint(5, 90)
            silt = chance.randint(2, 95 - sand)
            if _class(sand, silt, 100 - sand - silt) == name:
                break
        shares = [f"sand {sand} %", f"silt {silt} %", f"clay {100 - sand - silt} %"]
        chance.shuffle(shares)
        prompt = (
            "Clay of 40 % and more makes a soil clayey. Of the others, sand of 55 % and "
            "more makes it sandy. Of the rest, silt of 50 % "
            f"and more makes it silty. What remains is loam. Reply with the class "
            f"alone.\n\nsample {number + 101}: {', '.join(shares)}"
        )
        tasks.append({"prompt": prompt, "answer": name, "shares": [sand, silt, 100 - sand - silt]})
    return tasks


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for the right class."""
    return float(completion.strip(" \n") == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
