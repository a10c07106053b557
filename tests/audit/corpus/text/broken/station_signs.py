"""Write the sign of a railway platform in another alphabet, by a table of letters."""

import random
import unicodedata
from typing import Any

LETTERS = dict(zip("abvgdeziklmnoprstuf", "абвгдезиклмнопрстуф", strict=True))
VOWELS, OTHERS = "aeiou", "bvgdzklmnprstf"


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"signs {index}")
    name = "".join(
        chance.choice(OTHERS) + chance.choice(VOWELS) for _ in range(chance.randint(2, 4))
    ) + chance.choice(OTHERS)
    platform = chance.randint(1, 24)
    table = ", ".join(f"{latin} = {letter}" for latin, letter in LETTERS.items())
    prompt = (
        f"Write the sign letter by letter in the other alphabet and keep the number.\n\n"
        f"{name} {platform}\n\nLetters: {table}"
    )
    return {
        "prompt": prompt,
        "answer": f"{''.join(LETTERS[letter] for letter in name)} {platform}",
        "name": name,
        "platform": platform,
    }


TASKS = [_task(index) for index in range(24)]


def _folded(text: str) -> str:
    """A text without case, accents and surplus space, so that composed and decomposed letters
    are the same.
    """
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return " ".join(plain.split())


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for the sign; case and spacing are free."""
    return float(bool(completion.strip()) and _folded(completion) == _folded(answer))


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
