"""How results are worded, in the terminal and in the report: two digits, no leading zero, intervals
in brackets.
"""

from firsthand.evaluate.evaluate import Comparison, Evaluation
from firsthand.evaluate.statistics import Interval
from firsthand.usage import described


def number(value: float, *, signed: bool = False) -> str:
    """Write a score or share with two digits, without the leading zero: .46, 1.00, +.46, -.05."""
    text = f"{abs(value):.2f}"
    digits = text[1:] if text.startswith("0") else text
    sign = ("-" if value < 0 else "+" if signed else "") if float(text) else ""
    return sign + digits


def interval(found: Interval, *, signed: bool = False) -> str:
    """Write an interval: [.38, .54]."""
    return f"[{number(found.low, signed=signed)}, {number(found.high, signed=signed)}]"


def p_value(p: float) -> str:
    """Write a p-value with one or two significant digits: p = .03, p < .001."""
    return (
        "p < .001"
        if p < 0.001
        else f"p = {f'{p:.3f}' if p < 0.01 else f'{p:.2f}'}".replace("= 0.", "= .")
    )


def cost(result: Evaluation) -> str:
    """Say what the episodes took and which failed."""
    tokens = f", {described(result.usage)}" if result.usage.tokens else ""
    failures = (
        f"; failed: {', '.join(f'{n} by {owner}' for owner, n in result.failures.items())}"
        if result.failures
        else ""
    )
    cut = f" ({result.cut} because an answer was cut off at its most tokens)" if result.cut else ""
    return f"{result.turns:.1f} turns an episode{tokens}{failures}{cut}"


def remarks(result: Evaluation) -> list[str]:
    """Say why a run ended early, and how requests differed from what was asked for."""
    notes = [f"{note} ({n} of {result.episodes} episodes)." for note, n in result.notes.items()]
    early = [f"Stopped early: {result.stopped}"] if result.stopped else []
    return [*early, *own_failures(result), *notes]


def own_failures(result: Evaluation) -> list[str]:
    """Say how many failures count as 0, and what the score is without them."""
    if not result.by_agent:
        return []
    told = f"{result.by_agent} episodes that the agent itself brought to a failure count as 0"
    if result.scored is None:
        return [f"{told}."]
    score = f"{number(result.scored.mean)} {interval(result.scored.interval)}"
    return [f"{told};\nwithout them the score is {score} over {result.scored.n} tasks."]


def flagged(result: Evaluation) -> str:
    """Say how many episodes look like exploits of the reward, and why; empty when none does."""
    if not result.flagged:
        return ""
    return (
        f"{result.flagged} of {result.episodes} episodes flagged: "
        f"{', '.join(f'{reason} {n}' for reason, n in result.flags.items())}"
    )


def left_out(result: Comparison) -> str:
    """Say which tasks are in no number, and why."""
    groups = (
        (result.failed, "failed on a side"),
        (result.only_before, "played before only"),
        (result.only_after, "played after only"),
    )
    parts = [f"{len(tasks)} {why}" for tasks, why in groups if tasks]
    return f"Tasks left out: {', '.join(parts)}." if parts else "No task was left out."
