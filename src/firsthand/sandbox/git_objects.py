"""Git repositories as values: building them object by object, and reading what an agent made of
one.

This is own code for two reasons. A reset builds up to 60 commits in 2 ms, where git needs a process
for each; and a library that works on folders would trust a repository that an agent controls.
Nothing is executed here and no configuration is read, so hooks, filters, replacements and
alternates do nothing. What is read is bounded, and an object counts only under the hash that its
content has. Left out: signatures, submodules, and the index, which is a cache.
"""

import binascii
import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from firsthand.sandbox.protocol import File, Folder, Link, Tree

KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
NUMBERS = {kind: number for number, kind in KINDS.items()}
MOST = 32 << 20
"""Most bytes that the objects of one repository may have together when they are read."""
MOST_FILES = 10_000
"""Most files and folders of one commit, and most objects of one pack."""
MOST_PASSES = 100
"""Most passes over a pack whose deltas stand before what they build on; git needs one."""
OFFSET_DELTA, NAME_DELTA = 6, 7
_HEX = re.compile(rb"[0-9a-f]{40}")
Object = tuple[str, bytes]


class Unreadable(Exception):
    """What is there is no repository that can be judged."""


class Commit(NamedTuple):
    """What a commit says."""

    tree: str
    parents: tuple[str, ...]
    author: str
    message: str


def name_of(kind: str, content: bytes) -> str:
    """Return the hash of an object."""
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content).hexdigest()


class Builder:
    """Objects of a repository in the making."""

    def __init__(self, *, author: str, start: int) -> None:
        self.author, self.time = author, start
        self.objects: dict[str, Object] = {}
        self._names: dict[Object, str] = {}

    def add(self, kind: str, content: bytes) -> str:
        """Add an object and return its hash."""
        name = self._names.get((kind, content))
        if name is None:
            name = self._names[kind, content] = name_of(kind, content)
            self.objects[name] = (kind, content)
        return name

    def tree(self, files: Mapping[str, bytes]) -> str:
        """Add a tree and all below it. Files that begin with #! are executable."""
        folders: dict[str, dict[str, bytes]] = {}
        entries: list[tuple[bytes, bytes, str]] = []
        for path, content in files.items():
            first, slash, rest = path.partition("/")
            if slash:
                folders.setdefault(first, {})[rest] = content
            else:
                mode = b"100755" if content.startswith(b"#!") else b"100644"
                entries.append((first.encode(), mode, self.add("blob", content)))
        entries += [(f.encode() + b"/", b"40000", self.tree(in_it)) for f, in_it in folders.items()]
        return self.add(
            "tree",
            b"".join(
                mode + b" " + name.rstrip(b"/") + b"\0" + bytes.fromhex(sha)
                for name, mode, sha in sorted(entries)
            ),
        )

    def commit(
        self, files: Mapping[str, bytes], message: str, parents: Iterable[str] = (),
        *, author: str = "",
    ) -> str:  # fmt: skip
        """Add a commit, an hour after the one before."""
        self.time += 3600
        who = author or self.author
        lines = [
            f"tree {self.tree(files)}", *(f"parent {parent}" for parent in parents),
            f"author {who} {self.time} +0000", f"committer {who} {self.time} +0000", "",
            f"{message}\n",
        ]  # fmt: skip
        return self.add("commit", "\n".join(lines).encode())

    def repository(
        self, refs: Mapping[str, str], *, head: str = "main", files: Mapping[str, bytes],
        logs: Mapping[str, str] | None = None,
    ) -> Tree:  # fmt: skip
        """Return the tree of a folder whose checked out branch is `head`, with content `files`."""
        found: dict[str, File | Link | Folder] = {
            ".git/refs/heads": Folder(), ".git/refs/tags": Folder(),
            **{path: File(c, executable=c.startswith(b"#!")) for path, c in files.items()},
        }  # fmt: skip
        packed = "# pack-refs with: peeled fully-peeled sorted \n" + "".join(
            f"{sha} {name}\n" for name, sha in sorted(refs.items())
        )
        pack, index = packs(self.objects)
        name = hashlib.sha1("".join(sorted(self.objects)).encode()).hexdigest()
        git = {
            "HEAD": f"ref: refs/heads/{head}\n".encode(),
            "config": CONFIG,
            "packed-refs": packed.encode(),
            "index": _index(files),
            f"objects/pack/pack-{name}.pack": pack,
            f"objects/pack/pack-{name}.idx": index,
            **{f"logs/{each}": text.encode() for each, text in (logs or {}).items()},
        }
        found |= {f".git/{path}": File(content) for path, content in git.items()}
        return dict(sorted(found.items()))


CONFIG = (
    b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
    b"\tlogallrefupdates = true\n"
)


