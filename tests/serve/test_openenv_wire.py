"""What OpenEnv's client speaks; the real package plays in tests/bridges/real_openenv.py."""

import asyncio

import pytest
from openenv_client import EnvClient, reset_of, step_of
from wires import FAMILIES, in_process

import firsthand as fh
from firsthand.serve.client import as_seen
from firsthand.serve.content import content_hash
from firsthand.serve.openenv import view_of


@pytest.mark.parametrize("who", ["expert", "random"])
async def test_law_1_openenv_plays_as_this_process_does(serve, who):
    async with serve(*FAMILIES) as served, served.http.ws_connect(served.url + "/ws") as socket:
        client = EnvClient(socket)
        for name in FAMILIES:
            (task,) = fh.tasks(name, 1, level=2, world=3)
            here = await in_process(task, who)
            answers = [await client.reset(**reset_of(task))]
            answers += [await client.step(step_of(action)) for action in here.actions]
            assert answers[-1]["done"] and answers[-1]["reward"] == here.reward
            seen = as_seen(task, here.actions, list(map(view_of, answers)))
            assert content_hash(seen) == content_hash(here)
            assert answers[-1]["observation"]["outcome"]["content"] == content_hash(here)


async def test_the_address_may_name_the_environment(serve):
    async with (
        serve("games/nim", "data/ledger") as served,
        served.http.ws_connect(served.url + "/openenv/data/ledger/ws") as socket,
    ):
        client = EnvClient(socket)
        first = await client.reset(seed=4, episode_id="mine")
        assert first["observation"]["offer"]["task"]["environment"] == "data/ledger"
        assert first["reward"] is None and first["done"] is False
        tool = first["observation"]["offer"]["tools"][0]["function"]["name"]
        await client.step({"type": "call_tool", "tool_name": tool, "arguments": {}})
        assert await client.ask("state") == {
            "episode_id": "mine",
            "step_count": 1,
            "environment": "data/ledger",
            "level": 1,
            "seed": 4,
            "split": "train",
            "world": 0,
        }


async def test_what_is_not_done_is_refused_with_the_reason(serve):
    async with serve("games/nim") as served, served.http.ws_connect(served.url + "/ws") as socket:
        client = EnvClient(socket)
        for type, data, words in (
            ("step", {"text": "x"}, r"reset\(\) first.*VALIDATION_ERROR"),
            ("reset", {"sead": 1}, "unknown field `sead`.*VALIDATION_ERROR"),
            ("reset", {"level": 8}, "levels 1 to 5"),
            ("mcp", {}, "MCP is served at /mcp.*UNKNOWN_TYPE"),
            ("render", {}, "Unknown message type: render.*UNKNOWN_TYPE"),
            ("step", {"type": "list_tools"}, "The tools are in the observation of reset"),
        ):
            with pytest.raises(RuntimeError, match=words):
                await client.ask(type, data)
        await socket.send_str("{")
        assert "INVALID_JSON" in await socket.receive_str()
        await client.reset()
        with pytest.raises(RuntimeError, match="The episode is over.*EXECUTION_ERROR"):
            for _ in range(60):
                await client.step({"text": "pass"})


async def test_a_full_server_says_so_and_hangs_up(serve):
    async with (
        serve("games/nim", sessions=1) as served,
        served.http.ws_connect(served.url + "/ws") as one,
        served.http.ws_connect(served.url + "/ws") as two,
    ):
        await EnvClient(one).reset()
        with pytest.raises(RuntimeError, match="CAPACITY_REACHED"):
            await EnvClient(two).reset()
        assert (await two.receive()).type.name in ("CLOSE", "CLOSED")
        await one.close()
        await asyncio.sleep(0.05)
        async with served.http.ws_connect(served.url + "/ws") as three:
            await EnvClient(three).reset()


async def test_its_pages_of_facts_are_there(serve):
    async with serve("games/nim") as served:
        for root in ("", "/openenv/games/nim"):
            assert await served.ask("GET", f"{root}/health") == (200, {"status": "healthy"})
            _, metadata = await served.ask("GET", f"{root}/metadata")
            assert "games/nim: Take from two heaps" in metadata["description"]
            _, schema = await served.ask("GET", f"{root}/schema")
            assert set(schema) == {"action", "observation", "state"}
