"""Reference learners for measuring environments: a linear policy, and copying the nearest example.

Both imitate an expert's decisions among choices, so that they run in seconds on every environment
that offers some. The linear policy weighs pairs of a word that is shown and a word of the choice:
it can put together what it learned apart. The copycat votes among the nearest examples: it cannot.
Neither is meant to be a good agent: a learner of one's own should stand between them and the
ceiling (see `ceiling`).
"""

import random
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean
from typing import Protocol, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from firsthand.agent import Agent, settled
from firsthand.environment import Action, Environment, Observation
from firsthand.models.scripted import scripted
from firsthand.prompt import Act
from firsthand.registry import lookup
from firsthand.rollout.play import play
from firsthand.task import Task

BITS = 18
"""The linear policy has 2^18 weights; 2^16 and 2^20 learned the same on three environments."""
EPOCHS, RATE = 4, 0.5
NEIGHBOURS = 3
MOST_WORDS = 160
"""Words of an observation that are looked at, the last ones: the state is told at the end."""
_WORD = re.compile(r"\w+|[^\w\s]")


class Decision(msgspec.Struct, frozen=True):
    """What was told first and last, what could be done, and what was done."""

    first: str
    last: str
    choices: tuple[str, ...]
    chosen: str


class Learner(Protocol):
    """Learns from decisions, and decides."""

    def fit(self, decisions: Sequence[Decision], seed: int) -> None:
        """Learn from an expert's decisions."""
        ...

    def decide(self, first: str, last: str, choices: Sequence[str]) -> str:
        """Return one of the choices."""
        ...


class _Recording:
    """The expert, whose decisions are kept."""

    name = "scripted:recorded"

    def __init__(self) -> None:
        self.made: list[Decision] = []

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode."""
        expert, told = scripted("expert").start(environment, task), list[str]()

        async def act(observation: Observation) -> Action:
            told.append(observation.full)
            choices = tuple(await settled(environment.choices()) or ())
            action = cast("Action", await settled(expert(observation)))
            self.made.append(Decision(told[0], observation.full, choices, action.text))
            return action

        return act

    async def close(self) -> None:
        """Nothing is held."""


class _Playing:
    """A learner that plays."""

    name = "scripted:learner"

    def __init__(self, learner: Learner) -> None:
        self.learner = learner

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode."""
        told = list[str]()

        async def act(observation: Observation) -> Action:
            told.append(observation.full)
            choices = list(await settled(environment.choices()) or ("",))
            return Action(self.learner.decide(told[0], observation.full, choices))

        return act

    async def close(self) -> None:
        """Nothing is held."""


async def demonstrated(tasks: Sequence[Task]) -> list[list[Decision]]:
    """Return the decisions of the expert's episodes, one list an episode."""
    episodes: list[list[Decision]] = []
    for task in tasks:
        model = _Recording()
        await play(lookup(task.environment)(), Agent(model=model), task)
        episodes.append(model.made)
    return episodes


async def scored(learner: Learner, tasks: Sequence[Task]) -> list[float]:
    """Return the learner's score on each task."""
    agent = Agent(model=_Playing(learner))
    return [(await play(lookup(task.environment)(), agent, task)).reward or 0.0 for task in tasks]


def agreement(learner: Learner, episodes: Sequence[list[Decision]]) -> float:
    """Return the share of the expert's decisions that a learner would have made, of those with
    more than one choice.

    Where a goal takes many right decisions in a row, the score stays at 0 long after a learner
    has begun to learn; this does not.
    """
    open_ = _open(episodes)
    return fmean(learner.decide(d.first, d.last, d.choices) == d.chosen for d in open_)


def chance(episodes: Sequence[list[Decision]]) -> float:
    """Return the agreement of a learner that draws among the choices."""
    return fmean(1 / len(d.choices) for d in _open(episodes))


