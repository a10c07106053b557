"""Edit the right answer until it is wrong: a reward that does not drop names what it does not depend on.

Only edits that change what is said are made: numbers by a tenth or more, items dropped, added or replaced,
answers of other instances. Case, space, punctuation and small differences of numbers are no mutants here.
"""

import random
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import msgspec

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.formats.answers import (
    NUMBER,
    alike,
    normal,
    quantity,
    same_answer,
    slot,
    written,
)
from firsthand.audit.formats.json_values import edits, record
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import FULL
from firsthand.task import digest

SEPARATORS = (", ", ",", "; ", ";", " -> ", " | ", "\n", " ")
LONGEST = 200
"""Answers with more characters are edited only where the reference answer's own parts stand."""


class Mutant(msgspec.Struct, frozen=True):
    """One edit. `ignored` says what the reward does not depend on, should it survive."""

    operator: str
    text: str
    ignored: str


def mutants(run: CheckRun, instance: Instance) -> Iterator[Mutant]:
    """Yield wrong answers made from the right one."""
    own = slot(instance)
    rng = random.Random(digest(f"mutate {instance.seed}"))
    seen = {own.body}
    for operator, body, ignored in _edits(run, instance, own.body, rng):
        same = quantity(body) is not None and quantity(body) == quantity(own.body)
        if (
            body not in seen
            and not same
            and (operator == "sign" or normal(body) != normal(own.body))
        ):
            seen.add(body)
            yield Mutant(operator, own.put(body), ignored)


