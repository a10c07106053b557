"""The seam between agents and models: a prompt goes in, a completion comes out.

Two kinds of player exist. A `Model` continues a conversation and is stateless: the whole prompt
comes with each call, tokens included. A `Policy` acts on observations directly and may look inside
the world: scripts, experts, people.
"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from firsthand.environment import Action, Environment, Observation, ToolCall
from firsthand.task import Task
from firsthand.usage import Usage, estimated_tokens

Role = Literal["system", "user", "assistant", "tool"]


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message. `calls` are an assistant's; `call_id` links a tool's answer to its call."""

    role: Role
    content: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


class Sampling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to sample. Temperature 0 is greedy.

    `max_tokens` bounds one answer, hidden reasoning included; None: `Traits.answer_tokens` of the
    model.
    """

    temperature: float = 1.0
    max_tokens: int | None = None
    top_p: float = 1.0
    seed: int | None = None


class Prompt(msgspec.Struct, frozen=True):
    """All that a model sees for one turn.

    `prefix_ids` are the exact tokens of this context so far, sampled ones included; `fresh` is the
    index of the first message they do not cover. A model that works on tokens appends and never
    renders the prefix again (law 9).
    """

    messages: Sequence[Message]
    tools: Sequence[dict[str, Any]] = ()
    choices: Sequence[str] = ()
    prefix_ids: Sequence[int] = ()
    fresh: int = 0
    schema: dict[str, Any] | None = None
    """JSON Schema that the answer must satisfy, for models that can be held to one."""


class Completion(msgspec.Struct, frozen=True):
    """What a model answered. `prompt_ids` are the tokens appended to the prefix, `ids` the sampled
    ones.

    `logprobs` has one entry in nats for each of `ids`; `choices` maps options to log-probabilities.
    Models that do not report tokens leave them empty.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    prompt_ids: list[int] = []
    ids: list[int] = []
    logprobs: list[float] = []
    choices: dict[str, float] = {}
    cut: bool = False
    """The answer hit `max_tokens`: it is no answer, and ends the episode as a failure of limits."""
    usage: Usage | None = None
    """What the call took, repeated tries included; None: `usage_of` counts ids or estimates."""
    notes: tuple[str, ...] = ()
    """How the request had to differ from what was asked for, e.g. without a temperature."""


class Traits(msgspec.Struct, frozen=True):
    """What a model can do, which decides how it is prompted."""

    calls_tools: bool = False
    """It answers with native tool calls."""
    chooses: bool = False
    """It scores given options itself instead of being asked to name one."""
    few_shot: bool = False
    """It learns from worked examples shown as earlier turns, and not from prose."""
    answer_tokens: int = 256
    """Most tokens of one answer where `Sampling.max_tokens` does not say."""
    paid: bool = False
    """Somebody pays for its answers: it is behind an endpoint of another machine."""


@runtime_checkable
class Model(Protocol):
    """Anything that continues a conversation.

    Raises `ModelError` when it cannot, and `ContextFull` when the conversation is too long for it:
    the agent then forgets older turns and asks again.
    """

    @property
    def name(self) -> str:
        """The name to show and to record, e.g. `llama:smollm2`."""
        ...

    @property
    def traits(self) -> Traits:
        """What it can do."""
        ...

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Continue the conversation by one assistant message."""
        ...

    async def close(self) -> None:
        """Release connections, threads and memory."""
        ...


@runtime_checkable
class Reachable(Protocol):
    """A model that may be out of reach: rollouts ask before the first episode."""

    async def probe(self) -> None:
        """Raise `UserError`, with the reason, when nobody answers there."""
        ...


class Act(Protocol):
    """Answer one observation; also allowed to be async."""

    def __call__(self, observation: Observation, /) -> Any:
        """Return an `Action`, or an awaitable of one."""
        ...


@runtime_checkable
class Policy(Protocol):
    """Anything that acts on observations directly."""

    @property
    def name(self) -> str:
        """The name to show and to record, e.g. `scripted:expert`."""
        ...

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode; all state of the episode lives in what is returned."""
        ...

    async def close(self) -> None:
        """Release what is held."""
        ...


def usage_of(prompt: Prompt, completion: Completion) -> Usage:
    """Return what a call took: as reported, counted by token id, or estimated from characters."""
    if completion.usage is not None:
        return completion.usage
    if completion.prompt_ids or prompt.prefix_ids:
        return Usage(1, len(completion.prompt_ids), len(completion.ids))
    said = [completion.text, *(str(call.arguments) for call in completion.calls)]
    sampled = len(completion.ids) or sum(map(estimated_tokens, said))
    return Usage(1, prompt_tokens(prompt), sampled, estimated=1)


def prompt_tokens(prompt: Prompt) -> int:
    """Estimate the tokens of a prompt from its characters: messages, calls and tools."""
    texts = [message.content for message in prompt.messages]
    texts += [str(call.arguments) for message in prompt.messages for call in message.calls]
    texts += [msgspec.json.encode(tool).decode() for tool in prompt.tools]
    return sum(map(estimated_tokens, texts))


def as_action(value: object) -> Action:
    """Accept an `Action` or a text. Raises `TypeError` for anything else."""
    if isinstance(value, Action):
        return value
    if isinstance(value, str):
        return Action(value)
    raise TypeError(f"A policy returns an Action or a str, got {type(value).__name__}.")
