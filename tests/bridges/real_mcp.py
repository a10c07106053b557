"""MCP with the official SDK: in process, over streamable HTTP, and over standard input.

`python tests/bridges/run.py mcp`
"""

import os
import sys

import aiohttp
import mcp
import msgspec
import pytest
from wires import FAMILIES, in_process

import firsthand as fh
from firsthand.journal.journal import Journal
from firsthand.serve.client import as_seen
from firsthand.serve.content import content_hash
from firsthand.serve.mcp import Desk, server
from firsthand.serve.server import Service, serving
from firsthand.serve.sessions import Sessions
from firsthand.serve.wire import View

PROGRAM = "from firsthand.cli.main import main; main()"


async def ask(client, tool, **arguments):
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content[0].text
    return msgspec.convert(answer.structured_content, View)


async def played(client, episode):
    """Do what an episode did: one call with `call`, anything else with `act`."""
    task = episode.task
    names = ("environment", "level", "seed", "split", "world")
    views = [await ask(client, "start", **{name: getattr(task, name) for name in names})]
    session = views[0].session
    for action in episode.actions:
        calls = msgspec.to_builtins(action.calls)
        if len(calls) == 1 and not calls[0]["id"] and not action.text:
            arguments = {"name": calls[0]["name"], "arguments": calls[0]["arguments"]}
            views.append(await ask(client, "call", session=session, **arguments))
        else:
            said = {"text": action.text, "calls": calls}
            views.append(await ask(client, "act", session=session, **said))
    return views


@pytest.mark.parametrize("who", ["expert", "random"])
@pytest.mark.parametrize("wire", ["in process", "http"])
async def test_law_1_mcp_plays_as_this_process_does(who, wire):
    async with (
        serving(Service(environments=FAMILIES, port=0)) as url,
        Sessions(FAMILIES) as sessions,
        mcp.Client(f"{url}/mcp" if wire == "http" else server(Desk(sessions, None))) as client,
    ):
        for name in FAMILIES:
            (task,) = fh.tasks(name, 1, level=2, world=3)
            here = await in_process(task, who)
            views = await played(client, here)
            assert content_hash(as_seen(task, here.actions, views)) == content_hash(here)
            assert views[-1].outcome.content == content_hash(here)


async def test_an_agent_product_plays_over_standard_input(tmp_path):
    run = mcp.StdioServerParameters(
        command=sys.executable,
        args=["-c", PROGRAM, "serve", "data/ledger", "games/nim", "--stdio", "--journal", "kept"],
        env=dict(os.environ),
        cwd=tmp_path,
    )
    async with mcp.Client(run) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == {"list_environments", "start", "call", "act", "finish"}
        listed = await client.call_tool("list_environments", {})
        assert "data/ledger" in "".join(block.text for block in listed.content)
        started = await client.call_tool("start", {"environment": "data/ledger", "agent": "me/1"})
        text = started.content[0].text
        assert "- query(sql: string): Execute one SELECT statement" in text
        wrong = await client.call_tool("act", {"calls": [{"nam": "x"}]})
        assert wrong.is_error and "missing required field `name`" in wrong.content[0].text
        await client.call_tool("call", {"name": "schema"})
        last = (await client.call_tool("finish", {})).content[0].text
        assert "The episode is over. Score 0 after 1 turn." in last
        nim = await client.call_tool("start", {"environment": "games/nim"})
        assert "Answer with exactly one of these lines:" in nim.content[0].text
    finished, left = sorted(Journal(tmp_path / "kept").episodes(), key=lambda e: -len(e.turns))
    assert finished.agent.startswith("mcp:me/1#") and finished.tags["wire"] == "mcp"
    assert finished.reward == 0.0 and left.error.message == "The player left after 0 turns."
    again = await in_process(finished.task, "idle")
    assert finished.turns[0].observation == again.turns[0].observation


async def test_over_http_a_session_must_be_named_and_be_ones_own():
    async with (
        serving(Service(environments=["games/nim"], port=0)) as url,
        mcp.Client(f"{url}/mcp") as client,
    ):
        await ask(client, "start")
        for arguments, words in (
            ({"text": "x"}, "Say which session: start returned its id."),
            ({"text": "x", "session": "guessed"}, "No session of yours has this id"),
        ):
            answer = await client.call_tool("act", arguments)
            assert answer.is_error and words in answer.content[0].text


async def test_with_keys_nobody_plays_without_one():
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize"}
    client = {"name": "test", "version": "1"}
    params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    sent = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {'k' * 20}"}
    service = Service(environments=["games/nim"], port=0, keys=["k" * 20])
    async with serving(service) as url, aiohttp.ClientSession() as http:
        for headers, status in ((sent, 200), ({"Accept": sent["Accept"]}, 401)):
            body = {**hello, "params": params}
            async with http.post(f"{url}/mcp", json=body, headers=headers) as reply:
                assert reply.status == status
