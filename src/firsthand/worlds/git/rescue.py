"""Find commits that no branch leads to any more, and bring them back under a name.

Branches are deleted, reset and amended the way it happens, and the reflog tells of it, or is gone;
then only the objects are left. Others were lost beside the wanted ones, among them earlier
versions, so what is restored has to be looked at. Left out: damaged objects.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from firsthand.environment import Action, Observation
from firsthand.sandbox.git_objects import Builder, Repository, reflog
from firsthand.task import Task
from firsthand.worlds.git.checkout import HOW, PEOPLE, START, SUBMIT, HandIn, call

CHAPTERS = (
    "anchors", "buoys", "currents", "docks", "engines", "flags", "gales", "harbours", "islands",
    "jetties", "knots", "lights", "masts", "navigation", "oars", "pilots", "reefs", "sails",
    "tides", "watches",
)  # fmt: skip
VERBS = ("Draft", "Revise", "Extend", "Shorten", "Rework", "Check")
REMARKS = (
    "ask the harbour master", "the figures are of last year", "needs a drawing", "too short",
    "compare with the old edition", "too long", "the readers asked for this", "see the appendix",
)  # fmt: skip
WHO = "Agent <agent@example.com>"
NAMES = ("recovered", "rescued", "restored", "salvage")


class Shape(msgspec.Struct, frozen=True):
    """What was lost at a level: wanted lines of work and others, whether the reflog is left, how
    many commits a line has, and whether its last commit was amended before.
    """

    wanted: int
    others: int
    logged: bool
    length: int
    amended: bool
    merge: bool = False


LEVELS = {
    1: Shape(1, 0, True, 2, False),
    2: Shape(1, 2, True, 3, False),
    3: Shape(1, 3, True, 3, True),
    4: Shape(2, 4, False, 3, True),
    5: Shape(3, 5, False, 4, True, merge=True),
}


class Line(NamedTuple):
    """Lost work on one chapter: its commits, oldest first, and what its last one holds."""

    chapter: str
    commits: list[str]
    files: dict[str, bytes]
    earlier: str
    """The last commit before it was amended; empty when it was not."""

    @property
    def tip(self) -> str:
        """The last commit."""
        return self.commits[-1]


class Rescue(HandIn):
    """Find lost commits through the reflog or among the objects, and restore them as branches."""

    name = "git/rescue"
    version = "1"
    checks = ("lost_work_restored", "main_as_wanted", "other_branches_kept")
    statement = (
        f"{HOW} {SUBMIT}\nThe repository holds a book, a chapter a file. Work was lost: no branch "
        "leads to it any more. Restore what you are told as branches, each pointing at the very "
        "commit that was lost (not at a copy), the last one of that work; where that one was "
        "amended, at the amended version, which is the longer one. Do not move or delete other "
        "branches, and leave main as it is unless you are told otherwise."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the book, and the work that was done and lost."""
        rng, self.shape = task.rng("instance"), LEVELS[task.level]
        while True:
            count = self.shape.wanted + self.shape.others
            chapters = rng.sample(CHAPTERS, count + 4)
            names = [f"{rng.choice(NAMES)}-{chapter}" for chapter in chapters[: self.shape.wanted]]
            seed = rng.getrandbits(32)
            if task.owns(repr((chapters, names, seed))):
                break
        self._build(random.Random(seed), chapters)
        self.wanted = dict(zip(names, self.lines, strict=False))
        told = [
            f"- {name}: the work on the chapter {line.chapter} ({len(line.commits)} commits)"
            for name, line in self.wanted.items()
        ]
        logged = "the reflog is still there" if self.shape.logged else "the reflog is gone"
        merge = ""
        if self.shape.merge:
            merge = (
                f"\nThen merge {names[0]} into main, with a merge commit whose first parent is "
                "main as it is now."
            )
        return Observation(f"Branches to restore ({logged}):\n" + "\n".join(told) + merge)

    def _build(self, rng: random.Random, chapters: Sequence[str]) -> None:
        builder = Builder(author=PEOPLE[0], start=START)
        count = self.shape.wanted + self.shape.others
        lost, book = chapters[:count], chapters[count:]
        files: dict[str, bytes] = {}
        main: list[str] = []
        for chapter in book:
            files = {**files, f"book/{chapter}.txt": _text(rng, chapter, 2)}
            main.append(builder.commit(files, f"Draft {chapter}", main[-1:], author=_who(rng)))
        log = [("", main[0], f"commit (initial): Draft {book[0]}")]
        for before, after, chapter in zip(main, main[1:], book[1:], strict=False):
            log.append((before, after, f"commit: Draft {chapter}"))
        order = list(range(count))
        rng.shuffle(order)
        made: dict[int, Line] = {}
        for i in order:
            made[i] = _line(rng, builder, lost[i], main, files, self.shape, log)
        self.lines: list[Line] = [made[i] for i in range(count)]
        self.files = {**files, "book/index.txt": "".join(f"{c}\n" for c in book).encode()}
        main.append(builder.commit(self.files, "Add an index", main[-1:]))
        log.append((main[-2], main[-1], "commit: Add an index"))
        self.main = main[-1]
        side = builder.commit({**self.files, "NOTES": b"to do\n"}, "Keep notes", main[-1:])
        self.refs = {"refs/heads/main": self.main, "refs/heads/notes": side}
        logs = {"HEAD": reflog(log, who=WHO, start=START)} if self.shape.logged else {}
        self.tree = builder.repository(self.refs, files=self.files, logs=logs)

    def judge(self, repository: Repository) -> Mapping[str, bool]:
        """Compare the branches, and main."""
        main = repository.branch("main")
        if self.shape.merge:
            first = next(iter(self.wanted.values()))
            good = repository.commit(main).parents == (self.main, first.tip)
            good &= repository.files(main) == {**first.files, **self.files}
        else:
            good = main == self.main
        restored = [
            repository.branch(name) == line.tip and line.tip in repository.objects
            for name, line in self.wanted.items()
        ]
        return {
            "lost_work_restored": all(restored),
            "main_as_wanted": good,
            "other_branches_kept": repository.branch("notes") == self.refs["refs/heads/notes"],
        }

    def aftermath(self) -> str:
        """Tell which commits were meant."""
        told = "; ".join(f"{name} is {line.tip}" for name, line in self.wanted.items())
        way = "git reflog" if self.shape.logged else "git fsck --lost-found"
        return f"{told}. `{way}` lists what was lost, `git branch NAME COMMIT` restores it."

    def expert(self) -> Iterator[Action]:
        """Look for what was lost, look at each candidate, restore."""
        yield call("run", command="git log; git status")
        if self.shape.logged:
            yield call("run", command="git reflog")
        else:
            yield call("run", command="git fsck")
        for name, line in self.wanted.items():
            versions = f"{line.tip} {line.earlier}".strip()
            yield call(
                "run",
                command=f"git log {line.tip}; git show {versions}",
            )
            yield call("run", command=f"git branch {name} {line.tip}")
        if self.shape.merge:
            yield call("run", command=f"git merge --no-ff --no-edit {next(iter(self.wanted))}")
        yield call("submit")


