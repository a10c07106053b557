"""Re-mask: what each family of lessons is worth in the prompt, with the adapter off and on.

The design is a 2 × 2 for every family at once: shown or not × adapter off or on. For each task a
random half of the families is shown, then exactly the other half, with the adapter on and, for the
first of the tasks, with it off as well. So every family is shown in one play of each pair, and the
difference within a pair is the sum of the families' effects with random signs, which least squares
takes apart (a fold-over design, Box and Wilson 1951). Everything is paired by task.

Lessons are retrieved first and hidden then, as a wake mask does: what is hidden leaves a gap and is
not replaced by a farther lesson that is wrong here.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.evaluate.statistics import normal_quantile, t_quantile
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

    def is_at_most(self, margin: float) -> bool:
        """Say whether it is shown to lie below the margin, by a one-sided test at 5%.

        That is, whether the whole 90% interval does (non-inferiority of leaving it out).
        """
        centre = (self.low + self.high) / 2
        return centre + NINETY * (self.high - self.low) / 2 <= margin


NINETY = normal_quantile(0.9) / normal_quantile(0.95)
"""Width of a 90% interval, as a share of a 95% one."""


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
    nearest: str = ""
    """The id of that lesson."""
    found: tuple[str, ...] = ()
    """The ids of all lessons that were found for the first observation, shown or not."""


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
        _pair(own, first, second, nearest(agent.playbook, first), families)
        for own, first, second in zip(signs, *both, strict=True)
    ]


def _pair(
    signs: tuple[int, ...],
    first: Episode,
    second: Episode,
    near: str,
    families: Sequence[Family],
) -> Pair | None:
    if first.counted is None or second.counted is None:
        return None
    return Pair(
        signs,
        (first.counted, second.counted),
        (_prompt_tokens(first), _prompt_tokens(second)),
        next((place for place, family in enumerate(families) if near in family.ids), None),
        near,
        first.turns[0].offered if first.turns else (),
    )


def _prompt_tokens(episode: Episode) -> float:
    return float(episode.usage.prompt_tokens) if episode.usage else 0.0


def nearest(playbook: Playbook, episode: Episode) -> str:
    """Return the id of the example that is the nearest to the first observation; "": none is."""
    if not episode.turns:
        return ""
    observed = episode.turns[0].observation.full
    near = playbook.examples(episode.task.environment, observed, 1)
    return near[0].id if near else ""


def played_both(off: Sequence[Pair | None], on: Sequence[Pair | None]) -> list[tuple[Pair, Pair]]:
    """Return the pairs of the tasks that were played on both sides; `off` has the first of `on`."""
    return [
        (a, b) for a, b in zip(off, on[: len(off)], strict=True) if a is not None and b is not None
    ]


def measure(
    families: Sequence[Family], off: Sequence[Pair | None], on: Sequence[Pair | None]
) -> list[Measured]:
    """Estimate every family from pairs of plays, adapter off and on.

    `off` has the first tasks of `on`. What is left is estimated from all of `on`, everything else
    from the tasks that were played on both sides.
    """
    both = played_both(off, on)
    adapted = [pair for pair in on if pair is not None]
    signs_T_F = _signs([a for a, _ in both], len(families))
    off_T = np.array([a.scores[0] - a.scores[1] for a, _ in both])
    on_T = np.array([b.scores[0] - b.scores[1] for _, b in both])
    tokens_T = np.array([a.tokens[0] - a.tokens[1] for a, _ in both])
    own_T = [a.own for a, _ in both]
    prompt = effects(signs_T_F, off_T, own_T)
    left = effects(
        _signs(adapted, len(families)),
        np.array([b.scores[0] - b.scores[1] for b in adapted]),
        [b.own for b in adapted],
    )
    weights = effects(signs_T_F, off_T - on_T, own_T)
    tokens = effects(signs_T_F, tokens_T, own_T, size=0.0)
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
                _own(place, adapted, shown=False),
                _own(place, adapted, shown=True),
            ),
        )
        for place, family in enumerate(families)
    ]


def _signs(pairs: Sequence[Pair], families: int) -> Any:
    return np.array([pair.signs for pair in pairs], dtype=float).reshape(-1, families)


def _own(place: int, pairs: Sequence[Pair], *, shown: bool) -> Share:
    found = [
        pair.scores[0 if (pair.signs[place] > 0) == shown else 1]
        for pair in pairs
        if pair.own == place
    ]
    return Share(sum(found) / len(found) if found else 0.0, len(found))


def effects(
    signs_T_F: Any, difference_T: Any, own_T: Sequence[int | None] = (), *, size: float = 1.0
) -> list[Effect]:
    """Return the effect of each family on all tasks: least squares of differences on signs.

    With `own_T`, the family that each task speaks to, a family has two coefficients, for its own
    tasks and for all others, and its effect is their mean by the share of its own tasks: an effect
    that is large on a fifth of the tasks is then no noise for the other families. The interval is a
    t interval with robust errors (White 1980), plus the error of two imagined tasks with
    differences of -`size` and +`size`: that nothing changed in twenty tasks does not prove that
    nothing ever does.
    """
    n, count = signs_T_F.shape
    if not n:
        return [Effect(0.0, -1.0, 1.0, 0)] * count
    own_T_F = np.array([[place == own for place in range(count)] for own in own_T] or [[1] * count])
    columns_T_C = np.concatenate([signs_T_F * own_T_F, signs_T_F * (1 - own_T_F)], axis=1)
    algebra: Any = np.linalg
    inverse_CC: Any = algebra.pinv(columns_T_C.T @ columns_T_C)
    found_C: Any = inverse_CC @ (columns_T_C.T @ difference_T)
    error_T: Any = difference_T - columns_T_C @ found_C
    freedom = n - int(algebra.matrix_rank(columns_T_C))
    scaled_T_C: Any = columns_T_C * error_T[:, None]
    meat_CC: Any = scaled_T_C.T @ scaled_T_C * n / max(freedom, 1)
    covariance_CC: Any = inverse_CC @ meat_CC @ inverse_CC
    imagined = 2.0 * size**2 / (n + 2) ** 2
    share_F: Any = own_T_F.mean(axis=0)
    found: list[Effect] = []
    for place in range(count):
        weights_C = np.zeros(2 * count)
        weights_C[place], weights_C[count + place] = share_F[place], 1.0 - share_F[place]
        mean = float(weights_C @ found_C)
        error = float(weights_C @ covariance_CC @ weights_C) + imagined
        half = t_quantile(0.95, freedom) * error**0.5
        found.append(Effect(mean, mean - half, mean + half, n))
    return found
