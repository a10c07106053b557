"""The oracle must succeed: what no right answer is paid for cannot be learned."""

from firsthand.audit.accusation import CheckRun, check, told
from firsthand.audit.finding import Witness
from firsthand.audit.session import NotRun
from firsthand.audit.targets.protocol import UNKNOWN, Play
from firsthand.audit.thresholds import ASKED_AGAIN, ASKED_TIMES, FULL


@check(
    "oracle",
    class_="contract",
    kinds=("answer", "episode"),
    claim="The oracle earns the full reward on every instance; rewards are finite numbers.",
)
def oracle(run: CheckRun) -> str | None:
    """Require that the oracle earns the full reward everywhere, and that rewards are finite."""
    broken = [instance for instance in run.session.instances if instance.fault]
    if broken and {instance.fault for instance in run.session.instances} == {UNKNOWN}:
        raise NotRun("the target gives no reference answers")
    for instance in broken[:1]:
        run.accuse(
            f"The oracle fails on {len(broken)} of {len(run.session.instances)} instances: "
            f"{instance.fault}",
            Witness("instances", (Play(instance.seed, ()),), digest=told([instance])),
            severity="major",
            advice=(
                "An instance without a known solution may have none: repair the oracle or drop "
                "the instance."
            ),
        )
    solved = run.session.solved
    run.note([min(trace.paid, 1.0) for trace in solved.values()])
    run.outcome.bounded = False
    top = max((trace.paid for trace in solved.values()), default=0.0)
    for seed, trace in solved.items():
        play = Play(seed, run.session.by_seed[seed].oracle)
        if trace.fault is not None:
            run.accuse(
                f"The right answer ends in a fault ({trace.fault.kind}): {trace.fault.detail}",
                Witness("fault", (play,), fault=trace.fault.kind),
                severity="major",
                advice="A reward is a finite number for every answer.",
            )
        elif (
            trace.paid <= 0
            or (run.session.facts.kind == "answer" and trace.paid < FULL * top)
            or (run.session.facts.proven and trace.paid < FULL)
        ):
            run.accuse(
                "The oracle's own answer is not paid in full on some instances.",
                Witness("refused", (play,), value=trace.paid),
                severity="major",
                values=[trace.paid for trace in solved.values()],
                advice="Either the grader rejects right answers, or the instance cannot be solved.",
            )
    if run.session.facts.proven and not run.session.costly and not run.outcome.findings:
        _asked_again(run)
    if run.session.facts.kind == "answer" and top > 1.0 + 1e-9:
        worst = max(solved, key=lambda seed: solved[seed].paid)
        run.accuse(
            f"Rewards leave the range [0, 1]: {top:g}.",
            Witness("pays", (Play(worst, run.session.by_seed[worst].oracle),), value=top),
            severity="minor",
            advice="Scale rewards to [0, 1].",
        )
    return None


def _asked_again(run: CheckRun) -> None:
    """Ask experts of the same instances again: one that draws at random errs only at times."""
    seeds = [i.seed for i in run.session.some(ASKED_AGAIN)]
    again = run.session.lab.instances(seeds * ASKED_TIMES)
    other = [i for i in again if not i.fault and i.oracle != run.session.by_seed[i.seed].oracle]
    traces = run.session.lab.run([Play(i.seed, i.oracle) for i in other])
    for instance, trace in zip(other, traces, strict=True):
        if trace.fault is None and trace.paid < FULL:
            run.accuse(
                "The expert plans the same instance in several ways, and not all are paid in full.",
                Witness("refused", (Play(instance.seed, instance.oracle),), value=trace.paid),
                severity="major",
                advice="Let the expert know the solution, and draw nothing outside the task.",
            )
            return
