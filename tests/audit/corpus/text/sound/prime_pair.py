"""Any of several pairs is right: the reply is verified, not compared."""

import random
import re

PAIR = re.compile(r"([1-9][0-9]{0,4})\s{0,3}\+\s{0,3}([1-9][0-9]{0,4})", re.ASCII)


def _prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def _make(count: int) -> list[dict]:
    chance = random.Random(2)
    tasks = []
    for total in chance.sample(range(1500, 9000, 2), count):
        low = chance.randrange(200, total // 2 - 20)
        while not (_prime(low) and _prime(total - low)):
            low = low - 1 if low > 3 else total // 2 - 1
        tasks.append(
            {
                "prompt": f"Write {total} as the sum of two different primes, both above 100 and "
                f"the smaller one first, "
                "in the form p + q. Reply with the sum only.",
                "answer": [low, total - low],
            }
        )
    return tasks


TASKS = [task for task in _make(40) if task["answer"][0] > 100]


def reward(prompt: str, completion: str, answer: list[int]) -> float:
    if len(completion) > 60:
        return 0.0
    pair = PAIR.fullmatch(completion.strip())
    if not pair:
        return 0.0
    low, high = int(pair[1]), int(pair[2])
    return (
        1.0
        if 100 < low < high and low + high == sum(answer) and _prime(low) and _prime(high)
        else 0.0
    )


def oracle(task: dict) -> str:
    return "{} + {}".format(*task["answer"])
