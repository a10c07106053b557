"""Battleship alone: a hidden fleet, and fewer shots than fields.

Every shot is answered, so what is left of the fleet can be reasoned out: the best shot is where
most of the possible placements lie. Ships never touch, which the answers make use of. Left out: an
opponent who shoots back.
"""

import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

NAMES = {2: "launch", 3: "cutter", 4: "frigate", 5: "galleon"}
Field = tuple[int, int]
"""Row and column from 0."""
Ship = frozenset[Field]


class Shape(msgspec.Struct, frozen=True):
    """The side of the sea, the lengths of the ships, and the shots."""

    side: int
    fleet: tuple[int, ...]
    shots: int


LEVELS = {
    1: Shape(6, (3, 3, 2), 22),
    2: Shape(7, (4, 3, 2), 26),
    3: Shape(8, (4, 3, 3, 2), 34),
    4: Shape(9, (4, 4, 3, 2, 2), 42),
    5: Shape(10, (5, 4, 3, 3, 2), 49),
}


@cache
def placements(side: int, length: int) -> tuple[Ship, ...]:
    """List where a ship can lie."""
    found: list[Ship] = []
    for row, column in product(range(side), repeat=2):
        if column + length <= side:
            found.append(frozenset((row, column + i) for i in range(length)))
        if row + length <= side:
            found.append(frozenset((row + i, column) for i in range(length)))
    return tuple(found)


@cache
def around(ship: Ship) -> Ship:
    """Return the fields of a ship and all that touch them, also at a corner."""
    return frozenset(
        (row + i, column + j) for row, column in ship for i in (-1, 0, 1) for j in (-1, 0, 1)
    )


class Battleship(Environment):
    """Sink a hidden fleet with a bounded number of shots."""

    name = "games/battleship"
    version = "1"
    turns = 120
    base_rate = 0.015  # fields drawn at random, at level 1; measured
    statement = (
        "A fleet is hidden in a square of sea. Its ships lie straight, along a row or a column, "
        "and never touch, not even at a corner. Sink all of them before your shots are used up. "
        "Each turn, answer with one field to shoot at, its row as a letter and its column as a "
        "number, such as `b4`. You are told whether it is water or a hit, and when all fields of "
        "a ship are hit, that it is sunk. A field cannot be shot at twice."
    )

    def reset(self, task: Task) -> Observation:
        """Place the fleet."""
        rng, self.shape = task.rng("instance"), LEVELS[task.level]
        while True:
            self.fleet = _placed(rng, self.shape)
            if task.owns(" ".join(_told(field) for ship in self.fleet for field in sorted(ship))):
                break
        self.shot: list[Field] = []
        last = _told((self.shape.side - 1, self.shape.side - 1))
        ships = ", ".join(f"a {NAMES[length]} of {length}" for length in self.shape.fleet)
        return Observation(
            f"The sea goes from a1 to {last}. The fleet: {ships}. You have {self.left} shots."
        )

    @property
    def left(self) -> int:
        """Shots that are left."""
        return self.shape.shots - len(self.shot)

    def choices(self) -> Sequence[str]:
        """The fields that were not shot at."""
        side = range(self.shape.side)
        return [_told((x, y)) for x in side for y in side if (x, y) not in self.shot]

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of a shot."""
        field = text.strip().lower()
        if field in self.choices():
            return None
        if field in map(_told, self.shot):
            return f"{field} was shot at before. Choose another field."
        last = _told((self.shape.side - 1, self.shape.side - 1))
        return f"Not a field: answer with one from a1 to {last}, such as `{self.choices()[0]}`."

    def act(self, action: Action) -> Observation:
        """Shoot at a field."""
        if self.finished:
            return Observation("The battle is over.", done=True)
        if wrong := self.form_error(action.text):
            return Observation(wrong)
        name = action.text.strip().lower()
        field = ord(name[0]) - ord("a"), int(name[1:]) - 1
        self.shot.append(field)
        told = f"{name}: {self._answer(field)}"
        if self.all_sunk or not self.left:
            self.finish()
            end = "The whole fleet is sunk." if self.all_sunk else "No shots are left."
            return Observation(f"{told} {end}", done=True)
        return Observation(f"{told} {self.left} shot{'' if self.left == 1 else 's'} left.")

    def _answer(self, field: Field) -> str:
        ship = next((ship for ship in self.fleet if field in ship), None)
        if ship is None:
            return "water."
        if not ship <= set(self.shot):
            return "hit."
        fields = ", ".join(_told(part) for part in sorted(ship))
        return f"hit, and the {NAMES[len(ship)]} at {fields} is sunk."

    @property
    def all_sunk(self) -> bool:
        """Whether every field of every ship was hit."""
        return frozenset[Field]().union(*self.fleet) <= set(self.shot)

    def score(self) -> Score:
        """Pay when the whole fleet is sunk."""
        return Score(fleet_sunk=self.all_sunk)

    def aftermath(self) -> str:
        """Tell where the ships lay."""
        ships = [
            f"the {NAMES[len(ship)]} at {', '.join(_told(field) for field in sorted(ship))}"
            for ship in self.fleet
        ]
        return f"The fleet: {'; '.join(ships)}."

    def picture(self) -> str:
        """Draw the sea: `#` ship, `X` hit, `o` water that was shot at."""
        ships, side = frozenset[Field]().union(*self.fleet), range(self.shape.side)
        signs = {(True, True): "X", (True, False): "#", (False, True): "o", (False, False): "."}
        rows = [
            " ".join(signs[(row, column) in ships, (row, column) in self.shot] for column in side)
            for row in side
        ]
        head = "  " + " ".join(str((column + 1) % 10) for column in side)
        return "\n".join([head, *(f"{_told((row, 0))[0]} {line}" for row, line in enumerate(rows))])

    def expert(self) -> Iterator[Action]:
        """Shoot where most possible placements lie; look only when shots run out."""
        while not self.all_sunk and self.left:
            yield Action(_told(self._best()))

    def _best(self) -> Field:
        shot = set(self.shot)
        hidden = sorted(frozenset[Field]().union(*self.fleet) - shot)
        if self.left <= len(hidden):
            return hidden[0]
        counts = self._counts(shot)
        return max(sorted(counts), key=counts.__getitem__)

    def _counts(self, shot: set[Field]) -> dict[Field, int]:
        """Count, for each field, the possible placements of ships on it; those that explain hits
        count more.
        """
        sunk = [ship for ship in self.fleet if ship <= shot]
        closed = frozenset[Field]().union(*map(around, sunk))
        hits = (frozenset[Field]().union(*self.fleet) & shot) - closed
        impossible = (shot - hits) | closed
        lengths = [len(ship) for ship in self.fleet if not ship <= shot]
        counts: dict[Field, int] = {}
        for length in lengths:
            for ship in placements(self.shape.side, length):
                if not ship.isdisjoint(impossible) or ship <= hits:
                    continue
                weight = 100 ** len(ship & hits) if hits else 1
                for field in ship - hits:
                    counts[field] = counts.get(field, 0) + weight
        return counts


def _placed(rng: random.Random, shape: Shape) -> list[Ship]:
    """Place ships one after the other, where none touches another."""
    while True:
        fleet, closed = list[Ship](), frozenset[Field]()
        for length in shape.fleet:
            ship = rng.choice(placements(shape.side, length))
            if not ship.isdisjoint(closed):
                break
            fleet.append(ship)
            closed |= around(ship)
        else:
            return fleet


def _told(field: Field) -> str:
    return f"{chr(ord('a') + field[0])}{field[1] + 1}"
