import asyncio
import time

import pytest
import rollout_worlds

from firsthand.agent import Agent
from firsthand.environment import Action
from firsthand.episode import Failure, Stop
from firsthand.errors import ModelError
from firsthand.models import model
from firsthand.models.scripted import Scripted
from firsthand.registry import make, tasks
from firsthand.rollout.play import Limits, episode_id, play

EXPERT = Agent(model=model("scripted:expert"))
IDLE = Agent(model=model("scripted:idle"))


def agent(function):
    return Agent(model=Scripted(function))


async def once(environment, player=IDLE, **options):
    (task,) = tasks(environment, 1)
    return await play(make(environment), player, task, **options)


async def test_rewards_telescope_to_the_score():
    episode = await once("testing/count", EXPERT, run="r", tags={"a": "b"})
    assert [turn.reward for turn in episode.turns] == [0.25] * 4
    assert (episode.reward, episode.checks, episode.stop, episode.success) == (
        1.0,
        {"counted": True},
        Stop.DONE,
        True,
    )
    assert episode.final.done
    assert episode.aftermath.startswith("It went up to ")
    assert episode.id == episode_id(episode.task, EXPERT.id, "r", {"a": "b"})


async def test_a_spent_turn_budget_keeps_the_score():
    episode = await once("testing/count", EXPERT, limits=Limits(turns=2))
    assert (episode.reward, episode.stop, len(episode.turns), episode.error) == (
        0.5,
        Stop.TURNS,
        2,
        None,
    )


async def test_async_worlds_and_tools():
    episode = await once("testing/lamp", EXPERT)
    assert episode.success
    assert [(result.text, result.error) for result in episode.turns[1].observation.results] == [
        ("It does not answer.", True),
        ("Click.", False),
    ]


@pytest.mark.parametrize(
    ("environment", "expected", "turns"),
    [
        ("testing/bad_reset", Failure("environment", "ValueError", "no world today"), 0),
        ("testing/bad_act", Failure("environment", "KeyError", "'gone'"), 1),
        ("testing/bad_sandbox", Failure("sandbox", "SandboxError", "The shell is gone."), 0),
        ("testing/bad_close", Failure("environment", "OSError", "still in use"), 3),
        (
            "testing/bad_score",
            Failure(
                "environment",
                "InvalidScore",
                (
                    "testing/bad_score@1/w0/l1/train/0 scores 1 at reset; a score is 0 before "
                    "anything was done."
                ),
            ),
            0,
        ),
    ],
)
async def test_a_failure_is_attributed_once_and_has_no_reward(environment, expected, turns):
    episode = await once(environment)
    assert (episode.error, episode.reward, episode.checks, episode.stop) == (
        expected,
        None,
        {},
        Stop.FAILED,
    )
    assert len(episode.turns) == turns


async def test_a_failing_tool_is_the_tools():
    def smash(_observation, _environment, _rng):
        return Action(calls=(rollout_worlds.ToolCall("smash"),))

    assert (await once("testing/lamp", agent(smash))).error == Failure(
        "tool", "ZeroDivisionError", "the lamp has no sides"
    )


async def test_a_failing_policy_is_the_models():
    def silent(_observation, _environment, _rng):
        raise ModelError("overloaded")

    episode = await once("testing/count", agent(silent))
    assert episode.error == Failure("model", "ModelError", "overloaded")
    assert episode.final.text.startswith("Count on from")


async def test_a_slow_agent_meets_its_limit():
    async def think(_observation, _environment, _rng):
        await asyncio.sleep(30)

    episode = await once("testing/count", agent(think), limits=Limits(turn_seconds=0.02))
    assert episode.error == Failure(
        "limits", "LimitReached", "The agent took over 0.02 s for one turn."
    )


async def test_a_slow_world_meets_its_limit():
    episode = await once("testing/slow", limits=Limits(turn_seconds=0.02))
    assert episode.error == Failure(
        "limits", "LimitReached", "The environment took over 0.02 s for one turn."
    )


async def test_a_slow_episode_meets_its_limit():
    episode = await once("testing/slow", limits=Limits(episode_seconds=0.02))
    assert episode.error == Failure("limits", "LimitReached", "The episode took over 0.02 s.")


async def test_an_agents_own_time_out_is_not_ours():
    def late(_observation, _environment, _rng):
        raise TimeoutError("upstream")

    assert (await once("testing/count", agent(late))).error == Failure(
        "model", "TimeoutError", "upstream"
    )


async def test_play_that_never_waits_still_meets_the_episodes_limit():
    def busy(_observation, _environment, _rng):
        time.sleep(0.002)
        return "no number"

    started = time.perf_counter()
    episode = await once(
        "testing/count", agent(busy), limits=Limits(turns=100_000, episode_seconds=0.05)
    )
    assert episode.error == Failure("limits", "LimitReached", "The episode took over 0.05 s.")
    assert time.perf_counter() - started < 5


async def test_cancellation_passes_through():
    playing = asyncio.create_task(once("testing/slow"))
    await asyncio.sleep(0.02)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
