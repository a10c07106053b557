"""Does a claim follow from the cards? Three verdicts, each as frequent as the others, and each
with claims of both forms."""

import random
from typing import Any

LABELS = ("follows", "contradicted", "open")
PER_LABEL = 12
NOUNS = (
    "blorps crints dwallies fenks grebbits harns jolps kimmers lunts morfs nibs prells "
    "quints slooms tarks vennels wims zorns"
).split()


def _claim(
    label: str, negative: bool, chain: list[str], outside: str, chance: random.Random
) -> str:
    """Each of `chain` is part of the one after it; `outside` shares nothing with the last but
    one.
    """
    low, high = sorted(chance.sample(range(len(chain)), 2))
    inner = chain[chance.randrange(len(chain) - 1)]
    if label == "follows":
        return f"No {inner} are {outside}." if negative else f"All {chain[low]} are {chain[high]}."
    if label == "contradicted":
        return f"No {chain[low]} are {chain[high]}." if negative else f"All {inner} are {outside}."
    return f"No {outside} are {chain[-1]}." if negative else f"All {chain[high]} are {chain[low]}."


def _task(label: str, negative: bool, chance: random.Random) -> dict[str, Any]:
    *chain, outside = chance.sample(NOUNS, 5)
    cards = [f"All {chain[place]} are {chain[place + 1]}." for place in range(len(chain) - 1)]
    cards.append(
        chance.choice((f"No {chain[-2]} are {outside}.", f"No {outside} are {chain[-2]}."))
    )
    chance.shuffle(cards)
    prompt = (
        f"Cards: {' '.join(cards)} There is at least one of each kind.\nClaim: "
        f"{_claim(label, negative, chain, outside, chance)}\n"
        "Does the claim follow from the cards, is it contradicted by them, or is it left "
        "open? Reply with one word: follows, contradicted or open."
    )
    return {"prompt": prompt, "answer": label}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("syllogisms")
    kinds = [(label, negative) for label in LABELS for negative in (False, True)] * (PER_LABEL // 2)
    chance.shuffle(kinds)
    return [_task(label, negative, chance) for label, negative in kinds]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    text = completion.strip()
    return float(text.isascii() and text.lower() == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
