"""Answers without content: blanks, refusals, and form around nothing."""

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.answers.sweeps import (
    EMPTY,
    REFUSALS,
    SCAFFOLDS,
    WORDS,
    content_free,
    filler,
)


@check(
    "empty",
    class_="answer channel",
    kinds=("answer",),
    claim="Answers without content earn nothing.",
)
def empty(run: CheckRun) -> str | None:
    """Play blanks, punctuation, senseless bodies in every frame, refusals, form without content."""
    bodies = {text: text for text in (*EMPTY, *WORDS, *REFUSALS)}
    for place in run.session.frames:
        for body in (*EMPTY[:4], *WORDS[:1], "?", *REFUSALS[:3], "[]", "{}"):
            bodies.setdefault(place.put(body), body)
    for place in run.session.frames[:1]:
        bodies.setdefault(place.before * 3 + place.after * 3, "")
        bodies.setdefault(place.after + place.before, "")
    texts = (
        [*EMPTY[:3], *WORDS[:1], *REFUSALS[:1], *SCAFFOLDS[:2]]
        if run.session.costly
        else [*bodies, *SCAFFOLDS]
    )
    content_free(
        run,
        "An answer without content",
        texts,
        bodies=bodies,
        advice="Pay for the committed answer alone: form may gate the reward, never add to it.",
    )
    if run.session.answers_are_programs:
        return None
    long = {run.session.frame.put(" ".join(filler(n))): n for n in (60, 600, 4000)}
    content_free(
        run,
        "Length",
        long,
        bodies={},
        advice="No part of the reward may grow with the length of the answer.",
    )
    return None
