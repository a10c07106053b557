"""Where the answer of an oracle is found in what it writes, and what counts as the same answer."""

import pytest

from firsthand.audit.formats.answers import forms, mentions, same_answer, slot
from firsthand.audit.targets.protocol import Instance


def instance(answer, text):
    return Instance(0, "Who?", answer, (text,))


ROLES = {"Ann": "knight", "Bo": "knave", "Cy": "knight"}
LINES = "(1) Ann is a knight\n(2) Bo is a knave\n(3) Cy is a knight"


@pytest.mark.parametrize(
    ("answer", "text", "body"),
    [
        ("58", "I try 58 first.\nAnswer: 58", "58"),
        (58, "Half of 58 is 29, twice 29 is 58.\n#### 58", "58"),
        (ROLES, f"<think>Ann may be a knave.</think>\n<answer>\n{LINES}\n</answer>", LINES),
        (ROLES, f"I try some combinations for Ann and Bo.\n{LINES}", LINES),
        (["Vienna", "Wien"], "<think>Wien it is.</think> <answer> Vienna </answer>", "Vienna"),
        (["Jane Austen", "Austen"], "<answer>Austen</answer>", "Austen"),
        ([3, 3, 5], "The parts are 3, 5 and so on.\n\\boxed{3, 3, 5}", "3, 3, 5"),
        ({"a": 1, "b": 2}, 'Here: {"b": 2, "a": 1}', '{"b": 2, "a": 1}'),
        ([[1, 2], [2, 3]], "I colour the map field by field, with care.\nRGB", "RGB"),
        ("", "nothing is known", "nothing is known"),
    ],
)
def test_the_committed_answer_is_found_and_nothing_around_it(answer, text, body):
    assert slot(instance(answer, text)).body == body


def test_listed_forms_are_alternatives_only_where_the_oracle_writes_one_of_them():
    assert "Wien" in forms(instance(["Vienna", "Wien"], "Vienna"))
    assert "Wien" not in forms(instance(["Vienna", "Wien"], "Vienna, Wien"))


def test_one_shared_value_is_not_the_same_answer():
    one = instance(ROLES, f"<answer>{LINES}</answer>")
    assert not same_answer("knight", one) and not mentions("knight", one)
    assert mentions(f"I say: {LINES}", one)


def test_signs_and_points_make_another_number():
    assert not same_answer("195.8", instance("-195.8", "-195.8"))
    assert not same_answer("1958", instance("195.8", "195.8"))
    assert same_answer("195.80", instance("195.8", "195.8"))
