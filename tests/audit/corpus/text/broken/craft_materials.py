"""Multiple choice over materials; the reply is the chosen option, spelled as it is listed."""

import random

USES = {
    "a chimney": "brick", "a sail": "canvas", "a wine stopper": "cork", "a horseshoe": "iron",
    "a violin bow": "horsehair", "a window pane": "glass",
    "a candle": "wax", "a sword blade": "steel", "a church bell": "bronze", "a raft": "balsa",
    "a saddle": "leather", "a jumper": "wool",
    "an eraser": "rubber", "a teacup": "porcelain", "a crucible": "graphite",
    "a roof in the Alps": "slate", "a gutter": "zinc", "a kimono": "silk",
    "a flower pot": "terracotta", "a wire": "copper", "a beer can": "aluminium",
    "a plaster cast": "gypsum", "a rope": "hemp", "a light bulb filament": "tungsten",
}  # fmt: skip


def _make() -> list[dict]:
    rng = random.Random(15)
    materials = sorted(USES.values())
    tasks = []
    for use, material in USES.items():
        others = rng.sample([other for other in materials if other != material], 3)
        options = "\n".join(f"* {option}" for option in [material, *others])
        tasks.append(
            {
                "prompt": f"What is {use} traditionally made of?\n{options}\nReply with one of the "
                f"options.",
                "answer": material,
            }
        )
    return tasks


TASKS = _make()


def reward(prompt: str, completion: str, answer: str) -> float:
    return 1.0 if completion.strip().lower().rstrip(".") == answer else 0.0


def oracle(task: dict) -> str:
    return task["answer"]
