"""Drop, cut, reorder and swap the steps of right plans.

Claims that a plan without a needed step is not paid in full. Suspicious are a plan of which the end
alone is paid, and work that the task names and the score ignores. A step that only informs the
agent, or changes nothing, may be left out at no cost in a sound environment: it is no work.
"""

import re
from collections.abc import Callable

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.edits import Edited, played, share_without
from firsthand.audit.checks.episodes.reads import (
    changes,
    foreseen,
    informs,
    optional_read,
    paid_before,
    tells,
    way_informs,
)
from firsthand.audit.finding import Severity, Witness
from firsthand.audit.formats.actions import kind, named
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import (
    END_PLANS,
    ENDS_VARY,
    FULL,
    IGNORED,
    LEAST_PLANS,
    MORE_OFTEN,
    MORE_PAID,
    NAMED,
    PAID_ALONE,
    PAID_PLANS,
    SPARE_STEP,
    SPARE_WORK,
)


@check(
    "plan_steps",
    class_="oracle mutation",
    kinds=("episode",),
    claim="A plan without a needed step is not paid in full.",
)
def plan_steps(run: CheckRun) -> str | None:
    """Drop, cut, reorder and swap steps of right plans."""
    chosen = run.session.some(40)
    if not any(len(i.oracle) > 1 for i in chosen) and len({i.oracle for i in chosen}) < 2:
        return "plans have one step, and all are equal"
    killed = alive = 0
    for part in (
        _end_alone,
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


def _end_alone(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """The last steps without the work before them."""
    longer = [i for i in chosen if len(i.oracle) >= 3] or [i for i in chosen if len(i.oracle) == 2]
    if len(longer) < 4:
        return 0, 0
    results = played(run, longer, lambda i: i.oracle[-1:])
    values = [value for *_, value in results]
    full = [play for _, play, value in results if value >= FULL]
    needed = way_informs(run, longer)
    if (
        len(full) >= max(END_PLANS, PAID_ALONE * len(results))
        and not needed
        and not _arguments_vary(longer, -1)
    ):
        run.accuse(
            f"The last step alone earns {sum(values) / len(values):.2f} of what the whole plan "
            "earns: the work before it is not checked.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
            values=values,
            severity="critical" if not _arguments_vary(longer, -1) else "minor",
            advice="Judge the state that the work leaves, not the act of handing in.",
        )
    return len(results), len(full)


def _arguments_vary(instances: list[Instance], place: int) -> bool:
    ends = [i.oracle[place] for i in instances]
    return len(set(ends)) > ENDS_VARY * len(ends)


def _part_of_work(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Of several different steps of one kind, leave out all but one, and each by its place."""
    tried = survived = 0
    for name in sorted({kind(action) for instance in chosen for action in instance.oracle}):
        own = {i.seed: [action for action in i.oracle if kind(action) == name] for i in chosen}
        able = [i for i in chosen if 2 <= len(own[i.seed]) == len(set(own[i.seed]))]
        if (
            len(able) < max(LEAST_PLANS, PAID_ALONE * len(chosen))
            or share_without(run, able[:12], name) >= SPARE_STEP
        ):
            continue
        alone = [
            played(run, able, _keeping(name, {i.seed: {own[i.seed][at]} for i in able}))
            for at in (0, -1)
        ]
        shares = [
            sum(value >= FULL for *_, value in results) / max(1, len(results)) for results in alone
        ]
        tried, survived = tried + 2 * len(able), survived + round(sum(shares) * len(able))
        idle = informs(run, able, name) or optional_read(run, able, name)
        if min(shares) >= PAID_ALONE and _part(
            run,
            f"One step of `{named(name)}` is paid like all of them.",
            alone[0],
            "minor" if idle else "critical",
            "Divide by what was asked for, not by what was handed in.",
        ):
            continue
        if shares[1] >= PAID_ALONE:
            continue  # tries, of which the last is right
        dropped = [
            played(
                run,
                able,
                _keeping(name, {i.seed: set(own[i.seed]) - {own[i.seed][at]} for i in able}),
            )
            for at in (0, 1, -1)
        ]
        free = [
            results
            for results in dropped
            if sum(value >= FULL for *_, value in results) >= IGNORED * len(results)
        ]
        if free and len(free) < len(dropped) and not idle:
            _part(
                run,
                f"One step of `{named(name)}`, the one at the same place, may be left out at no "
                "cost.",
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


def _spare_kinds(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Leave out every kind of step that can be left out at once.

    When they are much of the work, the work is not checked.
    """
    kinds = sorted({kind(action) for instance in chosen for action in instance.oracle})
    spare = [
        name
        for name in kinds
        if share_without(run, chosen, name) >= IGNORED and foreseen(run, chosen, name)
    ]
    spare = [name for name in spare if changes(run, chosen, name)]
    spare = [name for name in spare if not optional_read(run, chosen, name)]
    steps = [kind(action) in spare for instance in chosen for action in instance.oracle]
    if len(spare) == len(kinds) or not spare or sum(steps) < SPARE_WORK * len(steps):
        return 0, 0
    results = played(
        run, chosen, lambda i: tuple(action for action in i.oracle if kind(action) not in spare)
    )
    values, full = (
        [value for *_, value in results],
        [play for _, play, value in results if value >= FULL],
    )
    if len(results) >= PAID_PLANS and len(full) >= IGNORED * len(results):
        run.accuse(
            f"{sum(steps) / len(steps):.0%} of the oracle's steps may be left out at no cost: all "
            f"of {', '.join(f'`{named(name)}`' for name in spare)}.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
            values=values,
            severity="major",
            class_="ignored work",
            advice=(
                "Check that the work was done where and as it has to be, or leave it out of "
                "the task."
            ),
        )
    return len(results), len(full)


PERMISSION = re.compile(
    r"\b(?:you|one|agents?) (?:may|can|could)\b(?! not)|\boptional|\ballowed\b|"
    r"\bfree to\b|\bif you\b"
)


def asked_for(name: str, prompt: str) -> bool:
    """Say whether a prompt asks for a kind of step, beyond saying that it may be done."""
    named = re.compile(rf"\b{re.escape(name.lower())}") if name else re.compile("(?!)")
    sentences = re.split(r"(?<=[.;!?])\s|\n", prompt.lower())
    return any(named.search(said) and not PERMISSION.search(said) for said in sentences)


def _ignored_work(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Leave out all steps of one kind from the plans that have it."""
    tried = survived = 0
    for name in sorted({kind(action) for instance in chosen for action in instance.oracle}):
        able = [i for i in chosen if any(kind(action) == name for action in i.oracle)]
        if len(able) < LEAST_PLANS or all(
            len({kind(action) for action in i.oracle}) == 1 for i in chosen
        ):
            continue
        results = played(
            run,
            able,
            lambda i, name=name: tuple(action for action in i.oracle if kind(action) != name),
        )
        full = [play for _, play, value in results if value >= FULL]
        tried, survived = tried + len(results), survived + len(full)
        if len(results) < LEAST_PLANS or len(full) < IGNORED * len(results):
            continue
        asked = [i for i in able if asked_for(name, i.prompt)]
        many = "all plans" if len(able) == len(chosen) else f"{len(able)} of {len(chosen)} plans"
        spare = (
            tells(run, able, name)
            or paid_before(run, able, name)
            or informs(run, able, name)
            or optional_read(run, able, name)
            or len(asked) < NAMED * len(able)
        )
        values = [value for *_, value in results]
        run.accuse(
            f"Leaving out `{named(name)}`, which {many} of the oracle have, costs nothing.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
            values=values,
            severity="minor" if spare else "major",
            class_="ignored work",
            advice="Check the state that this step changes, or leave it out of the task.",
        )
    return tried, survived


def _others(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Play the plans of other instances."""
    pool = [i.oracle for i in run.session.usable]
    if len(set(pool)) < 2:
        return 0, 0
    results = [
        result
        for step in (1, 2, 3, 5)
        for result in played(
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
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
            values=values,
            advice="Let the score depend on the instance.",
        )
    return len(results), len(full)


def _reordered(run: CheckRun, chosen: list[Instance]) -> tuple[int, int]:
    """Cut the plan before its end, and turn it round."""
    cut = played(run, chosen, lambda i: i.oracle[:-1] if len(i.oracle) > 1 else None)
    more = [(play, value) for _, play, value in cut if value > MORE_PAID]
    if len(more) >= max(2, MORE_OFTEN * len(cut)):
        play, value = more[0]
        run.accuse(
            f"A plan without its last step earns more than the whole: {value:.2f} times as much.",
            Witness("pays", (play,), value=value * run.session.best(play.seed)),
            values=[value for *_, value in cut],
            advice="Finishing must never cost more than it pays.",
        )
    full = [play for _, play, value in cut if value >= FULL]
    if (
        run.session.facts.proven
        and len(cut) >= LEAST_PLANS
        and len(full) >= IGNORED * len(cut)
        and not more
    ):
        run.accuse(
            "The last step of the expert's plan is not needed: the plan without it is paid in "
            "full.",
            Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
            severity="major",
            values=[value for *_, value in cut],
            class_="ignored work",
            advice="Check the state that the last step changes, or end the task before it.",
        )
    turned = played(run, chosen, lambda i: i.oracle[::-1])
    return len(cut) + len(turned), len(more) + sum(value >= FULL for *_, value in turned)
