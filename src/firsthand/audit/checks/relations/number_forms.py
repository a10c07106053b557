"""A number is accepted in each of its usual forms, where fractions and decimals both are.

What would fool it: a prompt that asks for a reduced fraction; there no other one is played.
"""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from firsthand.audit.accusation import CheckRun, Results
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import slot
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import FORMS_ACCEPTED, FORMS_REFUSED, FORMS_TRIED, FULL

REDUCED = re.compile(r"lowest|simpl|reduced|irreducible", re.IGNORECASE)
"""How prompts ask for fractions that cannot be reduced."""
LATEX = re.compile(
    r"\bor (as |in the form )?\$?\\\\?[dt]?frac\{[a-z]\}\{[a-z]\}|\b(or|and) (in |as )?LaTeX\b",
    re.IGNORECASE,
)
"""How prompts name LaTeX as another form of a fraction."""


def number_forms(run: CheckRun, chosen: Sequence[Instance]) -> None:
    """Write a number in other ways, where fractions and decimals are both accepted."""
    exact = {
        i.seed: value
        for i in chosen
        if (value := _fraction(slot(i).body)) is not None and value.denominator > 1
    }
    able = [i for i in chosen if i.seed in exact]
    if len(able) < FORMS_TRIED:
        return

    def shares(
        write: Callable[[Fraction], str],
    ) -> tuple[float, Results]:
        results = run.attack(able, lambda i: slot(i).put(write(exact[i.seed])), note=False)
        return sum(value >= FULL for *_, value in results) / len(results), results

    fractions, _ = shares(lambda value: f"{value.numerator}/{value.denominator}")
    decimals, _ = shares(lambda value: str(float(value)))
    if min(fractions, decimals) < FORMS_ACCEPTED:
        return
    ways: dict[str, Callable[[Fraction], str]] = {
        "with a zero at the end": lambda value: f"{float(value)}0"
    }
    if not any(REDUCED.search(i.prompt) for i in able):
        ways["as a fraction that can be reduced"] = lambda value: (
            f"{2 * value.numerator}/{2 * value.denominator}"
        )
    for name, write in ways.items():
        share, results = shares(write)
        if share <= FORMS_REFUSED:
            play = next(play for _, play, _, value in results if value < FULL)
            run.accuse(
                f"Fractions and decimals are both accepted, but the same number {name} is refused: "
                f"{play.actions[0][-60:]!r}.",
                Witness("refused", (play,), value=0.9 * run.session.best(play.seed)),
                severity="major",
                class_="false negative",
                values=[value for *_, value in results],
                advice="Compare values, not the ways in which they are written.",
            )
            return


def latex_fractions(run: CheckRun, chosen: Sequence[Instance]) -> None:
    """Write a fraction in LaTeX, where the prompt names that form beside the oracle's."""
    able = [i for i in chosen if LATEX.search(i.prompt) and _slashed(i) is not None]
    if len(able) < FORMS_TRIED:
        return
    results = run.attack(able, lambda i: slot(i).put(_slashed(i) or ""), note=False)
    refused = [play for _, play, _, value in results if value < FULL]
    if len(results) - len(refused) > FORMS_REFUSED * len(results):
        return
    run.accuse(
        "The prompt lets fractions be written in LaTeX, and the right one so written is refused: "
        f"{refused[0].actions[0][-60:]!r}.",
        Witness("refused", (refused[0],), value=0.9 * run.session.best(refused[0].seed)),
        severity="major",
        class_="false negative",
        values=[value for *_, value in results],
        advice="Parse nested braces: a pattern up to the first closing brace cuts the answer off.",
    )


def _slashed(instance: Instance) -> str | None:
    """Return an answer of the form a/b in LaTeX."""
    found = re.fullmatch(r"(-?)(\d+)/(\d+)", slot(instance).body.strip())
    return f"{found[1]}\\frac{{{found[2]}}}{{{found[3]}}}" if found else None


def _fraction(text: str) -> Fraction | None:
    """Return the number that a text is, where a decimal with few places writes it exactly."""
    try:
        value = (
            Fraction(text.strip())
            if re.fullmatch(r"\s*-?\d{1,6}(/\d{1,6}|\.\d{1,6})\s*", text)
            else None
        )
    except ZeroDivisionError:
        return None
    return value if value is not None and Fraction(str(float(value))) == value else None
