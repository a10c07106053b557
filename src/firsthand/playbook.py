"""Lesson and Playbook: what was learned, its evidence and its credit, in one file a person can
edit.

A playbook is a value: learning returns a new one. On disk it is TOML, one `[[lessons]]` table each,
so that a version control diff shows exactly which lesson changed.
"""

import math
import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from firsthand.errors import UserError
from firsthand.parts import PartLessons, Parts, parts_of
from firsthand.retrieval import Retrieval
from firsthand.task import digest, fingerprint

State = Literal["probation", "core", "absorbed", "retired"]
"""`absorbed`: the weights of this version do what it says. It is found as before and not shown, so
that no lesson which is farther from the observation, and wrong there, takes its place."""
Kind = Literal["example", "rule"]


class Credit(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Posterior of a lesson's effect on the score: mean, standard deviation, rollouts with it on
    offer.
    """

    mean: float
    sd: float
    n: int
    own: float = 0.0
    """Rollouts that tell about the lesson itself: with the rule shown, or with the example as the
    nearest one shown. 0: what is known is its kind's effect only."""
    doubt: float = 1.0
    """Probability that it does not help, on the evidence by which its kind is promoted."""

    @property
    def positive(self) -> float:
        """P(effect > 0) under a normal posterior."""
        return (
            0.5 * math.erfc(-self.mean / (self.sd * math.sqrt(2)))
            if self.sd > 0
            else float(self.mean > 0)
        )


class Lesson(
    msgspec.Struct, frozen=True, omit_defaults=True, dict=True, forbid_unknown_fields=True
):
    """One learned statement, optionally with a worked example.

    `kind` example: in a situation like `observation`, `action` worked. `kind` rule: `text` in
    prose. A lesson is `untrusted` until a person says otherwise (`trust`), because whoever wrote it
    had read what an environment said (law 12): it is shown as earlier turns, or fenced as data, and
    never as an instruction.
    """

    kind: Kind
    text: str = ""
    observation: str = ""
    action: str = ""
    scope: str = "*"
    """Pattern over environment names, e.g. `interfaces/*`."""
    state: State = "probation"
    untrusted: bool = True
    """Whether nobody vouches for it. No learner clears this; only a person does."""
    evidence: tuple[str, ...] = ()
    """Ids of the episodes that it was drawn from; for an example, of successes that hold it.
    Without any, somebody made the example up, and only plays that it decided can promote it."""
    parents: tuple[str, ...] = ()
    credit: Credit | None = None

    @cached_property
    def id(self) -> str:
        """The name of the lesson, a hash of what it says: an edited lesson is another lesson."""
        return fingerprint(
            "\x1f".join((self.kind, self.text, self.observation, self.action, self.scope)), length=8
        )

    @property
    def tokens(self) -> int:
        """An estimate of its price in the prompt: four characters a token."""
        return math.ceil(len(self.text + self.observation + self.action) / 4) + 4

    @property
    def effect(self) -> float:
        """The posterior mean of its effect; 0 before any credit."""
        return self.credit.mean if self.credit else 0.0

    def in_scope(self, environment: str) -> bool:
        """Say whether the lesson speaks about this environment."""
        return self.state != "retired" and fnmatchcase(environment, self.scope)


class Mask(msgspec.Struct, frozen=True):
    """A random subset of lessons, decided by hashing: the same seed leaves the same lessons in.

    With probability `hide` a whole kind of lesson is left out. Else lessons on probation stay with
    probability `probation` (above 0), core ones with `core`.
    """

    seed: str
    probation: float = 0.5
    core: float = 0.9
    hide: float = 0.0

    def keeps(self, lesson: Lesson) -> bool:
        """Say whether the lesson is in the subset."""
        if digest(f"{self.seed}/kind/{lesson.kind}") / 2**128 < self.hide:
            return False
        return digest(f"{self.seed}/{lesson.id}") / 2**128 < self.probability(lesson)

    def probability(self, lesson: Lesson) -> float:
        """Return the probability that a mask with some other seed keeps the lesson, its kind not
        hidden.
        """
        return self.core if lesson.state == "core" else self.probation


class Playbook(msgspec.Struct, frozen=True, dict=True, forbid_unknown_fields=True):
    """The set of lessons in use, and its version."""

    version: int = 0
    lessons: tuple[Lesson, ...] = ()
    note: str = ""
    adapter: str = ""
    """The adapter that was made from lessons and belongs to this version; empty: bare weights."""

    @cached_property
    def id(self) -> str:
        """A hash of what the active lessons say, of which of them are trusted, of which lessons
        the weights absorbed, and the adapter.
        """
        named = [
            lesson.id if lesson.untrusted else f"{lesson.id}+trusted" for lesson in self.active
        ]
        named += [f"{lesson.id}+absorbed" for lesson in self.lessons if lesson.state == "absorbed"]
        named += [f"adapter {self.adapter}"] if self.adapter else []
        return fingerprint(" ".join(sorted(named)), length=8)

    @cached_property
    def active(self) -> tuple[Lesson, ...]:
        """The lessons that may be shown."""
        return tuple(lesson for lesson in self.lessons if lesson.state in ("probation", "core"))

    @cached_property
    def by_id(self) -> dict[str, Lesson]:
        """Every lesson by its id, retired ones too."""
        return {lesson.id: lesson for lesson in self.lessons}

    def rules(self, environment: str) -> list[Lesson]:
        """Return the prose rules in scope, best first: by credit, then as written."""
        found = [
            lesson
            for lesson in self.active
            if lesson.kind == "rule" and lesson.in_scope(environment)
        ]
        return sorted(found, key=lambda lesson: -lesson.effect)

    def examples(self, environment: str, observation: str, k: int) -> list[Lesson]:
        """Return the `k` worked examples in scope nearest to the observation, nearest last.

        Fewer, where absorbed ones are among them.
        """
        lessons, retrieval = self._examples
        found = [
            lessons[index]
            for index in retrieval.nearest(observation)
            if lessons[index].in_scope(environment)
        ]
        return [lesson for lesson in found[:k][::-1] if lesson.state != "absorbed"]

    def by_parts(
        self, environment: str, observation: str, choices: Sequence[str]
    ) -> "PartwiseExamples | None":
        """Return the examples in scope, retrieved part by part where choices consist of parts.

        None: the choices are no combinations, or the examples do not tell about parts apart.
        """
        lessons = [lesson for lesson in self._examples[0] if lesson.in_scope(environment)]
        parts = parts_of(observation, choices) if lessons else None
        if parts is None:
            return None
        key = environment, parts
        if key not in self._partwise:
            shown = [(lesson.observation, lesson.action) for lesson in lessons]
            self._partwise[key] = PartwiseExamples(lessons, PartLessons(parts, shown))
        found = self._partwise[key]
        return found if found.known.useful else None

    @cached_property
    def _partwise(self) -> "dict[tuple[str, Parts], PartwiseExamples]":
        return {}

    @cached_property
    def _examples(self) -> tuple[list[Lesson], Retrieval]:
        lessons = sorted(
            (
                lesson
                for lesson in self.lessons
                if lesson.kind == "example" and lesson.state != "retired"
            ),
            key=lambda lesson: lesson.id,
        )
        return lessons, Retrieval([(lesson.observation, lesson.action) for lesson in lessons])


class PartwiseExamples(NamedTuple):
    """Worked examples whose actions are built like the choices at hand."""

    lessons: list[Lesson]
    known: PartLessons

    def nearest(self, part: int, observation: str, k: int) -> list[Lesson]:
        """Return the `k` examples that tell most about one part, nearest last.

        Fewer, where absorbed ones are among them.
        """
        found = [self.lessons[place] for place in self.known.nearest(part, observation)[:k]]
        return [lesson for lesson in reversed(found) if lesson.state != "absorbed"]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int = 0
    note: str = ""
    adapter: str = ""
    lessons: list[dict[str, Any]] = []


def save(playbook: Playbook, path: Path) -> None:
    """Write a playbook atomically: the old file stays until the new one is whole."""
    import tomli_w  # deferred: keeps `import firsthand` fast

    lessons = [
        {"id": lesson.id, "untrusted": lesson.untrusted, **msgspec.to_builtins(lesson)}
        for lesson in playbook.lessons
    ]
    file: dict[str, Any] = {"version": playbook.version, "note": playbook.note}
    file |= {"adapter": playbook.adapter} if playbook.adapter else {}
    file |= {"lessons": lessons}
    text = tomli_w.dumps(
        file, multiline_strings="\\r" not in str(file)
    )  # a carriage return does not survive in them
    replace_file(path, text.encode())


def replace_file(path: Path, content: bytes) -> None:
    """Write a file as a whole: a crash or power cut leaves the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def load(path: Path) -> Playbook:
    """Read a playbook, also one edited by hand. Raises `UserError` naming file, place and
    expectation.
    """
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_File)
        for lesson in found.lessons:
            lesson.pop("id", None)  # written for the reader; it follows from what the lesson says
        return msgspec.convert(msgspec.to_builtins(found), Playbook)
    except FileNotFoundError:
        raise UserError(
            f"There is no playbook at {path}. `firsthand learn ENVIRONMENT` writes one."
        ) from None
    except (msgspec.MsgspecError, ValueError, OSError) as error:
        raise UserError(f"The playbook {path} cannot be read: {error}") from None


def merge(*groups: Iterable[Lesson]) -> tuple[Lesson, ...]:
    """Join lessons, the first of each id winning; evidence of the others is added to it.

    The least trusted wins: what one of them does not vouch for is untrusted.
    """
    found: dict[str, Lesson] = {}
    for lesson in (lesson for group in groups for lesson in group):
        known = found.get(lesson.id)
        if known is None:
            found[lesson.id] = lesson
        else:
            found[lesson.id] = msgspec.structs.replace(
                known,
                evidence=tuple(dict.fromkeys((*known.evidence, *lesson.evidence))),
                parents=tuple(dict.fromkeys((*known.parents, *lesson.parents))),
                untrusted=known.untrusted or lesson.untrusted,
            )
    return tuple(found.values())


def trust(playbook: Playbook, ids: Iterable[str], *, trusted: bool = True) -> Playbook:
    """Record that a person vouches for lessons, or no longer does. Raises `UserError` for an
    unknown id.
    """
    ids = frozenset(ids)
    if unknown := ids - playbook.by_id.keys():
        raise UserError(
            f"The playbook has no lesson {', '.join(sorted(unknown))}. "
            "`firsthand playbook show` lists the ids."
        )
    lessons = tuple(
        msgspec.structs.replace(lesson, untrusted=not trusted) if lesson.id in ids else lesson
        for lesson in playbook.lessons
    )
    return msgspec.structs.replace(playbook, lessons=lessons)


def deploy(folder: Path, playbook: Playbook) -> Path:
    """Make a playbook the current one of a folder and keep it in the history. Raises `UserError`
    when its version exists.
    """
    kept = folder / "history" / f"{playbook.version:04d}.toml"
    if kept.exists() and not is_torn(kept) and load(kept).id != playbook.id:
        raise UserError(
            f"{kept} holds another playbook of version {playbook.version}: "
            "versions are never rewritten."
        )
    save(playbook, kept)
    save(playbook, folder / "playbook.toml")
    return kept


def versions(folder: Path) -> list[int]:
    """Return the versions ever deployed in a folder, oldest first, without torn files."""
    found = (folder / "history").glob("[0-9]*.toml")
    return sorted(int(path.stem) for path in found if path.stem.isdecimal() and not is_torn(path))


def is_torn(path: Path) -> bool:
    """Say whether a file of the history is empty or cut off, as an interrupted write leaves it."""
    try:
        return not path.read_bytes().strip() or load(path) == Playbook()
    except UserError:
        return True


def rollback(folder: Path, version: int) -> Playbook:
    """Make an earlier version the current one again; the history stays. Raises `UserError` for an
    unknown one.
    """
    if version not in versions(folder):
        known = ", ".join(map(str, versions(folder))) or "none"
        raise UserError(f"{folder} has no playbook of version {version}. There are: {known}.")
    playbook = load(folder / "history" / f"{version:04d}.toml")
    save(playbook, folder / "playbook.toml")
    return playbook
