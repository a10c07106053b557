"""A person as a policy: the terminal shows what a model would be shown, and a line of text is the action.

Reading blocks the event loop on purpose: a person plays one episode, and no time-out of a turn should cut
them off while they think. Left out: the score, which a player learns only when the episode is over.
"""

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
        self._read = read or _interruptible
        self._console = console or Console(highlight=False)

    def start(self, environment: Environment, task: Task) -> Act:
        """Show what is asked and begin the episode."""
        seat = _Seat(self._read, self._console, environment)
        seat.show(Text(inline(task.id), style="bold"))
        seat.help()
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
        self.calls = 0

    async def act(self, observation: Observation) -> Action:
        """Show the observation and ask until the answer is one that can be played."""
        self.choices = await settled(self.environment.choices()) or ()
        if observation.text:
            self.show(f"\n{observation.text}")
        for result in observation.results:
            self.show(
                Text.assemble(
                    (f"{inline(result.tool)}: ", "red" if result.error else "green"),
                    printable(result.text),
                )
            )
        for number, choice in enumerate(self.choices, 1):
            self.show(Text.assemble((f"{number:3} ", "cyan"), inline(choice)))
        while True:
            line = self._line()
            if line == "?":
                self.help()
                continue
            try:
                return self._action(line)
            except ToolError as refusal:
                self.show(Text(printable(str(refusal)), style="red"))

    def _line(self) -> str:
        try:
            line = self.read("> ").strip()
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
            return Action(line)
        self.calls += 1
        return Action(calls=(called(line, self.tools, f"human-{self.calls}"),))

    def help(self) -> None:
        """Show what is asked, and how to answer."""
        if self.environment.statement:
            self.show(self.environment.statement)
        for tool in self.tools.values():
            self.show(
                Text.assemble((inline(signature(tool)), "cyan"), f"  {printable(tool.description)}")
            )
        if self.choices:
            self.show("Type the number of a choice, or its text.")
        elif self.tools:
            self.show('Type NAME key=value key="two words", or {"name": NAME, "arguments": {...}}.')
        self.show(Text("? shows this again, quit leaves.", style="dim"))

    def show(self, text: str | Text) -> None:
        """Print text as it is: what a world says is neither markup nor control codes."""
        self.console.print(
            printable(text) if isinstance(text, str) else text,
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def chosen(line: str, choices: Sequence[str]) -> str:
    """Return the choice that a line names, by its text or by its number from 1. Raises `ToolError`."""
    if line in choices:
        return line
    if line.isdecimal() and 1 <= int(line) <= len(choices):
        return choices[int(line) - 1]
    close = nearest(line, choices)
    raise ToolError(
        f"{line!r} is none of the choices.{f' Did you mean {close!r}?' if close else ''} Type a number from 1 to {len(choices)}."
    )


def called(line: str, tools: dict[str, Tool], call_id: str) -> ToolCall:
    """Read `NAME key=value …` or one JSON object as a valid call. Raises `ToolError` saying what is wrong."""
    name, arguments = _object(line) if line.startswith("{") else _words(line, tools)
    if name not in tools:
        close = nearest(name, tools)
        raise ToolError(
            f"No tool is named {name!r}.{f' Did you mean {close!r}?' if close else ''} There are: {', '.join(tools)}."
        )
    tools[name].validate(arguments)
    return ToolCall(name, arguments, call_id)


def _object(line: str) -> tuple[str, dict[str, Any]]:
    try:
        call = msgspec.json.decode(line, type=ToolCall)
    except msgspec.MsgspecError as error:
        raise ToolError(f'Expected {{"name": ..., "arguments": {{...}}}}: {error}') from None
    return call.name, call.arguments


def _words(line: str, tools: dict[str, Tool]) -> tuple[str, dict[str, Any]]:
    try:
        name, *parts = shlex.split(line)
    except ValueError as error:  # an open quotation mark
        raise ToolError(f"The line cannot be read: {error}.") from None
    kinds = (
        {field.name: field.type for field in msgspec.structs.fields(tools[name].arguments)}
        if name in tools
        else {}
    )
    arguments: dict[str, Any] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise ToolError(f"Write each argument as key=value, got {part!r}.")
        arguments[key] = _value(value, kinds.get(key, str))
    return name, arguments


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
    """Read a line such that the first Ctrl-C ends it; asyncio's own handler would wait for the line."""
    if threading.current_thread() is not threading.main_thread():
        return input(prompt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(prompt)
    finally:
        signal.signal(signal.SIGINT, before)
