"""Run a reference program and changed copies of it on generated inputs, to see where they differ.

They run in a process of their own. Inputs stay near the calls that the prompt shows; where it shows
none, they are of whatever simple types the reference accepts. Left out: programs that import more
than the pure standard library.
"""

import ast
import random
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, cast

import msgspec

from firsthand.audit.formats.programs import Function, Program, parsed
from firsthand.audit.formats.script_adapter import CLASS, SCRIPT, examples, guesses, runnable
from firsthand.process.child import once

PURE = frozenset(
    "math re json collections itertools functools string heapq bisect operator typing fractions "
    "decimal statistics datetime random copy dataclasses enum abc textwrap unicodedata __future__ "
    "numbers cmath array calendar sys io".split()
)
RUNNER = Path(__file__).with_name("copies_runner.py")
RUNAWAY = 60.0
"""Seconds after which a run is given up. Lines of code are counted there; a run takes seconds."""


class Domain(msgspec.Struct, frozen=True):
    """Inputs of one function on which the reference works, and what it returns there.

    `known`: they are made from the prompt's own.
    """

    function: Function
    inputs: tuple[tuple[Any, ...], ...]
    outputs: tuple[str, ...]
    known: bool


def pure(code: str, *, script: bool = False) -> bool:
    """Say whether a program may be changed and run without harm: nothing in it reaches outside."""
    tree = parsed(code)
    if tree is None:
        return False
    for node in ast.walk(tree):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if any(name.split(".")[0] not in PURE for name in names):
            return False
        if isinstance(node, ast.Name) and (
            node.id in ("open", "exec", "eval", "__import__", "compile")
            or (node.id == "input" and not script)
        ):
            return False
    return True


def outcomes(
    codes: Sequence[str], name: str, inputs: Sequence[tuple[Any, ...]]
) -> list[list[str]] | None:
    """Return what the function `name` of each program returns on each input, as text.

    `!` begins an exception, `?` is unknown. None where the programs end the process.
    """
    command, order = (
        [sys.executable, "-P", "-s", str(RUNNER)],
        repr((list(codes), name, list(inputs))),
    )
    said = once(
        command,
        order.encode("utf-8", "surrogatepass"),
        seconds=RUNAWAY,
        environment={"PYTHONHASHSEED": "0"},
        visible=[str(RUNNER)],
    )
    try:
        return ast.literal_eval(said.decode())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def called(program: Program, prompt: str) -> Function | None:
    """Return the function that is asked for: one that the prompt calls, or the last public."""
    named = {call.name for call in examples(program, prompt)}
    public = [f for f in reversed(program.functions) if not f.name.startswith("_")]
    return next((f for f in program.functions if f.name in named), next(iter(public), None))


def domain(program: Program, prompt: str, seed: int) -> Domain | None:
    """Find inputs on which the reference works, near the calls that the prompt shows.

    None where none are found.
    """
    if not pure(program.code, script=program.script):
        return None
    calls, rng = examples(program, prompt), random.Random(seed)
    if program.script:
        return _tried(
            program, SCRIPT, [call.arguments for call in calls], guesses(program, prompt, rng), rng
        )
    if not program.functions:
        return _tried(program, CLASS, [], guesses(program, prompt, rng), rng)
    function = called(program, prompt)
    if function is None or function.asynchronous:
        return None
    if inputs := [call.arguments for call in calls if call.name == function.name]:
        return _ran(program, function, inputs + nearby(inputs, rng), known=True)
    pools = [_pool(rng) for _ in function.names]
    if not 1 <= len(pools) <= 3:
        return None
    kinds = list(product(*(range(len(pool)) for pool in pools)))[:216]
    each = 10 if len(pools) < 3 else 3
    groups = [
        [
            tuple(rng.choice(pool[kind]) for pool, kind in zip(pools, choice, strict=True))
            for _ in range(each)
        ]
        for choice in kinds
    ]
    rows = outcomes(
        [program.code], function.name, [arguments for group in groups for arguments in group]
    )
    if not rows:
        return None
    best: Domain | None = None
    for number, group in enumerate(groups):
        row = rows[0][number * each : (number + 1) * each]
        if not any(said[:1] in "!?" for said in row) and (
            best is None or len(set(row)) > len(set(best.outputs))
        ):
            best = _domain(function, group, row, known=False)
    return (
        _ran(program, function, list(best.inputs) + nearby(best.inputs, rng), known=False)
        if best
        else None
    )


def _tried(
    program: Program,
    function: Function,
    given: Sequence[tuple[Any, ...]],
    usual: Sequence[tuple[Any, ...]],
    rng: random.Random,
) -> Domain | None:
    """Try the inputs shown or, where none of them works, usual ones; then others like them."""
    for known, inputs in ((True, given), (False, usual)):
        worked = _ran(program, function, inputs, known=known) if inputs else None
        if worked is None:
            continue
        if program.script:
            return _ran(
                program, function, [*worked.inputs, *nearby(worked.inputs, rng)], known=known
            )
        quiet = [
            arguments
            for arguments, said in zip(worked.inputs, worked.outputs, strict=True)
            if "'raises " not in said
        ]
        return _ran(program, function, quiet if len(quiet) >= 6 else worked.inputs, known=known)
    return None


