"""How a run sleeps: the settings, checked when they are made."""

import math

import msgspec

from firsthand.errors import UserError
from firsthand.learn.life.schedule import Place


class SleepConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How lessons are consolidated. Raises `UserError` for a number outside its range."""

    gate_tasks: int = 80
    """Gate tasks on which the playbook is confirmed and compressed."""
    distil_tasks: int = 150
    """Train tasks that the student plays, and on which the teacher tells what it would have done.
    """
    epochs: int = 3
    """Passes over them."""
    learning_rate: float = 1e-3
    """Of AdamW."""
    batch: int = 8
    """Tasks of an optimizer step."""
    replay: int = 1
    """Tasks of each earlier environment in a step: there the teacher is the frozen base."""
    remask_tasks: int = 200
    """Gate tasks on which the families of lessons are measured again, adapter on: they decide what
    leaves the prompt."""
    off_tasks: int = 100
    """The first of them, which are played with the adapter off as well: they tell what a family was
    worth in the prompt, and decide nothing."""
    eval_tasks: int = 200
    """Held-out tasks for the score with the playbook and after sleep without it."""
    retain: tuple[Place, ...] = ()
    """Earlier places: they are replayed, and played before and after."""
    retain_tasks: int = 200
    """Held-out tasks of each earlier place."""
    margin: float = 0.05
    """Score that a smaller playbook may lose; a remaining effect that is shown to lie below it
    counts as none."""
    follow_tasks: int = 80
    """Gate tasks on which it is checked that revoked lessons are not followed any more."""
    concurrency: int = 8
    """Most episodes in flight."""
    seed: int = 0
    """Decides tasks, subsets and sampling."""

    def __post_init__(self) -> None:
        for name in (
            "gate_tasks",
            "distil_tasks",
            "epochs",
            "batch",
            "remask_tasks",
            "off_tasks",
            "eval_tasks",
            "retain_tasks",
            "follow_tasks",
            "concurrency",
        ):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, got {getattr(self, name)!r}.")
        for name in ("replay", "seed"):
            if getattr(self, name) < 0:
                raise UserError(f"{name} must be at least 0, got {getattr(self, name)!r}.")
        if not (math.isfinite(self.learning_rate) and self.learning_rate >= 0.0):
            raise UserError(f"learning_rate must be at least 0, got {self.learning_rate!r}.")
        if not 0.0 < self.margin < 1.0:
            raise UserError(f"A margin lies between 0 and 1, got {self.margin!r}.")
