"""Edit the arguments of the oracle's steps until they are wrong.

Claims that every argument is compared as a whole: other instances' values, nothing, wildcards, all
values at once, numbers that no prompt mentions, another unit, and calls without the argument are
not paid in full. A step that may be left out is not judged here. What is found on an argument of a
tool call that holds prose for people is minor.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.edits import played, share_without
from firsthand.audit.finding import Witness
from firsthand.audit.formats import calls
from firsthand.audit.formats.actions import ODD, arguments, joined, kind, named, omit, pools, put
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import (
    ANY_VALUE_PAID,
    ARGUMENT_PAID,
    FREE_TEXT_WORDS,
    FULL,
    LEAST_PLANS,
    MANY_VALUES,
    MOSTLY,
    NEEDED_STEP,
    PAID_PLANS,
    SPARE_STEP,
    UNIT_PAID,
)
from firsthand.task import digest

Part = Callable[[CheckRun, list[Instance]], tuple[int, int]]
"""One family of edits: it returns how many plays it made and how many of them were paid in full."""


@check(
    "plan_arguments",
    class_="oracle mutation",
    kinds=("episode",),
    claim="A plan with a needed argument altered, emptied or left out is not paid in full.",
)
def plan_arguments(run: CheckRun) -> str | None:
    """Alter, empty and leave out the arguments of right plans."""
    chosen = run.session.some(40)
    if len({i.oracle for i in chosen}) < 2:
        return "all plans are equal, so that no argument depends on the instance"
    parts: tuple[Part, ...] = (_any_value, _arguments, _unmentioned, _call_edits, _text_edits)
    made = [part(run, chosen) for part in parts]
    run.outcome.probes = sum(tried for tried, _ in made)
    return None


def _any_value(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Put other values into the arguments of a kind of step, on all of its steps."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for instance in run.session.instances[:200]:
        for action in instance.oracle:
            kinds[kind(action)].add(action)
    tried = survived = 0
    for name, actions in kinds.items():
        if len(actions) < MANY_VALUES:
            continue
        pool = sorted(actions)

        def edit(
            instance: Instance, name: str = name, pool: list[str] = pool, salt: int = 0
        ) -> tuple[str, ...] | None:
            rng = random.Random(digest(f"value {instance.seed} {salt}"))
            own = set(instance.oracle)
            others = [
                action for action in pool if action not in own and action not in instance.moves
            ]
            if not others or not any(kind(action) == name for action in instance.oracle):
                return None
            return tuple(
                rng.choice(others) if kind(action) == name else action for action in instance.oracle
            )

        results = [
            result
            for salt in range(3)
            for result in played(run, chosen, lambda i, edit=edit, salt=salt: edit(i, salt=salt))
        ]
        dropped = played(
            run,
            chosen,
            lambda i, name=name: tuple(action for action in i.oracle if kind(action) != name),
        )
        idle = [value for *_, value in dropped if value >= FULL]
        full = [play for _, play, value in results if value >= FULL]
        tried, survived = tried + len(results), survived + len(full)
        values = [value for *_, value in results]
        if (
            len(results) >= LEAST_PLANS
            and len(full) >= ANY_VALUE_PAID * len(results)
            and len(idle) < SPARE_STEP * max(1, len(dropped))
            and not run.session.luck.lucky(values)
        ):
            run.accuse(
                f"Any value will do in `{named(name)}`: other instances' values are paid in full "
                f"in {len(full)} of {len(results)} plays.",
                Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
                values=values,
                advice="Compare the argument with what the instance asks for.",
            )
    return tried, survived


def _varied(run: CheckRun, chosen: list[Instance]) -> dict[tuple[str, int], list[str]]:
    """Return the arguments that differ between instances, of steps that cannot be left out."""
    found = {
        key: values
        for key, values in pools(i.oracle for i in run.session.instances[:200]).items()
        if len(values) >= MANY_VALUES
    }
    idle = {
        name
        for name in {name for name, _ in found}
        if share_without(run, chosen[:12], name) >= SPARE_STEP
    }
    return {key: values for key, values in found.items() if key[0] not in idle}


def _arguments(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Alter single arguments, and put odd values in their place."""
    varied = _varied(run, chosen)
    one, two = _each_argument(run, chosen, varied), _odd_values(run, chosen, varied)
    return one[0] + two[0], one[1] + two[1]


Varied = dict[tuple[str, int], list[str]]


