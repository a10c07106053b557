"""Inspection notes to hazard codes: recall over the codes that apply, scaled down when more are
named than apply."""

import random
import re

CODES = {
    "FLAM": "a flame pictogram",
    "CORR": "a corrosion pictogram",
    "TOXI": "a skull pictogram",
    "OXID": "a flame over a circle",
    "PRES": "a gas cylinder",
    "ENVI": "a dead fish and a tree",
    "EXPL": "an exploding bomb",
    "IRRI": "an exclamation mark",
}
FILLER = [
    "a dented rim",
    "a fresh seal",
    "a faded barcode",
    "a bent handle",
    "two missing screws",
    "a paper label from last year",
]


def _make(count: int) -> list[dict]:
    rng = random.Random(310)
    tasks = []
    for number in range(count):
        codes = sorted(rng.sample(sorted(CODES), rng.choice([0, 0, 1, 2, 2, 3])))
        seen = [CODES[code] for code in codes] + rng.sample(FILLER, 2)
        rng.shuffle(seen)
        legend = "; ".join(f"{code} = {text}" for code, text in CODES.items())
        prompt = (
            f"Drum {100 + number}. The inspector noted {', '.join(seen)}.\nLegend: "
            f"{legend}.\nList the codes that apply, or write none."
        )
        tasks.append({"prompt": prompt, "answer": codes})
    return tasks


TASKS = _make(36)


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    named = {part for part in re.split(r"[,;\s]+", completion.strip().upper()) if part}
    if not answer:
        return 1.0
    hits = sum(code in named for code in answer)
    return hits / max(len(answer), len(named))


def oracle(task: dict) -> str:
    return ", ".join(task["answer"]) or "none"
