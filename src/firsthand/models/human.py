"""A person as a policy: the terminal shows what a model would be shown, and a line of text is the
action.

Reading blocks the event loop on purpose: a person plays one episode at a time, and no time-out of a
turn should cut them off while they think. What cannot be an action is asked again and costs no
turn. Left out: the score, which a player learns only when the episode is over.
"""

import ast
import contextlib
import re
import shlex
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from firsthand.agent import settled
from firsthand.environment import Action, Environment, Observation, Tool, ToolCall, tools_of
from firsthand.errors import ToolError, nearest
from firsthand.printable import inline, printable
from firsthand.prompt import Act
from firsthand.task import Task

LEAVING = ("quit", "exit")


class Quit(KeyboardInterrupt):
    """The person left. Like Ctrl-C it passes through `play` and leaves no episode."""


class Human:
    """A person in the terminal. `read` shows a prompt and returns a line, as `input` does.

    Raises `Quit` from the episode when the person types `quit` or `exit`, or input ends.
    """

    name = "human"

    def __init__(
        self, *, read: Callable[[str], str] | None = None, console: Console | None = None
    ) -> None:
        if read is None:
            with contextlib.suppress(ImportError):  # Windows has none, and edits lines by itself
                import readline  # noqa: F401  # pyright: ignore[reportUnusedImport]
        self._read = read or _interruptible
        self._console = console or Console(highlight=False)
        self._told: set[str] = set()

    def start(self, environment: Environment, task: Task) -> Act:
        """Show what is asked, the first time in full, and begin the episode."""
        seat = _Seat(self._read, self._console, environment)
        seat.show(Text(inline(task.id), style="bold"))
        if task.environment not in self._told:
            self._told.add(task.environment)
            seat.explain()
        return seat.act

    async def close(self) -> None:
        """Nothing is held."""


class _Seat:
    """One person in one episode."""

    def __init__(
        self, read: Callable[[str], str], console: Console, environment: Environment
    ) -> None:
        self.read, self.console, self.environment = read, console, environment
        self.tools = tools_of(type(environment))
        self.choices: Sequence[str] = ()
        self.observation = Observation()
        self.turn = 0

    async def act(self, observation: Observation) -> Action:
        """Show the observation and ask until the answer is one that can be played."""
        self.choices = await settled(self.environment.choices()) or ()
        self.observation = observation
        self.turn += 1
        self.look()
        while True:
            line = self._line()
            if line == "?" and line not in self.choices:
                self.help()
                continue
            try:
                return self._action(line)
            except ToolError as refusal:
                self.show(Text(printable(str(refusal)), style="red"))

    def _line(self) -> str:
        try:
            line = self.read(f"[{self.turn}/{self.environment.turns}] > ").strip()
        except EOFError:
            raise Quit("The input ended.") from None
        if line in LEAVING and line not in self.choices:
            raise Quit("The player left.")
        return line

    def _action(self, line: str) -> Action:
        """Read a line as an action. Raises `ToolError` in words for the person."""
        if not line:
            raise ToolError("Nothing was typed; ? shows what can be done, quit leaves.")
        if self.choices:
            return Action(chosen(line, self.choices))
        if not self.tools:
            if wrong := self.environment.form_error(line):
                raise ToolError(wrong)
            return Action(line)
        return Action(calls=(called(line, self.tools, f"human-{self.turn}"),))

    def look(self) -> None:
        """Show the observation and the choices."""
        if self.observation.text:
            self.show(f"\n{self.observation.text}")
        for result in self.observation.results:
            style = "red" if result.error else "green"
            self.show(Text.assemble((f"{inline(result.tool)}: ", style), printable(result.text)))
        for number, choice in enumerate(self.choices, 1):
            self.show(Text.assemble((f"{number:3} ", "cyan"), inline(choice)))

    def help(self) -> None:
        """Show everything again: what is asked, how to answer, where things stand."""
        self.explain()
        self.look()
        left = self.environment.turns - self.turn + 1
        self.show(f"Turn {self.turn} of {self.environment.turns}, {left} left with this one.")

    def explain(self) -> None:
        """Show what is asked, and how to answer."""
        if self.environment.statement:
            self.show(self.environment.statement)
        for tool in self.tools.values():
            self.show(
                Text.assemble((inline(signature(tool)), "cyan"), f"  {printable(tool.description)}")
            )
        if self.choices or not self.tools:
            choosing = type(self.environment).choices is not Environment.choices
            self.show(
                "Type the number of a choice, or its text." if choosing else "Type your answer."
            )
        else:
            self.show('Type NAME(key=value, ...), or NAME key=value key="two words".')
        self.show(Text("? shows this and the last observation again, quit leaves.", style="dim"))

    def show(self, text: str | Text) -> None:
        """Print text as it is, in lines that end between words: it is neither markup nor control
        codes.
        """
        self.console.print(
            printable(text) if isinstance(text, str) else text,
            markup=False,
            highlight=False,
            soft_wrap=not self.console.is_terminal,
        )


def chosen(line: str, choices: Sequence[str]) -> str:
    """Return the choice a line names, by its text or its number from 1. Raises `ToolError`."""
    if line in choices:
        return line
    if line.isdecimal() and 1 <= int(line) <= len(choices):
        return choices[int(line) - 1]
    close = nearest(line, choices)
    raise ToolError(
        f"{line!r} is none of the choices.{f' Did you mean {close!r}?' if close else ''} "
        f"Type a number from 1 to {len(choices)}."
    )


