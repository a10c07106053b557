"""A fairground machine whose keys move and repaint five tiles; what a key does is a hidden law.

The world gives each key one operation of a catalogue. A sequence of keys is their composition, so
whoever knows the keys can foretell every sequence, and nobody can look the answer up: two keys that
stand side by side in one split never do so in another. The wrong rows on offer are what other
operations of the catalogue would have left, so that no row looks more likely than the others. Left
out: trying a key before answering, which would make knowing the keys unnecessary.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

KEYS: Sequence[str] = (
    "moth fern quill anvil comet otter lantern thimble walnut sail harp bellows".split()
)
COLOURS = ("red", "blue", "green", "white")
PLACES = ("first", "second", "third", "fourth", "fifth")
Row = tuple[str, ...]


class Operation(msgspec.Struct, frozen=True):
    """What one key does: tile i comes from place `source[i]`, then two colours are traded."""

    told: str
    source: tuple[int, ...] = (0, 1, 2, 3, 4)
    trade: tuple[str, str] | tuple[()] = ()

    def __call__(self, row: Row) -> Row:
        """Return the row after the key."""
        moved = tuple(row[place] for place in self.source)
        if not self.trade:
            return moved
        one, other = self.trade
        other_of = {one: other, other: one}
        return tuple(other_of.get(colour, colour) for colour in moved)


def _catalogue() -> tuple[Operation, ...]:
    found = [Operation("reverses the row", (4, 3, 2, 1, 0))]
    for steps in (1, 2, 3, 4):
        source = tuple((place - steps) % 5 for place in range(5))
        way, by = ("right", steps) if steps < 3 else ("left", 5 - steps)
        found.append(Operation(f"shifts the row {by} to the {way}, round the end", source))
    for one, other in combinations(range(5), 2):
        source = [*range(5)]
        source[one], source[other] = other, one
        told = f"swaps the {PLACES[one]} and the {PLACES[other]} tile"
        found.append(Operation(told, tuple(source)))
    for end, place in ((end, place) for end in (0, 4) for place in (1, 2, 3)):
        source = [*range(5)]
        source[place] = end
        told = f"paints the {PLACES[place]} tile like the {PLACES[end]}"
        found.append(Operation(told, tuple(source)))
    for one, other in combinations(COLOURS, 2):
        found.append(
            Operation(f"turns {one} into {other} and {other} into {one}", trade=(one, other))
        )
    return tuple(found)


OPERATIONS = _catalogue()
_SHAPE = {1: (2, 8), 2: (2, 9), 3: (3, 10), 4: (3, 12), 5: (4, 12)}
"""Level to how many keys are pressed and how many rows are offered."""
_ASKED = (
    "The tray shows {row}. The keys {keys} are pressed, in this order.",
    "Before: {row}. Pressed, one after the other: {keys}.",
    "Five tiles lie in the tray: {row}. A visitor presses {keys}.",
    "The machine stands at {row}; then come the keys {keys}.",
)


def machine(rng: random.Random) -> dict[str, Operation]:
    """Give each key another operation."""
    return dict(zip(KEYS, rng.sample(OPERATIONS, len(KEYS)), strict=True))


def run(row: Row, operations: Sequence[Operation]) -> list[Row]:
    """Return the row at the start and after each operation."""
    rows = [row]
    for operation in operations:
        rows.append(operation(rows[-1]))
    return rows


def told(row: Row) -> str:
    """Write a row from left to right."""
    return " ".join(row)


class BlackBox(Environment):
    """Foretell what a machine with unlabelled keys leaves in its tray; each world rewires it."""

    name = "rules/blackbox"
    version = "1"
    turns = 2
    laws = True
    base_rate = 1 / 8
    statement = (
        "A fairground machine has twelve keys and a tray of five tiles. Each key always does the "
        "same thing to the row of tiles, but nothing on the machine says what. Answer with the row "
        "that is left when all keys have been pressed: five colours from left to right, separated "
        "by spaces. The first row that you name and that is on offer is your answer."
    )

    def reset(self, task: Task) -> Observation:
        """Draw keys whose neighbours the split owns, a row on which each key acts, and rivals."""
        rng, keys = task.rng("instance"), machine(task.rng("world"))
        length, offered = _SHAPE[task.level]
        neighbours = _neighbours(task)
        while True:
            self.keys = _sequence(rng, neighbours, length)
            rows = run(_row(rng), [keys[key] for key in self.keys])
            wording = rng.choice(_ASKED)
            text = wording.format(row=told(rows[0]), keys=", ".join(self.keys))
            if all(a != b for a, b in pairwise(rows)) and task.owns(text):
                break
        self.operations = [keys[key] for key in self.keys]
        self.rows, self.right = rows, told(rows[-1])
        self.offered = rng.sample(offers := _rivals(rng, rows, offered), len(offers))
        self.answer = ""
        return Observation(f"{text} Which row is left?")

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell what each key does."""
        keys = machine(task.rng("world"))
        return [(f"{key} is pressed", f"the machine {keys[key].told}") for key in KEYS]

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """The operations of the keys that are pressed."""
        pressed = zip(self.keys, self.operations, strict=True)
        return {f"key {key}": (operation.told, len(OPERATIONS)) for key, operation in pressed}

    def choices(self) -> Sequence[str]:
        """The rows on offer."""
        return self.offered

    def act(self, action: Action) -> Observation:
        """Answer with one row. A row on offer is final."""
        if self.finished:
            return Observation("The machine has stopped.", done=True)
        row = " ".join(action.text.lower().replace(",", " ").split())
        if row not in self.offered:
            listed = "; ".join(self.offered)
            return Observation(f"That row is not on offer. Answer with one of: {listed}.")
        self.answer = row
        self.finish()
        return Observation(f"You said {row}. The machine rattles and stops.", done=True)

    def score(self) -> Score:
        """Pay for the row that is left."""
        return Score(foretold=self.answer == self.right)

    def aftermath(self) -> str:
        """Show the row after each key, and tell what the key did."""
        steps = [
            f"{key} {operation.told}: {told(row)}."
            for key, operation, row in zip(self.keys, self.operations, self.rows[1:], strict=True)
        ]
        return f"It stood at {told(self.rows[0])}. {' '.join(steps)}"

    def picture(self) -> str:
        """Draw the tray before the first and after each key."""
        steps = zip(("start", *self.keys), self.rows, strict=True)
        return "\n".join(
            f"{key:>8} | {' | '.join(f'{tile:5}' for tile in row)} |" for key, row in steps
        )

    def expert(self) -> Iterator[Action]:
        """Name the row, knowing the keys."""
        yield Action(self.right)


def _neighbours(task: Task) -> dict[str, list[str]]:
    """Return which keys stand side by side in the split, in either order."""
    return {
        a: [b for b in KEYS if a != b and task.owns(f"pair {min(a, b)} {max(a, b)}")] for a in KEYS
    }


def _sequence(
    rng: random.Random, neighbours: Mapping[str, Sequence[str]], length: int
) -> list[str]:
    """Draw different keys, each of which follows the one before it in this split only."""
    while True:
        keys = [rng.choice(KEYS)]
        while len(keys) < length and neighbours[keys[-1]]:
            keys.append(rng.choice(neighbours[keys[-1]]))
        if len(set(keys)) == length:
            return keys


def _row(rng: random.Random) -> Row:
    return tuple(rng.choice(COLOURS) for _ in PLACES)


def _rivals(rng: random.Random, rows: list[Row], n: int) -> list[str]:
    """Return the right row and what as many other operations, each of which acts, would leave."""
    found = [told(rows[-1])]
    while len(found) < n:
        other = run(rows[0], rng.sample(OPERATIONS, len(rows) - 1))
        if all(a != b for a, b in pairwise(other)) and told(other[-1]) not in found:
            found.append(told(other[-1]))
    return found
