"""Logic-grid puzzles: who has what in which place, from clues that leave exactly one solution.

A solution is drawn first; true clues are added until pure propagation, without any guessing, leaves
one place for every item, and those that can be spared are taken out again. What propagation leaves
is all that is possible, so that this proves uniqueness; a test proves it with z3 as well. Left out:
clues about three items at once, which would need guessing.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Annotated, NamedTuple

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.errors import ToolError, nearest
from firsthand.task import Task


class Kind(NamedTuple):
    """A group of items of which each place has one, and how clues speak of an item."""

    name: str
    items: tuple[str, ...]
    said: str


class Theme(NamedTuple):
    """What a puzzle is about."""

    place: str
    row: str
    kinds: tuple[Kind, ...]


NAMES = tuple("Ada Ben Cleo Dora Emil Finn Gita Hugo Ines Jan Kira Leo Mona Nils Olga Paul".split())
THEMES = (
    Theme(
        "house",
        "{n} houses stand in a row, numbered 1 to {n} from left to right",
        (
            Kind("person", NAMES, "{}"),
            Kind("pet", tuple("cat dog owl hamster parrot goat tortoise".split()), "the {}"),
            Kind("drink", tuple("tea milk cocoa juice coffee cider".split()), "the {} drinker"),
        ),
    ),
    Theme(
        "stall",
        "{n} stalls stand side by side on the market, numbered 1 to {n} from left to right",
        (
            Kind("seller", NAMES, "{}"),
            Kind("ware", tuple("honey cheese bread olives plums herbs eggs".split()), "the {}"),
            Kind("awning", tuple("red blue green striped white yellow".split()), "the {} awning"),
        ),
    ),
    Theme(
        "berth",
        "{n} boats lie in berths 1 to {n} from left to right",
        (
            Kind("skipper", NAMES, "{}"),
            Kind("boat", tuple("Gull Heron Osprey Puffin Tern Petrel".split()), "the {}"),
            Kind("cargo", tuple("salt timber wool copper oil grain".split()), "the load of {}"),
        ),
    ),
    Theme(
        "room",
        "A talk is given in each of the rooms 1 to {n}, which lie along a corridor in that order",
        (
            Kind("speaker", NAMES, "{}"),
            Kind("topic", tuple("algebra optics botany music law chess".split()), "the {} talk"),
            Kind("guest", tuple("poet nurse pilot judge baker tailor".split()), "the {}"),
        ),
    ),
)

SAID = {
    "same": ("{a} and {b} belong to the same {place}.", "Where {a} is, there is {b}."),
    "differ": ("{a} and {b} are in different {place}s.", "{b} is not in the same {place} as {a}."),
    "next": ("{a} is directly to the left of {b}.", "{b} is directly to the right of {a}."),
    "before": ("{a} is somewhere to the left of {b}.", "{b} is further to the right than {a}."),
    "beside": ("{a} is right beside {b}.", "{a} and {b} are in neighbouring {place}s."),
    "gap": ("Exactly one {place} lies between {a} and {b}.",),
    "at": ("{a} is in {place} {p}.", "In {place} {p} is {a}."),
    "not at": ("{a} is not in {place} {p}.", "{place} {p} is not where {a} is."),
    "end": ("{a} is at one of the two ends.", "{a} has a neighbour on one side only."),
    "inside": ("{a} is at neither end.", "{a} has neighbours on both sides."),
}
"""What clues say."""


def _same(a: int, b: int) -> bool:
    return a == b


def _differ(a: int, b: int) -> bool:
    return a != b


def _next(a: int, b: int) -> bool:
    return b == a + 1


def _before(a: int, b: int) -> bool:
    return a < b


def _beside(a: int, b: int) -> bool:
    return abs(a - b) == 1


def _gap(a: int, b: int) -> bool:
    return abs(a - b) == 2


_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "same": _same,
    "differ": _differ,
    "next": _next,
    "before": _before,
    "beside": _beside,
    "gap": _gap,
}


class Clue(NamedTuple):
    """What is said of item `a`: where it may be (`mask`), or how it lies to item `b`."""

    kind: str
    a: int
    b: int
    mask: int
    place: int


class Shape(NamedTuple):
    """How many places and kinds there are, which clues, and how many may name a place."""

    places: int
    kinds: int
    clues: tuple[str, ...]
    told: int


_EASY = ("same", "same", "next", "at", "not at", "before")
_HARD = ("same", "differ", "next", "before", "beside", "gap", "not at", "end", "inside")
LEVELS = {
    1: Shape(4, 2, _EASY, 3),
    2: Shape(4, 3, _EASY, 3),
    3: Shape(4, 3, (*_HARD, "same", "at"), 2),
    4: Shape(5, 3, (*_HARD, "same", "at"), 2),
    5: Shape(5, 3, _HARD, 1),
}


@cache
def images(kind: str, places: int, backwards: bool) -> tuple[int, ...]:
    """For every set of places of one item, as bits: where the other can be under a clue."""
    holds = _HOLDS[kind]
    reach = [
        sum(1 << q for q in range(places) if (holds(q, p) if backwards else holds(p, q)))
        for p in range(places)
    ]
    return tuple(
        _union(reach[p] for p in range(places) if mask >> p & 1) for mask in range(1 << places)
    )


def _union(masks: Iterator[int]) -> int:
    together = 0
    for mask in masks:
        together |= mask
    return together


def settled(domains: list[int], clues: Sequence[Clue], places: int) -> list[int]:
    """Return where each item can still be, as bits, after propagating until nothing changes."""
    domains = list(domains)
    rules = [
        (clue.a, clue.b, images(clue.kind, places, False), images(clue.kind, places, True))
        for clue in clues
        if clue.b >= 0
    ]
    for clue in clues:
        domains[clue.a] &= clue.mask
    while True:
        before = tuple(domains)
        for a, b, there, back in rules:
            domains[b] &= there[domains[a]]
            domains[a] &= back[domains[b]]
        for first in range(0, len(domains), places):
            _all_different(domains, range(first, first + places), places)
        if tuple(domains) == before:
            return domains


def _all_different(domains: list[int], group: range, places: int) -> None:
    """A place that one item has is no other's; a place that only one item can have is its own."""
    once = twice = 0
    for item in group:
        mask = domains[item]
        twice |= once & mask
        once |= mask
        if mask & (mask - 1) == 0:
            for other in group:
                if other != item:
                    domains[other] &= ~mask
    single = once & ~twice
    for item in group:
        if domains[item] & single:
            domains[item] &= single


