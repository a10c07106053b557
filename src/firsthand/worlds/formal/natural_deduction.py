"""The kernel of natural deduction: formulas, and the lines that rules add to a proof.

Every line is made here from the rule and the lines that it names, so that nothing can be claimed.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from firsthand.errors import ToolError

MOST_LETTERS = 200
"""Characters of a step; longer formulas than the tasks need only cost time."""


class Formula(NamedTuple):
    """A letter, `#` (falsum), or one of `~ & | >` over parts."""

    sign: str
    parts: tuple["Formula", ...] = ()

    def __str__(self) -> str:
        match self.parts:
            case ():
                return self.sign
            case (one,):
                return f"~{one}"
            case _:
                sign = "->" if self.sign == ">" else self.sign
                return f"({self.parts[0]} {sign} {self.parts[1]})"


FALSE = Formula("#")


class Line(NamedTuple):
    """A line of the proof. `boxes` are the numbers of the suppositions it stands under."""

    formula: Formula
    why: str
    boxes: tuple[int, ...]


def negation(part: Formula) -> Formula:
    """Negate."""
    return Formula("~", (part,))


def both(sign: str, left: Formula, right: Formula) -> Formula:
    """Join two formulas."""
    return Formula(sign, (left, right))


RULES = {
    "suppose": "`suppose FORMULA` opens a box in which FORMULA may be used",
    "imply": "`imply n`: from B, (A -> B) where A opened the innermost box, which it closes",
    "negate": "`negate n`: from #, ~A where A opened the innermost box, which it closes",
    "and": "`and n m`: from A and B, (A & B)",
    "left": "`left n`: from (A & B), A",
    "right": "`right n`: from (A & B), B",
    "either": "`either n FORMULA`: from A, a FORMULA (A | B) or (B | A)",
    "cases": "`cases n m k`: from (A | B), (A -> C) and (B -> C), C",
    "mp": "`mp n m`: from (A -> B) and A, B",
    "clash": "`clash n m`: from A and ~A, #",
    "absurd": "`absurd n FORMULA`: from #, any FORMULA",
    "dne": "`dne n`: from ~~A, A",
}
_LINES = {"and": 2, "cases": 3, "mp": 2, "clash": 2, "suppose": 0}
STATING = ("suppose", "either", "absurd")


def apply(lines: Sequence[Line], step: str) -> Line:
    """Return the line that a step adds. Raises `ToolError` where it does not follow."""
    rule, numbers, stated = read(step)
    boxes = lines[-1].boxes if lines else ()
    used = [_usable(lines, number) for number in numbers]
    if rule == "suppose" and stated:
        return Line(stated, step, (*boxes, len(lines) + 1))
    if rule in ("imply", "negate"):
        if not boxes:
            raise ToolError(f"No box is open, so that `{rule}` has nothing to close.")
        supposed = lines[boxes[-1] - 1].formula
        if rule == "negate" and used[0] != FALSE:
            raise ToolError(f"`negate` needs a line with #, and line {numbers[0]} is {used[0]}.")
        made = both(">", supposed, used[0]) if rule == "imply" else negation(supposed)
        return Line(made, step, boxes[:-1])
    made = _INFER[rule](*used, *([stated] if stated else []))
    if made is None:
        given = " and ".join(f"line {n}, {f}" for n, f in zip(numbers, used, strict=True))
        raise ToolError(f"That does not follow from {given}. {RULES[rule]}.")
    return Line(made, step, boxes)


def _usable(lines: Sequence[Line], number: int) -> Formula:
    if not 1 <= number <= len(lines):
        raise ToolError(f"There is no line {number}: the proof has {len(lines)} lines.")
    line, open_boxes = lines[number - 1], lines[-1].boxes
    if line.boxes != open_boxes[: len(line.boxes)]:
        raise ToolError(f"Line {number} stands in a box that is closed.")
    return line.formula


def _detach(arrow: Formula, given: Formula) -> Formula | None:
    return arrow.parts[1] if arrow.sign == ">" and arrow.parts[0] == given else None


def _cases(either: Formula, one: Formula, two: Formula) -> Formula | None:
    if either.sign != "|" or one.sign != ">" or two.sign != ">":
        return None
    fits = either.parts == (one.parts[0], two.parts[0]) and one.parts[1] == two.parts[1]
    return one.parts[1] if fits else None


def _and(left: Formula, right: Formula) -> Formula:
    return both("&", left, right)


def _left(given: Formula) -> Formula | None:
    return given.parts[0] if given.sign == "&" else None


def _right(given: Formula) -> Formula | None:
    return given.parts[1] if given.sign == "&" else None


def _either(given: Formula, whole: Formula) -> Formula | None:
    return whole if whole.sign == "|" and given in whole.parts else None


def _clash(fact: Formula, denied: Formula) -> Formula | None:
    return FALSE if denied == negation(fact) else None


def _absurd(given: Formula, whole: Formula) -> Formula | None:
    return whole if given == FALSE else None


def _dne(given: Formula) -> Formula | None:
    twice = given.sign == "~" and given.parts[0].sign == "~"
    return given.parts[0].parts[0] if twice else None


_INFER: dict[str, Callable[..., Formula | None]] = {
    "and": _and,
    "left": _left,
    "right": _right,
    "either": _either,
    "cases": _cases,
    "mp": _detach,
    "clash": _clash,
    "absurd": _absurd,
    "dne": _dne,
}


def read(step: str) -> tuple[str, list[int], Formula | None]:
    """Take a step apart. Raises `ToolError` with the form that the rule has."""
    rule, _, rest = step.partition(" ")
    if rule not in RULES:
        raise ToolError(f"A step begins with one of {', '.join(RULES)}, or is `undo` or `show`.")
    if len(step) > MOST_LETTERS:
        raise ToolError(f"A step has at most {MOST_LETTERS} characters.")
    count = _LINES.get(rule, 1)
    form = r"[0-9]{1,3} " * count + ".+" if rule in STATING else " ".join(["[0-9]{1,3}"] * count)
    if not re.fullmatch(form, rest):
        raise ToolError(f"Not understood: {RULES[rule]}.")
    words = rest.split(" ", count)
    return (
        rule,
        [int(word) for word in words[:count]],
        (parse(words[count]) if rule in STATING else None),
    )


def parse(text: str) -> Formula:
    """Read a formula, fully bracketed as it is shown; the outermost brackets may be left out."""
    tokens = re.findall(r"->|[a-z#~&|()]|\S", text)
    for attempt in (tokens, ["(", *tokens, ")"]):
        formula, rest = _parse(attempt)
        if formula and not rest:
            return formula
    raise ToolError(f"{text!r} is no formula: write it as in ((p & ~q) -> r), with # for falsum.")


def _parse(tokens: list[str]) -> tuple[Formula | None, list[str]]:
    match tokens:
        case ["~", *rest]:
            part, rest = _parse(rest)
            return (negation(part) if part else None), rest
        case ["(", *rest]:
            left, rest = _parse(rest)
            if not left or not rest or rest[0] not in ("&", "|", "->"):
                return None, rest
            right, after = _parse(rest[1:])
            if not right or not after or after[0] != ")":
                return None, after
            return both(">" if rest[0] == "->" else rest[0], left, right), after[1:]
        case [sign, *rest] if re.fullmatch("[a-z#]", sign):
            return Formula(sign), rest
        case _:
            return None, []
