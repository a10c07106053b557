"""The command line reference, made from the commands themselves: `python -m firsthand.cli.reference
> docs/commands.md`.
"""

import re
from collections.abc import Iterator
from typing import Any

from firsthand.cli.main import VERBS, verb

OPENING = """\
# The command line

`firsthand VERB --help` shows the same. With `--json` a verb prints exactly one JSON document on
standard output. Progress bars and messages go to standard error. What the exit codes mean:
[exit codes](exit_codes.md).
"""


def reference() -> str:
    """Return the page as Markdown."""
    return "\n".join(
        (OPENING, *(line for name in VERBS for line in _section(f"firsthand {name}", verb(name))))
    )


def _section(title: str, command: Any) -> Iterator[str]:
    yield f"## {title}\n"
    yield re.sub(r"Example: (.+)", r"```\n\1\n```", command.help) + "\n"
    shown = [parameter for parameter in command.params if "--help" not in parameter.opts]
    if shown:
        yield "| argument or option | meaning | default |\n| --- | --- | --- |"
        yield from map(_row, shown)
        yield ""
    for name, inner in getattr(command, "commands", {}).items():
        yield from _section(f"{title} {name}", inner)


def _row(parameter: Any) -> str:
    name = (
        parameter.metavar
        if parameter.param_type_name == "argument"
        else ", ".join(sorted(parameter.opts, key=len))
    )
    meaning, _, stated = (parameter.help or "").partition("  [default: ")
    unset = parameter.default is None or parameter.default is False or parameter.required
    default = (
        "required"
        if parameter.required
        else stated.rstrip("]") or ("" if unset else f"`{parameter.default}`")
    )
    return f"| `{name}` | {meaning} | {default} |"


if __name__ == "__main__":
    print(reference(), end="")