def reflog(entries: Iterable[tuple[str, str, str]], *, who: str, start: int) -> str:
    """Write a reflog of (before, after, what happened); an empty hash is none."""
    none = "0" * 40
    return "".join(
        f"{before or none} {after or none} {who} {start + 3600 * i} +0000\t{told}\n"
        for i, (before, after, told) in enumerate(entries)
    )


def packs(objects: Mapping[str, Object]) -> tuple[bytes, bytes]:
    """Write a pack of objects and its index (version 2)."""
    parts = [b"PACK" + struct.pack(">II", 2, len(objects))]
    offset, places = 12, list[tuple[bytes, int, int]]()
    for name, (kind, content) in objects.items():
        size, first = len(content) >> 4, NUMBERS[kind] << 4 | len(content) & 15
        head = bytearray()
        while size:
            head.append(first | 128)
            size, first = size >> 7, size & 127
        head.append(first)
        entry = bytes(head) + zlib.compress(content, 0)
        places.append((bytes.fromhex(name), binascii.crc32(entry), offset))
        parts.append(entry)
        offset += len(entry)
    pack = b"".join(parts)
    pack += hashlib.sha1(pack).digest()
    places.sort()
    counts, done = [0] * 256, 0
    for name, _, _ in places:
        counts[name[0]] += 1
    fan: list[int] = []
    for count in counts:
        done += count
        fan.append(done)
    index = b"\xfftOc" + struct.pack(">I256I", 2, *fan) + b"".join(name for name, _, _ in places)
    index += struct.pack(f">{2 * done}I", *(c for _, c, _ in places), *(o for _, _, o in places))
    index += pack[-20:]
    return pack, index + hashlib.sha1(index).digest()


def _index(files: Mapping[str, bytes]) -> bytes:
    """Write the index of a clean checkout, without times: git then compares the contents."""
    parts = [b"DIRC" + struct.pack(">II", 2, len(files))]
    for path, content in sorted(files.items()):
        mode = 0o100755 if content.startswith(b"#!") else 0o100644
        name = path.encode()
        head = struct.pack(">10I", 0, 0, 0, 0, 0, 0, mode, 0, 0, len(content))
        entry = head + bytes.fromhex(name_of("blob", content)) + struct.pack(">H", len(name)) + name
        parts.append(entry + b"\0" * (8 - len(entry) % 8))
    index = b"".join(parts)
    return index + hashlib.sha1(index).digest()


