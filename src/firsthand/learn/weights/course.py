"""One training run in a lab: its trainer, where it is kept, and what is written down of each step.

A recipe that is started again repeats its own history: the lab returns the episodes that were
played, and steps that the saved weights have seen are skipped. So nothing is played or trained
twice, and a killed run ends with the same weights as one that was not.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from firsthand.agent import Agent
from firsthand.errors import UserError
from firsthand.learn.lab import Lab
from firsthand.learn.weights.advantages import Groups
from firsthand.learn.weights.rows import Row
from firsthand.learn.weights.settings import TrainConfig
from firsthand.learn.weights.trainer import Elsewhere, LocalTrainer, Metrics, Trainer
from firsthand.learn.weights.written import LINES
from firsthand.models.trainable import Trainable
from firsthand.prompt import Sampling
from firsthand.task import Task, digest

SOLVED = 0.9
"""Mean reward from which a policy without entropy is good and not stuck."""

MOSTLY = 0.8
"""Share of groups without variance from which a batch teaches next to nothing."""


def explores_no_more(metrics: Metrics, groups: Groups, config: TrainConfig) -> bool:
    """Say whether the policy has settled without having solved its tasks."""
    settled = metrics.entropy < config.collapse_entropy and groups.frac_zero_std >= MOSTLY
    return settled and groups.reward < SOLVED


def trainer_of(agent: Agent, config: TrainConfig) -> Trainer:
    """Return who trains the agent's model. Raises `UserError` where nobody does."""
    model = agent.model
    if isinstance(model, Trainable):
        return LocalTrainer(model, config)
    if isinstance(model, Elsewhere):
        return model.trainer(config)
    raise UserError(f"{model.name} cannot be trained: name tiny or torch:smollm2.")


class Course:
    """The state of a recipe in a lab. Raises `UserError` where the lab's model cannot be trained.

    `place` counts what the recipe has gone through: batches of plays, or batches of rows.
    """

    def __init__(self, lab: Lab, config: TrainConfig) -> None:
        self.lab, self.config, self.agent = lab, config, lab.agent
        if lab.agent.playbook.lessons:
            # a choice made part by part would be trained on in its last part only
            self.agent = msgspec.structs.replace(lab.agent, by_parts=False)
        self.trainer = trainer_of(lab.agent, config)
        self.place = 0
        if self.trainer.kept(self.folder):
            self.trainer.load(self.folder)
        self._cut_lines()

    @property
    def folder(self) -> Path:
        """Where the weights are."""
        return self.lab.folder / "weights"

    @property
    def behind(self) -> bool:
        """Whether the saved weights have seen this place already."""
        return self.place < self.trainer.data.get("place", 0)

    def explorers(self, tasks: Sequence[Task], plays: int) -> tuple[list[Agent], list[Task]]:
        """Return who plays what: each task `plays` times, each play with a seed of its own."""
        agents = [self._explorer(play) for play in range(plays)]
        return agents * len(tasks), [task for task in tasks for _ in range(plays)]

    @property
    def stuck(self) -> bool:
        """Whether the policy stopped to explore, unsolved, `patience` batches ago."""
        return self.trainer.data.get("stuck", 0) >= self.config.patience

    def train(
        self,
        rows: Sequence[Row],
        *,
        passes: int = 1,
        groups: Groups | None = None,
        learning_rate: float | None = None,
    ) -> Metrics:
        """Take optimizer steps on the rows, save, and write the step down. No rows, no step.

        `learning_rate` is that of this step; None: that of the settings.
        """
        rate = self.config.learning_rate if learning_rate is None else learning_rate
        first, norm = Metrics(), 0.0
        anchors = self.trainer.logprobs(rows) if passes > 1 else None
        for turn in range(passes if rows else 0):
            metrics = self.trainer.forward_backward(rows, anchors=anchors)
            norm = self.trainer.optim_step(learning_rate=rate)
            first = first if turn else metrics
        note: dict[str, Any] = {}
        if groups is not None:
            note = {"reward": groups.reward, "frac_zero_std": groups.frac_zero_std}
            again = explores_no_more(first, groups, self.config)
            self.trainer.data["stuck"] = self.trainer.data.get("stuck", 0) + 1 if again else 0
            note |= {"dropped": groups.dropped, "stuck": self.trainer.data["stuck"]}
        read = passes * sum(len(row.ids) for row in rows)
        told = {**msgspec.to_builtins(first), "grad_norm": norm, "learning_rate": rate}
        self._write({**told, "tokens": read, **note})
        self.trainer.data["place"] = self.place + 1
        self.trainer.checkpoint(self.folder)
        return first

    async def next(self) -> None:
        """Go on to the next place, and mark a point of the learning curve where one is due."""
        self.place += 1
        every = self.config.mark_every
        if every and self.place % every == 0:
            await self.lab.mark(self.agent)

    def wants(self, episodes: int) -> bool:
        """Whether there may be more episodes to imitate."""
        most = self.config.demonstrations
        return most is None or episodes < most

    def more(self, episodes: int) -> int:
        """Return how many tasks of each environment to play next: a batch, or what is wanted."""
        most = self.config.demonstrations
        if most is None:
            return self.config.batch
        wanted = -(-(most - episodes) // len(self.lab.environments))
        return max(1, min(self.config.batch, wanted))

    async def epochs(self, kept: Sequence[Sequence[Row]], epochs: int, *, first: int = 0) -> None:
        """Go through the rows of episodes in batches, in an order that follows from the seed."""
        for epoch in range(first, epochs):
            order = list(kept[: self.config.demonstrations])
            random.Random(digest(f"{self.config.seed}/epoch/{epoch}")).shuffle(order)
            for start in range(0, len(order), self.config.batch):
                batch = order[start : start + self.config.batch]
                if not self.behind:
                    self.train([row for rows in batch for row in rows])
                await self.next()

    async def done(self) -> Agent:
        """Save, mark the last point of the curve, and return the agent with its new weights."""
        self.trainer.save(self.folder)
        await self.lab.mark(self.agent)
        return self.agent

    def _explorer(self, play: int) -> Agent:
        sampling = Sampling(
            temperature=self.config.temperature,
            max_tokens=self.agent.sampling.max_tokens,
            seed=self.config.seed * 10_000 + play,
        )
        return msgspec.structs.replace(self.agent, sampling=sampling)

    def _write(self, content: dict[str, Any]) -> None:
        self.lab.folder.mkdir(parents=True, exist_ok=True)
        line = {"place": self.place, "step": self.trainer.step, "turns": self.lab.spent, **content}
        with (self.lab.folder / LINES).open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
        if self.lab.note:
            self.lab.note(line)

    def _cut_lines(self) -> None:
        """Drop lines of steps that were written down and then lost with the process."""
        path = self.lab.folder / LINES
        if path.exists():
            known = self.trainer.data.get("place", 0)
            kept = list(path.read_bytes().splitlines()[:known])
            path.write_bytes(b"".join(line + b"\n" for line in kept))
