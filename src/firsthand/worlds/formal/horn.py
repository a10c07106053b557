"""Datalog: rules are read, checked and evaluated bottom-up, with negation in strata.

Evaluation is semi-naive: a recursive rule is only tried with what was new in the last round. Work
is counted and bounded, so that no program runs away. Left out: arithmetic and aggregates.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from firsthand.errors import ToolError

Row = tuple[str, ...]
Rows = dict[str, set[Row]]
"""The rows of every predicate."""

MOST_TEXT, MOST_BODY, MOST_ARGUMENTS = 240, 6, 3
MOST_WORK = 60_000
"""Rows that an evaluation may look at; what tasks need looks at less than a tenth."""

_NAME = r"[a-z][a-z0-9_]*"
_TERM = r"[A-Za-z0-9_]+"
_ATOM = re.compile(rf"({_NAME})\(\s*({_TERM}(?:\s*,\s*{_TERM})*)\s*\)")
_UNEQUAL = re.compile(rf"({_TERM})\s*!=\s*({_TERM})")
_FORM = "`head(X, Y) :- one(X, Z), not two(Z, Y), X != Y.`"


class Literal(NamedTuple):
    """`name(terms)`, its negation, or, where `name` is `!=`, that two terms differ."""

    name: str
    terms: Row
    negated: bool = False

    def __str__(self) -> str:
        if self.name == "!=":
            return " != ".join(self.terms)
        return f"{'not ' if self.negated else ''}{self.name}({', '.join(self.terms)})"


class Rule(NamedTuple):
    """The head holds when all of the body does."""

    head: Literal
    body: tuple[Literal, ...]

    def __str__(self) -> str:
        return f"{self.head}{' :- ' if self.body else ''}{', '.join(map(str, self.body))}."


def variable(term: str) -> bool:
    """Variables begin with a capital letter or an underscore."""
    return term[0].isupper() or term[0] == "_"


def read(text: str) -> Rule:
    """Read a rule. Raises `ToolError` that says what is wrong with it."""
    if len(text) > MOST_TEXT:
        raise ToolError(f"A rule has at most {MOST_TEXT} characters, got {len(text)}.")
    head, arrow, rest = text.strip().removesuffix(".").partition(":-")
    body = _literals(rest.strip()) if arrow else ()
    heads = _literals(head.strip())
    if len(heads) != 1 or heads[0].negated or heads[0].name == "!=":
        raise ToolError(f"A rule has one head that is not negated, as in {_FORM}")
    if len(body) > MOST_BODY:
        raise ToolError(f"A body has at most {MOST_BODY} parts, got {len(body)}.")
    bound = {
        term
        for literal in body
        if not literal.negated and literal.name != "!="
        for term in literal.terms
    }
    for literal in (*heads, *body):
        for term in literal.terms:
            if variable(term) and term not in bound:
                raise ToolError(
                    f"{term} in {literal} has to stand in a part of the body that is not negated."
                )
    return Rule(heads[0], body)


def _literals(text: str) -> tuple[Literal, ...]:
    found, place = list[Literal](), 0
    while True:
        negated = text.startswith("not ", place)
        start = place + 4 if negated else place
        if atom := _ATOM.match(text, start):
            terms = tuple(term.strip() for term in atom[2].split(","))
            if len(terms) > MOST_ARGUMENTS:
                raise ToolError(f"A predicate has at most {MOST_ARGUMENTS} arguments.")
            found.append(Literal(atom[1], terms, negated))
            place = atom.end()
        elif not negated and (unequal := _UNEQUAL.match(text, start)):
            found.append(Literal("!=", (unequal[1], unequal[2])))
            place = unequal.end()
        else:
            raise ToolError(f"Not understood at {text[place : place + 30]!r}: write as in {_FORM}")
        comma = re.compile(r"\s*,\s*").match(text, place)
        if comma is None:
            if text[place:].strip():
                raise ToolError(f"Not understood at {text[place : place + 30]!r}: a comma?")
            return tuple(found)
        place = comma.end()


def strata(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Order rules so that what is negated is known before. Raises `ToolError` where none exists."""
    level = {rule.head.name: 0 for rule in rules}
    changed = True
    while changed:
        changed = False
        for rule in rules:
            name = rule.head.name
            needed = max((level.get(b.name, 0) + b.negated for b in rule.body), default=0)
            if needed > level[name]:
                if needed > len(level):
                    raise ToolError(f"{name} would depend on its own negation.")
                level[name], changed = needed, True
    return [
        [rule for rule in rules if level[rule.head.name] == n]
        for n in range(max(level.values(), default=-1) + 1)
    ]


