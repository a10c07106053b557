"""The proxy: what is hidden does not reach the server, what comes back is passed through."""

import asyncio
import json
from contextlib import AsyncExitStack

import aiohttp
import loopback
import pytest
from aiohttp import web

from firsthand.errors import UserError
from firsthand.trial import Trial, create
from firsthand.trial.masking import BEGIN, END, Masker
from firsthand.trial.proxy import Where, check, serving, total_tokens
from firsthand.trial.settings import TrialConfig

GUIDE = "# Rules\n\n- Always answer in one short line.\n- Never guess at what was meant.\n"


@pytest.fixture
def trial(tmp_path):
    (tmp_path / "AGENTS.md").write_text(GUIDE)
    return create(tmp_path / "trial", [tmp_path / "AGENTS.md"])


def asked(system, **more):
    return {"model": "m", "messages": [{"role": "system", "content": system}, USER], **more}


USER = {"role": "user", "content": GUIDE}


async def post(url, body, **headers):
    async with aiohttp.request("POST", url, json=body, headers=headers) as answer:
        return answer.status, dict(answer.headers), await answer.json(content_type=None)


async def test_each_conversation_is_masked_as_assigned_and_its_outcome_recorded(trial):
    async with loopback.serving() as server, serving(trial, Where(server.url, port=0)) as url:
        usage = {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7}

        async def answer(_request):
            return web.json_response({"choices": [], "usage": usage})

        server.script = [answer]
        for n in range(12):
            key = f"talk {n}"
            where = f"{url}/t/sums/c/{key}/v1/chat/completions"
            for _ in range(2):
                status, headers, said = await post(
                    where, asked(f"You help.\n\n{GUIDE}\nGo."), Authorization="Bearer mine"
                )
                assert (status, said["usage"], headers["X-Trial-Key"]) == (200, usage, key)
            seen = server.bodies[-1]["messages"]
            assert server.bodies[-2] == server.bodies[-1]
            text = trial.assign(key).text.rstrip()
            assert seen[0]["content"] == f"You help.\n\n{text}\n\nGo."
            assert seen[1] == USER
            assert server.headers[-1]["Authorization"] == "Bearer mine"
            assert not [name for name in server.headers[-1] if name.lower().startswith("x-trial")]
            told = {"key": key, "outcome": n % 2}
            assert (await post(f"{url}/trial/outcome", told))[2] == {"key": key, "finished": n + 1}
            async with aiohttp.request("GET", f"{url}/trial/assignment/{key}") as found:
                assert (await found.json())["task"] == "sums"
        runs = Trial(trial.folder).runs()
        assert [run.finished.outcome for run in runs] == [0.0, 1.0] * 6
        assert {run.finished.tokens for run in runs} == {14.0}
        assert len({run.assigned.shown for run in runs}) > 2


