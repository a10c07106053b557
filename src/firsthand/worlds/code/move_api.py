"""Functions move to other modules and get other names, and everybody who calls them must follow.

The package works before and has to work after: behaviour is compared by calling every function on
fresh inputs, and the syntax trees say that the old names are gone from where they were, imports
included, with no alias left behind. Left out: re-exports for other packages, and methods.
"""

import ast
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec

from firsthand.environment import Action, Observation, Score, tool
from firsthand.errors import ToolError
from firsthand.sandbox import python as interpreter
from firsthand.task import Task
from firsthand.worlds.code import package as packages
from firsthand.worlds.code.package import Module, Use
from firsthand.worlds.code.workbench import PackageFile, Workbench, agrees, calling

CALLS = 12
"""Calls of each function by which behaviour is compared."""
MOVABLE = frozenset({
    "split_amount", "add_tax", "parse_amount", "merge_ranges", "covered", "slug", "initials",
    "places", "podium", "apply_moves", "to_order", "totals", "render", "transpose", "postage",
    "pack",
})  # fmt: skip
"""Functions that neither call another of their module nor are called by one."""
PREFIXES = ("make", "find", "count", "plain", "quick", "new", "full", "one")
TARGETS = ("shared", "core", "tools", "basis", "parts")
SHAPES = {1: (2, 2, 1), 2: (3, 4, 1), 3: (3, 5, 2), 4: (4, 7, 2), 5: (4, 8, 3)}
"""Modules, functions that use others, and moves of a level."""


class Move(NamedTuple):
    """A function that moves: from a module under a name, to a module under a name."""

    module: str
    function: str
    target: str
    renamed: str


