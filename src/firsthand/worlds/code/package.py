"""A small package, put together of pieces: modules of functions, and modules that use them.

What its functions return is known here without running anything of an agent's: the text of pieces
is the house's own, and is executed in this process. The modules that use others do so in the ways
that people import: a name, a module, a module under another name.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from string import Template
from types import CodeType
from typing import Any, NamedTuple

from firsthand.sandbox.protocol import File, Tree
from firsthand.worlds.code.pieces import PIECES, Piece

NAMES = (
    "almanac", "bureau", "cabinet", "depot", "errand", "foundry", "granary", "harbour", "inkwell",
    "jetty", "kiln", "ledgers", "mercer", "notary", "orchard", "pantry",
)  # fmt: skip
USERS = ("batch", "office", "counter", "nightly", "front")
"""Names of modules that use others."""


class Module(NamedTuple):
    """A piece with its constants, or with a fault in it."""

    piece: Piece
    constants: Mapping[str, Any]

    def filled(self, text: str) -> str:
        """Put the constants into a text."""
        return Template(text).substitute(
            {name: str(value) for name, value in self.constants.items()}
        )

    @property
    def source(self) -> str:
        """The right text."""
        return self.filled(self.piece.source)


class Use(NamedTuple):
    """A function that uses another: where, its name, how it imports, and what it does with it."""

    module: str
    name: str
    style: str
    form: str
    of: str
    function: str


class Call(NamedTuple):
    """What is compared: a call, and what it does: a value, or the name of an exception."""

    module: str
    function: str
    inputs: tuple[Any, ...]
    value: Any
    raises: str


FORMS = {
    "each": (
        "Return what `{function}` gives for each row of arguments.",
        "    return [{call}(*row) for row in rows]",
    ),
    "safe": (
        "Return what `{function}` gives for each row of arguments, None where it refuses.",
        "    found = []\n    for row in rows:\n        try:\n"
        "            found.append({call}(*row))\n        except ValueError:\n"
        "            found.append(None)\n    return found",
    ),
    "changed": (
        "Return the numbers of the rows for which `{function}` gives something else than before.",
        "    found = [{call}(*row) for row in rows]\n"
        "    return [i for i in range(1, len(found)) if found[i] != found[i - 1]]",
    ),
}
STYLES = ("name", "module", "alias")


def draw_modules(rng: random.Random, n: int) -> list[Module]:
    """Draw so many different pieces and their constants."""
    return [
        Module(piece, {name: rng.choice(values) for name, values in piece.constants.items()})
        for piece in rng.sample(PIECES, n)
    ]


def draw_uses(rng: random.Random, modules: Sequence[Module], n: int) -> list[Use]:
    """Draw so many functions that use others, two or three in a module."""
    functions = [(m.piece.module, name) for m in modules for name in m.piece.functions]
    chosen = rng.sample(functions, min(n, len(functions)))
    users = rng.sample(USERS, max(1, (len(chosen) + 1) // 3))
    uses: list[Use] = []
    for i, (module, function) in enumerate(chosen):
        form, style = rng.choice(list(FORMS)), rng.choice(STYLES)
        if function in ("parse_amount", "apply_moves"):
            form = "safe"  # they refuse some inputs
        user = users[i % len(users)]
        uses.append(Use(user, f"{form}_{function}", style, form, module, function))
    return uses


def user_source(package: str, name: str, uses: Sequence[Use]) -> str:
    """Write a module that uses others."""
    own = [use for use in uses if use.module == name]
    imports: set[str] = set()
    functions: list[str] = []
    for use in own:
        line, call = _imported(package, use)
        imports.add(line)
        said, body = FORMS[use.form]
        functions.append(
            f"def {use.name}(rows):\n"
            f'    """{said.format(function=use.function)}"""\n{body.format(call=call)}\n'
        )
    head = f'"""What the {name} does for many rows at once."""\n\n'
    return head + "\n".join(sorted(imports)) + "\n\n\n" + "\n\n".join(functions)


def _imported(package: str, use: Use) -> tuple[str, str]:
    if use.style == "name":
        return f"from {package}.{use.of} import {use.function}", use.function
    if use.style == "module":
        return f"from {package} import {use.of}", f"{use.of}.{use.function}"
    return f"import {package}.{use.of} as {use.of}_", f"{use.of}_.{use.function}"


def layout(
    package: str, sources: Mapping[str, str], uses: Sequence[Use], title: str
) -> dict[str, str]:
    """Return all files of the package as text."""
    files = {f"{package}/{module}.py": text for module, text in sources.items()}
    for user in sorted({use.module for use in uses}):
        files[f"{package}/{user}.py"] = user_source(package, user, uses)
    files[f"{package}/__init__.py"] = f'"""{title}"""\n'
    return dict(sorted(files.items()))


def tree_of(files: Mapping[str, str]) -> Tree:
    """Return files as a sandbox takes them."""
    return {path: File(text.encode()) for path, text in files.items()}


@lru_cache(512)
def _compiled(source: str) -> CodeType:
    return compile(source, "<piece>", "exec")


def loaded(source: str) -> dict[str, Any]:
    """Execute the text of a piece, and return its functions by name."""
    names: dict[str, Any] = {}
    exec(_compiled(source), names)
    return names


def outcome(function: Any, inputs: Sequence[Any]) -> tuple[Any, str]:
    """Return what a function of a piece returns, or the name of what it raises."""
    try:
        return function(*inputs), ""
    except Exception as error:
        return None, type(error).__name__


def calls_of(rng: random.Random, modules: Sequence[Module], n: int) -> Iterator[Call]:
    """Draw so many calls of every function, with what is right."""
    for module in modules:
        names = loaded(module.source)
        for function, draw in module.piece.functions.items():
            for _ in range(n):
                inputs = draw(rng, module.constants)
                value, raises = outcome(names[function], inputs)
                yield Call(module.piece.module, function, inputs, value, raises)


def calls_of_uses(
    rng: random.Random, modules: Sequence[Module], uses: Sequence[Use], n: int
) -> Iterator[Call]:
    """Draw so many calls of every function that uses another, with what is right."""
    by_name = {module.piece.module: module for module in modules}
    for use in uses:
        module = by_name[use.of]
        function = loaded(module.source)[use.function]
        draw = module.piece.functions[use.function]
        for _ in range(n):
            rows = [list(draw(rng, module.constants)) for _ in range(rng.randint(1, 4))]
            found = [outcome(function, row)[0] for row in rows]
            if use.form == "changed":
                found = [i for i in range(1, len(found)) if found[i] != found[i - 1]]
            yield Call(use.module, use.name, (rows,), found, "")
