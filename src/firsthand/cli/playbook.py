"""`firsthand playbook`: what was learned, what changed, and the way back."""

from pathlib import Path
from typing import Annotated, Any

import typer

from firsthand.cli.document import document
from firsthand.cli.options import Json
from firsthand.cli.terminal import tell
from firsthand.errors import UserError
from firsthand.playbook import Credit, Lesson, Playbook, deploy, load, save, versions
from firsthand.playbook import rollback as roll_back
from firsthand.playbook import trust as vouch
from firsthand.printable import inline, printable

playbook = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=(
        "Show what was learned, compare versions, roll back, trust lessons.\n\nExample: "
        "firsthand playbook diff runs/shop_desk"
    ),
)

Where = Annotated[
    Path, typer.Argument(metavar="PATH", help="The folder of a run, or a playbook file.")
]


@playbook.command()
def show(path: Where, json: Json = False) -> None:
    """Show the lessons, best first.

    Example: firsthand playbook show runs/shop_desk
    """
    found = load(path / "playbook.toml" if path.is_dir() else path)
    lessons = sorted(
        found.lessons, key=lambda lesson: (lesson not in found.active, -_credit(lesson))
    )
    if json:
        document(
            {
                "version": found.version,
                "id": found.id,
                "note": found.note,
                "lessons": [_named(lesson) for lesson in lessons],
            }
        )
        return
    console = _console()
    said = f": {found.note}" if found.note else ""
    said += f", with the adapter {found.adapter}" if found.adapter else ""
    console.prose(f"Version {found.version}, {len(found.active)} lessons in use{said}")
    for lesson in lessons:
        console.prose(line(lesson), style="" if lesson in found.active else "dim")


@playbook.command()
def diff(
    path: Where,
    old: Annotated[
        int | None, typer.Option(help="Version to compare with.  [default: the one before]")
    ] = None,
    new: Annotated[
        int | None, typer.Option(help="Version to look at.  [default: the current one]")
    ] = None,
    json: Json = False,
) -> None:
    """Show which lessons one version has that another has not, and whose state changed.

    Example: firsthand playbook diff runs/shop_desk --old 1 --new 3
    """
    folder = path if path.is_dir() else path.parent
    after = _version(folder, new) if new is not None else load(folder / "playbook.toml")
    before = _version(folder, old) if old is not None else _before(folder, after.version)
    gone = [lesson for id, lesson in before.by_id.items() if id not in after.by_id]
    come = [lesson for id, lesson in after.by_id.items() if id not in before.by_id]
    both = [
        (before.by_id[id], lesson)
        for id, lesson in after.by_id.items()
        if id in before.by_id and before.by_id[id] != lesson
    ]
    if json:
        changed = [{"old": _named(a), "new": _named(b)} for a, b in both]
        document(
            {
                "old": before.version,
                "new": after.version,
                "removed": [*map(_named, gone)],
                "added": [*map(_named, come)],
                "changed": changed,
            }
        )
        return
    console = _console()
    console.prose(
        f"Version {before.version} to {after.version}: {len(come)} added, {len(gone)} "
        f"removed, {len(both)} changed"
    )
    for mark, style, lessons in (("-", "red", gone), ("+", "green", come)):
        for lesson in lessons:
            console.prose(f"{mark} {line(lesson)}", style=style)
    for a, b in both:
        console.prose(f"~ {line(b)}\n    before: {standing(a)}", style="yellow")


@playbook.command()
def rollback(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", exists=True, file_okay=False, help="The folder of a run."),
    ],
    to: Annotated[
        int | None,
        typer.Option(help="The version to go back to.  [default: the one before the current]"),
    ] = None,
    json: Json = False,
) -> None:
    """Make an earlier version the current one. The history stays.

    Example: firsthand playbook rollback runs/shop_desk --to 2
    """
    current = load(path / "playbook.toml").version
    earlier = [version for version in versions(path) if version < current]
    if to is None and not earlier:
        raise UserError(
            f"Version {current} is the first in {path}: there is nothing to go back to."
        )
    found = roll_back(path, earlier[-1] if to is None else to)
    if json:
        document({"from": current, "to": found.version, "lessons": len(found.active)})
    else:
        tell(
            f"Version {found.version} with {len(found.active)} lessons is the current one; "
            f"it was version {current}."
        )


