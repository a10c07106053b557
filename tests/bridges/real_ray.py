"""Ray, with the real package and nodes that die: `python tests/bridges/run.py ray`."""

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import ray
import rollout_worlds
from loopback import serving
from ray.cluster_utils import Cluster

import firsthand as fh
from firsthand.errors import SandboxError, UserError
from firsthand.models.scripted import Scripted, at_random
from firsthand.rollout import ray as ours
from firsthand.rollout.ray import Ray
from firsthand.rollout.replay import replay
from firsthand.serve.content import content_hash

EXPERT = fh.Agent(model=fh.model("scripted:expert"))
RANDOM = fh.Agent(model=fh.model("scripted:random"))
NODE = {"num_cpus": 1, "object_store_memory": 80 << 20}
KILLS, NODES = 50, 5


async def slowly(observation, environment, rng):
    """Play at random, as slowly as a model that is far away."""
    await asyncio.sleep(0.02)
    return await at_random(observation, environment, rng)


SLOW = fh.Agent(model=Scripted(slowly, name="scripted:slowly"))


def dies(_observation, environment, _rng):
    return "die" if environment.doomed else "hello"


class Doomed(rollout_worlds.Hang):
    """Kills its process on every ninth task."""

    name = "testing/doomed"

    def reset(self, task):
        self.doomed = task.seed % 9 == 4
        return fh.Observation("Go on.")

    async def act(self, action):
        await asyncio.sleep(0.2)
        return super().act(action)


class Blocks(Doomed):
    """Blocks its thread where no exception reaches it."""

    name = "testing/blocks"

    def act(self, action):
        if self.doomed:
            time.sleep(1000)
        return fh.Observation("Still here.")


for world in (Doomed, Blocks):
    rollout_worlds.register(world)


@pytest.fixture(scope="module")
def cluster():
    made = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    ray.init(address=made.address, log_to_driver=False)
    made.add_node(**NODE)
    yield made
    ray.shutdown()
    made.shutdown()


def hashes(episodes):
    return [(episode.id, content_hash(episode)) for episode in episodes]


def lines(folder):
    """Count the lines of a journal by the id of their episode, as they are in its files."""
    found = Counter()
    for file in Path(folder).glob("*.jsonl"):
        found.update(json.loads(line)["id"] for line in file.read_text().splitlines())
    return found


async def test_episodes_are_those_of_this_process(cluster, tmp_path):
    names = ("games/nim", "interfaces/shop_desk", "data/ledger", "office/calendar", "rules/causal")
    broken = ("bad_act", "bad_init", "bad_reset", "cancels_itself", "lamp")
    wanted = [task for name in names for task in fh.tasks(name, 6)]
    wanted += [task for name in broken for task in fh.tasks(f"testing/{name}", 2)]
    agents = [EXPERT if n % 2 else RANDOM for n in range(len(wanted))]
    journal = fh.Journal(tmp_path)
    away = await fh.rollout(agents, wanted, executor="ray", journal=journal, run="one")
    here = await fh.rollout(agents, wanted, run="one")
    assert hashes(away) == hashes(here)
    assert [str(e.error) for e in away] == [str(e.error) for e in here]
    assert lines(tmp_path) == Counter(episode.id for episode in here)
    assert [await replay(episode) for episode in away[:30]] == [None] * 30


async def test_what_no_journal_can_hold_is_the_same_failure(cluster, tmp_path):
    wanted = fh.tasks("testing/half", 2)
    away = await fh.rollout(EXPERT, wanted, executor="ray", journal=fh.Journal(tmp_path / "away"))
    here = await fh.rollout(EXPERT, wanted, journal=fh.Journal(tmp_path / "here"))
    assert [episode.error for episode in away] == [episode.error for episode in here]
    assert away[0].error.owner == "environment"


async def test_a_class_of_a_function_travels_and_one_cluster_serves_many_rollouts(cluster):
    class Inner(rollout_worlds.Count):
        name = "testing/inner_of_ray"

    rollout_worlds.register(Inner)
    async with Ray(actors=1) as away:
        first = await fh.rollout(EXPERT, fh.tasks(Inner.name, 3), executor=away)
        (pid,) = away.pids
        second = await fh.rollout(RANDOM, fh.tasks("games/nim", 3), executor=away)
        assert away.pids == [pid] and pid != os.getpid()
    assert [episode.reward for episode in first] == [1.0] * 3
    assert hashes(second) == hashes(await fh.rollout(RANDOM, fh.tasks("games/nim", 3)))


