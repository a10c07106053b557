"""Mendel's peas: write the genotype of a seedling from the two gametes that made it."""

import random
from typing import Any

TRAITS = ("AB", "RY", "TG")


def _gene(one: str, other: str) -> str:
    """The dominant allele is written first."""
    return "".join(sorted((one, other)))


def _task(traits: str, chance: random.Random) -> dict[str, Any]:
    pollen, ovule = [
        "".join(chance.choice((trait, trait.lower())) for trait in traits) for _ in range(2)
    ]
    genotype = "".join(_gene(one, other) for one, other in zip(pollen, ovule, strict=True))
    plant = chance.randint(100, 999)
    prompt = (
        f"Pea plant {plant} grew from a pollen grain with the alleles {' '.join(pollen)} "
        f"and an ovule with the alleles {' '.join(ovule)}. "
        "Write its genotype as four letters, gene by gene in this order, the "
        "dominant allele (capital letter) before the recessive one (small letter). "
        "Reply with the four letters alone."
    )
    return {"prompt": prompt, "answer": genotype}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("peas")
    return [_task(TRAITS[number % len(TRAITS)], chance) for number in range(36)]


TASKS = _tasks()


def _tidy(text: str) -> str:
    """Spacing and case of a reply are a matter of taste."""
    return "".join(text[:200].split()).casefold()


def reward(prompt: str, completion: str, answer: str) -> float:
    return float(_tidy(completion) == _tidy(answer))


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
