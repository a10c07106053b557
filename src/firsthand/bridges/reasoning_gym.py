"""Data sets of reasoning-gym as playable environments: `reasoning-gym:chain_sum`, or
`adopt("chain_sum")`.

A task is one entry in the library's default configuration, an answer is one action, and the score
is the library's own, with its partial credit. The expert gives the entry's own answer; where an
entry names none, many are right, and the data set is refused. Splits share no question: it decides
where an entry belongs. Left out: the library's curricula, so there is one level.
"""

import math
from collections.abc import Iterator
from typing import Any, ClassVar, cast

from firsthand.audit.targets.reasoning_gym import library, names, reference
from firsthand.bridges.adopted import adopted
from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import InvalidTask, UnknownName, UserError
from firsthand.registry import register
from firsthand.sourced import written
from firsthand.task import Task

TRIES = 200
"""Entries that are drawn until one belongs to the task's split."""


class Question(Environment):
    """One question, one answer; made by `adopt`."""

    dataset: ClassVar[str]
    """The library's name for the data set."""
    levels = range(1, 2)
    turns = 2
    statement = "Answer the question. Your whole message is taken as the answer."

    def reset(self, task: Task) -> Observation:
        """Draw entries until one belongs to the task's split."""
        rng = task.rng("instance")
        for _ in range(TRIES):
            seed = rng.randrange(2**31)
            self.data = library().create_dataset(self.dataset, seed=seed, size=1)
            self.entry: dict[str, Any] = self.data[0]
            question = str(self.entry["question"])
            if task.owns(question):
                self.value = 0.0
                return Observation(question)
        raise InvalidTask(
            f"No entry of {self.dataset} in {TRIES} belongs to split {task.split}: it has too few "
            "for splits that share none."
        )

    def act(self, action: Action) -> Observation:
        """Take the answer, which is final."""
        if self.finished:
            return Observation("The question was answered.", done=True)
        value = float(self.data.score_answer(action.text, self.entry))
        self.value = min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0
        self.finish()
        return Observation("The answer is taken.", done=True)

    def score(self) -> Score:
        """What the library's own scorer says of the answer."""
        return Score.potential(self.value, right=self.value == 1.0)

    def expert(self) -> Iterator[Action]:
        """Give the entry's own answer."""
        right = reference(self.entry)
        if right is None:
            raise UserError(f"This entry of {self.dataset} names no answer.")
        yield Action(right)


def adopt(dataset: str, *, name: str | None = None) -> type[Question]:
    """Register a data set as an environment of this process, and return its class.

    Unless `name` says otherwise it has the name of `reasoning-gym:DATASET`, which any process
    looks up.
    Raises `MissingExtra`, `UnknownName`, and `UserError` where entries name no answer.
    """
    if dataset not in (known := names()):
        raise UnknownName("data set of reasoning-gym", dataset, known)
    if reference(library().create_dataset(dataset, seed=0, size=1)[0]) is None:
        raise UserError(
            f"Entries of {dataset} name no answer, so nobody can show that they can be solved: "
            f"`firsthand audit reasoning-gym:{dataset}` audits its scorer."
        )
    made = adopted(
        Question,
        dataset,
        f"Questions of {dataset} in reasoning-gym.",
        name=name or written("reasoning-gym", dataset, {}),
        dataset=dataset,
    )
    return cast("type[Question]", register(made))
