"""The seam between models whose weights can be trained and whatever trains them.

What a policy did is a list of units: a sampled token, or a choice among the legal moves. A model
gives for each unit the log-probabilities of everything it could have done instead, and every loss,
entropy and divergence follows from these. So trainers know neither tokenizers nor architectures.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from firsthand.episode import Turn
from firsthand.prompt import Completion, Prompt, Sampling, Traits

if TYPE_CHECKING:
    from torch import Tensor

IMPOSSIBLE = -1e9
"""The log-probability of what was never an alternative; finite, for JSON has no infinity."""


class Decision(msgspec.Struct, frozen=True):
    """The legal moves of one turn, as the choice policy sees them.

    `options` are tokens, each option cut after the one that tells it from all others; `neutral`
    [options] what the frozen base gives them under content-free observations, in nats: 0 where
    choices are not calibrated.
    """

    options: tuple[tuple[int, ...], ...]
    neutral: tuple[float, ...]


class Context(Protocol):
    """What a model needs to know of a row of training data."""

    @property
    def ids(self) -> Sequence[int]:
        """Tokens [L]: prompts, moves and observations, exactly as they were sampled."""
        ...

    @property
    def mask(self) -> Sequence[int]:
        """Per token [L]: 1 where the policy sampled it; all 0 where it chose among options."""
        ...

    @property
    def decision(self) -> Decision | None:
        """The options behind `ids` where the policy chose among options: then one unit."""
        ...


@runtime_checkable
class Tokened(Protocol):
    """A `Model` whose episodes have tokens, so that they become rows of training data."""

    version: int
    """Optimizer steps that its weights have seen; kept in every row."""

    @property
    def name(self) -> str:
        """The name to show and to record, e.g. `torch:smollm2`."""
        ...

    @property
    def traits(self) -> Traits:
        """What it can do."""
        ...

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Continue the conversation by one assistant message, or choose among `prompt.choices`.

        Log-probabilities are those of exactly what was sampled, under the weights that sampled it.
        """
        ...

    def forced(self, prompt: Prompt, text: str) -> Completion:
        """Return the completion that says `text`, or chooses it, in tokens; nothing is computed.

        Log-probabilities are those of whoever decided to say it: 0 for what is said, and
        `IMPOSSIBLE` for other options. How expert episodes and other people's get their tokens.
        """
        ...

    async def close(self) -> None:
        """Release memory and threads."""
        ...


@runtime_checkable
class Trainable(Tokened, Protocol):
    """A `Model` whose weights can be trained in this process."""

    def distributions(self, contexts: Sequence[Context], *, base: bool = False) -> "list[Tensor]":
        """Return for each context log-probabilities [units, outcomes] at temperature 1.

        Outcomes are the options of a decision (calibrated), or the vocabulary. With gradient;
        `base` asks the frozen base instead, its adapter switched off, without.
        """
        ...

    def parameters(self) -> "list[Any]":
        """Return the trained parameters, in an order that never changes."""
        ...

    def state(self) -> "dict[str, Tensor]":
        """Return the trained weights by name, on the CPU: an adapter, or all of a small model."""
        ...

    def load_state(self, state: "dict[str, Tensor]") -> None:
        """Take over weights. Raises `UserError` where names or shapes differ."""
        ...

    def decision(self, turn: Turn, instructions: str) -> Decision:
        """Return what the model chose among in a turn that it played.

        `instructions` is the system message of that turn without lessons: the content-free prompts
        begin with it.
        """
        ...
