"""Python that a model wrote, in the jail: programs run, and functions called with plain values.

A grader of functions sends inputs and gets values; it compares in this process. So no expected
value is ever where the judged code could read it, and whatever that code does to its own process,
all it can do is return something.
"""

import json
import math
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from firsthand.sandbox import jail
from firsthand.sandbox.protocol import LIMITS, Limits, Result, Tree

DEEPEST = 40
"""How deep lists and such may be nested in a value."""
_DRIVER = f"""
import importlib, json, os, sys

def plain(value, depth=0):
    kind = type(value)
    if depth > {DEEPEST}:
        return ["deep"]
    if value is None or kind is bool or kind is str:
        return value
    if kind is int or kind is float:
        return [kind.__name__, repr(value)]
    if kind is bytes:
        return ["bytes", value.hex()]
    if kind is list or kind is tuple:
        return [kind.__name__, [plain(each, depth + 1) for each in value]]
    if kind is set or kind is frozenset:
        return [kind.__name__, sorted((plain(each, depth + 1) for each in value), key=json.dumps)]
    if kind is dict:
        pairs = [[plain(key, depth + 1), plain(value[key], depth + 1)] for key in value]
        return ["dict", pairs]
    return ["other", kind.__name__]

def value(told):
    if not isinstance(told, list):
        return told
    kind, of = told
    if kind == "dict":
        return {{value(key): value(each) for key, each in of}}
    if kind == "bytes":
        return bytes.fromhex(of)
    if kind in ("int", "float"):
        return {{"int": int, "float": float}}[kind](of)
    kinds = {{"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}}
    return kinds[kind](value(each) for each in of)

def main(dumps=json.dumps, write=os.write, leave=os._exit, plain=plain, value=value):
    order = json.load(sys.stdin)
    line = os.dup(1)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    answers = []
    for module, name, inputs in order:
        try:
            found = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
            answers.append(["returned", plain(found(*[value(each) for each in inputs]))])
        except BaseException as error:
            try:
                said = str(error)[:200]
            except BaseException:
                said = ""
            answers.append(["raised", type(error).__name__, said])
    told = dumps(answers).encode()
    while told:
        told = told[write(line, told):]
    leave(0)

main()
"""


class Call(msgspec.Struct, frozen=True):
    """One call: a function of a module, `name` may be dotted, and plain values for it."""

    module: str
    name: str
    inputs: tuple[Any, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What a call did: it returned a value, told as `plain` does, or raised an exception.

    `raised` is the exception's name; `said` its message, or why there is no outcome.
    """

    value: str = ""
    raised: str = ""
    said: str = ""

    def equals(self, expected: Any) -> bool:
        """Say whether exactly this was returned, types and order of keys included."""
        return not self.raised and self.value == plain(expected)


async def call(
    tree: Tree, calls: Sequence[Call], *, limits: Limits = LIMITS
) -> tuple[list[Outcome], Result]:
    """Make calls one after another in one fresh interpreter; files are not changed.

    Where the interpreter ended before its answer, every outcome has `raised="Ended"`, and `said`
    tells how. Raises `SandboxError`.
    """
    order = [[each.module, each.name, [_plain(value) for value in each.inputs]] for each in calls]
    wide = msgspec.structs.replace(limits, output=max(limits.output, 4 << 20))
    result, _ = await jail.execute(
        tree, ["python", "-c", _DRIVER], stdin=json.dumps(order).encode(), limits=wide
    )
    answers = _answers(result.output, len(order))
    if answers is None:
        why = Result(result.code, "", result.errors[-500:], result.limit).text
        return [Outcome(raised="Ended", said=why)] * len(order), result
    return answers, result


def _answers(output: str, n: int) -> list[Outcome] | None:
    """Read what the interpreter told, which may be anything."""
    try:
        told = json.loads(output)
        found: list[Outcome] = []
        for answer in told:
            if answer[0] == "returned":
                found.append(Outcome(json.dumps(answer[1])))
            else:
                found.append(Outcome(raised=str(answer[1]) or "?", said=str(answer[2])))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None
    return found if len(found) == n else None


def plain(value: Any) -> str:
    """Tell a plain value with its types, equal for equal values only."""
    return json.dumps(_plain(value))


def _plain(value: Any) -> Any:
    kind = cast("type[Any]", type(value))
    if value is None or kind in (bool, str):
        return value
    if kind in (int, float):
        if kind is float and not math.isfinite(value):
            raise ValueError(f"{value} equals nothing: expect finite numbers")
        return [kind.__name__, repr(value)]
    if kind is bytes:
        return ["bytes", value.hex()]
    if kind in (list, tuple):
        return [kind.__name__, [_plain(each) for each in value]]
    if kind in (set, frozenset):
        return [kind.__name__, sorted((_plain(each) for each in value), key=json.dumps)]
    if kind is dict:
        return ["dict", [[_plain(key), _plain(each)] for key, each in value.items()]]
    raise TypeError(f"{kind.__name__} is no plain value")


def readable(value: str) -> str:
    """Show a value that was told, as Python writes it."""
    try:
        return repr(_value(json.loads(value)))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return "(not a plain value)"


def _value(told: Any) -> Any:
    if not isinstance(told, list):
        return told
    kind, of = cast("tuple[str, Any]", tuple(cast("list[Any]", told)))
    if kind == "dict":
        return {_value(key): _value(each) for key, each in of}
    if kind == "bytes":
        return bytes.fromhex(of)
    if kind in ("int", "float"):
        return int(of) if kind == "int" else float(of)
    kinds: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
    return kinds[kind](_value(each) for each in of)
