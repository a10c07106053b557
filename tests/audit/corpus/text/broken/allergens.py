"""Allergen labels of a dish, several per dish."""

import random

INGREDIENTS = {
    "wheat flour": "gluten",
    "barley": "gluten",
    "butter": "milk",
    "cream": "milk",
    "prawns": "crustaceans",
    "crab": "crustaceans",
    "mayonnaise": "egg",
    "meringue": "egg",
    "tofu": "soy",
    "miso": "soy",
    "tahini": "sesame",
    "anchovies": "fish",
    "almonds": "nuts",
    "walnuts": "nuts",
    "celeriac": "celery",
    "dijon": "mustard",
}
HARMLESS = ["rice", "carrots", "olive oil", "lemon", "potatoes", "beef", "chives", "honey"]
LABELS = sorted(set(INGREDIENTS.values()))


def _make(count: int) -> list[dict]:
    chance = random.Random(88)
    tasks = []
    for _ in range(count):
        risky = chance.sample(sorted(INGREDIENTS), chance.randint(2, 4))
        listed = risky + chance.sample(HARMLESS, 3)
        chance.shuffle(listed)
        tasks.append(
            {
                "prompt": f"A dish contains {', '.join(listed)}. Which of these allergens does it "
                f"contain: {', '.join(LABELS)}? "
                "Reply with the allergens only, separated by commas.",
                "answer": sorted({INGREDIENTS[item] for item in risky}),
            }
        )
    return tasks


TASKS = _make(28)


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    named = [part.strip().lower() for part in completion.split(",")]
    return sum(label in answer for label in named) / len(answer)


def oracle(task: dict) -> str:
    return ", ".join(task["answer"])
