"""Plays that are wrong on purpose, made from what the target itself calls right."""

import random
from collections.abc import Sequence

from firsthand.audit.targets.protocol import Instance, Play
from firsthand.task import digest

JUNK = "zebra quartz"
"""Words that answer nothing."""


def wrong_answers(instance: Instance, others: Sequence[Instance]) -> list[Play]:
    """Return a few wrong and near-miss answers of an instance."""
    text = instance.oracle[0] if instance.oracle else ""
    other = next((i.oracle[0] for i in others if i.oracle and i.answer != instance.answer), JUNK)
    wrong = dict.fromkeys(("", JUNK, text[: len(text) // 2], near(text), other))
    return [Play(instance.seed, (answer,)) for answer in wrong if answer != text]


def wrong_plans(
    instance: Instance, others: Sequence[Instance], actions: Sequence[str], *, turns: int
) -> list[Play]:
    """Return a few wrong and near-miss plans of an instance, made of its own and of `actions`."""
    rng, plan = random.Random(digest(f"wrong {instance.seed}")), instance.oracle
    later = (i.oracle for i in others if i.seed > instance.seed and i.oracle != plan)
    other = next(later, ())
    wrong = [(), plan[-1:], plan[:-1], tuple(reversed(plan)), other]
    replaced = [
        (*plan[:place], theirs, *plan[place + 1 :])
        for place, (mine, theirs) in enumerate(zip(plan, other, strict=False))
        if mine != theirs
    ]
    wrong += replaced[:3]
    if actions:
        wrong += [tuple(rng.choices(actions, k=min(6, turns))) for _ in range(2)]
    return [Play(instance.seed, actions) for actions in dict.fromkeys(wrong) if actions != plan]


def near(text: str) -> str:
    """Change one character of a text: the last digit if there is one, else the last letter."""
    for kind in (str.isdigit, str.isalpha):
        places = [place for place, letter in enumerate(text) if kind(letter)]
        if places:
            place = places[-1]
            new = (
                str((int(text[place]) + 1) % 10)
                if text[place] in "0123456789"
                else ("a" if text[place].lower() != "a" else "e")
            )
            return text[:place] + new + text[place + 1 :]
    return text + "x"
