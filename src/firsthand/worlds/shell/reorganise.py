"""Bring a folder of files into order by written rules, with nothing lost and nothing left over.

The files are drawn first, then the rules of the level say what becomes of each, so the one right
tree is known and the whole of it is compared. Names have spaces, capitals and the wrong endings;
what a file is, is said inside it. Left out: rules that contradict each other, and judgement calls.
"""

import random
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from firsthand.environment import Action, Observation
from firsthand.sandbox.protocol import File, Folder, Link, Tree
from firsthand.task import Task
from firsthand.worlds.shell.terminal import HOW, Terminal, call

KINDS = {
    "Invoice": "invoices", "Contract": "contracts", "Letter": "letters", "Minutes": "minutes",
    "Receipt": "receipts", "Report": "reports",
}  # fmt: skip
PARTIES = (
    "Alder Joinery", "Brook Hotel", "Castor Cafe", "Dunes School", "Elm Clinic", "Fennel Kitchen",
    "Gable Homes", "Harbour Museum", "Iris Florist", "Juniper Bakery", "Kestrel Timber",
    "Lintel Steel", "Mica Paints", "Norden Glass", "Orchard Estates", "Pylon Power",
)  # fmt: skip
WORDS = ("final", "copy", "new", "signed", "scan", "old", "draft", "v2", "sent", "corrected")
STEMS = ("doc", "File", "Scan", "IMG", "page", "Untitled", "Letter to", "paper", "Note")
TOPS = ("inbox", "inbox/from phone", "inbox/Desktop", "inbox/Desktop/misc")
JOBS = ("backup", "report", "sync", "rotate", "mailer", "cleanup", "export")


class Document(NamedTuple):
    """A document: where it lies, and what its text says."""

    path: str
    kind: str
    party: str
    date: str
    number: int
    note: str = ""

    @property
    def content(self) -> bytes:
        """Its text."""
        return (
            f"{self.kind} {self.number}\nFrom: {self.party}\nDate: {self.date}\n{self.note}\n"
        ).encode()


RULES = {
    "kind": (
        "- A document says in its first line what it is. Move each to the folder for its kind: "
        "{folders}. {naming}."
    ),
    "year": (
        "- Within these, documents lie in a folder for the year of the date that they state, "
        "such as archive/letters/2029/."
    ),
    "empty": "- Move files that are empty to empty/, keeping their names without the folders.",
    "script": (
        "- Scripts, which begin with #!, go to bin/ under their own names without the ending .txt, "
        "and must be executable."
    ),
    "twin": (
        "- Some documents are there twice, byte for byte. Archive one of them and move the other "
        "to duplicates/, under the name of the archived one."
    ),
    "latest": (
        "- In archive/, make for each kind of document that there is a symbolic link "
        "latest-<folder>.txt (such as latest-letters.txt) to its newest document, by a path that "
        "is relative to archive/."
    ),
    "index": (
        "- Write archive/INDEX: the number, a space and the party of each archived document, one "
        "a line, sorted by number (duplicates only once)."
    ),
}
NAMING = "A document keeps its name without the folders above it"
RENAMING = (
    "Its name becomes the number in its first line and the party, in small letters with - for "
    "spaces, such as 4711-alder-joinery.txt"
)
LEVELS = {
    1: (6, ("kind",)),
    2: (9, ("kind", "empty")),
    3: (12, ("kind", "year", "empty", "script")),
    4: (18, ("kind", "year", "empty", "script", "twin")),
    5: (26, ("kind", "year", "empty", "script", "twin", "latest", "index")),
}
"""Level to the number of documents, and the rules. From level 3 on documents are renamed."""


