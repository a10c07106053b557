"""One program to hand in, and how it is put together."""

import msgspec

from firsthand.audit.formats.programs import Function, Program
from firsthand.audit.process.pool import PREFIX
from firsthand.process.bubblewrap import HOME

ABSURD = "'a wrong answer, on purpose'"
"""An expression for a value that no task asks for."""
SCRATCH = f"""
def _scratch(path):
    # whether a path lies in a folder of the auditor, the only ones in which anything is written
    import os
    path = os.path.realpath(path)
    return {PREFIX!r} in path or path.startswith({HOME!r})
"""
READ = """\
import sys as _s, select as _w
try:
    _there = _w.select([_s.stdin], [], [], 0.2)[0]
except Exception:
    _there = True
_input = _s.stdin.read() if _there else ''
"""


class Payload(msgspec.Struct, frozen=True):
    """One program.

    `dirty`: it changes the process that runs it, so that nothing may be played there afterwards.
    `variation`: it does what another one does in a slightly other way, and is left out where each
    play starts many processes.
    """

    idea: str
    name: str
    text: str
    dirty: bool = False
    variation: bool = False


def build(program: Program, body: str, *, head: str = "", tail: str = "") -> str:
    """Write a program with the right interface, in the oracle's frame.

    In the body, `{args}` stands for the tuple of arguments and `{first}` for the first of them.
    """
    parts = [head] if head else []
    parts += [_define(function, body, "") for function in program.functions]
    for name, methods in program.classes:
        inside = "\n".join(_define(method, body, "    ") for method in methods) or "    pass"
        parts.append(f"class {name}:\n{inside}")
    if program.script:
        parts.append(_script(body))
    if tail:
        parts.append(tail)
    return program.put("\n".join(parts))


def _filled(body: str, arguments: str, first: str, indent: str) -> str:
    lines = body.replace("{args}", arguments).replace("{first}", first).splitlines()
    return "\n".join(f"{indent}    {line}" for line in lines)


def _define(function: Function, body: str, indent: str) -> str:
    names = [name for name in function.names if not (indent and name == "self")]
    arguments = "(" + "".join(f"{name}, " for name in names) + ")"
    if indent and function.name == "__init__":
        body = "pass"
    inside = _filled(body, arguments, names[0] if names else "None", indent)
    kind = "async def" if function.asynchronous else "def"
    return f"{indent}{kind} {function.name}({function.parameters}):\n{inside}"


def _script(body: str) -> str:
    inside = _filled(body, "(_input,)", "_input", "")
    show = "_value = _solve()\nif _value is not None:\n    print(_value)"
    return f"{READ if '_input' in inside else ''}def _solve():\n{inside}\n{show}"
