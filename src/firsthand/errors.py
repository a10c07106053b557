"""Every error firsthand raises, and the one place where a failure is given its owner.

    FirsthandError              raised on purpose; all others are bugs
    ├── UserError               a mistake in what was asked; the command line exits with 2
    │   ├── UnknownName         kind, name, known, nearest
    │   ├── MissingExtra        package, extra
    │   ├── InvalidTask
    │   └── InvalidEnvironment  breaks the contract of environments; owner "environment"
    │       └── InvalidScore
    ├── InvalidAction           an answer that is no action; owner "model"
    ├── ToolError               refuses a tool call in words for the agent; the episode goes on
    ├── ModelError              usage; owner "model"
    │   └── EndpointError
    ├── SandboxError            owner "sandbox"
    ├── LimitReached            seconds, doing; owner "limits"
    │   ├── AnswerCut           the answer reached the most tokens; by_agent
    │   └── ContextFull         tokens, context; by_agent
    ├── JournalError            path; owner "host"
    │   └── Unstorable          an episode that could not be read back
    ├── RunStopped              episodes: those played before it ended
    │   ├── BudgetSpent
    │   ├── NoReaction          the player does not react to lessons: nothing was learned
    │   └── ModelUnavailable
    └── Failed                  owner, doing, cause: a failure on its way into `Episode.error`

A message says what happened, what was expected, and how to fix it. A failure inside an episode is
attributed once, by the innermost `boundary` it crosses, and becomes data (DESIGN law 8).
"""

import difflib
import errno
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from firsthand.secrets import redact

if TYPE_CHECKING:
    from firsthand.usage import Usage

Owner = Literal["environment", "tool", "model", "sandbox", "limits", "host"]
"""Who is to blame for a failure. `host` is the machine: it ran out of open files, disk or memory.
"""

EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.ENOMEM}
"""What the operating system says when the machine, or this process's share of it, is used up."""

OPEN_FILES = os.strerror(errno.EMFILE)

MESSAGE_CHARACTERS = 2000
"""How much of an error's text is kept."""


class FirsthandError(Exception):
    """The root of all errors raised on purpose."""

    owner: Owner | None = None
    """Who is to blame when this error ends an episode; None leaves it to the boundary."""
    by_agent: bool = False
    """Whether the agent's own play brought it about: evaluation then counts the episode as 0."""


class UserError(FirsthandError):
    """A mistake in what the caller asked for; the command line shows it without a traceback."""


class UnknownName(UserError):
    """A name that nothing is registered under. `nearest` is the closest of the `known` names, or
    None.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        self.kind, self.name, self.known, self.hint = kind, name, tuple(sorted(known)), hint
        self.nearest = nearest(name, self.known)
        guess = f" Did you mean {self.nearest!r}?" if self.nearest else ""
        super().__init__(f"No {kind} is named {name!r}.{guess}{' ' + hint if hint else ''}")

    def __reduce__(self) -> Any:
        return _again, (type(self), (self.kind, self.name, self.known), {"hint": self.hint})


class MissingExtra(UserError):
    """An optional dependency is not installed: `package`, which comes with `firsthand[extra]`."""

    def __init__(self, package: str, *, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(
            f"{package} is not installed. Install it with: pip install 'firsthand[{extra}]'"
        )

    def __reduce__(self) -> Any:
        return _again, (type(self), (self.package,), {"extra": self.extra})


class InvalidTask(UserError):
    """A task that its environment cannot rebuild."""


class InvalidEnvironment(UserError, TypeError):
    """An environment that breaks the contract, in what it declares or in what a method returns."""

    owner = "environment"


class InvalidScore(InvalidEnvironment):
    """A score outside [0, 1], or one that contradicts its own checks."""


class InvalidAction(FirsthandError):
    """An answer that is no action, or that no journal could keep."""

    owner = "model"


class ToolError(FirsthandError):
    """Refuse a tool call in words the agent may read; the episode goes on."""


class ModelError(FirsthandError):
    """A model could not answer. `usage` is what the tries took, where that is known."""

    owner = "model"

    def __init__(self, message: str, *, usage: "Usage | None" = None) -> None:
        super().__init__(message)
        self.usage = usage


class EndpointError(ModelError):
    """A model's server could not be reached, stayed silent, or gave answers that make no sense."""


class SandboxError(FirsthandError):
    """An isolated worker died or is missing."""

    owner = "sandbox"


class LimitReached(FirsthandError):
    """A time or token limit cut the episode off.

    `seconds` is the limit, where it was one of time; `doing` is what was cut short, where that is
    known.
    """

    owner = "limits"

    def __init__(self, message: str, *, seconds: float | None = None, doing: str = "") -> None:
        super().__init__(message)
        self.seconds, self.doing = seconds, doing


