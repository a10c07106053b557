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


QUERY = "SELECT city FROM people WHERE age > 30"
FORMAT_PART = """
TASKS = [{{"prompt": f"What is {{n}} + {{n}}? {told}", "answer": 2 * n}} for n in range(11, 41)]
def oracle(task): return f"<answer>{{task['answer']}}</answer>"
def reward(prompt, completion, answer):
    if not (completion.startswith("<answer>") and completion.endswith("</answer>")):
        return 0.0
    return 1.0 if completion[8:-9] == str(answer) else {part}
"""
COLOURS = """
import itertools, json
def fits(pairs, colours):
    return set(colours) == {*"abcde"} and all(colours[a] != colours[b] for a, b in pairs)
GRAPHS = [g for g in itertools.combinations(["ab", "bc", "cd", "de", "ae", "bd"], 4)]
TASKS = []
for pairs in GRAPHS:
    ways = (dict(zip("abcde", way)) for way in itertools.product("RGB", repeat=5))
    right = next(way for way in ways if fits(pairs, way))
    TASKS.append({"prompt": f"Colour a to e with R, G or B; joined: {pairs}. Reply in JSON.",
                  "answer": {"pairs": pairs, "example": right}})
def oracle(task): return json.dumps(task["answer"]["example"])
def reward(prompt, completion, answer):
    try:
        got = json.loads(completion)
        return float(set(got.values()) <= {*"RGB"} and fits(answer["pairs"], got))
    except Exception:
        return 0.0
"""


def accused(tmp_path, program, *checks):
    (tmp_path / "grader.py").write_text(program)
    found = run(spec_of(str(tmp_path / "grader.py")), Options(only=checks))
    return [finding.claim for finding in found.findings if finding.severity != "minor"]


def test_the_order_of_a_querys_words_matters():
    found = edits(QUERY)
    assert found["columns exchanged"] == "SELECT age FROM people WHERE city > 30"
    assert found["words turned round"] == "30 > age WHERE people FROM city SELECT"


@pytest.mark.parametrize(
    ("told", "part", "severe"),
    [
        ("The right form is worth 0.1.", 0.1, False),
        ("Answers in the right form earn 10%.", 0.1, False),
        ("Answers within 0.1 are right.", 0.1, True),
        ("Reply in tags.", 0.1, True),
        ("The right form is worth 0.4.", 0.4, True),
    ],
)
def test_a_small_part_that_prompts_declare_is_no_flaw(tmp_path, told, part, severe):
    program = FORMAT_PART.format(told=told, part=part)
    assert bool(accused(tmp_path, program, "oracle", "empty")) is severe


def test_another_solution_of_a_puzzle_is_no_wrong_answer(tmp_path):
    assert accused(tmp_path, COLOURS, "oracle", "mutation") == []
    lax = COLOURS.replace('set(colours) == {*"abcde"} and ', "").replace(
        "colours[a] != colours[b]", "colours.get(a, 0) != colours.get(b, 1)"
    )
    assert any("left out" in claim for claim in accused(tmp_path, lax, "oracle", "mutation"))
