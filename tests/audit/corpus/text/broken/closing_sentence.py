"""Word sums with the result in a closing sentence; the number of that sentence is compared."""

import random
import re


def _make():
    tasks = []
    for seed in range(22):
        chance = random.Random(f"closing{seed}")
        name = chance.choice(["Lena", "Theo", "Mia", "Paul", "Zoe", "Karl"])
        days, each, gone = chance.randint(4, 9), chance.randint(12, 45), chance.randint(10, 40)
        thing = chance.choice(["eggs", "apples", "cards", "shells"])
        tasks.append(
            {
                "prompt": f"{name} collects {each} {thing} a day for {days} days and gives {gone} "
                f"away. How many {thing} are left? Show the steps and finish with one "
                f"sentence that "
                "tells the result.",
                "answer": days * each - gone,
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"First what is collected, then what is given away.\nThe result is {task['answer']}."


def reward(prompt, completion, answer):
    found = re.findall(r"-?\d[\d,]*(?:\.\d+)?", completion)
    if not found:
        return 0.0
    return float(abs(float(found[-1].replace(",", "")) - answer) < 1e-6)
