"""Read the program that a grader asks for, and the calls of it that the prompt shows.

A program is a place in the oracle's text and an interface; attacks are written from these alone.
Left out: programs in other languages, and interfaces that are not functions, classes or a script.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from firsthand.audit.targets.protocol import Instance

FENCE = re.compile(r"```[a-zA-Z0-9_+-]*[ \t]*\n(.*?)\n?```", re.S)
TAG = re.compile(r"<(answer|code|solution|program|python)>\s*\n?(.*?)\n?\s*</\1>", re.S)
READS = re.compile(r"\binput\(|\bsys\.stdin\b|\bopen\(0|\bfileinput\.")
"""A program that reads its standard input is run from top to bottom."""
ABSENT: Any = ...
"""Stands for an expected value that the prompt does not tell."""
_SAYS = r"returns?|gives|is|should (?:return|be|give|equal)|evaluates to|must (?:return|be|equal)"
ARROW = re.compile(
    r"[`'\")\]]?\s*(?:==|-+>|=+>|→|#\s*(?:-*>|=>|→)?|=|:"
    rf"|(?:{_SAYS})\b)[:\s]*`?"
)
"""What stands between a call and its value in a prompt."""


class Function(msgspec.Struct, frozen=True):
    """A function's name, and its parameters as they are written, without annotations."""

    name: str
    parameters: str
    names: tuple[str, ...]
    asynchronous: bool = False

    @property
    def arguments(self) -> str:
        """An expression for the tuple of its arguments."""
        return "(" + "".join(f"{name}, " for name in self.names) + ")"


class Program(msgspec.Struct, frozen=True):
    """A program in a text: what stands before and after it, and its interface.

    A script has no interface, whatever it defines for itself.
    """

    before: str
    code: str
    after: str
    functions: tuple[Function, ...]
    classes: tuple[tuple[str, tuple[Function, ...]], ...]

    def put(self, code: str) -> str:
        """Return the text with another program."""
        return self.before + code + self.after

    @property
    def script(self) -> bool:
        """Whether it is run from top to bottom, rather than called."""
        return not self.functions and not self.classes


class Shown(msgspec.Struct, frozen=True):
    """A call that a prompt shows, with the value it shows for it or `ABSENT`."""

    name: str
    arguments: tuple[Any, ...]
    expected: Any


def program(instance: Instance) -> Program | None:
    """Return the program that the oracle hands in; None when its text is none."""
    if not instance.oracle:
        return None
    text = instance.oracle[0]
    spots = (
        [match.span(1) for match in FENCE.finditer(text)]
        + [match.span(2) for match in TAG.finditer(text)]
        + [(0, len(text))]
    )
    for start, end in spots:
        code = text[start:end]
        tree = parsed(code)
        if tree is not None and _runs(tree):
            if READS.search(code):
                return Program(text[:start], code, text[end:], (), ())
            functions = tuple(
                _function(node)
                for node in tree.body
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            )
            classes = tuple(
                (node.name, _methods(node)) for node in tree.body if isinstance(node, ast.ClassDef)
            )
            return Program(text[:start], code, text[end:], functions, classes)
    return None


