"""A rewriting calculus of made-up symbols: which symbol two neighbours become is a hidden law.

A row is brought into a goal form by joining neighbours, and the order matters: no bracketing gives
the same as another. Tasks are grown backwards from the goal, so that each has a plan. A nesting is
a law applied to what another law made; each nesting belongs to one split, so that the plans of eval
tasks consist of nestings that no plan of a train task has, while every law by itself occurs in all
splits. Left out: laws for three symbols, and steps that can be taken back.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

SYMBOLS = ("ka", "mo", "ti", "su", "re", "vo")
Pair = tuple[str, str]


class Shape(NamedTuple):
    """How many symbols there are, how long the goal is, and how many joins lead to it."""

    symbols: int
    goal: int
    joins: int


LEVELS = {
    1: Shape(4, 5, 5),
    2: Shape(4, 5, 7),
    3: Shape(5, 5, 8),
    4: Shape(5, 5, 9),
    5: Shape(6, 6, 11),
}


class Laws(NamedTuple):
    """The laws of a world: its symbols in the order in which levels bring them in, and the table.

    Of any two of the first n symbols, n = 4, 5 or 6, the result is one of the first n.
    """

    symbols: tuple[str, ...]
    made: dict[Pair, str]

    def values(self, pair: Pair) -> int:
        """Say how many results the law of a pair could have had."""
        return max(LEVELS[1].symbols, *(self.symbols.index(symbol) + 1 for symbol in pair))

    def makers(self, level: int) -> dict[str, list[Pair]]:
        """List by result the pairs of the symbols that a level has."""
        known = self.symbols[: LEVELS[level].symbols]
        found: dict[str, list[Pair]] = {symbol: [] for symbol in known}
        for (left, right), result in self.made.items():
            if left in known and right in known:
                found[result].append((left, right))
        return found


def laws(rng: random.Random) -> Laws:
    """Make up the table of a world; at every level, each symbol is made by two pairs at least."""
    while True:
        symbols = tuple(rng.sample(SYMBOLS, len(SYMBOLS)))
        drawn = Laws(symbols, {})
        for left in symbols:
            for right in symbols:
                drawn.made[left, right] = rng.choice(symbols[: drawn.values((left, right))])
        if all(len(pairs) >= 2 for level in LEVELS for pairs in drawn.makers(level).values()):
            return drawn


class Grown(NamedTuple):
    """A row that was grown from a goal, and the places of the joins that lead back."""

    row: list[str]
    places: list[int]
    nestings: int


def grown(
    rng: random.Random, task: Task, goal: Sequence[str], makers: dict[str, list[Pair]], joins: int
) -> Grown | None:
    """Split symbols into pairs that make them; only nestings of the task's split are used."""
    row, places, nestings = list(goal), list[int](), 0
    above: list[tuple[Pair, int] | None] = [None] * len(
        goal
    )  # the pair a symbol came from, its side
    for _ in range(joins):
        place = rng.randrange(len(row))
        options = makers[row[place]]
        if (upper := above[place]) is not None:
            options = [pair for pair in options if task.owns(nesting(pair, *upper))]
            nestings += 1
        if not options:
            return None
        pair = rng.choice(options)
        row[place : place + 1] = pair
        above[place : place + 1] = [(pair, 0), (pair, 1)]
        places.append(place)
    return Grown(row, places[::-1], nestings)


def nesting(inner: Pair, outer: Pair, side: int) -> str:
    """Write a pair inside another, which decides the split that it belongs to."""
    made = f"({' '.join(inner)})"
    return f"nesting {made} {outer[1]}" if side == 0 else f"nesting {outer[0]} {made}"


WORDS = (
    "The row is: {row}. Bring it to: {goal}.",
    "On the slate stands {row}. Wanted is {goal}.",
    "Given: {row}. Goal form: {goal}.",
    "You start from {row} and have to end with {goal}.",
)


