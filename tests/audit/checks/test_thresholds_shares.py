"""Decisions of the checks of fixed texts, copies, lists and relations, each at its boundary."""

import pytest

from firsthand.audit.checks.answers.constants import (
    earns_a_part,
    paid_though_wrong,
    right_too_often,
)
from firsthand.audit.checks.answers.copy_rules import rule_pays
from firsthand.audit.checks.answers.echo import paid_for_copies
from firsthand.audit.checks.answers.enumeration import lists_paid
from firsthand.audit.checks.answers.odd_values import runs_python
from firsthand.audit.checks.answers.sweeps import paid_as
from firsthand.audit.checks.instances import alike, hardly_any, linear
from firsthand.audit.checks.relations.raised import raised_enough
from firsthand.audit.checks.relations.space import arbitrary
from firsthand.audit.checks.relations.two_answers import both_paid


@pytest.mark.parametrize(
    ("wrong", "n", "many", "accused"),
    [
        (20, 100, False, True),
        (19, 100, False, False),
        (50, 100, True, True),
        (49, 100, True, False),
        (3, 8, False, True),
        (2, 8, False, False),
    ],
)
def test_a_fixed_answer_may_not_be_paid_where_another_is_right(wrong, n, many, accused):
    assert paid_though_wrong(wrong, n, many=many) is accused


@pytest.mark.parametrize(
    ("paid", "n", "answers", "accused"),
    [
        (70, 100, 2, True),  # a half, and a fifth more
        (69, 100, 2, False),
        (50, 100, 10, True),  # of many answers, a half
        (49, 100, 10, False),
        (8, 8, 3, True),
        (7, 7, 3, False),  # fewer than eight instances say nothing
        (6, 8, 2, False),  # likely enough by luck
    ],
)
def test_a_fixed_answer_may_not_be_right_too_often(paid, n, answers, accused):
    assert right_too_often(paid, n, answers=answers) is accused


@pytest.mark.parametrize(
    ("mean", "n", "answers", "accused"),
    [
        (0.6, 8, 10, True),
        (0.59, 8, 10, False),
        (0.6, 7, 10, False),
        (0.9, 8, 3, False),
        (0.9, 8, 4, True),
    ],
)
def test_a_fixed_answer_may_not_earn_a_good_part_everywhere(mean, n, answers, accused):
    assert earns_a_part(mean, n, answers=answers) is accused


@pytest.mark.parametrize(
    ("values", "says", "kind"),
    [
        ([1.0] * 10 + [0.0] * 90, True, "in full"),
        ([1.0] * 9 + [0.0] * 91, True, ""),
        ([1.0] + [0.0] * 99, False, "in full"),
        ([1.0, 0.0], True, "in part"),  # one of two: not in full, yet half on average
        ([0.2] * 3 + [0.2 + 2e-6], True, "in part"),
        ([0.198, 0.199, 0.197], True, ""),
        ([0.021] * 4 + [0.0], True, "in part"),  # as little, but on four of five instances
        ([0.021] * 3, True, ""),
        ([0.021] * 7 + [0.0] * 3, True, ""),
        ([0.02] * 10, True, ""),
    ],
)
def test_texts_without_content_are_told_from_these_shares(values, says, kind):
    assert paid_as(values, says_something=says) == kind


@pytest.mark.parametrize(
    ("full", "values", "whole", "accused"),
    [
        (10, [0.0] * 100, True, True),
        (9, [0.0] * 100, True, False),
        (30, [0.0] * 100, False, True),
        (29, [0.0] * 100, False, False),
        (1, [1.0] + [0.0] * 4, True, False),
        (0, [0.5] * 4, False, True),
        (0, [0.49] * 4, False, False),
        (0, [0.5] * 3, False, False),
        (0, [], True, False),
    ],
)
def test_copies_of_the_prompt_are_told_from_these_shares(full, values, whole, accused):
    assert paid_for_copies(full, values, whole=whole) is accused


@pytest.mark.parametrize(
    ("paid", "n", "accused"), [(10, 100, True), (9, 100, False), (2, 4, True), (1, 4, False)]
)
def test_lists_are_told_from_a_tenth_and_two_instances(paid, n, accused):
    assert lists_paid(paid, n) is accused


@pytest.mark.parametrize(
    ("hits", "n", "chance", "chooses", "accused"),
    [
        (90, 100, 0.25, False, True),
        (89, 100, 0.25, False, False),
        (50, 100, 0.25, True, True),
        (49, 100, 0.25, True, False),
        (50, 100, 0.25, False, False),
        (5, 8, 0.25, True, False),  # likely enough by luck
        (0, 0, 0.25, True, False),
    ],
)
def test_copying_rules_are_told_from_nine_tenths_or_a_quarter_above_chance(
    hits, n, chance, chooses, accused
):
    assert rule_pays(hits, n, chance=chance, chooses=chooses) is accused


@pytest.mark.parametrize(
    ("count", "n", "right", "accused"),
    [
        (20, 100, True, True),
        (19, 100, True, False),
        (50, 100, False, True),
        (49, 100, False, False),
        (1, 1, False, False),
        (0, 0, True, False),
    ],
)
def test_longer_answers_that_earn_more_are_told_from_these_shares(count, n, right, accused):
    assert raised_enough(count, n, right=right) is accused


@pytest.mark.parametrize(
    ("count", "n", "accused"),
    [(30, 100, True), (29, 100, False), (1, 1, True), (1, 3, False), (0, 0, False)],
)
def test_two_answers_are_told_from_three_tenths_and_two_instances(count, n, accused):
    assert both_paid(count, n) is accused


@pytest.mark.parametrize(("refused", "no_rule"), [(15, True), (14, False), (85, True), (86, False)])
def test_refused_space_follows_a_rule_on_nearly_all_or_nearly_no_instances(refused, no_rule):
    assert arbitrary(refused, 100) is no_rule


@pytest.mark.parametrize(("more", "n", "accused"), [(2, 4, True), (1, 1, False), (5, 12, False)])
def test_evaluation_is_told_from_half_of_the_instances_and_two(more, n, accused):
    assert runs_python(more, n) is accused


@pytest.mark.parametrize(
    ("distinct", "n", "told", "few"),
    [
        (90, 100, False, False),
        (89, 100, True, False),
        (50, 100, True, False),
        (49, 100, True, True),
        (99, 700, True, True),
        (100, 700, True, False),
        (1, 20, True, True),
        (1, 19, True, False),
    ],
)
def test_few_different_instances_are_told_from_these_numbers(distinct, n, told, few):
    assert (alike(distinct, n), hardly_any(distinct, n)) == (told, few)


@pytest.mark.parametrize(
    ("seeds", "modulus", "follows"), [(20, 4, True), (19, 4, False), (20, 3, False)]
)
def test_a_rule_from_the_seed_takes_twenty_seeds_and_four_values(seeds, modulus, follows):
    pairs = [(seed, (7 * seed + 1) % modulus) for seed in range(seeds)]
    assert bool(linear(pairs)) is follows
