"""Conversations that do not fit: what servers say, and what becomes of the episode."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web
from loopback import Answer, Endpoint, say, serving, status
from test_openai import QUICK, ask

import firsthand as fh
from firsthand.errors import ContextFull, EndpointError, ModelError
from firsthand.evaluate.evaluate import summarise
from firsthand.models.openai import OpenAI
from firsthand.prompt import Sampling


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with serving() as found:
        yield found


def error(message: str, **more: object) -> str:
    return json.dumps({"error": {"message": message, **more}})


OPENAI = error(
    "This model's maximum context length is 8192 tokens. However, your messages resulted in "
    "9001 tokens. Please reduce the length of the messages.",
    type="invalid_request_error",
    param="messages",
    code="context_length_exceeded",
)
LLAMA_SERVER = error(
    "the request exceeds the available context size. try increasing the context size or enable "
    "context shift",
    code=400,
    type="exceed_context_size_error",
    n_prompt_tokens=1407,
    n_ctx=256,
)
VLLM = json.dumps(
    {
        "object": "error",
        "message": "This model's maximum context length is 4096 tokens. However, you requested "
        "5096 tokens (1000 in the messages, 4096 in the completion). Please reduce the length "
        "of the messages or completion.",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }
)
FULL = {
    "OpenAI": (400, OPENAI, 9001, 8192),
    "vLLM": (400, VLLM, 5096, 4096),
    "vLLM, the prompt alone": (
        400,
        error("Decoder prompt (length 900) is longer than the maximum model length of 512."),
        None,
        512,
    ),
    "llama-server": (400, LLAMA_SERVER, 1407, 256),
    "llama-server, older": (500, LLAMA_SERVER, 1407, 256),
    "llama-server behind a proxy": (200, LLAMA_SERVER, 1407, 256),
    "llama-server, newer": (
        400,
        error("request (9412 tokens) exceeds the available context size (8192 tokens)"),
        9412,
        8192,
    ),
    "SGLang": (
        400,
        error("The input (5,000 tokens) is longer than the model's context length (4096 tokens)."),
        None,
        4096,
    ),
    "Anthropic": (400, error("prompt is too long: 210000 tokens > 200000 maximum"), 210000, 200000),
    "Mistral": (
        422,
        error(
            "Prompt contains 40000 tokens, too large for model with 32768 maximum context length"
        ),
        40000,
        None,
    ),
    "Gemini": (
        400,
        error("The input token count (1200000) exceeds the maximum number of tokens allowed."),
        None,
        None,
    ),
    "llama-cpp-python": (
        400,
        error("Requested tokens (5000) exceed context window of 4096", code="bad_request"),
        None,
        4096,
    ),
    "a gateway that passes a code on as text": (
        400,
        json.dumps({"detail": "upstream: context_length_exceeded"}),
        None,
        None,
    ),
    "xAI": (
        400,
        error("This model's maximum prompt length is 131072 but the request contains 200000."),
        200000,
        None,
    ),
    "LM Studio": (
        400,
        json.dumps({"error": "The model is loaded with context length of 4096, not enough."}),
        None,
        4096,
    ),
    "a proxy that bounds bodies": (413, "<html>413 Request Entity Too Large</html>", None, None),
}


@pytest.mark.parametrize(("code", "body", "tokens", "context"), FULL.values(), ids=FULL.keys())
async def test_a_full_context_is_told_apart_from_other_refusals(
    endpoint: Endpoint, code: int, body: str, tokens: int | None, context: int | None
):
    endpoint.script = [status(code, body)]
    with pytest.raises(ContextFull, match="does not fit into the model's context. It said: ") as e:
        await ask(endpoint)
    assert (e.value.tokens, e.value.context) == (tokens, context)
    assert len(endpoint.bodies) <= 2, "once more without the default limit, and no more"


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (400, error("The conversation is not valid."), ModelError),
        (
            400,
            error("max_tokens is too large: 9000. At most 4096 tokens are supported."),
            ModelError,
        ),
        (413, error("Request too large: tokens per minute (TPM): Limit 6000"), ModelError),
        (401, error("maximum context length"), EndpointError),
        (400, error("reasoning_effort: the context must be one of low, high"), ModelError),
    ],
)
async def test_other_refusals_are_no_full_context(
    endpoint: Endpoint, code: int, body: str, kind: type[ModelError]
):
    endpoint.script = [status(code, body)]
    with pytest.raises(kind, match="refused the request: "):
        await ask(endpoint, sampling=Sampling(max_tokens=9000))


async def test_an_answer_that_may_be_longer_than_the_context_is_a_mistake_of_the_caller(
    endpoint: Endpoint,
):
    endpoint.script = [status(400, VLLM)]
    with pytest.raises(ModelError, match=r"Allow fewer tokens for an answer \(--max-tokens\)"):
        await ask(endpoint, sampling=Sampling(max_tokens=4096))
    with pytest.raises(ContextFull):
        await ask(endpoint, sampling=Sampling(max_tokens=3000))


class Chatter(fh.Environment):
    """Say anything eight times; the first observation may be long."""

    name = "test/chatter"
    turns = 8
    first = "Say hello."

    def reset(self, task: fh.Task) -> fh.Observation:
        """Begin."""
        self.said = 0
        return fh.Observation(self.first)

    def act(self, action: fh.Action) -> fh.Observation:
        """Answer at length."""
        self.said += 1
        return fh.Observation("And then? " * 10, done=self.said == 8)

    def score(self) -> fh.Score:
        """Pay for all eight."""
        return fh.Score(said=self.said == 8)

    def expert(self) -> Iterator[fh.Action]:
        """Say it."""
        yield from (fh.Action("Hello.") for _ in range(8))


class Essay(Chatter):
    """The same with a task that does not fit by itself."""

    name = "test/essay"
    first = "x" * 1000


def holding(characters: int) -> Answer:
    """Refuse conversations longer than so many characters, as llama-server does; else answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        messages = (await request.json())["messages"]
        held = sum(len(message["content"]) for message in messages)
        full = held > characters
        return await (status(400, LLAMA_SERVER) if full else say("Hello."))(request)

    return answer


async def test_the_history_is_shortened_by_the_rule_of_the_embedded_model(endpoint: Endpoint):
    endpoint.script = [holding(400)]
    model = OpenAI("mock", url=endpoint.url, patience=QUICK)
    episode = await fh.play(Chatter(), fh.Agent(model=model), fh.Task("test/chatter", 0))
    await model.close()
    assert episode.reward == 1.0 and len(episode.turns) == 8
    restarts = [number for number, turn in enumerate(episode.turns) if turn.restart]
    assert 1 < len(restarts) < 6, "each is a context of its own"
    first = endpoint.bodies[0]["messages"]
    assert all(body["messages"][: len(first)] == first for body in endpoint.bodies)


async def test_a_task_that_does_not_fit_is_the_models_own_failure_and_counts_as_0(
    endpoint: Endpoint,
):
    endpoint.script = [holding(400)]
    model = OpenAI("mock", url=endpoint.url, patience=QUICK)
    episode = await fh.play(Essay(), fh.Agent(model=model), fh.Task("test/essay", 0))
    await model.close()
    assert episode.error is not None and episode.reward is None
    assert (episode.error.type, episode.error.by_agent) == ("ContextFull", True)
    found = summarise([episode])
    assert found.score is not None and (found.score.mean, found.by_agent) == (0.0, 1)
