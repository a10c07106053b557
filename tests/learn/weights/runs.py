"""Train on lamps in child processes that are killed at random, until one comes to its end.

`runs.py FOLDER RECIPE SEED KILLS`. Children are forks: torch is imported once.
"""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

from lamps import NAME, small

import firsthand as fh
from firsthand.learn.weights.run import Plan, Trained, train
from firsthand.learn.weights.settings import LossConfig, TrainConfig
from firsthand.prompt import Sampling

CONFIG = TrainConfig(
    learning_rate=1e-2,
    schedule="linear",
    batch=4,
    plays=4,
    epochs=3,
    loss=LossConfig(entropy=0.02),
    passes=2,
)


def plan(recipe: str, **changes) -> Plan:
    """A run of about a second."""
    sizes = {
        "budget": 160 if recipe == "grpo" else 60,
        "eval_tasks": 12,
        "curve_tasks": 8,
        "curve_points": 3,
    }
    fields = {"environments": (NAME,), "model": "tiny", "recipe": recipe, "config": CONFIG}
    return Plan(**{**fields, **sizes, **changes})


def agent(seed: int = 0) -> fh.Agent:
    """A fresh student."""
    return fh.Agent(model=small(seed), sampling=Sampling(temperature=0.0))


async def trained(folder: Path, recipe: str, **options) -> Trained:
    """Train to the end."""
    who = agent()
    found = await train(who, plan(recipe), folder=folder, **options)
    await who.model.close()
    return found


def killed(folder: Path, recipe: str, seed: int, kills: int) -> int:
    """Kill as often as asked, then let it finish; return how many kills came in time."""
    rng, came = random.Random(seed), 0
    for left in range(kills, -1, -1):
        child = os.fork()
        if child == 0:
            asyncio.run(trained(folder, recipe, resume=True))
            os._exit(0)
        if left:
            time.sleep(rng.uniform(0.05, 0.6))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        came += os.WIFSIGNALED(status)
        if not left and status != 0:
            raise SystemExit(f"the last child ended with {status}")
    return came


if __name__ == "__main__":
    print(killed(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
