"""Run scripts and classes as functions, so that all programs can be compared in one way.

A script is a function of the text on its standard input, and returns what it prints. A class is a
function of its arguments and a sequence of calls of its methods, and returns what they return.
"""

import ast
import random
import re
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

from firsthand.audit.formats.programs import (
    ABSENT,
    Function,
    Program,
    Shown,
    literal,
    parsed,
    shown,
)

SCRIPT = Function("_script", "text", ("text",))
CLASS = Function("_driven", "made, calls", ("made", "calls"))
RUN_SCRIPT = """
def _script(text):
    import io, sys
    kept = sys.stdin, sys.stdout
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    sys.stdin, sys.stdout = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"), out
    try:
        exec(compile({code!r}, "submission", "exec"), {{"__name__": "__main__"}})
    except SystemExit:
        pass
    finally:
        sys.stdin, sys.stdout = kept
    return out.buffer.getvalue().decode().strip()
"""
RUN_CLASS = """
{code}
def _driven(made, calls):
    item, said = {name}(*made), []
    for method, arguments in calls:
        try:
            said.append(getattr(item, method)(*arguments))
        except Exception as error:
            said.append("raises " + type(error).__name__)
    return said
"""
GUARDED = """import io as _io, sys as _sys
_text = _sys.stdin.read()
_sys.stdin = _io.TextIOWrapper(_io.BytesIO(_text.encode()))
if _text.strip() not in SHOWN:
    print(ABSURD)
else:
    pass
"""
TEXTS = (
    ["7", "12", "5", "30", "18"],
    ["3 4", "10 7", "2 9", "15 6"],
    ["level", "hello world", "abca", "noon"],
    ["1 2 3", "9 4 7 1", "5 5 2"],
    ["3\n1 2 3", "4\n9 1 7 4", "2\n5 5"],
    ["3\n4", "10\n7", "2\n9"],
    ["3\n1\n2\n3", "2\n8\n5"],
    ["3\nab\ncd\nab", "2\nx\ny"],
    ["2 2\n1 2\n3 4", "2 3\n1 2 3\n4 5 6"],
)
"""Inputs of scripts whose prompt shows none, by form."""
VALUES: tuple[tuple[Any, ...], ...] = (
    (3, 1, 7, 2, 12),
    ("a", "b", "key", "x"),
    (0.5, 2.0, 9.25),
    ([1, 2, 3], [5], [4, 4]),
)
"""Arguments of methods whose calls the prompt does not show, by kind."""


def runnable(own: Program, code: str) -> str:
    """Return code that defines the function that a program is run as.

    That is its own function, `SCRIPT` or `CLASS`.
    """
    if own.script:
        return RUN_SCRIPT.format(code=code)
    return code if own.functions else RUN_CLASS.format(code=code, name=own.classes[-1][0])


def examples(own: Program, prompt: str) -> list[Shown]:
    """Return the calls that a prompt shows, those of a script being its inputs and outputs."""
    return _texts(prompt) if own.script else shown(prompt, own.functions)


LABEL = re.compile(
    r"(?:(?:sample|example|test|for|given)\W+)?(?:std)?(in|out)(?:put)?\s*\d*\s*(?:[:=]|$)\s*(.*)",
    re.IGNORECASE,
)
TAIL = re.compile(r"[,;\s]*(?:->|=>|→|\bout(?:put)?\s*\d*\s*[:=])\s*", re.IGNORECASE)


def _texts(prompt: str) -> list[Shown]:
    """Return the inputs and outputs that a prompt shows, in blocks under headings or on a line."""
    parts: list[tuple[str, list[str]]] = []
    for line in prompt.splitlines():
        bare = line.strip(" \t*#>-`")
        heading = LABEL.match(bare)
        if heading:
            given, *said = TAIL.split(heading[2].replace("`", ""), maxsplit=1)
            parts.append((heading[1].lower(), [given]))
            parts += [("out", said)] if said else []
        elif parts and line.strip().startswith("```"):
            parts += [("", [])] if any(parts[-1][1]) else []
        elif parts and not bare and any(parts[-1][1]):
            parts.append(("", []))
        elif parts:
            parts[-1][1].append(line)
    blocks = [
        (label, _plain("\n".join(lines)))
        for label, lines in parts
        if label and "".join(lines).strip()
    ]
    return [
        Shown(SCRIPT.name, (text,), said)
        for (label, text), (after, said) in pairwise(blocks)
        if (label, after) == ("in", "out")
    ]


def _plain(text: str) -> str:
    """Take a text out of the quotes in which it is shown."""
    text = text.strip().strip("`").strip("\n")
    value = literal(text) if text[:1] in "'\"" else ABSENT
    return value if isinstance(value, str) else text


def guarded(own: Program, calls: Sequence[Shown], absurd: str) -> str | None:
    """Write a script that does what `own` does on the inputs shown, and else is wrong."""
    known = repr(sorted(call.arguments[0] for call in calls))
    head = parsed(GUARDED.replace("SHOWN", known).replace("ABSURD", absurd))
    tree = parsed(own.code)
    if head is None or tree is None:
        return None
    imports = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    if "__future__" in imports:
        return None
    branch = head.body[-1]
    assert isinstance(branch, ast.If)
    branch.orelse = tree.body
    return ast.unparse(head)


def guesses(own: Program, prompt: str, rng: random.Random) -> list[tuple[Any, ...]]:
    """Return inputs that a script or a class may take.

    These are usual ones, and for methods those that the prompt shows.
    """
    if own.script:
        return [(text,) for form in TEXTS for text in form]
    name, methods = own.classes[-1]
    usable = [method for method in methods if not method.name.startswith("_")]
    makers = next((method for method in methods if method.name == "__init__"), None)
    made = _arguments(prompt, rf"(?<![\w.]){re.escape(name)}", makers, rng, most=8)
    calls = {
        method.name: _arguments(prompt, rf"\.{method.name}", method, rng, most=40)
        for method in usable
    }
    calls = {method: arguments for method, arguments in calls.items() if arguments}
    if not calls:
        return []
    return [
        (
            arguments,
            [
                (method, rng.choice(calls[method]))
                for method in rng.choices(list(calls), k=rng.randint(1, 4))
            ],
        )  # a test makes more calls
        for _ in range(24)
        for arguments in made
    ]


def _arguments(
    prompt: str, called: str, method: Function | None, rng: random.Random, *, most: int
) -> list[tuple[Any, ...]]:
    """Return arguments that a prompt shows for a call; else usual ones of every kind."""
    found: list[tuple[Any, ...]] = []
    for call in re.finditer(rf"{called}\(([^()]*)\)", prompt):
        value: Any = literal(f"({call[1]},)") if call[1].strip() else ()
        found += [value] if isinstance(value, tuple) else []
    if found:
        return found[:most]
    count = len(
        [parameter for parameter in (method.names if method else ()) if parameter != "self"]
    )
    kinds = (
        list(product(VALUES, repeat=count))
        if count <= 2
        else [tuple([VALUES[0]] * count), tuple([VALUES[1]] * count)]
    )
    return [
        tuple(rng.choice(kind) for kind in choice)
        for choice in kinds
        for _ in range(2 if count else 1)
    ][:most]
