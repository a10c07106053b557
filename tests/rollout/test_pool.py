import asyncio
import math
from collections import Counter

import pytest
import rollout_worlds  # noqa: F401 - registers the worlds

from firsthand.agent import Agent
from firsthand.episode import Failure
from firsthand.errors import InvalidTask, UnknownName, UserError
from firsthand.journal import Journal
from firsthand.models import model
from firsthand.models.scripted import Scripted
from firsthand.prompt import Completion, Traits
from firsthand.registry import tasks
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.task import Task

EXPERT = Agent(model=model("scripted:expert"))
RANDOM = Agent(model=model("scripted:random"))


def counted():
    """Return an expert that counts the turns it was asked for, by task, and the counter."""
    asked = Counter()

    def act(_observation, environment, _rng):
        asked[environment.start] += 1
        return environment.choices()[0]

    return Agent(model=Scripted(act, name="scripted:counted")), asked


async def test_results_come_in_the_order_of_the_tasks():
    wanted = [
        task
        for pair in zip(tasks("testing/count", 40), tasks("control/null", 40), strict=True)
        for task in pair
    ]
    episodes = await rollout(EXPERT, wanted, concurrency=7)
    assert [episode.task for episode in episodes] == wanted
    assert all(episode.success for episode in episodes)


async def test_concurrency_is_bounded():
    playing = most = 0

    async def act(_observation, _environment, _rng):
        nonlocal playing, most
        playing += 1
        most = max(most, playing)
        await asyncio.sleep(0.001)
        playing -= 1
        return "no"

    await rollout(
        Agent(model=Scripted(act)),
        tasks("testing/count", 20),
        concurrency=5,
        limits=Limits(turns=2),
    )
    assert most == 5


async def test_failures_are_kept_beside_what_went_well():
    wanted = [
        Task(name, 0)
        for name in ("testing/bad_init", "testing/count", "testing/bad_reset", "testing/slow")
    ]
    episodes = await rollout(EXPERT, wanted, limits=Limits(turn_seconds=0.02))
    assert [episode.reward for episode in episodes] == [None, 1.0, None, None]
    assert [episode.error and episode.error.owner for episode in episodes] == [
        "environment",
        None,
        "environment",
        "limits",
    ]
    assert episodes[0].error == Failure("environment", "OSError", "no room")


async def test_half_a_character_is_a_failure_of_who_said_it(tmp_path):
    journal = Journal(tmp_path)
    spoken = Agent(model=Scripted(lambda _observation, _environment, _rng: "\ud800"))
    model_said, world_said, good = await rollout(
        [spoken, EXPERT, EXPERT],
        [Task(name, 0) for name in ("testing/count", "testing/half", "testing/count")],
        journal=journal,
    )
    assert (model_said.error.owner, model_said.error.type) == ("model", "InvalidAction")
    assert world_said.error.owner == "environment"
    for error in (model_said.error, world_said.error):
        assert "half of a surrogate pair, which UTF-8 cannot store" in error.message
    assert list(journal.episodes(failed=False)) == [good]
    assert list(journal.episodes(failed=True)) == [model_said, world_said]


async def test_what_cannot_be_stored_is_a_failure_of_who_made_it(tmp_path):
    """Log-probabilities of minus infinity: JSON has no word for them."""
    journal = Journal(tmp_path)

    class Sure:
        name, traits = "test:sure", Traits()

        async def sample(self, prompt, sampling):
            return Completion("x", ids=[1], logprobs=[-math.inf])

        async def close(self):
            pass

    (episode,) = await rollout(
        Agent(model=Sure()), tasks("testing/count", 1), journal=journal, limits=Limits(turns=1)
    )
    assert (episode.error.owner, episode.error.type, episode.turns) == ("model", "Unstorable", ())
    assert list(journal.episodes()) == [episode]


async def test_a_world_that_cancels_its_own_task_fails_alone():
    agents = [Agent(model=model("scripted:idle"))] * 4
    names = ["testing/count", "testing/cancels_itself", "testing/cancels_itself", "testing/count"]
    episodes = await rollout(agents, [Task(name, 0) for name in names], concurrency=2)
    assert [episode.error and episode.error.owner for episode in episodes] == [
        None,
        "environment",
        "environment",
        None,
    ]
    assert str(episodes[1].error).startswith(
        "environment failed while cancelling the task that plays it: CancelledError"
    )


