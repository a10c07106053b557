"""Natural deduction: derive a goal from premises, one inference a turn.

A small kernel makes every line itself from the rule and the lines that it names, so that nothing
can be claimed; there is no rule that admits a line unproved. Tasks are grown backwards from a
proof, and truth tables make sure that the premises are consistent and that none can be spared.
Left out: quantifiers, and boxes for cases (`cases` takes two implications instead).
"""

import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import ToolError
from firsthand.task import Task
from firsthand.worlds.formal.natural_deduction import (
    FALSE,
    RULES,
    STATING,
    Formula,
    Line,
    apply,
    both,
    negation,
    read,
)


class Shape(NamedTuple):
    """Of how many letters a task is made and how many inferences its proof has."""

    letters: int
    least: int
    most: int
    premises: int
    """How many premises there are at most."""


LEVELS = {
    1: Shape(4, 4, 5, 4),
    2: Shape(4, 6, 7, 5),
    3: Shape(5, 8, 9, 5),
    4: Shape(5, 10, 12, 6),
    5: Shape(6, 12, 15, 7),
}
MOST_LENGTH = 30
"""Characters of a premise: longer ones are tedious to read."""


class Node:
    """A formula in a proof that grows: how it is derived, or underived as long as `rule` is empty.

    `known` are the suppositions of the boxes that it stands in.
    """

    def __init__(self, formula: Formula, known: tuple[Formula, ...] = ()) -> None:
        self.formula, self.known = formula, known
        self.rule = ""
        self.parts: tuple[Node, ...] = ()
        self.supposed: Formula | None = None

    def derive(self, rule: str, *formulas: Formula, supposed: Formula | None = None) -> None:
        """Derive it by a rule from formulas that are still underived."""
        inner = (*self.known, supposed) if supposed else self.known
        self.rule, self.supposed = rule, supposed
        self.parts = tuple(Node(formula, inner) for formula in formulas)

    def leaves(self) -> list["Node"]:
        """List what is underived and not supposed: these become premises."""
        if not self.rule:
            return [] if self.formula in self.known else [self]
        return [leaf for part in self.parts for leaf in part.leaves()]


