"""A right and a wrong answer together do not earn what the right one earns.

Both orders are played, so that a grader that takes the first or the last answer pays for one of
them only. What would fool it: a wrong answer that is right as well.
"""

from collections.abc import Callable, Sequence

from firsthand.audit.accusation import CheckRun
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import Slot, alike, quantity, slot
from firsthand.audit.formats.bad_plays import JUNK
from firsthand.audit.stats.shares import often
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import BOTH_LEAST, BOTH_PAID, FULL


def both_paid(count: int, n: int) -> bool:
    """Say whether two answers are paid like one on too many instances."""
    return often(count, n, BOTH_PAID, least=BOTH_LEAST) or 0 < count == n


def two_answers(run: CheckRun, chosen: Sequence[Instance]) -> None:
    """Give the right answer and a wrong one, in both orders: if both pay, listing pays."""
    own = run.session.frame
    boxed, tagged = Slot("\\boxed{", "", "}"), Slot("<answer>", "", "</answer>")
    ways: dict[str, Callable[[Slot, str, str], str]] = {
        "with `or` in one slot": lambda s, a, b: s.put(f"{a} or {b}"),
        "with a comma in one slot": lambda s, a, b: s.put(f"{a}, {b}"),
        "in two slots": lambda s, a, b: f"{s.put(a)}\n{s.put(b)}",
        "in two of the common slots": lambda _, a, b: f"{own.put(a)}\n{own.put(b)}",
        "in prose": lambda _, a, b: f"It could be {a}. It could be {b}.",
        "in boxes": lambda _, a, b: f"{boxed.put(a)} {boxed.put(b)}",
        "in tags": lambda _, a, b: f"{tagged.put(a)}{tagged.put(b)}",
    }
    if run.session.costly:
        ways = {name: ways[name] for name in ("with `or` in one slot", "in two slots")}
    for name, way in ways.items():
        pair = {i.seed: _other(run, i) for i in chosen}
        first = run.attack(
            chosen, lambda i, way=way, pair=pair: way(slot(i), slot(i).body, pair[i.seed])
        )
        last = run.attack(
            chosen, lambda i, way=way, pair=pair: way(slot(i), pair[i.seed], slot(i).body)
        )
        both = [
            one[1]
            for one, two in zip(first, last, strict=True)
            if one[3] >= FULL and two[3] >= FULL
        ]
        if both_paid(len(both), len(chosen)):
            instance = run.session.by_seed[both[0].seed]
            run.accuse(
                f"Two answers are paid like the right one, {name}, in either order, "
                f"on {len(both)} of {len(chosen)} instances: "
                f"{both[0].actions[0][-100:]!r}.",
                Witness("pays", (both[0],), value=FULL * run.session.best(instance.seed)),
                values=[value for *_, value in first],
                advice="Require exactly one committed answer, and parse the slot with a grammar "
                "that has to match in full.",
            )
            return


def _other(run: CheckRun, instance: Instance) -> str:
    own = slot(instance).body
    pool = run.session.usable
    start = next((place for place, other in enumerate(pool) if other.seed == instance.seed), 0)
    for step in range(1, len(pool)):
        body = slot(pool[(start + step) % len(pool)]).body
        if (
            not alike(body, own)
            and body not in own
            and own not in body
            and len(body) <= 4 * len(own) + 20
        ):
            return body
    number = quantity(own)
    return f"{number * 3 + 7:g}" if number is not None else JUNK