@playbook.command()
def trust(
    path: Where,
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="The lessons, as `show` names them.")
    ],
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Treat them as untrusted again.")
    ] = False,
    json: Json = False,
) -> None:
    """Vouch for lessons after reading them: prompts then show their text as it is, not as data.

    What a world said may be in any lesson. Trust only what you would have written yourself.
    The changed playbook of a run becomes its next version.

    Example: firsthand playbook trust runs/shop_desk 1f2e3d4c
    """
    current = load(path / "playbook.toml" if path.is_dir() else path)
    changed = vouch(current, ids, trusted=not revoke)
    if path.is_dir():
        version = max([current.version, *versions(path)]) + 1
        said = f"{'no longer trusted' if revoke else 'trusted by a person'}: {', '.join(ids)}"
        changed = Playbook(version, changed.lessons, said, changed.adapter)
        deploy(path, changed)
    else:
        save(changed, path)
    if json:
        document({"version": changed.version, "trusted": not revoke, "lessons": ids})
        return
    for id in ids:
        _console().prose(line(changed.by_id[id]))
    tell(f"Version {changed.version} is the current one.")


def line(lesson: Lesson) -> str:
    """Put a lesson on a few lines: its name and standing, then what it says."""
    said = [lesson.text] if lesson.text else []
    said += (
        [f"{lesson.observation} => {lesson.action}"] if lesson.observation or lesson.action else []
    )
    words = printable("\n".join(said)).replace("\n", "\n    ")
    return f"{lesson.id} {inline(standing(lesson))}\n    {words}"


def standing(lesson: Lesson) -> str:
    """Say what is thought of a lesson, with the interval of its credit."""
    credit = ""
    if lesson.credit:
        low, high = (lesson.credit.mean + sign * 1.96 * lesson.credit.sd for sign in (-1, 1))
        credit = (
            f", credit {lesson.credit.mean:+.2f} [{low:+.2f}, {high:+.2f}] from "
            f"{lesson.credit.n} rollouts ({known(lesson.credit)})"
        )
    return (
        f"{lesson.state} {lesson.kind} for "
        f"{lesson.scope}{', untrusted' if lesson.untrusted else ''}{credit}"
    )


def known(credit: Credit) -> str:
    """Say what of a credit is known of the lesson itself, and what of its kind only."""
    if not credit.own:
        return "known of its kind only"
    doubt = f"; probability that it does not help {credit.doubt:.2g}" if credit.doubt < 1 else ""
    return f"{credit.own:.3g} of them tell about the lesson itself{doubt}"


def _version(folder: Path, version: int) -> Playbook:
    if version not in versions(folder):
        raise UserError(
            f"{folder} has no playbook of version {version}. There are: "
            f"{', '.join(map(str, versions(folder))) or 'none'}."
        )
    return load(folder / "history" / f"{version:04d}.toml")


def _before(folder: Path, version: int) -> Playbook:
    """Return the version before this one; the empty playbook before the first."""
    earlier = [known for known in versions(folder) if known < version]
    return _version(folder, earlier[-1]) if earlier else Playbook()


def _credit(lesson: Lesson) -> float:
    return lesson.credit.mean if lesson.credit else 0.0


def _named(lesson: Lesson) -> dict[str, Any]:
    import msgspec

    return {"id": lesson.id, **msgspec.to_builtins(lesson)}


def _console() -> Any:
    from firsthand.cli.console import SafeConsole

    return SafeConsole()