class Evaluation:
    """All rows that a program derives from facts."""

    def __init__(self, rules: Sequence[Rule], facts: Mapping[str, Iterable[Row]]) -> None:
        self.rows: Rows = {name: set(rows) for name, rows in facts.items()}
        self.work = 0
        for stratum in strata(rules):
            self._fixpoint(stratum)

    def _fixpoint(self, rules: Sequence[Rule]) -> None:
        own = {rule.head.name for rule in rules}
        new: Rows = {name: set() for name in own}
        for rule in rules:
            new[rule.head.name] |= set(self._derived(rule, -1, {}))
        while True:
            for name in own:
                known = self.rows.setdefault(name, set())
                new[name] -= known
                known |= new[name]
            if not any(new.values()):
                return
            last, new = new, {name: set[Row]() for name in own}
            for rule in rules:
                for place, literal in enumerate(rule.body):
                    if literal.name in own and not literal.negated:
                        new[rule.head.name] |= set(self._derived(rule, place, last))

    def _derived(self, rule: Rule, fresh: int, last: Rows) -> Iterator[Row]:
        """Yield the heads of a rule; the part of the body at `fresh` only takes rows of `last`."""
        joins, known = list[_Join](), set[str]()
        for place, literal in enumerate(rule.body):
            if not literal.negated and literal.name != "!=":
                rows = last[literal.name] if place == fresh else self.rows.get(literal.name, set())
                joins.append(_join(literal.terms, rows, known))
                known.update(literal.terms)
        tests = [part for part in rule.body if part.negated or part.name == "!="]
        for bound in self._joined(joins):
            if all(self._holds(test, bound) for test in tests):
                yield tuple(bound.get(term, term) for term in rule.head.terms)

    def _joined(self, joins: Sequence["_Join"]) -> list[dict[str, str]]:
        """Return all values of the variables with which every join has a row."""
        found = [dict[str, str]()]
        for terms, key, rows in joins:
            last, found = found, list[dict[str, str]]()
            for bound in last:
                candidates = rows.get(bound.get(key, key), ())
                self.work += len(candidates)
                if self.work > MOST_WORK:
                    raise ToolError("The program takes too much work: rules join too many rows.")
                found += [
                    more for row in candidates if (more := _matched(terms, row, bound)) is not None
                ]
        return found

    def _holds(self, test: Literal, bound: dict[str, str]) -> bool:
        values = tuple(bound.get(term, term) for term in test.terms)
        if test.name == "!=":
            return values[0] != values[1]
        return values not in self.rows.get(test.name, set())


Marked = tuple[tuple[str, bool], ...]
"""Terms, each with whether it is a variable."""


class _Join(NamedTuple):
    """Rows to be matched with terms, by the value of one term that is known before, if there is."""

    terms: Marked
    key: str
    rows: dict[str, list[Row]]


def _join(terms: Row, rows: Iterable[Row], known: set[str]) -> _Join:
    marked = tuple((term, variable(term)) for term in terms)
    place = next((n for n, t in enumerate(terms) if t in known or not variable(t)), None)
    if place is None:
        return _Join(marked, "", {"": list(rows)})
    index: dict[str, list[Row]] = {}
    for row in rows:
        index.setdefault(row[place], []).append(row)
    return _Join(marked, terms[place], index)


def _matched(terms: Marked, row: Row, bound: dict[str, str]) -> dict[str, str] | None:
    more = dict(bound)
    for (term, free), value in zip(terms, row, strict=True):
        if (more.setdefault(term, value) if free else term) != value:
            return None
    return more
