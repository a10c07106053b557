"""A made-up query language over a small table, with other signs in every world.

A query is a chain of clauses: each takes the rows that the clause before it left. Which sign
filters, sorts, cuts or sums, and which mark ends a query, are laws of the world. Queries are really
run: a clause of the wrong type is refused with its reason, and any query that gives the wanted
result is right. The operators that an episode combines are combined in one split only. Left out:
joins and expressions, which would add syntax and no law of another kind.
"""

import random
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task
from firsthand.worlds.interfaces.queries import (
    CUTS,
    ENDS,
    MARKS,
    OPERATORS,
    SIGNS,
    SORTS,
    THEMES,
    Clause,
    Language,
    Result,
    Row,
    Theme,
    language,
    number_of,
    run,
    step,
    written,
)

UNDO = "undo"
MISTAKES = 3
"""Refused queries and clauses that are not on offer, after which the session is closed."""
_ROWS = 9
_PLANS = 100
"""Plans of queries that a split of a world draws from at a level."""
_FILLINGS = 8
"""Draws of the arguments of a query, before another table is drawn."""
_SHAPE = {1: (2,), 2: (3,), 3: (2, 3), 4: (3, 3), 5: (4, 3)}
"""Level to how many clauses each query takes."""
_RIVALS = {2: 8, 3: 6, 4: 4}
"""Clauses in a query to how many signs are on offer for each clause."""


class Question(msgspec.Struct, frozen=True):
    """What is asked, in words and as a query, what it gives, and the clauses on offer."""

    asked: str
    clauses: tuple[Clause, ...]
    wanted: Result
    offered: tuple[str, ...]


