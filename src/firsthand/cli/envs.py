"""`firsthand envs`: what there is to play, how it was measured, and what it looks like."""

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from firsthand.catalogue.listing import Listed, installed
from firsthand.cli.document import document
from firsthand.cli.options import EnvironmentName, Json
from firsthand.cli.terminal import tell
from firsthand.printable import inline
from firsthand.registry import lookup
from firsthand.shell import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.table import Table

    from firsthand.catalogue.gallery import Played
    from firsthand.cli.console import SafeConsole

TABLE_COLUMNS = 100
"""Columns from which on the list is a table; a narrower one would cut words."""

LEVEL = 2
"""The level that is shown: the first is often too plain to show what there is."""

envs = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="List the environments that are installed.\n\nExample: firsthand envs --json",
)


@envs.callback()
def list_all(context: typer.Context, json: Json = False) -> None:
    """List the environments that are installed."""
    if context.invoked_subcommand:
        return
    found, problems = installed()
    if json:
        document(found)
    else:
        _show(found)
    for problem in problems:
        tell(f"Warning: {problem}", err=True)


def _show(found: list[Listed]) -> None:
    from firsthand.cli.console import SafeConsole

    console = SafeConsole()
    if console.width >= TABLE_COLUMNS:
        _table(console, found)
    else:
        _blocks(console, found)
    certified = sum(one.certificate == "PASS" for one in found)
    domains = len({one.domain for one in found})
    console.print(
        f"{len(found)} environments in {domains} domains; {certified} with a certificate that "
        "passed and is about this code."
    )


def _table(console: "SafeConsole", found: list[Listed]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    table.add_column("environment", style="bold", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    table.add_column("turns", justify="right")
    table.add_column("acts by", no_wrap=True)
    table.add_column("laws", no_wrap=True)
    table.add_column("base", justify="right")
    table.add_column("needs", overflow="fold")
    table.add_column("audit", no_wrap=True)
    for _domain, family in groupby(found, key=lambda one: one.domain):
        for one in family:
            table.add_row(
                inline(one.name),
                inline(one.summary),
                str(one.turns),
                one.actions,
                "hidden" if one.laws else "",
                f"{one.base_rate:.2f}" if one.base_rate else "0",
                inline(", ".join(one.needs)),
                one.certificate.lower(),
                style="" if one.certificate == "PASS" else "dim",
            )
        table.add_section()
    console.print(table)


def _blocks(console: "SafeConsole", found: list[Listed]) -> None:
    from rich.padding import Padding
    from rich.text import Text

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
    facts.append(f"audit {one.certificate.lower()}")
    return ", ".join(facts)


@envs.command()
def show(
    environment: EnvironmentName,
    level: Annotated[
        int | None, typer.Option(min=1, help="Difficulty.  [default: 2, or the only one]")
    ] = None,
    json: Json = False,
) -> None:
    """Show an episode that succeeds and one that fails, with a picture where the world has a shape.

    Example: firsthand envs show games/mastermind
    """
    from firsthand.catalogue import gallery

    found = lookup(environment)
    level = level or (LEVEL if LEVEL in found.levels else found.levels[0])
    right = run(gallery.solved(found, level=level))
    wrong = run(gallery.failed(found, level=level))
    if json:
        document({"solved": right.episode, "failed": wrong.episode if wrong else None})
        return
    from firsthand.cli.console import SafeConsole

    console = SafeConsole()
    console.prose(found.name, style="bold")
    console.prose(f"{found.summary()}\n\n{found.statement}\n")
    for title, played in (("An expert's episode", right), ("Random play, which fails", wrong)):
        if played is not None:
            console.prose(title, style="bold underline")
            _story(console, played)


def _story(console: "SafeConsole", played: "Played") -> None:
    from firsthand.cli.transcript import acted, ending, heard

    for moment in played.moments[:-1]:
        for line in heard(moment.observation):
            console.prose(line)
        if moment.picture:
            console.prose(moment.picture, style="dim")
        if moment.action is not None:
            console.prose(acted(moment.action, 0.0))
    for line in ending(played.episode):
        console.prose(line)
    console.prose("")


@envs.command()
def stats(json: Json = False) -> None:
    """Say how many and how different the environments are, from what their experts meet.

    What takes hours, transfer from one to another and the scores of models, is measured by
    `benchmarks/collection.py`.

    Example: firsthand envs stats
    """
    from firsthand.catalogue.summary import summarise

    found = run(summarise(bar=None if json else _bar()))
    if json:
        document(found)
        return
    from firsthand.cli.console import SafeConsole

    console = SafeConsole()
    for title, counts in (
        ("domains", found.domains), ("skills", found.skills), ("acts by", found.actions)
    ):  # fmt: skip
        console.print(_counted(title, counts))
    for line in found.lines():
        console.prose(line)


def _counted(title: str, counts: dict[str, int]) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(title)
    table.add_column("n", justify="right")
    table.add_column("")
    for name, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(name, str(n), "▇" * n)
    return table


def _bar() -> "Callable[[Sequence[str]], Iterable[str]]":
    from rich.progress import track

    from firsthand.cli.console import SafeConsole

    console = SafeConsole(stderr=True)
    return lambda names: track(
        names, "playing experts", console=console, transient=True, disable=not console.is_terminal
    )