def parsed(code: str) -> ast.Module | None:
    """Parse Python, or return None."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _runs(tree: ast.Module) -> bool:
    """Say whether a module does more than state a value."""
    for node in tree.body:
        if isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        ):
            return True
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
            and node.value.func.id == "print"
        ):
            return True
    return any(isinstance(node, (ast.For, ast.While)) for node in tree.body) and any(
        isinstance(node, ast.Call) for node in ast.walk(tree)
    )


def _methods(node: ast.ClassDef) -> tuple[Function, ...]:
    return tuple(
        _function(item)
        for item in node.body
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
    )


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    bare = ast.parse(ast.unparse(node.args).join(("def f(", "): pass"))).body[0]
    assert isinstance(bare, ast.FunctionDef)
    arguments = bare.args
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        *filter(None, (arguments.vararg, arguments.kwarg)),
    ]
    for argument in every:
        argument.annotation = None
    for place, default in enumerate(arguments.defaults):
        arguments.defaults[place] = (
            default if isinstance(default, ast.Constant) else ast.Constant(None)
        )
    for place, default in enumerate(arguments.kw_defaults):
        if default is not None and not isinstance(default, ast.Constant):
            arguments.kw_defaults[place] = ast.Constant(None)
    plain = tuple(
        argument.arg
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    )
    return Function(
        node.name, ast.unparse(arguments), plain, isinstance(node, ast.AsyncFunctionDef)
    )


def shown(prompt: str, functions: tuple[Function, ...]) -> list[Shown]:
    """Return the calls that a prompt shows, with the values that stand behind them."""
    found: dict[str, Shown] = {}
    for function in functions:
        for call in re.finditer(rf"(?<![\w.]){re.escape(function.name)}\(", prompt):
            end = _closing(prompt, call.end() - 1)
            arguments = _arguments(prompt[call.start() : end], function) if end else None
            if arguments is None:
                continue
            expected = _behind(prompt[end : end + 2000])
            key = repr((function.name, arguments))
            if key not in found or found[key].expected is ABSENT:
                found[key] = Shown(function.name, arguments, expected)
    if not found and functions:
        for arguments, expected in _named(prompt, functions[-1]):
            found.setdefault(repr(arguments), Shown(functions[-1].name, arguments, expected))
    return list(found.values())


def _closing(text: str, start: int) -> int:
    """Return the place behind the bracket that closes the one at `start`; 0 where there is none."""
    depth, quote, place = 0, "", start
    while place < min(len(text), start + 4000):
        letter = text[place]
        if quote:
            if letter == "\\":
                place += 1
            elif letter == quote:
                quote = ""
        elif letter in "'\"":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if not depth:
                return place + 1
        place += 1
    return 0


def _arguments(call: str, function: Function) -> tuple[Any, ...] | None:
    try:
        node = ast.parse(call.strip(), mode="eval").body
        assert isinstance(node, ast.Call)
        values = [ast.literal_eval(argument) for argument in node.args]
        named = {str(word.arg): ast.literal_eval(word.value) for word in node.keywords}
        for name in function.names[len(values) :]:
            if name in named:
                values.append(named.pop(name))
        return None if named else tuple(values)
    except (SyntaxError, ValueError, AssertionError, RecursionError, MemoryError, TypeError):
        return None


def _behind(rest: str) -> Any:
    """Return the value that stands behind a call, or `ABSENT`."""
    match = ARROW.match(rest)
    if match:
        return literal(rest[match.end() :].split("\n")[0])
    lines = rest.split("\n")
    return (
        literal(lines[1])
        if len(lines) > 1 and not lines[0].strip(" `'\")") and lines[1].strip()
        else ABSENT
    )


def literal(line: str) -> Any:
    """Return the literal with which a line begins, or `ABSENT`."""
    line = line.strip().strip("`").strip()
    ends = [
        len(line),
        *(
            match.start()
            for match in re.finditer(
                r"[`;,.#]|\s(?:and|or|but|if|because|since|#|//|while|for)\b|\s\(|\s{2,}", line
            )
        ),
    ]
    for end in sorted(set(ends), reverse=True):
        try:
            return ast.literal_eval(line[:end].strip().rstrip(",;"))
        except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
            continue
    return ABSENT


def _named(prompt: str, function: Function) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield examples that are written as `Input: nums = [1, 2], k = 3` and `Output: 4`."""
    if not function.names:
        return
    lines = prompt.splitlines()
    for number, line in enumerate(lines):
        head = re.match(r"\W*(?:sample |example )?inputs?\W*\d*\s*[:=]\s*(.*)", line, re.I)
        if not head:
            continue
        values = [_value(head[1], name) for name in function.names]
        if any(value is ABSENT for value in values):
            whole = literal(head[1]) if len(function.names) == 1 else ABSENT
            if whole is ABSENT:
                continue
            values = [whole]
        expected = ABSENT
        for after in (line.partition(head[1])[2], *lines[number + 1 : number + 3]):
            if tail := re.search(r"outputs?\W*\d*\s*[:=]\s*(.*)", after, re.I):
                expected = literal(tail[1])
        yield tuple(values), expected


def _value(text: str, name: str) -> Any:
    match = re.search(rf"\b{re.escape(name)}\s*=\s*", text)
    if not match:
        return ABSENT
    rest = text[match.end() :]
    rest = (
        rest[: _closing(rest, 0)]
        if rest[:1] in ("[", "(", "{")
        else re.split(r",\s*\w+\s*=", rest)[0]
    )
    return literal(rest)
