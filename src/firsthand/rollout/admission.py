"""Whether a rollout may start another episode: what the budget covers, and whether the model
answers.

Episodes in flight always finish. Stopping them at the limit would lose the long ones more often
than the short ones, so that the scores of what was kept would be biased; without that, what was
played is the first part of the list of tasks.
"""

import asyncio

from firsthand.episode import Episode
from firsthand.errors import ModelUnavailable
from firsthand.usage import Meter, Usage

UNANSWERED = 10
"""Episodes in a row without a first answer after which the model counts as unavailable. An endpoint
that fails 30% of them, all tries included, is stopped by chance in 1 of 170,000 runs of ten."""


class Admission:
    """Starts episodes while the budget probably covers them: those in flight are expected to take
    the mean.

    The first episode of a budgeted run is played alone, because nothing is known of the mean
    before.
    """

    def __init__(self, meter: Meter | None) -> None:
        self.meter, self.running = meter, 0
        self.refused: str | None = None
        """Why no episode is started any more."""
        self._finished = asyncio.Condition()

    async def enter(self) -> bool:
        """Wait until an episode may start, and say whether it may."""
        meter = self.meter
        if meter is None:
            return True
        async with self._finished:
            while self.refused is None:
                reason = meter.over(meter.expected(self.running + 1))
                unknown = meter.bounded and not meter.episodes and self.running
                if reason is None and not unknown:
                    self.running += 1
                    return True
                if not self.running:  # nothing that is in flight could leave more than expected
                    self.refused = reason
                    break
                await self._finished.wait()
            self._finished.notify_all()
        return False

    async def leave(self, episode: Episode) -> None:
        """Count an episode that finished."""
        if self.meter is not None:
            async with self._finished:
                self.running -= 1
                self.meter.add_episode(episode.usage or Usage())
                self._finished.notify_all()


class Silence:
    """Counts the episodes in a row in which the model gave not even a first answer."""

    def __init__(self) -> None:
        self.unanswered = 0

    def hear(self, episode: Episode) -> None:
        """Take note of an episode. Raises `ModelUnavailable` after ten in a row.

        Other failures say neither that the model is there now nor that it is gone.
        """
        error = episode.error
        if error is None:
            self.unanswered = 0
            return
        if error.owner == "model" and not episode.turns:
            self.unanswered += 1
        if self.unanswered >= UNANSWERED:
            raise ModelUnavailable(
                f"The model gave no answer in {self.unanswered} episodes in a row. "
                f"The last one: {error.message}"
            )
