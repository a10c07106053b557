"""OpenEnv servers as environments: our own server played through the adapter, and bad ones."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator

import distributions
import msgspec
import pytest
from aiohttp import web

import firsthand as fh
from firsthand import registry
from firsthand.bridges import openenv_wire
from firsthand.bridges.openenv_in import PartialContract, adopt
from firsthand.bridges.openenv_wire import Server
from firsthand.errors import UserError
from firsthand.process import bubblewrap
from firsthand.registry import lookup
from firsthand.serve.server import Service, serving

EXPERT = fh.Agent(model=fh.model("scripted:expert"))


@pytest.fixture(autouse=True)
def nothing_stays_registered(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})
    registry._declared.cache_clear()
    yield
    registry._declared.cache_clear()


async def adopted(server, **options):
    """Adopt without blocking the loop in which the test's server runs."""
    options = {"solved_at": 1.0, "turns": 24, **options}
    with pytest.warns(PartialContract):
        return await asyncio.to_thread(adopt, server, **options)


def ours(world):
    """Play as the expert of the environment that our server plays."""
    task = msgspec.convert(world.seen["offer"]["task"], fh.Task)
    here = fh.make(task.environment)
    here.reset(task)
    for action in here.expert():
        yield action.text
        here.act(action)


def text_of(seen):
    return seen["text"]


@pytest.mark.parametrize("name", ["games/nim", "interfaces/shop_desk"])
async def test_our_own_server_is_played_as_this_process_plays(name):
    service = Service(environments=[name], port=0)
    async with serving(service) as url:
        server = Server(f"{url}/openenv/{name}/", reset={"level": 2})
        world = await adopted(
            server, name="openenv/ours", action="text", describe=text_of, expert=ours
        )
        for split in ("train", "eval"):
            tasks = fh.tasks(world.name, 4, split=split)
            for episode in await fh.rollout(EXPERT, tasks):
                assert episode.error is None and episode.reward == 1.0, episode
                begun = world()
                await begun.reset(episode.task)
                there = fh.Task(name, begun.seed, level=2, version=fh.make(name).version)
                here = await fh.play(fh.make(name), EXPERT, there)
                await begun.close()
                texts = [turn.observation.text for turn in episode.turns]
                assert [turn.observation.text for turn in here.turns] == [
                    text.partition("\nReward: ")[0] for text in texts
                ]
                assert [a.text for a in here.actions] == [a.text for a in episode.actions]


async def test_an_adopted_server_keeps_our_contract_and_is_forked_by_replay():
    async with serving(Service(environments=["games/nim"], port=0)) as url:
        world = await adopted(
            f"{url}/openenv/games/nim", action="text", describe=text_of, expert=ours
        )
        assert world.name == "openenv/games_nim"
        report = await asyncio.to_thread(fh.check, world)
        assert not report.problems, report
        if not bubblewrap.failure():
            with pytest.raises(UserError, match="processes of an audit, which have no network"):
                await asyncio.to_thread(fh.audit, world, budget="quick")
        assert "It has no expert" not in str(world.unknown)


async def test_a_server_has_a_name_that_is_looked_up(tmp_path, monkeypatch):
    source = "[firsthand.sources]\nopenenv = firsthand.bridges.openenv_in:by_name\n"
    distributions.install(tmp_path, monkeypatch, "wire", source)
    async with serving(Service(environments=["games/nim"], port=0)) as url:
        name = f"openenv:{url}/openenv/games/nim?solved_at=1&turns=24"
        with pytest.raises(UserError, match=r"or add action=\.\.\. to its name"):
            await asyncio.to_thread(lookup, name)
        with pytest.raises(UserError, match=r"or add turns=NUMBER to its name"):
            await asyncio.to_thread(lookup, name.replace("&turns=24", ""))
        with pytest.warns(PartialContract, match="games/nim: Seeds were compared"):
            world = await asyncio.to_thread(lookup, f"{name}&action=text")
        (task,) = fh.tasks(world.name, 1)
        episode = await fh.play(world(), fh.Agent(model=fh.model("scripted:idle")), task)
        assert episode.error is None and len(episode.turns) == 24
        registry._registered.clear()  # as in another process
        with pytest.warns(PartialContract):
            again = await asyncio.to_thread(lookup, world.name)
        assert again is not world and again.server == world.server
        if not bubblewrap.failure():
            with pytest.raises(UserError, match="processes of an audit, which have no network"):
                await asyncio.to_thread(fh.audit, f"{name}&action=text", budget="quick")


