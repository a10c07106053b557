"""A small package in which something is wrong, a report of what was seen, and tools to repair it.

A package is put together of pieces whose docstrings say all that they do; faults are slips in
them. A handed-in repair is judged once, by calling every function on fresh inputs in an interpreter
of its own and comparing here with what the right package does; so another repair that behaves the
same is as good, and there are no tests to edit. Left out: faults that no call shows, such as slow
code, and several languages.
"""

import ast
import random
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import msgspec

from firsthand.environment import Action, Observation, Score, tool
from firsthand.errors import ToolError
from firsthand.sandbox import python as interpreter
from firsthand.task import Task
from firsthand.worlds.code import package as packages
from firsthand.worlds.code.package import Call, Module, Use
from firsthand.worlds.code.pieces import Fault
from firsthand.worlds.code.workbench import PackageFile, Workbench, agrees, calling

CALLS = 40
"""Calls of each function by which a repair is judged."""


class Shape(NamedTuple):
    """What a level has: modules, functions that use others, faults, and how they are reported."""

    modules: int
    uses: int
    faults: int
    indirect: bool


SHAPES = {
    1: Shape(2, 2, 1, False),
    2: Shape(3, 3, 1, True),
    3: Shape(4, 4, 2, True),
    4: Shape(5, 6, 3, True),
    5: Shape(6, 7, 4, True),
}


class Slip(msgspec.Struct, frozen=True):
    """A fault in the package: where, and the line that is wrong and right."""

    path: str
    function: str
    wrong: str
    right: str


