"""Plays that are wrong on purpose: what a careless agent would do, made from what the target itself calls right."""

import random

from firsthand.audit.session import Session
from firsthand.audit.target import Instance, Play
from firsthand.task import digest

JUNK = "zebra quartz"
"""Words that answer nothing."""


def wrong_plays(session: Session, instance: Instance) -> list[Play]:
    """Return a few wrong and near-miss plays of an instance."""
    if session.facts.kind == "answer":
        text = instance.oracle[0] if instance.oracle else ""
        other = next(
            (i.oracle[0] for i in session.instances if i.oracle and i.answer != instance.answer),
            JUNK,
        )
        return [
            Play(instance.seed, (wrong,))
            for wrong in dict.fromkeys(("", JUNK, text[: len(text) // 2], near(text), other))
            if wrong != text
        ]
    rng, plan = random.Random(digest(f"wrong {instance.seed}")), instance.oracle
    other = next(
        (i.oracle for i in session.usable if i.seed > instance.seed and i.oracle != plan), ()
    )
    wrong = [(), plan[-1:], plan[:-1], tuple(reversed(plan)), other]
    wrong += [
        (*plan[:place], theirs, *plan[place + 1 :])
        for place, (mine, theirs) in enumerate(zip(plan, other, strict=False))
        if mine != theirs
    ][:3]
    wrong += [
        tuple(rng.choices(session.actions, k=min(6, session.facts.turns)))
        for _ in range(2)
        if session.actions
    ]
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