async def test_a_stream_is_passed_through_piece_by_piece(trial):
    ready = asyncio.Event()

    async def answer(request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n')
        await asyncio.wait_for(ready.wait(), 5)
        await response.write(b'data: {"choices": [], "usage": {"total_tokens": 9}}\n\n')
        await response.write(b"data: [DONE]\n\n")
        return response

    async with loopback.serving() as server, serving(trial, Where(server.url, port=0)) as url:
        server.script = [answer]
        async with aiohttp.ClientSession() as session:
            where = f"{url}/v1/chat/completions"
            body = asked(GUIDE, stream=True)
            async with session.post(where, json=body, headers={"X-Trial-Key": "k"}) as found:
                first = await found.content.readuntil(b"\n\n")
                assert b'"a"' in first  # before the server said the rest
                ready.set()
                assert (await found.read()).endswith(b"data: [DONE]\n\n")
                assert found.headers["Content-Type"] == "text/event-stream"
        await post(f"{url}/trial/outcome", {"key": "k", "outcome": 1})
    assert trial.runs()[0].finished.tokens == 9.0


async def test_an_answer_that_breaks_off_does_not_look_whole(trial):
    async def answer(request):
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(b"begun")
        request.transport.abort()
        return response

    async with loopback.serving() as server, serving(trial, Where(server.url, port=0)) as url:
        server.script = [answer]
        with pytest.raises(aiohttp.ClientError):
            await post(f"{url}/c/k/v1/chat/completions", asked(GUIDE))


async def test_errors_and_other_requests_pass_through(trial):
    async with loopback.serving() as server, serving(trial, Where(server.url, port=0)) as url:
        server.script = [loopback.status(429, Retry_After="3")]
        status, headers, said = await post(f"{url}/c/k/v1/chat/completions", asked("Other."))
        assert (status, headers["Retry-After"], said["error"]["message"]) == (429, "3", "busy")
        assert server.bodies[-1] == asked("Other.")
        async with aiohttp.ClientSession() as session, session.get(f"{url}/v1/models") as found:
            assert found.status == 404  # this server has none: its answer, not ours
    async with serving(trial, Where("http://127.0.0.1:9/v1", port=0)) as url:
        status, _, said = await post(f"{url}/c/k/v1/chat/completions", asked(GUIDE))
        assert status == 502
        assert said["error"]["message"].startswith("http://127.0.0.1:9/v1 did not answer: ")


async def test_what_would_spoil_the_trial_is_refused(trial):
    async with loopback.serving() as server, serving(trial, Where(server.url, port=0)) as url:

        async def refused(path, body, **headers):
            status, _, said = await post(url + path, body, **headers)
            return status, said["error"]["message"]

        chat = "/v1/chat/completions"
        status, why = await refused(chat, asked(GUIDE))
        assert status == 422
        assert f"use the base URL {url}/c/KEY/v1" in why
        status, why = await refused("/c/k" + chat, asked(GUIDE.replace("guess", "GUESS")))
        assert status == 422
        assert "holds AGENTS.md, but not as it is on trial" in why
        status, why = await refused("/c/k" + chat, asked(f"{BEGIN}\n- new\n{END}"))
        assert "Nothing that is on trial stands between" in why
        status, why = await refused(f"/c/{'k' * 201}{chat}", asked(GUIDE))
        assert "at most 200 characters, got 201" in why
        assert await refused(chat, asked(GUIDE), Host="evil.example") == (
            403,
            "This proxy serves this machine only, not 'evil.example'.",
        )
        assert server.bodies == []
        outcome = "/trial/outcome"
        assert (await refused(outcome, {"key": "zz", "outcome": 1}))[0] == 404
        status, why = await refused(outcome, {"key": "k", "outcom": 1})
        assert (status, 'An outcome is {"key"' in why) == (422, True)
        await post(f"{url}/c/k{chat}", asked("No rules here."))
        status, why = await refused(outcome, {"key": "k", "outcome": 1})
        assert (status, "No request of 'k' had the context" in why) == (422, True)
        assert (await post(url + outcome, {"key": "k", "outcome": 1, "anyway": True}))[0] == 200
        status, why = await refused(outcome, {"key": "k", "outcome": 1, "anyway": True})
        assert (status, "has an outcome already" in why) == (422, True)


async def test_others_need_the_token(trial):
    with pytest.raises(UserError, match=r"Whoever reaches 0\.0\.0\.0 could use the proxy"):
        check(Where("http://a/v1", host="0.0.0.0"))
    with pytest.raises(UserError, match="is given as its base URL"):
        check(Where("api.example/v1"))
    async with loopback.serving() as server, AsyncExitStack() as stack:
        where = Where(server.url, port=0, token="s3cret")
        url = await stack.enter_async_context(serving(trial, where))
        chat = f"{url}/c/k/v1/chat/completions"
        for headers in ({}, {"X-Trial-Token": "other"}):
            assert (await post(chat, asked(GUIDE), **headers))[0] == 401
        assert (await post(chat, asked(GUIDE), **{"X-Trial-Token": "s3cret"}))[0] == 200
        assert "X-Trial-Token" not in server.headers[-1]


def test_every_shape_of_a_system_prompt_is_masked(trial):
    masker, first = Masker(trial), trial.items[0].id
    left = GUIDE.replace("- Always answer in one short line.\n", "").rstrip()
    parts = {"role": "developer", "content": [{"type": "text", "text": GUIDE}, {"type": "image"}]}
    for body, found in (
        (asked(GUIDE), lambda body: body["messages"][0]["content"]),
        ({"messages": [parts]}, lambda body: body["messages"][0]["content"][0]["text"]),
        ({"instructions": GUIDE, "input": "x"}, lambda body: body["instructions"]),
        ({"input": [parts | {"content": GUIDE}]}, lambda body: body["input"][0]["content"]),
    ):
        before = json.dumps(body)
        masked = masker.request(body, {first})
        assert found(masked.body).rstrip() == left
        assert (masked.found, json.dumps(body)) == (1, before)
    for body in ({"messages": [USER]}, {"input": "x"}, [1], {"messages": "odd"}, {"messages": [3]}):
        assert masker.request(body, {first}) == (body, 0)


def test_between_markers_items_are_found_by_their_words(trial):
    masker, first = Masker(trial), trial.items[0].id
    filled = "# Rules of today\n\n- Never guess at what was meant.\n- Always  answer in one\n"
    filled += "  short line.\n- It is Monday.\n"
    text, found = masker.text(f"A\n{BEGIN}\n{filled}{END}\nB", {first})
    assert found == 1
    assert text == "A\n# Rules of today\n\n- Never guess at what was meant.\n- It is Monday.\nB"
    with pytest.raises(UserError, match="has no <!-- /trial --> behind it"):
        masker.text(f"{BEGIN} x", set())


def test_placebo_items_are_shown_although_the_client_never_sent_them(tmp_path, trial):
    with_null = create(tmp_path / "null", [tmp_path / "AGENTS.md"], config=TrialConfig(placebos=1))
    text, _ = Masker(with_null).text(f"A {GUIDE}", set())
    assert with_null.items[-1].text.strip() in text
    text, _ = Masker(with_null).text(f"{BEGIN}\n{GUIDE}{END}", {with_null.items[0].id})
    assert with_null.items[-1].text.strip() in text
    assert "one short line" not in text


def test_skills_cannot_be_masked_in_a_prompt(tmp_path):
    (tmp_path / "skills" / "a").mkdir(parents=True)
    (tmp_path / "skills" / "a" / "SKILL.md").write_text("How to.\n")
    with pytest.raises(UserError, match="is a folder of skills: only files can be masked"):
        Masker(create(tmp_path / "t", [tmp_path / "skills"]))


def test_tokens_are_read_from_answers_of_both_kinds():
    assert total_tokens(b'{"usage": {"total_tokens": 3}}') == 3
    stream = b'data: {"usage": null}\n\ndata: {"response": {"usage": {"total_tokens": 5}}}\n\n'
    assert total_tokens(stream) == 5
    assert total_tokens(b'{"choices": []}') is None
    assert total_tokens(b'torn "usage": 3}\n') is None