def _line(
    rng: random.Random, builder: Builder, chapter: str, main: list[str],
    book: Mapping[str, bytes], shape: Shape, log: list[tuple[str, str, str]],
) -> Line:  # fmt: skip
    """Do some work on a chapter and lose it, by a deleted branch or a reset of main."""
    reset, start, path = rng.random() < 0.4, main[-1], f"book/{chapter}.txt"
    files, commits = dict(book), list[str]()
    branch = f"work/{rng.randint(10, 99)}"
    if not reset:
        log.append((start, start, f"checkout: moving from main to {branch}"))
    earlier = ""
    for i in range(shape.length):
        files = {**files, path: _text(rng, chapter, 2 + 2 * i)}
        before = commits[-1] if commits else start
        subject = f"{VERBS[0] if i == 0 else rng.choice(VERBS[1:])} {chapter}"
        if shape.amended and i == shape.length - 1:
            short = {**files, path: files[path].rpartition(b"\n- ")[0] + b"\n"}
            earlier = builder.commit(short, subject, [before], author=_who(rng))
            log.append((before, earlier, f"commit: {subject}"))
        commits.append(builder.commit(files, subject, [before], author=_who(rng)))
        told = f"commit (amend): {subject}" if earlier else f"commit: {subject}"
        log.append((earlier or before, commits[-1], told))
    if reset:
        log.append((commits[-1], start, f"reset: moving to HEAD~{shape.length}"))
    else:
        log.append((commits[-1], start, f"checkout: moving from {branch} to main"))
    return Line(chapter, commits, files, earlier)


def _text(rng: random.Random, chapter: str, remarks: int) -> bytes:
    lines = "".join(f"- {rng.choice(REMARKS)} ({rng.randint(1, 99)})\n" for _ in range(remarks))
    return f"{chapter}\n\n{lines}".encode()


def _who(rng: random.Random) -> str:
    return rng.choice(PEOPLE)
