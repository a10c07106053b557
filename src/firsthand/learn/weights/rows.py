"""One row of training data for every recipe: what was in the context, and what was sampled in it.

The field has converged on ids, mask, log-probabilities, advantage, version and group (TRL, verl,
prime-rl, tinker); a choice among legal moves is one unit more that they do not have. Tokens are
never made from text again: they are those of the episode (law 9).
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from firsthand.agent import Agent, instructions
from firsthand.episode import Episode, Turn
from firsthand.errors import UserError
from firsthand.models.trainable import Decision, Tokened, Trainable
from firsthand.registry import lookup

Component = Literal["rl", "sft", "distil"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One context with its sampled units; L tokens, U units."""

    ids: tuple[int, ...]
    """Tokens [L]: prompts, moves and observations, in order."""
    mask: tuple[int, ...]
    """Per token [L]: 1 where the policy sampled it; all 0 for a decision."""
    decision: Decision | None = None
    """The options behind `ids`: then the row has one unit, and `taken` is the option's index."""
    taken: tuple[int, ...]
    """Per unit [U]: what was done: the token, or the index of the option."""
    logprobs: tuple[float, ...]
    """Per unit [U]: its log-probability in nats when it was sampled, at `temperature`."""
    temperature: float = 1.0
    advantage: float = 0.0
    even: bool = False
    """All plays of its group got the same reward: the policy's component leaves it out."""
    version: int = 0
    """Optimizer steps behind the weights that sampled it."""
    group: str = ""
    """Rows of one group share a baseline: the plays of one task."""
    component: Component = "rl"
    """The loss that it feeds; each component has a denominator of its own."""
    teacher: tuple[dict[int, float], ...] = ()
    """Per unit [U]: the teacher's log-probabilities of its likeliest outcomes; for distillation."""
    episode: str = ""
    """The id of the episode it came from."""


def rows_of(
    episode: Episode,
    agent: Agent,
    *,
    advantage: float = 0.0,
    even: bool = False,
    version: int = 0,
    component: Component = "rl",
) -> list[Row]:
    """Return the rows of an episode that `agent` played: none if it failed or was flagged.

    A row ends where the next turn began a new context. Raises `UserError` where the episode has no
    tokens, or was sampled from a part of the distribution only (`top_p` below 1): its
    log-probabilities would not be those that the trainer computes.
    """
    if episode.error is not None or episode.reward is None or episode.flags:
        return []
    if agent.sampling.top_p != 1.0:
        raise UserError(
            f"Episodes to train on are sampled with top_p 1, got {agent.sampling.top_p:g}: "
            "the trainer knows the log-probabilities of the whole distribution only."
        )
    model = agent.model
    if not isinstance(model, Tokened):
        raise UserError(f"{model.name} cannot be trained: name tiny or torch:smollm2.")
    opening = instructions(agent, lookup(episode.task.environment))
    rows: list[Row] = []
    for turns in _contexts(episode.turns):
        if not all(turn.ids for turn in turns):
            raise UserError(
                f"Episode {episode.id} of {episode.agent} has no tokens to train on: only what a "
                "trainable model played has them. Other people's episodes are played again by "
                "`retold`."
            )
        ids, mask, taken, logprobs, decision = _units(turns, model, opening)
        rows.append(
            Row(
                ids=ids,
                mask=mask,
                decision=decision,
                taken=taken,
                logprobs=logprobs,
                temperature=agent.sampling.temperature or 1.0,
                advantage=advantage,
                even=even,
                version=version,
                group=episode.task.id,
                component=component,
                episode=episode.id,
            )
        )
    return rows


def _contexts(turns: Sequence[Turn]) -> Iterator[list[Turn]]:
    """Yield the turns of each context: what follows on one another without a restart."""
    context: list[Turn] = []
    for turn in turns:
        if context and turn.restart:
            yield context
            context = []
        context.append(turn)
    if context:
        yield context


_Units = tuple[
    tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[float, ...], Decision | None
]


def _units(turns: Sequence[Turn], model: Tokened, opening: str) -> _Units:
    """Return ids, mask, taken, logprobs and decision of one context."""
    first = turns[0]
    if first.choices and len(turns) == 1:
        if not isinstance(model, Trainable):
            raise UserError(f"{model.name} chose among options that it cannot weigh in training.")
        ids = tuple(first.prompt_ids)
        taken = list(first.choices).index(first.action.text)
        logprob = first.choices[first.action.text]
        return ids, (0,) * len(ids), (taken,), (logprob,), model.decision(first, opening)
    ids = tuple(token for turn in turns for token in (*turn.prompt_ids, *turn.ids))
    mask = tuple(
        sampled
        for turn in turns
        for sampled in (*(0,) * len(turn.prompt_ids), *(1,) * len(turn.ids))
    )
    taken = tuple(token for turn in turns for token in turn.ids)
    return ids, mask, taken, tuple(value for turn in turns for value in turn.logprobs), None
