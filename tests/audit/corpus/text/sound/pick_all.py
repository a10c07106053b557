"""All right options out of ten are to be named; their order and how they are separated is free."""

import random
import re

_LETTERS = "ABCDEFGHIJ"


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"pick{seed}")
        while True:
            values = chance.sample(range(10, 400), 10)
            k = chance.choice([3, 4, 6, 7, 9])
            kind = seed % 4
            if kind == 0:
                text, test = f"are divisible by {k}", lambda v, k=k: v % k == 0
            elif kind == 1:
                text = "are prime numbers"
                test = lambda v: all(v % d for d in range(2, int(v**0.5) + 1))
            elif kind == 2:
                text, test = (
                    f"have a digit sum above {k + 3}",
                    (lambda v, k=k: sum(map(int, str(v))) > k + 3),
                )
            else:
                text, test = (
                    f"leave the remainder 1 when divided by {k}",
                    (lambda v, k=k: v % k == 1),
                )
            right = [letter for letter, v in zip(_LETTERS, values) if test(v)]
            if 2 <= len(right) <= 6:
                break
        listed = " ".join(f"{letter}) {v}" for letter, v in zip(_LETTERS, values))
        tasks.append(
            {
                "prompt": f"Which of these numbers {text}? {listed}\nReply on the last line with "
                "'Letters:' and all right letters and no others; upper or lower case, any order, "
                "with or without commas or spaces between them.",
                "answer": "".join(right),
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"Checked one by one.\nLetters: {', '.join(task['answer'])}"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    line = completion.strip().rpartition("\n")[2].strip()
    found = re.fullmatch(r"[*]*Letters:[*]*([A-Ja-j,;.* ]*)", line[:300], re.ASCII)
    if not found or len(line) > 300:
        return 0.0
    said = re.findall(r"[A-J]", found.group(1).upper())
    return float(len(said) == len(set(said)) and set(said) == set(answer))
