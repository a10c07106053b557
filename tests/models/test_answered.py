"""Answers that were paid for: the same request is not sent twice."""

import pytest
from loopback import say, serving, status

from firsthand.environment import ToolCall
from firsthand.errors import ModelError
from firsthand.models.answered import Answered
from firsthand.models.openai import OpenAI
from firsthand.prompt import Completion, Message, Model, Prompt, Reachable, Sampling, Traits
from firsthand.usage import Usage

GREEDY = Sampling(temperature=0.0)


class Counting:
    """Answers with the number of the call."""

    name, traits = "counting", Traits(calls_tools=True, paid=True)

    def __init__(self, **fields):
        self.calls, self.fields = 0, fields

    async def sample(self, _prompt, _sampling):
        self.calls += 1
        return Completion(str(self.calls), usage=Usage(1, 10, 2), **self.fields)

    async def close(self):
        """Nothing is held."""


def asked(text):
    return Prompt([Message("user", text)])


async def test_a_request_that_decides_its_answer_is_sent_once(tmp_path):
    model = Counting(calls=(ToolCall("file", {"drawer": "A1"}, "c"),))
    kept = Answered(model, tmp_path)
    first = await kept.sample(asked("a"), GREEDY)
    again = await Answered(model, tmp_path).sample(asked("a"), GREEDY)
    assert (again.text, again.calls) == (first.text, first.calls)
    assert (first.usage, again.usage) == (Usage(1, 10, 2), Usage())
    assert (await kept.sample(asked("b"), GREEDY)).text == "2"
    assert (await kept.sample(asked("a"), Sampling(seed=3))).text == "3"
    assert (await kept.sample(asked("a"), Sampling(seed=3))).text == "3"
    assert (await kept.sample(asked("a"), Sampling(seed=4))).text == "4"
    assert kept.found == 1


async def test_free_sampling_is_never_kept(tmp_path):
    kept = Answered(Counting(), tmp_path)
    assert [(await kept.sample(asked("a"), Sampling())).text for _ in "ab"] == ["1", "2"]


async def test_answers_that_were_cut_or_torn_are_asked_for_again(tmp_path):
    cut = Answered(Counting(cut=True), tmp_path)
    assert [(await cut.sample(asked("a"), GREEDY)).text for _ in "ab"] == ["1", "2"]
    kept = Answered(Counting(), tmp_path)
    await kept.sample(asked("b"), GREEDY)
    (file,) = tmp_path.glob("*.json")
    file.write_bytes(file.read_bytes()[:7])
    assert (await kept.sample(asked("b"), GREEDY)).text == "2"


async def test_it_stands_for_the_model(tmp_path):
    kept = Answered(Counting(), tmp_path)
    assert (kept.name, kept.traits.paid) == ("counting", True)
    assert isinstance(kept, Model)
    assert isinstance(kept, Reachable)
    await kept.probe()
    await kept.close()


async def test_a_server_that_refuses_schemas_is_not_asked_for_one_again():
    refusing = status(400, '{"error": {"message": "unknown", "param": "response_format"}}')
    prompt = Prompt([Message("user", "a")], schema={"type": "object"})
    async with serving() as endpoint:
        endpoint.script = [refusing, say("{}")]
        model = OpenAI("m", url=endpoint.url)
        assert (await model.sample(prompt, GREEDY)).text == "{}"
        assert (await model.sample(prompt, GREEDY)).text == "{}"
        await model.close()
    sent = ["response_format" in body for body in endpoint.bodies]
    assert sent == [True, False, False]


async def test_a_refusal_of_something_else_stays_one():
    async with serving() as endpoint:
        endpoint.script = [status(400, '{"error": {"message": "no such model"}}')]
        model = OpenAI("m", url=endpoint.url)
        with pytest.raises(ModelError, match="no such model"):
            await model.sample(Prompt([Message("user", "a")], schema={}), GREEDY)
        await model.close()