class Reorganise(Terminal):
    """Bring a folder of files into order by rules; the whole tree is compared."""

    name = "shell/reorganise"
    version = "1"
    checks = ("nothing_lost", "all_in_place", "nothing_else", "modes_and_links")
    statement = (
        f"{HOW}\nBring the files in inbox/ into order by the rules that you are told. Every file "
        "is moved as it is: contents must not change, and nothing may be lost. In the end nothing "
        "may be there but what the rules ask for (empty folders do not matter)."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the files; the rules decide where they belong."""
        rng, (count, rules) = task.rng("instance"), LEVELS[task.level]
        self.kinds, self.renames = rules, task.level >= 3
        while True:
            self.documents = _documents(rng, count)
            if task.owns(repr(self.documents)):
                break
        self.others = _others(rng, rules)
        self.twins = self._twins(rng) if "twin" in rules else {}
        given: dict[str, File | Link | Folder] = {d.path: File(d.content) for d in self.documents}
        given |= {twin: File(document.content) for twin, document in self.twins.items()}
        given |= {path: File(content) for path, (content, _) in self.others.items()}
        self.given = self.tree = dict(sorted(given.items()))
        self.right = self._ordered()
        kinds = sorted({KINDS[document.kind] for document in self.documents})
        folders = ", ".join(f"archive/{kind}/" for kind in kinds)
        naming = RENAMING if self.renames else NAMING
        told = "\n".join(RULES[rule].format(folders=folders, naming=naming) for rule in rules)
        return Observation(f"inbox/ and its folders hold {len(given)} files. The rules:\n{told}")

    def _twins(self, rng: random.Random) -> dict[str, Document]:
        chosen = rng.sample(self.documents, 3)
        return {f"{rng.choice(TOPS)}/{d.number} {rng.choice(WORDS)}": d for d in chosen}

    def place(self, document: Document) -> str:
        """Say where a document belongs."""
        name = document.path.rpartition("/")[2]
        if self.renames:
            name = f"{document.number}-{document.party.lower().replace(' ', '-')}.txt"
        year = f"{document.date[:4]}/" if "year" in self.kinds else ""
        return f"archive/{KINDS[document.kind]}/{year}{name}"

    def _ordered(self) -> Tree:
        """Build the tree as it should become."""
        right: dict[str, File | Link | Folder] = {
            self.place(document): File(document.content) for document in self.documents
        }
        for document in self.twins.values():
            name = self.place(document).rpartition("/")[2]
            right[f"duplicates/{name}"] = File(document.content)
        for content, place in self.others.values():
            right[place] = File(content, executable=place.startswith("bin/"))
        if "latest" in self.kinds:
            for folder, target in self._latest().items():
                right[f"archive/latest-{folder}.txt"] = Link(target)
        if "index" in self.kinds:
            lines = sorted((document.number, document.party) for document in self.documents)
            index = "".join(f"{number} {party}\n" for number, party in lines)
            right["archive/INDEX"] = File(index.encode())
        return right

    def _latest(self) -> dict[str, str]:
        newest: dict[str, Document] = {}
        for document in sorted(self.documents, key=lambda each: each.date):
            newest[KINDS[document.kind]] = document
        return {folder: self.place(d).removeprefix("archive/") for folder, d in newest.items()}

    async def judge(self) -> Mapping[str, bool]:
        """Compare the whole tree."""
        now = {path: node for path, node in self.tree.items() if not isinstance(node, Folder)}
        had, have = (_contents(tree) for tree in (self.given, now))
        return {
            "nothing_lost": not had - have,
            "all_in_place": all(
                _content(now.get(path)) == _content(node)
                for path, node in self.right.items()
                if isinstance(node, File)
            ),
            "nothing_else": now.keys() <= self.right.keys(),
            "modes_and_links": now == self.right,
        }

    def aftermath(self) -> str:
        """Tell what was still wrong, or where things were to go."""
        now = {path: node for path, node in self.tree.items() if not isinstance(node, Folder)}
        wrong = [path for path, node in self.right.items() if now.get(path) != node]
        extra = sorted(now.keys() - self.right.keys())
        if not wrong and not extra:
            return f"Everything is in place: {', '.join(sorted(self.right)[:3])} and so on."
        missing = f"Missing or different: {', '.join(sorted(wrong)[:5])}. " if wrong else ""
        left = f"Should not be there: {', '.join(extra[:5])}." if extra else ""
        return (missing + left).strip()

    def expert(self) -> Iterator[Action]:
        """Look, then carry out one rule after the other."""
        yield call("run", command="find inbox")
        paths = (document.path for document in self.documents)
        yield call("run", command=f"head {' '.join(map(shlex.quote, paths))}")
        made: set[str] = set()
        moves = {document.path: self.place(document) for document in self.documents}
        for kind in sorted({document.kind for document in self.documents}):
            chosen = [d.path for d in self.documents if d.kind == kind]
            yield call("run", command=_moving({path: moves[path] for path in chosen}, made))
        if self.twins:
            names = {t: self.place(d).rpartition("/")[2] for t, d in self.twins.items()}
            yield call(
                "run", command=_moving({t: f"duplicates/{n}" for t, n in names.items()}, made)
            )
        if self.others:
            places = {path: place for path, (_, place) in self.others.items()}
            yield call("run", command=_moving(places, made))
        if "script" in self.kinds:
            yield call("run", command="chmod +x bin/*")
        if "latest" in self.kinds:
            links = [
                f"ln -s {shlex.quote(target)} archive/latest-{folder}.txt"
                for folder, target in self._latest().items()
            ]
            yield call("run", command=" && ".join(links))
        if "index" in self.kinds:
            index = self.right["archive/INDEX"]
            assert isinstance(index, File)
            yield call("write", path="archive/INDEX", content=index.content.decode())
        yield call("run", command="find .")
        yield call("submit")


def _documents(rng: random.Random, count: int) -> list[Document]:
    """Draw documents whose names, numbers and dates are all different."""
    kinds = rng.sample(sorted(KINDS), min(len(KINDS), 2 + count // 6))
    numbers = rng.sample(range(1000, 9999), count)
    days = rng.sample(range(4 * 336), count)
    documents: list[Document] = []
    for i, number in enumerate(numbers):
        year, rest = divmod(days[i], 336)
        date = f"{2027 + year}-{rest // 28 + 1:02d}-{rest % 28 + 1:02d}"
        stem = f"{rng.choice(STEMS)} {rng.choice(WORDS)} {i}"
        name = stem if rng.random() < 0.5 else stem.replace(" ", "_")
        ending = rng.choice((".txt", ".TXT", ".doc", ""))
        note = f"Remarks: {rng.choice(WORDS)} {rng.choice(sorted(KINDS)).lower()}."
        documents.append(
            Document(
                f"{rng.choice(TOPS)}/{name}{ending}", kinds[i % len(kinds)], rng.choice(PARTIES),
                date, number, note,
            )
        )  # fmt: skip
    return documents


def _others(rng: random.Random, rules: tuple[str, ...]) -> dict[str, tuple[bytes, str]]:
    """Draw the files that are no documents: what they hold, and where they belong."""
    found: dict[str, tuple[bytes, str]] = {}
    if "empty" in rules:
        for i in rng.sample(range(100), rng.randint(2, 3)):
            name = f"{rng.choice(STEMS)} {i}".replace(" ", "-") + rng.choice((".txt", ".tmp", ""))
            found[f"{rng.choice(TOPS)}/{name}"] = (b"", f"empty/{name}")
    if "script" in rules:
        for job in rng.sample(JOBS, 2):
            name = f"{job}.sh"
            text = f"#!/bin/bash\necho {job} {rng.randint(1, 999)}\n"
            path = f"{rng.choice(TOPS)}/{name}{rng.choice(('', '.txt'))}"
            found[path] = (text.encode(), f"bin/{name}")
    return found


def _moving(moves: Mapping[str, str], made: set[str]) -> str:
    """Return commands that move files, after making the folders that are not there yet."""
    folders: list[str] = []
    for place in moves.values():
        parents = place.split("/")[:-1]
        folders += ["/".join(parents[:depth]) for depth in range(1, len(parents) + 1)]
    new = sorted(set(folders) - made)
    made.update(new)
    lines = [f"mkdir {' '.join(new)}"] if new else []
    lines += [f"mv {shlex.quote(path)} {shlex.quote(place)}" for path, place in moves.items()]
    return " && \\\n".join(lines)


def _content(node: File | Link | Folder | None) -> bytes | None:
    return node.content if isinstance(node, File) else None


def _contents(tree: Tree) -> Counter[bytes]:
    return Counter(node.content for node in tree.values() if isinstance(node, File))