async def test_a_model_behind_an_endpoint_is_asked_by_the_actors(cluster, monkeypatch):
    monkeypatch.setenv("FIRSTHAND_KEY_127_0_0_1", "a-key-that-stays-here")
    async with serving() as endpoint:
        model = fh.model(f"openai:mock@{endpoint.url}")
        agent = fh.Agent(model=model)
        here = await fh.rollout(agent, fh.tasks("games/nim", 2), limits=fh.Limits(turns=2))
        away = await fh.rollout(
            agent, fh.tasks("games/nim", 2), limits=fh.Limits(turns=2), executor="ray"
        )
        await model.close()
    assert hashes(away) == hashes(here)
    assert away[0].usage.calls == 2 and len(endpoint.bodies) == 8
    keyed = ["Authorization" in headers for headers in endpoint.headers]
    assert keyed == [True] * 4 + [False] * 4, "keys are of the nodes and do not travel"


async def killed_at_random(away, rng):
    """Kill a ready actor now and then, with all that it plays. Return those that were killed."""
    killed = set()
    while len(killed) < KILLS:
        await asyncio.sleep(rng.uniform(0.2, 1.5))
        if ready := sorted({*away.pids} - killed):
            pid = rng.choice(ready)
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
    return killed


def alive():
    """The nodes that the cluster itself counts as alive."""
    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}


async def nodes_that_die(cluster, rng):
    """Take nodes away without a word, and bring others. Return those that the cluster lost."""
    dead = set()
    for _ in range(NODES):
        await asyncio.sleep(rng.uniform(0.5, 1.5))
        node = rng.choice(list(cluster.worker_nodes))
        assert node.node_id in alive()
        await asyncio.to_thread(cluster.remove_node, node, allow_graceful=False)
        async with asyncio.timeout(60):
            while node.node_id in alive():
                await asyncio.sleep(0.1)
        dead.add(node.node_id)
        await asyncio.sleep(rng.uniform(0.5, 1.5))
        cluster.add_node(**NODE)  # sets a signal handler, which only the main thread can
    return dead


async def under_fire(away, folder, chaos):
    """Roll out, again and again until the chaos had enough; check each rollout. Return episodes."""
    journal, acknowledged, number = fh.Journal(folder), [], 0
    while not chaos.done():
        tasks = [*fh.tasks("testing/count", 40), *fh.tasks("games/nim", 40)]
        run, counted = f"run {number}", []
        episodes = await fh.rollout(
            SLOW, tasks, executor=away, journal=journal, run=run, progress=counted.append
        )
        assert hashes(episodes) == hashes(await fh.rollout(SLOW, tasks, run=run))
        assert not [episode.error for episode in episodes if episode.error]
        assert sorted(e.id for e in counted) == sorted(e.id for e in episodes)
        acknowledged += [episode.id for episode in episodes]
        number += 1
    assert lines(folder) == Counter(acknowledged)
    assert max(lines(folder).values()) == 1
    return len(acknowledged)


async def test_actors_that_die_at_random_lose_nothing_and_repeat_nothing(cluster, tmp_path):
    rng = random.Random(1)
    async with Ray(actors=2, retries=KILLS) as away:
        chaos = asyncio.create_task(killed_at_random(away, rng))
        episodes = await under_fire(away, tmp_path, chaos)
        killed = await chaos
        print(f"{len(killed)} actors killed, {away.lost} missed, {episodes} episodes")
        assert away.lost >= KILLS - 2


async def test_nodes_that_die_at_random_lose_nothing_and_repeat_nothing(cluster, tmp_path):
    rng = random.Random(2)
    async with Ray(actors=2, retries=KILLS) as away:
        chaos = asyncio.create_task(nodes_that_die(cluster, rng))
        episodes = await under_fire(away, tmp_path, chaos)
        dead = await chaos
        print(f"{len(dead)} nodes removed, {away.lost} actors missed, {episodes} episodes")
        assert len(dead) == NODES and not dead & alive()
        assert away.lost, "no node that died had an actor"