class QueryLanguage(Environment):
    """Ask a table in a query language whose signs must be learned; each world has other signs."""

    name = "interfaces/query_language"
    version = "1"
    turns = 24
    laws = True
    base_rate = 0.001
    statement = (
        "You query a small table in a language that nobody has documented. A query is a chain of "
        "clauses, each of which works on the rows that the one before it left, and ends with a "
        "mark, which runs it. Choose one clause a turn, in the order in which the steps are asked "
        "for; `undo` takes the last one back. A query that is refused is not run and stays as it "
        "is; one that runs is your answer to the question. After three mistakes, refused queries "
        "or clauses that are not on offer, the session is closed. Any query with the right result "
        "counts."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a table and questions of which every clause matters."""
        rng, self.language = task.rng("instance"), language(task.rng("world"))
        plans = _plans(msgspec.structs.replace(task, seed=0))
        while True:
            self.theme = rng.choice(THEMES)
            if self._filled(rng, task, rng.choice(plans)):
                break
        self.query, self.answered, self.mistakes = list[str](), 0, 0
        return Observation(f"A table of {self.theme.what}:\n{self._shown()}\n{self._asked()}")

    def _filled(self, rng: random.Random, task: Task, plans: Sequence[Sequence[str]]) -> bool:
        """Draw a table on which every operator matters; say whether the instance is the split's."""
        self.rows = _table(rng, self.theme)
        queries: list[list[Clause]] = []
        for plan in plans:
            drawn = (_query(rng, self.theme, self.rows, plan) for _ in range(_FILLINGS))
            query = next(filter(None, drawn), None)
            if not query:
                return False
            queries.append(query)
        for _ in range(_FILLINGS):
            self.questions = [_question(rng, self.rows, self.language, query) for query in queries]
            asked = [f"{question.asked} {question.offered}" for question in self.questions]
            if task.owns(f"{self._shown()} {' '.join(asked)}"):
                return True
        return False

    def _shown(self) -> str:
        lines = [" | ".join(self.rows[0])]
        return "\n".join(lines + [" | ".join(map(str, row.values())) for row in self.rows])

    def _asked(self) -> str:
        number = len(self.questions)
        many = f" {self.answered + 1} of {number}" if number > 1 else ""
        return f"Question{many}: {self.questions[self.answered].asked}."

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell what each sign does, and the mark."""
        laws = language(task.rng("world"))
        told = [
            (f"a clause {operator.told}", f"its sign is {laws.signs[name]}")
            for name, operator in OPERATORS.items()
        ]
        return [*told, ("a query is complete", f"its mark is {laws.mark}")]

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """The signs of the queries, and the mark."""
        used = {
            f"sign for {clause.operator}": (self.language.signs[clause.operator], len(SIGNS))
            for question in self.questions
            for clause in question.clauses
        }
        return used | {"mark": (self.language.mark, len(MARKS))}

    def choices(self) -> Sequence[str]:
        """The clauses on offer, the marks, and undoing."""
        return [*self._question.offered, *MARKS, *([UNDO] if self.query else [])]

    @property
    def _question(self) -> Question:
        return self.questions[min(self.answered, len(self.questions) - 1)]

    def act(self, action: Action) -> Observation:
        """Add a clause, take one back, or run the query."""
        if self.finished:
            return Observation("The session is closed.", done=True)
        text = " ".join(action.text.split())
        if text in MARKS:
            return self._ended(text)
        if text == UNDO and self.query:
            self.query.pop()
        elif text in self._question.offered:
            self.query.append(text)
        else:
            return self._mistake("that is neither a clause on offer nor a mark")
        return Observation(f"Query: {' '.join(self.query) or '(empty)'}")

    def _mistake(self, why: str) -> Observation:
        self.mistakes += 1
        left = MISTAKES - self.mistakes
        if not left:
            self.finish()
            return Observation(f"Error: {why}. The session is closed.", done=True)
        more = f"{left} more mistake{'s close' if left > 1 else ' closes'} the session"
        return Observation(f"Error: {why}. {more}.")

    def _ended(self, mark: str) -> Observation:
        """Parse and run the query."""
        if mark != self.language.mark:
            return self._mistake(f"{mark!r} does not end a query")
        clauses = self._parsed()
        if isinstance(clauses, str):
            return self._mistake(clauses)
        result, self.query = run(self.rows, clauses), []
        told = f"Result: {_result(result)}."
        if result != self._question.wanted:
            self.finish()
            return Observation(f"{told} That is not what was asked for.", done=True)
        self.answered += 1
        if self.answered == len(self.questions):
            self.finish()
            return Observation(f"{told} That answers the question.", done=True)
        return Observation(f"{told} That answers the question.\n{self._asked()}")

    def _parsed(self) -> list[Clause] | str:
        """Return the clauses of the query, or why it is refused."""
        meaning = {sign: name for name, sign in self.language.signs.items()}
        clauses: list[Clause] = []
        for place, text in enumerate(self.query, 1):
            sign, *words = text.split()
            arguments = tuple(int(word) if word.isdigit() else word for word in words)
            if clauses and clauses[-1].operator in ENDS:
                return f"clause {place} follows a number, not rows"
            name, types = meaning[sign], tuple(_type(self.theme, word) for word in arguments)
            if types != OPERATORS[name].types:
                needed = " and a ".join(OPERATORS[name].types)
                return f"clause {place}: {sign!r} takes {f'a {needed}' if needed else 'nothing'}"
            clauses.append(Clause(name, arguments))
        return clauses or "the query is empty"

    def score(self) -> Score:
        """Pay when every question was answered by a result."""
        return Score(all_answered=self.answered == len(self.questions))

    def aftermath(self) -> str:
        """Tell the queries and what their signs do."""
        told: list[str] = []
        for question in self.questions:
            query = " ".join(self.language.text(clause) for clause in question.clauses)
            told.append(f"`{query} {self.language.mark}` gives {_result(question.wanted)}.")
        names = {clause.operator for question in self.questions for clause in question.clauses}
        signs = [
            f"{self.language.signs[name]} {operator.told}"
            for name, operator in OPERATORS.items()
            if name in names
        ]
        return f"{' '.join(told)} {'; '.join(signs)}; {self.language.mark} ends a query."

    def picture(self) -> str:
        """Draw the table."""
        columns = [[str(name), *(str(row[name]) for row in self.rows)] for name in self.rows[0]]
        widths = [max(map(len, column)) for column in columns]
        lines = zip(*columns, strict=True)
        return "\n".join(
            " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines
        )

    def expert(self) -> Iterator[Action]:
        """Choose the clauses of each question, after undoing what does not belong to them."""
        while True:
            wanted = [self.language.text(clause) for clause in self._question.clauses]
            chosen = len(self.query)
            if self.query != wanted[:chosen]:
                yield Action(UNDO)
            else:
                yield Action(wanted[chosen] if chosen < len(wanted) else self.language.mark)


def _type(theme: Theme, argument: str | int) -> str:
    if isinstance(argument, int):
        return "number"
    if argument == theme.word[0]:
        return "word column"
    return "word" if argument in theme.word[1] else "number column"


def _result(result: Result) -> str:
    if isinstance(result, int):
        return str(result)
    return ", ".join(str(row["name"]) for row in result) or "no rows"


def _table(rng: random.Random, theme: Theme) -> list[Row]:
    """Draw rows; no two agree in a number."""
    names = rng.sample(theme.names, _ROWS)
    column, words = theme.word
    numbers = {name: rng.sample(values, _ROWS) for name, values in theme.numbers}
    return [
        {"name": name, column: rng.choice(words)}
        | {column: values[place] for column, values in numbers.items()}
        for place, name in enumerate(names)
    ]


@lru_cache(maxsize=256)
def _plans(split: Task) -> list[list[list[str]]]:
    """Draw operators for the queries of a split at a level: none twice, a set that it owns."""
    rng, lengths = split.rng("plans"), _SHAPE[split.level]
    found: list[list[list[str]]] = []
    while len(found) < _PLANS:
        plans = [_walk(rng, length) for length in lengths]
        used = sorted(name for plan in plans for name in plan)
        apart = len(set(used)) == len(used) == sum(lengths)
        if apart and all(map(_sensible, plans)) and split.owns(f"signs {' '.join(used)}"):
            found.append(plans)
    return found


def _sensible(plan: Sequence[str]) -> bool:
    """Say whether every operator can matter: nothing undoes or repeats what came before it."""
    fresh: set[str] = set()  # since rows were last cut
    for name in plan:
        if name in CUTS:
            fresh.clear()
        if (name in SORTS and fresh & {*SORTS}) or (name == "is" and "not" in fresh):
            return False
        fresh.add(name)
    counted = plan[-1] == "number" and plan[-2] in CUTS
    idle_sort = plan[-1] in ENDS and fresh & {*SORTS}
    same_words = "is" in plan and "not" in plan[plan.index("is") :]
    return not (counted or idle_sort or same_words)


def _walk(rng: random.Random, length: int) -> list[str]:
    """Draw operators of which only the last one may give a number."""
    kept = [name for name in OPERATORS if name not in ENDS]
    plan = rng.sample(kept, length - 1)
    return [*plan, rng.choice([name for name in OPERATORS if name not in plan])]


def _query(
    rng: random.Random, theme: Theme, rows: Sequence[Row], plan: Sequence[str]
) -> list[Clause]:
    """Draw the arguments of a query, clause by clause; empty: not every clause matters."""
    left: Result = tuple(rows)
    clauses: list[Clause] = []
    for name in plan:
        if isinstance(left, int):
            return []
        clause = _clause(rng, theme, left, name)
        if clause is None:
            return []
        clauses.append(clause)
        left = step(left, clause)
    return clauses if _all_matter(rows, clauses) else []


def _clause(rng: random.Random, theme: Theme, rows: Sequence[Row], name: str) -> Clause | None:
    """Draw a clause that does something to the rows and leaves some; None: it was not found."""
    for _ in range(_FILLINGS):
        clause = Clause(name, _arguments(rng, theme, rows, name))
        left = step(rows, clause)
        if isinstance(left, int) or (len(left) > 1 and left != rows):
            return clause
    return None


def _question(
    rng: random.Random, rows: Sequence[Row], spoken: Language, clauses: Sequence[Clause]
) -> Question:
    """Put a query into words, with clauses to choose from."""
    asked = ", then ".join(
        rng.choice(OPERATORS[clause.operator].asked).format(*clause.arguments) for clause in clauses
    )
    return Question(
        asked[0].upper() + asked[1:],
        tuple(clauses),
        run(rows, clauses),
        _offered(rng, spoken, clauses),
    )


def _arguments(
    rng: random.Random, theme: Theme, rows: Sequence[Row], name: str
) -> tuple[str | int, ...]:
    """Draw arguments that say something about the rows at hand."""
    column = rng.choice(theme.numbers)[0]
    match OPERATORS[name].types:
        case ("number column", "number"):
            return column, number_of(rng.choice(rows), column)
        case ("word column", "word"):
            return theme.word[0], rng.choice(rows)[theme.word[0]]
        case ("number column",):
            return (column,)
        case ("number",):
            return (rng.randint(2, 4),)
        case _:
            return ()


def _all_matter(rows: Sequence[Row], clauses: Sequence[Clause]) -> bool:
    """Say whether the result changes without any clause, and with any other of its type."""
    wanted = run(rows, clauses)
    if wanted == () or len(set(clauses)) < len(clauses):
        return False
    for place, clause in enumerate(clauses):
        before, after = clauses[:place], clauses[place + 1 :]
        rivals = [
            Clause(name, clause.arguments)
            for name, operator in OPERATORS.items()
            if operator.types == OPERATORS[clause.operator].types and name != clause.operator
        ]
        if after:
            rivals = [rival for rival in rivals if rival.operator not in ENDS]
        others = [[*before, *after], *([*before, rival, *after] for rival in rivals)]
        if any(run(rows, other) == wanted for other in others):
            return False
    return True


def _offered(rng: random.Random, spoken: Language, clauses: Sequence[Clause]) -> tuple[str, ...]:
    """Offer each clause with its sign and with others, those of the same type first."""
    offered: list[str] = []
    for clause in clauses:
        types = OPERATORS[clause.operator].types
        others = [name for name in OPERATORS if name != clause.operator]
        others = rng.sample(others, len(others))
        others.sort(key=lambda name: OPERATORS[name].types != types)
        for name in (clause.operator, *others[: _RIVALS.get(len(clauses), 4) - 1]):
            text = written(spoken.signs[name], clause.arguments)
            if text not in offered:
                offered.append(text)
    return tuple(rng.sample(offered, len(offered)))
