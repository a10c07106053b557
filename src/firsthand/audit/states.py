"""Where a target tells its state, walk all states: no path out-earns the oracle, no cycle pays.

States are told apart by what the target reports; a cycle is accused only when really repeating it pays
every time, so a state that leaves something out accuses nobody.
"""

from firsthand.audit.finding import Witness
from firsthand.audit.grammar import SLOT
from firsthand.audit.session import Session
from firsthand.audit.target import Instance, Play

MOST = 1500
"""Plays that one instance may take."""


def states(session: Session) -> str | None:
    """Enumerate the states of a few instances by breadth, as far as the plays go."""
    if not session.facts.stateful:
        return "the target reports no state"
    literal = [
        action for action in session.facts.grammar if not SLOT.search(action)
    ] or session.actions[:8]
    if not literal:
        return "the target has no actions to enumerate"
    most = min(
        int(session.effort(MOST, MOST)),
        max(100, int(session.effort(0.3, 2.0) / max(session.seconds_a_play, 1e-5))),
    )
    for instance in session.some(3, share=0.05)[:3]:
        _walk(session, instance, literal, most)
    return None


def _walk(session: Session, instance: Instance, literal: list[str], most: int) -> None:
    best = session.best(instance.seed)
    seen: dict[str, tuple[float, tuple[str, ...]]] = {}
    frontier: list[tuple[str, ...]] = [()]
    plays = 0
    while frontier and plays < most:
        plans = [
            (*plan, action)
            for plan in frontier
            for action in literal
            if len(plan) < session.facts.turns
        ][: most - plays]
        plays += len(plans)
        frontier = []
        for plan, trace in zip(
            plans, session.play(Play(instance.seed, plan) for plan in plans), strict=True
        ):
            if trace.value is None or len(trace.states) < 2:
                continue
            if trace.value > 1.1 * best and _accuse_path(
                session, instance, plan, trace.value, best, done=trace.done
            ):
                return
            earlier = trace.states.index(trace.states[-1])
            gain = sum(trace.rewards[earlier:])
            if (
                earlier < len(trace.states) - 1
                and not trace.done
                and gain > 1e-6
                and _accuse_cycle(session, instance, plan[:earlier], plan[earlier:], gain)
            ):
                return
            if trace.states[-1] not in seen and not trace.done:
                seen[trace.states[-1]] = (trace.value, plan)
                frontier.append(plan)
    session.outcome.n, session.outcome.probes = (
        session.outcome.n + 1,
        session.outcome.probes + len(seen),
    )


def _accuse_path(
    session: Session,
    instance: Instance,
    plan: tuple[str, ...],
    value: float,
    best: float,
    *,
    done: bool,
) -> bool:
    return session.accuse(
        f"A path through the states earns {value:g}, the oracle {best:g}.", Witness("pays", (Play(instance.seed, plan),), value=value),
        severity="minor" if done else "critical", values=[value / best],
        advice="Make the oracle's way the best one there is, or find out what else is paid.",
    )  # fmt: skip


def _accuse_cycle(
    session: Session,
    instance: Instance,
    before: tuple[str, ...],
    cycle: tuple[str, ...],
    gain: float,
) -> bool:
    times = min(5, (session.facts.turns - len(before)) // len(cycle))
    if times < 2:
        return False
    play = Play(instance.seed, before + cycle * times)
    (trace,) = session.play([play])
    paid = [
        sum(trace.rewards[len(before) + turn * len(cycle) : len(before) + (turn + 1) * len(cycle)])
        for turn in range(times)
    ]
    if len(trace.rewards) < len(play.actions) or min(paid) < 0.5 * gain:
        return False
    return session.accuse(
        f"A cycle of states pays {gain:g} each time round: {', '.join(cycle)}.", Witness("pays", (play,), value=trace.paid),
        values=[trace.paid / session.best(instance.seed)],
        advice="Pay the change of a potential of the state, so that every cycle sums to zero.",
    )  # fmt: skip
