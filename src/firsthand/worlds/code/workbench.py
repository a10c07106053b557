"""What families that work on a package share: its files, reading one, running a program in it."""

from typing import Annotated, Any

import msgspec

from firsthand.environment import Action, Environment, ToolCall, tool
from firsthand.errors import ToolError, nearest
from firsthand.sandbox import jail
from firsthand.sandbox import python as interpreter
from firsthand.sandbox.files import encodable
from firsthand.sandbox.protocol import Limits
from firsthand.worlds.code.package import Call, tree_of

LIMITS = Limits(seconds=5.0, output=8 << 10)
LONGEST = 20_000
"""Most characters of a file."""
PackageFile = Annotated[str, msgspec.Meta(description="a file of the package")]


class Workbench(Environment):
    """A package of Python files that can be read and run."""

    files: dict[str, str]

    @tool
    def read(self, path: PackageFile) -> str:
        """Show a file."""
        return self.text_of(path)

    @tool
    async def run(
        self,
        code: Annotated[str, msgspec.Meta(description="a program; it can import the package")],
    ) -> str:
        """Run a program of Python beside the package and show what it prints."""
        if "\0" in code or not encodable(code):
            raise ToolError("The program cannot be represented as UTF-8.")
        result, _ = await jail.execute(tree_of(self.files), ["python", "-c", code], limits=LIMITS)
        text = result.text
        return text if len(text) < 5_000 else f"{text[:2_500]}\n[…]\n{text[-2_000:]}"

    def text_of(self, path: str) -> str:
        """Return a file. Raises `ToolError` with the nearest path where there is none."""
        if path not in self.files:
            close = nearest(path, self.files)
            raise ToolError(
                f"No file {path!r}.{f' Did you mean {close!r}?' if close else ''} "
                f"There are: {', '.join(self.files)}."
            )
        return self.files[path]

    def put(self, path: str, text: str) -> None:
        """Write a file. Raises `ToolError` for what is no text of a file."""
        if len(text) > LONGEST or "\0" in text or not encodable(text):
            raise ToolError("A file is text of at most 20,000 characters; nothing was changed.")
        self.files = dict(sorted({**self.files, path: text}.items()))


def agrees(call: Call, outcome: interpreter.Outcome) -> bool:
    """Say whether a call ended as it does in the right package."""
    return outcome.raised == call.raises if call.raises else outcome.equals(call.value)


def calling(called: str, **arguments: Any) -> Action:
    """Return the action that calls one tool."""
    return Action(calls=(ToolCall(called, arguments, called),))
