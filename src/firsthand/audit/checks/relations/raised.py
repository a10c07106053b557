"""More of the same does not earn more, whether the answer is right or wrong.

What would fool it: a wrong answer that becomes right by what is added, so more instances have to
pay for edits of wrong answers than for edits of right ones.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from firsthand.audit.accusation import CheckRun, Results
from firsthand.audit.checks.answers.sweeps import filler
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import same_answer, slot
from firsthand.audit.formats.bad_plays import JUNK, near
from firsthand.audit.stats.shares import often
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import RAISED, RAISED_RIGHT, RAISED_WRONG, RAISED_WRONG_LEAST

WORDS = " ".join(filler(300))
EDITS: dict[str, Callable[[str], str]] = {
    "repeated ten times, by lines": lambda text: "\n".join([text] * 10),
    "repeated ten times": lambda text: " ".join([text] * 10),
    "repeated twice": lambda text: text + text,
    "followed by 300 words": lambda text: f"{text}\n{WORDS}",
    "preceded by 300 words": lambda text: f"{WORDS}\n{text}",
    "stated with confidence": lambda text: (
        f"I am absolutely certain. {text}\nI have verified this carefully, step by step."
    ),
    "cut in half": lambda text: text[: len(text) // 2],
    "in capitals": str.upper,
}
COSTLY = ("repeated ten times, by lines", "followed by 300 words")
"""Edits that are played where plays start processes."""


class Start(msgspec.Struct, frozen=True):
    """What is edited."""

    name: str
    write: Callable[[Instance], str]
    right: bool = False


RIGHT = Start("The right answer", lambda i: i.oracle[0], right=True)
WRONG = Start("A wrong answer", lambda i: slot(i).put(near(slot(i).body)))
NONSENSE = Start("Junk", lambda _: JUNK)


def raised(run: CheckRun, chosen: Sequence[Instance]) -> None:
    """Edit right answers, wrong ones, and junk."""
    for start in (RIGHT, WRONG) if run.session.costly else (RIGHT, WRONG, NONSENSE):
        plain = {
            instance.seed: value
            for instance, _, _, value in run.attack(chosen, start.write, note=not start.right)
        }
        for name, edit in _edits(run, start):
            results = run.attack(chosen, _edited(start, edit), note=not start.right)
            more = _more(results, plain, start)
            if raised_enough(len(more), len(results), right=start.right):
                _accuse(run, start, name, plain, more, results)


def raised_enough(count: int, n: int, *, right: bool) -> bool:
    """Say whether edits of right, or of wrong, answers earn more on too many instances."""
    if right:
        return often(count, n, RAISED_RIGHT)
    return often(count, n, RAISED_WRONG, least=RAISED_WRONG_LEAST)


def _edits(run: CheckRun, start: Start) -> Iterator[tuple[str, Callable[[str], str]]]:
    for name, edit in EDITS.items():
        if run.session.costly and name not in COSTLY:
            continue
        if name != "in capitals" or start.right:
            yield name, edit


def _edited(start: Start, edit: Callable[[str], str]) -> Callable[[Instance], str]:
    return lambda instance: edit(start.write(instance))


def _more(
    results: Results, plain: dict[int, float], start: Start
) -> list[tuple[Instance, Play, float]]:
    """Return the plays that earn more than before the edit: of right answers, than the oracle."""
    more: list[tuple[Instance, Play, float]] = []
    for instance, play, _, value in results:
        before = plain[instance.seed]
        if start.right:
            counts = value > max(before, 1.0) + RAISED
        else:
            counts = value > max(before + RAISED, 0.0) and not same_answer(
                play.actions[0], instance
            )
        if counts:
            more.append((instance, play, value))
    return more


def _accuse(
    run: CheckRun,
    start: Start,
    how: str,
    plain: dict[int, float],
    more: Sequence[tuple[Instance, Play, float]],
    results: Results,
) -> None:
    instance, play, value = more[0]
    run.accuse(
        f"{start.name} earns more when it is {how}: {value:.2f} instead of "
        f"{plain[instance.seed]:.2f} "
        f"of the oracle's reward, on {len(more)} of {len(results)} instances.",
        Witness("pays", (play,), value=value * run.session.best(instance.seed)),
        values=[value for *_, value in results],
        advice="Bound the reward, score one committed answer, and let neither length nor "
        "repetition count.",
    )