async def test_an_episode_that_kills_every_actor_fails_alone(cluster, tmp_path):
    agent = fh.Agent(model=Scripted(dies))
    tasks = fh.tasks("testing/doomed", 14)
    async with Ray(retries=2) as away:
        episodes = await fh.rollout(
            agent, tasks, executor=away, limits=fh.Limits(turns=2), journal=fh.Journal(tmp_path)
        )
    failed = [episode.task.seed for episode in episodes if episode.error]
    assert failed == [4, 13]
    error = episodes[4].error
    assert (error.owner, error.type) == ("sandbox", "SandboxError")
    assert error.message.startswith("Each of the 3 actors that played this episode died")
    assert lines(tmp_path) == Counter(episode.id for episode in episodes)


async def test_an_actor_that_hangs_is_ended_and_play_goes_on(cluster, monkeypatch):
    monkeypatch.setattr(ours, "GRACE_SECONDS", 1.0)
    limits = fh.Limits(turns=2, turn_seconds=3.0, episode_seconds=4.0)
    episodes = await fh.rollout(
        fh.Agent(model=Scripted(dies)), fh.tasks("testing/blocks", 6), executor="ray", limits=limits
    )
    assert [episode.error and episode.error.owner for episode in episodes] == [
        *[None] * 4,
        "limits",
        None,
    ]
    assert "was ended" in episodes[4].error.message


async def test_cancellation_ends_the_actors_and_keeps_what_is_finished(cluster, tmp_path):
    journal = fh.Journal(tmp_path)
    away = Ray(actors=1)
    running = asyncio.create_task(
        fh.rollout(SLOW, fh.tasks("testing/count", 5000), executor=away, journal=journal)
    )
    while not len(journal):
        await asyncio.sleep(0.05)
    (pid,) = away.pids
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert all(episode.error is None for episode in journal.episodes())
    assert away.pids == []
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("the actor goes on")


SCRIPT = """
import sys
import ray
import firsthand as fh
from bridges.real_ray import SLOW

address, folder = sys.argv[1:]
ray.init(address=address, log_to_driver=False)
tasks = fh.tasks("testing/count", 300)
said = lambda episode: print(episode.id, flush=True)
journal = fh.Journal(folder)
options = {"journal": journal, "run": "r", "resume": True, "concurrency": 8, "progress": said}
fh.run(fh.rollout(SLOW, tasks, executor="ray", **options))
"""


async def test_a_caller_that_dies_goes_on_where_it_stopped(cluster, tmp_path):
    said = []
    for _ in range(3):
        driver = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, cluster.address, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        watch = threading.Timer(120, driver.kill)
        watch.start()
        for _ in range(30):
            said.append(driver.stdout.readline().strip())
        driver.kill()
        driver.wait()
        watch.cancel()
    assert len(set(said)) == 90 and "" not in said
    assert set(said) <= set(lines(tmp_path))
    tasks = fh.tasks("testing/count", 300)
    journal = fh.Journal(tmp_path)
    await fh.rollout(SLOW, tasks, executor="ray", journal=journal, run="r", resume=True)
    whole = await fh.rollout(SLOW, tasks, run="r")
    assert hashes(sorted(journal.episodes(), key=lambda e: e.id)) == hashes(
        sorted(whole, key=lambda e: e.id)
    )
    assert max(lines(tmp_path).values()) == 1


async def test_what_cannot_be_is_refused_with_the_reason(cluster):
    tasks = fh.tasks("testing/count", 1)
    with pytest.raises(SandboxError, match=r"No actor of Ray started within 1 s. Each asks for 9"):
        away = Ray(actors=1, num_cpus=9, start_seconds=1)
        await fh.rollout(EXPERT, tasks, executor=away)
    lock = threading.Lock()
    agent = fh.Agent(model=Scripted(lambda *_: lock.locked() or "one"))
    with pytest.raises(UserError, match="cannot be sent to Ray's actors: .*has to be served"):
        await fh.rollout(agent, tasks, executor="ray")


def test_the_page(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ray, "init", lambda *_, **__: None)  # it is, and once is enough
    page = Path(__file__).parents[2] / "docs" / "scale.md"
    programs = re.findall(r"```py\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    defined = [{}, {}]
    for program, names in zip(programs, defined, strict=True):
        exec(compile(program, page.name, "exec"), names)
    assert [episode.reward for episode in defined[0]["episodes"]] == [1.0] * 200