def _ran(
    program: Program, function: Function, inputs: Sequence[tuple[Any, ...]], *, known: bool
) -> Domain | None:
    rows = outcomes([runnable(program, program.code)], function.name, inputs)
    return _domain(function, inputs, rows[0], known=known) if rows else None


def _domain(
    function: Function, inputs: Sequence[tuple[Any, ...]], row: Sequence[str], *, known: bool
) -> Domain | None:
    good = {
        repr(arguments): (arguments, said)
        for arguments, said in zip(inputs, row, strict=True)
        if said[:1] not in ("!", "?")
    }
    if not good:
        return None
    return Domain(
        function,
        tuple(a for a, _ in good.values()),
        tuple(said for _, said in good.values()),
        known,
    )


def _pool(rng: random.Random) -> list[list[Any]]:
    words = ["level", "abca", "hello world", "Firsthand", "aab", "xyz", "noon", "banana"]
    return [
        [rng.randint(2, 30) for _ in range(8)],
        [[rng.randint(1, 20) for _ in range(rng.randint(3, 7))] for _ in range(8)],
        words,
        [rng.sample(words, rng.randint(2, 5)) for _ in range(6)],
        [[[rng.randint(1, 9) for _ in range(3)] for _ in range(3)] for _ in range(6)],
        [{word: rng.randint(1, 9) for word in rng.sample(words, 3)} for _ in range(6)],
    ]


def nearby(
    examples: Sequence[tuple[Any, ...]], rng: random.Random, *, n: int = 60
) -> list[tuple[Any, ...]]:
    """Return inputs like the examples: of their ranges, signs, lengths, alphabets and types."""
    found: dict[str, tuple[Any, ...]] = {}
    by_place = {
        place: [e[place] for e in examples if place < len(e)]
        for place in range(max(map(len, examples), default=0))
    }
    for _ in range(n):
        base = rng.choice(examples)
        made = tuple(
            vary(value, by_place[place], rng) if rng.random() < 0.8 else value
            for place, value in enumerate(base)
        )
        found.setdefault(repr(made), made)
    for one in examples[:6]:
        for two in examples[:6]:
            if len(one) == len(two) > 1:
                made = tuple(rng.choice(pair) for pair in zip(one, two, strict=True))
                found.setdefault(repr(made), made)
    return list(found.values())


def vary(value: Any, like: Sequence[Any], rng: random.Random) -> Any:
    """Return another value like this one; `like` are the values seen in its place."""
    if isinstance(value, bool) or value is None:
        return rng.choice([True, False]) if isinstance(value, bool) else None
    if isinstance(value, int):
        seen = [item for item in like if isinstance(item, int)] or [value]
        low, high = min(seen), max(seen)
        return (
            rng.randint(low if low >= 0 else low - 2, high + max(3, (high - low) // 2))
            if low != high or low >= 0
            else low
        )
    if isinstance(value, float):
        return round(value * rng.choice((0.5, 0.9, 1.25, 2.0)), 3)
    if isinstance(value, str):
        return _text(value, [item for item in like if isinstance(item, str)], rng)
    if isinstance(value, (list, tuple)):
        cells = list(cast("list[Any]", value))
        inner = [
            cell
            for item in like
            if isinstance(item, (list, tuple))
            for cell in cast("list[Any]", item)
        ] or cells
        nested = bool(cells) and isinstance(cells[0], (list, tuple))
        if cells and rng.random() < 0.6 and not nested:
            if rng.random() < 0.5 and len(cells) > 1:
                cells.pop(rng.randrange(len(cells)))
            else:
                cells.insert(rng.randrange(len(cells) + 1), rng.choice(cells))
        if rng.random() < 0.5:
            rng.shuffle(cells)
        if not nested:
            cells = [vary(cell, inner, rng) if rng.random() < 0.5 else cell for cell in cells]
        return tuple(cells) if isinstance(value, tuple) else cells
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value)
        return {key: vary(item, list(items.values()), rng) for key, item in items.items()}
    return value


def _text(value: str, like: Sequence[str], rng: random.Random) -> str:
    if not value:
        return rng.choice(like) if like else value
    alphabet = [letter for item in like for letter in item] or list(value)
    plain = all(letter.isalpha() or letter == " " for letter in alphabet)
    letters = list(value)
    if not plain:  # a text with a format: digits for digits, letters for letters
        return "".join(
            rng.choice("0123456789") if c.isdigit() and c != "0" and rng.random() < 0.3 else c
            for c in letters
        )
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(letters))
        act = rng.random()
        if act < 0.3 and len(letters) > 1:
            letters.pop(place)
        elif act < 0.6:
            letters.insert(place, rng.choice(alphabet))
        elif act < 0.8:
            letters[place] = rng.choice(alphabet)
        else:
            rng.shuffle(letters)
    return "".join(letters)
