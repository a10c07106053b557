"""OpenEnv: an audit is a report that its models take, and its own client plays what we serve."""

import asyncio
import json
import threading

import pytest
from openenv.core.generic_client import GenericEnvClient
from openenv.validation import Lane, ValidationReport, apply_policy, load_policy
from openenv_client import as_seen, reset_of, step_of
from wires import FAMILIES, in_process

import firsthand as fh
from firsthand.audit.budget import Options
from firsthand.audit.suite import run
from firsthand.bridges.rewards import Wanted, importable, named, prepare
from firsthand.bridges.rfc008 import text
from firsthand.serve.content import content_hash
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
            assert content_hash(as_seen(here, answers)) == content_hash(here)
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
