"""Retrieval: nearest first, under weights that are learned from what examples decided."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firsthand as fh
from firsthand.retrieval import Retrieval, pattern, words


def test_the_nearest_comes_first():
    retrieval = Retrieval(
        [
            ("the lamp is broken", "RET"),
            ("how much is the lamp", "PRC"),
            ("how much is the kite", "PRC"),
            ("is it open on Monday", "HRS"),
        ]
    )
    assert retrieval.nearest("how much is the kite")[0] == 2
    assert retrieval.nearest("the lamp is broken")[0] == 0
    assert retrieval.nearest("how much is the drum")[:2] in ([1, 2], [2, 1])
    assert retrieval.nearest("open?") == [3]


def test_the_words_that_decide_count_more_than_rare_ones():
    """`Oslo` is rarer than `refund` and in the query, but tells nothing about the action."""
    examples = [("refund now Oslo", "A"), ("refund please Rome", "A"), ("refund again Bern", "A")]
    examples += [
        ("invoice now Lima", "B"),
        ("invoice please Oslo", "B"),
        ("invoice again Kyiv", "B"),
    ]
    decided = [
        [examples[i][1] for i in index.nearest("refund Oslo please")[:3]]
        for index in (Retrieval(examples), plain(examples))
    ]
    assert decided[0] == ["A", "A", "A"]
    assert "B" in decided[1]


def plain(examples):
    """The same index with every word at the floor: inverse document frequency alone."""
    return Retrieval([(observation, "the same for all") for observation, _ in examples])


def solved(environment, n, *, world, split):
    """Observations with the action that is right."""
    found = []
    for task in fh.tasks(environment, n, split=split, world=world):
        instance = fh.make(environment)
        observation = instance.reset(task)
        found.append((observation.full, next(iter(instance.expert())).text))
    return found


@pytest.mark.parametrize(
    ("environment", "gain"), [("rules/triage", 0.4), ("interfaces/shop_desk", 0.0)]
)
def test_learned_weights_beat_inverse_document_frequency(environment, gain):
    """Share of held-out observations whose nearest example was decided in the right way; triage
    says much that does not matter.
    """
    learned, by_idf = [], []
    for world in range(3):
        examples, held_out = (
            solved(environment, 80, world=world, split="train"),
            solved(environment, 60, world=world, split="eval"),
        )
        for index, hits in ((Retrieval(examples), learned), (plain(examples), by_idf)):
            hits += [
                pattern(*examples[index.nearest(said)[0]]) == pattern(said, right)
                for said, right in held_out
            ]
    assert fmean(learned) > 0.9
    assert fmean(learned) - fmean(by_idf) > gain


def test_ties_keep_the_order_of_the_examples():
    examples = [("a red kite", "x"), ("a red kite", "x"), ("a red kite", "x")]
    assert Retrieval(examples).nearest("red kite") == [0, 1, 2]


def test_the_result_does_not_depend_on_anything_but_the_input():
    examples = solved("rules/triage", 40, world=0, split="train")
    first = [Retrieval(examples).nearest(said) for said, _ in examples]
    assert [Retrieval(list(examples)).nearest(said) for said, _ in examples] == first
    assert all(
        found[0] == index or examples[found[0]][0] == examples[index][0]
        for index, found in enumerate(first)
    )  # itself


def test_only_examples_that_share_a_word_are_returned():
    retrieval = Retrieval([("a lamp", "x"), ("a kite", "y")])
    assert retrieval.nearest("drum") == []
    assert retrieval.nearest("") == []
    assert retrieval.nearest("?!") == []
    assert retrieval.nearest("a drum, unheard of") == [0, 1]


def test_without_examples_there_is_nothing_to_return():
    assert Retrieval([]).nearest("how much is the lamp") == []
    assert Retrieval([("", "x")]).nearest("how much") == []
    assert Retrieval([("lamp", "x")]).nearest("lamp") == [0]


def test_words_are_lower_case_with_pairs_of_neighbours():
    assert words("Is it Übergröße? 42!") == [
        "is",
        "it",
        "übergröße",
        "42",
        "is it",
        "it übergröße",
        "übergröße 42",
    ]
    assert words("") == []


def test_a_pattern_is_what_the_action_adds_to_the_observation():
    assert pattern("how much is the Lamp?", "PRC::lamp!") == "PRC::…!"
    assert pattern("how much is the kite?", "PRC::kite!") == "PRC::…!"
    assert pattern("nothing shared", "PRC::kite!") == "PRC::kite!"
    assert pattern("", "") == ""


@given(st.lists(st.tuples(st.text(), st.text(max_size=3)), max_size=8), st.text())
def test_any_text_can_be_retrieved(examples, query):
    found = Retrieval(examples).nearest(query)
    assert len(set(found)) == len(found)
    assert set(found) <= set(range(len(examples)))
    for index in found:
        assert set(words(examples[index][0])) & set(words(query))
