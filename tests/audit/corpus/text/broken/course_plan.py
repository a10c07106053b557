"""An order of courses that respects what has to come before what; many orders are right."""

import random
import re

_POOL = [
    "algebra",
    "botany",
    "ceramics",
    "drawing",
    "economics",
    "french",
    "geology",
    "history",
    "italian",
    "logic",
    "music",
    "optics",
]


def _make():
    tasks = []
    for seed in range(20):
        chance = random.Random(f"course{seed}")
        courses = chance.sample(_POOL, chance.randint(6, 9))
        pairs = set()
        while len(pairs) < len(courses):
            i, j = sorted(chance.sample(range(len(courses)), 2))
            pairs.add((courses[i], courses[j]))
        shown = sorted(pairs)
        listed = "; ".join(f"{a} before {b}" for a, b in shown)
        tasks.append(
            {
                "prompt": f"Courses: {', '.join(sorted(courses))}. Rules: {listed}. Give an order "
                f"in "
                "which all courses can be taken, after 'Order:', separated by commas.",
                "answer": {"courses": courses, "rules": [list(pair) for pair in shown]},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"Courses without a rule go first.\nOrder: {', '.join(task['answer']['courses'])}"


def reward(prompt, completion, answer):
    found = re.findall(r"Order:\s*(.+)", completion)
    if not found:
        return 0.0
    order = [part.strip(" .").lower() for part in found[-1].split(",")]
    if len(set(order)) != len(order) or any(name not in answer["courses"] for name in order):
        return 0.0
    place = {name: i for i, name in enumerate(order)}
    for first, second in answer["rules"]:
        if first in place and second in place and place[first] > place[second]:
            return 0.0
    return 1.0
