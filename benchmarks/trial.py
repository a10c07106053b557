"""Do trials tell the truth? Simulated agents whose every line has a known effect.

Each simulated agent obeys a context of items: some help, some harm, most do nothing, some only
together, while the agent itself gets better or worse over time. Trials are assigned and analysed by
the code that users run. What is shown of each kind of agent:

    coverage       share of 95% intervals that hold the true effect of their item
    false verdict  share of trials in which any item without effect was kept or dropped (the promise
                   is .05), and beside it the share of such items
    right          share of items with an effect that were kept, or dropped, rightly
    wrong          items with an effect that were judged the wrong way round
    whole          coverage of the interval of the whole file, everything against nothing
    pairs          share of trials in which a pair that does not interact was said to; of pairs that
                   do, the share found

Then trials that are looked at again and again, and whether `power` says the right number of runs.

    python benchmarks/trial.py [--quick] [--trials 1000]
"""

import argparse
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from firsthand.evaluate.statistics import bootstrap_by_task, wilson
from firsthand.evaluate.wording import number
from firsthand.trial.assignment import balanced_mode, draw, order
from firsthand.trial.effects import Effects, Row, estimate
from firsthand.trial.power import Design, runs_for
from firsthand.trial.verdicts import at_look, judge, looks

ENDS, PROBABILITY = 0.1, 0.5
LEAST_COVERAGE = 0.93
"""The interval of a coverage has to reach it: forty trials tell coverage to .05 only."""
MIXED = (0.16, 0.1, -0.16, -0.1, *[0.0] * 8)


class Agent(NamedTuple):
    """A simulated agent: what its success depends on."""

    name: str
    effects: tuple[float, ...]
    runs: int = 240
    tasks: int = 12
    base: float = 0.5
    spread: float = 0.15
    """Tasks lie so far above or below the base."""
    drift: float = 0.0
    """By how much success rises from the first run to the last."""
    together: tuple[tuple[int, int, float], ...] = ()
    """Pairs of items, and what they add together."""
    varies: float = 0.0
    """The effect of an item differs by so much from task to task."""
    graded: bool = False
    """The outcome is a number with noise that grows with it, not a success."""
    probability: float = PROBABILITY

    @property
    def truth(self) -> list[float]:
        """Return the effect of each item where the others are shown by chance."""
        found = list(self.effects)
        for i, j, extra in self.together:
            found[i] += self.probability * extra
            found[j] += self.probability * extra
        return found

    @property
    def whole(self) -> float:
        """Return what everything does against nothing."""
        return sum(self.effects) + sum(extra for *_, extra in self.together)


AGENTS = (
    Agent("nothing works", (0.0,) * 12),
    Agent("helps, harms, nothing", MIXED),
    Agent("two only together", (0.0,) * 12, together=((0, 1, 0.4),)),
    Agent("either of two", (0.2, 0.2, *[0.0] * 8), together=((0, 1, -0.2),), base=0.4),
    Agent("gets better", MIXED, drift=0.3, spread=0.05),
    Agent("gets worse, nothing works", (0.0,) * 12, drift=-0.5),
    Agent("effects differ by task", MIXED, varies=0.1, spread=0.05),
    Agent("60 easy and hard tasks", (0.08, -0.08, *[0.0] * 8), tasks=60, spread=0.4),
    Agent("one task", MIXED, tasks=1),
    Agent("few runs, many items", (0.2, -0.2, *[0.0] * 22), runs=60, spread=0.05),
    Agent("almost always fails", (0.06, *[0.0] * 9), base=0.06, spread=0.0),
    Agent("almost always succeeds", (0.0,) * 10, base=0.97, spread=0.0),
    Agent("numbers, unequal noise", MIXED, graded=True),
    Agent("items shown at .8", MIXED, probability=0.8),
    Agent("items shown at .9", (0.0,) * 10, probability=0.9, runs=300),
    Agent("enough runs", (0.3, 0.2, -0.3, -0.2, *[0.0] * 8), runs=800, spread=0.0),
    Agent("1,000 runs", (0.06, -0.06, *[0.0] * 14), runs=1000),
)


