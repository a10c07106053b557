"""Which rule finds the lessons that help? One simulation with known effects, four rules, equal
rollouts.

Lessons cost rollouts to write and are worth nothing (60%), -0.08 (20%) or +0.08 (20%). Every
rollout that a rule spends on writing, comparing or validating counts. What is reported is the true
gain of what it keeps.

    masking + ridge    each rollout leaves lessons out at random, `credit.assign` judges them
                       all, in rounds
    ... gated          the same, stopped in time for one gate by the learner's rules;
                       what it refuses is lost
    one at a time      each lesson against the current set: anytime-valid bet, alpha .1,
                       at most 120 pairs
    minibatch          better on 3 tasks, then best on a validation set of 30
                       (as prompt optimisers do)
    admit everything   no test

The three rules that compare are helped: two plays of one task share their luck with probability
`--pairing`. Masked plays never do. Left out: interactions between lessons, and the room that
useless ones take in a prompt.

    python benchmarks/credit.py [--quick] [--repetitions 100] [--pairing 0.8]
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from statistics import NormalDist
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from firsthand.evaluate.statistics import (
    PairedBet,
    alpha_at,
    bootstrap_by_task,
    normal_quantile,
    wilson,
)
from firsthand.learn.lessons.credit import Trial, assign
from firsthand.learn.lessons.learner import LearnConfig
from firsthand.playbook import Credit, Mask

EFFECTS, SHARES = (0.0, -0.08, 0.08), (0.6, 0.2, 0.2)
START, CAP, FLOOR, CEILING = 0.3, 0.5, 0.02, 0.98
DIFFICULTY_SD = 0.15
WRITING = 8
"""Rollouts that one lesson costs to write."""
BUDGETS = (600, 1500, 4000)
LOOKS = (400, 600, 950, 1300, 1500, 2600, 3800)
"""Rollouts spent when masking judges its lessons: the ends of its rounds. Some leave room for a
gate within a budget.
"""
PROBATION = 32
"""Lessons that masking keeps on probation."""
TOKENS = 40
"""What a lesson takes in the prompt, for the learner's token price."""
CONFIG = LearnConfig()

Ledger = Iterator[tuple[int, Sequence[int]]]
"""Rollouts spent so far and the lessons kept, after each decision."""
Calibrated = dict[int, dict[float, list[float]]]
"""By rollouts spent and by what a lesson is worth alone: 1 for each lesson whose posterior interval
holds its true effect.
"""


