"""A life of a model that copies its examples, to be killed: `a_life.py FOLDER SCHEDULE`."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from copycat import Copycat

import firsthand as fh
from firsthand.learn.life.life import Lived, live
from firsthand.learn.life.schedule import schedule
from firsthand.learn.life.settings import LifeConfig
from firsthand.prompt import Sampling

SIZES = {"tasks": 60, "gate_pairs": 40, "sleep_tasks": 20, "arrival_pairs": 20, "eval_tasks": 30}


async def lived(
    folder: Path, places: str, *, model=None, resume: bool = True, watch=None, **options
) -> Lived:
    agent = fh.Agent(model=model or Copycat(), sampling=Sampling(temperature=0.0))
    options = {"rounds": 2, **SIZES, **options}
    config = LifeConfig(schedule=schedule(places), **options)
    return await live(agent, folder=folder, config=config, resume=resume, watch=watch)


if __name__ == "__main__":
    asyncio.run(lived(Path(sys.argv[1]), sys.argv[2]))
