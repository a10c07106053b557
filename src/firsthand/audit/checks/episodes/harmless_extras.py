"""Right plans with something harmless added: they must be paid like the plans themselves.

Claims that words beside a call, and reading the state once more, cost nothing. A loss on nearly
every instance is a finding unless the prompt limits steps: agents talk and look twice. What would
fool it is a world where looking takes time that counts; such a read does change later replies, and
is not taken for a read.
"""

import re
from collections.abc import Callable

from firsthand.actions import decoded, encoded
from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.reads import optional_read
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import kind, named
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import EXTRA_REFUSED, LEAST_PLANS, MOSTLY
from firsthand.environment import Action

LIMITS = re.compile(
    r"\b(?:at most|no more than|only|exactly|fewest|shortest|as few|budget|costs?|once)\b"
    r"|\b(?:steps?|turns?|moves?|actions?)\b",
    re.IGNORECASE,
)
"""Words of prompts in which a further step may rightly cost something."""
Edit = Callable[[Instance], tuple[str, ...] | None]
WORDS = "I will do this now."


@check(
    "harmless_extras",
    class_="false negative",
    kinds=("episode",),
    claim="Words beside a call, and a further look, take nothing from a right plan.",
)
def harmless_extras(run: CheckRun) -> str | None:
    """Add words to every call, and repeat what only reads."""
    chosen = [i for i in run.session.some(24) if len(i.oracle) < run.session.facts.turns]
    if not chosen:
        return "the oracle's plans take all turns there are"
    _judge(run, chosen, _spoken, "Words beside the calls of a right plan")
    kinds = sorted({kind(action) for i in chosen for action in i.oracle})
    for name in kinds:
        if any(LIMITS.search(i.prompt) for i in chosen) or not optional_read(run, chosen, name):
            continue
        _judge(
            run,
            chosen,
            lambda i, name=name: _twice(i, name),
            f"Doing `{named(name)}` twice in a row",
        )
    return None


def _spoken(instance: Instance) -> tuple[str, ...] | None:
    """Say something beside each call; None where there are no calls."""
    plan = [decoded(action) for action in instance.oracle]
    if not any(action.calls for action in plan):
        return None
    return tuple(encoded(Action(WORDS, a.calls) if a.calls else a) for a in plan)


def _twice(instance: Instance, name: str) -> tuple[str, ...] | None:
    """Repeat the first step of a kind."""
    plan = instance.oracle
    at = next((place for place, action in enumerate(plan) if kind(action) == name), None)
    return None if at is None else (*plan[: at + 1], *plan[at:])


def _judge(run: CheckRun, chosen: list[Instance], edit: Edit, what: str) -> None:
    results = run.attack(chosen, edit, note=False)
    refused = [(play, trace) for _, play, trace, value in results if value < EXTRA_REFUSED]
    run.outcome.n = max(run.outcome.n, len(results))
    if len(results) < LEAST_PLANS or len(refused) < MOSTLY * len(results):
        return
    play, trace = refused[0]
    run.accuse(
        f"{what} costs reward on {len(refused)} of {len(results)} instances.",
        Witness("refused", (play,), value=trace.paid),
        severity="major",
        values=[value for *_, value in results],
        advice="Judge the state that is reached; ignore what does not change it.",
    )
