"""The reply to a mistake must not hold all that the plan needs.

Claims that no reply to a mistake holds every step, or every argument, that differs between
instances. Plays the mistake and then the whole plan. A long list, which holds the right values
among many others, is no leak, nor are steps that most instances share.
"""

from collections import Counter, defaultdict

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.mistakes import ADVICE, Reply, leak_instances, replies
from firsthand.audit.checks.episodes.sayings import sayings
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import kind
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    QUOTED_AMONG,
    SHARED_STEP,
    STATED,
    TOLD,
    TOLD_LEAST,
    TOLD_PAID,
)


@check(
    "quoted_plans",
    class_="taint",
    kinds=("episode",),
    claim="No reply to a mistake holds all that the plan needs.",
)
def quoted_plans(run: CheckRun) -> str | None:
    """Do the plan after a mistake whose reply holds all that differs between instances."""
    chosen = leak_instances(run)
    if not chosen:
        return "all instances have the same plan"
    often = Counter(action for i in run.session.usable for action in set(i.oracle))
    least = SHARED_STEP * len(run.session.usable)
    shared = {action for action, count in often.items() if count >= least}
    made: dict[str, list[tuple[Instance, Play]]] = defaultdict(list)
    tried: dict[str, set[int]] = defaultdict(set)
    for reply in replies(run, chosen):
        instance, wrong = reply.instance, reply.wrong
        tried[wrong].add(instance.seed)
        if _holds_plan(run, reply, shared):
            made[wrong].append((instance, Play(instance.seed, (wrong, *instance.oracle))))
    run.outcome.n = len(chosen)
    for wrong, plays in made.items():
        enough = len(plays) >= max(TOLD_LEAST, TOLD * len(tried[wrong]))
        if enough and _judge(run, wrong, plays, len(tried[wrong])):
            return None
    return None


def _holds_plan(run: CheckRun, reply: Reply, shared: set[str]) -> bool:
    """Say whether a reply holds each step that is the instance's own, among few like them."""
    plan = reply.instance.oracle
    own = [action for action in dict.fromkeys(plan) if action not in shared]
    said = sayings(run, reply)
    if len(plan) < 2 or not own or not set(own) <= set(said):
        return False
    kinds = {kind(action) for action in own}
    alike = sum(kind(action) in kinds for action in said)
    return alike <= QUOTED_AMONG * len(own) or all(action in reply.text for action in own)


def _judge(run: CheckRun, wrong: str, plays: list[tuple[Instance, Play]], tried: int) -> bool:
    traces = run.play(play for _, play in plays)
    values = [run.session.value(i.seed, t) for (i, _), t in zip(plays, traces, strict=True)]
    hits = [play for (_, play), value in zip(plays, values, strict=True) if value >= TOLD_PAID]
    if len(hits) < STATED * len(plays):
        return False
    return run.accuse(
        f"A wrong action is answered with what the plan needs: the reply to {wrong[:40]!r} holds "
        f"it on {len(hits)} of {tried} instances.",
        Witness("pays", (hits[0],), value=TOLD_PAID * run.session.best(hits[0].seed)),
        values=values,
        advice=ADVICE,
    )
