"""The HTTP model against a real server on loopback that misbehaves on demand."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate
from typing import Any

import msgspec
import pytest
from aiohttp import web
from loopback import Answer, Endpoint, calling, dawdle, hang_up, say, serving, status

from firsthand import episode as episodes
from firsthand.agent import Agent
from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.errors import EndpointError, ModelError, UserError
from firsthand.models import model
from firsthand.models.address import checked_url
from firsthand.models.openai import OpenAI, Patience, retry_after
from firsthand.prompt import Message, Model, Prompt, Sampling
from firsthand.rollout.play import Limits, play
from firsthand.shell import run
from firsthand.task import Task

KEY = "sk-a-very-secret-key-0123456789"
ASK = Prompt([Message("user", "Hello?")])
QUICK = Patience(timeout=5.0, retries=3, backoff=0.01)


@pytest.fixture
async def endpoint(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Endpoint]:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-vendors-key-9876543210")
    monkeypatch.setenv("FIRSTHAND_KEY_127_0_0_1", KEY)
    async with serving() as found:
        yield found


async def ask(
    endpoint: Endpoint, prompt: Prompt = ASK, sampling: Sampling = Sampling(), **options: Any
):
    asked = OpenAI("mock", url=endpoint.url, **{"patience": QUICK, **options})
    try:
        return await asked.sample(prompt, sampling)
    finally:
        await asked.close()


# what is sent and what comes back


async def test_a_plain_exchange(endpoint: Endpoint):
    completion = await ask(endpoint)
    assert completion.text == "Hi."
    assert completion.calls == ()
    assert not completion.cut
    assert endpoint.bodies == [
        {
            "model": "mock",
            "messages": [{"role": "user", "content": "Hello?"}],
            "max_tokens": 4096,
            "temperature": 1.0,
            "top_p": 1.0,
        }
    ]
    assert endpoint.headers[0]["Authorization"] == f"Bearer {KEY}"


async def test_sampling_seed_schema_and_extra_fields_are_sent(endpoint: Endpoint):
    endpoint.script = [say("half an ans", finish_reason="length")]
    prompt = Prompt(ASK.messages, schema={"type": "integer"})
    completion = await ask(
        endpoint,
        prompt,
        Sampling(temperature=0.0, max_tokens=5, top_p=0.5, seed=7),
        extra={"top_k": 0},
    )
    body = endpoint.bodies[0]
    assert completion.cut
    assert (
        body["temperature"],
        body["max_tokens"],
        body["top_p"],
        body["seed"],
        body["top_k"],
    ) == (0.0, 5, 0.5, 7, 0)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "integer"}},
    }


async def test_the_history_of_tool_calls_is_sent_as_the_api_wants_it(endpoint: Endpoint):
    messages = [
        Message("user", ""),
        Message("assistant", calls=(ToolCall("add", {"n": 1}, "c1"),)),
        Message("tool", "1", call_id="c1"),
        Message("assistant", ""),
    ]
    await ask(endpoint, Prompt(messages, tools=[{"type": "function", "function": {"name": "add"}}]))
    assert endpoint.bodies[0]["tools"] == [{"type": "function", "function": {"name": "add"}}]
    assert endpoint.bodies[0]["messages"] == [
        {"role": "user", "content": ""},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "add", "arguments": '{"n":1}'},
                }
            ],
        },
        {"role": "tool", "content": "1", "tool_call_id": "c1"},
        {"role": "assistant", "content": ""},
    ]


async def test_logprobs_with_ids_where_the_server_names_them(endpoint: Endpoint):
    tokens = [
        {"token": "H", "logprob": -0.5, "bytes": [72], "top_logprobs": []},
        {"token": "i", "logprob": -1.5},
    ]
    endpoint.script = [
        say("Hi", logprobs={"content": tokens}),
        say("Hi", logprobs={"content": [{**t, "id": 40 + i} for i, t in enumerate(tokens)]}),
    ]
    without = await ask(endpoint, logprobs=True)
    with_ids = await ask(endpoint, logprobs=True)
    assert endpoint.bodies[0]["logprobs"] is True
    assert (without.logprobs, without.ids) == ([-0.5, -1.5], [])
    assert (with_ids.logprobs, with_ids.ids) == ([-0.5, -1.5], [40, 41])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ({"name": "add", "arguments": '{"n": 2}'}, ToolCall("add", {"n": 2}, "c")),
        ({"name": "add", "arguments": {"n": 2}}, ToolCall("add", {"n": 2}, "c")),
        ({"name": "add", "arguments": ""}, ToolCall("add", {}, "c")),
        (
            {"name": "add", "arguments": '{"n": 2'},
            ToolCall("add", {"arguments_were_not_one_JSON_object": '{"n": 2'}, "c"),
        ),
        (
            {"name": "add", "arguments": "[2]"},
            ToolCall("add", {"arguments_were_not_one_JSON_object": "[2]"}, "c"),
        ),
        ({}, ToolCall("", {}, "c")),
    ],
)
async def test_calls_are_read_whatever_their_arguments(
    endpoint: Endpoint, function: dict[str, Any], expected: ToolCall
):
    endpoint.script = [calling({"id": "c", "type": "function", "function": function})]
    assert (await ask(endpoint)).calls == (expected,)


async def test_calls_without_an_id_of_their_own_get_one(endpoint: Endpoint):
    function = {"name": "add", "arguments": "{}"}
    endpoint.script = [
        calling(
            {"function": function},
            {"id": "a", "function": function},
            {"id": "a", "function": function},
        )
    ]
    assert [call.id for call in (await ask(endpoint)).calls] == ["call_1_0", "a", "call_1_2"]


# what can be tried again


@pytest.mark.parametrize(
    "failing",
    [status(429), status(408), status(500), status(503), hang_up],
    ids=["429", "408", "500", "503", "hang up"],
)
async def test_what_may_pass_is_tried_again(endpoint: Endpoint, failing: Answer):
    endpoint.script = [failing, failing, say("At last.")]
    assert (await ask(endpoint)).text == "At last."
    assert len(endpoint.bodies) == 3


async def test_a_slow_answer_times_out_and_is_tried_again(endpoint: Endpoint):
    endpoint.script = [dawdle, say("In time.")]
    assert (
        await ask(endpoint, patience=Patience(timeout=0.1, retries=1, backoff=0.01))
    ).text == "In time."
    with pytest.raises(
        ModelError, match=r"gave no answer in 1 try; the last one: no answer within 0\.1 s"
    ):
        endpoint.script = [dawdle]
        await ask(endpoint, patience=Patience(timeout=0.1, retries=0))


async def test_it_gives_up_after_the_last_try(endpoint: Endpoint):
    endpoint.script = [status(500)]
    with pytest.raises(
        ModelError, match="gave no answer in 4 tries; the last one: 500 Internal Server Error: busy"
    ):
        await ask(endpoint)
    assert len(endpoint.bodies) == 4


async def test_no_server_is_an_error_that_says_where():
    nobody = OpenAI("mock", url="http://127.0.0.1:9/v1", patience=Patience(retries=1, backoff=0.01))
    with pytest.raises(
        ModelError,
        match=r"openai:mock@http://127\.0\.0\.1:9/v1 gave no answer in 2 tries; "
        r".*Cannot connect to host 127\.0\.0\.1:9",
    ):
        await nobody.sample(ASK, Sampling())
    await nobody.close()


async def test_waits_grow_at_most_as_the_backoff_and_honour_what_the_server_asks(
    endpoint: Endpoint,
):
    endpoint.script = [status(429, Retry_After="0.3"), status(429), status(429), say("Hi.")]
    await ask(endpoint)
    asked, second, third = endpoint.waits
    late = 1.0  # what a busy machine may add
    assert 0.3 <= asked < 0.3 + 0.01 + late
    assert second < 0.02 + late
    assert third < 0.04 + late


async def test_a_wait_that_is_too_long_is_refused_at_once(endpoint: Endpoint):
    endpoint.script = [status(429, Retry_After="3600")]
    with pytest.raises(
        ModelError,
        match=(
            "asks to wait 3600 s, more than the longest wait of 60 s. It said: 429 Too Many "
            "Requests: busy"
        ),
    ):
        await ask(endpoint)
    assert len(endpoint.bodies) == 1


def test_retry_after_in_seconds_or_as_a_date():
    assert retry_after("1.5") == 1.5
    assert 8.0 < retry_after(formatdate(time.time() + 10, usegmt=True)) <= 10.0
    assert retry_after(formatdate(time.time() - 10, usegmt=True)) == 0.0
    assert [retry_after(header) for header in (None, "", "soon", "-3")] == [0.0] * 4


# what cannot


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error": {"message": "No such model.", "code": 1}}', "No such model."),
        ('{"error": "No such model."}', "No such model."),
        ('{"detail": "No such model."}', "No such model."),
        ("<h1>Nope</h1>", "<h1>Nope</h1>"),
        ("", "(an empty body)"),
    ],
)
async def test_a_refusal_repeats_what_the_server_said(endpoint: Endpoint, body: str, said: str):
    endpoint.script = [status(404, body)]
    with pytest.raises(ModelError) as refused:
        await ask(endpoint)
    assert (
        str(refused.value)
        == f"openai:mock@{endpoint.url} refused the request: 404 Not Found: {said}"
    )
    assert len(endpoint.bodies) == 1


async def test_odd_statuses_and_redirects_are_refused(endpoint: Endpoint):
    endpoint.script = [status(307, "elsewhere", Location="/v1/other"), status(499, "hm")]
    with pytest.raises(ModelError, match="307 Temporary Redirect: elsewhere"):
        await ask(endpoint)
    with pytest.raises(ModelError, match="499: hm"):
        await ask(endpoint)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("not json", r"is not a chat completion \(.*\)\. It says: not json"),
        (
            '{"choices": [{"message": {"content": 3}}]}',
            r"Expected `str \| array \| null`, got `int` - at `\$\.choices\[0\]\.message\.content`",
        ),
        ('{"error": {"message": "upstream is down"}}', r"It says: upstream is down"),
        ('{"choices": []}', r"holds no choices"),
    ],
)
async def test_an_answer_that_is_no_chat_completion(endpoint: Endpoint, body: str, said: str):
    endpoint.script = [status(200, body)]
    with pytest.raises(ModelError, match=said):
        await ask(endpoint)


# the key


async def test_the_key_is_in_no_error_log_name_or_record(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    endpoint.script = [
        status(500, f"I saw {KEY}"),
        status(401, f"Incorrect API key provided: {KEY}."),
    ]
    agent = Agent(model=OpenAI("mock", url=endpoint.url, patience=QUICK))
    episode = await play(Count(), agent, Task(Count.name, 0))
    assert episode.error is not None
    assert episode.error.owner == "model"
    assert "Incorrect API key provided: [secret]." in episode.error.message
    assert (
        "The key comes from the environment variable FIRSTHAND_KEY_127_0_0_1."
        in episode.error.message
    )
    assert "500 Internal Server Error: I saw [secret]; try 2 follows in" in caplog.text
    assert (
        KEY
        not in caplog.text
        + repr(agent)
        + str(vars(agent.model))
        + episodes.encode(episode).decode()
    )
    await agent.model.close()


async def test_without_a_key_none_is_sent_and_a_refusal_says_so(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("FIRSTHAND_KEY_127_0_0_1")
    endpoint.script = [status(401)]
    with pytest.raises(
        EndpointError,
        match=(
            "401 Unauthorized: busy No key was sent: set the environment variable "
            "FIRSTHAND_KEY_127_0_0_1, or"
        ),
    ):
        await ask(endpoint)
    assert "Authorization" not in endpoint.headers[0]


async def test_a_key_goes_to_its_own_host_only(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    async def sent(**options: Any) -> str | None:
        await ask(endpoint, **options)
        return endpoint.headers[-1].get("Authorization")

    port = endpoint.url.split(":")[2].split("/")[0]
    monkeypatch.setenv("TEAM_KEY", "sk-team-12345678")
    assert await sent() == f"Bearer {KEY}"
    assert await sent(key_env="TEAM_KEY") == "Bearer sk-team-12345678"
    monkeypatch.setenv(f"FIRSTHAND_KEY_127_0_0_1_{port}", "sk-this-port-1234")
    assert await sent() == "Bearer sk-this-port-1234"
    monkeypatch.delenv(f"FIRSTHAND_KEY_127_0_0_1_{port}")
    monkeypatch.delenv("FIRSTHAND_KEY_127_0_0_1")
    assert await sent() is None, "OPENAI_API_KEY is OpenAI's"
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    assert await sent() == "Bearer sk-the-vendors-key-9876543210", "or that of OPENAI_BASE_URL"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert await sent() is None


def test_a_key_that_is_not_there_or_not_a_key_is_told_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
):
    with pytest.raises(
        UserError, match="The environment variable NO_SUCH_KEY should hold a key and is not set"
    ):
        OpenAI("m", url="http://127.0.0.1:9/v1", key_env="NO_SUCH_KEY")
    monkeypatch.setenv("ODD_KEY", "sk-two lines\nInjected: yes")
    with pytest.raises(UserError, match="The key in ODD_KEY has blanks or characters") as refused:
        OpenAI("m", url="http://127.0.0.1:9/v1", key_env="ODD_KEY")
    assert "Injected" not in str(refused.value)


# names


def test_names(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert OpenAI.from_name("gpt").name == "openai:gpt"
    assert OpenAI.from_name("gpt").url == "https://api.openai.com/v1"
    assert (
        OpenAI.from_name("org/model@2:free@http://localhost:8000").name
        == "openai:org/model@2:free@http://localhost:8000/v1"
    )
    assert OpenAI.from_name("http://localhost:8000/api/").name == "openai:http://localhost:8000/api"
    assert repr(OpenAI.from_name("m@http://h")) == "OpenAI('openai:m@http://h/v1')"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1234/v1")
    found = model("openai:m")
    assert found.name == "openai:m@http://localhost:1234/v1"
    assert isinstance(found, Model)
    assert found.traits.calls_tools
    assert not found.traits.few_shot


def test_bad_names_say_what_to_write(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(
        UserError,
        match="needs a key: set the environment variable OPENAI_API_KEY, or name another endpoint",
    ):
        OpenAI.from_name("gpt")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(UserError, match="Name a model: openai:MODEL"):
        OpenAI.from_name("")
    with pytest.raises(
        UserError, match="An endpoint reads http://HOST:PORT/v1 or https://HOST/v1, got 'ftp://h'"
    ):
        checked_url("ftp://h")
    with pytest.raises(UserError, match="carries a login or a query; a URL is recorded") as refused:
        checked_url("https://me:password@h/v1")
    assert "password" not in str(refused.value)


async def test_openai_itself_wants_the_new_name_of_the_token_bound(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("firsthand.models.address.OFFICIAL", endpoint.url)
    await ask(endpoint)
    assert endpoint.bodies[0]["max_completion_tokens"] == 4096
    assert "max_tokens" not in endpoint.bodies[0]


# loops, concurrency, cancellation


@pytest.mark.parametrize(("concurrency", "calls", "most"), [(3, 9, 3), (2048, 150, 150)])
async def test_concurrency_is_bounded_and_more_than_a_hundred_calls_fit(
    endpoint: Endpoint, concurrency: int, calls: int, most: int
):
    async def wait_for_the_others(request: web.Request) -> web.StreamResponse:
        while endpoint.most < most:
            await asyncio.sleep(0.01)
        return await say("Hi.")(request)

    endpoint.script = [wait_for_the_others]
    asked = OpenAI(
        "mock",
        url=endpoint.url,
        concurrency=concurrency,
        patience=Patience(timeout=20.0, retries=0),
    )
    await asyncio.gather(*(asked.sample(ASK, Sampling()) for _ in range(calls)))
    await asked.close()
    assert endpoint.most == most


async def test_one_model_serves_many_event_loops_and_each_closes_its_own(endpoint: Endpoint):
    asked = OpenAI("mock", url=endpoint.url)
    answers = [await asyncio.to_thread(run, asked.sample(ASK, Sampling())) for _ in range(3)]
    assert [answer.text for answer in answers] == ["Hi."] * 3
    assert asked.connection.lines == {}
    await asked.close()


async def test_cancellation_passes_through(endpoint: Endpoint):
    endpoint.script = [dawdle]
    asked = OpenAI("mock", url=endpoint.url)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asked.sample(ASK, Sampling()), 0.1)
    await asked.close()
    assert len(endpoint.bodies) == 1


# a whole episode


class Count(Environment):
    """Count to two."""

    name = "test/count"
    statement = "Add up to 2."

    def reset(self, task: Task) -> Observation:
        self.total = 0
        return Observation("The total is 0.")

    @tool
    def add(self, n: int) -> str:
        """Add a number."""
        self.total += n
        if self.total >= 2:
            self.finish()
        return f"The total is {self.total}."

    def score(self) -> Score:
        return Score(two=self.total == 2)

    def expert(self) -> Iterator[Action]:
        yield Action(calls=(ToolCall("add", {"n": 2}),))


def adding(arguments: str, call_id: str) -> Answer:
    return calling(
        {"id": call_id, "type": "function", "function": {"name": "add", "arguments": arguments}}
    )


async def test_an_episode_with_tools_over_http(endpoint: Endpoint):
    endpoint.script = [
        adding('{"n": 1}', "a"),
        adding('{"n": 1', "b"),
        status(503),
        adding('{"n": 1}', "c"),
    ]
    agent = Agent(model=OpenAI("mock", url=endpoint.url, patience=QUICK), instructions="Be brief.")
    episode = await play(Count(), agent, Task(Count.name, 0))
    await agent.model.close()
    assert episode.reward == 1.0
    assert [turn.action.calls[0].id for turn in episode.turns] == ["a", "b", "c"]
    refusal = (
        "Invalid arguments for 'add': Object contains unknown field "
        "`arguments_were_not_one_JSON_object`"
    )
    history = endpoint.bodies[-1]["messages"]
    assert [message["role"] for message in history] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
        "tool",
    ]
    assert history[0]["content"] == "Add up to 2.\n\nBe brief."
    assert history[1]["content"] == "The total is 0."
    assert history[3] == {"role": "tool", "content": "The total is 1.", "tool_call_id": "a"}
    assert history[5] == {"role": "tool", "content": refusal, "tool_call_id": "b"}
    sent_back = msgspec.json.decode(history[4]["tool_calls"][0]["function"]["arguments"])
    assert sent_back == {"arguments_were_not_one_JSON_object": '{"n": 1'}
    assert endpoint.bodies[-1]["tools"][0]["function"]["parameters"]["required"] == ["n"]


async def test_a_turn_limit_cuts_the_retries_off(endpoint: Endpoint):
    endpoint.script = [status(429, Retry_After="5")]
    agent = Agent(model=OpenAI("mock", url=endpoint.url))
    episode = await play(Count(), agent, Task(Count.name, 0), limits=Limits(turn_seconds=0.2))
    await agent.model.close()
    assert episode.reward is None
    assert episode.error is not None
    assert episode.error.owner == "limits"
