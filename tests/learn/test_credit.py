"""Credit against simulations with known effects, and against ways to fool it."""

import random
from statistics import fmean

import msgspec
import numpy as np
import pytest

from firsthand.learn.lessons.credit import Prior, Trial, assign
from firsthand.playbook import Credit

EFFECTS = {"good": 0.3, "fair": 0.15, "idle": 0.0, "poor": -0.1, "harmful": -0.3}
KINDS = dict.fromkeys(EFFECTS, "note")


def clipped(chance):
    return min(max(chance, 0.0), 1.0)


def trials(
    n,
    *,
    effects=EFFECTS,
    hardness=lambda _task: 0.0,
    offered=None,
    keep=0.5,
    plays=2,
    seed=0,
    environments=("a",),
):
    """Plays of tasks whose success depends on the lessons shown and on the task."""
    rng = random.Random(seed)
    found = []
    for number in range(n // plays):
        hard = hardness(number)
        where = environments[number % len(environments)]
        for _ in range(plays):
            on_offer = sorted(effects) if offered is None else offered(number, rng)
            shown = frozenset(lesson for lesson in on_offer if rng.random() < keep)
            effect = sum(
                effects[lesson][where] if isinstance(effects[lesson], dict) else effects[lesson]
                for lesson in shown
            )
            won = rng.random() < clipped(0.5 - hard + effect)
            found.append(
                Trial(float(won), f"{where}/{number}", where, dict.fromkeys(on_offer, keep), shown)
            )
    return found


def test_known_effects_are_recovered():
    small = {
        lesson: effect * 0.6 for lesson, effect in EFFECTS.items()
    }  # no chance leaves [0, 1], so that effects add up
    found = assign(trials(4000, effects=small), KINDS).overall
    assert sorted(found, key=lambda lesson: found[lesson].mean) == [
        "harmful",
        "poor",
        "idle",
        "fair",
        "good",
    ]
    for lesson, effect in small.items():
        assert abs(found[lesson].mean - effect) < 3 * found[lesson].sd + 0.02, lesson
    assert found["good"].positive > 0.99
    assert found["harmful"].positive < 0.01
    assert {credit.n for credit in found.values()} == {4000}


def test_the_intervals_cover_the_truth():
    """Over many simulations with effects drawn from the prior, 95% intervals hold the truth about
    as often.
    """
    prior, rng = Prior(kind=0.1, lesson=(0.1,)), random.Random(1)
    held = []
    for seed in range(60):
        mean = rng.gauss(0.0, prior.kind)
        effects = {str(i): mean + rng.gauss(0.0, 0.1) for i in range(4)}
        found = assign(
            trials(300, effects=effects, seed=seed, plays=1, keep=0.3),
            dict.fromkeys(effects, "note"),
            prior=prior,
        ).overall
        held += [
            abs(found[lesson].mean - effect) < 1.96 * found[lesson].sd
            for lesson, effect in effects.items()
        ]
    assert 0.88 < fmean(held) < 1.0


def test_a_lesson_that_is_offered_only_on_hard_tasks_is_not_blamed():
    """Inclusion is centred at its probability: being offered tells about the task, being shown
    about the lesson.
    """
    effects = {"for hard tasks": 0.1, "for easy tasks": 0.0}

    def offered(number, _rng):
        return ["for hard tasks"] if number % 2 else ["for easy tasks"]

    played = trials(
        3000,
        effects=effects,
        hardness=lambda number: 0.4 if number % 2 else -0.4,
        offered=offered,
        keep=0.8,
        plays=1,
    )
    found = assign(played, dict.fromkeys(effects, "note")).overall
    shown, without = (
        [t.outcome for t in played if ("for hard tasks" in t.shown) is side]
        for side in (True, False)
    )
    assert fmean(shown) - fmean(without) < -0.3  # what a naive comparison would say of it
    assert found["for hard tasks"].mean == pytest.approx(0.1, abs=0.06)
    assert found["for hard tasks"].positive > 0.9
    assert found["for easy tasks"].mean == pytest.approx(0.0, abs=0.06)


def test_little_evidence_is_shrunk_towards_nothing():
    def always_decided_by_it(n):
        return [
            Trial(float(i % 2), f"t{i}", "a", {"it": 0.5}, frozenset({"it"} if i % 2 else ()))
            for i in range(n)
        ]

    few, many = (assign(always_decided_by_it(n), {"it": "rule"}).overall["it"] for n in (4, 200))
    assert 0.0 < few.mean < 0.7 < many.mean  # four rollouts say +1; they are not believed
    assert many.sd < few.sd < 0.55
    assert (few.n, many.n) == (4, 200)


def test_a_tighter_prior_shrinks_more():
    played = trials(200)
    found = [
        assign(played, KINDS, prior=Prior(lesson=(sd,))).overall["good"] for sd in (0.02, 0.1, 0.5)
    ]
    assert found[0].mean < found[1].mean < found[2].mean
    assert found[0].sd < found[1].sd < found[2].sd


def test_how_much_lessons_differ_is_learned_from_them():
    """Of several priors the one under which the evidence is likeliest is used."""
    alike, apart = ({f"{i}": 0.25 + spread * (-1) ** i for i in range(8)} for spread in (0.0, 0.25))
    kinds = dict.fromkeys(alike, "note")
    for effects, expected in ((alike, 0.02), (apart, 0.3)):
        played = trials(2000, effects=effects, keep=0.25, hardness=lambda _n: 0.2)
        chosen, given = (
            assign(played, kinds, prior=Prior(lesson=sds)).overall
            for sds in ((0.02, 0.3), (expected,))
        )
        for lesson, credit in chosen.items():
            assert (credit.mean, credit.sd) == (given[lesson].mean, given[lesson].sd)


def test_lessons_of_a_kind_lend_each_other_evidence():
    """Twenty notes, each offered ten times, help as a kind; the rules, offered as often, do not."""
    effects = {**{f"note {i}": 0.3 for i in range(20)}, **{f"rule {i}": 0.0 for i in range(20)}}
    kinds = {lesson: lesson.split()[0] for lesson in effects}
    played = trials(
        200,
        effects=effects,
        offered=lambda _n, rng: [f"note {rng.randrange(20)}", f"rule {rng.randrange(20)}"],
        hardness=lambda _n: 0.1,
    )
    shared = assign(played, kinds).overall
    alone = assign(played, kinds, prior=Prior(kind=1e-3)).overall
    notes, rules = (
        [shared[lesson] for lesson in effects if lesson.startswith(kind)]
        for kind in ("note", "rule")
    )
    assert all(credit.positive > 0.9 for credit in notes)
    assert max(abs(credit.mean) for credit in rules) < min(credit.mean for credit in notes)
    assert (
        fmean(alone[lesson].mean for lesson in effects if lesson.startswith("note")) < 0.1
    )  # ten rollouts each say little


def test_a_lesson_may_help_in_one_environment_only():
    effects = {"local": {"a": 0.4, "b": -0.2}, "everywhere": {"a": 0.1, "b": 0.1}}
    played = trials(4000, effects=effects, environments=("a", "b"))
    kinds = {"local": "rule", "everywhere": "note"}
    found = assign(played, kinds, prior=Prior(environment=2.0))
    assert found.by_environment["local", "a"].mean == pytest.approx(0.4, abs=0.08)
    assert found.by_environment["local", "b"].mean == pytest.approx(-0.2, abs=0.08)
    assert found.by_environment["everywhere", "a"].mean == pytest.approx(0.1, abs=0.08)
    assert found.overall["local"].mean == pytest.approx(
        0.1, abs=0.06
    )  # the mean over where it was offered
    pooled = assign(played, kinds, prior=Prior(environment=0.001))
    apart = pooled.by_environment["local", "a"].mean - pooled.by_environment["local", "b"].mean
    assert abs(apart) < 0.05  # a prior that allows no deviation finds none


def test_one_environment_has_no_deviations():
    played = trials(100)
    found = assign(played, KINDS)
    assert found.by_environment == {
        (lesson, "a"): credit for lesson, credit in found.overall.items()
    }


def test_task_effects_are_taken_out():
    """Tasks that are hopeless or trivial tell nothing about lessons, and repeats of them must not
    drown the rest.
    """

    def hardness(number):
        return (-0.45, 0.45)[number % 2]

    rng = random.Random(3)
    errors = {"by task": [], "pooled": []}
    for seed in range(12):
        effect = rng.choice((0.05, -0.05))
        played = trials(240, effects={"lesson": effect}, hardness=hardness, plays=8, seed=seed)
        alone = [
            Trial(t.outcome, f"{i}", t.environment, t.offered, t.shown)
            for i, t in enumerate(played)
        ]  # the same, tasks forgotten
        for way, known in (("by task", played), ("pooled", alone)):
            errors[way].append(assign(known, {"lesson": "rule"}).overall["lesson"])
    assert fmean(credit.sd for credit in errors["by task"]) < 0.7 * fmean(
        credit.sd for credit in errors["pooled"]
    )


def test_centring_uses_the_probability_of_each_trial():
    """A core lesson is shown nine times of ten: being left out is then the rare event that tells
    most.
    """
    always = trials(2000, effects={"core": 0.3}, keep=0.9)
    assert assign(always, {"core": "note"}).overall["core"].mean == pytest.approx(0.3, abs=0.1)
    certain = [Trial(1.0, "t", "a", {"fixed": 1.0}, frozenset({"fixed"}))] * 20
    assert (
        assign(certain, {"fixed": "note"}).overall["fixed"].mean == 0.0
    )  # never left out: nothing was learned about it


def test_the_estimate_is_the_posterior_of_a_small_case():
    """Without repeats and with one kind, the formula can be written down."""
    played = trials(50, effects={"x": 0.2}, plays=1)
    y = np.array([t.outcome for t in played])
    x = np.array([("x" in t.shown) - 0.5 for t in played])
    noise = max(y.var(), 1e-3)
    prior = Prior(kind=0.3, lesson=(0.1,))
    variance = 0.3**2 + 0.1**2
    precision = x @ x / noise + 1 / variance
    found = assign(played, {"x": "rule"}, prior=prior).overall["x"]
    assert found.mean == pytest.approx((x @ (y - y.mean())) / noise / precision, abs=1e-3)
    assert found.sd == pytest.approx(precision**-0.5, abs=1e-3)


def test_nothing_played_and_nothing_offered():
    assert assign([], {}).overall == {}
    nothing_offered = [Trial(1.0, "t", "a", {}, frozenset())]
    assert assign(nothing_offered, {"known": "rule"}).overall == {}
    assert assign(nothing_offered, {"known": "rule"}).by_environment == {}


def test_outcomes_that_never_differ_say_nothing():
    played = [
        Trial(0.0, f"t{i}", "a", {"x": 0.5}, frozenset({"x"} if i % 2 else ())) for i in range(10)
    ]
    found = assign(played, {"x": "rule"}).overall["x"]
    assert found.mean == 0.0
    assert found.n == 10


def test_the_order_of_trials_does_not_matter():
    played = trials(300)
    mixed = random.Random(0).sample(played, len(played))
    first, second = assign(played, KINDS).overall, assign(mixed, KINDS).overall
    for lesson in EFFECTS:
        assert isinstance(first[lesson], Credit)
        assert first[lesson].mean == pytest.approx(second[lesson].mean, abs=2e-4)


def test_examples_that_stand_in_for_each_other_share_the_credit_of_having_one():
    """Of four examples offered any one suffices: additive credit finds next to nothing, and their
    kind is worth .6.
    """
    rng = random.Random(5)
    played: list[Trial] = []
    for n in range(400):
        offered = dict.fromkeys((f"near {(n + i) % 12}" for i in range(4)), 0.5)
        shown = frozenset(lesson for lesson in offered if rng.random() < 0.5)
        played.append(
            Trial(
                float(rng.random() < (0.8 if shown else 0.2)),
                f"task {n // 2}",
                "a/b",
                offered,
                shown,
            )
        )
    found = assign(played, {f"near {i}": "example" for i in range(12)}).overall
    assert all(0.35 < credit.mean < 0.85 and credit.positive > 0.99 for credit in found.values())
    added = assign(played, {f"near {i}": "rule" for i in range(12)}).overall
    assert fmean(credit.mean for credit in added.values()) < 0.25


def test_rules_are_told_apart_although_no_example_was_near():
    """What the learner keeps of a play without examples is an empty order, one for each prompt."""
    played = [msgspec.structs.replace(trial, near=((),)) for trial in trials(1200, effects=EFFECTS)]
    credits = assign(played, dict.fromkeys(EFFECTS, "rule"))
    assert credits.overall["good"].mean > 0.15
    assert credits.overall["harmful"].mean < -0.15
    assert credits == assign(trials(1200, effects=EFFECTS), dict.fromkeys(EFFECTS, "rule"))
