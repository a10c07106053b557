"""One stage of a life, as it is kept: where, what was known, what was learned, what is retained."""

from collections.abc import Sequence

import msgspec

from firsthand.episode import Episode
from firsthand.evaluate.evaluate import summarise
from firsthand.evaluate.statistics import Difference, paired_difference
from firsthand.learn.lessons.gate import Verdict
from firsthand.learn.life.schedule import Place
from firsthand.learn.life.settings import Arm
from firsthand.learn.sleep.compress import Confirmed, Rival


class HeldOut(msgspec.Struct, frozen=True):
    """How an agent does on the held-out tasks of one place, with a 95% interval."""

    mean: float
    low: float
    high: float
    scores: tuple[float | None, ...]
    """By task, in their order; None where something else than the agent failed."""
    tokens: float
    """Prompt tokens of an episode, on average."""

    @property
    def n(self) -> int:
        """Tasks that were scored."""
        return sum(score is not None for score in self.scores)


def held_out(episodes: Sequence[Episode]) -> HeldOut:
    """Summarise one play of each task; without a scored one the interval is [0, 1]."""
    found = summarise(episodes)
    tokens = found.usage.prompt_tokens / len(episodes)
    scores = tuple(episode.counted for episode in episodes)
    if found.score is None:
        return HeldOut(0.0, 0.0, 1.0, scores, tokens)
    interval = found.score.interval
    return HeldOut(found.score.mean, interval.low, interval.high, scores, tokens)


def change(before: HeldOut, after: HeldOut) -> Difference:
    """Return the paired difference over the tasks that both scored."""
    pairs = [
        (old, new)
        for old, new in zip(before.scores, after.scores, strict=True)
        if old is not None and new is not None
    ]
    return paired_difference([old for old, _ in pairs], [new for _, new in pairs])


class Night(msgspec.Struct, frozen=True):
    """What a sleep did to the playbook of one place."""

    confirmed: tuple[Confirmed, ...]
    rivals: tuple[Rival, ...]
    lessons: tuple[int, int]
    """Active lessons before and after."""
    tokens: tuple[int, int]
    """What they take, all of them together, before and after."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One arm's time in one place."""

    arm: Arm
    number: int
    """From 1."""
    place: Place
    visit: int
    """How often it had been there before."""
    arrival: Verdict | None = None
    """Whether lessons of other worlds help here, where there were any and the place was new."""
    brought: tuple[str, ...] = ()
    """The places whose lessons it came with: this one, or others that passed the arrival test."""
    before: HeldOut
    after: HeldOut
    """With what was deployed, before sleep."""
    asleep: HeldOut
    """The same after sleep; equal where it did not sleep."""
    gate: tuple[Verdict, ...] = ()
    version: int = 0
    """The version of the place's playbook that it left with."""
    new: tuple[str, ...] = ()
    """Ids of the lessons that were deployed here for the first time."""
    origins: dict[str, int] = {}
    """Where the lessons in use come from: the stage, and how many."""
    night: Night | None = None
    adapter: str = ""
    """The adapter that it left with; empty: bare weights."""
    moved: str = ""
    """What came of moving the lessons into weights; empty: it was not tried."""
    taught: tuple[str, ...] = ()
    """Ids of all lessons of the place, those included that only the weights know now."""
    retention: dict[str, HeldOut] = {}
    """Every place it has been to, by name, with what it knows now."""
    plays: int = 0
    """Episodes that it learned from, that tested what it learned, and that it slept on. Held-out
    ones are not among them: an agent does not need them."""
    problems: tuple[str, ...] = ()
