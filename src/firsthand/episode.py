"""Episode: the immutable record of one play, and its form on disk.

One episode is one JSON line. The reward of a turn is the change in score that its action caused, so
the rewards of an episode telescope to its score (law 4). What was sampled is kept as it was
sampled: token ids and log-probabilities, never text to be tokenised again (law 9).
"""

from enum import StrEnum

import msgspec

from firsthand.environment import Action, Observation
from firsthand.errors import Failed, FirsthandError, Owner, message_of
from firsthand.secrets import leaks, redact_values
from firsthand.task import Task
from firsthand.usage import Usage

SCHEMA = 1
"""Kept in every line; raise it with every change that older code would misread."""


class Stop(StrEnum):
    """Why an episode ended."""

    DONE = "done"
    """The environment said so."""
    TURNS = "turns"
    """The turn budget was spent; the score stands."""
    TOKENS = "tokens"
    """The token budget was spent; the score stands."""
    FAILED = "failed"
    """Something broke; the reward is None and `Episode.error` says what."""


class Failure(msgspec.Struct, frozen=True, omit_defaults=True, eq=False):
    """A failure, attributed once.

    `owner` is environment, tool, model, sandbox, limits, or host where the machine had no more open
    files, disk or memory to give. `doing` says during what it happened, e.g. "calling reset"; it is
    for people and is not compared, since a worker process may know it less exactly.
    """

    owner: Owner
    type: str
    message: str
    doing: str = ""
    by_agent: bool = False
    """Whether the agent's own play brought it about: evaluation then counts the episode as 0."""
    shown: tuple[str, ...] = ()
    """Ids of the lessons in the last prompt, which may have got no answer and so be no turn."""
    offered: tuple[str, ...] = ()
    """Ids of the lessons in scope of that prompt."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Failure) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __str__(self) -> str:
        during = f" while {self.doing}" if self.doing else ""
        return f"{self.owner} failed{during}: {self.type}: {self.message}"

    @property
    def _key(self) -> tuple[str, str, str]:
        return self.owner, self.type, self.message

    @classmethod
    def of(cls, failed: Failed) -> "Failure":
        """Record a failure that crossed a boundary."""
        cause = failed.cause
        by_agent = isinstance(cause, FirsthandError) and cause.by_agent
        return cls(failed.owner, type(cause).__name__, message_of(cause), failed.doing, by_agent)


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn: what was shown, what was done, what it changed, and the tokens it took.

    `prompt_ids` are the tokens that were appended before sampling (the whole context when `restart`
    is true), `ids` the sampled ones with `logprobs` [len(ids)] in nats under the sampling
    distribution. `choices` maps each legal option to its log-probability where the model chose
    among options.
    """

    observation: Observation
    action: Action
    reward: float = 0.0
    prompt_ids: list[int] = []
    ids: list[int] = []
    logprobs: list[float] = []
    restart: bool = False
    choices: dict[str, float] = {}
    shown: tuple[str, ...] = ()
    """Ids of the lessons in the prompt."""
    offered: tuple[str, ...] = ()
    """Ids of the lessons in scope, of which a random mask left `shown`."""
    seconds: tuple[float, float] = (0.0, 0.0)
    """Wall time of the model and of the environment."""
    near: tuple[tuple[str, ...], ...] = ()
    """Where the choice was made part by part, for each part the examples on offer, the nearest
    first; `choices` and tokens are then those of the last part."""


class Episode(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="schema", tag=SCHEMA):
    """The record of one play. `reward`: the final score in [0, 1], None when something failed."""

    id: str
    task: Task
    agent: str
    turns: tuple[Turn, ...]
    final: Observation
    reward: float | None
    checks: dict[str, bool]
    stop: Stop
    error: Failure | None = None
    aftermath: str | None = None
    run: str = ""
    tags: dict[str, str] = {}
    seconds: float = 0.0
    true: float | None = None
    """The score that was meant, where the environment tells it apart from `reward`."""
    flags: tuple[str, ...] = ()
    """Why the play looks like an exploit of the reward (`rollout/flags.py`)."""
    usage: Usage | None = None
    """What its model calls took, failed and repeated ones included; None: no model was asked."""
    notes: tuple[str, ...] = ()
    """How requests had to differ from what was asked for, e.g. without a temperature."""

    @property
    def success(self) -> bool:
        """Whether every check held."""
        return self.reward == 1.0

    @property
    def counted(self) -> float | None:
        """The reward as means and tests count it: 0 for a failure of the agent's own making.

        None: something else failed, and the episode says nothing about the agent.
        """
        by_agent = self.error is not None and self.error.by_agent
        return 0.0 if self.reward is None and by_agent else self.reward

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the agent did, in order: enough to replay the episode."""
        return tuple(turn.action for turn in self.turns)

    @property
    def shown(self) -> tuple[str, ...]:
        """Ids of the lessons that were in any prompt of the episode."""
        last = self.error.shown if self.error is not None else ()
        return tuple(dict.fromkeys([id for turn in self.turns for id in turn.shown] + [*last]))

    @property
    def offered(self) -> tuple[str, ...]:
        """Ids of the lessons that could have been in a prompt of the episode."""
        last = self.error.offered if self.error is not None else ()
        return tuple(dict.fromkeys([id for turn in self.turns for id in turn.offered] + [*last]))


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Episode)


def encode(episode: Episode) -> bytes:
    """Encode one episode as one line of JSON, without the newline."""
    return _encoder.encode(episode)


def decode(line: bytes) -> Episode:
    """Decode one line. Raises `msgspec.MsgspecError` when it is torn or of another schema."""
    return _decoder.decode(line)


def redacted(episode: Episode) -> Episode:
    """Return the episode without registered secrets in what was seen, done and said.

    What identifies it (task, run, ids, names of checks) stays, so that it can be found and
    replayed.
    """
    if not leaks(encode(episode).decode()):
        return episode
    told = _Told(**{name: getattr(episode, name) for name in _Told.__struct_fields__})
    clean = msgspec.convert(redact_values(msgspec.to_builtins(told)), _Told)
    return msgspec.structs.replace(episode, **msgspec.structs.asdict(clean))


class _Told(msgspec.Struct):
    """The fields of an episode that hold what somebody said."""

    agent: str
    turns: tuple[Turn, ...]
    final: Observation
    error: Failure | None
    aftermath: str | None
    tags: dict[str, str]
    notes: tuple[str, ...]
