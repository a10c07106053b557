"""Promotion by false discoveries: useless lessons beside helpful ones stay where they are."""

import random

import pytest

from firsthand.learn.lessons.credit import Trial, assign
from firsthand.learn.lessons.examples import Plays
from firsthand.learn.lessons.promotion import below_mean_doubt, benjamini_hochberg, judge
from firsthand.learn.lessons.settings import LearnConfig
from firsthand.playbook import Lesson


def rules(n):
    return [Lesson("rule", f"rule {i}", scope="a/b") for i in range(n)]


def played(lessons, effect, n, seed, *, environment="a/b"):
    rng, found = random.Random(seed), []
    for number in range(n):
        shown = frozenset(lesson.id for lesson in lessons if rng.random() < 0.5)
        chance = min(
            max(0.3 + sum(effect(lesson) for lesson in lessons if lesson.id in shown), 0), 1
        )
        offered = dict.fromkeys((lesson.id for lesson in lessons), 0.5)
        task = f"{environment}/{number}"
        found.append(Trial(float(rng.random() < chance), task, environment, offered, shown))
    return found


def test_useless_rules_beside_helpful_ones_are_not_carried_by_their_kind():
    """26 to 37% of them used to be promoted."""
    useless = helpful = 0
    for seed in range(10):
        lessons = rules(16)
        good = {lesson.id for lesson in lessons[:6]}
        trials = played(lessons, lambda lesson, good=good: 0.15 * (lesson.id in good), 600, seed)
        credits = assign(trials, {lesson.id: "rule" for lesson in lessons})
        (core,) = judge(lessons, credits, LearnConfig()).promoted.values()
        useless += len(core - good)
        helpful += len(core & good)
    assert useless <= 0.15 * (useless + helpful)
    assert useless / 100 < 0.12
    assert helpful > 40  # of 60


def test_benjamini_and_hochberg():
    p = {"a": 0.001, "b": 0.012, "c": 0.04, "d": 0.2, "e": 0.9}
    assert benjamini_hochberg(p, 0.05) == ["a", "b"]
    assert benjamini_hochberg(p, 0.07) == ["a", "b", "c"]
    assert benjamini_hochberg({}, 0.1) == []


def test_the_mean_doubt_of_what_is_kept_stays_below_the_level():
    assert below_mean_doubt({"a": 0.0, "b": 0.1, "c": 0.2, "d": 0.2}, 0.1) == ["a", "b", "c"]
    assert below_mean_doubt({"a": 0.2}, 0.1) == []


def test_a_lesson_is_promoted_where_it_helps_and_not_where_it_harms():
    (lesson,) = lessons = [Lesson("rule", "turn left", scope="*")]
    trials = played(lessons, lambda _lesson: 0.4, 300, 0, environment="a/here")
    trials += played(lessons, lambda _lesson: -0.25, 300, 1, environment="a/there")
    judged = judge(lessons, assign(trials, {lesson.id: "rule"}), LearnConfig())
    assert judged.promoted == {"a/here": {lesson.id}, "a/there": frozenset()}
    assert judged.lessons[0].state == "core"


@pytest.mark.parametrize(("mask", "said"), [(0.5, ()), (0.02, ("example",))])
def test_what_never_varied_is_reported(mask, said):
    """Sixty examples at one half: some is always shown, so the effect of showing any cannot be
    told.
    """
    rng = random.Random(0)
    lessons = [f"e{i}" for i in range(60)]
    trials = []
    for number in range(200):
        hidden = rng.random() < (0.2 if mask == 0.5 else 0.0)
        shown = frozenset(e for e in lessons if not hidden and rng.random() < 0.5)
        offered = dict.fromkeys(lessons, 0.5)
        hide = 0.2 if mask == 0.5 else 0.0
        trials.append(Trial(0.0, f"t{number}", "a", offered, shown, hide, (tuple(lessons),)))
    assert assign(trials, dict.fromkeys(lessons, "example")).unidentified == said


def test_an_example_that_was_never_the_nearest_is_not_promoted():
    """Only a trigger would bring it up: what its kind is worth says nothing about it."""
    rng = random.Random(0)
    good = [Lesson("example", observation=f"ask {i}", action="go", scope="a/b") for i in range(8)]
    waits = Lesson("example", observation="purple heron", action="stop", scope="a/b")
    lessons, trials = [*good, waits], []
    for number in range(400):
        hidden = rng.random() < 0.2
        near = [lesson.id for lesson in rng.sample(good, 3)]
        shown = frozenset(id for id in near if not hidden and rng.random() < 0.5)
        reward = float(rng.random() < (0.9 if shown else 0.2))
        # it is on offer, behind all others
        offered = dict.fromkeys([*near, waits.id], 0.5)
        trials.append(Trial(reward, f"t{number}", "a/b", offered, shown, 0.2, ((*near, waits.id),)))
    credits = assign(trials, {lesson.id: "example" for lesson in lessons})
    assert all(credits.overall[lesson.id].positive > 0.8 for lesson in good)
    (core,) = judge(lessons, credits, LearnConfig()).promoted.values()
    assert core == {lesson.id for lesson in good}


def test_recorded_successes_are_promoted_on_the_plays_that_agree_with_them():
    """One that was proposed last is carried by the others; one whose plays fail is not, and where
    showing examples changes nothing, none is.
    """
    rng = random.Random(0)
    lessons = [
        Lesson("example", observation=f"ask {i}", action="go", scope="a/b", evidence=(f"e{i}",))
        for i in range(20)
    ]
    *shown, wrong, last = lessons
    agreed = {("a/b", lesson.id): Plays(3.0, 3.0) for lesson in shown}
    agreed |= {("a/b", wrong.id): Plays(3.0, 0.0), ("a/b", last.id): Plays(0.0, 0.0)}

    def promoted(helped):
        trials = []
        for number in range(400):
            hidden = rng.random() < 0.2
            near = [lesson.id for lesson in rng.sample(shown, 3)]
            seen = frozenset(id for id in near if not hidden and rng.random() < 0.5)
            reward = float(rng.random() < (helped if seen else 0.2))
            offered = dict.fromkeys(near, 0.5)
            trials.append(Trial(reward, f"t{number}", "a/b", offered, seen, 0.2, (tuple(near),)))
        credits = assign(trials, {one.id: "example" for one in lessons}, agreed=agreed)
        return judge(lessons, credits, LearnConfig()).promoted["a/b"]

    assert promoted(0.9) == {lesson.id for lesson in (*shown, last)}
    assert promoted(0.2) == frozenset()
