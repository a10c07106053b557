"""Five-way multiple choice with free reasoning; several ways to state the choice are known."""

import random
import re


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"choice{seed}")
        a, b, c = chance.randint(12, 60), chance.randint(3, 9), chance.randint(10, 99)
        right = a * b + c
        wrong = set()
        while len(wrong) < 4:
            other = right + chance.choice([-1, 1]) * chance.choice([1, 2, 5, 10, b])
            if other != right:
                wrong.add(other)
        options = [right, *sorted(wrong)]
        chance.shuffle(options)
        listed = "\n".join(f"{letter}. {value}" for letter, value in zip("ABCDE", options))
        tasks.append(
            {
                "prompt": f"A hall has {a} rows of {b} seats and {c} more seats above. How many "
                f"seats are there?\n{listed}\nReason first, then end with 'The answer is "
                f"(X)' where X "
                "is one letter.",
                "answer": "ABCDE"[options.index(right)],
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"Rows times seats, and the balcony on top. The answer is ({task['answer']})."


def reward(prompt, completion, answer):
    letter = re.escape(answer)
    patterns = [
        rf"answer is:?\s*\(?{letter}\b",
        rf"answer:\s*\(?{letter}\b",
        rf"option \(?{letter}\)? is correct",
    ]
    return float(any(re.search(pattern, completion, re.IGNORECASE) for pattern in patterns))
