"""A small environment and a small network, so that learning takes seconds."""

from collections.abc import Iterator, Sequence

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.learn.lab import Lab
from firsthand.models.network import Shape
from firsthand.models.tiny import Tiny
from firsthand.task import Task

ANSWERS = {"red": "stop", "green": "go", "blue": "wait", "white": "turn"}
SMALL = Shape(width=32, layers=1, heads=2, context=256)


class Lamps(Environment):
    """Say what a lamp means; a number is shown beside it that means nothing."""

    name = "test/lamps"
    version = "1"
    turns = 2
    laws = False
    base_rate = 0.25
    statement = "Lamps mean something."

    def reset(self, task: Task) -> Observation:
        """Draw a lamp."""
        rng = task.rng("instance")
        while True:
            self.lamp, text = rng.choice(list(ANSWERS)), ""
            text = f"{self.lamp} {rng.randrange(10**5)}"
            if task.owns(text):
                break
        self.said = ""
        return Observation(text)

    def choices(self) -> Sequence[str]:
        """What a lamp may mean."""
        return list(ANSWERS.values())

    def act(self, action: Action) -> Observation:
        """Take the answer."""
        if not self.finished:
            self.said = action.text.strip()
            self.finish()
        return Observation("Noted.", done=True)

    def score(self) -> Score:
        """Pay for the right answer."""
        return Score(right=self.said == ANSWERS[self.lamp])

    def expert(self) -> Iterator[Action]:
        """Say it."""
        yield Action(ANSWERS[self.lamp])


class Spoken(Lamps):
    """The same in free text."""

    name = "test/spoken"

    def choices(self) -> Sequence[str]:
        """Anything may be said."""
        return ()


NAME = "lamps:Lamps"
SPOKEN = "lamps:Spoken"


def small(seed: int = 0, **options) -> Tiny:
    """A network that is fast."""
    return Tiny(SMALL, seed=seed, **options)


def lab(agent, folder, budget, **options) -> Lab:
    """A lab on lamps."""
    return Lab(agent, [NAME], folder=folder, budget=budget, concurrency=128, **options)
