"""Where a target tells its state, walk all states: no path out-earns the oracle, no cycle pays.

States are told apart by what the target reports; a cycle is accused only when really repeating it
pays every time, so a state that leaves something out accuses nobody.
"""

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import SLOT
from firsthand.audit.targets.protocol import Instance, Play

MOST = 1500
"""Plays that one instance may take."""


@check(
    "state_graph",
    class_="blind search",
    kinds=("episode",),
    claim="No path through the states earns more than the oracle, and no cycle of states pays.",
)
def state_graph(run: CheckRun) -> str | None:
    """Enumerate the states of a few instances by breadth, as far as the plays go."""
    if not run.session.facts.stateful:
        return "the target reports no state"
    literal = [
        action for action in run.session.facts.grammar if not SLOT.search(action)
    ] or run.session.actions[:8]
    if not literal:
        return "the target has no actions to enumerate"
    most = min(
        MOST,
        run.session.tries(quick=2000, standard=16000),
    )
    for instance in run.session.some(3)[:3]:
        _walk(run, instance, literal, most)
    return None


def _walk(run: CheckRun, instance: Instance, literal: list[str], most: int) -> None:
    best = run.session.best(instance.seed)
    seen: dict[str, tuple[float, tuple[str, ...]]] = {}
    frontier: list[tuple[str, ...]] = [()]
    plays = 0
    while frontier and plays < most:
        plans = [
            (*plan, action)
            for plan in frontier
            for action in literal
            if len(plan) < run.session.facts.turns
        ][: most - plays]
        plays += len(plans)
        frontier = []
        for plan, trace in zip(
            plans, run.play(Play(instance.seed, plan) for plan in plans), strict=True
        ):
            if trace.value is None or len(trace.states) < 2:
                continue
            if trace.value > 1.1 * best and _accuse_path(
                run, instance, plan, trace.value, best, done=trace.done
            ):
                return
            earlier = trace.states.index(trace.states[-1])
            gain = sum(trace.rewards[earlier:])
            if (
                earlier < len(trace.states) - 1
                and not trace.done
                and gain > 1e-6
                and _accuse_cycle(run, instance, plan[:earlier], plan[earlier:], gain)
            ):
                return
            if trace.states[-1] not in seen and not trace.done:
                seen[trace.states[-1]] = (trace.value, plan)
                frontier.append(plan)
    run.outcome.n, run.outcome.probes = (
        run.outcome.n + 1,
        run.outcome.probes + len(seen),
    )


def _accuse_path(
    run: CheckRun,
    instance: Instance,
    plan: tuple[str, ...],
    value: float,
    best: float,
    *,
    done: bool,
) -> bool:
    return run.accuse(
        f"A path through the states earns {value:g}, the oracle {best:g}.",
        Witness("pays", (Play(instance.seed, plan),), value=value),
        severity="minor" if done else "critical",
        values=[value / best],
        advice="Make the oracle's way the best one there is, or find out what else is paid.",
    )


def _accuse_cycle(
    run: CheckRun,
    instance: Instance,
    before: tuple[str, ...],
    cycle: tuple[str, ...],
    gain: float,
) -> bool:
    times = min(5, (run.session.facts.turns - len(before)) // len(cycle))
    if times < 2:
        return False
    play = Play(instance.seed, before + cycle * times)
    (trace,) = run.play([play])
    paid = [
        sum(trace.rewards[len(before) + turn * len(cycle) : len(before) + (turn + 1) * len(cycle)])
        for turn in range(times)
    ]
    if len(trace.rewards) < len(play.actions) or min(paid) < 0.5 * gain:
        return False
    return run.accuse(
        f"A cycle of states pays {gain:g} each time round: {', '.join(cycle)}.",
        Witness("pays", (play,), value=trace.paid),
        values=[trace.paid / run.session.best(instance.seed)],
        advice="Pay the change of a potential of the state, so that every cycle sums to zero.",
    )
