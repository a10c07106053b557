"""Letter counting with self-consistency: several samples may be voted on inside one reply, and
the majority counts."""

import random
import re

VOTE = re.compile(r"<vote>\s*([A-Z]{4})\s*</vote>")


def _make(count: int) -> list[dict]:
    rng = random.Random(2023)
    tasks = []
    for _ in range(count):
        stock = rng.sample("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 8)
        text = [letter for place, letter in enumerate(stock[:4]) for _ in range(6 - place)] + stock[
            4:
        ]
        rng.shuffle(text)
        prompt = (
            f"Four letters occur more than once in {''.join(text)}. Give them from the "
            f"most to the least frequent, as <vote>WXYZ</vote>.\n"
            "You may vote up to five times; the majority counts."
        )
        tasks.append({"prompt": prompt, "answer": "".join(stock[:4])})
    return tasks


TASKS = _make(30)


def majority(votes: list[str]) -> str:
    return max(set(votes), key=votes.count)


def reward(prompt: str, completion: str, answer: str) -> float:
    votes = VOTE.findall(completion)
    if not 1 <= len(votes) <= 5:
        return 0.0
    return 1.0 if majority(votes) == answer else 0.0


def oracle(task: dict) -> str:
    return f"<vote>{task['answer']}</vote>"
