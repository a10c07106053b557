"""Datalog programs to a specification, judged on facts that nobody has seen.

Specifications are drawn from definitions that build on each other: joins, unions, reachability,
negation. A program is right when every predicate that is asked for has the right rows on several
fresh sets of facts, so that facts listed by hand do not help, and any program that says the same is
accepted. Left out: aggregates.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import ToolError
from firsthand.task import Task
from firsthand.worlds.formal.horn import Evaluation, Row, Rule, read, strata

MOST_RULES = 40
HIDDEN = (0.15, 0.22, 0.32)
"""For each set of facts that a program is judged on: the share of pairs that are related."""
SIZE = 7
"""How many things the facts of a set are about."""


class Theme(NamedTuple):
    """What facts are about: two-place relations, properties, and the things."""

    about: str
    relations: tuple[str, ...]
    properties: tuple[str, ...]
    things: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


THEMES = (
    Theme(
        "places and how they are joined",
        _words("road ferry rail canal tunnel path"),
        _words("port market walled closed hilly"),
        _words("aldo brem cork dale esk fenn gorse holt iver jarn kell lund mere norr oban pell"),
    ),
    Theme(
        "people and what they do for each other",
        _words("knows trusts teaches advises helps hired"),
        _words("doctor senior remote retired licensed"),
        _words("ann bob cas dev eli fay gus hal ida jo kim lee max ned ona pia"),
    ),
    Theme(
        "modules of a program",
        _words("imports calls tests wraps extends replaces"),
        _words("public frozen legacy generated signed"),
        _words("auth blob core disk edge feed grid hash index json key log mail net op pool"),
    ),
)
NAMES = _words(
    "span bond mesh chain pair trail hub rank ring lane link fork peer gate band cell layer zone"
)
"""What the predicates of a specification may be called."""


class Definition(NamedTuple):
    """One way of defining a predicate: in words, and as rules."""

    arity: int
    relations: int
    properties: int
    said: tuple[str, ...]
    rules: tuple[str, ...]


DEFINITIONS = {
    "joined": Definition(
        2,
        2,
        0,
        (
            "some Z stands between them: {r}(X, Z) and {s}(Z, Y)",
            "one step of {r} from X and then one step of {s} lead to Y",
        ),
        ("{d}(X, Y) :- {r}(X, Z), {s}(Z, Y).",),
    ),
    "either way": Definition(
        2,
        1,
        0,
        ("{r} relates X to Y or Y to X, or both", "X and Y are related by {r}, in any direction"),
        ("{d}(X, Y) :- {r}(X, Y).", "{d}(X, Y) :- {r}(Y, X)."),
    ),
    "filtered": Definition(
        2,
        1,
        1,
        ("{r} relates X to Y, and {u}(X) holds", "{u}(X) holds, and {r} relates X to Y"),
        ("{d}(X, Y) :- {r}(X, Y), {u}(X).",),
    ),
    "union": Definition(
        2,
        2,
        0,
        ("{r} or {s} relates X to Y", "at least one of {r}(X, Y) and {s}(X, Y) holds"),
        ("{d}(X, Y) :- {r}(X, Y).", "{d}(X, Y) :- {s}(X, Y)."),
    ),
    "siblings": Definition(
        2,
        1,
        0,
        (
            "X and Y are different, and {r} relates some Z to both",
            "two different things X and Y to which one and the same thing is related by {r}",
        ),
        ("{d}(X, Y) :- {r}(Z, X), {r}(Z, Y), X != Y.",),
    ),
    "reached": Definition(
        2,
        1,
        0,
        (
            "one or more steps of {r} lead from X to Y",
            "Y can be reached from X by following {r} at least once",
        ),
        ("{d}(X, Y) :- {r}(X, Y).", "{d}(X, Y) :- {d}(X, Z), {r}(Z, Y)."),
    ),
    "without": Definition(
        2,
        2,
        0,
        ("{r} relates X to Y and {s} does not", "{r}(X, Y) holds, but {s}(X, Y) does not"),
        ("{d}(X, Y) :- {r}(X, Y), not {s}(X, Y).",),
    ),
    "one-way": Definition(
        2,
        1,
        0,
        ("{r} relates X to Y, but not Y to X", "{r} leads from X to Y and not back"),
        ("{d}(X, Y) :- {r}(X, Y), not {r}(Y, X).",),
    ),
    "dead end": Definition(
        1,
        1,
        1,
        (
            "{u}(X) holds, and {r} relates X to nothing",
            "the X with {u}(X) from which no {r} leads on",
        ),
        ("has_{d}(X) :- {r}(X, Y).", "{d}(X) :- {u}(X), not has_{d}(X)."),
    ),
}
_PLAIN = ("joined", "either way", "filtered", "union", "siblings")
_REACHED = (*_PLAIN, "reached")
_ALL = (*_REACHED, "without", "one-way", "dead end")


class Shape(NamedTuple):
    """How many predicates are asked for, of which kinds, which are sure to be among them, and of
    how many rules the program consists.
    """

    predicates: int
    kinds: tuple[str, ...]
    sure: tuple[str, ...]
    least: int
    most: int


LEVELS = {
    1: Shape(2, _PLAIN, (), 2, 4),
    2: Shape(3, _REACHED, ("reached",), 4, 5),
    3: Shape(4, _ALL, ("reached", "without"), 5, 7),
    4: Shape(5, _ALL, ("reached", "dead end"), 7, 9),
    5: Shape(7, _ALL, ("reached", "dead end", "without"), 10, 12),
}


class Asked(NamedTuple):
    """One predicate of a specification: its name, what it means, and rules that define it."""

    name: str
    arity: int
    said: str
    rules: tuple[str, ...]


def kinds(rng: random.Random, shape: Shape) -> list[str]:
    """Draw the kinds of definitions of a specification."""
    while True:
        drawn = [*shape.sure, *rng.choices(shape.kinds, k=shape.predicates - len(shape.sure))]
        if shape.least <= sum(len(DEFINITIONS[kind].rules) for kind in drawn) <= shape.most:
            return rng.sample(drawn, len(drawn))


def specification(rng: random.Random, shape: Shape, given: "Facts") -> list[Asked] | None:
    """Draw predicates that build on each other; everything given or defined may be used.

    Each has rows on the facts that are given, and not those of another predicate: else None.
    """
    drawn = kinds(rng, shape)
    rows: dict[str, set[Row]] = {name: set(found) for name, found in given.items()}
    asked = list[Asked]()
    for kind, name in zip(drawn, rng.sample(NAMES, len(drawn)), strict=True):
        for _ in range(6):
            one = _asked(rng, DEFINITIONS[kind], name, rows, asked)
            derived = Evaluation([compiled(rule) for rule in one.rules], rows).rows
            if derived[name] and derived[name] not in rows.values():
                rows[name] = derived[name]
                asked.append(one)
                break
        else:
            return None
    return asked


def _asked(
    rng: random.Random,
    definition: Definition,
    name: str,
    rows: dict[str, set[Row]],
    before: Sequence[Asked],
) -> Asked:
    """Draw what a definition is about; it uses the last predicate that fits more often than not."""
    arity = {known: len(next(iter(found))) for known, found in rows.items()}
    binary = [known for known in rows if arity[known] == 2]
    latest = [one.name for one in before if one.arity == 2][-1:] if rng.random() < 0.7 else []
    others = rng.sample([one for one in binary if one not in latest], 2)
    uses = rng.sample([*latest, *others][: definition.relations], definition.relations)
    unary = [known for known in rows if arity[known] == 1]
    words = {"d": name, "u": rng.choice(unary)} | dict(zip("rs", uses, strict=False))
    rules = tuple(rule.format(**words) for rule in definition.rules)
    return Asked(name, definition.arity, rng.choice(definition.said).format(**words), rules)


@lru_cache(4096)
def compiled(text: str) -> Rule:
    """Read a rule of a definition."""
    return read(text)


Facts = dict[str, list[Row]]


def facts(
    rng: random.Random,
    relations: Sequence[str],
    properties: Sequence[str],
    things: Sequence[str],
    share: float,
) -> Facts:
    """Draw facts: each pair is related, and each thing has a property, with a chance."""
    pairs = [(one, two) for one in things for two in things if one != two]
    found: Facts = {name: [pair for pair in pairs if rng.random() < share] for name in relations}
    for name in properties:
        found[name] = [(thing,) for thing in things if rng.random() < 0.5]
    return found


STEPS = (
    "`add RULE` adds a rule, such as `add far(X, Y) :- near(X, Z), near(Z, Y), not near(X, Y), "
    "X != Y.`",
    "`remove N` removes rule N",
    "`list` shows the program",
    "`run NAME` shows the rows that the program derives for a predicate from the example facts",
    "`commit` hands the program in, which is final",
)


class Datalog(Environment):
    """Write a Datalog program to a specification; it is judged on facts that are not shown."""

    name = "formal/datalog"
    version = "1"
    turns = 32
    statement = (
        "Write a Datalog program that defines the predicates of the specification. Each turn, "
        f"answer with one step and nothing else: {'; '.join(STEPS)}. Variables begin with a "
        "capital letter; every variable has to stand in a part of the body that is not negated; "
        "you may define further predicates to help. The program is judged when you commit it, on "
        "other facts than the example's: every predicate of the specification needs exactly the "
        "right rows on all of them."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a specification whose predicates say something about the example facts."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            theme = rng.choice(THEMES)
            self.relations = rng.sample(theme.relations, 3)
            self.properties = rng.sample(theme.properties, 2)
            self.example = self._facts(rng, rng.sample(theme.things, SIZE), 0.2)
            if not all(self.example.values()):
                continue
            asked = specification(rng, shape, self.example)
            if asked and task.owns(f"{asked} {self.example}"):
                break
        self.asked, self.plan = asked, [rule for one in asked for rule in one.rules]
        self.things, self.seed = theme.things, rng.getrandbits(64)
        self.program, self.committed = list[Rule](), False
        self.right: dict[str, bool] = {one.name: False for one in self.asked}
        return Observation(self._told(theme))

    def _facts(self, rng: random.Random, things: Sequence[str], share: float) -> Facts:
        return facts(rng, self.relations, self.properties, sorted(things), share)

    def _told(self, theme: Theme) -> str:
        spec = "\n".join(
            f"- {one.name}({'X, Y' if one.arity == 2 else 'X'}): {one.said}" for one in self.asked
        )
        given = "\n".join(_listed(name, rows) for name, rows in self.example.items())
        return f"The facts are about {theme.about}. Define:\n{spec}\nExample facts:\n{given}"

    def act(self, action: Action) -> Observation:
        """Take one step. A rule that cannot be read or evaluated is refused with the reason."""
        if self.finished:
            return Observation("The program was handed in.", done=True)
        verb, _, rest = action.text.strip().partition(" ")
        step = _STEPS.get(verb)
        try:
            if step is None:
                raise ToolError(f"A step is one of: {'; '.join(STEPS)}.")
            told = step(self, rest.strip())
        except ToolError as refusal:
            return Observation(f"Nothing was done. {refusal}")
        return Observation(told, done=self.finished)

    def _add(self, text: str) -> str:
        rule = read(text)
        if len(self.program) >= MOST_RULES:
            raise ToolError(f"A program has at most {MOST_RULES} rules.")
        if rule.head.name in self.example:
            raise ToolError(f"{rule.head.name} is given by facts: it can be used, not defined.")
        arities = self._arities()
        for part in (rule.head, *rule.body):
            if part.name != "!=" and arities.setdefault(part.name, len(part.terms)) != len(
                part.terms
            ):
                raise ToolError(
                    f"{part.name} has {arities[part.name]} arguments, got {len(part.terms)}."
                )
        if rule in self.program:
            raise ToolError("That rule is in the program already.")
        strata([*self.program, rule])
        self.program.append(rule)
        return f"{len(self.program)}. {rule}"

    def _arities(self) -> dict[str, int]:
        arities = dict.fromkeys(self.relations, 2) | dict.fromkeys(self.properties, 1)
        arities |= {one.name: one.arity for one in self.asked}
        for rule in self.program:
            for part in (rule.head, *rule.body):
                arities.setdefault(part.name, len(part.terms))
        return arities

    def _remove(self, text: str) -> str:
        if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= len(self.program):
            raise ToolError(f"`remove N` takes the number of a rule, 1 to {len(self.program)}.")
        return f"Removed: {self.program.pop(int(text) - 1)}"

    def _list(self, _text: str) -> str:
        return self.picture()

    def _run(self, text: str) -> str:
        if text not in self._arities():
            raise ToolError(f"No predicate is named {text[:40]!r}.")
        return _listed(text, sorted(self._rows(self.example).get(text, set())))

    def _rows(self, given: Facts) -> dict[str, set[Row]]:
        return Evaluation(self.program, given).rows

    def _commit(self, _text: str) -> str:
        rng = random.Random(self.seed)
        self.right = dict.fromkeys(self.right, True)
        reference = [compiled(text) for text in self.plan]
        for share in HIDDEN:
            given = self._facts(rng, rng.sample(self.things, SIZE), share)
            wanted = Evaluation(reference, given).rows
            try:
                found = self._rows(given)
            except ToolError:
                found = {}
            for name in self.right:
                self.right[name] &= found.get(name, set()) == wanted[name]
        self.committed = True
        self.finish()
        return "The program is handed in."

    def score(self) -> Score:
        """Pay when every predicate has the right rows on all hidden facts."""
        return Score(committed=self.committed, every_predicate_right=all(self.right.values()))

    def picture(self) -> str:
        """The program so far."""
        lines = (f"{n}. {line}" for n, line in enumerate(self.program, 1))
        return "\n".join(lines) or "The program has no rules yet."

    def aftermath(self) -> str:
        """Tell a program that is right, and which predicates were wrong."""
        wrong = [name for name, right in self.right.items() if not right]
        told = f" Wrong, or not handed in: {', '.join(wrong)}." if wrong else ""
        return f"A program to this specification: {' '.join(self.plan)}{told}"

    def expert(self) -> Iterator[Action]:
        """Remove what does not belong to the program, add what is missing, and commit."""
        plan = [compiled(text) for text in self.plan]
        while foreign := [n for n, rule in enumerate(self.program, 1) if rule not in plan]:
            yield Action(f"remove {foreign[-1]}")
        for rule in plan:
            if rule not in self.program:
                yield Action(f"add {rule}")
        yield Action("commit")


_STEPS: dict[str, Callable[[Datalog, str], str]] = {
    "add": Datalog._add,  # pyright: ignore[reportPrivateUsage]
    "remove": Datalog._remove,  # pyright: ignore[reportPrivateUsage]
    "list": Datalog._list,  # pyright: ignore[reportPrivateUsage]
    "run": Datalog._run,  # pyright: ignore[reportPrivateUsage]
    "commit": Datalog._commit,  # pyright: ignore[reportPrivateUsage]
}


def _listed(name: str, rows: Sequence[Row]) -> str:
    shown = " ".join(f"{name}({', '.join(row)})" for row in rows)
    return f"{len(rows)} {name}: {shown}" if rows else f"no {name}"
