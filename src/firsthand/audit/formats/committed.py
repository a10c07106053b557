"""Where a text commits to its answer: in tags, a box, JSON, after a mark, on the last line.

What stands outside, reasoning above all, is no part of the answer: it is never edited as if it
were.
"""

import json
import re
from collections.abc import Iterator

Span = tuple[int, int]
REASONING = frozenset(
    "think thinking thought thoughts reason reasoning scratchpad analysis explanation plan work "
    "working steps reflection".split()
)
"""Tags whose content is no answer."""
NAMED = ("answer", "final_answer", "final", "result", "solution", "output", "tool_call")
"""Tags whose content is the answer, whatever other tags there are."""
TAGS = re.compile(r"<([A-Za-z_][\w.-]*)>(.*?)</\1>", re.DOTALL)
MARKS = (
    re.compile(r"####\s*([^\n]+)"),
    re.compile(
        r"\b(?:final\s+)?(?:answer|result|solution)\W{0,3}(?:\s*is)?\s*[:=][\s*_`\"']{0,3}\s*([^\n]+)",
        re.I,
    ),
    re.compile(r"\b(?:the|my)\s+(?:final\s+)?(?:answer|result)\s+is:?\s+([^\n]+)", re.I),
)
FENCE = re.compile(r"```[\w+-]*\n(.*?)\n?```", re.DOTALL)
PROSE_WORDS = 4
"""Words from which a line above the last one is reasoning: shorter lines may be items of a list."""


def committed(text: str) -> Span | None:
    """Return the part of a text that it marks as its answer, else None."""
    for find in (_tagged, _boxed, _marked, _fenced, _json):
        found = find(text)
        if found is not None:
            return trimmed(text, found)
    return None


def after_reasoning(text: str) -> Span:
    """Return the last line of a text whose other lines are sentences, else the whole text."""
    lines = text.rstrip().splitlines(keepends=True)
    above = [line for line in lines[:-1] if line.strip()]
    if above and all(is_prose(line) for line in above):
        return trimmed(text, (sum(map(len, lines[:-1])), len(text)))
    return 0, len(text)


def is_prose(line: str) -> bool:
    """Say whether a line is a sentence: several words, and a stop at its end."""
    words = re.findall(r"[^\W\d_]{2,}", line)
    return len(words) >= PROSE_WORDS and line.rstrip()[-1:] in ".!?:"


def trimmed(text: str, span: Span) -> Span:
    """Return a span without the space at its ends."""
    start, end = span
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip())
    return start, max(start, end - (len(inner) - len(inner.rstrip())))


def _tagged(text: str) -> Span | None:
    found = [match for match in TAGS.finditer(text) if match[1].casefold() not in REASONING]
    if not found:
        return None
    named = [match for match in found if match[1].casefold() in NAMED]
    if len(named) > 1 and all(match[1].casefold() == "tool_call" for match in named):
        return named[0].start(), named[-1].end()
    if named:
        return named[-1].span(2)
    if len(found) > 1 or text.strip() == found[0][0]:
        return found[0].start(), found[-1].end()
    return found[0].span(2)


def _boxed(text: str) -> Span | None:
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    start, depth = start + len("\\boxed{"), 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return start, place
    return None


def _marked(text: str) -> Span | None:
    for mark in MARKS:
        found = list(mark.finditer(text))
        if found:
            return found[-1].span(1)
    return None


def _fenced(text: str) -> Span | None:
    found = list(FENCE.finditer(text))
    return found[-1].span(1) if found else None


def _json(text: str) -> Span | None:
    """Return the last JSON object that stands in a text of more than that."""
    last: Span | None = None
    for span in _objects(text):
        last = span
    return last


def _objects(text: str) -> Iterator[Span]:
    decoder, place = json.JSONDecoder(), 0
    while (place := text.find("{", place)) >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
            continue
        if value:
            yield place, end
        place = end
