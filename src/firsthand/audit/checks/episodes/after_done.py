"""Actions after the episode is over."""

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.idle import JUNK, horizon
from firsthand.audit.finding import Witness
from firsthand.audit.targets.protocol import Play


@check(
    "after_done",
    class_="episodic",
    kinds=("episode",),
    claim="Nothing is paid after done.",
)
def after_done(run: CheckRun) -> str | None:
    """Go on after done: with the plan again, with its last step, with every action.

    And after an early end with the whole plan.
    """
    chosen = run.session.some(8)
    plays = [
        Play(i.seed, (*i.oracle, *more), beyond=True)
        for i in chosen
        for more in (i.oracle[-1:] * 3, i.oracle, tuple(run.session.actions[:20]))
    ]
    plays += [
        Play(i.seed, (action, *i.oracle), beyond=True)
        for i in chosen[:4]
        for action in (*i.oracle[-1:], *run.session.actions[:30], *i.moves[:6])
    ]
    plays += [
        Play(i.seed, (JUNK[2],) * horizon(run) + i.oracle[-3:], beyond=True) for i in chosen[:2]
    ]
    traces = run.play(plays)
    run.outcome.n = len(plays)
    found = [(play, trace) for play, trace in zip(plays, traces, strict=True) if trace.late > 1e-6]
    if found:
        play, trace = max(found, key=lambda pair: pair[1].late)
        run.accuse(
            f"After done, actions still earn: {trace.late:g}.",
            Witness("late", (play,), value=trace.late),
            values=[trace.late / max(run.session.best(play.seed), 1e-9)],
            advice=(
                "Once an episode is done, absorb every action without a change of state or reward."
            ),
        )
    crashed = [
        play
        for play, trace in zip(plays, traces, strict=True)
        if trace.fault and trace.fault.kind == "late"
    ]
    if crashed and run.session.facts.proven:
        run.accuse(
            "An action after done raises an error.",
            Witness("fault", (crashed[0],), fault="late"),
            severity="major",
            advice="Absorb actions after done with an observation that says so.",
        )
    return None