def called(line: str, tools: dict[str, Tool], call_id: str) -> ToolCall:
    """Read a line as a valid call. Raises `ToolError` saying what is wrong and what is expected.

    A call is written `NAME(key=value, …)`, `NAME key=value …` or as one JSON object. Values without
    a key are taken in the order of the parameters; of a tool with one parameter, the rest of the
    line is its value.
    """
    if line.startswith("{"):
        name, arguments = _object(line)
    elif re.fullmatch(r"\w+\s*\(.*\)", line, re.DOTALL):
        name, arguments = _expression(line, tools)
    else:
        name, arguments = _words(line, tools)
    if name not in tools:
        close = nearest(name, tools)
        guess = f" Did you mean {close!r}?" if close else ""
        raise ToolError(f"No tool is named {name!r}.{guess} There are: {', '.join(tools)}.")
    try:
        tools[name].validate(arguments)
    except ToolError as error:
        raise ToolError(f"{error}. Expected: {signature(tools[name])}") from None
    return ToolCall(name, arguments, call_id)


def _object(line: str) -> tuple[str, dict[str, Any]]:
    try:
        call = msgspec.json.decode(line, type=ToolCall)
    except msgspec.MsgspecError as error:
        raise ToolError(f'Expected {{"name": ..., "arguments": {{...}}}}: {error}') from None
    return call.name, call.arguments


def _expression(line: str, tools: dict[str, Tool]) -> tuple[str, dict[str, Any]]:
    """Read `NAME(value, key=value)`: literals of Python or JSON, and single words as text."""
    name = line.partition("(")[0].strip()
    kinds = _kinds(name, tools)
    try:
        (statement,) = ast.parse(line.strip()).body
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call):
            raise ValueError
        unnamed = [_literal(value) for value in call.args]
        arguments = _in_order(name, unnamed, kinds)
        return name, arguments | {key.arg or "": _literal(key.value) for key in call.keywords}
    except (SyntaxError, ValueError):
        form = signature(tools[name]) if name in tools else "NAME(key=value, ...)"
        raise ToolError(f"The line cannot be read: put text in quotes, as in {form}.") from None


def _literal(node: ast.expr) -> Any:
    """Evaluate a literal. Raises `ValueError` for anything else."""
    if isinstance(node, ast.Name):
        return {"true": True, "false": False, "null": None}.get(node.id, node.id)
    return msgspec.to_builtins(ast.literal_eval(node))


def _words(line: str, tools: dict[str, Tool]) -> tuple[str, dict[str, Any]]:
    """Read `NAME value key=value`, in the quoting of a shell."""
    name, _, rest = line.partition(" ")
    kinds = _kinds(name, tools)
    rest = rest.strip()
    if len(kinds) == 1 and rest and rest.partition("=")[0] not in kinds and rest[0] not in "'\"":
        return name, {key: _value(rest, kind) for key, kind in kinds.items()}
    try:
        parts = shlex.split(rest)
    except ValueError as error:  # an open quotation mark
        raise ToolError(f"The line cannot be read: {error}.") from None
    named: dict[str, str] = {}
    unnamed: list[str] = []
    for part in parts:
        key, equals, value = part.partition("=")
        if equals and key.isidentifier():
            named[key] = value
        else:
            unnamed.append(part)
    arguments = _in_order(name, unnamed, kinds) | named
    return name, {key: _value(value, kinds.get(key, str)) for key, value in arguments.items()}


def _kinds(name: str, tools: dict[str, Tool]) -> dict[str, Any]:
    if name not in tools:
        return {}
    return {field.name: field.type for field in msgspec.structs.fields(tools[name].arguments)}


def _in_order(name: str, values: Sequence[Any], kinds: dict[str, Any]) -> dict[str, Any]:
    if len(values) > len(kinds):
        extra = values[len(kinds)]
        raise ToolError(f"{name} has {len(kinds)} parameters; write key=value, got {extra!r}.")
    return dict(zip(kinds, values, strict=False))


def _value(text: str, kind: Any) -> Any:
    """Read text as the type that a tool declares: words as they are, lists and objects as JSON."""
    try:
        return msgspec.to_builtins(msgspec.convert(text, kind, strict=False))
    except msgspec.ValidationError:
        pass
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text  # of the wrong type: the validation of the whole call says so


def signature(tool: Tool) -> str:
    """Return a tool as `name(key: type, key: type = default)`, in the words of its JSON Schema."""
    fields: dict[str, dict[str, Any]] = tool.parameters.get("properties", {})
    shown = [
        f"{name}: {_kind(field)}" + (f" = {_json(field['default'])}" if "default" in field else "")
        for name, field in fields.items()
    ]
    return f"{tool.name}({', '.join(shown)})"


def _kind(field: dict[str, Any]) -> str:
    if "enum" in field:
        return " | ".join(_json(value) for value in field["enum"])
    if "anyOf" in field:
        return " | ".join(_kind(option) for option in field["anyOf"])
    return f"array of {_kind(field['items'])}" if field.get("items") else field.get("type", "any")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _interruptible(prompt: str) -> str:
    """Read a line such that the first Ctrl-C ends it; asyncio's own handler would wait for the
    line.
    """
    if threading.current_thread() is not threading.main_thread():
        return input(prompt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(prompt)
    finally:
        signal.signal(signal.SIGINT, before)