def trial(agent: Agent, seed: int, runs: int | None = None) -> list[Row]:
    """Assign and play one trial."""
    rng = np.random.default_rng([zlib.crc32(agent.name.encode()), seed])
    names = [f"t{i}" for i in range(agent.tasks)]
    level = agent.spread * np.where(np.arange(agent.tasks) % 2, 1.0, -1.0)
    own = rng.normal(0.0, agent.varies, (agent.tasks, len(agent.effects)))
    own -= own.mean(axis=0)
    items = [f"i{i}" for i in range(len(agent.effects))]
    found: list[Row] = []
    n = runs or agent.runs
    for at, (task, time) in enumerate(order(names, n, seed=seed)):
        mode = balanced_mode(task, time, ends=ENDS, seed=seed)
        drawn = draw(items, f"{task}#{time}", mode=mode, probability=agent.probability, seed=seed)
        t = int(task[1:])
        x = np.array([item in drawn.shown for item in items], dtype=float)
        centre = agent.probability
        if agent.base < 0.1:
            centre = 0.0
        chance = agent.base + level[t] + float((x - centre) @ (agent.effects + own[t]))
        chance += sum(extra * (x[i] * x[j] - centre**2) for i, j, extra in agent.together)
        chance += agent.drift * (at / n - 0.5)
        value = chance + chance * rng.standard_normal() if agent.graded else rng.random() < chance
        sides = frozenset(drawn.shown), frozenset(drawn.hidden)
        found.append(Row(float(value), task, mode, *sides, agent.probability))
    return found


class Found(NamedTuple):
    """What the trials of one agent came to, by trial."""

    held: list[list[float]]
    """For each interval of an item: 1 where it holds the truth."""
    any_false: list[bool]
    false: list[list[float]]
    right: list[float]
    wrong: int
    whole: list[bool]
    false_pair: list[bool]
    pair: list[float]


def simulate(agent: Agent, trials: int) -> Found:
    """Run trials of an agent."""
    found = Found([], [], [], [], 0, [], [], [])
    items, truth = [f"i{i}" for i in range(len(agent.effects))], agent.truth
    alpha = looks([agent.runs], agent.runs)[0].alpha
    wrong = 0
    for seed in range(trials):
        effects = estimate(trial(agent, seed), items, binary=not agent.graded)
        verdicts = at_look(effects, alpha, 0.0)
        held = []
        for item, true in zip(items, truth, strict=True):
            if own := effects.items.get(item):
                held.append(float(own.interval.low <= true <= own.interval.high))
        found.held.append(held)
        nulls = [item for item, true in zip(items, truth, strict=True) if abs(true) < 1e-9]
        if nulls:
            found.any_false.append(any(item in verdicts for item in nulls))
            found.false.append([float(item in verdicts) for item in nulls])
        for item, true in zip(items, truth, strict=True):
            if abs(true) >= 1e-9:
                good = "keep" if true > 0 else "drop"
                found.right.append(float(verdicts.get(item) == good))
                wrong += verdicts.get(item, good) != good
        if whole := effects.whole:
            found.whole.append(whole.interval.low <= agent.whole <= whole.interval.high)
        pairs(agent, effects, found)
    return found._replace(wrong=wrong)


def pairs(agent: Agent, effects: Effects, found: Found) -> None:
    """Count the pairs that were said to interact."""
    if not effects.pairs:
        return
    true = {(f"i{i}", f"i{j}") for i, j, _ in agent.together}
    said = {pair.items for pair in effects.pairs if pair.effect.adjusted <= 0.05}
    found.false_pair.append(bool(said - true))
    found.pair.extend(float(pair in said) for pair in true)


def rate(hits: Sequence[float]) -> str:
    """Write a rate of independent trials with its interval."""
    if not hits:
        return "-"
    return f"{_digits(sum(hits) / len(hits))} {_ends(wilson(sum(hits), len(hits)))}"


