"""Before anything passes, its rewards are computed again by an ordinary process, and compared.

Claims that the target did not answer in its worker's place, and pays without the auditor what it
pays with it. Plays again a sample of everything that was played, right and wrong. Fooled by a
target that recognises the second process as well: that a target behaves while it is watched cannot
be excluded by watching.
"""

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.finding import Witness
from firsthand.audit.process.pool import INTERFERES
from firsthand.audit.process.recompute import SECONDS, differ, recompute
from firsthand.audit.session import NotRun
from firsthand.audit.targets.protocol import Play
from firsthand.audit.thresholds import RECOMPUTED, RECOMPUTED_COSTLY

ADVICE = "A reward depends on the instance and the actions alone, whoever asks for it."


@check(
    "recomputation",
    class_="integrity",
    kinds=("answer", "episode"),
    claim="An ordinary process without the auditor computes the same rewards.",
)
def recomputation(run: CheckRun) -> str | None:
    """Accuse a target that touched its worker, or that pays another reward to others."""
    session = run.session
    if session.lab.interference:
        play, what = session.lab.interference[0]
        claim = what[:1].upper() + what[1:] + "."
        witness = Witness("fault", () if play is None else (play,), fault=INTERFERES)
        run.accuse(claim, witness, severity="critical", advice=ADVICE)
        if not run.outcome.findings:
            raise NotRun(what)
        return None
    most = max(8, RECOMPUTED_COSTLY // session.weight) if session.costly else RECOMPUTED
    sample = session.lab.sample(most)
    plays = [play for play, _ in sample]
    again = recompute(session.spec, plays, seconds=SECONDS * session.weight)
    run.outcome.n, run.outcome.probes = len(again), 1
    if len(again) < len(sample):
        raise NotRun("an ordinary process that loads the target did not come to an end")
    apart = [
        (play, value, other)
        for (play, value), other in zip(sample, again, strict=True)
        if differ(value, other)
    ]
    for play, value, other in apart[:3]:
        shown = "no reward" if other is None else f"{other:g}"
        run.accuse(
            f"A play earns {value:g} while it is audited and {shown} in an ordinary process.",
            Witness("recomputed", (Play(play.seed, play.actions, verifier=play.verifier),)),
            severity="critical",
            advice=ADVICE,
        )
    return None
