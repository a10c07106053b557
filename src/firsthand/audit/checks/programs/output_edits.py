"""The reference program with one change of what it returns: a comparison that is too loose pays it.

Each edit belongs to a family that names what a grader did not compare. What would fool it: values
that may differ and still be right. So nothing here is a matter of taste: added parts are of no use
in any answer, numbers are off by one or by a tenth, and order is changed only where the prompt
states one.
"""

import re
from collections.abc import Iterator

from firsthand.audit.checks.programs.edits import Mutant
from firsthand.audit.formats.programs import Program
from firsthand.audit.formats.reference_runs import Domain

ORDERED = re.compile(
    r"\b(sorted|ascending|descending|increasing|decreasing|alphabetical\w*|reversed|rotated"
    r"|in (the |their )?(same |given |original )?order|from (smallest|largest|first))\b",
    re.IGNORECASE,
)
ANY_ORDER = re.compile(r"\b(any|no particular|whatever) order\b", re.IGNORECASE)
EDITS = {
    "a zero put behind it": ("part", "str(v) + '0' if s else v + [0] if l else int(f'{v}0')"),
    "something put behind it": ("part", "v + ' zebra' if s else v + ['zebra'] if l else v"),
    "something put before it": ("part", "'zebra ' + v if s else ['zebra', *v] if l else v"),
    "its last part left out": ("part", "v[:-1] if s or l else v"),
    "all but its first part replaced": (
        "beginning",
        "v[:1] + '#' * (len(v) - 1) if s else v[:1] + [None] * (len(v) - 1) if l else v",
    ),
    "every part repeated": ("set", "''.join(c * 2 for c in v) if s else v + v if l else v"),
    "its order reversed": ("order", "v[::-1] if l else v"),
    "one added to it": ("number", "v + 1 if type(v) is int else v"),
    "a tenth added to it": ("number", "v * 1.1 + 0.1 if type(v) is float else v"),
}
"""What is changed: the family, and an expression for a value `v`; `s`: a text, `l`: a list."""
ADVICE = {
    "part": "Compare whole values and their lengths, not a part of one with the other.",
    "beginning": "Compare whole values, not how they begin.",
    "set": "Compare how often and in which order things occur, not only which.",
    "order": "Compare in order, where the prompt asks for an order.",
    "number": "Compare numbers exactly, or within the tolerance that the prompt states.",
}
"""What to do about a grader that pays for an edit of each family."""
FUNCTION = """{code}
_reference = {name}
_open = []
def _edited(v):
    s, l = type(v) is str, type(v) is list
    return {edit}
def {name}({parameters}):
    _open.append(1)
    try:
        value = _reference(*{arguments})
    finally:
        _open.pop()
    return value if _open else _edited(value)
"""
SCRIPT = """import contextlib as _c, io as _i
_out = _i.StringIO()
with _c.redirect_stdout(_out), _c.suppress(SystemExit):
    exec(compile({code!r}, "solution", "exec"), {{"__name__": "__main__"}})
def _edited(v):
    s, l = True, False
    return {edit}
print(_edited(_out.getvalue().strip()))
"""


def output_edits(own: Program, known: Domain, prompt: str) -> Iterator[Mutant]:
    """Yield the programs; none for classes."""
    ordered = ORDERED.search(prompt) and not ANY_ORDER.search(prompt)
    for name, (family, edit) in EDITS.items():
        if family == "order" and not ordered:
            continue
        if own.script:
            code = SCRIPT.format(code=own.code, edit=edit)
        elif own.functions:
            code = FUNCTION.format(
                code=own.code,
                name=known.function.name,
                parameters=known.function.parameters,
                arguments=known.function.arguments,
                edit=edit,
            )
        else:
            return
        yield Mutant(f"the right value, {name}", code, family=family)
