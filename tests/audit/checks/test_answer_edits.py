"""Edits of right answers: each makes a wrong one, and none is made where it could be right too."""

import json

import pytest
from audit.corpus.index import TARGETS

from firsthand.audit.budget import Options
from firsthand.audit.checks.answers.mutation import mutants
from firsthand.audit.formats.answers import slot
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run
from firsthand.audit.targets.protocol import Instance

CALLS = [{"name": "wait", "for": 3}, {"name": "open", "for": 5}, {"name": "shut", "for": 8}]
TOWNS = [{"town": "Freiburg"}, {"town": "Frankfurt"}, {"town": "Hamburg"}]


def edits(*answers, prompt="Question?", write=str):
    """Return the edits of the first answer, by their names."""
    pool = [
        Instance(seed, f"{prompt} ({seed})", answer=answer, oracle=(f"Answer: {write(answer)}",))
        for seed, answer in enumerate(answers)
    ]
    return {edit.operator: edit.body for edit in mutants(pool[0], pool)}


@pytest.mark.parametrize("answer", ["-5", "(3, 4]", "-0.25"])
def test_an_answer_after_a_mark_keeps_its_sign_and_bracket(answer):
    assert slot(Instance(0, "?", answer=answer, oracle=(f"So.\nAnswer: {answer}",))).body == answer


def test_calls_of_a_list_are_left_out():
    found = edits(CALLS, prompt="Reply with the calls.", write=json.dumps)
    assert json.loads(found["all but the first of the list left out"]) == CALLS[:1]
    assert json.loads(found["the first of the list left out"]) == CALLS[1:]
    assert json.loads(found["the last of the list left out"]) == CALLS[:-1]
    assert "the list turned round" not in found, "nobody asked for an order"
    found = edits(CALLS, prompt="Reply with the calls in order.", write=json.dumps)
    assert json.loads(found["the list turned round"]) == CALLS[::-1]


def test_a_letter_that_names_several_values_names_none():
    found = edits(*TOWNS, write=json.dumps)
    assert json.loads(found["value of town cut to its first letter"]) == {"town": "F"}
    assert json.loads(found["value of town replaced by a full stop"]) == {"town": "."}
    found = edits(*TOWNS[::-1], write=json.dumps)
    assert "value of town cut to its first letter" not in found, "H can only mean Hamburg"


@pytest.mark.parametrize(
    ("answer", "turned"),
    [
        ("garden", "nedrag"),
        ("Garden", "nedraG"),
        ("UDLRUD", None),
        ("north", None),
        ("aabbaa", None),
    ],
)
def test_letters_of_words_are_turned_and_lists_of_letters_are_not(answer, turned):
    assert edits(answer).get("letters in another order") == turned


def test_letters_are_not_turned_into_what_the_prompt_shows():
    found = edits("garden", prompt="The letters NEDRAG are jumbled.")
    assert found["letters in another order"] == "dengar"


@pytest.mark.parametrize(
    ("answer", "turned"),
    [
        ("1925-04-10", "1925-10-04"),
        ("1925/4/10", "1925/10/4"),
        ("1925-04-17", None),
        ("1925-04-04", None),
        ("04-10-11", None),
    ],
)
def test_day_and_month_change_places_where_both_may_be_either(answer, turned):
    assert edits(answer).get("day and month swapped") == turned


def test_brackets_change_where_answers_have_both():
    assert edits("(3, 4]", "[1, 2]")["brackets exchanged"] == "[3, 4)"
    assert "brackets exchanged" not in edits("(3, 4)", "(1, 2)"), "points, not intervals"


@pytest.mark.parametrize(
    ("prompt", "counts"),
    [
        ("Write it in capital letters.", True),
        ("Answers are case-sensitive.", True),
        ("Hyphens and capital letters may be used or not.", False),
        ("Upper or lower case does not matter.", False),
        ("The comparison is case-insensitive, so upper case is fine.", False),
        ("Lower case or upper case, either case is read.", False),
    ],
)
def test_case_is_changed_where_a_prompt_asks_for_it(prompt, counts):
    assert ("case changed" in edits("north", prompt=prompt)) is counts


def test_several_tool_calls_are_one_answer():
    text = "<tool_call>a</tool_call>\n<tool_call>b</tool_call>"
    assert slot(Instance(0, "?", answer="z", oracle=(f"Well. {text}",))).body == text


@pytest.mark.parametrize(
    ("name", "check", "said"),
    [
        ("reach_target", "expressions", "uses a number more than once"),
        ("fraction_boxes", "invariance", "the right one so written is refused"),
    ],
)
def test_what_only_a_grader_shows(name, check, said):
    found = run(spec_of(str(TARGETS[name].path)), Options(only=(check,)))
    assert [said in finding.claim for finding in found.findings] == [True]
