"""What an agent does that does not work on the task: nothing, quitting, stalling, claiming.

A dense potential pays for progress and takes it back; step costs, and pay for staying alive where
the oracle gets it too, are no flaws. What is, is reward for these beyond luck, or beyond the
oracle's.
"""

from collections import Counter
from collections.abc import Sequence

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.idle import CLAIMS, JUNK, horizon, idle_actions
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import SLOT, fill, filled
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import (
    ABOVE_ORACLE,
    FULL,
    MORE_OFTEN,
    MORE_PAID,
    MOSTLY,
    PAID_ALONE,
    PAID_PLANS,
    STEADY_PART,
    USUAL_END,
    WORTH_PLAYING,
)


@check(
    "passive",
    class_="episodic",
    kinds=("episode",),
    claim="Doing nothing, stalling, quitting and invalid actions earn nothing.",
)
def passive(run: CheckRun) -> str | None:
    """Do nothing, say things, do what no oracle does, once and to the horizon; stop early.

    Stop early and quit.
    """
    everywhere = (
        run.session.usable
        if run.session.facts.proven and run.session.options.budget != "quick"
        else run.session.some(10**6)
    )
    claims = [
        action
        for template in run.session.facts.grammar
        if SLOT.search(template)
        for action in (fill(template, claim) for claim in CLAIMS)
    ]
    odd = [
        action
        for template in run.session.facts.grammar
        if SLOT.search(template)
        for action in filled(template, ())
    ][:24]
    bare = () if run.session.facts.grammar and not run.session.facts.proven else CLAIMS
    first: list[tuple[str, ...]] = [
        (),
        *((text,) for text in (*JUNK, *bare, *claims, *odd, *idle_actions(run)[:12])),
    ]
    long = [
        (text,) * horizon(run) for text in (JUNK[0], JUNK[2], *claims[:2], *idle_actions(run)[:6])
    ]
    ends = Counter(
        instance.oracle[-1] for instance in run.session.usable if len(instance.oracle) > 1
    )
    first += [(end,) for end, count in ends.items() if count >= USUAL_END * len(run.session.usable)]
    few = everywhere[:: max(1, len(everywhere) // 24)][:24]
    bounded = {
        *first[:3],
        *((text,) for text in (*claims[:2], *odd[:1], *idle_actions(run)[:2])),
    }
    for plan in dict.fromkeys((*first, *long)):
        if (
            plan not in bounded
            # what pays nothing on a few instances is not played on all: only so many attacks share
            # the
            # 5% of error
        ):
            results = run.attack(few, lambda _instance, plan=plan: plan, note=False)
            if max((value for *_, value in results), default=0.0) <= WORTH_PLAYING:
                continue
        results = run.attack(everywhere, lambda _instance, plan=plan: plan)
        values = [value for *_, value in results]
        if not run.session.luck.lucky(values) or _above(values) or _steady(values):
            best = max(results, key=lambda result: result[3])
            what = (
                "Doing nothing"
                if not plan
                else f"Doing {plan[0][:60]!r}{f' {len(plan)} times' if len(plan) > 1 else ''}"
            )
            run.pays(
                f"{what} earns {sum(values) / len(values):.2f} of what the oracle earns.",
                best[1],
                values=values,
                advice=(
                    "Pay for the state that the task asks for, which must not hold at the "
                    "start, and for nothing that can be said or waited for."
                ),
            )
    _quitting(run, run.session.some(40))
    return None


def _above(values: Sequence[float]) -> bool:
    """Say whether a plan without work out-earns the oracle on a good share of instances."""
    return sum(value > ABOVE_ORACLE for value in values) >= max(2, MORE_OFTEN * len(values))


def _steady(values: Sequence[float]) -> bool:
    """Say whether a plan without work earns a good part of the reward, whatever the instance."""
    return len(values) >= PAID_PLANS and sum(
        value >= STEADY_PART for value in values
    ) >= MOSTLY * len(values)


def _quitting(run: CheckRun, chosen: list[Instance]) -> None:
    """Stop at each step, with and without an action that no oracle takes."""
    quits = ["", *idle_actions(run)[:8]]
    for quit_ in quits:
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):

            def act(
                instance: Instance, share: float = share, quit_: str = quit_
            ) -> tuple[str, ...] | None:
                kept = instance.oracle[: int(share * len(instance.oracle))]
                return (
                    None
                    if len(kept) == len(instance.oracle) or (share == 1.0)
                    else kept + ((quit_,) if quit_ else ())
                )

            results = run.attack(chosen, act, note=False)
            values = [value for *_, value in results]
            full = [play for _, play, _, value in results if value >= FULL]
            more = [play for _, play, _, value in results if value > MORE_PAID]
            if len(results) >= 4 and (
                len(more) >= MORE_OFTEN * len(results)
                or (
                    share <= 0.5 and len(full) >= PAID_ALONE * len(results) and (quit_ or share > 0)
                )
            ):
                if share == 0.0 and run.session.luck.lucky(values) and not more:
                    continue
                play = (more or full)[0]
                run.accuse(
                    f"Stopping after {share:.0%} of the work{f' with {quit_!r}' if quit_ else ''} "
                    f"earns {sum(values) / len(values):.2f} of "
                    f"what finishing earns.",
                    Witness("pays", (play,), value=FULL * run.session.best(play.seed)),
                    values=values,
                    advice="Pay time and early endings only when the task is done.",
                )
                return
