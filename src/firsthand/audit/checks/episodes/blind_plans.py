"""One plan for all instances, made without looking.

Whatever it earns above luck is not task solving, by construction.

Candidates are actions, repetitions, enumerations, plans of other instances and random ones; the
best are improved on one stream of seeds and certified on another.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import ODD, SLOT, fill, joined, kind, pools, put
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    FEW_INSTANCES,
    FEW_LOOKS,
    FEW_PLANS_SOLVE,
    FEW_STEPS,
    FULL,
    USUAL_END,
)

Plan = tuple[str, ...]
LONGEST = 200


def candidates(run: CheckRun, searched: list[Instance]) -> list[Plan]:
    """Return plans to begin the search with, made from the instances of the search alone."""
    rng, most = random.Random(11), min(run.session.facts.turns, LONGEST)
    known = run.session.actions
    plans: list[Plan] = [(action,) for action in known] + [
        (action,) * most for action in known[:20]
    ]
    oracles = Counter(instance.oracle for instance in searched if instance.oracle)
    plans += [plan for plan, _ in oracles.most_common(20)] + rng.sample(
        list(oracles), min(20, len(oracles))
    )
    plans += [plan[-1:] for plan in list(oracles)[:20]] + [plan[-2:] for plan in list(oracles)[:10]]
    listed = enumerations(run, searched, most)
    ends = [
        end
        for end, count in Counter(plan[-1] for plan in oracles.elements()).items()
        if count >= USUAL_END * oracles.total()
    ]
    plans += [
        *overdone(run, searched, most),
        *listed,
        *((*plan[: most - 1], end) for plan in listed for end in ends),
        *forms(searched),
    ]
    length = max((len(plan) for plan in oracles), default=1)
    if known:
        plans += [
            tuple(rng.choices(known, k=rng.randint(1, min(2 * length, most)))) for _ in range(30)
        ]
        plans.append(tuple((known * (most // len(known) + 1))[:most]))
        joined = [action for plan in list(oracles)[:40] for action in plan]
        plans.append(tuple(joined[:most]))
    return [plan[:most] for plan in dict.fromkeys(plans) if plan]


def enumerations(run: CheckRun, searched: list[Instance], most: int) -> list[Plan]:
    """Return plans that try every value of a template in turn, alone and before each ending."""
    plans: list[Plan] = []
    for template in run.session.facts.grammar:
        if not SLOT.search(template):
            continue
        head = template[: SLOT.search(template).start()]  # type: ignore[union-attr]
        tried = [
            action[len(head) :] for i in searched for action in i.oracle if action.startswith(head)
        ]
        numbers = [int(value) for value in tried if value.lstrip("-").isdigit()]
        words = [value for value, _ in Counter(tried).most_common(most)]
        ranges = [range(most), range(1, most + 1), range(most - 1, -1, -1)]
        if numbers:
            ranges += [
                range(min(numbers), min(numbers) + most),
                range(max(numbers), max(numbers) - most, -1),
            ]
        plans += [tuple(fill(template, str(value)) for value in values) for values in ranges]
        plans.append(tuple(fill(template, word) for word in words))
    return [plan for plan in plans if plan]


EXTREME = (
    "-1",
    "-1000",
    "-99999",
    "99999",
    "-999999999",
    "999999999999",
    "0",
    "0.5",
    "1e9",
    "-0.0",
)


def overdone(run: CheckRun, searched: list[Instance], most: int) -> list[Plan]:
    """Return plans of one step with an extreme value; then they wait, or finish as oracles do."""
    often = Counter(action for i in searched for action in set(i.oracle))
    waits = [action for action in run.session.facts.grammar if not SLOT.search(action)][:4]
    waits = list(
        dict.fromkeys(
            [action for action, count in often.most_common(3) if count >= 0.3 * len(searched)]
            + waits
            + ["zebra quartz"]
        )
    )
    templates = [template for template in run.session.facts.grammar if SLOT.search(template)]
    return [
        (fill(template, value), *[wait] * (most - 1))
        for template in templates[:8]
        for value in EXTREME
        for wait in waits[:4]
    ]


def forms(searched: list[Instance]) -> list[Plan]:
    """Return the commonest shapes of plans with a meaningless value, or all values, for what
    differs.
    """
    plans = [i.oracle for i in searched if i.oracle]
    seen = pools(plans)
    varied = {name for (name, _), values in seen.items() if len(values) >= 3}
    shapes: dict[tuple[str, ...], Plan] = {}
    for plan in plans:
        shapes.setdefault(tuple(kind(action) for action in plan), plan)
    often = Counter(tuple(kind(action) for action in plan) for plan in plans)
    numbers = [str(number) for number in range(101)]
    every = dict.fromkeys(
        (
            *joined(
                [value for (name, _), values in seen.items() if name in varied for value in values]
            ),
            *joined(numbers),
        )
    )
    return [
        tuple(put(action, value) if kind(action) in varied else action for action in shapes[shape])
        for shape, _ in often.most_common(4)
        for value in (*ODD, *every)
        if varied & set(shape)
    ]


def places(run: CheckRun) -> dict[str, Callable[[Instance], Plan | None]]:
    """Return policies that take the legal move at a fixed place of the list, without reading it."""

    def at(place: int) -> Callable[[Instance], Plan | None]:
        return lambda i: (i.moves[place],) if -len(i.moves) <= place < len(i.moves) else None

    def by(key: Callable[[str], object]) -> Callable[[Instance], Plan | None]:
        return lambda i: (min(i.moves, key=key),) if i.moves else None  # type: ignore[arg-type,type-var]

    found = {f"the legal move at place {place}": at(place) for place in (0, 1, 2, -1)}
    return {
        **found,
        "the first legal move in the alphabet": by(str),
        "the longest legal move": by(lambda m: -len(m)),
        "the shortest legal move": by(len),
    }


@check(
    "blind_plans",
    class_="blind search",
    kinds=("episode",),
    claim="No plan that is the same on every instance earns more than the base rate.",
)
def blind_plans(run: CheckRun) -> str | None:
    """Search on one stream of seeds, certify on another."""
    if run.session.luck.distinct < 2:
        return "there is one instance, whose solution is no blind plan"
    searched = [
        i
        for i in run.session.lab.instances(
            run.session.stream("search", 12 if run.session.options.budget == "quick" else 40)
        )
        if not i.fault
    ]
    solved = run.session.lab.run([Play(i.seed, i.oracle) for i in searched])
    best = {i.seed: trace.paid for i, trace in zip(searched, solved, strict=True) if trace.paid > 0}
    searched = [i for i in searched if i.seed in best]
    if not searched:
        return "the oracle earns nothing on the seeds of the search"

    def worths(plans: Sequence[Plan], on: list[Instance]) -> list[float]:
        traces = run.session.lab.run([Play(i.seed, plan) for plan in plans for i in on])
        values = [
            min(trace.paid / best[i.seed], 1.5)
            for (_, i), trace in zip(product(plans, on), traces, strict=True)
        ]
        return [
            sum(values[start : start + len(on)]) / len(on)
            for start in range(0, len(values), len(on))
        ]

    few = searched[:: max(1, len(searched) // 8)][:8]
    afford = run.session.tries(quick=150, standard=1200)
    plans = candidates(run, searched)[:afford]
    run.outcome.probes = len(plans)
    ranked = sorted(zip(worths(plans, few), plans, strict=True), key=lambda pair: -pair[0])
    plans = [plan for _, plan in ranked[:8]]
    pool = sorted(zip(worths(plans, searched), plans, strict=True), key=lambda pair: -pair[0])
    pool = _climbed(run, pool[:3], searched, worths)
    for _, plan in pool[:2]:
        _certify(
            run,
            lambda _instance, plan=plan: plan,
            f"One fixed plan ({_told(plan)})",
            run.session.luck.tries(plan),
        )
    _few_plans(run)
    if any(instance.moves for instance in run.session.usable):
        for name, policy in places(run).items():
            _certify(run, policy, f"Taking {name}")
    return None


FEW = 8
"""Solutions of several steps that are few enough to be learnt by heart."""


def _few_plans(run: CheckRun) -> None:
    """See whether many instances that look different have a handful of long solutions between them.

    Then what differs is for show.
    """
    plans = Counter(i.oracle for i in run.session.usable)
    looks = len({i.prompt for i in run.session.usable})
    lengths = sorted(len(plan) for plan in plans)
    n = len(run.session.usable)
    if (
        not 1 < len(plans) <= FEW
        or n < FEW_INSTANCES
        or looks < FEW_LOOKS * len(plans)
        or lengths[len(lengths) // 2] < FEW_STEPS
        or len(run.session.actions) < 3
    ):
        return
    plan, _ = plans.most_common(1)[0]
    results = run.attack(run.session.usable, lambda _: plan)
    hits, values = (
        [play for _, play, _, value in results if value >= FULL],
        [value for *_, value in results],
    )
    if len(hits) >= FEW_PLANS_SOLVE * n:
        run.accuse(
            f"{n} instances with {looks} different beginnings have {len(plans)} solutions between "
            f"them; one of them solves {len(hits)}.",
            Witness("pays", (hits[0],), value=FULL * run.session.best(hits[0].seed)),
            severity="major",
            values=values,
            class_="few instances",
            advice="Draw what decides the solution from the seed, not only what surrounds it.",
        )


def _climbed(
    run: CheckRun,
    pool: list[tuple[float, Plan]],
    searched: list[Instance],
    worths: Callable[[Sequence[Plan], list[Instance]], list[float]],
) -> list[tuple[float, Plan]]:
    """Improve plans by inserting, replacing and dropping steps, as long as that helps."""
    rng, known = random.Random(13), run.session.actions
    most = run.session.tries(quick=0, standard=60)
    rounds = (
        max(
            min(4, most),
            min(
                most,
                run.session.tries(quick=0, standard=600),
            ),
        )
        if known
        else 0
    )
    for _ in range(rounds):
        score, plan = pool[rng.randrange(len(pool))]
        place = rng.randrange(len(plan) + 1)
        change = rng.choice(
            (
                (*plan[:place], rng.choice(known), *plan[place:]),
                plan[:place] + plan[place + 1 :],
                (*plan[:place], rng.choice(known), *plan[place + 1 :]),
            )
        )
        change = change[: run.session.facts.turns]
        if change and (new := worths([change], searched)[0]) > score:
            pool = sorted([*pool, (new, change)], key=lambda pair: -pair[0])[:3]
    return pool


def _certify(
    run: CheckRun, policy: Callable[[Instance], Plan | None], what: str, guesses: int = 1
) -> None:
    results = run.attack(run.session.some(10**6), policy)
    values = [value for *_, value in results]
    lucky = run.session.luck.lucky
    if lucky(values, guesses=guesses):
        return
    if not lucky(values + _again(run, policy, len(values)), guesses=guesses):
        hits = [play for _, play, _, value in results if value >= FULL]
        play = hits[0] if hits else max(results, key=lambda result: result[3])[1]
        run.pays(
            f"{what} earns {sum(values) / len(values):.2f} of the oracle's reward over "
            f"{len(values)} instances it was not chosen on"
            f"{_luck(run.session.luck.allowance(guesses))}.",
            play,
            values=values,
            advice=(
                "Let what is right depend on the instance, bound the number of tries, and "
                "declare the base rate."
            ),
        )


def _again(run: CheckRun, policy: Callable[[Instance], Plan | None], n: int) -> list[float]:
    """Return what a policy earns on as many seeds of a third stream.

    It decides with the first, so that luck on one stream accuses nobody.
    """
    fresh = [
        i
        for i in run.session.lab.instances(run.session.stream("confirm", max(n, 100)))
        if not i.fault
    ]
    made = [(i, plan) for i in fresh if (plan := policy(i)) is not None]
    full = run.session.lab.run([Play(i.seed, i.oracle) for i, _ in made])
    mine = run.session.lab.run([Play(i.seed, plan) for i, plan in made])
    return [trace.paid / best.paid for trace, best in zip(mine, full, strict=True) if best.paid > 0]


def _luck(allowed: float) -> str:
    return (
        f"; luck allows {allowed:.3f}"
        if allowed < 1.0
        else ", for all plans are the same though instances differ"
    )


def _told(plan: Plan) -> str:
    shown = ", ".join(action[:40] for action in plan[:5])
    return f"{shown}{f' … {len(plan)} steps' if len(plan) > 5 else ''}"
