"""An environment that does next to nothing, for measuring what is around it."""

from collections.abc import Iterator

import firsthand as fh

SEEN = (
    "You stand in a hall with three doors. The left one is locked, the right one is open, the "
    "third is painted on the wall."
)
SAID = "I walk through the open door on the right and look around."


@fh.register
class Hall(fh.Environment):
    """Answer as many times as the level says."""

    name = "bench/hall"
    levels = range(1, 1001)
    turns = 1000

    def reset(self, task: fh.Task) -> fh.Observation:
        """Start with nothing said."""
        self.left = task.level
        return fh.Observation(SEEN)

    def act(self, action: fh.Action) -> fh.Observation:
        """Count an answer."""
        self.left -= 1
        return fh.Observation(SEEN, done=self.left <= 0)

    def score(self) -> fh.Score:
        """Pay for the last answer."""
        return fh.Score(answered=self.left <= 0)

    def expert(self) -> Iterator[fh.Action]:
        """Say something each turn."""
        while self.left:
            yield fh.Action(SAID)
