"""Distil lessons into weights: the recipe of `learn/weights`, with replay of earlier places.

The student plays without lessons, the teacher says what the frozen weights would do with them. In
places without lessons the teacher is the frozen base: there the student learns to change nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import MissingExtra
from firsthand.learn.lab import Lab
from firsthand.learn.life.schedule import Place
from firsthand.learn.sleep.placed import placed
from firsthand.learn.sleep.settings import SleepConfig
from firsthand.playbook import Playbook
from firsthand.registry import tasks
from firsthand.rollout.play import Limits
from firsthand.task import Split, Task
from firsthand.usage import Meter

DREAMS = 600_000
"""Where the train tasks of sleep begin: the learner's begin at 0."""


MOST_REPLAYED = 3
"""Places that one step replays; of more, all have their turn."""


class SleepLab(Lab):
    """A lab with tasks of several places: `n` of each that is learned, and some replayed."""

    learned: tuple[Place, ...] = ()
    replayed: tuple[Place, ...] = ()
    replay: int = 0
    drawn: int = 0
    """Tasks of each place that is learned so far."""

    def tasks(
        self,
        n: int,
        *,
        split: Split = "train",
        level: int | None = None,
        environments: Sequence[str] | None = None,
    ) -> list[Task]:
        """Return fresh train tasks, interleaved; none comes twice. The places decide the rest."""
        drawn, self.drawn = self.drawn, self.drawn + n
        first = DREAMS + drawn
        counts = [(place, n) for place in self.learned]
        turn = drawn // n + 1  # other places in every step, where there are many
        places = [*self.replayed[turn % max(len(self.replayed), 1) :], *self.replayed]
        counts += [(place, self.replay) for place in dict.fromkeys(places[:MOST_REPLAYED])]
        columns = [
            tasks(
                place.environment,
                count,
                split=split,
                level=place.level,
                world=place.world,
                start=first,
            )
            for place, count in counts
        ]
        return list(chain.from_iterable(columns))


async def distilled(
    agent: Agent,
    lessons: Mapping[Place, Playbook],
    replayed: Mapping[Place, Playbook],
    *,
    folder: Path,
    config: SleepConfig,
    limits: Limits = Limits(),
    meter: Meter | None = None,
    progress: Callable[[Episode], None] | None = None,
) -> None:
    """Train the agent's model in place until it does without `lessons` what it does with them.

    `folder` keeps the plays and the weights of every step: a distillation that was killed goes on
    there. Raises `MissingExtra` without torch, `UserError` for a model that cannot be trained.
    """
    try:
        from firsthand.learn.weights.recipes import distil
        from firsthand.learn.weights.settings import LossConfig, TrainConfig
    except ImportError as missing:
        raise MissingExtra("torch", extra="train") from missing
    steps = -(-config.distil_tasks // config.batch)
    per_step = config.batch * len(lessons) + config.replay * min(len(replayed), MOST_REPLAYED)
    lab = SleepLab(
        agent.with_playbook(Playbook()),
        list(dict.fromkeys(place.environment for place in lessons)),
        folder=folder,
        budget=MOST_TURNS * steps * per_step,
        limits=limits,
        concurrency=config.concurrency,
        run="sleep",
        meter=meter,
        progress=progress,
    )
    lab.learned, lab.replayed, lab.replay = tuple(lessons), tuple(replayed), config.replay
    train = TrainConfig(
        learning_rate=config.learning_rate,
        batch=config.batch,
        epochs=config.epochs,
        demonstrations=steps * per_step,
        loss=LossConfig(divergence="forward"),
        seed=config.seed,
    )
    teacher = placed(agent.with_playbook(Playbook()), {**replayed, **lessons})
    await distil(lab, train, teacher=msgspec.structs.replace(teacher, mask=None))


MOST_TURNS = 200
"""Turns of an episode that the budget of a distillation allows for; tasks bound it, not turns."""
