"""`firsthand journal`: whether the files of a journal are whole."""

import typer

from firsthand.cli.document import document
from firsthand.cli.options import JournalFolder, Json
from firsthand.cli.terminal import tell
from firsthand.journal.journal import folder_of

journal = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=(
        "Check whether the files of a journal are whole.\n\nExample: firsthand journal check "
        "runs/shop_desk-w0-s0"
    ),
)


@journal.callback()
def _journal() -> None:
    """Check whether the files of a journal are whole."""


@journal.command()
def check(path: JournalFolder, json: Json = False) -> None:
    """Read every line of a journal and report what is damaged. Changes nothing.

    Exits with 1 when something is damaged or missing. A damaged index is no loss: it is rebuilt.

    Example: firsthand journal check runs/shop_desk-w0-s0
    """
    from firsthand.journal.inspection import inspect

    found = inspect(folder_of(path))
    if json:
        document(found)
    else:
        checksums = f", {found.unchecked} without checksums" if found.unchecked else ""
        tell(
            f"{found.folder}: {found.episodes} episodes in {found.segments} segments, "
            f"{found.packed} of them packed{checksums}."
        )
        if found.repeats:
            tell(f"{found.repeats} lines repeat an episode; the first one counts.")
        tell(f"Index: {found.index}.")
        for spoilt in (*found.damage, *found.torn):
            tell(
                f"Damaged: segment {spoilt.segment}, byte {spoilt.offset}: {spoilt.problem}.",
                err=True,
            )
        if found.whole:
            tell("Nothing is damaged.")
    if not found.whole:
        raise typer.Exit(1)
