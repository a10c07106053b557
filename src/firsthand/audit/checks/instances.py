"""The instances as a set.

Many, different, spread over splits without overlap, and harder as the level rises.

Few instances alone are no flaw; what follows from the seed, repeats itself or contradicts itself
is.
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import msgspec

from firsthand.audit.accusation import CheckRun, check, told
from firsthand.audit.finding import Witness
from firsthand.audit.process.pool import Lab
from firsthand.audit.stats.bounds import lower, upper
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    DISTINCT,
    DISTINCT_FEW,
    FULL,
    SEEDS_ENOUGH,
    VALUES_ENOUGH,
)
from firsthand.task import digest

NUMBER = re.compile(r"-?\d+")
FACTORS = (1, 7, 13, 17, 31, 37, 2, 3, 5, 11, 19, 23, 29, 41, 97, 101)
"""Factors by which authors usually spread seeds."""
LARGEST_MODULUS = 4000
"""Largest modulus that is tried: numbers of answers seldom range further."""


@check(
    "instances",
    class_="data set",
    kinds=("answer", "episode"),
    claim=(
        "Instances differ, splits share none, answers do not follow from the seed, levels get "
        "harder."
    ),
)
def instances(run: CheckRun) -> str | None:
    """Look at all instances.

    Duplicates, contradictions, seeds that give answers away, splits, levels.
    """
    instances = [instance for instance in run.session.instances if not instance.fault]
    if not instances:
        return "no instance has an oracle"
    run.outcome.measured["diversity"] = diversity(instances)
    run.outcome.n = len(instances)
    _contradictions(run, instances)
    if run.session.facts.instances is None:
        _from_seed(run, instances)
    if len(run.session.facts.splits) > 1:
        _splits(run)
    if len(run.session.facts.levels) > 1:
        _levels(run)
    return None


def diversity(instances: list[Instance]) -> dict[str, Any]:
    """Count distinct instances, skeletons and answers.

    `effective_lower` is the birthday lower bound on the number there are.
    """
    n = len(instances)
    contents = Counter((i.prompt, str(i.answer), i.oracle) for i in instances)
    collisions = sum(count * (count - 1) // 2 for count in contents.values())
    plans = Counter(i.oracle for i in instances)
    entropy = -sum(count / n * math.log2(count / n) for count in plans.values())
    return {
        "n": n,
        "distinct": len(contents),
        "effective_lower": int(n * (n - 1) / 2 / (collisions + 3.0)) if n > 1 else n,
        "prompt_skeletons": len({skeleton(i.prompt) for i in instances}),
        "plan_skeletons": len({skeleton(" / ".join(i.oracle)) for i in instances}),
        "distinct_plans": len(plans),
        "plan_entropy_bits": round(entropy, 2),
    }


def skeleton(text: str) -> str:
    """Return a text with numbers and names masked."""
    return re.sub(r"\b[A-Z][a-z]+\b", "N", NUMBER.sub("0", text))


def _contradictions(run: CheckRun, instances: list[Instance]) -> None:
    by_prompt: dict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        by_prompt[instance.prompt].append(instance)
    if run.session.facts.kind == "answer":
        against = [group for group in by_prompt.values() if len({str(i.answer) for i in group}) > 1]
        crossed = run.play(
            Play(group[0].seed, group[1].oracle) for group in against if group[1].oracle
        )
        for group, trace in zip(against, crossed, strict=False):
            if run.session.value(group[0].seed, trace) < FULL:
                pair = (Play(group[0].seed, ()), Play(group[1].seed, ()))
                run.accuse(
                    f"{len(against)} prompts come with several answers of which only one is paid.",
                    Witness("instances", pair, digest=told(group[:2])),
                    severity="major",
                    advice=(
                        "Say in the prompt what decides between the answers, or accept them all."
                    ),
                )
                break
    twice = [
        group
        for group in by_prompt.values()
        if len(group) > 1 and len({i.oracle for i in group}) == 1
    ]
    if twice and alike(len(by_prompt), len(instances)):
        pair = (Play(twice[0][0].seed, ()), Play(twice[0][1].seed, ()))
        few = run.session.facts.proven and hardly_any(len(by_prompt), len(instances))
        run.accuse(
            f"Only {len(by_prompt)} of {len(instances)} instances are different.",
            Witness("instances", pair, digest=told(twice[0][:2])),
            severity="major" if few else "minor",
            class_="few instances",
            advice="Draw more of the instance from the seed, or say how many there are.",
        )


def alike(distinct: int, n: int) -> bool:
    """Say whether so few of the instances differ that it has to be told."""
    return distinct < DISTINCT * n


def hardly_any(distinct: int, n: int) -> bool:
    """Say whether there are too few instances to learn anything from but themselves."""
    return n >= SEEDS_ENOUGH and distinct < min(DISTINCT_FEW, n / 2)


def _from_seed(run: CheckRun, instances: list[Instance]) -> None:
    """Look for numbers in the oracle's plan that are linear in the seed modulo some m."""
    seeds = (
        random.Random(3).sample(range(10**6), 24)
        if run.session.options.budget == "quick"
        else random.Random(3).sample(range(10**6), 60)
    )
    probes = [i for i in run.session.lab.instances(seeds) if not i.fault and i.oracle]
    columns: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for instance in probes:
        for step, action in enumerate(instance.oracle[:6]):
            for place, number in enumerate(NUMBER.findall(action)[:4]):
                columns[step, place].append((instance.seed, int(number)))
    for pairs in columns.values():
        if found := linear(pairs):
            factor, shift, modulus = found
            plays = tuple(Play(i.seed, ()) for i in probes[:3])
            run.accuse(
                f"The answer follows from the seed: it is ({factor} * seed + {shift}) mod "
                f"{modulus}, on all of {len(pairs)} seeds.",
                Witness("instances", plays, digest=told(probes[:3])),
                severity="major",
                class_="answer predictable",
                advice="Draw the answer from a generator that the seed initialises.",
            )
            return


