"""SFT: imitate the expert that every environment ships.

The expert's episodes get tokens by being played through the student's own agent (`retold`), so that
the student is shown in training what it will be shown in use.
"""

from firsthand.agent import Agent
from firsthand.learn.lab import Lab
from firsthand.learn.weights.course import Course
from firsthand.learn.weights.retold import retold
from firsthand.learn.weights.rows import Row, rows_of
from firsthand.learn.weights.settings import TrainConfig
from firsthand.models.scripted import Expert


async def sft(lab: Lab, config: TrainConfig = TrainConfig()) -> Agent:
    """Imitate expert episodes: as many as the lab's turns allow, or `demonstrations`.

    Reads of the settings: `demonstrations`, `epochs`, `batch` episodes a step.
    """
    course = Course(lab, config)
    kept: list[list[Row]] = []
    while lab.left and course.wants(len(kept)):
        tasks = lab.tasks(course.more(len(kept)))
        for episode in await lab.play(Agent(model=Expert()), tasks):
            if episode.success and not episode.flags:
                own = await retold(episode, course.agent, limits=lab.limits)
                kept.append(rows_of(own, course.agent, component="sft"))
    await course.epochs(kept, config.epochs)
    return await course.done()
