"""A world in which nothing that the prompt says can change the outcome.

It exists so that learners can be caught claiming gains that are not there: each option pays with
the same probability, drawn when the instance is built, and no feature of the observation tells
which.
"""

from collections.abc import Iterator, Sequence

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

WORDS = (
    "amber birch cedar delta ember flint grove haven inlet jolly koala lemon maple north olive "
    "pearl quill raven sable tulip"
).split()


class Null(Environment):
    """Name one of several words; which one pays is pure chance."""

    name = "control/null"
    version = "1"
    turns = 2
    laws = False
    base_rate = 0.5
    statement = "A word game of pure chance: answer with one of the words."

    def reset(self, task: Task) -> Observation:
        """Draw words to show, options, and which half of the options pays."""
        rng = task.rng("instance")
        while True:
            shown, options = rng.sample(WORDS, 4), rng.sample(WORDS, 2 * task.level)
            text = f"Round {rng.randrange(10**6)}: {' '.join(shown)}"
            if task.owns(text):
                break
        self.options = options
        self.paying = set(rng.sample(options, task.level))
        self.said = ""
        return Observation(text)

    def choices(self) -> Sequence[str]:
        """The words that may be said."""
        return self.options

    def act(self, action: Action) -> Observation:
        """Take the word; the round is over."""
        if not self.finished:
            self.said = action.text.strip()
            self.finish()
        return Observation("The round is over.", done=True)

    def score(self) -> Score:
        """Pay for a lucky word."""
        return Score(lucky=self.said in self.paying)

    def expert(self) -> Iterator[Action]:
        """Say a word that pays, knowing which do."""
        yield Action(next(word for word in self.options if word in self.paying))
