"""Where a target offers a second verifier of the same answer, the two must never disagree.

Both judge everything that is right, wrong or nearly right, on many instances. A disagreement says
that one of them is wrong, and with which answer to find out which.
"""

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.finding import Witness
from firsthand.audit.targets.protocol import Play


@check(
    "agreement",
    class_="differential",
    kinds=("answer", "episode"),
    claim="Verifiers of the same answer agree on every probe.",
)
def agreement(run: CheckRun) -> str | None:
    """Compare every further verifier with the reward."""
    if not run.session.facts.verifiers:
        return "the target has one verifier"
    plays = [
        play
        for i in run.session.some(200)
        for play in (Play(i.seed, i.oracle), *run.session.wrong_plays(i))
    ]
    first = run.play(plays)
    run.outcome.n = len(plays)
    for name in run.session.facts.verifiers:
        others = [Play(play.seed, play.actions, verifier=name) for play in plays]
        apart = [
            (play, other)
            for play, other, a, b in zip(plays, others, first, run.play(others), strict=True)
            if abs(a.paid - b.paid) > 1e-6
        ]
        if apart:
            run.accuse(
                f"The verifier {name} disagrees on {len(apart)} of {len(plays)} plays.",
                Witness("differs", (apart[0][0],), against=(apart[0][1],)),
                severity="major",
                advice="Find out which of the two is wrong on the witness.",
            )
    return None
