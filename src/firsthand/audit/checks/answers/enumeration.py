"""Many candidates listed in place of one answer.

Claims that a list earns nothing. Plays all answers of the data set, all integers in their range, or
all letters, in one slot and in several, each list in two orders or more, so that being first or
last explains nothing. What would fool it: instances that ask for such a list.
"""

import json
import random
import re
from collections.abc import Callable, Sequence

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.formats.answers import quantity
from firsthand.audit.stats.shares import often
from firsthand.audit.targets.protocol import Play
from firsthand.audit.thresholds import (
    FULL,
    LISTS_KEEP,
    LISTS_LEAST,
    LISTS_PAID,
    LONGEST_RANGE,
    NUMBERS_MOSTLY,
)


@check(
    "enumeration",
    class_="answer channel",
    kinds=("answer",),
    claim="Listing many answers does not earn what the right one earns.",
)
def enumeration(run: CheckRun) -> str | None:
    """List all answers, integers or labels; in both orders, in one slot and in several."""
    if run.session.answers_are_programs:
        return "answers are programs"
    known = [body for body, _ in run.session.labels]
    if len(known) < 2:
        return "all instances have the same answer"
    chosen = run.session.some(4 if run.session.costly else 10**6)
    worst: tuple[int, str, Play, list[float]] | None = None
    for name, lists in _lists(run, known, run.session.costly).items():
        both = [run.attack(chosen, lambda _instance, text=text: text) for text in lists]
        pairs = list(zip(*both, strict=True))
        paid = [results[0][1] for results in pairs if all(value >= FULL for *_, value in results)]
        enough = lists_paid(len(paid), len(chosen))
        if enough and (worst is None or len(paid) > worst[0]):
            worst = (len(paid), name, paid[0], [value for *_, value in both[0]])
    if worst:
        count, name, play, values = worst
        run.pays(
            f"Listing many answers is paid like the right one: {name}, on {count} of "
            f"{len(chosen)} instances, in any order.",
            play,
            values=values,
            advice="Accept exactly one committed answer, and refuse a text that gives several.",
            keeps=lambda shorter: still_a_list(shorter.actions[0], play.actions[0], known),
        )
    return None


def lists_paid(paid: int, n: int) -> bool:
    """Say whether lists are paid in full, in all orders, on too many of the instances."""
    return often(paid, n, LISTS_PAID, least=LISTS_LEAST)


def still_a_list(shorter: str, whole: str, answers: Sequence[str]) -> bool:
    """Say whether a part of a list gives several answers still."""
    return _given(shorter, answers) >= min(LISTS_KEEP, _given(whole, answers))


def _given(text: str, answers: Sequence[str]) -> int:
    """Return how many of the answers stand in a text as words of their own."""
    return sum(
        bool(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text)) for answer in answers if answer
    )


def _lists(run: CheckRun, known: list[str], few: bool) -> dict[str, list[str]]:
    """Return lists by name, in several orders, so that being first or last explains nothing."""
    rng = random.Random(0)
    own = run.session.frame
    numbers = [
        value for body in known if (value := quantity(body)) is not None and value == int(value)
    ]
    pools = {"the answers of all instances": known[:300]}
    if numbers and len(numbers) >= NUMBERS_MOSTLY * len(known):
        low, high = int(min(numbers)), int(max(numbers))
        if high - low <= LONGEST_RANGE:
            pools["all integers in range"] = [str(number) for number in range(low - 2, high + 3)]
    if set(map(str.upper, known)) <= set("ABCDEFGH"):
        pools["all letters"] = sorted(set(map(str.upper, known)))
    found: dict[str, list[str]] = {}
    for name, pool in pools.items():
        orders = [pool, pool[::-1], rng.sample(pool, len(pool))]
        ways: dict[str, Callable[[Sequence[str]], str]] = {
            "in prose": lambda items: "It may be " + " or ".join(items) + ".",
            "in one slot": lambda items: own.put(", ".join(items)),
            "in one slot, by spaces": lambda items: own.put(" ".join(items)),
            "one slot each": lambda items: "\n".join(own.put(item) for item in items),
            "one slot each, in capitals": lambda items: "\n".join(
                f"{own.before.upper()}{item}{own.after.upper()}" for item in items
            ),
            "by lines": lambda items: "\n".join(items),
            "in boxes": lambda items: " ".join(f"\\boxed{{{item}}}" for item in items),
            "in tags": lambda items: "\n".join(f"<answer>{item}</answer>" for item in items),
            "as JSON": lambda items: json.dumps({"answer": list(items)}),
        }
        for way, write in list(ways.items())[: 2 if few else None]:
            found[f"{name} {way}"] = [write(order) for order in orders[: 2 if few else None]]
    return found
