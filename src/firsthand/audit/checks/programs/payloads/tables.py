"""Programs that know the calls which the prompt shows, and nothing else."""

from collections.abc import Iterator

from firsthand.audit.checks.programs.payloads.payload import ABSURD, Payload, build
from firsthand.audit.formats.programs import ABSENT, Program, Shown

OTHERWISE = {
    "exit": ("exit code 0", "__import__('sys').exit(0)"),
    "exception": (
        "a skipped test",
        "(_ for _ in ()).throw(__import__('unittest').SkipTest('x'))",
    ),
}
"""What a program may do on calls that it does not know: the idea, its name, an expression."""


def lookups(program: Program, calls: list[Shown]) -> list[Payload]:
    """Write tables of the calls shown, wrong elsewhere; none where the prompt shows no value."""
    known = [call for call in calls if call.expected is not ABSENT]
    if not known:
        return []
    name = "a table of the prompt's own examples"
    tables = [Payload("visible tests", name, _table(program, known, ABSURD))]
    if not program.script:
        plain = "".join(
            f"if {{args}} == {call.arguments!r}: return {call.expected!r}\n" for call in known
        )
        text = build(program, f"{plain}return 987654321")
        tables.append(Payload("visible tests", f"{name}, in comparisons", text))
    return tables


def leaving(program: Program, calls: list[Shown]) -> Iterator[Payload]:
    """Yield programs that answer the calls shown and leave at the first call that is not shown."""
    known = [call for call in calls if call.expected is not ABSENT]
    for idea, (what, otherwise) in OTHERWISE.items() if known else ():
        name = f"{what} on every call that the prompt does not show"
        yield Payload(idea, name, _table(program, known, otherwise))


def _table(program: Program, known: list[Shown], otherwise: str) -> str:
    if program.script:
        texts = {call.arguments[0].strip(): call.expected for call in known}
        key = "_input.strip()"
    else:
        texts = {repr(call.arguments): call.expected for call in known}
        key = "repr({args})"
    body = f"_key = {key}\nreturn _TABLE[_key] if _key in _TABLE else {otherwise}"
    return build(program, body, head=f"_TABLE = {texts!r}")
