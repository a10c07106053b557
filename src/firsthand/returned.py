"""What environments and agents return, checked before anything relies on it.

`play` keeps what it is given, so whatever passes here must be storable as JSON, and be the same
when it is read back: exact types, texts of bounded length that UTF-8 can hold, finite numbers,
arguments of bounded depth. The checks cost well under a microsecond for values that pass; messages
name the fix.
"""

import inspect
import math
from collections.abc import Coroutine, Sequence
from typing import Any, cast

from firsthand.environment import Action, Observation, Score, ToolCall, ToolResult
from firsthand.errors import InvalidAction, InvalidEnvironment, InvalidScore

MOST_CHARACTERS = 1_000_000
"""Of one observation and of one action. A page of text has 3,000; a model's whole context about
500,000.
"""

MOST_DEPTH = 50
"""Of the arguments of a call. Encoders recurse, and Python 3.13 stops them at about 500."""


def observation(value: object, method: str) -> Observation:
    """Return an observation that can be kept. Raises `InvalidEnvironment`."""
    if not isinstance(value, Observation):
        raise InvalidEnvironment(_wrong(method, "Observation", value, "Observation(text)"))
    text, results = value.text, value.results
    if type(value.done) is not bool:
        what = f"done={_said(value.done)}"
        raise InvalidEnvironment(f"{method}() returned an Observation with {what}: write a bool.")
    length = _checked(text, f"{method}() returned an Observation whose text", InvalidEnvironment)
    if results != ():
        length += _results(results, method)
    if length > MOST_CHARACTERS:
        raise InvalidEnvironment(
            f"{method}() returned an observation of {length:,} characters, at most "
            f"{MOST_CHARACTERS:,} are kept: cut the text, and say in it that it was cut."
        )
    return value if type(value) is Observation else Observation(text, value.done, results)


def score(value: object, method: str = "score") -> Score:
    """Return a score whose value follows from its checks. Raises `InvalidScore`."""
    if not isinstance(value, Score):
        raise InvalidScore(_wrong(method, "Score", value, "Score(solved=...)"))
    try:
        number, checks = value.value, value.checks
    except AttributeError as error:
        raise InvalidScore(
            f"{method}() returned a Score without {error.name}: a subclass must call "
            "super().__init__(**checks)."
        ) from None
    if type(number) is not float or not 0.0 <= number <= 1.0:  # also when it is not a number
        raise InvalidScore(f"{method}() returned the value {_said(number)}: a score is in [0, 1].")
    if type(checks) is not dict or not checks:
        raise InvalidScore(f"{method}() returned the checks {_said(checks)}: name at least one.")
    whole = True
    for name, held in checks.items():
        if type(held) is not bool or type(name) is not str:
            raise InvalidScore(f"{method}() says {_said(name)}={_said(held)}: a check is a bool.")
        whole = whole and held
    if (number == 1.0) is not whole:
        raise InvalidScore(
            f"{method}() returned {number!r} with {_said(checks)}: a score is 1 exactly "
            "when every check holds."
        )
    return value


def action(value: object) -> Action:
    """Return an action that can be kept. Raises `InvalidAction`."""
    if not isinstance(value, Action):
        raise InvalidAction(_wrong("act", "Action or a text", value, "Action(text)"))
    length = _checked(value.text, "The text of the action", InvalidAction)
    if value.calls != ():
        if type(value.calls) is not tuple:
            raise InvalidAction(f"Action.calls must be a tuple, got {_said(value.calls)}.")
        length += sum(map(_call, value.calls))
    if length > MOST_CHARACTERS:
        raise InvalidAction(
            f"The action has {length:,} characters, at most {MOST_CHARACTERS:,} are kept."
        )
    return value if type(value) is Action else Action(value.text, value.calls)