class Repository:
    """What is in the `.git` of a tree. Raises `Unreadable`."""

    def __init__(self, tree: Tree) -> None:
        self.git = {
            path.removeprefix(".git/"): node.content
            for path, node in tree.items()
            if path.startswith(".git/") and isinstance(node, File)
        }
        self._left = MOST
        self.objects: dict[str, Object] = {}
        for path, content in sorted(self.git.items()):
            if re.fullmatch(r"objects/[0-9a-f]{2}/[0-9a-f]{38}", path):
                self._loose(content)
            elif path.startswith("objects/pack/") and path.endswith(".pack"):
                self._pack(content)
        self.refs = self._refs()

    @property
    def head(self) -> str:
        """The branch that is checked out, without refs/heads/; empty when none is."""
        said = self.git.get("HEAD", b"").decode(errors="replace").strip()
        return said.removeprefix("ref: refs/heads/") if said.startswith("ref: refs/heads/") else ""

    def branch(self, name: str) -> str:
        """Return the hash that a branch points at; empty when there is no such branch."""
        return self.refs.get(f"refs/heads/{name}", "")

    def commit(self, name: str) -> Commit:
        """Return a commit. Raises `Unreadable`."""
        head, _, message = self._get(name, "commit").decode(errors="replace").partition("\n\n")
        said: dict[str, list[str]] = {}
        for line in head.split("\n"):
            key, _, value = line.partition(" ")
            said.setdefault(key, []).append(value)
        author = re.sub(r" \d+ [+-]\d{4}$", "", said.get("author", [""])[0])
        return Commit(
            said.get("tree", [""])[0], tuple(said.get("parent", ())), author, message.strip()
        )

    def files(self, name: str) -> dict[str, bytes]:
        """Return the files of a commit. Raises `Unreadable`."""
        files: dict[str, bytes] = {}
        for count, (path, content) in enumerate(self._walk(self.commit(name).tree, "", 0)):
            if count >= MOST_FILES:
                raise Unreadable("too many files")
            if content is not None:
                files[path] = content
        return files

    def first_parents(self, name: str, until: str) -> list[str]:
        """Return the commits from `until` (left out) to `name` along first parents, oldest first;
        empty when the line does not lead there.
        """
        line: list[str] = []
        while name and name != until and len(line) < 10_000:
            line.append(name)
            name = next(iter(self.commit(name).parents), "")
        return line[::-1] if name == until else []

    def _get(self, name: str, kind: str) -> bytes:
        found = self.objects.get(name)
        if found is None or found[0] != kind:
            raise Unreadable(f"no {kind} {name}")
        return found[1]

    def _walk(self, name: str, folder: str, depth: int) -> Iterator[tuple[str, bytes | None]]:
        """Yield what is in a tree: files with their content, and folders before what is in them."""
        content, place = self._get(name, "tree"), 0
        if depth > 50:
            raise Unreadable("folders too deep")
        while place < len(content):
            space, end = content.find(b" ", place), content.find(b"\0", place)
            if not place < space < end:
                raise Unreadable(f"the tree {name} is damaged")
            mode, path = content[place:space], content[space + 1 : end].decode(errors="replace")
            sha, place = content[end + 1 : end + 21].hex(), end + 21
            if mode in (b"40000", b"040000"):
                yield f"{folder}{path}", None
                yield from self._walk(sha, f"{folder}{path}/", depth + 1)
            else:
                yield f"{folder}{path}", self._get(sha, "blob")

    def _refs(self) -> dict[str, str]:
        refs: dict[str, str] = {}
        for line in self.git.get("packed-refs", b"").splitlines():
            sha, _, name = line.partition(b" ")
            if _HEX.fullmatch(sha):
                refs[name.decode(errors="replace").strip()] = sha.decode()
        for path, content in self.git.items():
            if path.startswith("refs/") and _HEX.fullmatch(content.strip()):
                refs[path] = content.strip().decode()
        return refs

    def _inflate(self, data: bytes | memoryview) -> tuple[bytes, int]:
        """Return what was compressed, and how many bytes that took."""
        inflating = zlib.decompressobj()
        try:
            content = inflating.decompress(data, self._left + 1)
        except zlib.error as error:
            raise Unreadable(str(error)) from None
        self._left -= len(content)
        if self._left < 0 or not inflating.eof:
            raise Unreadable("an object is cut off, or the objects are too large")
        return content, len(data) - len(inflating.unused_data)

    def _loose(self, data: bytes) -> None:
        head, _, content = self._inflate(data)[0].partition(b"\0")
        self._keep(head.split(b" ")[0].decode(errors="replace"), content)

    def _keep(self, kind: str, content: bytes) -> str:
        name = name_of(kind, content)
        self.objects[name] = (kind, content)
        return name

    def _pack(self, data: bytes) -> None:
        try:
            self._entries(data)
        except (IndexError, struct.error) as error:
            raise Unreadable(f"a pack is damaged: {error}") from None

    def _entries(self, data: bytes) -> None:
        (count,) = struct.unpack(">I", data[8:12])
        if count > MOST_FILES:
            raise Unreadable("a pack has too many objects")
        place, at, view = 12, dict[int, str](), memoryview(data)
        waiting: list[tuple[int, int | str, bytes]] = []
        for _ in range(count):
            start = place
            kind = data[place] >> 4 & 7
            while data[place] & 128:
                place += 1
            place += 1
            base: int | str = ""
            if kind == OFFSET_DELTA:
                back = data[place] & 127
                while data[place] & 128:
                    place += 1
                    back = (back + 1) << 7 | data[place] & 127
                place, base = place + 1, start - back
            elif kind == NAME_DELTA:
                place, base = place + 20, data[place : place + 20].hex()
            content, length = self._inflate(view[place:])
            place += length
            if kind in KINDS:
                at[start] = self._keep(KINDS[kind], content)
            else:
                waiting.append((start, base, content))
        for _ in range(MOST_PASSES):
            waiting = [each for each in waiting if not self._resolve(at, *each)]
        if waiting:
            raise Unreadable("a pack lacks what its objects build on")

    def _resolve(self, at: dict[int, str], start: int, base: int | str, delta: bytes) -> bool:
        name = at.get(base, "") if isinstance(base, int) else base
        if name not in self.objects:
            return False
        kind, content = self.objects[name]
        whole = _applied(content, delta)
        self._left -= len(whole)
        if self._left < 0:
            raise Unreadable("the objects are too large")
        at[start] = self._keep(kind, whole)
        return True


def _applied(base: bytes, delta: bytes) -> bytes:
    """Apply a delta: a list of what to copy from the base and what to insert."""
    place = 0
    for _ in range(2):  # the two sizes are not needed
        while delta[place] & 128:
            place += 1
        place += 1
    parts: list[bytes] = []
    total = 0
    while place < len(delta):
        code, place = delta[place], place + 1
        if code & 128:
            numbers: list[int] = []
            for bit in range(7):
                numbers.append(delta[place] if code >> bit & 1 else 0)
                place += code >> bit & 1
            offset = int.from_bytes(bytes(numbers[:4]), "little")
            size = int.from_bytes(bytes(numbers[4:]), "little") or 0x10000
            parts.append(base[offset : offset + size])
        else:
            parts.append(delta[place : place + code])
            place += code
        total += len(parts[-1])
        if total > MOST:
            raise Unreadable("an object is too large")
    return b"".join(parts)
