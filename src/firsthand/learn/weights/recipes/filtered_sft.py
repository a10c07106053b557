"""Filtered SFT: play, keep what succeeded, imitate it (rejection sampling; ReST, arXiv 2308.08998).

What the base never gets right is never learned: groups of plays without a success teach nothing.
"""

from firsthand.agent import Agent
from firsthand.learn.lab import Lab
from firsthand.learn.weights.course import Course
from firsthand.learn.weights.rows import Row, rows_of
from firsthand.learn.weights.settings import TrainConfig


async def filtered_sft(lab: Lab, config: TrainConfig = TrainConfig()) -> Agent:
    """Spend the lab's turns on plays by the base, then imitate one success of each task.

    One, so that easy tasks do not outweigh the others. Reads of the settings: `batch` tasks at a
    time, `plays` of each, `demonstrations`, `epochs`.
    """
    course = Course(lab, config)
    kept: list[list[Row]] = []
    while lab.left and course.wants(len(kept)):
        agents, tasks = course.explorers(lab.tasks(config.batch), config.plays)
        successes: dict[str, list[Row]] = {}
        for episode in await lab.play(agents, tasks):
            if episode.success and not episode.flags and episode.task.id not in successes:
                successes[episode.task.id] = rows_of(episode, agents[0], component="sft")
        kept += successes.values()
    await course.epochs(kept, config.epochs)
    return await course.done()
