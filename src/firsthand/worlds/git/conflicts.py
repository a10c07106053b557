"""Join branches that changed the same settings, by rules that decide each conflict.

Both the files and the history are judged: a merge needs its two parents, a rebase one commit for
each that was moved, with its message, its author and the files as they were after it. So the right
files alone, in a commit of their own, earn nothing. Left out: conflicts of names and deletions.
"""

import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from firsthand.environment import Action, Observation
from firsthand.sandbox.git_objects import Builder, Repository
from firsthand.task import Task
from firsthand.worlds.git.checkout import HOW, PEOPLE, START, SUBMIT, HandIn, call

KEYS = (
    "burst", "cache", "cooldown", "depth", "delay", "fanout", "grace", "history", "idle", "jitter",
    "keepalive", "lag", "limit", "margin", "page", "pool", "quota", "retries", "shards", "slots",
    "spread", "timeout", "window", "workers",
)  # fmt: skip
FILES = ("api.conf", "mail.conf", "search.conf", "store.conf", "sync.conf")
BRANCHES = ("autumn", "canary", "cleanup", "faster", "night", "region", "rollout", "tuning")
SUBJECTS = (
    "Answer the load test", "Follow the incident", "Less waiting", "New machines", "Be careful",
    "After the review", "More headroom", "What support asked for", "Prepare the launch",
)  # fmt: skip
RULES = {
    "larger": "the larger number counts",
    "smaller": "the smaller number counts",
    "main": "the number of main counts",
    "branch": "the number of the other branch counts",
    "sum": "both changes count: add to the number before them by how much each side changed it",
}
Values = dict[str, dict[str, int]]
"""File to setting to number."""


class Shape(msgspec.Struct, frozen=True):
    """What is to be joined: how many files, branches to merge, and commits to rebase first."""

    files: int
    keys: int
    merges: int
    moves: int


LEVELS = {
    1: Shape(1, 6, 1, 0),
    2: Shape(2, 8, 1, 0),
    3: Shape(2, 8, 0, 2),
    4: Shape(3, 10, 2, 0),
    5: Shape(3, 12, 1, 3),
}


class Side(NamedTuple):
    """A branch: its commits' subjects, authors, and what each changes."""

    name: str
    subjects: list[str]
    authors: list[str]
    changes: list[Values]


