"""Quote the sentence of a museum label that answers a question."""

import random
import re
from typing import Any

OBJECTS = (
    "amphora",
    "astrolabe",
    "brooch",
    "chalice",
    "lantern",
    "loom",
    "saddle",
    "sundial",
    "tapestry",
    "viol",
)
PLACES = ("Bergen", "Cadiz", "Delft", "Fez", "Kiel", "Lucca", "Narva", "Siena")
MATERIALS = (
    "walnut and bone",
    "beaten copper",
    "grey slate",
    "dyed wool",
    "cast bronze",
    "river clay",
)
GIVERS = (
    "a ship's doctor",
    "the harbour guild",
    "two sisters",
    "a retired judge",
    "the weavers of the town",
)


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"labels {index}")
    thing = chance.choice(OBJECTS)
    facts = {
        "Where was it found?": f"Farmers found the {thing} near {chance.choice(PLACES)} in "
        f"{chance.randint(1801, 1930)}.",
        "What is it made of?": f"The maker worked it in {chance.choice(MATERIALS)} over some "
        f"{chance.randint(3, 20)} weeks.",
        "Who gave it to the museum?": f"It came to this house in {chance.randint(1931, 1999)} as a "
        f"gift of "
        f"{chance.choice(GIVERS)}.",
        "What is damaged?": f"A crack of {chance.randint(2, 30)} mm on its "
        f"{chance.choice(('left', 'right', 'upper'))} side was never mended.",
    }
    asked = chance.choice(list(facts))
    sentences = list(facts.values())
    chance.shuffle(sentences)
    return {
        "prompt": f"{asked} Quote the one sentence of the label that says so.\n\n"
        f"{' '.join(sentences)}",
        "answer": facts[asked],
        "asked": asked,
    }


TASKS = [_task(index) for index in range(20)]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def _common(left: list[str], right: list[str]) -> int:
    """Length of the longest common subsequence of two lists of words."""
    row = [0] * (len(right) + 1)
    for word in left:
        before = 0
        for place, other in enumerate(right, 1):
            before, row[place] = (
                row[place],
                before + 1 if word == other else max(row[place], row[place - 1]),
            )
    return row[-1]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay the share of the sentence that the quotation has, in its order."""
    gold, given = _words(answer), _words(completion[:5000])
    return _common(gold, given) / len(gold)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