def aftermath(value: object) -> str | None:
    """Return what hindsight shows. Raises `InvalidEnvironment`."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidEnvironment(_wrong("aftermath", "str or None", value, "None"))
    length = _checked(value, "The text that aftermath() returned", InvalidEnvironment)
    if length > MOST_CHARACTERS:
        raise InvalidEnvironment(
            f"aftermath() returned {length:,} characters, at most {MOST_CHARACTERS:,} are "
            "kept: cut it."
        )
    return value


def choices(value: object) -> Sequence[str]:
    """Return the legal moves, none when they cannot be listed. Raises `InvalidEnvironment`."""
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidEnvironment(_wrong("choices", "list of str, or None", value, "['yes', 'no']"))
    moves = cast("Sequence[object]", value)
    length = sum(_checked(move, "A text in choices()", InvalidEnvironment) for move in moves)
    if length > MOST_CHARACTERS:
        raise InvalidEnvironment(
            f"choices() returned {length:,} characters, at most {MOST_CHARACTERS:,} are shown."
        )
    return cast("Sequence[str]", moves)


def turns(value: object, declared_by: str) -> int:
    """Return a turn budget. Raises `InvalidEnvironment`."""
    if type(value) is not int or value < 1:
        raise InvalidEnvironment(
            f"{declared_by}.turns must be an int of at least 1, got {_said(value)}: write "
            "turns = 12."
        )
    return value


def _results(results: object, method: str) -> int:
    """Check the results of calls and return how long they are."""
    if type(results) is not tuple:
        raise InvalidEnvironment(
            f"{method}() returned an Observation with results={_said(results)}: write a "
            "tuple of ToolResult."
        )
    length = 0
    for result in cast("tuple[object, ...]", results):
        if type(result) is not ToolResult or type(result.error) is not bool:
            raise InvalidEnvironment(f"{method}() returned {_said(result)} among the results.")
        for text in (result.tool, result.text, result.id):
            length += _checked(text, f"{method}() returned a result whose text", InvalidEnvironment)
    return length


def _call(call: object) -> int:
    """Check one call and return how long it is."""
    if type(call) is not ToolCall:
        raise InvalidAction(f"Action.calls must hold ToolCall only, got {_said(call)}.")
    length = sum(
        _checked(text, "The name of a call", InvalidAction) for text in (call.name, call.id)
    )
    if type(call.arguments) is not dict:
        raise InvalidAction(
            f"The arguments of {call.name!r} must be a dict: {_said(call.arguments)}."
        )
    return length + _json(call.arguments, call.name, 0)


def _json(value: object, name: str, depth: int) -> int:
    """Check that a value is JSON, and return how many characters it has, roughly."""
    if depth > MOST_DEPTH:
        raise InvalidAction(
            f"The arguments of {name!r} are nested deeper than {MOST_DEPTH} levels."
        )
    if isinstance(value, str):
        return _checked(value, f"A text in the arguments of {name!r}", InvalidAction)
    if value is None or type(value) in (bool, int):
        return 8
    if type(value) is float:
        if not math.isfinite(value):
            raise InvalidAction(f"The arguments of {name!r} hold {value!r}, which JSON cannot say.")
        return 8
    if type(value) is list:
        return sum(_json(item, name, depth + 1) for item in cast("list[object]", value)) + 2
    if type(value) is dict:
        length = 2
        for key, item in cast("dict[object, object]", value).items():
            length += _checked(key, f"A key in the arguments of {name!r}", InvalidAction)
            length += _json(item, name, depth + 1)
        return length
    raise InvalidAction(f"The arguments of {name!r} hold {_said(value)}, which is not JSON.")


def _checked(text: object, what: str, error: type[Exception]) -> int:
    """Check that this is text that UTF-8 can hold, and return its length."""
    if type(text) is not str:
        raise error(f"{what} must be str, got {_said(text)}: write str(...).")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as half:
            raise error(
                f"{what} holds {text[half.start]!a} at {half.start}, half of a surrogate "
                "pair, which UTF-8 cannot store: decode bytes with errors='replace'."
            ) from None
    return len(text)


def _wrong(method: str, expected: str, value: object, instead: str) -> str:
    fix = f"write `return {instead}`"
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        fix += ", not `yield`"
    if isinstance(value, Coroutine):
        cast(
            "Coroutine[Any, Any, object]", value
        ).close()  # else Python warns that nobody awaited it
    if value is None:
        fix += " at its end"
    return f"{method}() must return {expected}, got {_said(cast('object', value))}: {fix}."


def _said(value: object) -> str:
    """Describe a value in a few words, whatever its `__repr__` does."""
    kind = type(value).__name__
    if type(value) in (bool, int, float, str, bytes, list, tuple, dict, type(None)):
        try:
            shown = repr(value)
        except Exception:  # of something in a list
            return kind
        return f"{kind} {shown}" if len(shown) <= 60 and value is not None else kind
    return kind
