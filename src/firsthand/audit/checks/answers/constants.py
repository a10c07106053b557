"""The same answer everywhere.

Claims that no fixed answer is paid more often than it is right, is right far more often than chance
allows, or earns a good part of the reward everywhere. Plays the answers that are right most often,
and usual words and numbers, in the target's own frame and bare. What would fool it: tasks with many
right answers, of which a fixed one may be one; there, more instances have to pay for it.
"""

import msgspec

from firsthand.audit.accusation import CheckRun, Results, as_it_is, check
from firsthand.audit.checks.answers.sweeps import sweep
from firsthand.audit.formats.answers import Slot, same_answer
from firsthand.audit.formats.quotes import quoted
from firsthand.audit.stats.bounds import at_most
from firsthand.audit.stats.shares import often
from firsthand.audit.targets.protocol import Play
from firsthand.audit.thresholds import (
    ALL_ALIKE,
    FEW_LABELS,
    FIXED_ABOVE_CHANCE,
    FIXED_BY_LUCK,
    FIXED_PART_ABOVE_CHANCE,
    FIXED_PART_PAID,
    FIXED_RIGHT,
    FIXED_WRONG_LEAST,
    FIXED_WRONG_PAID,
    FULL,
    INSTANCES_ENOUGH,
    MANY_FIXED_WRONG_PAID,
)

USUAL = (
    *("A", "B", "C", "D", "E", "yes", "no", "true", "false"),
    *("0", "1", "2", "3", "5", "10", "42", "100", "-1", "0.5"),
)
"""Answers that many tasks have."""
FREQUENT, FREQUENT_COSTLY = 15, 3
"""Labels that are played, the most frequent ones; fewer where plays start processes."""


class Fixed(msgspec.Struct, frozen=True):
    """What one fixed answer earned."""

    text: str
    values: list[float]
    """What it earned on each instance."""
    best: Play
    paid: list[Play]
    wrong: list[Play]
    """Those of the paid plays whose instance has another answer."""

    @property
    def n(self) -> int:
        """Number of instances."""
        return len(self.values)

    @property
    def mean(self) -> float:
        """What it earned on average, nothing counted above the right answer's reward."""
        return sum(min(value, 1.0) for value in self.values) / self.n


@check(
    "constants",
    class_="answer channel",
    kinds=("answer",),
    claim="No fixed answer earns more than the balance of the labels allows.",
)
def constants(run: CheckRun) -> str | None:
    """Give the same answer everywhere: every frequent label, and usual words and numbers."""
    if run.session.answers_are_programs:
        return "answers are programs"
    known, instances = run.session.labels, run.session.usable
    if len(known) < 2:
        run.outcome.n = len(instances)
        if len(instances) < ALL_ALIKE:
            return "all instances have the same answer"
        _one_answer(run, known[0][0])
        return None
    texts = _texts(run)
    tried = [_fixed(text, texts[text], results) for text, results in sweep(run, texts)]
    _accuse(run, tried, answers=len(known))
    return None


def _texts(run: CheckRun) -> dict[str, str]:
    """Return the texts that are played, and the answer in each."""
    own, costly = run.session.frame, run.session.costly
    frequent = run.session.labels[: FREQUENT_COSTLY if costly else FREQUENT]
    bodies = [body for body, _ in frequent] + list(USUAL[: FREQUENT_COSTLY if costly else None])
    places = (own,) if costly else tuple(dict.fromkeys((own, Slot("", "", ""))))
    return {place.put(body): body for body in dict.fromkeys(bodies) for place in places}


def _fixed(text: str, body: str, results: Results) -> Fixed:
    paid = [(instance, play) for instance, play, _, value in results if value >= FULL]
    wrong = [
        play
        for instance, play in paid
        if not same_answer(body, instance) and not same_answer(text, instance)
    ]
    best = max(results, key=lambda result: result[3])[1]
    return Fixed(text, [value for *_, value in results], best, [play for _, play in paid], wrong)


# --- what is too much ----------------------------------------------------------------------------


