"""Actions as text: one module writes them, for readers, for models, and so that they can be read
back.
"""

import pytest

from firsthand.actions import calls_as_json, decoded, encoded, spoken
from firsthand.environment import Action, ToolCall

POST = ToolCall("post", {"party": 'a "b"', "amount": -5, "lines": [1]}, "0")
LOOK = ToolCall("look", {}, "1")


def test_a_reader_sees_calls_as_calls():
    assert spoken(Action("two", (POST, LOOK))) == (
        'two\npost(party="a "b"", amount=-5, lines=[1])\nlook()'
    )
    assert spoken(Action("only words")) == "only words"
    assert spoken(Action("", (LOOK,) * 3), most=2) == "look()\nlook()\n… (1 more calls)"


def test_a_model_sees_calls_as_the_json_it_answers_with():
    assert calls_as_json(Action("", (POST,))) == (
        '{"name":"post","arguments":{"party":"a \\"b\\"","amount":-5,"lines":[1]}}'
    )
    assert calls_as_json(Action("words")) == "words"


@pytest.mark.parametrize(
    "action",
    [
        Action(""),
        Action("go north"),
        Action('{"calls":'),
        Action('{"calls":' + "[" * 5000),
        Action("{}"),
        Action("", (POST,)),
        Action("both", (POST, LOOK)),
    ],
)
def test_an_encoded_action_is_read_back_as_it_was(action):
    assert decoded(encoded(action)) == action