class Calculus(Environment):
    """Join neighbouring symbols until a goal form is left; what two become differs by world."""

    name = "formal/calculus"
    version = "1"
    turns = 24
    laws = True
    base_rate = 0.05  # joins at random, level 1, world 0; .01 in most worlds
    statement = (
        "Rewrite a row of symbols into its goal form. Each turn, choose two neighbours to join: "
        "`join 3 (ka mo)` makes one symbol of the third and the fourth, ka and mo. Which symbol "
        "they become depends on the two and on their order, and is always the same here; there are "
        "no brackets, and the order of your joins matters. Joins cannot be undone. The work "
        "ends when the row is as short as the goal form, and counts when it is equal to it."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a goal and grow a row from it, backwards."""
        rng, shape, world = task.rng("instance"), LEVELS[task.level], laws(task.rng("world"))
        makers = world.makers(task.level)
        while True:
            goal = rng.choices(world.symbols[: shape.symbols], k=shape.goal)
            found = grown(rng, task, goal, makers, shape.joins)
            if found is None or 2 * found.nestings < shape.joins:
                continue
            if task.owns(f"{' '.join(found.row)} to {' '.join(goal)}"):
                break
        self.row, self.goal, self.plan = found.row, goal, found.places
        self.made, self.values = world.made, {pair: world.values(pair) for pair in world.made}
        self.start, self.joined = list(self.row), list[int]()
        words = WORDS[len(" ".join(self.row)) % len(WORDS)]
        return Observation(words.format(row=" ".join(self.row), goal=" ".join(goal)))

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell what each pair becomes."""
        world = laws(task.rng("world"))
        known = world.symbols[: LEVELS[task.level].symbols]
        return [
            (f"{left} {right} are joined", f"they become {result}")
            for (left, right), result in world.made.items()
            if left in known and right in known
        ]

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """Name the pairs that the plan joins."""
        return {
            f"{left} {right}": (result, self.values[left, right])
            for left, right, result in self._steps(self.plan)
        }

    def _steps(self, places: Sequence[int]) -> list[tuple[str, str, str]]:
        """List what joins at these places do, from the first row."""
        row, steps = list(self.start), list[tuple[str, str, str]]()
        for place in places:
            left, right = row[place : place + 2]
            row[place : place + 2] = [self.made[left, right]]
            steps.append((left, right, row[place]))
        return steps

    def choices(self) -> Sequence[str]:
        """Every two neighbours."""
        return [_join(self.row, place) for place in range(len(self.row) - 1)]

    def act(self, action: Action) -> Observation:
        """Join two neighbours."""
        if self.finished:
            return Observation("Nothing is left to join.", done=True)
        choices = self.choices()
        if (chosen := action.text.strip()) not in choices:
            return Observation(f"Nothing was joined. You can: {'; '.join(choices)}.")
        place = choices.index(chosen)
        left, right = self.row[place : place + 2]
        self.row[place : place + 2] = [self.made[left, right]]
        self.joined.append(place)
        told = f"{left} {right} became {self.made[left, right]}. The row is: {' '.join(self.row)}."
        if len(self.row) > len(self.goal):
            return Observation(f"{told} The goal form is: {' '.join(self.goal)}.")
        self.finish()
        return Observation(
            f"{told} {'That is the goal form.' if self.reached else 'The goal form is another.'}",
            done=True,
        )

    @property
    def reached(self) -> bool:
        """Whether the row is the goal form."""
        return self.row == self.goal

    def score(self) -> Score:
        """Pay when the row is the goal form."""
        return Score(goal_form=self.reached)

    def picture(self) -> str:
        """The row, its goal form, and a table of what was seen so far."""
        seen = {(left, right): made for left, right, made in self._steps(self.joined)}
        known = sorted({*self.start, *self.goal})
        rows = [
            "  ".join([left, *(seen.get((left, right), " .") for right in known)]) for left in known
        ]
        lines = ["  ".join(["  ", *known]), *rows]
        return "\n".join([f"{' '.join(self.row)}  ->  {' '.join(self.goal)}", *lines])

    def aftermath(self) -> str:
        """Tell an order of joins that leads to the goal form, and what each does."""
        steps = "; ".join(
            f"join {place + 1}: {left} {right} become {made}"
            for place, (left, right, made) in zip(self.plan, self._steps(self.plan), strict=True)
        )
        return f"From {' '.join(self.start)}, this leads to {' '.join(self.goal)}: {steps}."

    def expert(self) -> Iterator[Action]:
        """Join as the row was grown; where that was left, join what comes first."""
        while not self.finished:
            done = len(self.joined)
            on_plan = self.joined == self.plan[:done]
            yield Action(_join(self.row, self.plan[done] if on_plan else 0))


def _join(row: Sequence[str], place: int) -> str:
    return f"join {place + 1} ({row[place]} {row[place + 1]})"
