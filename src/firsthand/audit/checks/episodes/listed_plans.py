"""A mistake must not be answered with a list of steps that solves the instance.

Claims that doing what a reply lists, line by line, is not paid. Plays the list after the mistake
and by itself: both must pay, so that the reply alone told it. A list of legal moves is no plan.
"""

from collections import defaultdict

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.mistakes import ADVICE, leak_instances, replies
from firsthand.audit.finding import Witness
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import STATED, STATED_PAID, TOLD_LEAST

MOST_LINES = 60


@check(
    "listed_plans",
    class_="taint",
    kinds=("episode",),
    claim="No mistake is answered with a list of steps that solves the instance.",
)
def listed_plans(run: CheckRun) -> str | None:
    """Do what the reply to a mistake lists."""
    chosen = leak_instances(run)
    if not chosen:
        return "all instances have the same plan"
    moves = sum(len(i.moves) for i in chosen) / max(1, len(chosen))
    listed: dict[str, list[tuple[Instance, Play]]] = defaultdict(list)
    for instance, wrong, text, _ in replies(run, chosen):
        plan = _lines(text)
        legal_moves = 1 < len(plan) >= moves and all(line in instance.moves for line in plan)
        if plan and not legal_moves:
            listed[wrong].append((instance, Play(instance.seed, (wrong, *plan))))
    run.outcome.n = len(chosen)
    for wrong, made in listed.items():
        if len(made) >= TOLD_LEAST and _judge(run, wrong, made):
            return None
    return None


def _lines(reply: str) -> tuple[str, ...]:
    """Return the lines that follow the first one, as many as one would do as a plan."""
    lines = (line.strip() for line in reply.splitlines()[1:])
    return tuple(line for line in lines if line)[:MOST_LINES]


def _judge(run: CheckRun, wrong: str, made: list[tuple[Instance, Play]]) -> bool:
    after = run.play(play for _, play in made)
    alone = run.play(Play(play.seed, play.actions[1:]) for _, play in made)
    values = [
        min(run.session.value(i.seed, one), run.session.value(i.seed, two))
        for (i, _), one, two in zip(made, after, alone, strict=True)
    ]
    hits = [play for (_, play), value in zip(made, values, strict=True) if value >= STATED_PAID]
    if len(hits) < max(TOLD_LEAST, STATED * len(made)):
        return False
    return run.accuse(
        f"A wrong action is answered with the solution: after {wrong[:40]!r}, doing what the reply "
        f"lists pays on {len(hits)} of {len(made)} instances.",
        Witness("pays", (hits[0],), value=STATED_PAID * run.session.best(hits[0].seed)),
        values=values,
        advice=ADVICE,
    )
