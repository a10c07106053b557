"""Edit the oracle's plan until it is wrong: a reward that does not drop names the step it does not depend on.

A step that only tells something, or changes nothing, is idle and may be left out. Suspicious is a plan of
which the end alone is paid, an argument of which any value will do, and work that the task names and the score ignores.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.finding import Severity, Witness
from firsthand.audit.formats.actions import ODD, arguments, joined, kind, pools, put
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import FULL
from firsthand.task import digest

Edited = list[tuple[Instance, Play, float]]


@check(
    "plan_steps",
    class_="oracle mutation",
    kinds=("episode",),
    claim="A plan with a needed step dropped or altered is not paid in full.",
)
def plan_steps(run: CheckRun) -> str | None:
    """Drop, alter, swap and cut steps of right plans."""
    chosen = run.session.some(40)
    if not any(len(i.oracle) > 1 for i in chosen) and len({i.oracle for i in chosen}) < 2:
        return "plans have one step, and all are equal"
    killed = alive = 0
    for part in (
        _end_alone,
        _any_value,
        _arguments,
        _unmentioned,
        _ignored_work,
        _spare_kinds,
        _part_of_work,
        _others,
        _reordered,
    ):
        tried, survived = part(run, chosen)
        killed, alive = killed + tried - survived, alive + survived
    run.outcome.probes = killed + alive
    return None


def _play(
    run: CheckRun, chosen: list[Instance], edit: Callable[[Instance], tuple[str, ...] | None]
) -> Edited:
    """Play an edit where it changes the plan."""
    results = run.attack(
        chosen, lambda i: plan if (plan := edit(i)) is not None and plan != i.oracle else None
    )
    return [(instance, play, value) for instance, play, _, value in results]


def _end_alone(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """The last steps without the work before them."""
    longer = [i for i in chosen if len(i.oracle) >= 3] or [i for i in chosen if len(i.oracle) == 2]
    if len(longer) < 4:
        return 0, 0
    results = _play(run, longer, lambda i: i.oracle[-1:])
    values = [value for *_, value in results]
    full = [play for _, play, value in results if value >= FULL]
    needed = _info(run, longer)
    if len(full) >= max(4, 0.8 * len(results)) and not needed and not _arguments_vary(longer, -1):
        run.accuse(
            f"The last step alone earns {sum(values) / len(values):.2f} of what the whole plan earns: the work before it is not checked.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)), values=values,
            severity="critical" if not _arguments_vary(longer, -1) else "minor",
            advice="Judge the state that the work leaves, not the act of handing in.",
        )  # fmt: skip
    return len(results), len(full)


def _arguments_vary(instances: list[Instance], place: int) -> bool:
    ends = [i.oracle[place] for i in instances]
    return len(set(ends)) > 0.3 * len(ends)


def _info(run: CheckRun, instances: list[Instance]) -> bool:
    """Say whether what is seen on the way carries what later steps say, so that the way is there to find it out."""
    told = 0
    for instance in instances:
        seen = " ".join(run.session.solved[instance.seed].observations[1:-1])
        last = set(re.findall(r"\w{2,}|\d+", instance.oracle[-1])) - set(
            re.findall(r"\w{2,}|\d+", instance.prompt)
        )
        told += any(re.search(rf"\b{re.escape(word)}\b", seen) for word in last)
    return told >= 0.5 * len(instances)


def _any_value(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Put other values into the arguments of a kind of step, on all of its steps."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for instance in run.session.instances[:200]:
        for action in instance.oracle:
            kinds[kind(action)].add(action)
    tried = survived = 0
    for name, actions in kinds.items():
        if len(actions) < 3:
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
            for result in _play(run, chosen, lambda i, edit=edit, salt=salt: edit(i, salt=salt))
        ]
        dropped = _play(
            run,
            chosen,
            lambda i, name=name: tuple(action for action in i.oracle if kind(action) != name),
        )
        idle = [value for *_, value in dropped if value >= FULL]
        full = [play for _, play, value in results if value >= FULL]
        tried, survived = tried + len(results), survived + len(full)
        values = [value for *_, value in results]
        if (
            len(results) >= 6
            and len(full) >= 0.6 * len(results)
            and len(idle) < 0.5 * max(1, len(dropped))
            and not run.session.luck.lucky(values)
        ):
            run.accuse(
                f"Any value will do in `{name}`: other instances' values are paid in full in {len(full)} of {len(results)} plays.",
                Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)), values=values,
                advice="Compare the argument with what the instance asks for.",
            )  # fmt: skip
    return tried, survived


def _without(run: CheckRun, chosen: list[Instance], name: str) -> float:
    """Return the share of plans that are paid in full without any step of a kind."""
    results = _play(
        run, chosen, lambda i: tuple(action for action in i.oracle if kind(action) != name)
    )
    return sum(value >= FULL for *_, value in results) / len(results) if results else 0.0


def _varied(run: CheckRun, chosen: list[Instance]) -> dict[tuple[str, int], list[str]]:
    """Return the places of arguments whose values differ between instances, where leaving the step out costs something."""
    found = {
        key: values
        for key, values in pools(i.oracle for i in run.session.instances[:200]).items()
        if len(values) >= 3
    }
    idle = {name for name in {name for name, _ in found} if _without(run, chosen[:12], name) >= 0.5}
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
            for result in _play(run, chosen, lambda i, edit=edit, salt=salt: edit(i, salt))
        ]
        full = [play for _, play, value in results if value >= FULL]
        tried, survived = tried + len(results), survived + len(full)
        values = [value for *_, value in results]
        if (
            len(results) >= 6
            and len(full) >= 0.9 * len(results)
            and not run.session.luck.lucky(values)
        ):
            run.accuse(
                f"Argument {place + 1} of `{name}` does not matter: other instances' values are paid in full in {len(full)} of {len(results)} plays.",
                Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
                severity="major", values=values, advice="Compare every argument with what the instance asks for.",
            )  # fmt: skip
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

            results = _play(run, few, edit)
            if any(paid >= FULL for *_, paid in results):
                results += _play(run, more, edit)
            full = [play for _, play, paid in results if paid >= FULL]
            tried, survived = tried + len(results), survived + len(full)
            values = [paid for *_, paid in results]
            if (
                len(results) >= 6
                and len(full) >= 0.6 * len(results)
                and not run.session.luck.lucky(values)
            ):
                what = "all values at once" if len(value) > 12 else f"{value!r}"
                run.accuse(
                    f"In `{name}`, {what} instead of the right argument is paid in full in {len(full)} of {len(results)} plays.",
                    Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)), values=values,
                    advice="Parse an argument strictly, and compare it as a whole.",
                )  # fmt: skip
                return tried, survived
    return tried, survived


def _unmentioned(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Put numbers that no prompt mentions where every oracle says the same one, which the prompts do mention."""
    tried = survived = 0
    mentioned = [set(re.findall(r"-?\d+", instance.prompt)) for instance in chosen]
    for (name, place), pool in pools(i.oracle for i in run.session.instances[:200]).items():
        if (
            len(pool) != 1
            or not re.fullmatch(r"\d{1,6}", pool[0])
            or sum(pool[0] in words for words in mentioned) < 0.9 * len(chosen)
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

            results = _play(run, chosen, edit)
            full, values = (
                [play for _, play, paid in results if paid >= FULL],
                [paid for *_, paid in results],
            )
            tried, survived = tried + len(results), survived + len(full)
            if (
                len(results) >= 8
                and len(full) >= 0.9 * len(results)
                and not run.session.luck.lucky(values)
                and _without(run, chosen, name) < 0.1
            ):
                run.accuse(
                    f"Argument {place + 1} of `{name}` may be {value}, which no prompt mentions, instead of {pool[0]}: paid in full in "
                    f"{len(full)} of {len(results)} plays.",
                    Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)), severity="major", values=values,
                    advice="Check that the agent may use what an argument names.",
                )  # fmt: skip
                return tried, survived
    return tried, survived