class Grower:
    """Grows a proof backwards from its goal, and drops what would make a premise needless."""

    def __init__(self, rng: random.Random, letters: Sequence[str]) -> None:
        self.rng = rng
        self.atoms = [Formula(letter) for letter in letters]
        self.rows = columns(len(letters))
        self.tables = dict(zip(self.atoms, self.rows[1:], strict=True))

    def small(self) -> Formula:
        """Draw a letter, sometimes negated or joined with another."""
        first, second = self.rng.sample(self.atoms, 2)
        kind = self.rng.random()
        if kind < 0.6:
            return first
        return negation(first) if kind < 0.8 else both(self.rng.choice("&|>"), first, second)

    def goal(self) -> Formula:
        """Draw a goal."""
        if self.rng.random() < 0.25:
            return self.small()
        one, two = self.small(), self.small()
        return both(self.rng.choice("&|>>"), one, two) if one != two else one

    def grown(self, goal: Formula, shape: "Shape") -> Node | None:
        """Derive further leaves until the proof is long enough; None when it does not get there."""
        root, wanted = Node(goal), self.rng.randint(shape.least, shape.most) - 1
        leaves, made = [root], 0
        for _ in range(3 * shape.most):
            place = self.rng.randrange(len(leaves))
            leaf = leaves[place]
            _WAYS[self.rng.choice(self._fitting(leaf.formula))](self, leaf)
            new = leaf.leaves()
            others = leaves[:place] + leaves[place + 1 :]
            given = list({node.formula: None for node in (*others, *new)})
            if any(_long(node.formula) for node in new) or not self._fit(given, goal, shape):
                leaf.rule, leaf.parts, leaf.supposed = "", (), None
                continue
            leaves, made = others + new, made + _inferences(leaf)
            if made >= wanted and len(given) >= 2:
                return root
        return None

    def _fitting(self, goal: Formula) -> list[str]:
        fit = {"&": "and", "|": "either", ">": "imply", "~": "negate"}.get(goal.sign)
        return [*([fit] * 4 if fit else ["reductio"]), "mp", "mp", "left", "right", "cases"]

    def _fit(self, given: list[Formula], goal: Formula, shape: "Shape") -> bool:
        known = 0 < len(given) <= shape.premises and goal not in given
        return known and self._sound(given, goal)

    def _sound(self, given: Sequence[Formula], goal: Formula) -> bool:
        """Say whether the premises are consistent and none of them can be spared."""
        tables = [self.table(formula) for formula in given]
        full = self.rows[0]
        fails = full & ~self.table(goal)
        together = full
        for bits in tables:
            together &= bits
        if not together:
            return False
        for place in range(len(tables)):
            remain = fails
            for bits in tables[:place] + tables[place + 1 :]:
                remain &= bits
            if not remain:
                return False
        return True

    OPENINGS = (
        "Derive {goal} from these premises:",
        "Show that {goal} follows. Given are:",
        "The lemma still to be proved is {goal}. Its hypotheses:",
        "Your goal: {goal}. You may use:",
    )

    def table(self, formula: Formula) -> int:
        """Return the truth table of a formula as bits, one for each valuation."""
        if formula not in self.tables:
            self.tables[formula] = self._computed(formula)
        return self.tables[formula]

    def _computed(self, formula: Formula) -> int:
        parts = [self.table(part) for part in formula.parts]
        match formula.sign:
            case "~":
                return self.rows[0] & ~parts[0]
            case "&":
                return parts[0] & parts[1]
            case "|":
                return parts[0] | parts[1]
            case ">":
                return (self.rows[0] & ~parts[0]) | parts[1]
            case _:
                return 0

    def use(self, leaf: Node) -> None:
        """Derive a leaf from something new or, where something is supposed, from that."""
        supposed = [formula for formula in leaf.known if formula != leaf.formula]
        known = bool(supposed) and self.rng.random() < 0.5
        middle = self.rng.choice(supposed) if known else self.small()
        leaf.derive("mp", both(">", middle, leaf.formula), middle)

    def either(self, leaf: Node) -> None:
        """Derive one side of a disjunction."""
        leaf.derive("either", self.rng.choice(leaf.formula.parts))

    def cases(self, leaf: Node) -> None:
        """Derive a leaf in both of two cases."""
        one, two, goal = self.small(), self.small(), leaf.formula
        leaf.derive("cases", both("|", one, two), both(">", one, goal), both(">", two, goal))

    def imply(self, leaf: Node) -> None:
        """Suppose the left side of an implication, and use it on the way to the right side."""
        supposed, goal = leaf.formula.parts
        leaf.derive("imply", goal, supposed=supposed)
        (inner,) = leaf.parts
        way = self.rng.random()
        middle = self.small()
        if way < 0.3:
            middle = both(*self.rng.choice((("|", supposed, middle), ("|", middle, supposed))))
            inner.derive("mp", both(">", middle, goal), middle)
            inner.parts[1].derive("either", supposed)
        elif way < 0.6:
            middle = both(*self.rng.choice((("&", supposed, middle), ("&", middle, supposed))))
            inner.derive("mp", both(">", middle, goal), middle)
            inner.parts[1].derive("and", *middle.parts)
        else:
            inner.derive("mp", both(">", middle, goal), middle)
            inner.parts[1].derive("mp", both(">", supposed, middle), supposed)

    def refute(self, leaf: Node) -> None:
        """Suppose what a negation denies, and derive a contradiction from it."""
        (supposed,), fact = leaf.formula.parts, self.small()
        leaf.derive("negate", FALSE, supposed=supposed)
        leaf.parts[0].derive("clash", fact, negation(fact))
        leaf.parts[0].parts[0].derive("mp", both(">", supposed, fact), supposed)

    def reductio(self, leaf: Node) -> None:
        """Derive a leaf by refuting its negation."""
        leaf.derive("dne", negation(negation(leaf.formula)))
        self.refute(leaf.parts[0])


_WAYS: dict[str, Callable[[Grower, Node], None]] = {
    "and": lambda _, leaf: leaf.derive("and", *leaf.formula.parts),
    "left": lambda grower, leaf: leaf.derive("left", both("&", leaf.formula, grower.small())),
    "right": lambda grower, leaf: leaf.derive("right", both("&", grower.small(), leaf.formula)),
    "mp": Grower.use,
    "either": Grower.either,
    "cases": Grower.cases,
    "imply": Grower.imply,
    "negate": Grower.refute,
    "reductio": Grower.reductio,
}
"""How a leaf is derived further."""


def _long(formula: Formula) -> bool:
    return len(str(formula)) > MOST_LENGTH


def _inferences(node: Node) -> int:
    own = bool(node.rule) + (node.supposed is not None)
    return own + sum(map(_inferences, node.parts))


@cache
def columns(letters: int) -> tuple[int, ...]:
    """Return the truth table of what is always true, and that of each letter, as bits."""
    rows = range(1 << letters)
    return (1 << len(rows)) - 1, *(
        sum(1 << row for row in rows if row >> place & 1) for place in range(letters)
    )


def written(proof: Node, lines: list[Line]) -> int:
    """Append the lines of a proof to `lines`; return the number of its last one."""
    boxes = lines[-1].boxes if lines else ()
    for number, line in enumerate(lines, 1):
        if line.formula == proof.formula and line.boxes == boxes[: len(line.boxes)]:
            return number
    if proof.supposed:
        lines.append(apply(lines, f"suppose {proof.supposed}"))
    numbers = [str(written(part, lines)) for part in proof.parts]
    stated = [str(proof.formula)] if proof.rule == "either" else []
    lines.append(apply(lines, " ".join([proof.rule, *numbers, *stated])))
    return len(lines)


