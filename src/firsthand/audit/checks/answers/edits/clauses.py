"""Edits of structured text: clauses of queries, filters, flags, arguments and stages dropped.

Clauses that may have no effect are dropped only where the prompt asks for what they do.
"""

import re
from collections.abc import Iterator

from firsthand.audit.checks.answers.edits.edit import Edit, Source
from firsthand.audit.checks.answers.edits.order import asks_for_order

SQL = re.compile(r"^\s*(select|with|update|delete)\b", re.IGNORECASE)
END = r"(?=\s*(?:\bgroup\s+by\b|\bhaving\b|\border\s+by\b|\blimit\b|\boffset\b|;|\)|$))"
SQL_CLAUSES = {
    "WHERE": re.compile(rf"\s+where\s+.+?{END}", re.IGNORECASE | re.DOTALL),
    "HAVING": re.compile(rf"\s+having\s+.+?{END}", re.IGNORECASE | re.DOTALL),
    "ORDER BY": re.compile(rf"\s+order\s+by\s+.+?{END}", re.IGNORECASE | re.DOTALL),
    "LIMIT": re.compile(r"\s+limit\s+\d+", re.IGNORECASE),
    "DISTINCT": re.compile(r"\s+distinct\b", re.IGNORECASE),
    "DESC": re.compile(r"\s+desc\b", re.IGNORECASE),
}
SQL_ASKED = {
    "LIMIT": re.compile(
        r"\b(top|first|last|only|most|least|at most|\d+|one|two|three|five)\b", re.I
    ),
    "DISTINCT": re.compile(r"\b(distinct|unique|different|duplicates?|each)\b", re.I),
    "DESC": re.compile(r"\b(descending|highest|largest|most|newest|latest|top|decreasing)\b", re.I),
}
SQL_COLUMNS = re.compile(r"(?<=select )(\w+)( from .+? where )(\w+)", re.IGNORECASE | re.DOTALL)
"""The column that a query shows and the one that it asks about, with what stands between."""
DROPS = re.compile(
    rf"(?:{'|'.join(SQL_CLAUSES)}|(?:first|second) condition|(?:option|filter|argument) \d+"
    r"|last stage|parameter|all arguments) dropped"
)
"""Names of the edits of this file."""
COMPARED = re.compile(r"[<>=!:~]|\blike\b|\bin\b|\bis\b", re.IGNORECASE)
FLAG = re.compile(r"\s--?[A-Za-z][\w-]*(?:=(?:\"[^\"]*\"|'[^']*'|\S+))?(?=\s|$)")
FILTER = re.compile(r"(?:(?<=\s)|^)-?[A-Za-z_][\w.]*:(?:\"[^\"]*\"|[^\s:/]\S*)")
CALL = re.compile(r"^\s*[A-Za-z_][\w.]*\((.*)\)\s*$", re.DOTALL)


def clauses(source: Source) -> Iterator[Edit]:
    """Yield a structured answer with one of its clauses left out."""
    yield from of_text(source.body, source.instance.prompt)


def of_text(body: str, prompt: str) -> Iterator[Edit]:
    """Yield a structured text with one of its clauses left out."""
    if SQL.search(body):
        yield from _sql(body, prompt)
    yield from _conditions(body)
    for place, found in enumerate(list(FLAG.finditer(body))[:4]):
        rest = body[: found.start()] + body[found.end() :]
        yield Edit(f"option {place + 1} dropped", rest, f"the option {found[0].strip()!r}")
    yield from _filters(body)
    yield from _stages(body)
    yield from _arguments(body)


def _sql(body: str, prompt: str) -> Iterator[Edit]:
    for name, pattern in SQL_CLAUSES.items():
        found = pattern.search(body)
        if found is None:
            continue
        asked = SQL_ASKED.get(name)
        if asked is not None and not asked.search(prompt):
            continue
        if name == "ORDER BY" and not asks_for_order(prompt):
            continue
        rest = body[: found.start()] + body[found.end() :]
        yield Edit(f"{name} dropped", rest, f"the clause {name}")
    words = body.rstrip(" ;").split()
    yield Edit("words turned round", " ".join(words[::-1]), "the order of words")
    if columns := SQL_COLUMNS.search(body):
        one, between, two = columns.groups()
        turned = body[: columns.start()] + two + between + one + body[columns.end() :]
        if one.casefold() != two.casefold():
            yield Edit("columns exchanged", turned, "which column is asked for")


def _conditions(body: str) -> Iterator[Edit]:
    """Leave out one side of the first `and` or `or` between comparisons."""
    for word in ("and", "or", "&&", "||"):
        bound = re.escape(word) if not word.isalpha() else rf"\b{word}\b"
        found = re.search(rf"\s+{bound}\s+", body, re.IGNORECASE)
        if found is None:
            continue
        left, right = body[: found.start()], body[found.end() :]
        if not (COMPARED.search(left) and COMPARED.search(right)):
            continue
        rest = re.search(rf"{END}|\s+(?:and|or|&&|\|\|)\s+", right, re.IGNORECASE | re.DOTALL)
        yield Edit(
            "second condition dropped",
            left + right[rest.start() if rest else len(right) :],
            f"the condition after {found[0].strip()!r}",
        )
        head = re.search(r"\bwhere\s+|\bhaving\s+|^", left[::1], re.IGNORECASE)
        starts = list(re.finditer(r"\bwhere\s+|\bhaving\s+|\bif\s+|\(", left, re.IGNORECASE))
        start = starts[-1].end() if starts else (head.start() if head else 0)
        yield Edit(
            "first condition dropped",
            left[:start] + right,
            f"the condition before {found[0].strip()!r}",
        )
        return


def _filters(body: str) -> Iterator[Edit]:
    found = list(FILTER.finditer(body))
    if len(found) < 2 or "{" in body:
        return
    for place, one in enumerate(found[:4]):
        rest = (body[: one.start()] + body[one.end() :]).replace("  ", " ").strip()
        yield Edit(f"filter {place + 1} dropped", rest, f"the filter {one[0]!r}")


def _stages(body: str) -> Iterator[Edit]:
    """Leave out the last stage of a pipeline, and parameters of a query string."""
    stages = body.split(" | ")
    if 2 <= len(stages) <= 6 and re.match(r"\s*[a-z][\w-]*(\s|$)", body):
        yield Edit("last stage dropped", " | ".join(stages[:-1]), "the last stage of the pipeline")
    head, mark, query = body.partition("?")
    parameters = query.split("&")
    if mark and len(parameters) >= 2 and all("=" in one for one in parameters):
        yield Edit("parameter dropped", f"{head}?{'&'.join(parameters[:-1])}", "a parameter")


def _arguments(body: str) -> Iterator[Edit]:
    """Leave out the last argument of a call, and all of them."""
    call = CALL.match(body)
    if call is None or not call[1].strip():
        return
    start, end = call.span(1)
    arguments = _top_level(call[1])
    yield Edit("all arguments dropped", body[:start] + body[end:], "the arguments of the call")
    for place in range(min(len(arguments), 4) if len(arguments) > 1 else 0):
        rest = ",".join(arguments[:place] + arguments[place + 1 :]).strip()
        yield Edit(
            f"argument {place + 1} dropped",
            body[:start] + rest + body[end:],
            f"the argument {arguments[place].strip()!r}",
        )


def _top_level(text: str) -> list[str]:
    """Split arguments at commas that stand in neither brackets nor quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