def _part_of_work(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Of several different steps of one kind, leave out all but one, and each by its place."""
    tried = survived = 0
    for name in sorted({kind(action) for instance in chosen for action in instance.oracle}):
        own = {i.seed: [action for action in i.oracle if kind(action) == name] for i in chosen}
        able = [i for i in chosen if 2 <= len(own[i.seed]) == len(set(own[i.seed]))]
        if len(able) < max(6, 0.8 * len(chosen)) or _without(run, able[:12], name) >= 0.5:
            continue
        alone = [
            _play(run, able, _keeping(name, {i.seed: {own[i.seed][at]} for i in able}))
            for at in (0, -1)
        ]
        shares = [
            sum(value >= FULL for *_, value in results) / max(1, len(results)) for results in alone
        ]
        tried, survived = tried + 2 * len(able), survived + round(sum(shares) * len(able))
        idle = _informs(run, able, name)
        if min(shares) >= 0.8 and _part(
            run,
            f"One step of `{name}` is paid like all of them.",
            alone[0],
            "minor" if idle else "critical",
            "Divide by what was asked for, not by what was handed in.",
        ):
            continue
        if shares[1] >= 0.8:
            continue  # tries, of which the last is right
        dropped = [
            _play(
                run,
                able,
                _keeping(name, {i.seed: set(own[i.seed]) - {own[i.seed][at]} for i in able}),
            )
            for at in (0, 1, -1)
        ]
        free = [
            results
            for results in dropped
            if sum(value >= FULL for *_, value in results) >= 0.95 * len(results)
        ]
        if free and len(free) < len(dropped) and not idle:
            _part(
                run,
                f"One step of `{name}`, the one at the same place, may be left out at no cost.",
                free[0],
                "major",
                "Check the state that every step changes.",
            )
    return tried, survived


def _keeping(name: str, kept: dict[int, set[str]]) -> Callable[[Instance], tuple[str, ...]]:
    """Return the edit that leaves out the steps of a kind that are not to be kept."""
    return lambda i: tuple(
        action for action in i.oracle if kind(action) != name or action in kept[i.seed]
    )


def _part(run: CheckRun, claim: str, results: Edited, severity: Severity, advice: str) -> bool:
    values, full = (
        [value for *_, value in results],
        [play for _, play, value in results if value >= FULL],
    )
    if run.session.luck.lucky(values):
        return False
    witness = Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed))
    return run.accuse(
        claim, witness, severity=severity, values=values, class_="ignored work", advice=advice
    )


def _informs(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind are answered with something that differs between instances: the same step in other words, or new words."""
    said: list[frozenset[str]] = []
    replies: dict[str, list[str]] = defaultdict(list)
    own = _own_words(chosen)
    for instance in chosen:
        trace, new = run.session.solved[instance.seed], set[str]()
        for place, action in enumerate(instance.oracle[: len(trace.observations) - 1]):
            if kind(action) == name:
                before = " ".join((*trace.observations[: place + 1], *instance.oracle[: place + 1]))
                new |= set(re.findall(r"\w+", trace.observations[place + 1])) - set(
                    re.findall(r"\w+", before)
                )
                replies[action].append(_masked(trace.observations[place + 1], own[instance.seed]))
        said.append(frozenset(new))
    if (known := _foreseen(run, chosen, name)) is not None:
        return not known
    again = [texts for texts in replies.values() if len(texts) >= 4]
    if again and sum(
        max(Counter(texts).values()) < 0.85 * len(texts) for texts in again
    ) >= 0.3 * len(again):
        return True
    return max(Counter(said).values(), default=0) < 0.85 * len(said)


def _own_words(chosen: list[Instance]) -> dict[int, set[str]]:
    """Return the words of each prompt that not all prompts have: an echo of them informs of nothing."""
    words = {i.seed: set(re.findall(r"\w+", i.prompt)) for i in chosen}
    shared = set[str].intersection(*words.values())
    return {seed: said - shared for seed, said in words.items()}


def _masked(reply: str, own: set[str]) -> str:
    return " ".join("_" if word in own else word for word in re.findall(r"\w+", reply))


def _foreseen(run: CheckRun, chosen: list[Instance], name: str) -> bool | None:
    """Say whether what was seen last and the step fix the reply, so that it informs of nothing; None where too few cases repeat."""
    replies: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    own = _own_words(chosen)
    for instance in chosen:
        trace = run.session.solved[instance.seed]
        for place, action in enumerate(instance.oracle[: len(trace.observations) - 1]):
            if kind(action) == name and place:
                reply = trace.observations[place + 1]
                replies[trace.observations[place], action].append(
                    (reply, _masked(reply, own[instance.seed]))
                )
    again = [texts for texts in replies.values() if len(texts) >= 2]
    if sum(map(len, again)) < 20:
        return None
    return all(
        len({reply for reply, _ in texts}) == 1 or len({masked for _, masked in texts}) == 1
        for texts in again
    )


def _changes(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind change what is seen: what changes nothing is idle, and no work."""
    moved: list[bool] = []
    for instance in chosen:
        trace = run.session.solved[instance.seed]
        for place, action in enumerate(instance.oracle[: len(trace.observations) - 1]):
            if kind(action) == name and place:
                moved.append(trace.observations[place] != trace.observations[place + 1])
    return bool(moved) and sum(moved) >= 0.8 * len(moved)


def _spare_kinds(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Leave out every kind of step that can be left out at once: when they are much of the work, the work is not checked."""
    kinds = sorted({kind(action) for instance in chosen for action in instance.oracle})
    spare = [
        name
        for name in kinds
        if _without(run, chosen, name) >= 0.95 and _foreseen(run, chosen, name)
    ]
    spare = [name for name in spare if _changes(run, chosen, name)]
    steps = [kind(action) in spare for instance in chosen for action in instance.oracle]
    if len(spare) == len(kinds) or not spare or sum(steps) < 0.4 * len(steps):
        return 0, 0
    results = _play(
        run, chosen, lambda i: tuple(action for action in i.oracle if kind(action) not in spare)
    )
    values, full = (
        [value for *_, value in results],
        [play for _, play, value in results if value >= FULL],
    )
    if len(results) >= 8 and len(full) >= 0.95 * len(results):
        run.accuse(
            f"{sum(steps) / len(steps):.0%} of the oracle's steps may be left out at no cost: all of {', '.join(f'`{name}`' for name in spare)}.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)), values=values, severity="major", class_="ignored work",
            advice="Check that the work was done where and as it has to be, or leave it out of the task.",
        )  # fmt: skip
    return len(results), len(full)


def _ignored_work(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Leave out all steps of one kind that every plan has."""
    plans = [{kind(action) for action in instance.oracle} for instance in chosen]
    tried = survived = 0
    common = plans[0].intersection(*plans) if plans else set[str]()
    for name in sorted(common):
        if all(len({kind(action) for action in i.oracle}) == 1 for i in chosen):
            continue
        results = _play(
            run,
            chosen,
            lambda i, name=name: tuple(action for action in i.oracle if kind(action) != name),
        )
        full = [play for _, play, value in results if value >= FULL]
        tried, survived = tried + len(results), survived + len(full)
        if len(results) < 6 or len(full) < 0.95 * len(results):
            continue
        asked = [
            i
            for i in chosen
            if name and re.search(rf"\b{re.escape(name.lower())}", i.prompt.lower())
        ]
        tells, late = _tells(run, chosen, name), _paid_before(run, chosen, name)
        values = [value for *_, value in results]
        run.accuse(
            f"Leaving out `{name}`, which every plan of the oracle has, costs nothing.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)), values=values,
            severity="minor" if tells or late or _informs(run, chosen, name) or len(asked) < 0.8 * len(chosen) else "major",
            class_="ignored work", advice="Check the state that this step changes, or leave it out of the task.",
        )  # fmt: skip
    return tried, survived


def _paid_before(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind only end plans that have earned everything by then, step by step."""
    ends = all(kind(i.oracle[-1]) == name and name not in map(kind, i.oracle[:-1]) for i in chosen)
    return ends and all(
        len(trace.rewards) > 1 and trace.rewards[-1] == 0.0
        for i in chosen
        for trace in [run.session.solved[i.seed]]
    )


def _tells(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind are answered with words that later steps use and nothing before told."""
    told = 0
    for instance in chosen:
        trace, known = run.session.solved[instance.seed], set(re.findall(r"\w+", instance.prompt))
        for place, action in enumerate(instance.oracle[: len(trace.observations) - 1]):
            new = (
                set(re.findall(r"\w+", trace.observations[place + 1]))
                - known
                - set(re.findall(r"\w+", action))
            )
            later = set(re.findall(r"\w+", " ".join(instance.oracle[place + 1 :])))
            if kind(action) == name and (new & later):
                told += 1
                break
            known |= set(re.findall(r"\w+", trace.observations[place + 1]))
    return told >= 0.3 * len(chosen)


def _others(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Play the plans of other instances."""
    pool = [i.oracle for i in run.session.usable]
    if len(set(pool)) < 2:
        return 0, 0
    results = [
        result
        for step in (1, 2, 3, 5)
        for result in _play(
            run,
            chosen,
            lambda i, step=step: pool[
                (
                    next(p for p, other in enumerate(run.session.usable) if other.seed == i.seed)
                    + step
                )
                % len(pool)
            ],
        )
    ]
    full = [play for _, play, value in results if value >= FULL]
    values = [value for *_, value in results]
    if len(full) >= 2 and not run.session.luck.lucky(values):
        run.accuse(
            f"Plans of other instances are paid in full in {len(full)} of {len(results)} plays.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)), values=values, advice="Let the score depend on the instance.",
        )  # fmt: skip
    return len(results), len(full)


def _reordered(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Cut the plan before its end, and turn it round."""
    cut = _play(run, chosen, lambda i: i.oracle[:-1] if len(i.oracle) > 1 else None)
    more = [(play, value) for _, play, value in cut if value > 1.02]
    if len(more) >= max(2, 0.3 * len(cut)):
        play, value = more[0]
        run.accuse(
            f"A plan without its last step earns more than the whole: {value:.2f} times as much.",
            Witness("pays", (play,), value=value * run.session.best(play.seed)),
            values=[value for *_, value in cut], advice="Finishing must never cost more than it pays.",
        )  # fmt: skip
    full = [play for _, play, value in cut if value >= FULL]
    if run.session.facts.proven and len(cut) >= 6 and len(full) >= 0.95 * len(cut) and not more:
        run.accuse(
            "The last step of the expert's plan is not needed: the plan without it is paid in full.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
            severity="major", values=[value for *_, value in cut], class_="ignored work",
            advice="Check the state that the last step changes, or end the task before it.",
        )  # fmt: skip
    turned = _play(run, chosen, lambda i: i.oracle[::-1])
    return len(cut) + len(turned), len(more) + sum(value >= FULL for *_, value in turned)
