"""OpenEnv: an audit is a report that its models take, its own client plays what we serve, and its
own server is played as one of our environments.
"""

import asyncio
import contextlib
import json
import random
import socket
import threading
import time

import pytest
import uvicorn
from openenv.core.env_server.http_server import create_fastapi_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State
from openenv.core.generic_client import GenericEnvClient
from openenv.validation import Lane, ValidationReport, apply_policy, load_policy
from openenv_client import reset_of, step_of
from wires import FAMILIES, in_process

import firsthand as fh
from bridges.pages import run_section
from firsthand.audit.budget import Options
from firsthand.audit.suite import run
from firsthand.bridges.openenv_in import PartialContract, adopt
from firsthand.bridges.openenv_wire import Server
from firsthand.bridges.rewards import Wanted, importable, named, prepare
from firsthand.bridges.rfc008 import text
from firsthand.errors import UserError
from firsthand.serve.client import as_seen
from firsthand.serve.content import content_hash
from firsthand.serve.openenv import view_of
from firsthand.serve.server import Service, serving
from firsthand.serve.sessions import Rules

FUNCTION = """
def correct(completions, answer, **kwargs):
    return [float(gold in said) for said, gold in zip(completions, answer)]
"""


def test_the_report_of_a_reward_is_theirs(tmp_path):
    (tmp_path / "rewards.py").write_text(FUNCTION)
    rows = [{"prompt": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(40, 64)]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    wanted = Wanted(f"{tmp_path}/rewards.py:correct", tmp_path / "train.jsonl")
    reward = prepare(wanted, tmp_path / "correct.target.py")
    with importable(reward.file):
        options = Options(budget="quick", only=("oracle", "empty", "enumeration"))
        certificate = named(run(reward.spec, options), reward)
    report = ValidationReport.model_validate_json(text([certificate]))
    assert report.target == "rewards.py:correct" and report.verdict.value == "fail"
    policy = load_policy(report.policy_version)
    assert apply_policy(report.results, policy, Lane.HUB) == report.verdict
    found = {result.check_id: result.status.value for result in report.results}
    assert found["semantic.oracle_max"] == "pass"
    assert found["statistical.adversarial_floor"] == "fail"


def as_answer(result):
    return {"observation": result.observation, "reward": result.reward, "done": result.done}


@pytest.mark.parametrize("who", ["expert", "random"])
async def test_law_1_their_client_plays_as_this_process_does(who):
    async with (
        serving(Service(environments=FAMILIES, port=0)) as url,
        GenericEnvClient(base_url=url) as env,
    ):
        for name in FAMILIES:
            (task,) = fh.tasks(name, 1, level=2, world=3)
            here = await in_process(task, who)
            results = [await env.reset(**reset_of(task))]
            results += [await env.step(step_of(action)) for action in here.actions]
            assert results[-1].done and results[-1].reward == here.reward
            answers = list(map(as_answer, results))
            seen = as_seen(task, here.actions, list(map(view_of, answers)))
            assert content_hash(seen) == content_hash(here)
            state = await env.state()
            assert state["step_count"] == len(here.turns) and state["seed"] == task.seed


async def test_rewards_of_turns_reach_a_trainer():
    (task,) = fh.tasks("data/ledger", 1, level=3)
    here = await in_process(task, "expert")
    service = Service(environments=[task.environment], port=0, rules=Rules(rewards="turn"))
    async with serving(service) as url, GenericEnvClient(base_url=url) as env:
        await env.reset(**reset_of(task))
        rewards = [(await env.step(step_of(action))).reward for action in here.actions]
    assert rewards == [turn.reward for turn in here.turns]


async def test_the_synchronous_client_plays_too():
    service = Service(environments=["games/nim", "rules/triage"], port=0)
    async with serving(service) as url:
        ended = []

        def play():
            with GenericEnvClient(base_url=f"{url}/openenv/games/nim").sync() as env:
                result = env.reset(seed=0)
                while not result.done:
                    result = env.step({"text": result.observation["choices"][0]})
                ended.append(result)

        thread = threading.Thread(target=play)
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0.02)
    assert ended[0].reward in (0.0, 1.0) and ended[0].observation["outcome"]["stop"] == "done"