class Bad:
    """An OpenEnv server with faults: `begin` makes the first observation of a seed."""

    def __init__(self, fields=("message",), begin=str, needed=(), places=99):
        kinds = {"count": "integer"}
        properties = {field: {"type": kinds.get(field, "string")} for field in fields}
        self.action = {"properties": properties | {"metadata": {}}, "required": list(needed)}
        self.begin, self.places, self.steps = begin, places, []

    async def schema(self, request):
        return web.json_response({"action": self.action, "observation": {}, "state": {}})

    async def metadata(self, request):
        return web.json_response({"name": "Bad One", "version": "0.1 beta"})

    async def connected(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.places < 1:
            await socket.send_json(
                {"type": "error", "data": {"message": "full", "code": "CAPACITY_REACHED"}}
            )
            await socket.close()
            return socket
        self.places -= 1
        async for message in socket:
            await socket.send_json(self.answer(json.loads(message.data)))
        self.places += 1
        return socket

    def answer(self, asked):
        if asked["type"] == "reset":
            seen = {"text": self.begin(asked["data"]["seed"])}
            return {"type": "observation", "data": {"observation": seen, "done": False}}
        said = asked["data"]
        self.steps.append(said)
        if "crash" in str(said):
            return {"type": "error", "data": {"message": "disk", "code": "EXECUTION_ERROR"}}
        if "wrong" in str(said):
            return {"type": "error", "data": {"message": "no", "code": "VALIDATION_ERROR"}}
        if "odd" in str(said):
            return {"type": "state", "data": {}}
        told = {"observation": {"text": "on", "n": 1}, "reward": True, "done": "end" in str(said)}
        return {"type": "observation", "data": told}


@contextlib.asynccontextmanager
async def served(bad) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/schema", bad.schema)
    app.router.add_get("/metadata", bad.metadata)
    app.router.add_get("/ws", bad.connected)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield site.name
    await runner.cleanup()


@pytest.mark.parametrize(
    ("bad", "options", "says"),
    [
        (Bad(), {"solved_at": None}, "does not say when it is solved: adopt it with solved_at="),
        (Bad(), {"turns": None}, "does not say how long it is: adopt it with turns=NUMBER"),
        (Bad(begin=lambda seed: str(random.random())), {}, "does not honour seeds: seed 0 began"),
        (Bad(begin=lambda seed: "hi"), {}, r"begins alike with 8 seeds.*split_by='seed'"),
        (Bad(fields=("a", "b")), {}, "has a, b: adopt it with action='a' or action='b' or action="),
        (Bad(fields=()), {}, "no fields that its schema tells: adopt it with action='json'"),
        (Bad(), {"action": "massage"}, "action='message' or action='json'.*got 'massage'"),
        (
            Bad(fields=("a", "b"), needed=("a", "b")),
            {"action": "a"},
            "also needs b: adopt it with action='json'",
        ),
    ],
)
async def test_what_is_not_known_has_to_be_told(bad, options, says):
    async with served(bad) as url:
        with pytest.raises(UserError, match=says):
            await asyncio.to_thread(adopt, url, **{"solved_at": 1.0, "turns": 3, **options})


async def test_no_server_another_server_and_no_address():
    with pytest.raises(UserError, match=r"No OpenEnv server answers at http://127.0.0.1:9/schema"):
        await asyncio.to_thread(adopt, "http://127.0.0.1:9")
    with pytest.raises(UserError, match="has an address like http://HOST:PORT, got localhost:8000"):
        adopt("localhost:8000")
    with pytest.raises(UserError, match="split_by is 'observation' or 'seed', got 'id'"):
        adopt(Server("http://127.0.0.1:9", split_by="id"))
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await (site := web.TCPSite(runner, "127.0.0.1", 0)).start()
    with pytest.raises(UserError, match="is no OpenEnv server: GET /schema should tell"):
        await asyncio.to_thread(adopt, site.name)
    await runner.cleanup()
    service = Service(environments=["games/nim"], port=0, keys=["k" * 20])
    async with serving(service) as url:
        with pytest.raises(UserError, match=r"answers 401: adopt Server\(url, headers=KEY\)"):
            await asyncio.to_thread(adopt, url)


def saying(*texts):
    return [fh.Action(text) for text in texts]


async def test_actions_as_json_and_what_a_server_answers_to_them():
    bad = Bad(fields=("count", "kind"), needed=("count", "kind"))
    async with served(bad) as url:
        world = await adopted(url)
        assert (world.name, world.version, world.levels) == (
            "openenv/bad_one",
            "0.1_beta",
            range(1, 2),
        )
        assert '"count": {"type": "integer"}' in world.statement
        env = world()
        await env.reset(fh.tasks(world.name, 1)[0])
        shown = [(await env.act(a)).text for a in saying("go", '{"count": 1}', '{"wrong": 1}')]
        assert shown[0] == "This is no action: write one JSON object, with count, kind."
        assert shown[1] == '{"text": "on", "n": 1}\nReward: 1'
        assert "This action was not taken" in shown[2] and env.score().value == 0.0
        ended = await env.act(fh.Action('{"end": 1}'))
        assert ended.done and env.score().value == 1.0
        assert (await env.act(fh.Action("{}"))).text == "The episode is over."
        with pytest.raises(UserError, match="has no known expert: adopt it with expert=FUNCTION"):
            next(env.expert())
        await env.close()
        assert "has no expert, so nobody has shown" in world.unknown[-1]


@pytest.mark.parametrize(
    ("said", "words"),
    [("crash", r"refused step: disk \(EXECUTION_ERROR\)"), ("odd", "'state', not an observation")],
)
async def test_a_broken_server_fails_the_episode_and_is_no_reward_of_zero(said, words):
    async with served(Bad()) as url:
        world = await adopted(url)
        env, (task,) = world(), fh.tasks(world.name, 1)
        await env.reset(task)
        with pytest.raises(openenv_wire.ServerFailed, match=words) as caught:
            await env.act(fh.Action(said))
        assert caught.value.owner == "environment"
        await env.close()


async def test_a_server_with_one_place_is_waited_for(monkeypatch):
    monkeypatch.setattr(openenv_wire, "PAUSE_SECONDS", 0.01)
    player = fh.Agent(model=fh.model("scripted:expert"))
    bad = Bad(places=1)
    async with served(bad) as url:
        world = await adopted(url, expert=lambda world: iter(["go", "end"]))
        episodes = await fh.rollout(player, fh.tasks(world.name, 6))
        assert [episode.reward for episode in episodes] == [1.0] * 6
        monkeypatch.setattr(openenv_wire, "TRIES_WHEN_FULL", 2)
        bad.places = 0
        (episode,) = await fh.rollout(player, fh.tasks(world.name, 1))
        assert "It stayed full: play with concurrency=1" in str(episode.error)


async def test_what_is_hidden_at_first_is_split_by_seed():
    bad = Bad(begin=lambda seed: "Guess.")
    async with served(bad) as url:
        world = await adopted(Server(url, split_by="seed"))
        assert "Splits share no seed, but may share an instance." in world.unknown
        seeds = {}
        for split in ("train", "eval"):
            env = world()
            for task in fh.tasks(world.name, 20, split=split):
                await env.reset(task)
                seeds.setdefault(split, set()).add(env.seed)
            await env.close()
        assert not seeds["train"] & seeds["eval"]


async def test_a_fork_that_leads_elsewhere_is_a_failure():
    begun = iter(range(10**6))
    bad = Bad(begin=lambda seed: f"{seed} {next(begun) > 12}")
    async with served(bad) as url:
        world = await adopted(url)
        env, (task,) = world(), fh.tasks(world.name, 1)
        await env.reset(task)
        state = env.snapshot()
        begun = iter(range(20, 10**6))
        env.restore(state)
        with pytest.raises(openenv_wire.ServerFailed, match="cannot be forked: the same seed"):
            await env.act(fh.Action("go"))
        await env.close()