def solved(domains: Sequence[int]) -> bool:
    """Say whether every item has one place."""
    return all(mask and mask & (mask - 1) == 0 for mask in domains)


def clues_of(rng: random.Random, where: Sequence[int], shape: Shape) -> list[Clue]:
    """Draw true clues until propagation solves the puzzle; take out those that can be spared."""
    full, told = (1 << shape.places) - 1, 0
    start = [full] * len(where)
    domains, clues = start, list[Clue]()
    while not solved(domains):
        clue = _true_clue(rng, where, shape)
        if clue.kind == "at" and told == shape.told:
            continue
        after = settled(domains, [*clues, clue], shape.places)
        if after != domains:
            told += clue.kind == "at"
            domains, clues = after, [*clues, clue]
    for clue in rng.sample(clues, len(clues)):
        fewer = [other for other in clues if other is not clue]
        if solved(settled(start, fewer, shape.places)):
            clues = fewer
    return clues


def _true_clue(rng: random.Random, where: Sequence[int], shape: Shape) -> Clue:
    full = (1 << shape.places) - 1
    while True:
        kind = rng.choice(shape.clues)
        a, b = rng.sample(range(len(where)), 2)
        here = where[a]
        if kind in _HOLDS:
            other = a // shape.places != b // shape.places
            if (other or kind not in ("same", "differ")) and _HOLDS[kind](here, where[b]):
                return Clue(kind, a, b, full, 0)
            continue
        if kind == "at":
            return Clue(kind, a, -1, 1 << here, here)
        if kind == "not at":
            place = rng.choice([p for p in range(shape.places) if p != here])
            return Clue(kind, a, -1, full & ~(1 << place), place)
        ends = 1 | 1 << (shape.places - 1)
        if bool(ends >> here & 1) == (kind == "end"):
            return Clue(kind, a, -1, ends if kind == "end" else full & ~ends, 0)


Item = Annotated[str, msgspec.Meta(description="One of the items, as it is written in the list.")]
Place = Annotated[int, msgspec.Meta(description="The number of a place, from 1.")]


