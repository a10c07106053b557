"""How many families a set is worth, and what it holds."""

import math
from importlib.metadata import entry_points

import pytest

import firsthand as fh
from firsthand.catalogue.ceiling import curve
from firsthand.catalogue.diversity import clusters, effective_number, overlap
from firsthand.catalogue.reference import Copycat, Linear, demonstrated, scored, shuffled
from firsthand.catalogue.skills import OF, SKILLS
from firsthand.registry import GROUP


def test_near_duplicates_count_less():
    near = {("a", "b"): 0.9, ("b", "c"): 0.6, ("a", "c"): 0.1, ("a", "d"): 0.0}
    groups = clusters(["a", "b", "c", "d"], near, 0.5)
    assert groups == [["a", "b", "c"], ["d"]]
    assert effective_number([["a"], ["b"], ["c"]]) == pytest.approx(3.0)
    expected = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert effective_number(groups) == pytest.approx(expected)
    assert effective_number([]) == 0.0


def test_overlap_is_a_share_of_all_words():
    assert overlap(frozenset("ab"), frozenset("bc")) == pytest.approx(1 / 3)
    assert overlap(frozenset(), frozenset()) == 0.0


def test_skills_come_from_the_vocabulary_and_name_environments_that_exist():
    shipped = set(entry_points(group=GROUP).names)  # other tests register worlds of their own
    assert {skill for skills in OF.values() for skill in skills} <= set(SKILLS)
    assert set(OF) <= shipped and shipped <= set(OF), "an environment without skills: tell them"


async def test_the_linear_learner_learns_and_the_shuffled_one_does_not():
    desk = "interfaces/shop_desk"
    shown = await demonstrated(fh.tasks(desk, 120))
    held_out = fh.tasks(desk, 40, split="eval")
    means = {}
    for name, learner, episodes in (
        ("linear", Linear(), shown),
        ("copycat", Copycat(), shown),
        ("shuffled", Linear(), shuffled(shown, seed=0)),
    ):
        learner.fit([decision for made in episodes for decision in made], seed=0)
        scores = await scored(learner, held_out)
        means[name] = sum(scores) / len(scores)
    assert means["linear"] > 0.6 > means["shuffled"] + 0.2
    (ceiling,) = await curve(desk, episodes=(120,), held_out=40)
    assert ceiling >= means["linear"]
