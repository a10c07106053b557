"""What is said on the wire, whichever protocol carries it: requests, views, outcomes, refusals.

A view is what the agent of an in-process episode would be shown, and nothing else: no score before
the end, no state of the world, no text of an error that the world raised.
"""

from typing import Any, ClassVar

import msgspec

from firsthand.environment import Action, Environment, Observation, ToolCall, tools_of
from firsthand.episode import Episode
from firsthand.errors import FirsthandError
from firsthand.serve.content import content_hash
from firsthand.task import Split, Task

MOST_NAME = 80
"""Characters of the name that a player gives itself."""


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for an episode. Without `environment` it is the only one served; without `seed`, the
    next task that nobody was given yet.
    """

    environment: str = ""
    level: int = 1
    seed: int | None = None
    split: Split = "train"
    world: int = 0
    agent: str = ""
    """Who plays, for the journal: a short name."""

    @classmethod
    def of(cls, task: Task, agent: str = "") -> "Open":
        """Ask for the episode of a task."""
        return cls(task.environment, task.level, task.seed, task.split, task.world, agent)


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take a turn: a text, or calls of tools. `turn` makes repeating a request safe: an action that
    names another turn than the one to be played is refused.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    turn: int | None = None

    @property
    def action(self) -> Action:
        """The action as environments take it."""
        return Action(self.text, self.calls)


class Offer(msgspec.Struct, frozen=True):
    """What is asked and how it can be answered: the same for every turn of an episode."""

    task: Task
    statement: str
    tools: list[dict[str, Any]]
    """As chat-completion APIs want them; empty: actions are texts."""
    turns: int
    """Most turns of the episode."""


class Problem(msgspec.Struct, frozen=True):
    """Why an episode has no reward. `message` is empty where the world's own words could tell what
    it hides.
    """

    owner: str
    type: str
    message: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """How an episode ended; told only once it is over."""

    reward: float | None
    success: bool
    rewards: list[float]
    """The change in score that each turn caused; they add up to the reward."""
    checks: dict[str, bool]
    stop: str
    aftermath: str | None
    """What hindsight shows; told in the split `train` only: it may state a world's hidden laws."""
    error: Problem | None
    episode: str
    """Id of the episode in the journal."""
    content: str
    """Hash of what was shown, done and earned: equal to that of the same play in process."""


class View(msgspec.Struct, frozen=True):
    """What a player is shown now."""

    session: str
    turn: int
    """Turns taken so far."""
    observation: Observation
    choices: list[str] | None = None
    """The legal moves, where they can be listed."""
    reward: float | None = None
    """What the last action earned, where the server tells it; else the score, once it is over."""
    over: bool = False
    outcome: Outcome | None = None
    offer: Offer | None = None
    """Only in the first view of an episode."""


class Refusal(FirsthandError):
    """A request that is not carried out. `code` is for programs, `status` is HTTP's."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "invalid"


class Unauthorized(Refusal):
    """The key is missing or wrong."""

    status, code = 401, "unauthorized"


class Foreign(Refusal):
    """A browser sent it from another site, or under a name that is not this server's."""

    status, code = 403, "foreign"


class NoSession(Refusal):
    """No session of this client has that id, or not any more."""

    status, code = 404, "no_session"


class NotServed(Refusal):
    """The environment is not served here."""

    status, code = 404, "not_served"


class Busy(Refusal):
    """The session has not answered the last action yet, or is at another turn."""

    status, code = 409, "busy"


class Over(Refusal):
    """The episode is over; its outcome can be read."""

    status, code = 409, "over"


class TooLarge(Refusal):
    """The message is longer than the server takes."""

    status, code = 413, "too_large"


class TooFast(Refusal):
    """The client sends more messages a second than the server takes."""

    status, code = 429, "too_fast"


class Full(Refusal):
    """The server holds as many sessions as it may."""

    status, code = 503, "full"


class Told(msgspec.Struct, frozen=True):
    """Why there is no answer: a `code` for programs, a `message` for people."""

    code: str
    message: str


class Refused(msgspec.Struct, frozen=True):
    """What is sent in place of an answer."""

    error: Told

    @classmethod
    def of(cls, refusal: Refusal) -> "Refused":
        """Write a refusal down."""
        return cls(Told(refusal.code, str(refusal)))


def offer(environment: type[Environment], task: Task) -> Offer:
    """Return what is asked of a player, as the prompt of an agent has it."""
    tools = [declared.specification for declared in tools_of(environment).values()]
    return Offer(task, environment.statement, tools, environment.turns)


def outcome(episode: Episode) -> Outcome:
    """Return what a player may know of an episode that is over."""
    error = episode.error
    problem = None
    if error is not None:
        told = error.message if error.owner in ("model", "limits") else ""
        problem = Problem(error.owner, error.type, told)
    return Outcome(
        reward=episode.reward,
        success=episode.success,
        rewards=[turn.reward for turn in episode.turns],
        checks=episode.checks,
        stop=episode.stop,
        aftermath=episode.aftermath if episode.task.split == "train" else None,
        error=problem,
        episode=episode.id,
        content=content_hash(episode),
    )
