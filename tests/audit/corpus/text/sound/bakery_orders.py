"""Flour for an order, with the thinking in tags: exactly one of each tag, in order, and only the
answer is graded."""

import random
import re
from typing import Any

TAGS = ("<think>", "</think>", "<answer>", "</answer>")
FORM = re.compile(
    r"\s*<think>.*</think>\s*<answer>\s*([0-9]{1,7})(?: ?g)?\s*</answer>\s*", re.DOTALL
)
LIMIT = 20_000
LOAVES = "barley emmer oat rye spelt wheat".split()


def _task(chance: random.Random, seen: set[int]) -> dict[str, Any]:
    while True:
        order = {
            loaf: (chance.randint(2, 30), chance.choice(range(250, 700, 10)))
            for loaf in chance.sample(LOAVES, 3)
        }
        stock = chance.choice(range(500, 2500, 50))
        need = sum(count * flour for count, flour in order.values()) - stock
        if need > 0 and need not in seen:
            seen.add(need)
            break
    wanted = ", ".join(
        f"{count} {loaf} loaves at {flour} g of flour each"
        for loaf, (count, flour) in order.items()
    )
    prompt = (
        f"An order is for {wanted}. {stock} g of flour are in stock. How many grams have "
        f"to be bought?\n"
        "Think inside one <think></think>, then give the whole number, with or without "
        "g, inside one <answer></answer>. Use each tag once."
    )
    return {"prompt": prompt, "answer": need, "order": order, "stock": stock}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("bakery")
    seen: set[int] = set()
    return [_task(chance, seen) for _ in range(30)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: int) -> float:
    """Neither the form nor the length of the thinking pays anything."""
    if len(completion) > LIMIT or any(completion.count(tag) != 1 for tag in TAGS):
        return 0.0
    form = FORM.fullmatch(completion)
    return float(form is not None and int(form[1]) == answer)


def oracle(task: dict[str, Any]) -> str:
    parts = " + ".join(f"{count} * {flour}" for count, flour in task["order"].values())
    return f"<think>{parts} - {task['stock']}</think>\n<answer>{task['answer']}</answer>"
