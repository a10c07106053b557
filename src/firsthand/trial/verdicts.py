"""Keep, drop, or undecided: when a verdict is given, and how sure it must be.

Whoever looks again and again at growing evidence finds something in the end. Verdicts are therefore
given at planned numbers of runs only, and of an error budget of 5% the first look may spend 61%,
the second 15%, and so on (`alpha_at`). Over all looks and all items (Holm) the chance that any item
without effect is kept or dropped stays below 5%. A verdict that was reached stays.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from firsthand.evaluate.statistics import alpha_at, normal_quantile
from firsthand.trial.effects import Effect, Effects, Row, estimate, more_runs
from firsthand.trial.regression import holm, t_p

Verdict = Literal["keep", "drop", "undecided"]
ALPHA = 0.05
"""Chance that any of the items without effect gets a verdict, over all looks."""
FIRST_LOOK = 50
"""Where nothing was planned: verdicts at 50, 100, 200 … runs."""
FAR = 10
"""More than so many times the runs done is not said as a number: nobody will do them."""


class Look(msgspec.Struct, frozen=True):
    """Verdicts from the first `runs` runs; `number` counts looks from 1."""

    number: int
    runs: int
    alpha: float


class Judgement(msgspec.Struct, frozen=True):
    """The verdict on one item, at which look it fell, and how many more runs would bring one."""

    verdict: Verdict
    look: int = 0
    more: float | None = None
    """None: decided, or too many to say."""


def looks(plans: Sequence[int], runs: int) -> list[Look]:
    """Return the looks that are due, of the planned ones or of the usual ones."""
    if plans:
        sizes = [size for size in plans if size <= runs]
    else:
        sizes = [FIRST_LOOK << i for i in range(64) if FIRST_LOOK << i <= runs]
    return [Look(i, size, alpha_at(i, ALPHA)) for i, size in enumerate(sizes, 1)]


def judge(
    rows: Sequence[Row | None],
    items: Sequence[str],
    due: Sequence[Look],
    *,
    worth: float = 0.0,
    binary: bool = False,
) -> dict[str, Judgement]:
    """Return a verdict for every item, from all looks so far. `rows` have run order; None is a run
    without an outcome.
    """
    found: dict[str, Judgement] = {item: Judgement("undecided") for item in items}
    for look in due:
        effects = estimate(_known(rows[: look.runs]), items, binary=binary)
        for item, verdict in at_look(effects, look.alpha, worth).items():
            found[item] = Judgement(verdict, look.number)
    now = estimate(_known(rows), items, binary=binary)
    return {
        item: _with_more(own, now.items.get(item), now, len(due), worth)
        for item, own in found.items()
    }


def _known(rows: Sequence[Row | None]) -> list[Row]:
    return [row for row in rows if row is not None]


def at_look(effects: Effects, alpha: float, worth: float) -> dict[str, Verdict]:
    """Return the verdicts that one look reaches.

    Keep: more than 0, and not shown to be less than it must be worth. Drop: less than that.
    """
    found: dict[str, Verdict] = {}
    over = _holm(effects, 0.0)
    under = over if worth == 0.0 else _holm(effects, worth)
    for item, effect in effects.items.items():
        if effect.mean < worth and under[item] <= alpha:
            found[item] = "drop"
        elif effect.mean > 0 and over[item] <= alpha:
            found[item] = "keep"
    return found if effects.varied else {}


def _holm(effects: Effects, against: float) -> dict[str, float]:
    ps = [
        effect.p if against == 0.0 else t_p((effect.mean - against) / effect.error, effects.runs)
        for effect in effects.items.values()
    ]
    return dict(zip(effects.items, holm(ps), strict=True))


def _with_more(
    own: Judgement, effect: Effect | None, now: Effects, looked: int, worth: float
) -> Judgement:
    if own.verdict != "undecided" or effect is None:
        return own
    next_alpha = alpha_at(looked + 1, ALPHA) / max(1, len(now.items))
    against = worth if worth and effect.mean < worth else 0.0
    more = more_runs(effect, now.runs, normal_quantile(1 - next_alpha), against=against)
    if more > FAR * now.runs:
        return own
    return msgspec.structs.replace(own, more=more)
