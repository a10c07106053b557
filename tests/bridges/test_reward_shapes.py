"""Which shape a reward function has, what its arguments are filled with, and what is said where
that cannot be told.
"""

import pytest

from firsthand.bridges.reward_data import Rows
from firsthand.bridges.reward_shapes import Columns, Parameter, bind, detect
from firsthand.errors import UnknownName, UserError

ROWS = Rows("train.jsonl", [{"question": "1 + 1?", "solution": "2", "info": {"level": 3}}], 1)
COLUMNS = Columns("question", "solution")


def parameters(text):
    """Read `a, b: str, c=, **kw` as parameters."""
    found = []
    for part in filter(None, text.split(", ")):
        name, _, annotation = part.rstrip("=").partition(": ")
        kind = "var_keyword" if name.startswith("**") else "positional_or_keyword"
        found.append(Parameter(name.lstrip("*"), kind, not part.endswith("="), annotation))
    return found


def bound(text, *, rows=ROWS, columns=COLUMNS, wanted=None, **given):
    shape = detect("f", parameters(text), wanted, given)
    return bind("f", parameters(text), shape, rows, columns, given)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("prompts, completions, **kwargs", "trl"),
        ("completions, solution", "trl"),
        ("data_source, solution_str, ground_truth, extra_info=", "verl"),
        ("solution_strs, ground_truths", "verl-batch"),
        ("completion, answer, **kwargs", "verifiers"),
        ("prompt, completion, answer", "verifiers"),
    ],
)
def test_a_shape_is_told_from_the_names_of_the_parameters(text, shape):
    assert detect("f", parameters(text)) == shape


def test_what_cannot_be_told_says_how_to_choose():
    with pytest.raises(
        UserError, match=r"f\(pred, gold\) has none of the usual shapes.*--argument"
    ):
        detect("f", parameters("pred, gold"))
    with pytest.raises(
        UserError, match="could have several shapes. Choose one: --shape trl or ver"
    ):
        detect("f", parameters("completions, completion"))
    with pytest.raises(UserError, match="names no parameter by which its shape could be told"):
        detect("f", parameters("**kwargs"))
    with pytest.raises(UnknownName, match="Did you mean 'verl'"):
        detect("f", parameters("completions"), "verk")


def test_trl_gets_its_columns_in_lists():
    call = bound("prompts, completions, solution, trainer_state, **kwargs")
    assert call.batched and call.arguments == {
        "prompts": ("column", "question"),
        "completions": ("completion", ""),
        "solution": ("column", "solution"),
        "trainer_state": ("nothing", ""),
        "info": ("column", "info"),
    }


def test_token_ids_are_bytes_and_that_is_said():
    call = bound("completion_ids, completions")
    assert call.arguments["completion_ids"] == ("bytes", "")
    assert "no tokenizer" in call.notes[0]


def test_verl_gets_the_answer_as_ground_truth():
    call = bound("data_source=, solution_str, ground_truth, extra_info")
    assert not call.batched and call.conversational is False
    assert call.arguments == {
        "solution_str": ("completion", ""),
        "ground_truth": ("column", "solution"),
        "extra_info": ("nothing", ""),
    }
    with pytest.raises(UserError, match="no column for data_source"):
        bound("data_source, solution_str, ground_truth")
    given = {"data_source": "=openai/gsm8k"}
    call = bound("data_source, solution_str, ground_truth", **given)
    assert call.arguments["data_source"] == ("constant", "openai/gsm8k")


def test_a_rubric_gets_state_info_and_its_parser():
    parser = Parameter("parser", "positional_or_keyword", True, module=True)
    known = [*parameters("completion, answer, state, info"), parser]
    call = bind("f", known, "verifiers", ROWS, COLUMNS, {})
    assert call.arguments["parser"] == ("module", "parser")
    assert call.arguments["state"] == ("state", "")
    assert call.arguments["info"] == ("column", "info")


def test_annotations_say_whether_completions_are_messages():
    assert bound("completions: list[list[dict]]").conversational is True
    assert bound("completions: list[str]").conversational is False
    assert bound("completions").conversational is None
    chat = Rows("t", [{"prompt": [{"role": "user", "content": "hi"}], "a": "1"}], 1)
    assert bound("completions", rows=chat, columns=Columns("prompt", "a")).conversational is True


def test_arguments_named_by_hand():
    call = bound("pred, gold", pred="completion", gold="solution")
    assert call.shape == "named" and not call.batched
    assert bound("preds, golds", preds="completions", golds="solution").batched
    with pytest.raises(UnknownName, match="parameter of f is named 'prd'. Did you mean 'pred'"):
        bound("pred, gold", prd="completion", gold="solution")
    with pytest.raises(UnknownName, match="Did you mean 'solution'"):
        bound("pred, gold", pred="completion", gold="soluton")


def test_a_missing_column_suggests_the_nearest():
    with pytest.raises(UserError, match="Did you mean --argument solutions=solution"):
        bound("completions, solutions")
