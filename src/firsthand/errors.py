"""Every error firsthand raises, and the one place where a failure is given its owner.

A message says what happened, what was expected, and how to fix it. A failure inside an episode is
attributed once, by the innermost `boundary` it crosses, and becomes data (DESIGN law 8).
"""

import difflib
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from firsthand.usage import Usage

Owner = Literal["environment", "tool", "model", "sandbox", "limits"]


class FirsthandError(Exception):
    """The root of all errors raised on purpose."""

    owner: Owner | None = None
    """Who is to blame when this error ends an episode; None leaves it to the boundary."""


class UserError(FirsthandError):
    """A mistake in what the caller asked for; the command line shows it without a traceback."""


class UnknownName(UserError):
    """A name that nothing is registered under."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        known = sorted(known)
        close = nearest(name, known)
        guess = f" Did you mean {close!r}?" if close else ""
        super().__init__(f"No {kind} is named {name!r}.{guess}{' ' + hint if hint else ''}")


class MissingExtra(UserError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, *, extra: str) -> None:
        super().__init__(
            f"{package} is not installed. Install it with: pip install 'firsthand[{extra}]'"
        )


class InvalidTask(UserError):
    """A task that its environment cannot rebuild."""


class InvalidScore(FirsthandError):
    """A score outside [0, 1], or one that contradicts its own checks."""

    owner = "environment"


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
    """A time or token limit cut the episode off."""

    owner = "limits"


class AnswerCut(LimitReached):
    """An answer reached the most tokens that one may have, so that its end is missing."""


class RunStopped(FirsthandError):
    """A run ended before its last episode. `episodes` are those that were played, in order."""

    def __init__(self, reason: str, episodes: Sequence[Any] = ()) -> None:
        super().__init__(reason)
        self.episodes = episodes


class BudgetSpent(RunStopped):
    """The budget of a run does not cover another episode."""


class ModelUnavailable(RunStopped):
    """The model gave no first answer in many episodes in a row."""


class Failed(FirsthandError):
    """A failure with its owner, on its way into `Episode.error`."""

    def __init__(self, owner: Owner, cause: BaseException) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.owner: Owner = owner  # pyright: ignore[reportIncompatibleVariableOverride] - narrower: a failure always has one
        self.cause = cause


class boundary:  # a statement: `with boundary("tool"):`
    """Attribute whatever escapes the block to `owner`, unless it already has one.

    An error that names its own owner (a `SandboxError` inside a tool) keeps it. Cancellation and
    interrupts pass through untouched: they are nobody's failure.
    """

    __slots__ = ("owner",)

    def __init__(self, owner: Owner) -> None:
        self.owner: Owner = owner

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, Failed) or not isinstance(error, Exception):
            return
        owner = error.owner if isinstance(error, FirsthandError) and error.owner else self.owner
        raise Failed(owner, error) from error


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, or None when nothing is close."""
    known = list(known)
    matches = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if not matches:  # "shop_desk" for "interfaces/shop_desk": a family without its domain
        matches = [k for k in known if k.rpartition("/")[2] == name.rpartition("/")[2]]
    return matches[0] if matches else None