def linear(pairs: Sequence[tuple[int, int]]) -> tuple[int, int, int] | None:
    """Return factor, shift and modulus by which all values follow from their seeds, if any do."""
    values = [value for _, value in pairs]
    if len(pairs) < SEEDS_ENOUGH or len(set(values)) < VALUES_ENOUGH:
        return None
    spread = max(values) - min(values)
    for modulus in range(max(4, spread + 1), min(4 * spread + 40, LARGEST_MODULUS)):
        for factor in FACTORS:
            shift = (pairs[0][1] - factor * pairs[0][0]) % modulus
            if all((factor * seed + shift - value) % modulus == 0 for seed, value in pairs[1:]):
                return factor, shift, modulus
    return None


def _splits(run: CheckRun) -> None:
    """Share of no instance between splits."""
    seen: dict[str, tuple[str, int]] = {}
    n = (
        40 if run.session.options.budget == "quick" else 300
    )  # the same seeds: a generator that forgets the split is told by any of them

    def told_in(split: str) -> list[Instance]:
        with Lab(msgspec.structs.replace(run.session.spec, split=split), workers=1) as lab:
            return lab.instances(
                run.session.stream("splits", n), oracles=False
            )  # contents tell instances apart

    with ThreadPoolExecutor(run.session.options.workers) as pool:
        told_of = list(
            zip(run.session.facts.splits, pool.map(told_in, run.session.facts.splits), strict=True)
        )
    for split, instances in told_of:
        for instance in instances:
            key = f"{instance.prompt} {instance.answer}"
            if key in seen and seen[key][0] != split:
                run.accuse(
                    f"The splits {seen[key][0]} and {split} share instances.",
                    Witness("instances", (Play(instance.seed, ()),), digest=_again(run, instance)),
                    severity="major",
                    class_="splits",
                    advice="Let the content decide the split: draw until `task.owns(instance)`.",
                )
                return
            seen[key] = (split, instance.seed)


def _again(run: CheckRun, instance: Instance) -> str:
    return told(run.session.lab.instances([instance.seed]))


def _levels(run: CheckRun) -> None:
    """Play a ladder of reference policies on every level.

    As levels rise, no policy may do better, and plans get no shorter.
    """
    levels = (
        run.session.facts.levels
        if run.session.options.budget != "quick"
        else (run.session.facts.levels[0], run.session.facts.levels[-1])
    )
    with ThreadPoolExecutor(run.session.options.workers) as pool:
        rows = [row for found in pool.map(partial(_rungs, run), levels) for row in found]
    run.outcome.measured["difficulty"] = rows
    for policy in {row["policy"] for row in rows}:
        ladder = [row for row in rows if row["policy"] == policy]
        for low, high in pairwise(ladder):
            if high["ci"][0] > low["ci"][1] and high["plan"] <= low["plan"]:
                run.accuse(
                    f"Level {high['level']} is easier than level {low['level']} for {policy}: "
                    f"{high['p']:.2f} against {low['p']:.2f}.",
                    Witness(
                        "instances",
                        (Play(run.session.instances[0].seed, ()),),
                        digest=_again(run, run.session.instances[0]),
                    ),
                    severity="minor",
                    class_="levels",
                    advice="Order the levels by what reference policies earn.",
                )


def _rungs(run: CheckRun, level: int) -> list[dict[str, Any]]:
    """Return what two policies that err earn on one level."""
    n, rows = 8 if run.session.options.budget == "quick" else 60, list[dict[str, Any]]()
    with Lab(msgspec.structs.replace(run.session.spec, level=level), workers=1) as lab:
        seeds = run.session.stream(f"level {level}", n)
        instances = [i for i in lab.instances(seeds) if i.oracle]
        for policy, error in (("expert, 1 step in 5 at random", 0.2), ("at random", 1.0)):
            hits = sum(
                trace.paid >= FULL
                for trace in lab.run([Play(i.seed, _erring(i, error)) for i in instances])
            )
            rows.append(
                {
                    "level": level,
                    "policy": policy,
                    "n": len(instances),
                    "p": hits / max(1, len(instances)),
                    "ci": [
                        lower(hits, len(instances), alpha=0.025),
                        upper(hits, len(instances), alpha=0.025),
                    ],
                    "plan": sum(len(i.oracle) for i in instances) / max(1, len(instances)),
                }
            )
    return rows


def _erring(instance: Instance, error: float) -> tuple[str, ...]:
    rng = random.Random(digest(f"erring {instance.seed}"))
    moves = instance.moves or instance.oracle
    return tuple(
        rng.choice(moves) if moves and rng.random() < error else action
        for action in instance.oracle
    )
