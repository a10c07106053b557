"""Re-mask: what each family of lessons is worth in the prompt, with the adapter off and on.

The design is a 2 × 2 for every family at once: shown or not × adapter off or on. For each task a
random half of the families is shown, then exactly the other half, with the adapter off and with it
on: four plays. So every family is shown in one play of each pair, and the difference within a pair
is the sum of the families' effects with random signs, which least squares takes apart (a fold-over
design, Box and Wilson 1951). Everything is paired by task.

Lessons are retrieved first and hidden then, as a wake mask does: what is hidden leaves a gap and is
not replaced by a farther lesson that is wrong here.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.evaluate.statistics import t_quantile
from firsthand.learn.sleep.families import Family
from firsthand.playbook import Lesson, Mask, Playbook
from firsthand.task import Task, digest

PlayAs = Callable[[Sequence[Agent], Sequence[Task], Sequence[str]], Awaitable[list[Episode]]]
"""Play tasks, each as its own agent and under its own label; the weights are the caller's."""


class Hide(Mask, frozen=True):
    """A mask that hides given lessons and no others."""

    hidden: frozenset[str] = frozenset()

    def keeps(self, lesson: Lesson) -> bool:
        """Say whether the lesson is shown."""
        return lesson.id not in self.hidden


def hiding(agent: Agent, families: Sequence[Family]) -> Agent:
    """Return the agent with these families hidden, whose places stay empty."""
    hidden = frozenset(id for family in families for id in family.ids)
    mask = Hide("", probation=1.0, core=1.0, hidden=hidden)
    return msgspec.structs.replace(agent, mask=mask)


class Effect(msgspec.Struct, frozen=True):
    """An effect and its 95% interval, over `n` tasks."""

    mean: float
    low: float
    high: float
    n: int

    def is_about_zero(self, margin: float) -> bool:
        """Say whether the whole interval lies within the margin (equivalence, Schuirmann 1987)."""
        return -margin <= self.low and self.high <= margin


class Share(msgspec.Struct, frozen=True):
    """A mean over the tasks that a family speaks to."""

    mean: float
    n: int


class Measured(msgspec.Struct, frozen=True):
    """One family in the 2 × 2, effects being those on the mean score over all tasks."""

    family: str
    prompt: Effect
    """Of showing it, adapter off."""
    left: Effect
    """Of showing it, adapter on: what the weights do not do yet."""
    weights: Effect
    """The difference of the two: what the weights have taken over."""
    tokens: Effect
    """Prompt tokens that showing it takes, per episode."""
    own: tuple[Share, Share, Share, Share]
    """Score on the tasks whose nearest lesson is of this family: adapter off and hidden, off and
    shown, on and hidden, on and shown."""


class Pair(msgspec.Struct, frozen=True):
    """A task played with one half of the families shown, and with the other half."""

    signs: tuple[int, ...]
    """By family: +1 where it was shown in the first play, -1 in the second."""
    scores: tuple[float, float]
    tokens: tuple[float, float]
    own: int | None
    """The family that the task's nearest lesson belongs to; None: no lesson is near."""


def halves(task: Task, n: int, *, seed: int = 0) -> tuple[int, ...]:
    """Return +1 or -1 for each of n families: who is shown in the first play of the task."""
    return tuple(1 if digest(f"{seed}/{task.id}/{place}") % 2 else -1 for place in range(n))


async def play_pairs(
    agent: Agent,
    families: Sequence[Family],
    tasks: Sequence[Task],
    *,
    play: PlayAs,
    seed: int = 0,
) -> list[Pair | None]:
    """Play every task twice, each family shown in exactly one of both plays; None: one failed."""
    signs = [halves(task, len(families), seed=seed) for task in tasks]
    both: list[list[Episode]] = []
    for side in (1, -1):
        agents = [
            hiding(
                agent,
                [family for family, sign in zip(families, own, strict=True) if sign != side],
            )
            for own in signs
        ]
        labels = ["".join("+" if sign == side else "-" for sign in own) for own in signs]
        both.append(await play(agents, tasks, labels))
    return [
        _pair(own, first, second, nearest(agent.playbook, families, first))
        for own, first, second in zip(signs, *both, strict=True)
    ]


