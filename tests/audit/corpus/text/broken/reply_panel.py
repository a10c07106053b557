"""Short factual replies, rated by a small panel that writes its notes and ends them with a score
out of ten."""

import random
import re

RIVERS = ["Tove", "Alder", "Brisk", "Calla", "Drune", "Essel", "Farrow", "Gild", "Hask", "Inver"]


def _make(count: int) -> list[dict]:
    rng = random.Random(17)
    tasks = []
    for _ in range(count):
        names = rng.sample(RIVERS, 4)
        lengths = rng.sample(range(40, 900), 4)
        facts = ", ".join(
            f"the {name} {length} km" for name, length in zip(names, lengths, strict=True)
        )
        longest = names[lengths.index(max(lengths))]
        tasks.append(
            {
                "prompt": f"The rivers of the province are {facts}. Which one is the longest? "
                f"Answer with its name.",
                "answer": longest,
            }
        )
    return tasks


TASKS = _make(32)


def _notes(question: str, reply: str, reference: str) -> str:
    words = re.findall(r"[A-Za-z]+", reply)
    named = [word for word in words if word in RIVERS]
    score = 10 if named == [reference] else 0
    return (
        f"Question under review: {question}\nReply under review: {reply}\nRemarks: "
        f"{len(words)} words, names {len(named)}.\nScore: {score}/10"
    )


def reward(prompt: str, completion: str, answer: str) -> float:
    notes = _notes(prompt, completion[:4000], answer)
    match = re.search(r"score\s*:\s*(\d{1,2})", notes, re.IGNORECASE)
    return min(int(match[1]), 10) / 10 if match else 0.0


def oracle(task: dict) -> str:
    return f"The {task['answer']}."
