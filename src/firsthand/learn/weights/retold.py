"""Give other people's episodes tokens: the student is played through them, saying what they said.

An expert's episode has actions and no tokens. The environment is played once more through `play`
(law 1), by the student's own agent whose model says what the expert did: so the prompts are the
student's, rendered by the code that will render them later, and nothing is tokenised twice (law 9).
"""

from collections.abc import Sequence

import msgspec

from firsthand.agent import Agent
from firsthand.environment import Action
from firsthand.episode import Episode, Turn
from firsthand.errors import ModelError, UserError
from firsthand.models.trainable import Tokened
from firsthand.prompt import Completion, Prompt, Sampling, Traits
from firsthand.registry import make
from firsthand.rollout.play import Limits, play


class Forced:
    """A model that answers as given turns did, in the tokens of a trainable model.

    `verbatim` takes over the turns' own sampled tokens, which must be of the same tokenizer.
    """

    def __init__(self, model: Tokened, turns: Sequence[Turn], *, verbatim: bool = False) -> None:
        self.name, self.traits = model.name, model.traits
        self._model, self._turns, self._verbatim = model, iter(turns), verbatim

    name: str
    traits: Traits

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Say the next action. Raises `ModelError` where it cannot be said."""
        turn = next(self._turns, None)
        if turn is None:
            raise ModelError("The episode that is retold has no more actions.")
        text = said(turn.action)
        if prompt.choices and text not in prompt.choices:
            raise ModelError(f"The episode that is retold said {text!r}, which is no choice.")
        completion = self._model.forced(prompt, text)
        if not self._verbatim or prompt.choices:
            return completion
        return msgspec.structs.replace(completion, ids=turn.ids, logprobs=turn.logprobs)

    async def close(self) -> None:
        """Nothing is held."""


def said(action: Action) -> str:
    """Return what a model says to do this: the text, or the one call as JSON.

    Raises `ModelError` for several calls in one turn: text protocols have one a turn.
    """
    calls = list(action.calls)
    if not calls:
        return action.text
    if len(calls) > 1:
        raise ModelError(f"One turn has {len(calls)} calls, and a text can say one only.")
    call = calls[0]
    return msgspec.json.encode({"name": call.name, "arguments": call.arguments}).decode()


async def retold(
    episode: Episode, agent: Agent, *, limits: Limits = Limits(), verbatim: bool = False
) -> Episode:
    """Return the episode as `agent` would have been shown and have said it, with tokens.

    Choices are made whole, also where the agent would make them part by part: then one is one unit.
    `verbatim` keeps the tokens that were sampled, where a model with the same tokenizer did. Raises
    `UserError` where the same actions no longer lead to the same score.
    """
    if not isinstance(agent.model, Tokened):
        raise UserError(f"{agent.model.name} cannot be trained: name tiny or torch:smollm2.")
    forced = Forced(agent.model, episode.turns, verbatim=verbatim)
    teller = msgspec.structs.replace(agent, model=forced, mask=None, by_parts=False)
    played = await play(
        make(episode.task.environment), teller, episode.task, limits=limits, tags=episode.tags
    )
    if played.error is not None or played.reward != episode.reward:
        found = played.error or f"a score of {played.reward}"
        raise UserError(
            f"Episode {episode.id} cannot be retold by {agent.model.name}: it scored "
            f"{episode.reward}, and now there is {found}."
        )
    return msgspec.structs.replace(played, id=episode.id, flags=episode.flags)
