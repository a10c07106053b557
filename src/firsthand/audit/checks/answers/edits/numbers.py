"""Edits of an answer that is one number: its sign, its size, its digits, its unit."""

import re
from collections.abc import Callable, Iterator

from firsthand.audit.checks.answers.edits.edit import Edit, Source
from firsthand.audit.formats.sameness import NUMBER, alike, quantity

FACTORS: dict[str, Callable[[float], float]] = {
    "times 100": lambda x: x * 100,
    "divided by 100": lambda x: x / 100,
    "times 1000": lambda x: x * 1000,
    "divided by 1000": lambda x: x / 1000,
    "times 60": lambda x: x * 60,
    "divided by 60": lambda x: x / 60,
    "one minus it": lambda x: 1 - x,
    "one divided by it": lambda x: 1 / x if x else 1.0,
}
"""Mistakes of unit and of direction: percent, prefixes, minutes, complements, inverse ratios."""
UNITS = (
    ("mm", "cm", "m", "km"),
    ("mg", "g", "kg", "t"),
    ("ms", "s", "min", "h"),
    ("ml", "cl", "l"),
    ("mL", "L"),
    ("KB", "MB", "GB"),
    ("°C", "°F"),
    ("C", "F"),
    ("m/s", "km/h"),
    ("EUR", "USD"),
    ("$", "€"),
)
"""Units of which one is another's mistake."""


def numbers(source: Source) -> Iterator[Edit]:
    """Yield other numbers in place of a number."""
    body, value = source.body, quantity(source.body)
    if value is None:
        return
    text = body.strip()
    whole = value == int(value) and "." not in body
    if value:
        yield Edit("sign", text.lstrip("+-") if text.startswith("-") else f"-{text}", "the sign")
    yield from _sizes(value, whole)
    yield from _factors(text, value)
    if whole:
        yield from _digits(text)


def _sizes(value: float, whole: bool) -> Iterator[Edit]:
    for share in (0.1, 0.5, 2.0):
        step = max(1, -int(-abs(value) * share // 1)) if whole else abs(value) * share or 1.0
        for sign in (1, -1):
            other = value + sign * step
            yield Edit(
                f"off by {share:.0%}",
                str(int(other)) if whole else f"{other:.6g}",
                f"the size of the number (off by {share:.0%} or, for small whole numbers, by one)",
            )
    yield Edit(
        "times ten", str(int(value) * 10) if whole else f"{value * 10:.6g}", "the power of ten"
    )


def _factors(text: str, value: float) -> Iterator[Edit]:
    for name, change in FACTORS.items():
        other = f"{change(value):.10g}"
        if "." in other and "." not in text:
            other += "0"  # else a reader of the last whole number finds the right one in it
        if not alike(other, f"{value:.10g}") and "e" not in other:
            body = NUMBER.sub(other.replace("\\", ""), text.replace(",", ""), count=1)
            yield Edit(name, body, f"the unit or the direction of the ratio ({name})")


def _digits(text: str) -> Iterator[Edit]:
    if len(text.lstrip("-")) > 1:
        yield Edit("digit dropped", text[:-1], "the last digit")
        rest = text[1:] if not text.startswith("-") else "-" + text[2:]
        yield Edit("first digit dropped", rest, "the first digit")
    yield Edit("digit added", text + "7", "digits after the answer")
    yield Edit("digit before", "7" + text.lstrip("-"), "digits before the answer")


def units(source: Source) -> Iterator[Edit]:
    """Yield the same number with another unit, where the reference itself names one."""
    body = source.body.strip()
    after = re.fullmatch(r"(-?[\d.,]+\s*)([^\W\d_]+(?:/\w+)?|°[CF]|[$€])", body)
    before = re.fullmatch(r"([$€])(\s*-?[\d.,]+)", body)
    for family in UNITS:
        for one, other in zip(family, (*family[1:], family[0]), strict=True):
            if after and after[2] == one:
                yield Edit("another unit", after[1] + other, "the unit")
            if before and before[1] == one:
                yield Edit("another unit", other + before[2], "the unit")


def number_cells(source: Source) -> Iterator[Edit]:
    """Yield the answer with one of its numbers changed, and with all of them 0 or 1."""
    body = source.body
    cells = list(re.finditer(r"\d+(?:\.\d+)?", body))
    if source.located and source.composite:
        cells = [cell for cell in cells if not _counts_lines(body, cell)]
    for place, cell in enumerate(cells[:6]):
        yield Edit(
            f"number {place + 1}",
            body[: cell.start()] + bigger(cell[0]) + body[cell.end() :],
            f"number {place + 1} of the answer",
        )
    if len(cells) >= 2:
        for value in ("0", "1"):
            changed = body
            for cell in reversed(cells):
                changed = changed[: cell.start()] + value + changed[cell.end() :]
            yield Edit(f"every number {value}", changed, "the numbers of the answer")


def _counts_lines(body: str, cell: re.Match[str]) -> bool:
    """Say whether a number counts the lines of a list, as in `(1) Ada` or `2. Bob`."""
    line = body[body.rfind("\n", 0, cell.start()) + 1 :]
    found = re.match(r"\s*[(\[#]?(\d+)[).:\]]\s*\S", line)
    if not found or "\n" not in body:
        return False
    number = body[: cell.start()].count("\n")
    return found[1] == cell[0] and int(cell[0]) in (number, number + 1)


def bigger(digits: str) -> str:
    """Change the first digit of a number, or, of a long one, the second."""
    place = 0 if len(digits) < 5 or not digits[1].isdigit() else 1
    return digits[:place] + str((int(digits[place]) + 3) % 9 + 1) + digits[place + 1 :]
