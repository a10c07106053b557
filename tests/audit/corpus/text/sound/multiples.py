"""Several right numbers per task: partial credit for each, less one share for each wrong one."""

import random
import re

LISTED = re.compile(r"[0-9]{1,4}(\s*,\s*[0-9]{1,4}){0,30}")


def _make(count: int) -> list[dict]:
    chance = random.Random(64)
    tasks = []
    for _ in range(count):
        divisor = chance.choice([7, 11, 13, 17, 19])
        right = [divisor * factor for factor in chance.sample(range(3, 50), chance.randint(3, 5))]
        wrong: list[int] = []
        while len(wrong) < 11:
            number = chance.randint(20, 950)
            if number % divisor and number not in wrong:
                wrong.append(number)
        shown = right + wrong
        chance.shuffle(shown)
        tasks.append(
            {
                "prompt": f"Which of these numbers are multiples of {divisor}? "
                f"{', '.join(map(str, shown))}\n"
                "Reply with the numbers in any order, separated by commas, each once. "
                "Every right number earns an equal share; every wrong one costs a share.",
                "answer": sorted(right),
            }
        )
    return tasks


TASKS = _make(28)


def reward(prompt: str, completion: str, answer: list[int]) -> float:
    if len(completion) > 200:
        return 0.0
    text = completion.strip()
    if not LISTED.fullmatch(text) or not text.isascii():
        return 0.0
    named = [int(part) for part in text.split(",")]
    if len(set(named)) != len(named):
        return 0.0
    right = len(set(named) & set(answer))
    wrong = len(named) - right
    return max(0.0, (right - wrong) / len(answer))


def oracle(task: dict) -> str:
    return ", ".join(map(str, task["answer"]))
