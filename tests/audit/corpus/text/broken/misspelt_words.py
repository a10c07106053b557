"""Find the misspelt words of a sentence, with negative marking so that naming every word is no
use."""

import random
import re
from typing import Any

WORDS = (
    "harbour captain evening lantern mountain village weather market station garden "
    "journey letter bridge kitchen window orchard "
    "teacher winter island forest blanket candle hammer pepper silver thunder basket "
    "cotton marble pocket saddle turnip"
).split()
LIMIT = 4000


def _swap(word: str, chance: random.Random) -> str:
    places = [place for place in range(1, len(word) - 1) if word[place] != word[place + 1]]
    place = chance.choice(places)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _task(chance: random.Random) -> dict[str, Any]:
    words = chance.sample(WORDS, 16)
    spoilt = chance.sample(range(16), chance.randint(3, 5))
    for place in spoilt:
        words[place] = _swap(words[place], chance)
    prompt = (
        f"The clerk copied this list of words: {' '.join(words)}.\n"
        "Which of them are misspelt? Reply with the misspelt words as they stand, "
        "separated by commas. A word named without cause costs as much "
        "as a find brings."
    )
    return {"prompt": prompt, "answer": sorted(words[place] for place in spoilt)}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("misspelt")
    return [_task(chance) for _ in range(28)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    """One mark for each find, less one for each word named without cause, as a share of what
    there was to find.
    """
    named = set(re.findall(r"[a-z]+", completion[:LIMIT].lower()))
    finds = len(named & set(answer))
    return (finds - (len(named) - finds)) / len(answer)


def oracle(task: dict[str, Any]) -> str:
    return ", ".join(task["answer"])
