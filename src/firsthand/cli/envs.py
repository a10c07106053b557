"""`firsthand envs`: what there is to play."""

import msgspec

from firsthand.cli.document import document
from firsthand.cli.options import Json
from firsthand.cli.terminal import tell
from firsthand.environment import Environment, tools_of
from firsthand.errors import UserError
from firsthand.printable import inline
from firsthand.registry import environments, lookup


class Listed(msgspec.Struct, frozen=True):
    """One environment as it is listed. `actions` is how it is acted in: choices, tools or text."""

    name: str
    version: str
    summary: str
    levels: list[int]
    turns: int
    laws: bool
    base_rate: float
    actions: str
    tools: list[str]
    needs: list[str]


def envs(json: Json = False) -> None:
    """List the environments that are installed.

    Example: firsthand envs --json
    """
    found: list[Listed] = []
    problems: list[str] = []
    for name in environments():
        try:
            found.append(listed(lookup(name)))
        except (UserError, TypeError) as error:  # one broken package does not hide the others
            problems.append(str(error))
    if json:
        document(found)
    else:
        _show(found)
    for problem in problems:
        tell(f"Warning: {problem}", err=True)


def listed(environment: type[Environment]) -> Listed:
    """Describe an environment by what its class declares."""
    tools = list(tools_of(environment))
    chooses = environment.choices is not Environment.choices
    return Listed(
        name=environment.name,
        version=environment.version,
        summary=environment.summary(),
        levels=list(environment.levels),
        turns=environment.turns,
        laws=environment.laws,
        base_rate=environment.base_rate,
        actions="tools" if tools else "choices" if chooses else "text",
        tools=tools,
        needs=sorted(environment.needs),
    )


def _show(found: list[Listed]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from firsthand.cli.console import SafeConsole

    console = SafeConsole()
    for one in found:
        console.print(Text(inline(one.name), style="bold", overflow="fold"))
        said = [Text(_facts(one), style="cyan", overflow="fold")]
        if one.summary:
            said.insert(0, Text(inline(one.summary), overflow="fold"))
        console.print(*(Padding.indent(text, 4) for text in said), sep="")


def _facts(one: Listed) -> str:
    """Say how long it is, how it is acted in, and what decides its rules."""
    facts = [
        f"levels {one.levels[0]}-{one.levels[-1]}",
        f"{one.turns} turns",
        f"{len(one.tools)} tools" if one.tools else one.actions,
    ]
    if one.laws:
        facts.append("hidden laws of --world")
    if one.base_rate:
        facts.append(f"base rate {one.base_rate:.2f}")
    if one.needs:
        facts.append(f"needs {inline(', '.join(one.needs))}")
    return ", ".join(facts)
