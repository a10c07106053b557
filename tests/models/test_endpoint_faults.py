"""What a broken or hostile endpoint may do: refuse settings, cut answers, send bombs, echo keys."""

import asyncio
import gzip
import logging
import resource
import time
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from loopback import Answer, Endpoint, calling, say, serving, status
from test_openai import ASK, KEY, QUICK, Count, ask

from firsthand.agent import Agent
from firsthand.episode import encode
from firsthand.errors import EndpointError, ModelError, UserError
from firsthand.evaluate.evaluate import summarise
from firsthand.models.body import MOST_BYTES, unpacked
from firsthand.models.openai import OpenAI, Patience
from firsthand.prompt import Sampling
from firsthand.rollout.play import play
from firsthand.task import Task
from firsthand.usage import Usage

TASK = Task(Count.name, 0)


@pytest.fixture
async def endpoint(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Endpoint]:
    monkeypatch.setenv("FIRSTHAND_KEY_127_0_0_1", KEY)
    async with serving() as found:
        yield found


def raw(body: bytes, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = web.Response(body=body, headers=named, content_type="application/json")
        return response

    return answer


def used(prompt: Any, sampled: Any, text: str = "Hi.", **more: Any) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        choice = {"message": {"content": text}, **more}
        counts = {"prompt_tokens": prompt, "completion_tokens": sampled}
        return web.json_response({"choices": [choice], "usage": counts})

    return answer


def refusing(*words: tuple[str, str]) -> Answer:
    """Refuse with 400 each request field in `words`, with its sentence; else answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        for field, said in words:
            if field in body:
                return await status(400, f'{{"error": {{"message": "{said}"}}}}')(request)
        return await say("Hi.", finish_reason="stop")(request)

    return answer


# settings that are refused


async def test_a_model_that_takes_no_temperature_is_asked_without_one_and_that_is_recorded(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
):
    said = (
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default "
        "(1) value is supported."
    )
    endpoint.script = [refusing(("temperature", said))]
    asked = OpenAI("mock", url=endpoint.url, patience=QUICK)
    cold = Sampling(temperature=0.0)
    first = await asyncio.gather(*(asked.sample(ASK, cold) for _ in range(8)))
    requests = len(endpoint.bodies)
    assert requests <= 16, "one refusal a call at most"
    then = await asked.sample(ASK, cold)
    warm = await asked.sample(ASK, Sampling(temperature=1.0))
    await asked.close()
    assert len(endpoint.bodies) == requests + 2, "learned once"
    note = "The endpoint refuses temperature 0: its own default was used"
    assert {answer.notes for answer in (*first, then)} == {(note,)}
    assert warm.notes == (), "1 is the default"
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1 and "refuses temperature, left out from now on" in caplog.text


async def test_the_note_is_in_the_episode_and_the_evaluation(endpoint: Endpoint):
    endpoint.script = [refusing(("temperature", "temperature is not supported"))]
    model = OpenAI("mock", url=endpoint.url, patience=QUICK)
    agent = Agent(model=model, sampling=Sampling(temperature=0.0))
    episode = await play(Count(), agent, TASK)
    await model.close()
    assert episode.notes == ("The endpoint refuses temperature 0: its own default was used",)
    assert summarise([episode]).notes == {episode.notes[0]: 1}


@pytest.mark.parametrize(
    ("refusals", "left"),
    [
        ([("top_p", "Unsupported parameter: 'top_p'")], {"temperature", "max_tokens", "seed"}),
        (
            [("top_p", "`temperature` and `top_p` cannot both be specified")],
            {"temperature", "max_tokens", "seed"},
        ),
        (
            [("seed", "Extra inputs are not permitted: seed")],
            {"temperature", "top_p", "max_tokens"},
        ),
        (
            [("max_tokens", "Unsupported: 'max_tokens'. Use 'max_completion_tokens' instead.")],
            {"temperature", "top_p", "seed", "max_completion_tokens"},
        ),
        (
            [("temperature", "temperature is deprecated"), ("top_p", "top_p is deprecated")],
            {"max_tokens", "seed"},
        ),
        ([("max_tokens", "max_tokens 4096 is too large")], {"temperature", "top_p", "seed"}),
        (
            [("max_tokens", "maximum context length is 4096 tokens, you requested 4396 tokens")],
            {"temperature", "top_p", "seed"},
        ),
    ],
)
async def test_what_is_refused_is_left_out_or_renamed(
    endpoint: Endpoint, refusals: list[tuple[str, str]], left: set[str]
):
    endpoint.script = [refusing(*refusals)]
    assert (await ask(endpoint, sampling=Sampling(seed=1))).text == "Hi."
    assert endpoint.bodies[-1].keys() - {"model", "messages"} == left


@pytest.mark.parametrize("code", [400, 422])
async def test_what_is_not_about_a_setting_is_refused_as_it_is(endpoint: Endpoint, code: int):
    endpoint.script = [status(code, '{"error": {"message": "The conversation is not valid."}}')]
    with pytest.raises(ModelError, match="refused the request: .*The conversation is not valid."):
        await ask(endpoint)
    assert len(endpoint.bodies) == 1


async def test_a_limit_that_was_asked_for_is_not_dropped(endpoint: Endpoint):
    endpoint.script = [refusing(("max_tokens", "max_tokens is too large"))]
    with pytest.raises(ModelError, match=r"too large Allow fewer tokens for an answer \(--max-tok"):
        await ask(endpoint, sampling=Sampling(max_tokens=9000))


async def test_a_server_that_always_complains_of_a_setting_is_not_asked_for_ever(
    endpoint: Endpoint,
):
    endpoint.script = [
        status(400, '{"error": {"message": "unsupported temperature, top_p, seed, max_tokens"}}')
    ]
    with pytest.raises(ModelError, match="refused the request: 400"):
        await ask(endpoint, sampling=Sampling(seed=1))
    assert len(endpoint.bodies) <= 6


async def test_extra_fields_are_sent_named_and_refused_where_they_would_break_replies(
    endpoint: Endpoint,
):
    model = OpenAI.from_name(f"m?reasoning_effort=low&n_ctx=5@{endpoint.url}")
    await model.sample(ASK, Sampling())
    await model.close()
    assert endpoint.bodies[0]["reasoning_effort"] == "low" and endpoint.bodies[0]["n_ctx"] == 5
    assert model.name == f"openai:m?n_ctx=5&reasoning_effort=low@{endpoint.url}"
    assert OpenAI.from_name(model.name.removeprefix("openai:")).name == model.name
    for extra in ({"stream": True}, {"n": 3}, {"messages": []}):
        with pytest.raises(UserError, match="is decided by firsthand and cannot be extra"):
            OpenAI("m", url=endpoint.url, extra=extra)
    with pytest.raises(UserError, match="looks like a secret, and extra fields are recorded"):
        OpenAI("m", url=endpoint.url, extra={"api_key": "x"})
    await ask(endpoint, extra={"max_completion_tokens": 7})
    assert "max_tokens" not in endpoint.bodies[-1]


# answers that were cut


@pytest.mark.parametrize(
    "answer",
    [
        say('{"na', finish_reason="length"),
        say("", finish_reason="max_tokens"),
        used(9, 64, "so I thi"),
        used(9, 64, "", finish_reason="length"),
    ],
)
async def test_a_cut_answer_is_a_failure_of_limits(endpoint: Endpoint, answer: Answer):
    endpoint.script = [answer]
    model = OpenAI("mock", url=endpoint.url, patience=QUICK)
    agent = Agent(model=model, sampling=Sampling(max_tokens=64))
    episode = await play(Count(), agent, TASK)
    await model.close()
    assert episode.reward is None and episode.turns == ()
    assert episode.error is not None
    assert (episode.error.owner, episode.error.type) == ("limits", "AnswerCut")
    assert episode.error.message == (
        "The answer was cut off at 64 tokens. Allow more: --max-tokens, or "
        "Sampling(max_tokens=...)."
    )
    assert episode.usage is not None and episode.usage.calls == 1
    found = summarise([episode])
    assert (found.cut, found.failures) == (1, {"limits": 1})


async def test_a_filtered_answer_is_the_models_failure_and_a_refusal_is_an_answer(
    endpoint: Endpoint,
):
    endpoint.script = [say("I was abou", finish_reason="content_filter")]
    with pytest.raises(ModelError, match="content filter stopped the answer"):
        await ask(endpoint)
    endpoint.script = [
        raw(b'{"choices": [{"message": {"content": null, "refusal": "I will not."}}]}')
    ]
    assert (await ask(endpoint)).text == "I will not."
    endpoint.script = [
        raw(b'{"choices": [{"message": {"content": [{"type": "text", "text": "Hi"}]}}]}')
    ]
    assert (await ask(endpoint)).text == "Hi"


# what it took


async def test_usage_is_read_and_what_was_wasted_counts(endpoint: Endpoint):
    endpoint.script = [
        status(500),
        raw(b'{"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}'),
        used(100, 20),
    ]
    assert (await ask(endpoint)).usage == Usage(2, 105, 22)


@pytest.mark.parametrize(
    ("prompt", "sampled"),
    [(None, 5), ("many", 5), (-1, 5), (1e30, 5), (True, 5), ({}, []), (float("1e12"), 3)],
)
async def test_usage_that_makes_no_sense_is_estimated_and_called_so(
    endpoint: Endpoint, prompt: Any, sampled: Any
):
    endpoint.script = [used(prompt, sampled, "x" * 41, finish_reason="stop")]
    assert (await ask(endpoint)).usage == Usage(1, 2, 11, estimated=1)


async def test_usage_that_is_no_object_does_not_cost_the_answer(endpoint: Endpoint):
    endpoint.script = [raw(b'{"choices": [{"message": {"content": "Hi."}}], "usage": "lots"}')]
    assert (await ask(endpoint)).text == "Hi."


# replies that make no sense


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"null",
        b'{"choices": [{"mess',
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"error": {"message": "overloaded"}}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": "\xff"}}]}',
        b'{"choices": [{"message": {"content": "half"}, "finish_reason": "error"}]}',
        b"[" * 100_000,
        b'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\n',
    ],
)
async def test_a_reply_that_makes_no_sense_is_tried_again(endpoint: Endpoint, body: bytes):
    endpoint.script = [raw(body), raw(body), say("At last.")]
    assert (await ask(endpoint)).text == "At last."
    endpoint.script = [raw(body)]
    with pytest.raises(EndpointError, match="gave no answer in 2 tries; the last one: The "):
        await ask(endpoint, patience=Patience(retries=1, backoff=0.01))


async def test_deep_arguments_are_refused_by_the_tool_and_crash_nothing(endpoint: Endpoint):
    deep = '{"n":' * 5000 + "1" + "}" * 5000
    endpoint.script = [calling({"id": "a", "function": {"name": "add", "arguments": deep}})]
    (call,) = (await ask(endpoint)).calls
    assert call.arguments == {"arguments_were_not_one_JSON_object": deep}


# bodies without a bound


def bomb(times: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(b'{"choices": [{"message": {"content": "')
    block = b"a" * (1 << 20)
    return head + b"".join(packer.compress(block) for _ in range(times)) + packer.flush()


@pytest.mark.parametrize("code", [200, 500, 400])
async def test_a_bomb_costs_neither_memory_nor_time(endpoint: Endpoint, code: int):
    packed = bomb(700)
    assert len(packed) < 1 << 20

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=code, body=packed, headers={"Content-Encoding": "gzip"})

    endpoint.script = [answer]
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(
        ModelError, match="unpacks to more than 8 MiB|refused the request|no answer"
    ):
        await ask(endpoint, patience=Patience(retries=1, backoff=0.01))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100 * 1024, f"{grown / 1024:.0f} MiB"
    assert time.monotonic() - started < 5
    if code == 200:
        assert len(endpoint.bodies) == 1, "a second one would be as large"


async def test_an_endless_body_is_cut_off(endpoint: Endpoint):
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 65536)
            sent += 65536

    endpoint.script = [endless]
    with pytest.raises(EndpointError, match="The reply is larger than 8 MiB"):
        await ask(endpoint)
    assert sent < 4 * MOST_BYTES


async def test_a_body_that_drips_ends_at_the_timeout(endpoint: Endpoint):
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    endpoint.script = [drip]
    with pytest.raises(EndpointError, match=r"no answer within 0\.3 s"):
        await ask(endpoint, patience=Patience(timeout=0.3, retries=0))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip", "GZIP", "identity"])
async def test_packed_replies_are_read(endpoint: Endpoint, encoding: str):
    body = b'{"choices": [{"message": {"content": "Hi."}}]}'
    packed = {"deflate": zlib.compress(body), "identity": body}.get(encoding, gzip.compress(body))
    endpoint.script = [raw(packed, Content_Encoding=encoding)]
    assert (await ask(endpoint)).text == "Hi."
    bare = zlib.compressobj(9, zlib.DEFLATED, -15)
    assert unpacked(bare.compress(body) + bare.flush(), "deflate") == body


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        (b"plain", "gzip", "says that it is packed with gzip, and is not"),
        (gzip.compress(b"x" * 999, mtime=0)[:-12], "gzip", "packed with gzip and ends too early"),
        (b"plain", "br", "packed with 'br', which was not asked for"),
        (
            gzip.compress(b"x", mtime=0),
            "gzip, gzip",
            "packed with 'gzip, gzip', which was not asked for",
        ),
    ],
)
async def test_a_body_that_cannot_be_unpacked_is_tried_again(
    endpoint: Endpoint, body: bytes, encoding: str, said: str
):
    endpoint.script = [raw(body, Content_Encoding=encoding), say("Hi.")]
    assert (await ask(endpoint)).text == "Hi."
    endpoint.script = [raw(body, Content_Encoding=encoding)]
    with pytest.raises(EndpointError, match=said):
        await ask(endpoint)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (say("x" * 1_000_001), "The text of the answer has 1,000,001 characters"),
        (
            calling({"id": "a", "function": {"name": "f", "arguments": '"' + "x" * 1_000_001}}),
            "The arguments of the answer has",
        ),
        (calling({"id": "a", "function": {"name": "f" * 300}}), "The name of a tool"),
        (calling({"id": "a" * 300, "function": {"name": "f"}}), "The id of a call"),
        (calling(*[{"function": {"name": "f"}}] * 129), "calls 129 tools at once, over 128"),
    ],
)
async def test_a_field_that_is_too_large_fails(endpoint: Endpoint, answer: Answer, said: str):
    endpoint.script = [answer]
    with pytest.raises(EndpointError, match=said):
        await ask(endpoint)
    assert len(endpoint.bodies) == 1


# keys


@pytest.mark.parametrize("before", range(250, 320, 7))
async def test_a_key_at_the_edge_of_what_is_kept_does_not_get_through(
    endpoint: Endpoint, before: int
):
    endpoint.script = [status(401, "x" * before + KEY + " tail")]
    agent = Agent(model=OpenAI("mock", url=endpoint.url, patience=QUICK))
    episode = await play(Count(), agent, TASK)
    await agent.model.close()
    assert KEY[:8] not in encode(episode).decode()


async def test_a_key_in_an_answer_never_reaches_the_world_or_the_record(endpoint: Endpoint):
    arguments = f'{{"n": 2, "note": "{KEY}"}}'
    endpoint.script = [
        say(f"Your key is {KEY}."),
        calling({"id": KEY, "function": {"name": f"add{KEY}", "arguments": arguments}}),
        calling({"id": "b", "function": {"name": "add", "arguments": '{"n": 2}'}}),
    ]
    agent = Agent(model=OpenAI("mock", url=endpoint.url, patience=QUICK))
    episode = await play(Count(), agent, TASK)
    await agent.model.close()
    assert episode.reward == 1.0
    assert episode.turns[0].action.text == "Your key is [secret]."
    assert KEY not in encode(episode).decode()


# addresses


async def test_a_dead_address_is_told_at_once():
    model = OpenAI.from_name("m@http://127.0.0.1:9/v1")
    started = time.monotonic()
    with pytest.raises(
        UserError,
        match=r"Nobody answers at http://127\.0\.0\.1:9/v1 \(.*Connect call failed.*\)\. "
        r"Check the address",
    ):
        await model.probe()
    with pytest.raises(UserError, match=r"Nobody answers at https://no-such-host\.invalid/v1"):
        await OpenAI.from_name("m@https://no-such-host.invalid").probe()
    assert time.monotonic() - started < 5


async def test_a_live_address_is_probed_once_and_asked_nothing(endpoint: Endpoint):
    model = OpenAI("m", url=endpoint.url)
    await model.probe()
    await model.probe()
    assert endpoint.bodies == [] and model.connection.reached


async def test_a_plain_server_behind_https_is_told(endpoint: Endpoint):
    model = OpenAI("m", url=endpoint.url.replace("http:", "https:"), patience=QUICK)
    with pytest.raises(UserError, match="Nobody answers at https"):
        await model.probe()
    with pytest.raises(EndpointError, match="cannot be reached safely"):
        await model.sample(ASK, Sampling())
    await model.close()
