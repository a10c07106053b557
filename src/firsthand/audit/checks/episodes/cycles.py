"""Cycles of actions that keep paying."""

from collections.abc import Sequence
from itertools import permutations, product

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import SLOT, refilled
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import (
    CYCLE_PAID,
    EXCESS,
    FARMED,
    FARMED_PAID,
    LITTLE_WORK,
    PAID_STEPS_UNDONE,
    STEADY_RATIO,
    STEADY_STEPS,
)

Turn = tuple[str, ...]


def _turns(run: CheckRun, chosen: list[Instance]) -> list[tuple[Instance, Turn, Turn]]:
    """Return an instance, part of its plan, a cycle to repeat.

    Cycles from the start, pairs from along the plan, three at its ends.
    """
    found: list[tuple[Instance, Turn, Turn]] = []
    for instance in chosen:
        plan = instance.oracle
        literal = [action for action in run.session.facts.grammar if not SLOT.search(action)][:6]
        known = list(
            dict.fromkeys(
                (
                    *list(dict.fromkeys(plan))[:6],
                    *literal,
                    *plan,
                    *instance.moves,
                    *run.session.actions,
                )
            )
        )
        few = known[:8]
        first: list[Turn] = [
            *((action,) for action in dict.fromkeys((*known, *run.session.actions))),
            *permutations(few, 2),
            *permutations(few[:5], 3),
        ]
        found += [
            (instance, (), cycle)
            for cycle in first[: 1500 if run.session.options.budget == "deep" else 180]
        ]
        places = (
            range(len(plan) + 1)
            if len(plan) <= 12
            else sorted(
                {0, 1, 2, 3, len(plan) // 3, len(plan) // 2, *range(len(plan) - 3, len(plan) + 1)}
            )
        )
        for stop in places:
            ends = list(dict.fromkeys((*plan[max(0, stop - 1) : stop + 2], *plan[-1:])))
            pairs = [(one, two) for one, two in product(ends, known[:10]) if one != two]
            found += [
                (instance, plan[:stop], cycle)
                for cycle in (
                    *((one,) for one in ends),
                    *pairs,
                    *((two, one) for one, two in pairs),
                )
            ]
        found += _undone(run, instance)
    order = {instance.seed: place for place, instance in enumerate(chosen)}
    return sorted(dict.fromkeys(found), key=lambda turn: (len(turn[2]) > 2, order[turn[0].seed]))


def _undone(run: CheckRun, instance: Instance) -> list[tuple[Instance, Turn, Turn]]:
    """Return cycles that may undo a paid step and do it again: other actions with its arguments."""
    rewards = run.session.solved[instance.seed].rewards
    plan, found = instance.oracle, list[tuple[Instance, Turn, Turn]]()
    paid = [place for place, reward in enumerate(rewards[: len(plan) - 1]) if reward > 0]
    for place in paid[:PAID_STEPS_UNDONE]:
        others = refilled(plan[place], run.session.facts.grammar)
        found += [(instance, plan[: place + 1], (other, plan[place])) for other in others]
    return found


def _gains(trace: Trace, kept: int, cycle: int) -> list[float]:
    """Return what each full turn of a cycle paid."""
    return [
        sum(trace.rewards[start : start + cycle])
        for start in range(kept, len(trace.rewards) - cycle + 1, cycle)
    ]


def _on_and_on(run: CheckRun, play: Play, value: float, gain: float, length: int) -> bool:
    """Say whether the cycle, repeated for all turns, earns more than the oracle."""
    return value + gain * ((run.session.facts.turns - len(play.actions)) // length) > EXCESS


@check(
    "cycles",
    class_="episodic",
    kinds=("episode",),
    claim="No cycle of actions can be repeated for reward.",
)
def cycles(run: CheckRun) -> str | None:
    """Repeat one, two or three actions, from the start and along the oracle's plan.

    Where every turn pays, go on to the horizon.
    """
    chosen = run.session.some(4)[:4]
    most = run.session.tries(quick=300, standard=3000)
    turns = _turns(run, chosen)[:most]
    times = [
        max(0, min(5, (run.session.facts.turns - len(kept)) // len(cycle)))
        for _, kept, cycle in turns
    ]
    traces = run.play(
        Play(i.seed, kept + cycle * often)
        for (i, kept, cycle), often in zip(turns, times, strict=True)
    )
    run.outcome.n, run.outcome.probes = len(chosen), len(turns)
    rising: list[tuple[float, Instance, Turn, Turn]] = []
    for (instance, kept, cycle), often, trace in zip(turns, times, traces, strict=True):
        gains = _gains(trace, len(kept), len(cycle))[1:]
        if often >= 3 and len(gains) == often - 1 and min(gains) > 1e-9:
            rising.append(
                (min(gains) / run.session.best(instance.seed) / len(cycle), instance, kept, cycle)
            )
    rising.sort(key=lambda found: -found[0])
    worst: tuple[float, Play] | None = None
    for _, instance, kept, cycle in rising[:12]:
        play = Play(
            instance.seed,
            kept + cycle * ((min(run.session.facts.turns, 300) - len(kept)) // len(cycle)),
        )
        (trace,) = run.play([play])
        value, gains = run.session.value(play.seed, trace), _gains(trace, len(kept), len(cycle))[1:]
        run.note([min(value, 1.0)])
        if (
            value >= CYCLE_PAID
            and _spares_work(run, play, cycle)
            and (worst is None or value > worst[0])
        ):
            worst = (value, play)
            continue
        farmed = (
            len(trace.rewards) == len(play.actions)
            and min(gains, default=0.0) > 1e-9
            and sum(gains) > FARMED * run.session.best(play.seed)
        )
        if (
            farmed
            and (
                value > EXCESS
                or (value > FARMED_PAID and not _alive(run, play, trace.rewards[len(kept) :]))
            )
            and _on_and_on(run, play, value, gains[-1] / run.session.best(play.seed), len(cycle))
            and (worst is None or value > worst[0])
        ):
            worst = (value, play)
    run.outcome.bounded = False
    if worst:
        value, play = worst
        run.accuse(
            f"A cycle of actions keeps paying: {value:.2f} times what the oracle earns in "
            f"{len(play.actions)} steps: "
            f"{_told(play.actions)}.",
            Witness("pays", (play,), value=value * run.session.best(play.seed)),
            values=[value],
            advice=(
                "Pay the change of a potential of the state: what a cycle gains it then also loses."
            ),
        )
    return None


def _spares_work(run: CheckRun, play: Play, cycle: Turn) -> bool:
    """Say whether a play that earns as much does few of the many steps that the oracle needs."""
    needed = set(run.session.by_seed[play.seed].oracle)
    return len(needed) >= STEADY_STEPS and len(
        needed & {*play.actions, *cycle}
    ) <= LITTLE_WORK * len(needed)


def _alive(run: CheckRun, play: Play, rewards: Sequence[float]) -> bool:
    """Say whether the oracle, too, is paid for most of its steps, and as much as this play."""
    oracle = run.session.solved[play.seed].rewards
    steady = sorted(oracle)[len(oracle) // 4] if oracle else 0.0
    return (
        len(oracle) >= STEADY_STEPS
        and steady > 0
        and sum(rewards) / max(len(rewards), 1) <= STEADY_RATIO * sum(oracle) / len(oracle)
    )


def _told(actions: Sequence[str]) -> str:
    shown = [action[:40] for action in actions[:6]]
    return ", ".join(shown) + (" …" if len(actions) > 6 else "")
