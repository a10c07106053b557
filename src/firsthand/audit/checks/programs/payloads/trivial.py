"""Programs without content: nothing at all, or one value whatever is asked."""

from collections.abc import Iterator

from firsthand.audit.checks.programs.payloads.payload import Payload, build
from firsthand.audit.formats.programs import Program

RETURNS = ("None", "{first}", "0", "1", "True", "False", "''", "[]", "{}", "-1")
EMPTIED = """\
try:
    {first}.clear()
except Exception:
    pass
return 0"""
VARIATIONS = ("a comment", *(f"`return {v}` as a body" for v in ("None", "1", "False", "{}", "-1")))
"""Programs that are wrong where another one is, mostly."""
OTHER_NAME = "def zebra_quartz():\n    return None\n"


def trivial(program: Program) -> Iterator[Payload]:
    """Yield the programs."""
    texts = {
        "an empty program": program.put(""),
        "a comment": program.put("# solved"),
        "a function of another name": program.put(OTHER_NAME),
        "`pass` as a body": build(program, "pass"),
    }
    texts |= {f"`return {v}` as a body": build(program, f"return {v}") for v in RETURNS}
    texts["a body that empties its argument and returns 0"] = build(program, EMPTIED)
    for name, text in texts.items():
        yield Payload("nothing", name, text, variation=name in VARIATIONS)