async def test_one_agent_and_tags_for_each_task():
    episodes = await rollout(
        [EXPERT, RANDOM], tasks("testing/count", 2), tags=[{"arm": "a"}, {"arm": "b"}]
    )
    assert [(episode.agent.split("#")[0], episode.tags) for episode in episodes] == [
        ("scripted:expert", {"arm": "a"}),
        ("scripted:random", {"arm": "b"}),
    ]


async def test_repeats_are_told_apart(tmp_path):
    journal = Journal(tmp_path)
    (task,) = tasks("testing/count", 1)
    first = await rollout(RANDOM, [task] * 3, journal=journal, run="r", tags={"arm": "x"})
    again = await rollout(RANDOM, [task], journal=journal, run="r", tags={"arm": "x"})
    assert [episode.tags.get("repeat") for episode in first + again] == [None, "1", "2", "3"]
    assert len({episode.id for episode in first + again}) == len(journal) == 4


async def test_resume_plays_only_what_is_missing(tmp_path):
    journal = Journal(tmp_path)
    agent, asked = counted()
    wanted = tasks("testing/count", 30)
    first = await rollout(agent, wanted[:12], journal=journal, run="r")
    assert asked.total() == 48
    seen = []
    both = await rollout(agent, wanted, journal=journal, run="r", resume=True, progress=seen.append)
    assert asked.total() == 120
    assert both[:12] == first
    assert {episode.id for episode in seen} == {episode.id for episode in both[12:]}
    assert await rollout(agent, wanted, journal=journal, run="r", resume=True) == both
    assert asked.total() == 120
    await rollout(agent, wanted, journal=journal, run="other", resume=True)
    assert asked.total() == 240


async def test_cancellation_leaves_a_valid_journal_that_goes_on(tmp_path):
    journal = Journal(tmp_path)
    agent, asked = counted()
    wanted = tasks("testing/count", 3000)
    running = asyncio.create_task(rollout(agent, wanted, journal=journal, run="r", concurrency=8))
    while not len(journal):
        await asyncio.sleep(0.005)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    done = len(journal)
    assert 0 < done < 3000
    assert all(episode.success for episode in journal.episodes())
    asked.clear()
    episodes = await rollout(agent, wanted[: done + 50], journal=journal, run="r", resume=True)
    assert len(episodes) == done + 50
    assert asked.total() == 50 * 4


async def test_an_error_of_the_caller_stops_all(tmp_path):
    def stop(_episode):
        raise RuntimeError("enough")

    journal = Journal(tmp_path)
    with pytest.raises(RuntimeError, match="enough"):
        await rollout(
            EXPERT, tasks("testing/count", 500), journal=journal, concurrency=2, progress=stop
        )
    assert 1 <= len(journal) <= 2


async def test_nothing_to_play(tmp_path):
    assert await rollout(EXPERT, [], journal=Journal(tmp_path / "new"), run="r") == []
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resume": True}, "Resuming needs a journal and the name of a run"),
        (
            {"concurrency": 0},
            "Expected concurrency of at least 1 and processes of at least 0, got 0 and 0",
        ),
        ({"tags": [{}, {}]}, "Got 2 tags for 1 tasks: give one for all of them, or one for each"),
        ({"agent": [EXPERT, EXPERT]}, "Got 2 agents for 1 tasks"),
    ],
)
async def test_mistakes_of_the_caller(options, message):
    with pytest.raises(UserError, match=message):
        await rollout(**{"agent": EXPERT, "tasks": tasks("testing/count", 1), **options})


async def test_tasks_that_cannot_be_played_are_refused_before_any_is(tmp_path):
    journal = Journal(tmp_path)
    good = tasks("testing/count", 1)
    with pytest.raises(UnknownName, match="Did you mean 'testing/count'"):
        await rollout(EXPERT, [*good, Task("testing/cont", 1)], journal=journal)
    with pytest.raises(InvalidTask, match="was made for version 7"):
        await rollout(EXPERT, [*good, Task("testing/count", 1, version="7")], journal=journal)
    assert len(journal) == 0
