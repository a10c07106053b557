"""Adding up a receipt: the total is on the last line that starts with 'Total:'."""

import random

WARES = ["soap", "bread", "tea", "rice", "candles", "eggs", "honey", "paper", "string"]


def _make(count: int) -> list[dict]:
    rng = random.Random(640)
    tasks = []
    for _ in range(count):
        bought = [(ware, rng.randint(1, 5), rng.randint(45, 990)) for ware in rng.sample(WARES, 4)]
        lines = "\n".join(
            f"{number} x {ware} at {price / 100:.2f}" for ware, number, price in bought
        )
        cents = sum(number * price for _, number, price in bought)
        tasks.append(
            {
                "prompt": f"{lines}\nAdd up the receipt and end with a line such as 'Total: "
                f"12.30'.",
                "answer": f"{cents / 100:.2f}",
            }
        )
    return tasks


TASKS = _make(30)


def reward(prompt: str, completion: str, answer: str) -> float:
    for line in reversed(completion.splitlines()):
        if line.startswith("Total:"):
            amount = line.removeprefix("Total:").strip()
            return 1.0 if amount == answer else 0.0


def oracle(task: dict) -> str:
    return f"I add line by line.\nTotal: {task['answer']}"