class Conflicts(HandIn):
    """Merge and rebase branches whose conflicts are decided by rules; history counts too."""

    name = "git/conflicts"
    version = "1"
    checks = ("right_files", "right_history", "other_branches_kept")
    statement = (
        f"{HOW} {SUBMIT}\nJoin branches as you are told. Where only one side changed a setting "
        "since the branches parted, its number counts. Where both did, the rule of the file "
        "decides. Nothing else in the files changes. A merge is a merge commit on the branch that "
        "is merged into, with both branches as parents. A rebase keeps one commit for each that is "
        "moved, in order, with its message and author, and each commit's files follow the rules "
        "too. Other branches stay where they are."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the settings, what main and the branches changed, and the rules."""
        rng, self.shape = task.rng("instance"), LEVELS[task.level]
        while True:
            files = sorted(rng.sample(FILES, self.shape.files))
            self.deciding = {file: rng.choice(sorted(RULES)) for file in files}
            self.base: Values = {
                file: {k: rng.randint(20, 500) for k in rng.sample(KEYS, self.shape.keys)}
                for file in files
            }
            if task.owns(repr((self.deciding, self.base))):
                break
        count = self.shape.moves or 1
        names = rng.sample(BRANCHES, max(1, self.shape.merges))
        self.main = _opened(rng, self.base)
        self.sides = [
            _side(rng, self.base, name, count, i, self.main) for i, name in enumerate(names)
        ]
        self._build(rng)
        told = [f"- {file}: {RULES[rule]}." for file, rule in self.deciding.items()]
        return Observation("\n".join([*self._orders(), "Where both sides changed it:", *told]))

    def _orders(self) -> list[str]:
        first = self.sides[0].name
        orders: list[str] = []
        if self.shape.moves:
            orders.append(f"Rebase {first}, which has {self.shape.moves} commits, on main.")
            if self.shape.merges:
                orders.append(
                    f"Then merge {first} into main, with a merge commit (no fast-forward)."
                )
        else:
            orders += [f"Merge {side.name} into main." for side in self.sides]
            if len(self.sides) > 1:
                orders[1:] = [f"After that, merge {self.sides[1].name} into main as well."]
        return orders

    def _build(self, rng: random.Random) -> None:
        """Write the repository, and work out what each step should give."""
        builder = Builder(author=PEOPLE[0], start=START)
        first = builder.commit(_written(self.base), "Settings", author=rng.choice(PEOPLE))
        self.before: dict[str, str] = {}
        for side in (self.main, *self.sides):
            values, parent = self.base, first
            commits = zip(side.subjects, side.authors, side.changes, strict=True)
            for subject, author, change in commits:
                values = _changed(values, change)
                parent = builder.commit(_written(values), subject, [parent], author=author)
            self.before[side.name] = parent
        now = _total(self.base, self.main)
        self.steps: list[dict[str, bytes]] = []
        for side in self.sides:
            for change in side.changes if self.shape.moves else [_merged(side)]:
                now = self._joined(now, change)
                self.steps.append(_written(now))
        refs = {f"refs/heads/{name}": sha for name, sha in self.before.items()}
        self.tree = builder.repository(refs, files=_written(_total(self.base, self.main)))

    def _joined(self, now: Values, change: Values) -> Values:
        """Apply a branch's change, deciding what both sides changed by the rules."""
        joined = {file: dict(settings) for file, settings in now.items()}
        for file, settings in change.items():
            for key, theirs in settings.items():
                ours, old = now[file][key], self.base[file][key]
                if ours == old:
                    joined[file][key] = theirs
                    continue
                joined[file][key] = {
                    "larger": max(ours, theirs), "smaller": min(ours, theirs), "main": ours,
                    "branch": theirs, "sum": ours + theirs - old,
                }[self.deciding[file]]  # fmt: skip
        return joined

    def judge(self, repository: Repository) -> Mapping[str, bool]:
        """Compare the history of main, or of the rebased branch, commit by commit."""
        main, side = repository.branch("main"), self.sides[0]
        if self.shape.moves:
            tip = repository.branch(side.name)
            line = repository.first_parents(tip, self.before["main"])
            kept = self._kept(repository, side, line)
            if self.shape.merges:
                kept &= self._merges(repository, main, [tip])
            others = {} if self.shape.merges else {"main": self.before["main"]}
        else:
            line = repository.first_parents(main, self.before["main"])
            kept = self._merges(repository, main, [self.before[each.name] for each in self.sides])
            others = {each.name: self.before[each.name] for each in self.sides}
        files = [repository.files(sha) for sha in line]
        wanted = list(self.steps)
        if self.shape.moves and self.shape.merges:
            files.append(repository.files(main))
            wanted.append(self.steps[-1])
        return {
            "right_files": files == wanted,
            "right_history": kept,
            "other_branches_kept": all(repository.branch(n) == sha for n, sha in others.items()),
        }

    def _kept(self, repository: Repository, side: Side, line: list[str]) -> bool:
        commits = [repository.commit(sha) for sha in line]
        return [(c.message, c.author, len(c.parents)) for c in commits] == [
            (subject, author, 1)
            for subject, author in zip(side.subjects, side.authors, strict=True)
        ]

    def _merges(self, repository: Repository, main: str, tips: list[str]) -> bool:
        line = repository.first_parents(main, self.before["main"])
        parents = [repository.commit(sha).parents for sha in line]
        before = [self.before["main"], *line[:-1]]
        return parents == list(zip(before, tips, strict=False)) and len(line) == len(tips)

    def aftermath(self) -> str:
        """Tell what the files should hold in the end."""
        text = "\n".join(f"{path}:\n{c.decode()}" for path, c in self.steps[-1].items())
        first = self.sides[0].name
        way = (
            f"`git rebase main` on {first} stops at each conflict: write the files, `git add`, "
            "`git rebase --continue`."
            if self.shape.moves
            else f"`git merge {first}` on main stops at conflicts: write the files, `git add`, "
            "`git commit`."
        )
        return f"{way} In the end the files should read:\n{text}"

    def expert(self) -> Iterator[Action]:
        """Start each join, look at its conflicts, settle them, go on."""
        first, look = self.sides[0].name, "grep . *.conf"
        yield call("run", command=f"git diff main...{first}; git diff {first}...main")
        before = [_written(_total(self.base, self.main)), *self.steps]
        steps = zip(before, self.steps, strict=False)
        if self.shape.moves:
            yield call("run", command=f"git checkout {first} && git rebase main; {look}")
            for step in steps:
                yield from _settled(*step)
                yield call("run", command=f"git add -A && git rebase --continue; {look}")
            if self.shape.merges:
                yield call("run", command=f"git checkout main && git merge --no-ff {first}")
        else:
            for side, step in zip(self.sides, steps, strict=True):
                yield call("run", command=f"git merge {side.name}; {look}")
                yield from _settled(*step)
                yield call("run", command="git add -A && git commit")
        yield call("submit")


def _settled(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Action]:
    """Write the files that a step changes."""
    for path, content in after.items():
        if content != before[path]:
            yield call("write", path=path, content=content.decode())


def _opened(rng: random.Random, base: Values) -> Side:
    """Draw what main changed, in two commits: half of the settings of each file."""
    half = {file: rng.sample(list(keys), len(keys) // 2) for file, keys in base.items()}
    changes = [
        _drawn(rng, base, [(f, key) for f, keys in half.items() for key in keys[i::2]], {})
        for i in range(2)
    ]
    return Side("main", rng.sample(SUBJECTS, 2), [rng.choice(PEOPLE) for _ in range(2)], changes)


def _side(
    rng: random.Random, base: Values, name: str, commits: int, number: int, main: Side
) -> Side:
    """Draw a branch. Each commit changes a setting that main changed as well, and one that only
    this branch changes; a branch of one commit does so in every file.
    """
    theirs = _merged(main)
    shared = {file: list(settings) for file, settings in theirs.items()}
    free = {f: [k for k in keys if k not in theirs[f]][number::2] for f, keys in base.items()}
    changes: list[Values] = []
    for i in range(commits):
        files = sorted(base) if commits == 1 else [_nth(sorted(base), i)]
        places = [(f, _nth(keys[f], i)) for f in files for keys in (shared, free)]
        changes.append(_drawn(rng, base, places, theirs))
    authors = [rng.choice(PEOPLE[1:]) for _ in range(commits)]
    return Side(name, rng.sample(SUBJECTS, commits), authors, changes)


def _nth(items: list[str], i: int) -> str:
    return items[i % len(items)]


def _drawn(
    rng: random.Random, base: Values, places: list[tuple[str, str]], avoid: Values
) -> Values:
    """Draw another number for each setting, and not the one that the other side drew."""
    change: Values = {}
    for file, key in places:
        old = new = base[file][key]
        while new in (old, avoid.get(file, {}).get(key)):
            new = old + rng.choice((-1, 1)) * rng.randint(1, old // 4)
        change.setdefault(file, {})[key] = new
    return change


def _merged(side: Side) -> Values:
    """All changes of a branch together."""
    total: Values = {}
    for change in side.changes:
        for file, settings in change.items():
            total.setdefault(file, {}).update(settings)
    return total


def _changed(values: Values, change: Values) -> Values:
    return {file: {**settings, **change.get(file, {})} for file, settings in values.items()}


def _total(base: Values, side: Side) -> Values:
    return _changed(base, _merged(side))


def _written(values: Values) -> dict[str, bytes]:
    return {
        file: "".join(f"{key} = {number}\n" for key, number in settings.items()).encode()
        for file, settings in values.items()
    }