def _each_argument(run: CheckRun, chosen: list[Instance], varied: Varied) -> tuple[int, int]:
    """Put other instances' values into one argument of a kind of step that has several."""
    tried = survived = 0
    for (name, place), pool in varied.items():

        def edit(
            instance: Instance,
            salt: int,
            name: str = name,
            place: int = place,
            pool: list[str] = pool,
        ) -> tuple[str, ...] | None:
            rng = random.Random(digest(f"argument {instance.seed} {salt}"))
            steps = [action for action in instance.oracle if kind(action) == name]
            own = [arguments(action) for action in steps]
            if not own or any(
                not 2 <= len(said) <= 3 and not action.startswith("{")
                for said, action in zip(own, steps, strict=True)
            ):
                return None  # one argument is the whole of it, and many are a text
            others = [value for value in pool if all(value not in said for said in own)]
            return (
                tuple(
                    put(action, rng.choice(others), place) if kind(action) == name else action
                    for action in instance.oracle
                )
                if others
                else None
            )

        results = [
            result
            for salt in range(2)
            for result in played(run, chosen, lambda i, edit=edit, salt=salt: edit(i, salt))
        ]
        full = [play for _, play, value in results if value >= FULL]
        tried, survived = tried + len(results), survived + len(full)
        values = [value for *_, value in results]
        if (
            len(results) >= LEAST_PLANS
            and len(full) >= ARGUMENT_PAID * len(results)
            and not run.session.luck.lucky(values)
        ):
            run.accuse(
                f"Argument {place + 1} of `{named(name)}` does not matter: other instances' "
                f"values are paid in full in {len(full)} of {len(results)} plays.",
                Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
                severity="major",
                values=values,
                advice="Compare every argument with what the instance asks for.",
            )
    return tried, survived


def _odd_values(run: CheckRun, chosen: list[Instance], varied: Varied) -> tuple[int, int]:
    """Put nothing, wildcards and all values at once where an argument stands."""
    tried = survived = 0
    few, more = chosen[:4], chosen[4:16]
    for (name, place), pool in varied.items():
        alone = not any(other == name and at != place for other, at in varied)
        for value in (*(odd for odd in ODD if not odd.lstrip("-").isdigit()), *joined(pool)):

            def edit(
                instance: Instance,
                name: str = name,
                place: int | None = None if alone else place,
                value: str = value,
            ) -> tuple[str, ...]:
                return tuple(
                    put(action, value, place) if kind(action) == name else action
                    for action in instance.oracle
                )

            results = played(run, few, edit)
            if any(paid >= FULL for *_, paid in results):
                results += played(run, more, edit)
            full = [play for _, play, paid in results if paid >= FULL]
            tried, survived = tried + len(results), survived + len(full)
            values = [paid for *_, paid in results]
            if (
                len(results) >= LEAST_PLANS
                and len(full) >= ANY_VALUE_PAID * len(results)
                and not run.session.luck.lucky(values)
            ):
                what = "all values at once" if len(value) > 12 else f"{value!r}"
                run.accuse(
                    f"In `{named(name)}`, {what} instead of the right argument is paid in full in "
                    f"{len(full)} of {len(results)} plays.",
                    Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
                    values=values,
                    advice="Parse an argument strictly, and compare it as a whole.",
                )
                return tried, survived
    return tried, survived


