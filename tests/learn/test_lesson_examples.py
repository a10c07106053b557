"""The mixture of working and useless examples: told apart by a play or two, and only where there
are two groups.
"""

import random

import pytest

from firsthand.learn.lessons.examples import Done, Plays, agreeing, fit, made_up, nearest_plays
from firsthand.playbook import Credit, Lesson

CERTAIN = Credit(0.5, 0.05, 400)


def drawn(rng, n, chance):
    return Plays(float(n), float(sum(rng.random() < chance for _ in range(n))))


def store(share_wrong, *, seed=0, examples=90, plays=3, works=0.95, useless=0.03):
    """Plays of right and wrong examples, and of nothing shown at a base rate of .2."""
    rng = random.Random(seed)
    wrong = [i < share_wrong * examples for i in range(examples)]
    found = [drawn(rng, plays, useless if bad else works) for bad in wrong]
    return wrong, found, drawn(rng, 80, 0.2)


def test_a_tenth_of_wrong_examples_is_found():
    wrong, found, none = store(0.1)
    groups = fit(found, none)
    doubts = [groups.credit(own, groups, 3, CERTAIN).doubt for own in found]
    assert max(d for d, bad in zip(doubts, wrong, strict=True) if not bad) < 0.2
    assert min(d for d, bad in zip(doubts, wrong, strict=True) if bad) > 0.8
    assert groups.share == pytest.approx(0.9, abs=0.06)
    assert (
        groups.credit(found[0], groups, 3, CERTAIN).mean
        < 0
        < groups.credit(found[-1], groups, 3, CERTAIN).mean
    )


def test_of_an_example_without_plays_only_the_kind_is_known():
    _, found, none = store(0.1)
    groups = fit(found, none)
    unknown = groups.credit(Plays(0.0, 0.0), groups, 3, CERTAIN)
    assert unknown.own == 0.0
    assert unknown.doubt == pytest.approx(1 - groups.share, abs=1e-5)


def test_where_all_are_alike_none_is_singled_out_by_bad_luck():
    _, found, none = store(0.0, works=0.8)
    groups = fit(found, none)
    assert groups.share == 1.0
    assert {groups.credit(own, groups, 3, CERTAIN).doubt for own in found} == {0.0}


def test_without_an_effect_of_the_kind_nothing_is_believed_of_its_members():
    _, found, none = store(0.5, useless=0.1)
    nothing = Credit(0.0, 0.05, 400)
    groups = fit(found, none)
    credits = [groups.credit(own, groups, 3, nothing) for own in found]
    assert all(credit.doubt == 1.0 and credit.mean == 0.0 for credit in credits)


def test_a_kind_that_harms_is_seen_to():
    rng = random.Random(0)
    found = [drawn(rng, 4, 0.05) for _ in range(20)]
    groups = fit(found, drawn(rng, 80, 0.6))
    credit = groups.credit(found[0], groups, 4, Credit(-0.5, 0.05, 80))
    assert credit.positive < 0.01 and credit.doubt == 1.0


def test_turns_with_different_nearest_examples_share_a_play():
    found, none = nearest_plays([(1.0, ("a", "a", "b", None)), (0.0, ("a",))])
    assert found == {"a": Plays(1.5, 0.5), "b": Plays(0.25, 0.25)}
    assert none == Plays(0.25, 0.25)


def recorded(word, action, episode):
    said = f"please {word}"
    return Lesson("example", observation=said, action=action, scope="a/b", evidence=(episode,))


OPEN, SHUT = recorded("open", "X-OPEN", "e1"), recorded("shut", "Y-SHUT", "e2")


def turn(task, said, action, outcome, *, weight=1.0, episode="", by_parts=False):
    return Done(episode or f"of {task}", task, "a/b", said, action, outcome, weight, by_parts)


def test_plays_that_did_what_the_nearest_example_would_have_done_tell_about_it():
    """Whether it was shown does not matter; its own task and other ways of acting do not count."""
    turns = [
        turn("t1", "please open", "X-OPEN", 1.0, episode="e1"),
        turn("t1", "please open", "X-OPEN", 0.0),
        turn("t3", "now open it", "X-OPEN", 1.0),
        turn("t3", "now open it", "X-OPEN", 0.0, weight=0.5),
        turn("t4", "now open it", "Z-OPEN", 0.0),
        turn("t5", "now shut it", "Y-SHUT", 0.0),
    ]
    found = agreeing(turns, [OPEN, SHUT])
    assert found == {("a/b", OPEN.id): Plays(1.5, 1.0), ("a/b", SHUT.id): Plays(1.0, 0.0)}


def test_made_up_examples_and_choices_of_parts_are_not_judged_by_agreement():
    made_up = Lesson("example", observation="please open", action="X-OPEN", scope="a/b")
    turns = [turn("t3", "now open it", "X-OPEN", 1.0)]
    assert agreeing(turns, [made_up]) == {}
    partwise = agreeing([turn("t4", "open", "X-OPEN", 1.0, by_parts=True)], [OPEN])
    assert partwise == {("a/b", OPEN.id): None}


@pytest.mark.parametrize(
    ("wins", "plays", "promoted"), [(3, 3, False), (4, 4, True), (4, 8, False)]
)
def test_a_made_up_example_needs_several_wins_of_its_own(wins, plays, promoted):
    """Its luck would otherwise be taken for the worth of others, whoever planted them."""
    credit = made_up(Plays(float(plays), float(wins)), Plays(100.0, 20.0), 10, CERTAIN)
    assert (credit.doubt <= 0.1) == promoted
    assert credit.mean > 0
    unlucky = made_up(Plays(6.0, 0.0), Plays(100.0, 20.0), 10, CERTAIN)
    assert unlucky.doubt == 1.0 and unlucky.positive < 0.1
