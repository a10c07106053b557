"""`firsthand doctor`: what environments need of this machine, and how to get what is missing."""

import msgspec
import typer

from firsthand.catalogue.listing import installed
from firsthand.cli.document import document
from firsthand.cli.options import Json
from firsthand.cli.terminal import tell
from firsthand.printable import inline
from firsthand.sandbox import needs


class Probed(msgspec.Struct, frozen=True):
    """One need: what it is for, why it is missing (empty: it is there), and how to get it."""

    need: str
    what: str
    missing: str
    fix: str
    environments: list[str]


def doctor(json: Json = False) -> None:
    """Probe what environments need of this machine, and say how to get what is missing.

    Exits with 1 when something is missing.

    Example: firsthand doctor
    """
    found = probed()
    if json:
        document(found)
    else:
        _show(found)
    if any(one.missing for one in found):
        raise typer.Exit(1)


def probed() -> list[Probed]:
    """Probe every need that an installed environment has, and those known besides."""
    listed, _ = installed()
    return [
        Probed(
            name,
            need.what,
            needs.missing(name),
            need.fix,
            [one.name for one in listed if name in one.needs],
        )
        for name, need in needs.NEEDS.items()
    ]


def _show(found: list[Probed]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from firsthand.cli.console import SafeConsole

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("need", style="bold", no_wrap=True)
    table.add_column("for", overflow="fold")
    table.add_column("here", overflow="fold")
    table.add_column("environments", justify="right")
    for one in found:
        table.add_row(
            one.need,
            inline(one.what),
            inline(f"missing: {one.missing}") if one.missing else "ok",
            str(len(one.environments)),
            style="red" if one.missing else "",
        )
    SafeConsole().print(table)
    for fix, names in _fixes(found).items():
        tell(f"\nFor {', '.join(names)}:\n  {fix}")
    if not any(one.missing for one in found):
        tell("\nEvery environment can be played here.")


def _fixes(found: list[Probed]) -> dict[str, list[str]]:
    """Return each command that brings something, and what it brings."""
    fixes: dict[str, list[str]] = {}
    for one in found:
        if one.missing:
            fixes.setdefault(one.fix, []).append(one.need)
    return fixes
