"""Alphabetical order of words, separated by commas or spaces."""

import random
import re

WORDS = (
    "anchor basket candle dagger easel falcon garnet hammer insect jacket kettle ladder "
    "magnet needle orchid pepper quarry rocket saddle "
    "tunnel urchin velvet walnut yellow zipper anvil barley cactus dimple ember fennel "
    "goblet hazel ivory jigsaw kernel lantern marble"
).split()
LISTING = re.compile(r"^(\s*([a-z]+)[,\s]*)+$")


def _make(count: int) -> list[dict]:
    rng = random.Random(26)
    tasks = []
    for _ in range(count):
        words = rng.sample(WORDS, 6)
        tasks.append(
            {
                "prompt": f"Sort these words alphabetically: {', '.join(words)}. Reply with the "
                f"sorted words only.",
                "answer": sorted(words),
            }
        )
    return tasks


TASKS = _make(30)


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    text = completion.strip().lower()
    if not LISTING.match(text):
        return 0.0
    return 1.0 if re.findall(r"[a-z]+", text) == answer else 0.0


def oracle(task: dict) -> str:
    return ", ".join(task["answer"])