OPENINGS = (
    "Derive {goal} from these premises:",
    "Show that {goal} follows. Given are:",
    "The lemma still to be proved is {goal}. Its hypotheses:",
    "Your goal: {goal}. You may use:",
)


class Deduction(Environment):
    """Derive a goal from premises in natural deduction, one inference a turn."""

    name = "formal/deduction"
    version = "1"
    turns = 32
    base_rate = 0.015  # the best of the plans that are the same for all tasks, level 1
    statement = (
        "Prove the goal from the premises. Each turn, answer with one step and nothing else; "
        "lines are named by their numbers, and the line that a step adds is worked out for you. "
        "The steps are: "
        + "; ".join(RULES.values())
        + "; `undo` takes the last line back; `show` shows the proof so far. Formulas are "
        "written with ~ (not), & (and), | (or), -> (implies), # (falsum), and brackets round "
        "every pair. The proof is done as soon as the goal is a line outside all boxes. Only "
        "premises and what follows from them counts."
    )

    def reset(self, task: Task) -> Observation:
        """Grow proofs until one has the right length and premises that are all needed."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            letters = sorted(rng.sample("abcdefghjkmnpqrstuvwxyz", shape.letters))
            grower = Grower(rng, letters)
            self.goal = grower.goal()
            proof = grower.grown(self.goal, shape)
            if proof is None:
                continue
            given = list(dict.fromkeys(leaf.formula for leaf in proof.leaves()))
            given.sort(key=str)
            content = f"{', '.join(map(str, given))} |- {self.goal}"
            if self._plan(given, proof, shape) and task.owns(content):
                break
        told = "\n".join(f"{n}. {formula}" for n, formula in enumerate(given, 1))
        opening = OPENINGS[len(content) % len(OPENINGS)].format(goal=self.goal)
        return Observation(f"{opening}\n{told}")

    def _plan(self, given: list[Formula], proof: Node, shape: Shape) -> bool:
        """Write the proof down; say whether its length is right and all its lines are used.

        Some step has to state a formula: a plan without looking could guess the numbers of lines.
        """
        lines = [Line(formula, "premise", ()) for formula in given]
        self.premises, self.lines = len(given), list(lines)
        written(proof, lines)
        self.plan = [line.why for line in lines[len(given) :]]
        used = {int(word) for step in self.plan for word in step.split() if word.isdigit()}
        fits = shape.least <= len(self.plan) <= shape.most and used >= set(range(1, len(lines)))
        return fits and any(step.startswith(STATING) for step in self.plan)

    def act(self, action: Action) -> Observation:
        """Take one step. A step that does not follow says why and adds nothing."""
        if self.finished:
            return Observation("The proof is complete.", done=True)
        step = action.text.strip()
        if step == "show":
            return Observation(self.picture())
        if step == "undo":
            if len(self.lines) == self.premises:
                return Observation("Only premises are left: there is nothing to undo.")
            gone = self.lines.pop()
            return Observation(f"Line {len(self.lines) + 1}, {gone.formula}, is gone.")
        try:
            self.lines.append(apply(self.lines, step))
        except ToolError as refusal:
            return Observation(f"Nothing was added. {refusal}")
        if self.proved:
            self.finish()
            return Observation(f"{self._line(len(self.lines))}\nProved.", done=True)
        return Observation(self._line(len(self.lines)))

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of a step."""
        try:
            if text.strip() not in ("undo", "show"):
                read(text.strip())
        except ToolError as refusal:
            return str(refusal)
        return None

    def _line(self, number: int) -> str:
        line = self.lines[number - 1]
        return f"{number}. {'| ' * len(line.boxes)}{line.formula}   [{line.why}]"

    def picture(self) -> str:
        """The proof so far, boxes as bars."""
        return "\n".join(map(self._line, range(1, len(self.lines) + 1)))

    @property
    def proved(self) -> bool:
        """Whether the last line is the goal, outside all boxes."""
        return self.lines[-1].formula == self.goal and not self.lines[-1].boxes

    def score(self) -> Score:
        """Check the whole proof again, line by line, and that it ends with the goal."""
        checked = self.lines[: self.premises]
        for line in self.lines[self.premises :]:
            checked.append(apply(checked, line.why))
        return Score(proved=self.proved, every_line_follows=checked == self.lines)

    def aftermath(self) -> str:
        """Tell one proof."""
        lines = self.lines[: self.premises]
        for step in self.plan:
            lines.append(apply(lines, step))
        told = "; ".join(
            f"{n}. {line.formula} by {line.why}"
            for n, line in enumerate(lines, 1)
            if n > self.premises
        )
        return f"A proof in {len(self.plan)} steps: {told}."

    def expert(self) -> Iterator[Action]:
        """Undo what is not part of the proof that the task was grown from, and do the rest."""
        while True:
            done = [line.why for line in self.lines[self.premises :]]
            if done != self.plan[: len(done)]:
                yield Action("undo")
            elif len(done) == len(self.plan):
                return
            else:
                yield Action(self.plan[len(done)])