class MoveApi(Workbench):
    """Move functions of a package to another module under new names, call sites included."""

    name = "code/move_api"
    version = "1"
    turns = 40
    needs = frozenset({"python"})
    statement = (
        "Move functions of a small Python package to another module, under new names, as listed. "
        "Everything that uses them must follow; the old names must be gone from the whole "
        "package, without aliases, and nothing else may change what it does. Other functions and "
        "modules keep their names. Work with `read`, `edit`, `create` and `run`, then call "
        "`submit`, once."
    )

    def reset(self, task: Task) -> Observation:
        """Put a package together and say what has to move."""
        count, n_uses, n_moves = SHAPES[task.level]
        rng = task.rng("instance")
        while True:
            package = rng.choice(packages.NAMES)
            modules = packages.draw_modules(rng, count)
            uses = packages.draw_uses(rng, modules, n_uses)
            moves = _moves(rng, uses, n_moves)
            told = [(m.piece.module, sorted(m.constants.items())) for m in modules]
            if len(moves) == n_moves and task.owns(f"{package} {told} {uses} {moves}"):
                break
        self.package, self.moves, self.edits = package, moves, 0
        self.uses, self.verdict = uses, dict[str, bool]()
        sources = {m.piece.module: m.source for m in modules}
        title = f"The {package}: {', '.join(sorted(sources))}."
        self.files = packages.layout(package, sources, uses, title)
        self.calls = [
            *packages.calls_of(rng, modules, CALLS),
            *packages.calls_of_uses(rng, modules, uses, CALLS // 3),
        ]
        self.right = _moved(package, modules, uses, moves, title)
        listed = "\n".join(
            f"- `{package}.{m.module}.{m.function}` becomes `{package}.{m.target}.{m.renamed}`"
            for m in moves
        )
        opening = rng.choice(
            (
                f"`{package}` is being tidied up.",
                f"We agreed on new names in `{package}`.",
                f"Some functions of `{package}` are in the wrong place.",
            )
        )
        return Observation(
            f"{opening} These functions move, docstrings included:\n{listed}\nThe module "
            f"`{moves[0].target}` does not exist yet. Files: {', '.join(self.files)}."
        )

    @tool
    def edit(
        self,
        path: PackageFile,
        old: Annotated[str, msgspec.Meta(description="text that occurs in the file")],
        new: Annotated[str, msgspec.Meta(description="what takes its place everywhere in it")],
    ) -> str:
        """Replace a text by another wherever it occurs in one file."""
        text = self.text_of(path)
        found = text.count(old) if old else 0
        if not found or old == new:
            raise ToolError(f"Nothing was changed: the old text occurs {found} times in {path}.")
        return self._put(path, text.replace(old, new)) + f" Places: {found}."

    @tool
    def create(
        self,
        path: PackageFile,
        content: Annotated[str, msgspec.Meta(description="the whole text of the file")],
    ) -> str:
        """Write a new module of the package."""
        if path in self.files:
            raise ToolError(f"{path} exists; use edit.")
        if not re.fullmatch(rf"{self.package}/[a-z_][a-z0-9_]*\.py", path):
            raise ToolError(f"A module is a file like {self.package}/name.py, got {path!r}.")
        if len(self.files) > 20:
            raise ToolError("There are files enough.")
        return self._put(path, content)

    @tool
    async def submit(self) -> str:
        """Hand the package in as it is. This ends the work."""
        places = {(m.module, m.function): (m.target, m.renamed) for m in self.moves}
        asked: list[interpreter.Call] = []
        for call in self.calls:
            module, function = places.get(
                (call.module, call.function), (call.module, call.function)
            )
            asked.append(interpreter.Call(f"{self.package}.{module}", function, call.inputs))
        outcomes, _ = await interpreter.call(packages.tree_of(self.files), asked)
        same = all(map(agrees, self.calls, outcomes))
        trees = _parsed(self.files)
        self.verdict = {
            "moved": trees is not None
            and all(_defines(trees, self.package, m) for m in self.moves),
            "old_names_gone": trees is not None and not _left(trees, self.moves),
            "behaves_the_same": same,
        }
        self.finish()
        return "The package was handed in."

    def _put(self, path: str, text: str) -> str:
        self.put(path, text)
        self.edits += 1
        bad = "" if _parsed({path: text}) else " It does not compile now."
        return f"{path} was written.{bad}"

    def score(self) -> Score:
        """Say what the handed-in package is like."""
        names = ("moved", "old_names_gone", "behaves_the_same")
        held = {name: self.verdict.get(name, False) for name in names}
        return Score(edited=self.edits > 0, **held)

    def expert(self) -> Iterator[Action]:
        """Read each file that has to change, change it, try all imports, hand in."""
        for path, right in self.right.items():
            now = self.files.get(path)
            if now == right:
                continue
            if now is None:
                yield calling("create", path=path, content=right)
                continue
            yield calling("read", path=path)
            yield calling("edit", path=path, old=now, new=right)
        modules = ", ".join(path[:-3].replace("/", ".") for path in self.right if "__" not in path)
        yield calling("run", code=f"import {modules}")
        yield calling("submit")

    def aftermath(self) -> str:
        """Tell which files had to change, and what was not as it should be."""
        files = [path for path, text in self.right.items() if self.files.get(path) != text]
        used = sorted({use.module for use in self.uses for m in self.moves if _of(use, m)})
        missing = [name.replace("_", " ") for name, held in self.verdict.items() if not held]
        ended = f"Not so in what was handed in: {', '.join(missing)}." if missing else ""
        if not self.verdict:
            ended = f"Nothing was handed in; {len(files)} files were not as they should be."
        return (
            f"The moved functions are used in {', '.join(used)}: there both the import and the "
            f"calls change. {ended}"
        ).strip()

    def picture(self) -> str:
        """Show who uses what of what moves."""
        lines: list[str] = []
        for m in self.moves:
            users = [f"{use.module} ({use.style})" for use in self.uses if _of(use, m)]
            arrow = f"{m.module}.{m.function} → {m.target}.{m.renamed}"
            lines.append(f"{arrow}   used in {', '.join(users)}")
        return "\n".join(lines)


def _of(use: Use, move: Move) -> bool:
    return (use.of, use.function) == (move.module, move.function)


def _moves(rng: random.Random, uses: Sequence[Use], n: int) -> list[Move]:
    """Draw functions that are used, of different modules, and where they go."""
    target = rng.choice(TARGETS)
    found: list[Move] = []
    for use in rng.sample(uses, len(uses)):
        taken = {move.module for move in found}
        if use.function in MOVABLE and use.of not in taken and len(found) < n:
            noun = use.function.split("_")[-1]
            found.append(Move(use.of, use.function, target, f"{rng.choice(PREFIXES)}_{noun}"))
    return found if len({move.renamed for move in found}) == len(found) else []


def _moved(
    package: str, modules: Sequence[Module], uses: Sequence[Use], moves: Sequence[Move], title: str
) -> dict[str, str]:
    """Return the package as it should become."""
    sources = {m.piece.module: m.source for m in modules}
    bodies: list[str] = []
    for move in moves:
        rest, body = _cut(sources[move.module], move.function)
        sources[move.module] = rest
        bodies.append(re.sub(rf"\b{move.function}\b", move.renamed, body))
    sources[moves[0].target] = (
        '"""What several modules share."""\n\n\n' + "\n\n\n".join(bodies) + "\n"
    )
    placed = {(move.module, move.function): move for move in moves}
    files = packages.layout(package, sources, (), title)
    followed = [
        use._replace(of=placed[key].target, function=placed[key].renamed)
        if (key := (use.of, use.function)) in placed
        else use
        for use in uses
    ]
    return dict(sorted({**packages.layout(package, sources, followed, title), **files}.items()))


def _cut(source: str, function: str) -> tuple[str, str]:
    """Take a function out of a source."""
    blocks = source.rstrip("\n").split("\n\n\n")
    (body,) = (block for block in blocks if block.startswith(f"def {function}("))
    rest = "\n\n\n".join(block for block in blocks if block is not body)
    return f"{rest}\n", body


def _parsed(files: Mapping[str, str]) -> dict[str, ast.Module] | None:
    """Parse all files; None when one cannot be."""
    try:
        return {path: ast.parse(text) for path, text in files.items()}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defines(trees: Mapping[str, ast.Module], package: str, move: Move) -> bool:
    """Say whether the target has a definition of its own under the new name, and only it."""
    places = [
        path
        for path, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == move.renamed
    ]
    return places == [f"{package}/{move.target}.py"]


def _left(trees: Mapping[str, ast.Module], moves: Sequence[Move]) -> bool:
    """Say whether an old name is still anywhere: defined, imported, called or as text."""
    old = {move.function for move in moves}
    for tree in trees.values():
        for node in ast.walk(tree):
            names = {
                getattr(node, "name", None), getattr(node, "asname", None),
                getattr(node, "id", None), getattr(node, "attr", None),
            }  # fmt: skip
            if names & old:
                return True
            if isinstance(node, ast.Constant) and node.value in old:
                return True
    return False
