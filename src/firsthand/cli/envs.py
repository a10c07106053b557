"""`firsthand envs`: what there is to play."""

import msgspec
import typer

from firsthand.cli.document import document
from firsthand.cli.options import Json
from firsthand.environment import Environment, tools_of
from firsthand.errors import UserError
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
        typer.echo(f"Warning: {problem}", err=True)


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
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD,
        caption="laws: --world decides hidden rules. base: score without looking.",
        caption_justify="left",
    )
    table.add_column("environment", ratio=1)
    for heading in ("levels", "turns", "laws", "base", "acts by"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found:
        acts = f"{len(one.tools)} tools" if one.tools else one.actions
        cells = (
            f"{one.levels[0]}-{one.levels[-1]}",
            str(one.turns),
            "yes" if one.laws else "",
            f"{one.base_rate:.2f}",
            acts,
        )
        table.add_row(
            Text(one.name, style="bold").append(f"\n{one.summary}", style="not bold"), *cells
        )
    Console(highlight=False).print(table)