class World:
    """One repetition: a stream of lessons with known effects, tasks that differ in difficulty, and
    luck.
    """

    def __init__(self, seed: int, pairing: float) -> None:
        self.rng = np.random.default_rng(seed)
        self.pairing = pairing
        self.effects_L = self.rng.choice(EFFECTS, p=SHARES, size=BUDGETS[-1] // WRITING)

    def tasks(self, n: int) -> tuple[Any, Any]:
        """Draw difficulty [n] and luck [n] of n tasks."""
        return self.rng.normal(0.0, DIFFICULTY_SD, n), self.rng.random(n)

    def play(self, total: Any, tasks: tuple[Any, Any], *, pairing: float | None = None) -> Any:
        """Return outcomes of one play of each task with lessons whose effects sum to `total`."""
        difficulty_T, luck_T = tasks
        own_T = self.rng.random(len(luck_T))
        shared_T = self.rng.random(len(luck_T)) < (self.pairing if pairing is None else pairing)
        return (np.where(shared_T, luck_T, own_T) < chance(total, difficulty_T)).astype(float)

    def total(self, kept: Sequence[int]) -> float:
        """Sum the effects of lessons."""
        return float(self.effects_L[list(kept)].sum())


def chance(total: Any, difficulty: Any) -> Any:
    """Probability of success, by sum of effects and difficulty."""
    return np.clip(START + np.minimum(total, CAP) + difficulty, FLOOR, CEILING)


DIFFICULTIES = np.array(
    [NormalDist(0.0, DIFFICULTY_SD).inv_cdf((i + 0.5) / 1000) for i in range(1000)]
)


def true_gain(total: float) -> float:
    """Mean score with the lessons minus mean score without any, over all tasks."""
    return float((chance(total, DIFFICULTIES) - chance(0.0, DIFFICULTIES)).mean())


def admit_all(world: World, budget: int) -> Ledger:
    """Keep every lesson as it comes."""
    for n in range(1, budget // WRITING + 1):
        yield n * WRITING, range(n)


def one_at_a_time(world: World, budget: int, *, pairs: int = 120, alpha: float = 0.1) -> Ledger:
    """Keep a lesson when the set with it beats the set without it, by an anytime-valid bet."""
    kept: list[int] = []
    spent = lesson = 0
    while spent < budget:
        tasks, bet, now = world.tasks(pairs), PairedBet(), world.total(kept)
        differences = world.play(now + world.effects_L[lesson], tasks) - world.play(now, tasks)
        for difference in differences:
            if bet.rejects(alpha):
                break
            bet.update(float(difference))
        spent += WRITING + 2 * bet.n
        if bet.rejects(alpha):
            kept = [*kept, lesson]
        lesson += 1
        yield spent, kept


def minibatch(world: World, budget: int, *, small: int = 3, validation: int = 30) -> Ledger:
    """Validate a lesson that won on a minibatch; keep the set with the best validation mean."""
    kept: list[int] = []
    held_out, spent, lesson = world.tasks(validation), validation, 0
    best = world.play(0.0, held_out).mean()
    while spent < budget:
        tasks, now = world.tasks(small), world.total(kept)
        after = now + world.effects_L[lesson]
        spent += WRITING + 2 * small
        if world.play(after, tasks).sum() > world.play(now, tasks).sum():
            spent += validation
            if (mean := world.play(after, held_out).mean()) > best:
                kept, best = [*kept, lesson], mean
        lesson += 1
        yield spent, kept


class Masked:
    """Random masking and ridge, in rounds as the learner does: write, play masked, judge, and pass
    the gate.
    """

    def __init__(self, world: World, budget: int) -> None:
        self.world, self.trials, self.written = world, list[Trial](), 0
        self.states: dict[int, str] = {}
        self.credits: dict[int, Credit] = {}
        self.caused_L = np.zeros((2, len(world.effects_L)))
        self.ungated: list[tuple[int, Sequence[int]]] = []
        self.gated: list[tuple[int, Sequence[int]]] = []
        self.calibrated: dict[int, dict[float, list[float]]] = {}
        spent = 0
        for look in (look for look in LOOKS if look <= budget):
            spent += self.write((look - spent) * 2 // 3)
            self.wake(look - spent)
            spent = look
            self.judge()
            self.calibrated[look] = self.covered()
            core = [lesson for lesson, state in self.states.items() if state == "core"]
            self.ungated.append((spent, core))
            pairs, deployed = self.gate(core)
            self.gated.append((spent + 2 * pairs, core if deployed else []))

    def write(self, most: int) -> int:
        """Refill the probation for at most so many rollouts; return what it cost."""
        wanted = min(
            PROBATION - sum(state == "probation" for state in self.states.values()), most // WRITING
        )
        self.states.update(dict.fromkeys(range(self.written, self.written + wanted), "probation"))
        self.written += wanted
        return wanted * WRITING

    def wake(self, rollouts: int) -> None:
        """Play tasks as often as the learner does, each play with its own mask."""
        active = [lesson for lesson, state in self.states.items() if state != "retired"]
        keep_L = np.array(
            [Mask("").core if self.states[lesson] == "core" else CONFIG.mask for lesson in active]
        )
        shown_T_L = self.world.rng.random((rollouts, len(active))) < keep_L
        task_T = np.arange(rollouts) // CONFIG.plays
        difficulty, luck = self.world.tasks(int(task_T[-1]) + 1)
        effects_L, difficulty_T = self.world.effects_L[active], difficulty[task_T]
        total_T = shown_T_L @ effects_L
        outcome_T = self.world.play(total_T, (difficulty_T, luck[task_T]), pairing=0.0)
        without_T_L = total_T[:, None] - shown_T_L * effects_L
        caused_T_L = chance(without_T_L + effects_L, difficulty_T[:, None]) - chance(
            without_T_L, difficulty_T[:, None]
        )
        self.caused_L[:, active] += caused_T_L.sum(axis=0), np.full(len(active), rollouts)
        names = np.array([str(lesson) for lesson in active])
        offered = dict(zip(names.tolist(), keep_L.tolist(), strict=True))
        first = len(self.trials)
        for task, shown_L, outcome in zip(task_T, shown_T_L, outcome_T, strict=True):
            self.trials.append(
                Trial(
                    float(outcome),
                    f"{first}/{task}",
                    "simulation",
                    offered,
                    frozenset(names[shown_L].tolist()),
                )
            )

    def judge(self) -> None:
        """Drop, keep or promote every lesson by its credit, with the learner's thresholds and
        prior.
        """
        overall = assign(
            self.trials, {str(lesson): "rule" for lesson in self.states}, prior=CONFIG.prior
        ).overall
        self.credits = {int(lesson): credit for lesson, credit in overall.items()}
        for lesson, credit in self.credits.items():
            if self.states[lesson] == "retired":
                continue
            self.states[lesson] = "probation"
            if credit.positive < CONFIG.drop_below:
                self.states[lesson] = "retired"
            elif (
                credit.positive >= CONFIG.promote_above
                and credit.mean > CONFIG.token_price * TOKENS
            ):
                self.states[lesson] = "core"

    def gate(self, core: list[int]) -> tuple[int, bool]:
        """Test the core against the start by the learner's gate; return the pairs played and
        whether it passed.
        """
        rules, bet = CONFIG.gate, PairedBet()
        alpha, tasks = alpha_at(1, rules.alpha), self.world.tasks(rules.pairs)
        differences = self.world.play(self.world.total(core), tasks) - self.world.play(0.0, tasks)
        for difference in differences if core else ():
            if bet.n % rules.batch == 0 and bet.rejects(alpha):
                break
            bet.update(float(difference))
        return bet.n, bet.rejects(alpha)

    def covered(self) -> dict[float, list[float]]:
        """Say which lessons have their true effect inside the 90% posterior interval, by what they
        are worth alone.

        The true effect is what showing a lesson changed on average in the rollouts in which it was
        offered: less than it is worth alone where the score nears its bounds or the gain its cap.
        """
        z = normal_quantile(0.9)
        found: dict[float, list[float]] = {effect: [] for effect in EFFECTS}
        for lesson, credit in self.credits.items():
            caused, n = self.caused_L[:, lesson]
            found[float(self.world.effects_L[lesson])].append(
                float(abs(caused / n - credit.mean) <= z * credit.sd)
            )
        return found


class Outcome(msgspec.Struct, frozen=True):
    """What one rule had come to in one repetition when a budget was spent."""

    gain: float
    harmful: int
    null: int
    helpful: int


def at(budget: int, ledger: Sequence[tuple[int, Sequence[int]]], world: World) -> Outcome:
    """Judge the last decision that the budget covers."""
    kept = next((kept for spent, kept in reversed(ledger) if spent <= budget), ())
    effects_K = world.effects_L[list(kept)]
    return Outcome(
        true_gain(float(effects_K.sum())),
        int((effects_K < 0).sum()),
        int((effects_K == 0).sum()),
        int((effects_K > 0).sum()),
    )


COMPARED: dict[str, Callable[[World, int], Ledger]] = {
    "one at a time": one_at_a_time,
    "minibatch": minibatch,
    "admit everything": admit_all,
}
RULES = ("masking + ridge", "masking + ridge, gated", *COMPARED)


def simulate(
    seed: int, budgets: Sequence[int], pairing: float
) -> tuple[dict[tuple[int, str], Outcome], Calibrated]:
    """Run every rule once on the same lessons; return outcomes by budget and rule, and the coverage
    of masking.
    """
    masked = Masked(World(seed, pairing), budgets[-1])
    ledgers = {"masking + ridge": masked.ungated, "masking + ridge, gated": masked.gated}
    for name, rule in COMPARED.items():
        ledgers[name] = list(rule(World(seed, pairing), budgets[-1]))
    return {
        (budget, name): at(budget, ledger, masked.world)
        for budget in budgets
        for name, ledger in ledgers.items()
    }, masked.calibrated


def mean(values: Sequence[float], form: str, *, least: float = -1.0) -> str:
    """Write a mean over repetitions with Student's 95% interval (quantile by Cornish and Fisher's
    expansion).
    """
    n, z = len(values), normal_quantile(0.95)
    quantile = z + (z**3 + z) / (4 * (n - 1)) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * (n - 1) ** 2)
    middle, half = float(np.mean(values)), quantile * float(np.std(values, ddof=1)) / n**0.5
    return f"{middle:{form}} [{max(middle - half, least):{form}}, {middle + half:{form}}]"


def results(
    outcomes: Sequence[dict[tuple[int, str], Outcome]], budgets: Sequence[int], pairing: float
) -> Table:
    """Lay out one row for each budget and rule."""
    n = len(outcomes)
    table = Table(
        title=(
            f"True gain of what is kept, of at most {true_gain(CAP):.2f}; {n} repetitions, "
            f"pairing {pairing:g} [95%]"
        )
    )
    for heading in (
        "rollouts",
        "rule",
        "true gain",
        "worse than start",
        "harmful kept",
        "null kept",
        "helpful kept",
    ):
        table.add_column(heading)
    for budget in budgets:
        for name in RULES:
            found = [outcome[budget, name] for outcome in outcomes]
            worse = sum(outcome.gain < 0 for outcome in found)
            share = wilson(worse, n)
            counts = [
                mean([getattr(outcome, what) for outcome in found], ".1f", least=0.0)
                for what in ("harmful", "null", "helpful")
            ]
            gain = mean([outcome.gain for outcome in found], "+.2f")
            table.add_row(
                str(budget),
                name,
                gain,
                f"{worse / n:.2f} [{share.low:.2f}, {share.high:.2f}]",
                *counts,
            )
        table.add_section()
    return table


def calibration(calibrated: Sequence[Calibrated], budgets: Sequence[int]) -> Table:
    """Lay out how often the posterior interval holds the truth; repetitions are resampled, not
    lessons.
    """
    table = Table(
        title="Calibration of the ridge: true effects inside the 90% posterior interval [95%]"
    )
    for heading in ("rollouts", "worth alone", "lessons", "repetitions", "inside"):
        table.add_column(heading)
    for budget in budgets:
        covered = [one[max(look for look in one if look <= budget)] for one in calibrated]
        groups = {f"{effect:+.2f}": [one[effect] for one in covered] for effect in sorted(EFFECTS)}
        for name, values in {
            **groups,
            "all": [list(chain(*one.values())) for one in covered],
        }.items():
            values = [own for own in values if own]
            interval = bootstrap_by_task(values)
            share = float(np.mean([np.mean(own) for own in values]))
            table.add_row(
                str(budget),
                name,
                str(sum(map(len, values))),
                str(len(values)),
                f"{share:.2f} [{interval.low:.2f}, {interval.high:.2f}]",
            )
        table.add_section()
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer repetitions, up to 1,500 rollouts"
    )
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--pairing", type=float, default=0.8)
    options = parser.parse_args(arguments)
    budgets = BUDGETS[:2] if options.quick else BUDGETS
    repetitions = options.repetitions or (20 if options.quick else 100)
    started = time.process_time()
    runs = [simulate(seed, budgets, options.pairing) for seed in range(repetitions)]
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(results([outcomes for outcomes, _ in runs], budgets, options.pairing))
    console.print(calibration([calibrated for _, calibrated in runs], budgets))
    quick = " (quick: few repetitions, wide intervals)" if options.quick else ""
    console.print(f"{time.process_time() - started:.0f} s of CPU{quick}")


if __name__ == "__main__":
    main()
