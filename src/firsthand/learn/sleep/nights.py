"""The nights of a run: what each began with, which one was interrupted, and what was last."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from firsthand.errors import UserError
from firsthand.learn.life.schedule import Place
from firsthand.learn.sleep import ledger
from firsthand.learn.sleep.ledger import Ledger
from firsthand.learn.sleep.settings import SleepConfig
from firsthand.playbook import Playbook, State, load, merge, replace_file, save

SOURCE, RESULT, NIGHT_FILE = "source.toml", "result.json", "night.json"
"""The lessons that a night began with, those included that earlier nights moved into weights; what
came of it; and what decides it."""


class Night(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What decides a night from its first episode on; kept in `night.json`."""

    source: int
    """The version of the playbook that goes to sleep."""
    model: str
    student: str
    places: tuple[Place, ...]
    revoked: tuple[str, ...]
    config: SleepConfig


def last_ledger(run: Path) -> Ledger | None:
    """Return the ledger of the last night that was slept through; None: there is none."""
    last = _last_night(run)
    return ledger.load(last / ledger.FILE) if last else None


def _last_night(run: Path) -> Path | None:
    found = sorted(path.parent for path in run.glob(f"sleep/[0-9]*/{RESULT}"))
    return found[-1] if found else None


def source_of(run: Path, revoke: Sequence[str]) -> tuple[Playbook, frozenset[str]]:
    """Return what the next night begins with, and which of its lessons are revoked."""
    current, last = load(run / "playbook.toml"), _last_night(run)
    if revoke and last is None:
        raise UserError(
            f"Nothing in {run} can be revoked: it has not slept yet. A lesson in the prompt is "
            "removed from playbook.toml by hand."
        )
    revoked: frozenset[str] = frozenset()
    if last is not None and (current.adapter or revoke):
        told = ledger.load(last / ledger.FILE)
        already = {line.id for entry in told.of("revoked") for line in entry.lessons}
        revoked = ledger.named(told, revoke)
        again = retiring(load(last / SOURCE), already - revoked)
        current = Playbook(current.version, merge(again.active, current.active), current.note)
    if not current.active:
        raise UserError(
            f"The playbook in {run} has no lessons in use: there is nothing to sleep on. "
            "`firsthand playbook show` tells whether an earlier version has."
        )
    return current, revoked


def interrupted(run: Path, given: Night, *, resume: bool) -> Path | None:
    """Return the folder of a night that did not end. Raises `UserError` where it is another one."""
    for path in sorted((run / "sleep").glob("[0-9]*")):
        if (path / RESULT).exists() or not (path / NIGHT_FILE).exists():
            continue
        if not resume:
            raise UserError(
                f"A night in {path} was interrupted. Go on with it (--resume), or remove it."
            )
        started = night_in(path)
        same = msgspec.structs.replace(
            started,
            source=0,
            revoked=(),
            config=msgspec.structs.replace(started.config, concurrency=given.config.concurrency),
        )
        if same != given:
            raise UserError(
                f"The night in {path} was started with other settings or models. Resume it with "
                "the same, or remove it."
            )
        return path
    return None


def night_in(path: Path) -> Night:
    """Read what decides a night that has begun. Raises `UserError` where it cannot be read."""
    try:
        return msgspec.json.decode((path / NIGHT_FILE).read_bytes(), type=Night)
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise UserError(f"{path / NIGHT_FILE} cannot be read: {error}. Remove {path}.") from None


def begun(run: Path, given: Night, revoke: Sequence[str]) -> Path:
    """Begin the next night."""
    source, revoked = source_of(run, revoke)
    taken = [int(path.parent.name) for path in (run / "sleep").glob(f"[0-9]*/{RESULT}")]
    path = run / "sleep" / f"{max(taken, default=0) + 1:04d}"
    save(source, path / SOURCE)
    night = msgspec.structs.replace(given, source=source.version, revoked=tuple(sorted(revoked)))
    content = msgspec.json.format(msgspec.json.encode(night), indent=2)
    replace_file(path / NIGHT_FILE, content)  # last: from here on the night has begun
    return path


def retiring(playbook: Playbook, ids: Iterable[str], state: State = "retired") -> Playbook:
    """Return the playbook with these lessons out of use: gone, or `absorbed` by the weights."""
    gone = frozenset(ids)
    lessons = tuple(
        msgspec.structs.replace(lesson, state=state) if lesson.id in gone else lesson
        for lesson in playbook.lessons
    )
    return msgspec.structs.replace(playbook, lessons=lessons)