def _unmentioned(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Replace a number that all oracles say and most prompts mention by one that none mentions."""
    tried = survived = 0
    mentioned = [set(re.findall(r"-?\d+", instance.prompt)) for instance in chosen]
    for (name, place), pool in pools(i.oracle for i in run.session.instances[:200]).items():
        if (
            len(pool) != 1
            or not re.fullmatch(r"\d{1,6}", pool[0])
            or sum(pool[0] in words for words in mentioned) < MOSTLY * len(chosen)
        ):
            continue
        for value in ("3", "4", "5", "7", "0", "-1"):
            if value == pool[0] or any(value in words for words in mentioned):
                continue

            def edit(
                i: Instance, name: str = name, place: int = place, value: str = value
            ) -> tuple[str, ...]:
                return tuple(
                    put(action, value, place) if kind(action) == name else action
                    for action in i.oracle
                )

            results = played(run, chosen, edit)
            full, values = (
                [play for _, play, paid in results if paid >= FULL],
                [paid for *_, paid in results],
            )
            tried, survived = tried + len(results), survived + len(full)
            if (
                len(results) >= PAID_PLANS
                and len(full) >= ARGUMENT_PAID * len(results)
                and not run.session.luck.lucky(values)
                and share_without(run, chosen, name) < NEEDED_STEP
            ):
                run.accuse(
                    f"Argument {place + 1} of `{named(name)}` may be {value}, which no prompt "
                    f"mentions, instead of {pool[0]}: paid in full in "
                    f"{len(full)} of {len(results)} plays.",
                    Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
                    severity="major",
                    values=values,
                    advice="Check that the agent may use what an argument names.",
                )
                return tried, survived
    return tried, survived


# --- emptied, left out, in another unit ----------------------------------------------------------


def _call_edits(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Edit the arguments of tool calls by name, as typed JSON values."""
    tried = survived = 0
    for tool, key in sorted(_varied_keys(run)):
        if share_without(run, chosen[:12], calls.kind_of(tool)) >= SPARE_STEP:
            continue
        values = [
            value
            for i in run.session.instances[:200]
            for value in calls.values(i.oracle, tool, key)
        ]
        usual = Counter(map(repr, values)).most_common(1)[0][0]
        for edit in calls.edits(values):
            edited = partial(_edited_call, tool, key, usual, edit)
            one, two = _judge(
                run, chosen, edited, f"`{key}` of `{tool}`", edit.name, prose=_prose(values)
            )
            tried, survived = tried + one, survived + two
    return tried, survived


def _edited_call(
    tool: str, key: str, usual: str, edit: calls.Edit, instance: Instance
) -> tuple[str, ...] | None:
    """Edit an argument, unless it has its usual value: that may be a default, and left out."""
    if any(repr(value) == usual for value in calls.values(instance.oracle, tool, key)):
        return None
    return calls.edited(instance.oracle, tool, key, edit)


def _edited_plan(
    name: str, place: int, usual: str, edit: calls.Edit, instance: Instance
) -> tuple[str, ...] | None:
    """Edit an argument of actions that are texts, unless it has its usual value."""
    plan = instance.oracle
    steps = {a for a in plan if kind(a) == name and len(arguments(a)) > place}
    if not steps or any(arguments(action)[place] == usual for action in steps):
        return None
    return tuple(_edited_text(a, place, edit) if a in steps else a for a in plan)


def _varied_keys(run: CheckRun) -> set[tuple[str, str]]:
    """Return the arguments of tools that have several values over all instances."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for instance in run.session.instances[:200]:
        for call in calls.calls_in(instance.oracle):
            for key, value in call.arguments.items():
                seen[call.name, key].add(repr(value))
    return {place for place, values in seen.items() if len(values) >= MANY_VALUES}


def _text_edits(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Leave out arguments of actions that are texts, and give their numbers in another unit."""
    tried = survived = 0
    for (name, place), pool in _varied(run, chosen).items():
        if name.startswith("{"):
            continue
        usual = pool[0]
        for edit in (OMITTED, *calls.edits([_number(value) for value in pool if _numeric(value)])):
            if edit is not OMITTED and edit.name in ("left out", "emptied", "null"):
                continue  # these need values with types

            edited = partial(_edited_plan, name, place, usual, edit)
            what = f"argument {place + 1} of `{named(name)}`"
            one, two = _judge(run, chosen, edited, what, edit.name, prose=False)
            tried, survived = tried + one, survived + two
    return tried, survived


OMITTED = calls.Edit("left out", calls.leave_out)


def _edited_text(action: str, place: int, edit: calls.Edit) -> str:
    if edit is OMITTED:
        return omit(action, place)
    said = arguments(action)[place]
    if not _numeric(said):
        return action
    value = edit.change(_number(said))
    return action if value is None else put(action, calls.plain(value), place)


def _numeric(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,12}(\.\d+)?", text) is not None


def _number(text: str) -> float | int:
    return float(text) if "." in text else int(text)


def _prose(values: Sequence[object]) -> bool:
    """Say whether an argument holds prose for people."""
    texts = [value for value in values if isinstance(value, str)]
    words = sum(len(text.split()) for text in texts)
    return bool(texts) and words >= FREE_TEXT_WORDS * len(texts)


def _judge(
    run: CheckRun,
    chosen: list[Instance],
    edit: Callable[[Instance], tuple[str, ...] | None],
    what: str,
    how: str,
    *,
    prose: bool,
) -> tuple[int, int]:
    """Play an edit, first on a few plans, and accuse when it is paid in full on most."""
    results = played(run, chosen[:4], edit)
    if any(value >= FULL for *_, value in results):
        results += played(run, chosen[4:], edit)
    full = [play for _, play, value in results if value >= FULL]
    values = [value for *_, value in results]
    least = ARGUMENT_PAID if how in ("left out", "emptied", "null") else UNIT_PAID
    paid = len(results) >= LEAST_PLANS and len(full) >= least * len(results)
    if paid and not run.session.luck.lucky(values):
        run.accuse(
            f"With {what} {how}, the plan is paid in full in {len(full)} of {len(results)} plays.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
            severity="minor" if prose else "major",
            values=values,
            advice="Require every argument, and compare it, in its unit, with what is asked for.",
        )
    return len(results), len(full)
