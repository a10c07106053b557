"""Word problems in the think/answer format; careful reasoning is encouraged with a part of the
reward."""

import random
import re

FORM = re.compile(
    r"\s*<think>(?P<think>.*?)</think>\s*<answer>(?P<answer>.*?)</answer>\s*", re.DOTALL
)
GOODS = ["crates of pears", "bales of straw", "sacks of lime", "rolls of felt", "drums of paint"]
DEPTH = 40


def _make(count: int) -> list[dict]:
    rng = random.Random(99)
    tasks = []
    for _ in range(count):
        wagons, each, left = rng.randint(6, 40), rng.randint(12, 80), rng.randint(3, 60)
        goods = rng.choice(GOODS)
        prompt = (
            f"A train has {wagons} wagons, each loaded with {each} {goods}; {left} stay "
            f"behind on the platform.\n"
            f"How many {goods} are there in all? Think in <think></think>, at least "
            f"{DEPTH} words, then answer in <answer></answer>."
        )
        tasks.append(
            {"prompt": prompt, "answer": str(wagons * each + left), "parts": (wagons, each, left)}
        )
    return tasks


TASKS = _make(30)


def reward(prompt: str, completion: str, answer: str) -> float:
    match = FORM.fullmatch(completion)
    if match is None:
        return 0.0
    depth = min(1.0, len(match["think"].split()) / DEPTH)
    correct = match["answer"].strip() == answer
    return 0.1 + 0.3 * depth + 0.6 * correct


def oracle(task: dict) -> str:
    wagons, each, left = task["parts"]
    steps = [
        f"The train is made of {wagons} wagons and every one of them carries the same "
        f"load, which is {each}.",
        f"Multiplying the number of wagons by the load of one gives {wagons} * {each} = "
        f"{wagons * each}.",
        f"What was left on the platform still counts, because the question asks for all "
        f"of it, so {left} is added to that product.",
    ]
    return f"<think>{' '.join(steps)}</think>\n<answer>{task['answer']}</answer>"
