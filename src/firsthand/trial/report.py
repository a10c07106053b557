"""What a trial found: a line for every item, and what the whole file is worth."""

import math
from collections import Counter
from collections.abc import Sequence

import msgspec

from firsthand.evaluate.statistics import (
    Interval,
    alpha_at,
    effective_n,
    normal_quantile,
    wilson,
)
from firsthand.trial.context import Item
from firsthand.trial.effects import (
    FEWEST,
    PAIR_RUNS,
    POWER_QUANTILE,
    Effect,
    Effects,
    Pair,
    Row,
    estimate,
    more_runs,
    row,
)
from firsthand.trial.journal import Run
from firsthand.trial.placebo import Retossed, retossed
from firsthand.trial.trial import Trial
from firsthand.trial.verdicts import ALPHA, FAR, Judgement, judge, looks

TOKENS_TOLD = 0.5
"""From this share of runs that count their tokens on, effects on them are estimated."""
PAIR_ALPHA = 0.05
ALIKE = 6
"""Runs of a task after which it is said that its outcome never varies."""


class Line(msgspec.Struct, frozen=True):
    """One item. `effect` is None where it was shown or hidden too rarely, or is always kept."""

    item: Item
    effect: Effect | None
    judgement: Judgement
    spent: Effect | None = None
    """Its effect on the tokens of a run, where the agent counts them."""

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        if self.item.keep:
            return "always kept"
        more = self.judgement.more
        if self.judgement.verdict == "undecided" and more is not None:
            return f"undecided: about {rounded(more)} more runs"
        return self.judgement.verdict

    @property
    def price(self) -> float | None:
        """Tokens of context for one point (.01) of success; None: it adds nothing."""
        tokens = self.spent.mean if self.spent else float(self.item.tokens)
        return tokens / (100 * self.effect.mean) if self.effect and self.effect.mean > 0 else None


class TrialReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a trial found."""

    name: str
    binary: bool
    finished: int
    planned: int | None
    tasks: int
    mean: float
    interval: Interval | None
    """Of the mean outcome over all runs, where it is a rate."""
    lines: tuple[Line, ...]
    whole: Effect | None
    whole_more: float | None
    pairs: tuple[Pair, ...]
    """Those that interact, by a test that holds for all pairs together."""
    pairs_tested: int
    pair_smallest: float | None
    """The smallest interaction that these runs would show with probability .8."""
    notes: tuple[str, ...]
    null: Retossed | None = None

    @property
    def placebos(self) -> list[Line]:
        """The items that must show nothing."""
        return [line for line in self.lines if line.item.placebo]


def report(trial: Trial, *, null: int = 0) -> TrialReport:
    """Analyse a trial as far as it has come. `null`: toss the coins again so many times."""
    runs = trial.runs()
    binary = is_binary(trial, runs)
    ids = [item.id for item in trial.on_trial]
    plans = trial.journal.plans()
    due = looks(plans, len(runs))
    found = [_row(run) for run in runs]
    known = [one for one in found if one is not None]
    effects = estimate(known, ids, binary=binary)
    judged = judge(found, ids, due, worth=trial.config.worth, binary=binary)
    spent = _tokens(runs, ids)
    lines = tuple(
        Line(
            item,
            effects.items.get(item.id),
            judged.get(item.id, Judgement("undecided")),
            spent.items.get(item.id) if spent else None,
        )
        for item in trial.items
    )
    mean = sum(one.value for one in known) / len(known) if known else 0.0
    smallest, more = _pair_smallest(effects), _whole_more(effects, len(due))
    return TrialReport(
        name=", ".join(context.place for context in trial.contexts),
        binary=binary,
        finished=len(runs),
        planned=plans[-1] if plans else None,
        tasks=len({one.task for one in known}),
        mean=mean,
        interval=_rate(known) if binary and known else None,
        lines=lines,
        whole=effects.whole,
        whole_more=more,
        pairs=tuple(pair for pair in effects.pairs if pair.effect.adjusted <= PAIR_ALPHA),
        pairs_tested=len(effects.pairs),
        pair_smallest=smallest,
        notes=tuple(_notes(trial, runs, effects, plans, len(due))),
        null=retossed(known, ids, rounds=null, binary=binary) if null else None,
    )


def is_binary(trial: Trial, runs: Sequence[Run]) -> bool:
    """Say whether outcomes are successes: exit codes, or nothing but 0 and 1."""
    values = {run.finished.outcome for run in runs} - {None}
    return values <= {0.0, 1.0} and trial.config.outcome == "exit"


def rounded(runs: float) -> int:
    """Round a number of runs up to what is honest: two digits."""
    step = 10 ** max(1, math.floor(math.log10(max(runs, 1.0))) - 1)
    return math.ceil(runs / step) * step


def _row(run: Run) -> Row | None:
    return None if run.finished.outcome is None else row(run, run.finished.outcome)


def _rate(known: Sequence[Row]) -> Interval:
    """Return the interval of the success rate; repeated runs of a task count for less."""
    by_task: dict[str, list[float]] = {}
    for one in known:
        by_task.setdefault(one.task, []).append(one.value)
    n = effective_n(by_task.values()) if len(by_task) > 1 else float(len(known))
    return wilson(n * sum(one.value for one in known) / len(known), n)


def _tokens(runs: Sequence[Run], ids: Sequence[str]) -> Effects | None:
    told = [row(run, run.finished.tokens) for run in runs if run.finished.tokens is not None]
    return estimate(told, ids) if runs and len(told) >= TOKENS_TOLD * len(runs) else None


def _pair_smallest(effects: Effects) -> float | None:
    if not effects.pairs:
        return None
    quantile = normal_quantile(1 - PAIR_ALPHA / len(effects.pairs)) + POWER_QUANTILE
    errors = sorted(pair.effect.error for pair in effects.pairs)
    return quantile * errors[len(errors) // 2]


def _whole_more(effects: Effects, looked: int) -> float | None:
    whole = effects.whole
    if whole is None or whole.p <= ALPHA:
        return None
    more = more_runs(whole, effects.runs, normal_quantile(1 - alpha_at(looked + 1, ALPHA)))
    return more if more <= FAR * effects.runs else None


def _always_alike(runs: Sequence[Run]) -> tuple[int, int]:
    """Count the tasks whose outcome never varied, and the tasks with enough runs to say so."""
    by_task: dict[str, list[float]] = {}
    for run in runs:
        if run.finished.outcome is not None:
            by_task.setdefault(run.assigned.task, []).append(run.finished.outcome)
    often = [values for values in by_task.values() if len(values) >= ALIKE]
    return sum(len(set(values)) == 1 for values in often), len(often)


def _notes(
    trial: Trial, runs: Sequence[Run], effects: Effects, plans: Sequence[int], looked: int
) -> list[str]:
    notes: list[str] = []
    done = len(runs)
    if plans and done < plans[-1]:
        notes.append(f"So far: {done} of {plans[-1]} planned runs; verdicts come when all are done")
    elif not plans and not looked:
        notes.append(f"{done} runs: without a plan the first verdicts come at 50")
    if done and not effects.varied:
        notes.append("Every run had the same outcome: nothing can be told apart")
    elif effects.runs and not effects.joint:
        notes.append("Few runs for so many items: each was compared alone, with wider intervals")
    elif effects.joint and not effects.pairs:
        notes.append(f"No pair was tested: that takes {PAIR_RUNS} runs in each of its four cells")
    same, tasks = _always_alike(runs)
    if same and effects.varied:
        notes.append(f"{same} of {tasks} tasks always had the same outcome: they tell nothing")
    few = len(trial.on_trial) - len(effects.items)
    if done and few:
        notes.append(f"{few} items were shown, or hidden, in fewer than {FEWEST} runs")
    missing = Counter(run.finished.error for run in runs if run.finished.outcome is None)
    if missing:
        told = "; ".join(f"{n} because {why or 'none was recorded'}" for why, n in missing.items())
        notes.append(f"{missing.total()} of {done} runs have no outcome and are left out: {told}")
    late = sum(run.finished.exit is None and run.finished.seconds is not None for run in runs)
    if trial.config.agent and late:
        notes.append(f"{late} of {done} agents ran out of time; what they left was checked")
    if trial.config.worth:
        notes.append(f"Items that are shown to add less than {trial.config.worth:g} are dropped")
    return notes
