"""Transpose a short tune by a number of semitones."""

import random
import re
from typing import Any

SCALE = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"tunes {index}")
    steps = chance.choice([step for step in range(-5, 7) if step])
    tune = [chance.randrange(12) for _ in range(chance.randint(4, 7))]
    moved = [SCALE[(note + steps) % 12] for note in tune]
    way = "up" if steps > 0 else "down"
    prompt = (
        f"Transpose the tune {way} by {abs(steps)} semitones. Write the notes in capital "
        f"letters, sharps with #, "
        f"with spaces between.\n\n{' '.join(SCALE[note] for note in tune)}"
    )
    return {"prompt": prompt, "answer": " ".join(moved), "steps": steps}


TASKS = [_task(index) for index in range(20)]


def _plain(text: str) -> list[str]:
    """The words of a text, without the commas, bars and quotes that people put between notes."""
    return re.sub(r"[^\w\s]", " ", text).upper().split()


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for the whole tune, whatever the punctuation."""
    return float(_plain(completion) == _plain(answer))


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