def paid_though_wrong(wrong: int, n: int, *, many: bool) -> bool:
    """Say whether a fixed answer is paid too often where another one is right.

    `many`: an instance may have many right answers.
    """
    share = MANY_FIXED_WRONG_PAID if many else FIXED_WRONG_PAID
    return often(wrong, n, share, least=FIXED_WRONG_LEAST)


def right_too_often(paid: int, n: int, *, answers: int) -> bool:
    """Say whether a fixed answer is right more often than one of so many answers should be."""
    chance = 1 / answers
    enough = max(chance + FIXED_ABOVE_CHANCE, FIXED_RIGHT if answers > FEW_LABELS else 0.0)
    if n < INSTANCES_ENOUGH or paid / n < enough:
        return False
    return 1 - at_most(paid - 1, n, chance) < FIXED_BY_LUCK


def earns_a_part(mean: float, n: int, *, answers: int) -> bool:
    """Say whether a fixed answer earns too much on average, in full or in part."""
    enough = max(FIXED_PART_PAID, 1 / answers + FIXED_PART_ABOVE_CHANCE)
    return n >= INSTANCES_ENOUGH and answers > FEW_LABELS and mean >= enough


def _accuse(run: CheckRun, tried: list[Fixed], *, answers: int) -> None:
    """Accuse the worst fixed answer, of the worst of three kinds."""
    many, spelled = run.session.many_right_answers, len(_spellings(run))
    wrong = [f for f in tried if paid_though_wrong(len(f.wrong), f.n, many=many)]
    if wrong:
        _accuse_wrong(run, max(wrong, key=lambda fixed: len(fixed.wrong)))
        return
    often_right = [f for f in tried if right_too_often(len(f.paid), f.n, answers=spelled)]
    if often_right:
        _accuse_prior(run, max(often_right, key=lambda fixed: len(fixed.paid)), answers)
        return
    part = [f for f in tried if earns_a_part(f.mean, f.n, answers=spelled)]
    if part:
        _accuse_part(run, max(part, key=lambda fixed: fixed.mean), answers)


def _spellings(run: CheckRun) -> set[str]:
    """Return the different answers, in whatever case they are written."""
    return {body.casefold().strip() for body, _ in run.session.labels}


def _accuse_wrong(run: CheckRun, fixed: Fixed) -> None:
    run.pays(
        f"One fixed answer is paid in full on instances with other answers: {quoted(fixed.text)} "
        f"on {len(fixed.wrong)} of {fixed.n}.",
        fixed.wrong[0],
        values=fixed.values,
        advice="Compare the whole committed answer with the reference, after a normalisation that "
        "keeps different answers apart.",
        keeps=as_it_is,
    )


def _accuse_prior(run: CheckRun, fixed: Fixed, answers: int) -> None:
    run.pays(
        f"One fixed answer is right too often: {quoted(fixed.text)} is paid on {len(fixed.paid)} "
        f"of {fixed.n} instances, of {answers} answers.",
        fixed.paid[0],
        values=fixed.values,
        class_="label prior",
        advice="Balance the answers, or correct the reward for chance.",
        keeps=as_it_is,
    )


def _accuse_part(run: CheckRun, fixed: Fixed, answers: int) -> None:
    run.pays(
        f"One fixed answer earns {fixed.mean:.2f} of the right answer's reward on average, of "
        f"{answers} answers: {quoted(fixed.text)}.",
        fixed.best,
        values=fixed.values,
        advice="Measure what fixed answers earn, and pay a part only for what exceeds it.",
        keeps=as_it_is,
    )


def _one_answer(run: CheckRun, body: str) -> None:
    run.pays(
        f"All {len(run.session.usable)} instances have the same answer: {quoted(body)}.",
        Play(run.session.usable[0].seed, run.session.usable[0].oracle),
        class_="label prior",
        values=[1.0] * len(run.session.usable),
        advice="Let answers differ, or a policy that never looks earns everything.",
        keeps=as_it_is,
    )