def _open(episodes: Sequence[list[Decision]]) -> list[Decision]:
    return [d for made in episodes for d in made if d.chosen in d.choices and len(d.choices) > 1]


class Linear:
    """A softmax over choices, linear in pairs of a word shown and a word of the choice."""

    def __init__(self) -> None:
        self.weights = np.zeros(1 << BITS, dtype=np.float32)
        self._squares = np.full(1 << BITS, 1e-6, dtype=np.float32)

    def fit(self, decisions: Sequence[Decision], seed: int) -> None:
        """Raise the likelihood of what the expert chose (Adagrad, Duchi et al. 2011)."""
        rng = random.Random(seed)
        rows = [
            (_features(d.first, d.last, d.choices), d.choices.index(d.chosen))
            for d in _open([list(decisions)])
        ]
        for _ in range(EPOCHS):
            rng.shuffle(rows)
            for features, right in rows:
                likely = _softmax([self._logit(f) for f in features])
                for place, found in enumerate(features):
                    slope = likely[place] - (place == right)
                    if abs(slope) > 1e-3:
                        self._squares[found] += slope**2
                        self.weights[found] -= RATE * slope / np.sqrt(self._squares[found])

    def _logit(self, features: NDArray[np.int64]) -> float:
        return float(self.weights[features].mean())

    def decide(self, first: str, last: str, choices: Sequence[str]) -> str:
        """Return the likeliest choice."""
        logits = [self._logit(found) for found in _features(first, last, choices)]
        return choices[int(np.argmax(logits))]


class Copycat:
    """Does what was done in the nearest examples, as far as it can be done now."""

    def __init__(self) -> None:
        self.kept: list[tuple[frozenset[str], str]] = []

    def fit(self, decisions: Sequence[Decision], seed: int) -> None:
        """Keep every decision."""
        self.kept += [(_words(d.first, d.last), d.chosen) for d in decisions]

    def decide(self, first: str, last: str, choices: Sequence[str]) -> str:
        """Let the nearest examples vote; the nearest of those whose action is possible."""
        shown = _words(first, last)
        possible = set(choices)
        near = sorted(
            ((len(shown & words) / len(shown | words), done) for words, done in self.kept),
            reverse=True,
        )
        votes = Counter(done for _, done in near[:NEIGHBOURS] if done in possible)
        if votes:
            return votes.most_common(1)[0][0]
        return next((done for _, done in near if done in possible), choices[0])


def shuffled(episodes: Sequence[list[Decision]], seed: int) -> list[list[Decision]]:
    """Give every decision a choice at random: the control that must not learn."""
    rng = random.Random(seed)
    return [
        [msgspec.structs.replace(d, chosen=rng.choice(d.choices)) for d in made if d.choices]
        for made in episodes
    ]


def _tokens(text: str) -> list[str]:
    return _WORD.findall(text.lower())[-MOST_WORDS:]


def _words(first: str, last: str) -> frozenset[str]:
    return frozenset((*(f"0{word}" for word in _tokens(first)), *_tokens(last)))


def _hashed(words: Sequence[str]) -> NDArray[np.int64]:
    return np.array([zlib.crc32(word.encode()) for word in words], dtype=np.int64)


def _features(first: str, last: str, choices: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return the places of each choice's features: every pair, and every word of the choice."""
    shown = _hashed(["", *sorted(_words(first, last))])
    found: list[NDArray[np.int64]] = []
    for choice in choices:
        said = _tokens(choice)
        parts = _hashed([f"={choice}", *(f"{a} {b}" for a, b in pairwise(said)), *said])
        pairs = (shown[:, None] * 1_000_003) ^ (parts[None, :] * 7919)
        found.append((pairs.ravel() >> 3) & ((1 << BITS) - 1))
    return found


def _softmax(logits: Sequence[float]) -> NDArray[np.float64]:
    raised = np.exp(np.array(logits) - max(logits))
    return raised / raised.sum()
