"""A step that changes nothing any more must not be paid again.

Claims that a step of the oracle's plan, done over and over, is paid once. Plays the plan up to each
kind of step, and then that step to the horizon. A repetition is idle when its reply is the same as
the last one. What would fool it is progress that is not shown: steps that the oracle itself does
several times in a row are left alone, and so is pay for every turn, where the oracle gets it too.
"""

from collections.abc import Iterator
from itertools import pairwise

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.reads import COUNTERS
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import kind, named
from firsthand.audit.formats.bad_plays import JUNK
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import (
    IDLE_PAID,
    IDLE_REPEATS,
    REPEATS_PLAYED,
    STEADY_RATIO,
    STEADY_STEPS,
    TOLD,
    TOLD_LEAST,
)


@check(
    "repeated_steps",
    class_="episodic",
    kinds=("episode",),
    claim="A step that changes nothing any more is not paid again.",
)
def repeated_steps(run: CheckRun) -> str | None:
    """Repeat one step of each kind, as long as its reply stays the same."""
    chosen = run.session.some(8)
    made: dict[str, list[Play]] = {}
    for instance in chosen:
        for name, play in _repeating(run, instance):
            made.setdefault(name, []).append(play)
    run.outcome.n = len(chosen)
    for name, plays in made.items():
        if not _repeats_itself(chosen, name):
            _judge(run, name, plays)
    return None


def _repeats_itself(chosen: list[Instance], name: str) -> bool:
    """Say whether an oracle does the very same step of a kind twice in a row."""
    return any(a == b and kind(a) == name for i in chosen for a, b in pairwise(i.oracle))


def _repeating(run: CheckRun, instance: Instance) -> Iterator[tuple[str, Play]]:
    """Yield, for each kind of step, a play that repeats its first step to the horizon."""
    seen = set[str]()
    for at, action in enumerate(instance.oracle):
        times = min(run.session.facts.turns - at, REPEATS_PLAYED)
        if kind(action) not in seen and times > IDLE_REPEATS:
            seen.add(kind(action))
            yield kind(action), Play(instance.seed, (*instance.oracle[:at], *(action,) * times))


def _judge(run: CheckRun, name: str, plays: list[Play]) -> None:
    traces = run.play(plays)
    waiting = run.play(_waiting(play) for play in plays)
    paid = [
        0.0 if _every_turn_pays(run, play, waits) else _idle_pay(run, play, trace)
        for play, trace, waits in zip(plays, traces, waiting, strict=True)
    ]
    hits = [place for place, share in enumerate(paid) if share >= IDLE_PAID]
    if len(hits) < max(TOLD_LEAST, TOLD * len(plays)):
        return
    play, trace = plays[hits[0]], traces[hits[0]]
    values = [run.session.value(p.seed, t) for p, t in zip(plays, traces, strict=True)]
    run.accuse(
        f"Doing `{named(name)}` again pays though nothing changes: repetitions earn "
        f"{max(paid):.2f} of what the oracle earns, on {len(hits)} of {len(plays)} instances.",
        Witness("pays", (play,), value=trace.paid),
        values=values,
        advice="Pay for the state that is reached, not for the act.",
    )


def _idle_pay(run: CheckRun, play: Play, trace: Trace) -> float:
    """Return what repetitions with an unchanged reply earn, as a share of the oracle's reward."""
    first = play.actions.index(play.actions[-1])
    replies = [COUNTERS.sub("", said) for said in trace.observations[first + 1 :]]
    gains = [
        reward
        for (before, after), reward in zip(
            pairwise(replies), trace.rewards[first + 1 :], strict=False
        )
        if before == after
    ]
    if sum(gain > 0 for gain in gains) < IDLE_REPEATS:
        return 0.0
    return sum(gains) / run.session.best(play.seed)


def _waiting(play: Play) -> Play:
    """Return the play with nonsense in place of the repetitions."""
    first = play.actions.index(play.actions[-1])
    junk = (JUNK,) * (len(play.actions) - first - 1)
    return Play(play.seed, (*play.actions[: first + 1], *junk))


def _every_turn_pays(run: CheckRun, play: Play, waits: Trace) -> bool:
    """Say whether turns are paid whatever is done, or all steps of the oracle alike."""
    first = play.actions.index(play.actions[-1])
    oracle = run.session.solved[play.seed].rewards
    steady = len(oracle) >= STEADY_STEPS and max(oracle) <= STEADY_RATIO * min(oracle)
    return steady or sum(reward > 0 for reward in waits.rewards[first + 1 :]) >= IDLE_REPEATS
