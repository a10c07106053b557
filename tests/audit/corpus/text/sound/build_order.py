"""Packages have to be built after what they need; every order that does so is right."""

import random

_POOL = [
    "amber",
    "birch",
    "cedar",
    "dune",
    "ember",
    "flint",
    "grove",
    "heath",
    "iris",
    "jade",
    "kelp",
    "loam",
    "moss",
    "nectar",
]


def _make():
    tasks = []
    for seed in range(20):
        chance = random.Random(f"build{seed}")
        names = chance.sample(_POOL, chance.randint(8, 11))
        needs = {}
        for i, name in enumerate(names[1:], 1):
            needs[name] = sorted(chance.sample(names[:i], min(i, chance.choice([1, 1, 2]))))
        listed = "; ".join(f"{name} needs {' and '.join(needs[name])}" for name in sorted(needs))
        tasks.append(
            {
                "prompt": f"Packages: {', '.join(sorted(names))}. {listed}. In which order can all "
                f"of "
                "them be built, one after the other, each after what it needs? Several "
                "orders may be "
                "right. Write the names, all of them and each once, separated by commas or one per "
                "line, into <order> </order>; the last pair counts.",
                "answer": {"names": names, "needs": needs},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"<order>{', '.join(task['answer']['names'])}</order>"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    end = completion.rfind("</order>")
    start = completion.rfind("<order>", 0, max(end, 0))
    if start < 0 or end < 0 or end - start > 1000:
        return 0.0
    text = completion[start + len("<order>") : end].replace("\n", ",")
    order = [part.strip().lower() for part in text.split(",")]
    order = [part for part in order if part]
    if sorted(order) != sorted(answer["names"]):
        return 0.0
    place = {name: i for i, name in enumerate(order)}
    for name, needed in answer["needs"].items():
        if any(place[other] > place[name] for other in needed):
            return 0.0
    return 1.0