class JournalError(FirsthandError):
    """The files of a journal could not be written or read. `path` is where."""

    owner = "host"

    def __init__(self, message: str, *, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class Unstorable(JournalError):
    """An episode that could not be read back as it was: a lone surrogate, a wrong type, nan."""

    owner = None


class AnswerCut(LimitReached):
    """An answer reached the most tokens that one may have, so that its end is missing."""

    by_agent = True


class ContextFull(LimitReached):
    """A conversation of `tokens` tokens is longer than the model's context of `context` tokens."""

    by_agent = True

    def __init__(self, message: str, *, tokens: int | None = None, context: int | None = None):
        super().__init__(message)
        self.tokens, self.context = tokens, context


class RunStopped(FirsthandError):
    """A run ended before its last episode. `episodes` are those that were played, in order."""

    def __init__(self, reason: str, episodes: Sequence[Any] = ()) -> None:
        super().__init__(reason)
        self.episodes = episodes


class BudgetSpent(RunStopped):
    """The budget of a run does not cover another episode."""


class NoReaction(RunStopped):
    """The player was found not to react to lessons, before any was learned."""


class ModelUnavailable(RunStopped):
    """The model gave no first answer in many episodes in a row."""


class Failed(FirsthandError):
    """A failure with its owner, on its way into `Episode.error`. `doing` says during what: "calling
    reset".
    """

    def __init__(self, owner: Owner, cause: BaseException, *, doing: str = "") -> None:
        super().__init__(f"{type(cause).__name__}: {message_of(cause)}")
        self.owner: Owner = owner  # pyright: ignore[reportIncompatibleVariableOverride] - narrower: a failure always has one
        self.cause, self.doing = cause, doing


class Interrupt(BaseException):
    """Raised by the watchdog inside a call that is too late; no `Exception`, so that few handlers
    stop it.
    """


class boundary:  # a statement: `with boundary("tool", "calling lookup"):`
    """Attribute whatever escapes the block to `owner`, unless it already has one.

    `doing` says what was being done. An error that names its own owner (a `SandboxError` inside a
    tool) keeps it, and what the machine refused (too many open files) is the host's. `SystemExit`
    is a failure like any other: no environment may end the program. An interrupt and a cancellation
    that somebody asked for pass through untouched: they are nobody's failure.
    """

    __slots__ = ("doing", "owner")

    def __init__(self, owner: Owner, doing: str = "") -> None:
        self.owner: Owner = owner
        self.doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, Failed):
            return
        doing: str = getattr(error, "doing", "") or self.doing
        if not _nobodys(error):
            raise Failed(_owner(error) or self.owner, error, doing=doing) from error
        error.doing = doing  # pyright: ignore[reportAttributeAccessIssue] - what a time limit cut short


def message_of(error: BaseException) -> str:
    """Return the text of an error, cut and storable as UTF-8; one whose own `__str__` fails gets a
    text that says so.
    """
    try:
        text = redact(str(error))[:MESSAGE_CHARACTERS]
    except BaseException as broken:
        if isinstance(broken, KeyboardInterrupt):
            raise
        text = f"(its text cannot be shown: __str__ raised {type(broken).__name__})"
    return text.encode(errors="backslashreplace").decode()


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, or None when nothing is close."""
    known = list(known)
    matches = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if not matches:  # "shop_desk" for "interfaces/shop_desk": a family without its domain
        matches = [k for k in known if k.rpartition("/")[2] == name.rpartition("/")[2]]
    return matches[0] if matches else None


def _nobodys(error: BaseException) -> bool:
    """Say whether this is an interrupt, or a cancellation that was really requested."""
    if isinstance(error, Exception | SystemExit):
        return False
    if isinstance(error, KeyboardInterrupt | Interrupt):
        return True
    if isinstance(error, GeneratorExit):  # our own coroutine is being closed, outside of its task
        return not _in_a_task()
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or not isinstance(error, asyncio.CancelledError):
        return False
    return not _in_a_task() or asyncio.current_task().cancelling() > 0


def _in_a_task() -> bool:
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio is not None and asyncio.current_task() is not None
    except RuntimeError:  # no loop is running
        return False


def _owner(error: BaseException) -> Owner | None:
    """Return the owner that an error names itself, or that the operating system's answer names."""
    for cause in _chain(error):
        if isinstance(cause, OSError) and cause.errno in EXHAUSTED:
            return "host"
        if OPEN_FILES in message_of(cause):  # libraries that keep the words and drop the number
            return "host"
    return error.owner if isinstance(error, FirsthandError) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it, at most ten of them: chains may be circular."""
    following: BaseException | None = error
    for _ in range(10):
        if following is None:
            return
        yield following
        following = following.__cause__ or following.__context__


def _again(kind: type[FirsthandError], words: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return kind(*words, **named)