async def test_keys_and_refusals_reach_their_client():
    service = Service(environments=["games/nim"], port=0, keys=["k" * 20])
    async with serving(service) as url:
        with pytest.raises(ConnectionError, match="401"):
            async with GenericEnvClient(base_url=url):
                pass
        key = {"Authorization": f"Bearer {'k' * 20}"}
        async with GenericEnvClient(base_url=url, headers=key) as env:
            with pytest.raises(RuntimeError, match="unknown field `sead`.*VALIDATION_ERROR"):
                await env.reset(sead=3)
            assert (await env.reset(seed=3)).observation["offer"]["task"]["seed"] == 3


class Guess(Action):
    number: int


class Hint(Observation):
    low: int
    high: int


class Hidden(Environment):
    """A number of theirs that is guessed; `heeds` says whether its seeds do anything."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    heeds = True

    def reset(self, seed=None, episode_id=None, **kwargs):
        rng = random.Random(seed if self.heeds else None)
        self.low = rng.randrange(1000)
        self.high = self.low + rng.randrange(20, 60)
        self.number = rng.randint(self.low, self.high)
        return Hint(low=self.low, high=self.high)

    def step(self, action, timeout_s=None, **kwargs):
        if action.number == -1:
            raise OSError("the disk is gone")
        self.low = max(self.low, action.number + 1 if action.number < self.number else self.low)
        self.high = min(self.high, action.number - 1 if action.number > self.number else self.high)
        right = action.number == self.number
        return Hint(low=self.low, high=self.high, done=right, reward=right)

    @property
    def state(self):
        return State()


class Heedless(Hidden):
    heeds = False


class Single(Hidden):
    SUPPORTS_CONCURRENT_SESSIONS = False


@contextlib.contextmanager
def theirs(kind, places):
    """Serve an environment of theirs with their own application."""
    app = create_fastapi_app(kind, Guess, Hint, max_concurrent_envs=places)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="websockets-sansio"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def halving(world):
    while True:
        yield {"number": (world.seen["low"] + world.seen["high"]) // 2}


EXPERT = fh.Agent(model=fh.model("scripted:expert"))


@pytest.mark.parametrize(("kind", "places"), [(Hidden, 16), (Single, 1)])
def test_their_server_is_an_environment_that_keeps_our_contract(kind, places):
    with theirs(kind, places) as url, pytest.warns(PartialContract, match="A fork is a replay"):
        world = adopt(url, name="openenv/hidden", solved_at=1.0, turns=14, expert=halving)
        starts = {}
        for split in ("train", "gate", "eval"):
            episodes = fh.run(fh.rollout(EXPERT, fh.tasks(world.name, 10, split=split)))
            assert [episode.reward for episode in episodes] == [1.0] * 10, episodes
            starts[split] = {episode.turns[0].observation.text for episode in episodes}
        assert not starts["train"] & starts["eval"] and not starts["train"] & starts["gate"]
        if places > 1:
            report = fh.check(world)
            assert not report.problems, report


def test_what_their_server_refuses_and_what_breaks_it():
    with theirs(Hidden, 4) as url, pytest.warns(PartialContract):
        world = adopt(url, name="openenv/broken", solved_at=1.0, turns=14)
        said = [fh.Action('{"number": "x"}'), fh.Action('{"nimber": 3}'), fh.Action("[3]")]

        async def played():
            env = world()
            await env.reset(fh.tasks(world.name, 1)[0])
            texts = [(await env.act(action)).text for action in said]
            try:
                await env.act(fh.Action('{"number": -1}'))
            except Exception as error:
                texts.append(str(error))
            await env.close()
            return texts

        texts = fh.run(played())
        assert "not taken" in texts[0] and "not taken" in texts[1], texts
        assert texts[2] == "This is no action: write one JSON object, with number."
        assert "the disk is gone (EXECUTION_ERROR)" in texts[3], texts


def test_their_server_that_ignores_seeds_is_refused():
    with theirs(Heedless, 4) as url, pytest.raises(UserError, match="does not honour seeds"):
        adopt(Server(url), name="openenv/heedless", solved_at=1.0, turns=14)


@pytest.mark.filterwarnings("ignore::firsthand.bridges.openenv_in.PartialContract")
def test_the_page():
    with theirs(Hidden, 16) as url:
        assert run_section("OpenEnv, in", url=url)["solved"] == 10