class Repair(Workbench):
    """Find what is wrong in a small Python package and repair it."""

    name = "code/repair"
    version = "1"
    turns = 28
    needs = frozenset({"python"})
    statement = (
        "Repair a small Python package. The docstrings are right; somewhere the code does not do "
        "what they say. Read, run and edit until every function does, and change nothing else "
        "that callers could notice. Then call `submit`, once: fresh calls of every function decide."
    )

    def reset(self, task: Task) -> Observation:
        """Put a package together and break it."""
        shape = SHAPES[task.level]
        rng = task.rng("instance")
        while True:
            package = rng.choice(packages.NAMES)
            modules = packages.draw_modules(rng, shape.modules)
            uses = packages.draw_uses(rng, modules, shape.uses)
            faults = _faults(rng, modules, uses, shape)
            told = [(m.piece.module, sorted(m.constants.items())) for m in modules]
            kinds = [(module.piece.module, fault.wrong) for module, fault in faults]
            if not task.owns(f"{package} {told} {kinds}"):
                continue
            self.calls = [
                *packages.calls_of(rng, modules, CALLS),
                *packages.calls_of_uses(rng, modules, uses, CALLS // 4),
            ]
            seen = [_seen(rng, self.calls, uses, *broken, shape) for broken in faults]
            if all(seen):
                break
        self.package, self.edits = package, 0
        self.verdict: dict[str, bool] = {}
        self.wrong_calls: list[str] = []
        self.slips = [_slip(package, module, fault) for module, fault in faults]
        sources = {m.piece.module: m.source for m in modules}
        for module, fault in faults:
            name = module.piece.module
            sources[name] = sources[name].replace(
                module.filled(fault.right), module.filled(fault.wrong)
            )
        title = f"The {package}: {', '.join(sorted(sources))}."
        self.files = packages.layout(package, sources, uses, title)
        return Observation(_ticket(rng, package, list(self.files), [each for each in seen if each]))

    @tool
    def edit(
        self,
        path: PackageFile,
        old: Annotated[str, msgspec.Meta(description="text that occurs once in the file")],
        new: Annotated[str, msgspec.Meta(description="what takes its place")],
    ) -> str:
        """Replace a text in a file by another."""
        text = self.text_of(path)
        found = text.count(old) if old else 0
        if found != 1:
            raise ToolError(
                f"The old text occurs {found} times in {path}; give a text that occurs once."
            )
        if old == new:
            raise ToolError("The new text is the old one; nothing was changed.")
        changed = text.replace(old, new)
        self.put(path, changed)
        self.edits += 1
        said = _syntax(changed)
        return f"{path} was changed.{f' It no longer compiles: {said}' if said else ''}"

    @tool
    async def submit(self) -> str:
        """Hand the package in as it is. This ends the work."""
        calls = [
            interpreter.Call(f"{self.package}.{call.module}", call.function, call.inputs)
            for call in self.calls
        ]
        outcomes, _ = await interpreter.call(packages.tree_of(self.files), calls)
        broken = {(_module(slip.path), slip.function) for slip in self.slips}
        wrong = [
            call
            for call, outcome in zip(self.calls, outcomes, strict=True)
            if not agrees(call, outcome)
        ]
        at = {(call.module, call.function) for call in wrong}
        self.wrong_calls = sorted({f"{module}.{function}" for module, function in at})
        self.verdict = {
            "repaired": not at & broken,
            "rest_unchanged": not at - broken,
        }
        self.finish()
        return "The package was handed in."

    def score(self) -> Score:
        """Say what the handed-in package does."""
        return Score(
            edited=self.edits > 0,
            repaired=self.verdict.get("repaired", False),
            rest_unchanged=self.verdict.get("rest_unchanged", False),
        )

    def expert(self) -> Iterator[Action]:
        """Read each module that is broken, undo the slip, look whether all imports, hand in."""
        for slip in self.slips:
            yield calling("read", path=slip.path)
            if self.files[slip.path].count(slip.wrong) == 1:
                yield calling("edit", path=slip.path, old=slip.wrong, new=slip.right)
        modules = ", ".join(path[:-3].replace("/", ".") for path in self.files if "__" not in path)
        yield calling("run", code=f"import {modules}")
        yield calling("submit")

    def aftermath(self) -> str:
        """Tell what was wrong, and which functions still are."""
        told = [
            f"{slip.path}, {slip.function}: `{slip.wrong}` should be `{slip.right}`."
            for slip in self.slips
        ]
        if self.verdict and self.wrong_calls:
            told.append(f"Handed in, these do not do what they should: "
                        f"{', '.join(self.wrong_calls)}.")  # fmt: skip
        elif not self.verdict:
            told.append("Nothing was handed in.")
        return "\n".join(told)

    def picture(self) -> str:
        """List the files, and mark those with a fault that is still in them."""
        marks = {slip.path: slip for slip in self.slips}
        lines: list[str] = []
        for path, text in self.files.items():
            slip = marks.get(path)
            mark = " ← fault" if slip and slip.wrong in text and slip.right not in text else ""
            lines.append(f"{path} ({text.count(chr(10))} lines){mark}")
        return "\n".join(lines)


def _module(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


def _slip(package: str, module: Module, fault: Fault) -> Slip:
    """Return the wrong line, after as many of the lines above as make it occur once."""
    right, wrong = module.filled(fault.right), module.filled(fault.wrong)
    lines = module.source.splitlines()
    (at,) = (i for i, line in enumerate(lines) if right in line)
    broken = module.source.replace(right, wrong)
    start = at
    while broken.count(_lines(broken, start, at)) != 1:
        start -= 1
    path = f"{package}/{module.piece.module}.py"
    return Slip(path, fault.function, _lines(broken, start, at), _lines(module.source, start, at))


def _lines(text: str, start: int, end: int) -> str:
    return "\n".join(text.splitlines()[start : end + 1]).strip()


def _syntax(text: str) -> str:
    """Say why a text is no program; empty when it is one."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno}."
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}."
    return ""


def _faults(
    rng: random.Random, modules: list[Module], uses: list[Use], shape: Shape
) -> list[tuple[Module, Fault]]:
    """Draw a fault for each of some modules, seen through another module where that is asked."""
    used = {use.function for use in uses}
    found: list[tuple[Module, Fault]] = []
    for module in rng.sample(modules, shape.faults):
        faults = [f for f in module.piece.faults if f.function in used]
        found.append((module, rng.choice(faults or list(module.piece.faults))))
    return found


def _seen(
    rng: random.Random,
    calls: list[Call],
    uses: list[Use],
    module: Module,
    fault: Fault,
    shape: Shape,
) -> str:
    """Tell a call that shows a fault, or only where it shows; empty when no drawn call does."""
    source = module.source.replace(module.filled(fault.right), module.filled(fault.wrong))
    function = packages.loaded(source)[fault.function]
    name = module.piece.module
    shown: list[tuple[Call, Any, str]] = []
    for call in calls:
        if (call.module, call.function) == (name, fault.function):
            value, raises = packages.outcome(function, call.inputs)
            if (repr(value), raises) != (repr(call.value), call.raises):
                shown.append((call, value, raises))
    if len(shown) < 2:
        return ""
    call, value, raises = rng.choice(shown)
    arguments = ", ".join(map(repr, call.inputs))
    through = [use for use in uses if (use.of, use.function) == (name, fault.function)]
    if shape.indirect and through:
        use = rng.choice(through)
        return f"`{use.name}` in `{use.module}` is off for the row {list(call.inputs)!r}"
    happened = f"raised {raises}" if raises else f"returned {value!r}"
    if shape.indirect:
        return f"`{fault.function}({arguments})` {happened}, which cannot be right"
    expected = f"raise {call.raises}" if call.raises else f"be {call.value!r}"
    return f"`{fault.function}({arguments})` {happened}; it should {expected}"


def _ticket(rng: random.Random, package: str, files: list[str], seen: list[str]) -> str:
    opening = rng.choice(
        (
            f"Since the last clean-up the package `{package}` gives wrong results.",
            f"People complain about `{package}`.",
            f"The numbers that `{package}` gives are not what its docstrings promise.",
            f"Please look into `{package}`: something broke.",
        )
    )
    listed = "\n".join(f"- {line}." for line in seen)
    return (
        f"{opening} What was seen:\n{listed}\n"
        f"Each line is a fault of its own. Files: {', '.join(files)}."
    )
