"""What a Ray cluster on this machine costs and gives beside one process.

Three loads: episodes of one turn that take almost no time, so that all of the price is seen; turns
that wait for a model (50 ms, 256 episodes at once); turns that compute for 20 ms. Each is played in
this process and in one and two actors, in turn, and every content hash is compared. Without
firsthand[ray] nothing is measured.

    python benchmarks/ray_pool.py [--quick]
"""

import argparse
import asyncio
import os
import random
import time
from statistics import median
from typing import Any, NamedTuple

import firsthand as fh
from firsthand.errors import MissingExtra
from firsthand.models.scripted import Scripted
from firsthand.registry import register
from firsthand.rollout.ray import Ray
from firsthand.serve.content import content_hash

WAIT_SECONDS, WORK_SECONDS, TURNS = 0.05, 0.02, 5
ROUNDS = 3


@register
class Turns(fh.Environment):
    """Say five words."""

    name = "benchmark/turns"
    seconds = 0.0

    def reset(self, task: fh.Task) -> fh.Observation:
        """Begin."""
        self.said = 0
        return fh.Observation("Say something.")

    def act(self, action: fh.Action) -> fh.Observation:
        """Compute, and go on."""
        until = time.thread_time() + self.seconds
        while time.thread_time() < until:
            pass
        self.said += 1
        if self.said == TURNS:
            self.finish()
        return fh.Observation("Go on.", done=self.finished)

    def score(self) -> fh.Score:
        """Say whether five words were said."""
        return fh.Score(said=self.said == TURNS)

    def expert(self) -> Any:
        """Say them."""
        for _ in range(TURNS):
            yield fh.Action("word")


@register
class Work(Turns):
    """Say five words, each of which takes a while to understand."""

    name = "benchmark/work"
    seconds = WORK_SECONDS


async def patiently(_observation: object, _environment: object, _rng: random.Random) -> str:
    await asyncio.sleep(WAIT_SECONDS)
    return "word"


class Load(NamedTuple):
    """What is played: `n` episodes, `at_once` of them together."""

    name: str
    environment: str
    agent: fh.Agent
    n: int
    at_once: int


SCRIPTED = fh.Agent(model=Scripted(patiently, name="scripted:patiently"))
EXPERT = fh.Agent(model=fh.model("scripted:expert"))
LOADS = (
    Load("one short turn each", "control/null", EXPERT, 3000, 256),
    Load("five turns that wait 50 ms", "benchmark/turns", SCRIPTED, 2048, 256),
    Load("five turns that compute 20 ms", "benchmark/work", EXPERT, 60, 16),
)


async def rate(load: Load, executor: "Ray | str") -> tuple[float, list[str]]:
    """Play it; return episodes a second, and the content hashes."""
    tasks = fh.tasks(load.environment, load.n)
    started = time.perf_counter()
    episodes = await fh.rollout(load.agent, tasks, executor=executor, concurrency=load.at_once)
    seconds = time.perf_counter() - started
    return load.n / seconds, [content_hash(episode) for episode in episodes]


async def measured(load: Load, rounds: int) -> dict[str, float]:
    """Play it everywhere, in turn; return the median rates. The actors are started before."""
    found: dict[str, list[float]] = {}
    async with Ray(actors=1) as one, Ray(actors=2, num_cpus=0.5) as two:
        warm = load._replace(n=min(load.n, 2 * load.at_once))
        for cluster in (one, two):
            while len(cluster.pids) < cluster.wanted:
                await rate(warm, cluster)
        for _ in range(rounds):
            hashes: list[list[str]] = []
            for name, where in (("here", "local"), ("1 actor", one), ("2 actors", two)):
                figure, played = await rate(load, where)
                found.setdefault(name, []).append(figure)
                hashes.append(played)
            if hashes[1:] != hashes[:-1]:
                raise SystemExit(f"{load.name}: other content than in this process")
    return {name: median(figures) for name, figures in found.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--quick", action="store_true", help="a fifth of it, once")
    quick = options.parse_args().quick
    try:
        import ray
    except ModuleNotFoundError:
        print(MissingExtra("ray", extra="ray"))
        return
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    started = time.perf_counter()
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=100 << 20,
        log_to_driver=False,
        logging_level="ERROR",
    )
    cores = os.cpu_count()
    print(f"Ray {ray.__version__}, started in {time.perf_counter() - started:.0f} s; {cores} cores")
    print("\nepisodes/s (median)           |     here |  1 actor | 2 actors | of here: 1, 2")
    for load in LOADS:
        given = load._replace(n=load.n // 5) if quick else load
        rates = fh.run(measured(given, 1 if quick else ROUNDS))
        here = rates["here"]
        shares = ", ".join(f"{rates[name] / here:.2f}" for name in ("1 actor", "2 actors"))
        shown = " | ".join(f"{figure:8,.1f}" for figure in rates.values())
        print(f"{load.name:30}| {shown} | {shares}", flush=True)
    ray.shutdown()


if __name__ == "__main__":
    main()