def _edits(
    run: CheckRun, instance: Instance, body: str, rng: random.Random
) -> Iterator[tuple[str, str, str]]:
    number, written_as = quantity(body), record(body)
    if number is not None:
        yield from _numbers(body, number)
    elif written_as is not None:
        yield from edits(written_as)
    elif len(body) <= LONGEST or isinstance(instance.answer, (list, dict)):
        cells = list(re.finditer(r"\d+(?:\.\d+)?", body))
        for place, cell in enumerate(cells[:6]):
            yield (
                f"number {place + 1}",
                body[: cell.start()] + _bigger(cell[0]) + body[cell.end() :],
                f"number {place + 1} of the answer",
            )
        yield from _items(run, instance, body, rng)
        yield from _order(instance, body)
        yield from _longer(instance, body)
        if len(cells) >= 2:
            for value in ("0", "1"):
                yield (
                    f"every number {value}",
                    re.sub(r"\d+(?:\.\d+)?", value, body),
                    "the numbers of the answer",
                )
    if len(body) > 3 and number is None and re.fullmatch(r"[A-Za-z]+", body):
        yield "half a word", body[: max(1, len(body) // 2)], "the second half of the answer"
    if (
        len(body) > 2
        and number is None
        and re.search(r"\d$", body)
        and not re.search(r"\.\d+$", body)
    ):
        yield "a digit more", body + "7", "what stands at the end of the answer"


def _numbers(body: str, number: float) -> Iterator[tuple[str, str, str]]:
    if number != 0:
        yield (
            "sign",
            body.strip().lstrip("+-") if body.strip().startswith("-") else "-" + body.strip(),
            "the sign",
        )
    whole = number == int(number) and "." not in body
    for share in (0.1, 0.5, 2.0):
        step = max(1, -int(-abs(number) * share // 1)) if whole else abs(number) * share or 1.0
        for sign in (1, -1):
            value = number + sign * step
            yield (
                f"off by {share:.0%}",
                str(int(value)) if whole else f"{value:.6g}",
                f"the size of the number (off by {share:.0%} or, for small whole numbers, by one)",
            )
    yield "times ten", str(int(number) * 10) if whole else f"{number * 10:.6g}", "the power of ten"
    digits = body.strip()
    if whole and len(digits.lstrip("-")) > 1:
        yield "digit dropped", digits[:-1], "the last digit"
        yield (
            "first digit dropped",
            digits[1:] if not digits.startswith("-") else "-" + digits[2:],
            "the first digit",
        )
    if whole:
        yield "digit added", digits + "7", "digits after the answer"
        yield "digit before", "7" + digits.lstrip("-"), "digits before the answer"


def _bigger(digits: str) -> str:
    """Change the first digit of a number, or, of a long one, the second."""
    place = 0 if len(digits) < 5 or not digits[1].isdigit() else 1
    return digits[:place] + str((int(digits[place]) + 3) % 9 + 1) + digits[place + 1 :]


def _items(
    run: CheckRun, instance: Instance, body: str, rng: random.Random
) -> Iterator[tuple[str, str, str]]:
    separator = next((s for s in SEPARATORS if s in body), None)
    if separator is None:
        return
    items = body.split(separator)
    if not 2 <= len(items) <= 60:
        return
    listed = (
        isinstance(instance.answer, (list, tuple))
        or separator != " "
        or all(len(item) <= 3 for item in items)
    )
    others = [other for other in run.session.usable if other.seed != instance.seed]
    foreign = [
        item
        for other in rng.sample(others, min(8, len(others)))
        for item in slot(other).body.split(separator)
    ]
    foreign = [
        item for item in foreign if item.strip() and not any(alike(item, own) for own in items)
    ]
    for place in dict.fromkeys((0, len(items) // 2, len(items) - 1)):
        rest = items[:place] + items[place + 1 :]
        if listed and not any(alike(items[place], item) for item in rest):
            yield "item dropped", separator.join(rest), "one of the items"
        if foreign and listed:
            yield (
                "item replaced",
                separator.join([*items[:place], rng.choice(foreign), *items[place + 1 :]]),
                "one of the items",
            )
    if foreign and listed and isinstance(instance.answer, list):
        yield (
            "item added",
            separator.join([*items, rng.choice(foreign)]),
            "items that do not belong to the answer",
        )
        yield (
            "item added first",
            separator.join([rng.choice(foreign), *items]),
            "items that do not belong to the answer",
        )


LEAST = re.compile(
    r"\b(shortest|fewest|as few|(minimum|minimal|smallest|least|lowest)( possible)? (number|count|sum|length|path|route|total)|minimi[sz]e)",
    re.IGNORECASE,
)
BACK = {
    one: two
    for pair in (
        "U D",
        "L R",
        "N S",
        "E W",
        "up down",
        "left right",
        "north south",
        "east west",
        "forward back",
        "F B",
    )
    for one, two in (pair.split(), pair.split()[::-1])
}


def _longer(instance: Instance, body: str) -> Iterator[tuple[str, str, str]]:
    """Make a solution longer that is to be short: walk the last step again, or give two numbers in place of their sum."""
    if not LEAST.search(instance.prompt):
        return
    separator = next((s for s in SEPARATORS if s in body), "")
    items = body.split(separator) if separator else list(body)
    back = (
        {step.casefold(): other for step, other in BACK.items()}.get(
            items[-1].strip(" []'\"").casefold()
        )
        if len(items) > 1
        else None
    )
    if back is not None and all(
        item.strip(" []'\"").casefold() in {step.casefold() for step in BACK} for item in items
    ):
        last = re.sub(r"[^\W\d_]+", back.lower() if items[-1].islower() else back, items[-1])
        yield (
            "a step back and again",
            separator.join([*items[:-1], items[-1].rstrip("]"), last.rstrip("]"), items[-1]]),
            "the length of the solution",
        )
    known = {int(number) for number in NUMBER.findall(instance.prompt) if number.isdigit()}
    for place, item in enumerate(items if separator else ()):
        parts = (
            next(
                (
                    (a, int(item) - a)
                    for a in sorted(known)
                    if 0 < a < int(item) and int(item) - a in known
                ),
                None,
            )
            if item.isdecimal()
            else None
        )
        if parts:
            yield (
                "one number split in two",
                separator.join([*items[:place], *map(str, parts), *items[place + 1 :]]),
                "the length of the solution",
            )
            return


ORDERED = re.compile(
    r"\b(in order|sort(ed)?|rank|sequence|ascending|descending|alphabetical|chronological|from \w+ to|left to right|earliest|(small|larg)est first)",
    re.IGNORECASE,
)
ANY_ORDER = re.compile(
    r"any order|order does(n't| not) matter|regardless of( the)? order|no particular order|in either order",
    re.IGNORECASE,
)


def _order(instance: Instance, body: str) -> Iterator[tuple[str, str, str]]:
    """Turn round what has an order: words of a sentence, parts of a date, a time or a fraction, items where the prompt asks for an order."""
    words = body.split()
    if len(words) >= 5 and not re.search(r"[,;|\n\d{\[]", body):
        yield "words turned round", " ".join(words[::-1]), "the order of words"
    if pair := re.fullmatch(r"(\D*)(\d+)(\s*[/:.\-]\s*)(\d+)(\D.*)?", body, re.DOTALL):
        yield (
            "numbers swapped",
            f"{pair[1]}{pair[4]}{pair[3]}{pair[2]}{pair[5] or ''}",
            "which number comes first",
        )
    separator = next((s for s in SEPARATORS if s in body), None)
    items = body.split(separator) if separator else []
    ordered = ORDERED.search(instance.prompt) and not ANY_ORDER.search(instance.prompt)
    if (
        3 <= len(items) <= 60
        and ordered
        and "=" not in body
        and (separator != " " or isinstance(instance.answer, list))
        and not re.search(r"[\[{(]", body)
    ):
        yield (
            "items turned round",
            separator.join(items[::-1]) if separator else body,
            "the order of the items",
        )
    twice = [place for place, item in enumerate(items) if items.index(item) < place]
    if twice and isinstance(instance.answer, list):
        yield (
            "one of two equal items dropped",
            (separator or "").join(items[: twice[0]] + items[twice[0] + 1 :]),
            "how often an item is there",
        )


@check(
    "mutation",
    class_="oracle mutation",
    kinds=("answer",),
    claim="A changed answer does not earn what the right one earns.",
)
def mutation(run: CheckRun) -> str | None:
    """Play mutants of every right answer; accuse operators whose mutants are paid in full."""
    if run.session.answers_are_programs:
        return "answers are programs, which are mutated as such"
    chosen = [
        instance
        for instance in run.session.some(3 if run.session.costly else 120)
        if instance.oracle
    ]
    made = [(instance, mutant) for instance in chosen for mutant in mutants(run, instance)]
    if run.session.costly:
        made = made[:40]
    traces = run.play(Play(instance.seed, (mutant.text,)) for instance, mutant in made)
    groups: dict[str, list[tuple[Instance, Mutant, float]]] = {}
    for (instance, mutant), trace in zip(made, traces, strict=True):
        groups.setdefault(mutant.operator, []).append(
            (instance, mutant, run.session.value(instance.seed, trace))
        )
    run.note([value for group in groups.values() for *_, value in group])
    run.outcome.probes = len(groups)
    for operator, group in groups.items():
        survivors = [(instance, mutant) for instance, mutant, value in group if value >= FULL]
        tried = len({instance.seed for instance, *_ in group})
        alive = len({instance.seed for instance, _ in survivors})
        if alive >= max(min(2, len(chosen)), 0.2 * tried):
            instance, mutant = survivors[0]
            _accuse(
                run,
                instance,
                mutant,
                f"A wrong answer is paid in full ({operator}, on {alive} of {tried} instances)",
                [value for *_, value in group],
            )
    _merged(run)
    _symbols(run)
    _truncating(run, chosen)
    _beside(run, chosen)
    _others(run, chosen)
    return None


def _accuse(
    run: CheckRun, instance: Instance, mutant: Mutant, claim: str, values: list[float]
) -> None:
    from firsthand.audit.finding import Witness

    play = Play(instance.seed, (mutant.text,))
    run.accuse(
        f"{claim}: {mutant.text[-80:]!r} for {slot(instance).body[-80:]!r}. The reward does not depend on {mutant.ignored}.",
        Witness("pays", (play,), value=FULL * run.session.best(instance.seed)), values=values,
        advice=f"Compare {mutant.ignored} too, within a declared tolerance.",
    )  # fmt: skip


def _truncating(run: CheckRun, chosen: list[Instance]) -> None:
    """Nine tenths above a whole number pass and nine tenths below do not: the parser cuts decimals off."""
    whole = [
        i
        for i in chosen
        if (v := quantity(slot(i).body)) is not None
        and v == int(v)
        and "." not in slot(i).body
        and v >= 0
    ]
    if not whole:
        return

    def shifted(by: float) -> Callable[[Instance], str]:
        return lambda instance: slot(instance).put(f"{(quantity(slot(instance).body) or 0) + by:g}")

    above, below = run.attack(whole, shifted(0.9)), run.attack(whole, shifted(-0.9))
    cut = [
        play
        for (_, play, _, up), (*_, down) in zip(above, below, strict=True)
        if up >= FULL and down < FULL
    ]
    if len(cut) >= max(2, 0.3 * len(whole)):
        instance = run.session.by_seed[cut[0].seed]
        _accuse(
            run,
            instance,
            Mutant("decimals", cut[0].actions[0], "the decimals"),
            "Decimals are cut off before comparing",
            [value for *_, value in above],
        )


SYMBOLS = "#+*'%^~&\u266f\u266d-"


def _symbols(run: CheckRun) -> None:
    """Leave out a symbol that tells parts of answers apart: where C and C# are both said, the sharp is no punctuation."""
    parts = {
        part
        for instance in run.session.usable
        for part in re.split(r"[\s,;|]+", slot(instance).body)
    }
    for symbol in SYMBOLS:
        if sum(symbol in part and part.replace(symbol, "") in parts for part in parts) < 3:
            continue
        able = [instance for instance in run.session.some(40) if symbol in slot(instance).body]
        results = run.attack(
            able, lambda i, symbol=symbol: slot(i).put(slot(i).body.replace(symbol, ""))
        )
        paid = [play for _, play, _, value in results if value >= FULL]
        if len(paid) >= max(3, 0.5 * len(results)):
            instance = run.session.by_seed[paid[0].seed]
            mutant = Mutant(
                "symbol", paid[0].actions[0], f"{symbol!r}, which tells parts of answers apart"
            )
            _accuse(
                run,
                instance,
                mutant,
                f"A symbol is ignored ({len(paid)} of {len(results)} instances)",
                [value for *_, value in results],
            )
            return


def _merged(run: CheckRun) -> None:
    """Give an answer that is another instance's, and differs from the right one in case and punctuation alone: here these make the difference."""
    pools: dict[str, dict[str, Instance]] = {}
    for instance in run.session.usable:
        body = slot(instance).body.strip(" .!'\"\n")
        pools.setdefault(normal(body), {}).setdefault(body, instance)
    pairs = [
        (one, two)
        for pool in pools.values()
        for one in pool.values()
        for two in pool.values()
        if one is not two
    ][:40]
    if not pairs:
        return
    traces = run.play(Play(one.seed, two.oracle) for one, two in pairs)
    values = [
        run.session.value(one.seed, trace) for (one, _), trace in zip(pairs, traces, strict=True)
    ]
    run.note(values)
    paid = [pair for pair, value in zip(pairs, values, strict=True) if value >= FULL]
    if len(paid) >= 0.5 * len(pairs):
        one, two = paid[0]
        mutant = Mutant(
            "merged",
            two.oracle[0],
            "case and punctuation, by which answers of this data set differ",
        )
        _accuse(
            run,
            one,
            mutant,
            f"Different answers count as the same ({len(paid)} of {len(pairs)} pairs)",
            values,
        )


BESIDE = ("1000000", "999999999", "0", "1e9")


def _beside(run: CheckRun, chosen: list[Instance]) -> None:
    """Give a wrong answer, and change another number of the text: an uncertainty or a weight that the agent states must not decide."""
    able = [
        i
        for i in chosen
        if quantity(slot(i).body) is not None and NUMBER.search(slot(i).before + slot(i).after)
    ]
    for part in ("after", "before") if able else ():
        for value in BESIDE:

            def edit(instance: Instance, part: str = part, value: str = value) -> str | None:
                own = slot(instance)
                found = list(NUMBER.finditer(getattr(own, part)))
                if not found:
                    return None
                cell = found[0] if part == "after" else found[-1]
                text = getattr(own, part)
                changed = msgspec.structs.replace(
                    own, **{part: text[: cell.start()] + value + text[cell.end() :]}
                )
                return changed.put(f"{(quantity(own.body) or 0) * 3 + 7:g}")

            results = run.attack(able, edit)
            paid = [play for _, play, _, value in results if value >= FULL]
            if len(paid) >= max(2, 0.3 * len(results)):
                _accuse(
                    run,
                    run.session.by_seed[paid[0].seed],
                    Mutant(
                        "beside",
                        paid[0].actions[0],
                        f"the answer when another number of the text is {value}",
                    ),
                    "A wrong answer is paid in full when another number of the text is changed",
                    [value for *_, value in results],
                )
                return


def _others(run: CheckRun, chosen: list[Instance]) -> None:
    """Give the answers of other instances."""
    pool = run.session.usable
    rng = random.Random(1)
    made: list[tuple[Instance, Instance]] = []
    for instance in chosen:
        others = rng.sample(pool, min(4 if run.session.costly else 12, len(pool)))
        made += [
            (instance, other)
            for other in others
            if not same_answer(slot(other).body, instance) and not _overlap(other, instance)
        ]
    made = made[: 12 if run.session.costly else 1500]
    traces = run.play(Play(instance.seed, other.oracle) for instance, other in made)
    paid = [
        (i, o)
        for (i, o), trace in zip(made, traces, strict=True)
        if run.session.value(i.seed, trace) >= FULL
    ]
    back = run.play(Play(o.seed, i.oracle) for i, o in paid)
    one_way = [
        (i, o)
        for (i, o), trace in zip(paid, back, strict=True)
        if run.session.value(o.seed, trace) < FULL
    ]
    run.note([run.session.value(i.seed, trace) for (i, _), trace in zip(made, traces, strict=True)])
    many = run.session.many_right_answers
    for pairs, enough in (
        (
            one_way,
            max(3, (0.5 if many else 0.08) * len(made)),
        ),  # where many answers are right, another's may be right too
        (paid, max(3, (0.5 if many else 0.1) * len(made))),
    ):
        if len(pairs) >= enough:
            instance, other = pairs[0]
            _accuse(
                run, instance, Mutant("another's answer", other.oracle[0], "the whole answer"),
                f"Answers of other instances are paid in full ({len(pairs)} of {len(made)} pairs)",
                [run.session.value(i.seed, t) for (i, _), t in zip(made, traces, strict=True)],
            )  # fmt: skip
            return


def _overlap(one: Instance, two: Instance) -> bool:
    """Say whether two reference answers list a common form: then both may be right."""
    mine, theirs = ({normal(form) for form in written(i.answer)} for i in (one, two))
    if isinstance(one.answer, list) and isinstance(two.answer, list):
        mine |= {normal(str(item)) for item in cast("list[Any]", one.answer)}
        theirs |= {normal(str(item)) for item in cast("list[Any]", two.answer)}
    return bool(mine & theirs)
