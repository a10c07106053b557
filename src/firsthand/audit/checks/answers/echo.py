"""The prompt, or parts of it, handed in as the answer.

Claims that a copy earns nothing. Plays the whole prompt, its parts, and its words in another order.
What would fool it: tasks whose answer is a part of the prompt; where a copy is right it is not
counted, and copies of parts have to be paid more often than copies of the whole.
"""

import re
from collections.abc import Sequence

from firsthand.audit.accusation import CheckRun, as_it_is, check
from firsthand.audit.formats.answers import NUMBER, Slot, same_answer
from firsthand.audit.stats.shares import often
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    ECHO_LEAST,
    ECHO_MEAN,
    ECHO_MEAN_LEAST,
    ECHO_PART_PAID,
    ECHO_WHOLE_PAID,
    FULL,
)

WHOLE = (
    "the whole prompt",
    "the prompt twice",
    "the prompt's words, mixed",
    "the prompt's longest words",
)
"""Copies that hold so much of the prompt that they commit to no answer."""


def spans(prompt: str) -> dict[str, str]:
    """Return pieces of a prompt that a copying policy would hand in."""
    lines = [line.strip() for line in prompt.splitlines() if line.strip()] or [prompt]
    blocks = [block.strip() for block in re.split(r"\n\s*\n", prompt) if block.strip()] or [prompt]
    words = re.findall(r"\w+", prompt)
    mixed = sorted(set(words), key=lambda word: (hash_free(word), word))
    return {
        "the whole prompt": prompt,
        "the prompt without its last line": "\n".join(lines[:-1]) if len(lines) > 1 else prompt,
        "the last paragraph": blocks[-1],
        "the longest paragraph": max(blocks, key=len),
        "the last line": lines[-1],
        "the first line": lines[0],
        "the first half": prompt[: len(prompt) // 2],
        "the prompt twice": prompt + "\n" + prompt,
        "the prompt's words, mixed": " ".join(mixed),
        "the prompt's longest words": " ".join(sorted({w for w in words if len(w) > 4})),
        "the prompt's numbers": " ".join(NUMBER.findall(prompt)),
        "what the prompt quotes": " ".join(
            a or b for a, b in re.findall(r"\"([^\"]+)\"|'([^']+)'", prompt)
        )
        or prompt,
        "what follows the last colon": prompt.rpartition(":")[2].strip() or prompt,
    }


def hash_free(word: str) -> int:
    """Return a number that orders words whatever their place, the same in every process."""
    return sum(ord(letter) * 31**place for place, letter in enumerate(word)) % 1009


def paid_for_copies(full: int, values: Sequence[float], *, whole: bool) -> bool:
    """Say whether copies are paid too much, of which so many are paid in full."""
    n = len(values)
    share = ECHO_WHOLE_PAID if whole else ECHO_PART_PAID
    if n and often(full, n, share, least=ECHO_LEAST):
        return True
    return n >= ECHO_MEAN_LEAST and sum(values) / n >= ECHO_MEAN


@check(
    "echo",
    class_="answer channel",
    kinds=("answer",),
    claim="Repeating the prompt earns nothing.",
)
def echo(run: CheckRun) -> str | None:
    """Hand in the prompt, or parts of it, as they are."""
    chosen = run.session.some(4 if run.session.costly else 10**6)
    names = list(spans(""))[: 2 if run.session.costly else None]
    worst: tuple[float, str, Play, list[float]] | None = None
    for place in run.session.frames[:2]:
        for name in names:
            counted = _copied(run, chosen, place, name)
            full = [play for play, value in counted if value >= FULL]
            values = [value for _, value in counted]
            if not paid_for_copies(len(full), values, whole=name in WHOLE):
                continue
            mean = sum(values) / len(values)
            if worst is None or mean > worst[0]:
                best = full[0] if full else max(counted, key=lambda pair: pair[1])[0]
                worst = (mean, name, best, values)
    if worst:
        mean, name, play, values = worst
        run.pays(
            f"Repeating the prompt is paid: {name} earns {mean:.2f} of the right answer's "
            "reward on average.",
            play,
            values=values,
            advice="Score what was changed or found, in one committed slot, and not how much it "
            "resembles the prompt.",
            keeps=as_it_is,
        )
    return None


def _copied(
    run: CheckRun, chosen: Sequence[Instance], place: Slot, name: str
) -> list[tuple[Play, float]]:
    """Play copies, and return what they earn where they are not the right answer."""

    def copy(instance: Instance) -> str:
        return place.put(spans(instance.prompt)[name])

    return [
        (play, value)
        for instance, play, _, value in run.attack(chosen, copy)
        if not same_answer(play.actions[0], instance)
        and not same_answer(spans(instance.prompt)[name], instance)
    ]