def clustered(hits: Sequence[Sequence[float]]) -> str:
    """Write a rate of items, trials being resampled."""
    if not any(hits):
        return "-"
    mean = sum(map(sum, hits)) / sum(map(len, hits))
    return f"{_digits(mean)} {_ends(bootstrap_by_task(hits, resamples=1000))}"


def _digits(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _ends(found: object) -> str:
    return f"[{_digits(found.low)}, {_digits(found.high)}]"  # type: ignore[attr-defined]


def table(trials: int, agents: Sequence[Agent]) -> tuple[Table, bool]:
    """Simulate all agents; say whether each kept its promise."""
    shown = Table(title=f"{trials} trials of each agent; rates [95%]", title_justify="left")
    heads = ("agent", "runs", "items", "coverage", "any false verdict", "an item falsely judged")
    for head in (*heads, "right", "wrong", "coverage of the whole", "false pair", "pair found"):
        shown.add_column(head)
    fine = True
    for agent in agents:
        found = simulate(agent, trials)
        fine &= bootstrap_by_task(found.held, resamples=1000).high >= LEAST_COVERAGE
        if found.whole:
            fine &= wilson(sum(found.whole), len(found.whole)).high >= LEAST_COVERAGE
        if found.any_false:
            fine &= wilson(sum(found.any_false), len(found.any_false)).low <= 0.05
        shown.add_row(
            agent.name,
            str(agent.runs),
            str(len(agent.effects)),
            clustered(found.held),
            rate(found.any_false),
            clustered(found.false) if found.false else "-",
            number(sum(found.right) / len(found.right)) if found.right else "-",
            str(found.wrong),
            rate(found.whole),
            rate(found.false_pair),
            rate(found.pair),
        )
    return shown, fine


def peeking(trials: int) -> Table:
    """Count false verdicts when a trial without any effect is looked at again and again."""
    agent, sizes = Agent("peeking", (0.0,) * 10), [60, 120, 240, 480]
    shown = Table("looks at", "any false verdict, over all looks", title_justify="left")
    shown.title = f"Nothing works, and somebody looks four times; {trials} trials"
    for name, plans in (("planned runs", sizes), ("50, 100, 200, 400", [])):
        hits = []
        for seed in range(trials):
            rows = trial(agent, seed, 480)
            items = [f"i{i}" for i in range(10)]
            found = judge(rows, items, looks(plans, 480), binary=True)
            hits.append(any(own.verdict != "undecided" for own in found.values()))
        shown.add_row(name, rate(hits))
    return shown


def planned(trials: int) -> Table:
    """Check what `power` promises: its number of runs shows the effect with probability .8."""
    shown = Table("items", "effect", "runs by `power`", "shown in", title_justify="left")
    shown.title = f"Does the number of runs that `power` names suffice? {trials} trials, aim .80"
    for items, effect in ((5, 0.2), (10, 0.15), (20, 0.2)):
        runs = runs_for(effect, Design(items, ends=ENDS))
        agent = Agent(f"power {items}", (effect, *[0.0] * (items - 1)), runs=runs, spread=0.0)
        hits = simulate(agent, trials).right
        shown.add_row(str(items), number(effect, signed=True), str(runs), rate(hits))
    return shown


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables. Leaves with 1 when an interval or a verdict breaks its promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer agents and trials")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--only", default="", help="agents with this in their name")
    given = parser.parse_args(argv)
    trials = 40 if given.quick else given.trials
    agents = AGENTS[:3] if given.quick else AGENTS
    agents = tuple(agent for agent in agents if given.only in agent.name)
    console = Console(width=200)
    found, fine = table(trials, agents)
    console.print(found)
    if not given.only:
        console.print(peeking(max(20, trials // 2)))
        console.print(planned(max(20, trials // 2)))
    if not fine:
        console.print("FAIL: a promise was broken")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
