import asyncio
import multiprocessing
import os
import re
import subprocess
import sys
import time

import pytest
import rollout_worlds  # noqa: F401 - registers the worlds

from firsthand.agent import Agent
from firsthand.environment import Action, Environment, Observation, Score, tools_of
from firsthand.episode import Failure
from firsthand.errors import SandboxError, UserError
from firsthand.journal import Journal
from firsthand.models import model
from firsthand.models.scripted import Scripted
from firsthand.registry import make, register, tasks
from firsthand.rollout.executors import Processes
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.rollout.replay import replay

EXPERT = Agent(model=model("scripted:expert"))
RANDOM = Agent(model=model("scripted:random"))


def untimed(episode):
    return (
        episode.id,
        episode.reward,
        episode.checks,
        episode.error,
        episode.final,
        episode.actions,
        [turn.reward for turn in episode.turns],
    )


async def test_episodes_are_the_same_as_in_this_process(tmp_path):
    wanted = [
        *tasks("testing/count", 10),
        *tasks("testing/lamp", 5),
        *tasks("testing/bad_act", 1),
        *tasks("testing/bad_init", 1),
    ]
    agents = [EXPERT if n % 2 else RANDOM for n in range(len(wanted))]
    journal = Journal(tmp_path)
    away = await rollout(agents, wanted, processes=2, journal=journal)
    here = await rollout(agents, wanted)
    assert [untimed(episode) for episode in away] == [untimed(episode) for episode in here]
    assert len(journal) == len(wanted)
    assert [await replay(episode) for episode in away] == [None] * len(wanted)


async def test_the_stand_in_declares_what_the_world_declares():
    async with Processes(1) as processes:
        there, here = processes.make("testing/lamp"), make("testing/lamp")
        assert (
            list(tools_of(type(there))) == list(tools_of(type(here))) == ["switch", "smash", "ask"]
        )
        assert (there.name, there.turns, there.statement) == (here.name, here.turns, here.statement)


async def test_worlds_live_in_as_many_processes_as_asked_for_and_forks_travel():
    (task,) = tasks("testing/count", 1)
    async with Processes(2) as processes:
        worlds = [processes.make("testing/count") for _ in range(4)]
        await asyncio.gather(*(world.reset(task) for world in worlds))
        states = [await world.snapshot() for world in worlds]
        pids = [state["pid"] for state in states]
        assert len(set(pids)) == 2
        assert os.getpid() not in pids
        await worlds[0].act(Action((await worlds[0].choices())[0]))
        await worlds[1].restore(await worlds[0].snapshot())
        assert (await worlds[1].score()).value == 0.25
        assert await worlds[1].aftermath() == await worlds[0].aftermath()
        for world in worlds:
            await world.close()


async def test_a_worker_that_dies_fails_its_episode_and_is_replaced():
    def act(_observation, _environment, _rng):
        return "die" if len(deaths) < 2 and not deaths.append(1) else "hello"

    deaths = []
    episodes = await rollout(
        Agent(model=Scripted(act)), tasks("testing/hang", 6), processes=1, concurrency=1
    )
    assert [episode.error and episode.error.owner for episode in episodes] == [
        "sandbox",
        "sandbox",
        None,
        None,
        None,
        None,
    ]
    assert episodes[0].error == Failure(
        "sandbox", "SandboxError", "A worker process died with this world in it (exit code -9)."
    )
    survivors = {
        re.search(r"process (\d+)", episode.final.text).group(1) for episode in episodes[2:]
    }
    assert len(survivors) == 1


async def test_a_world_that_hangs_is_stopped_and_play_goes_on():
    def act(_observation, _environment, _rng):
        return wild.pop()

    wild = ["hello", "hello", "hang"]
    bad, *good = await rollout(
        Agent(model=Scripted(act)),
        tasks("testing/hang", 3),
        processes=1,
        concurrency=1,
        limits=Limits(turns=1, turn_seconds=1.0),
    )
    assert bad.error == Failure(
        "limits", "LimitReached", "The environment took over 1 s for one turn."
    )
    assert [episode.error for episode in good] == [None, None]