class Puzzle(Environment):
    """Fill in a logic-grid puzzle from its clues; only the finished grid is judged."""

    name = "formal/puzzle"
    version = "1"
    turns = 40
    statement = (
        "Solve the puzzle: find the place of every item. Each place has exactly one item of each "
        "kind, and the clues leave only one solution. Put items into places with the tools; an "
        "item that is put elsewhere moves, and an item of the same kind that was there is taken "
        "out. Nothing says whether a place is right until you commit, which is final: the whole "
        "grid has to be right then."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a theme, a solution and clues that prove it."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        self.places = shape.places
        while True:
            theme = rng.choice(THEMES)
            kinds = rng.sample(theme.kinds[1:], shape.kinds - 1)
            self.kinds = [
                (kind.name, rng.sample(kind.items, shape.places))
                for kind in (theme.kinds[0], *kinds)
            ]
            where = [p for _ in self.kinds for p in rng.sample(range(shape.places), shape.places)]
            said = [
                kind.said.format(item)
                for kind, (_, items) in zip((theme.kinds[0], *kinds), self.kinds, strict=True)
                for item in items
            ]
            self.clues = clues_of(rng, where, shape)
            texts = [_told(rng, clue, said, theme.place) for clue in self.clues]
            if task.owns(f"{theme.place} {said} {sorted(self.clues)}"):
                break
        items = [item for _, kind in self.kinds for item in kind]
        self.solution = {item: place + 1 for item, place in zip(items, where, strict=True)}
        self.grid = dict.fromkeys(items, 0)
        self.place, self.committed = theme.place, False
        told = "\n".join(f"{n}. {text}" for n, text in enumerate(texts, 1))
        groups = "\n".join(f"{name}: {', '.join(sorted(kind))}" for name, kind in self.kinds)
        return Observation(f"{theme.row.format(n=shape.places)}.\n{groups}\nClues:\n{told}")

    @tool
    def put(self, item: Item, place: Place) -> str:
        """Put an item into a place."""
        self._known(item)
        if not 1 <= place <= self.places:
            raise ToolError(f"{self.place}s have the numbers 1 to {self.places}, got {place}.")
        same = next(kind for _, kind in self.kinds if item in kind)
        out = [other for other in same if other != item and self.grid[other] == place]
        for other in out:
            self.grid[other] = 0
        self.grid[item] = place
        return f"{item} is in {self.place} {place}." + "".join(f" {o} was taken out." for o in out)

    @tool
    def take_out(self, item: Item) -> str:
        """Take an item out of its place."""
        self._known(item)
        if not self.grid[item]:
            raise ToolError(f"{item} is in no {self.place}.")
        self.grid[item] = 0
        return f"{item} is in no {self.place} now."

    @tool
    def look(self) -> str:
        """Show the grid as it is filled in."""
        return self.picture()

    @tool
    def commit(self) -> str:
        """Hand in the grid. This is final."""
        if missing := [item for item, place in self.grid.items() if not place]:
            raise ToolError(f"The grid is not full yet: {', '.join(sorted(missing))} missing.")
        self.committed = True
        self.finish()
        return "The grid is handed in."

    def _known(self, item: str) -> None:
        if item not in self.grid:
            close = nearest(item, self.grid)
            raise ToolError(
                f"There is no item {item[:40]!r}."
                + (f" Did you mean {close!r}?" if close else " The items are listed at the start.")
            )

    def picture(self) -> str:
        """The grid as it is filled in, one column a place."""
        return self._drawn(self.grid)

    def _drawn(self, grid: dict[str, int]) -> str:
        columns = range(1, self.places + 1)
        rows = [[self.place, *map(str, columns)]]
        for name, kind in self.kinds:
            inside = {grid[item]: item for item in kind}
            rows.append([name, *(inside.get(place, ".") for place in columns)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def score(self) -> Score:
        """Compare the whole grid with the only solution, once it is handed in."""
        return Score(committed=self.committed, all_right=self.grid == self.solution)

    def aftermath(self) -> str:
        """Show the solution, and which items were wrong."""
        wrong = sorted(i for i, place in self.grid.items() if place and place != self.solution[i])
        told = f"\nWrongly placed: {', '.join(wrong)}." if wrong else ""
        return f"The only solution:\n{self._drawn(self.solution)}{told}"

    def expert(self) -> Iterator[Action]:
        """Put every item that is not there yet where it belongs, and commit."""
        for item, place in self.solution.items():
            if self.grid[item] != place:
                yield _call("put", item=item, place=place)
        yield _call("commit")


def _told(rng: random.Random, clue: Clue, said: Sequence[str], place: str) -> str:
    text = rng.choice(SAID[clue.kind]).format(
        a=said[clue.a], b=said[clue.b], p=clue.place + 1, place=place
    )
    return text[0].upper() + text[1:]


def _call(name: str, **arguments: object) -> Action:
    return Action(calls=(ToolCall(name, arguments, name),))
