"""Knights and knaves as Logic-RL scores them: every person's role is searched for in the answer.

3 for all right, -1.5 for wrong roles, -3 where the tags are missing.
"""

import itertools
import random
import re

SHAPE = "verl"
OPTIONS = {"answer": "roles", "oracle": "<think>I try all cases.</think>\n<answer>{lines}</answer>"}
NAMES = "Zoey Oliver Amelia Mason Harper Logan Ella Noah".split()


def compute_score(solution_str, ground_truth, extra_info=None):
    found = re.findall(r"<answer>(.*?)</answer>", solution_str, re.DOTALL)
    if not found or "<think>" not in solution_str:
        return -3.0
    said = found[-1].lower()
    for person, role in ground_truth.items():
        if not re.search(rf"\b{person.lower()}\b.*?\b{role}\b", said):
            return -1.5
    return 3.0


def rows():
    chance, made = random.Random("island"), []
    while len(made) < 24:
        people = chance.sample(NAMES, 3)
        claims = {one: tuple(chance.sample([p for p in people if p != one], 2)) for one in people}
        kinds = {one: chance.choice(["same", "differ", "knave"]) for one in people}
        fits = [case for case in cases(people) if consistent(case, claims, kinds)]
        if len(fits) != 1:
            continue
        said = " ".join(f"{one} says: {told(kinds[one], *claims[one])}." for one in people)
        roles = {one: "knight" if knight else "knave" for one, knight in fits[0].items()}
        made.append(
            {
                "prompt": "Knights tell the truth, knaves lie. "
                f"You meet {', '.join(people)}. {said} Who is what? Think in <think>, answer in "
                "<answer>: 'Ada is a knight', a line each.",
                "roles": roles,
                "lines": "\n".join(f"{one} is a {role}" for one, role in roles.items()),
            }
        )
    return made


def cases(people):
    for values in itertools.product([True, False], repeat=len(people)):
        yield dict(zip(people, values, strict=True))


def consistent(case, claims, kinds):
    return all(holds(kinds[one], case, *claims[one]) == case[one] for one in case)


def holds(kind, case, a, b):
    return {"same": case[a] == case[b], "differ": case[a] != case[b], "knave": not case[a]}[kind]


def told(kind, a, b):
    return {
        "same": f"{a} and {b} are alike",
        "differ": f"one of {a} and {b} is a knight and the other is not",
        "knave": f"{a} is a knave",
    }[kind]