def _pair(signs: tuple[int, ...], first: Episode, second: Episode, own: int | None) -> Pair | None:
    if first.counted is None or second.counted is None:
        return None
    return Pair(
        signs, (first.counted, second.counted), (_prompt_tokens(first), _prompt_tokens(second)), own
    )


def _prompt_tokens(episode: Episode) -> float:
    return float(episode.usage.prompt_tokens) if episode.usage else 0.0


def nearest(playbook: Playbook, families: Sequence[Family], episode: Episode) -> int | None:
    """Return the place of the family whose example is the nearest to the first observation."""
    if not episode.turns:
        return None
    observed = episode.turns[0].observation.full
    near = playbook.examples(episode.task.environment, observed, 1)
    return next(
        (place for place, family in enumerate(families) for id in near if id.id in family.ids), None
    )


def measure(
    families: Sequence[Family], off: Sequence[Pair | None], on: Sequence[Pair | None]
) -> list[Measured]:
    """Estimate every family from the pairs of the same tasks, adapter off and on."""
    both = [(a, b) for a, b in zip(off, on, strict=True) if a is not None and b is not None]
    signs_T_F = np.array([a.signs for a, _ in both], dtype=float).reshape(-1, len(families))
    off_T = np.array([a.scores[0] - a.scores[1] for a, _ in both])
    on_T = np.array([b.scores[0] - b.scores[1] for _, b in both])
    tokens_T = np.array([a.tokens[0] - a.tokens[1] for a, _ in both])
    prompt, left = effects(signs_T_F, off_T), effects(signs_T_F, on_T)
    weights, tokens = effects(signs_T_F, off_T - on_T), effects(signs_T_F, tokens_T, size=0.0)
    return [
        Measured(
            family.name,
            prompt[place],
            left[place],
            weights[place],
            tokens[place],
            (
                _own(place, [a for a, _ in both], shown=False),
                _own(place, [a for a, _ in both], shown=True),
                _own(place, [b for _, b in both], shown=False),
                _own(place, [b for _, b in both], shown=True),
            ),
        )
        for place, family in enumerate(families)
    ]


def _own(place: int, pairs: Sequence[Pair], *, shown: bool) -> Share:
    found = [
        pair.scores[0 if (pair.signs[place] > 0) == shown else 1]
        for pair in pairs
        if pair.own == place
    ]
    return Share(sum(found) / len(found) if found else 0.0, len(found))


def effects(signs_T_F: Any, difference_T: Any, *, size: float = 1.0) -> list[Effect]:
    """Return the effect of each family: least squares of differences on signs.

    The interval is a t interval with robust errors (White 1980), and two imagined tasks for each
    family with differences of -`size` and +`size`: twenty tasks on which nothing changed do not
    prove that nothing ever does.
    """
    n, count = signs_T_F.shape
    if not n:
        return [Effect(0.0, -1.0, 1.0, 0)] * count
    eye = np.eye(count)
    x_R_F = np.concatenate([signs_T_F, eye, eye])
    y_R = np.concatenate([difference_T, np.full(count, size), np.full(count, -size)])
    gram_FF: Any = np.linalg.pinv(x_R_F.T @ x_R_F)
    centre_F: Any = gram_FF @ (x_R_F.T @ y_R)
    error_R: Any = y_R - x_R_F @ centre_F
    meat_FF: Any = (x_R_F * error_R[:, None] ** 2).T @ x_R_F
    half_F: Any = t_quantile(0.95, n - count) * np.sqrt(np.diag(gram_FF @ meat_FF @ gram_FF))
    mean_F: Any = np.linalg.pinv(signs_T_F) @ difference_T
    found: list[Effect] = []
    for place in range(count):
        mean, centre, half = float(mean_F[place]), float(centre_F[place]), float(half_F[place])
        found.append(Effect(mean, min(centre - half, mean), max(centre + half, mean), n))
    return found


def by_name(found: Sequence[Measured]) -> Mapping[str, Measured]:
    """Return what was measured by the name of the family."""
    return {one.family: one for one in found}
