"""Where the arguments of an action stand, whatever the action looks like."""

import pytest

from firsthand.audit.formats.actions import arguments, joined, kind, pools, put

CALL = '{"calls":[{"name":"post","arguments":{"amount":3,"to":"two words"}}]}'


@pytest.mark.parametrize(
    ("action", "head", "values"),
    [
        ("post:4321=77", "post", ["4321", "77"]),
        ("take lamp", "take", ["lamp"]),
        ("forward", "forward", []),
        ("guess:-3", "guess", ["-3"]),
        ("42", "#", ["42"]),
        (CALL, '{"calls":[{"name":"post",', ["3", "two words"]),
    ],
)
def test_an_action_has_a_kind_and_arguments(action, head, values):
    assert (kind(action), arguments(action)) == (head, values)


def test_one_argument_or_all_of_them_are_replaced():
    assert put("post:4321=77", "5", 1) == "post:4321=5"
    assert put("post:4321=77", "") == "post:"
    assert put("forward", "x") == put("forward", "x", 0) == "forward"
    assert put(CALL, "9", 0) == CALL.replace("3", "9")
    assert put(CALL, "*") == CALL.replace("3", "0").replace("two words", "*"), (
        "a number stays a number"
    )


def test_values_are_pooled_by_kind_and_place():
    assert pools([("a:1,2", "b"), ("a:3,2",)]) == {("a", 0): ["1", "3"], ("a", 1): ["2"]}
    assert joined(["1", "2"]) == ["1 2", "1,2", "1, 2", "1\n2"] and joined(["1"]) == []