async def test_a_call_to_a_world_whose_process_is_gone():
    (task,) = tasks("testing/hang", 1)
    async with Processes(1) as processes:
        world, other = processes.make("testing/hang"), processes.make("testing/hang")
        await asyncio.gather(world.reset(task), other.reset(task))
        hanging = asyncio.create_task(world.act(Action("hang")))
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(other.score())
        await asyncio.sleep(0.05)
        hanging.cancel()
        with pytest.raises(
            SandboxError,
            match=r"exit code -9\). "
            r"It was stopped because a call of another episode in it was given up on",
        ):
            await waiting
        with pytest.raises(SandboxError, match="The worker process that held this world is gone"):
            await other.act(Action("hello"))
        await world.close()
        await other.close()


async def test_what_cannot_be_sent_back_is_an_error_of_the_call():
    (task,) = tasks("testing/odd", 1)
    async with Processes(1) as processes:
        world = processes.make("testing/odd")
        await world.reset(task)
        with pytest.raises(Exception, match="Can't pickle"):
            await world.snapshot()
        assert (await world.score()).value == 0.0


async def test_a_class_inside_a_function_cannot_travel():
    class Inner(Environment):
        """Nowhere to be found."""

        name = "testing/inner"

        def reset(self, task):
            return Observation()

        def act(self, action):
            return Observation()

        def score(self):
            return Score(ok=False)

        def expert(self):
            yield Action()

    register(Inner)
    with pytest.raises(
        UserError,
        match=r"testing/inner cannot run in a worker process: .*"
        r"Define its class at the top of a module, or use processes=0",
    ):
        await rollout(EXPERT, tasks("testing/inner", 1), processes=1)


async def test_cancellation_ends_the_processes(tmp_path):
    journal = Journal(tmp_path)
    running = asyncio.create_task(
        rollout(RANDOM, tasks("testing/count", 5000), processes=2, journal=journal)
    )
    while not len(journal):
        await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert all(episode.error is None for episode in journal.episodes())
    assert multiprocessing.active_children() == []


SCRIPT = """
import firsthand as fh
from firsthand.registry import register


class Mine(fh.Environment):
    "Say hello."
    name = "testing/mine"
    def reset(self, task):
        self.said = False
        return fh.Observation("hello")
    def act(self, action):
        self.said = True
        self.finish()
        return fh.Observation("bye")
    def score(self):
        return fh.Score(said=self.said)
    def expert(self):
        yield fh.Action("hello")


register(Mine)
{guard}
    agent = fh.Agent(model=fh.model("scripted:expert"))
    episodes = fh.run(fh.rollout(agent, fh.tasks("testing/mine", 4), processes=2))
    print([episode.error and episode.error.message for episode in episodes])
"""


@pytest.mark.parametrize("guarded", [True, False])
def test_classes_of_a_main_script_travel_and_one_without_a_guard_starts_no_flood(guarded, tmp_path):
    guard = 'if __name__ == "__main__":' if guarded else "if True:"
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace("{guard}", guard))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = done.stdout.strip().splitlines()[-1]
    assert said == "[None, None, None, None]", done.stderr
    assert guarded or "bootstrapping" in done.stdout, "the copies in workers could not start more"


async def test_workers_that_hang_are_ended_at_once(tmp_path):
    (task,) = tasks("testing/hang", 1)
    async with Processes(4) as processes:
        worlds = [processes.make("testing/hang") for _ in range(4)]
        await asyncio.gather(*(world.reset(task) for world in worlds))
        hanging = [asyncio.create_task(world.act(Action("hang"))) for world in worlds]
        await asyncio.sleep(0.05)
        began = time.perf_counter()
    assert time.perf_counter() - began < 2.0, "four workers end as fast as one"
    results = await asyncio.gather(*hanging, return_exceptions=True)
    assert all(isinstance(result, SandboxError) for result in results)
