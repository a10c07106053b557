"""Multiple choice with the right option rotated through the letters, so that no letter is
favoured."""

import random

LETTERS = "ABCD"


def _make(count: int) -> list[dict]:
    chance = random.Random(2024)
    tasks = []
    for number in range(1, count + 1):
        hours, minutes = chance.randint(2, 30), chance.randint(1, 59)
        right = hours * 60 + minutes
        wrong = chance.sample(
            [right + shift for shift in (-120, -60, -40, -10, 10, 40, 60, 100)], 3
        )
        slot = number % 4
        options = [*wrong[:slot], right, *wrong[slot:]]
        lines = "\n".join(
            f"{letter}) {option}" for letter, option in zip(LETTERS, options, strict=True)
        )
        tasks.append(
            {
                "prompt": f"Question {number}. How many minutes are {hours} hours and {minutes} "
                f"minutes?\n{lines}\nReply with the letter only.",
                "answer": LETTERS[slot],
            }
        )
    return tasks


TASKS = _make(32)


def reward(prompt: str, completion: str, answer: str) -> float:
    return 1.0 if completion.strip(" \n") == answer else 0.0


def oracle(task: dict) -> str:
    return task["answer"]
