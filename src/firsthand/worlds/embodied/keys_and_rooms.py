"""A dark house to explore: doors, locks, keys, and a thing to carry from one room to another.

Houses are built in regions. Each locked door leads into a new region and its key lies in the region
before, so every lock on the chain has to be opened, in order, and the shortest way through is
known. Left out: things to combine, other people, and a limit to what can be carried.
"""

import random
from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, text_actions
from firsthand.task import Task

ROOMS = {
    "attic": "Rafters creak above you.",
    "bakehouse": "The oven is long cold.",
    "ballroom": "Dust lies on the dance floor.",
    "cellar": "Barrels line the walls.",
    "chapel": "A row of pews faces a bare wall.",
    "conservatory": "Dry leaves crackle under your feet.",
    "courtyard": "High walls shut out the moon.",
    "dining room": "A long table is laid for nobody.",
    "dovecote": "Feathers drift down.",
    "gallery": "Portraits look past you.",
    "guardroom": "A rack for pikes stands empty.",
    "hall": "Your steps echo.",
    "kitchen": "Copper pans hang in a row.",
    "laundry": "Sheets hang stiff on a line.",
    "library": "Books reach up to the ceiling.",
    "nursery": "A rocking horse nods.",
    "observatory": "A telescope points at a closed shutter.",
    "pantry": "It smells of apples.",
    "parlour": "The clock has stopped.",
    "scullery": "Water drips into a basin.",
    "stable": "Straw covers the floor.",
    "study": "Papers cover the desk.",
    "tower": "Wind whistles through a slit.",
    "workshop": "Shavings lie under the bench.",
}
TREASURES = (
    "lamp",
    "crown",
    "violin",
    "atlas",
    "goblet",
    "mirror",
    "music box",
    "chessboard",
    "telescope lens",
    "silver bell",
)
METALS = ("brass", "copper", "iron", "nickel", "pewter", "silver", "steel", "tin")
STEPS = {"north": (0, 1), "east": (1, 0), "south": (0, -1), "west": (-1, 0)}
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}
PATIENCE = 2.5
"""The candle burns for this many times the moves that the shortest way takes."""


class Shape(msgspec.Struct, frozen=True):
    """How large a house is: rooms, locked doors on the chain, keys that open nothing, passages that
    make loops.
    """

    rooms: int
    locks: int
    decoys: int
    loops: int
    least: int
    """The fewest moves that the shortest way may take; the most are 48."""


LEVELS = {
    1: Shape(7, 1, 0, 0, 10),
    2: Shape(9, 1, 1, 0, 12),
    3: Shape(10, 2, 1, 1, 15),
    4: Shape(13, 3, 2, 1, 20),
    5: Shape(16, 3, 3, 2, 24),
}


class House(msgspec.Struct, frozen=True):
    """What never changes: where doors lead, what they are locked with, where things lie at first,
    and the errand.
    """

    exits: dict[str, dict[str, str]]
    locks: dict[str, str]
    """Room to the metal of the lock on the one door that leads into its region, in the order of the
    chain.
    """
    things: dict[str, str]
    """Thing to room."""
    start: str
    treasure: str
    target: str


class KeysAndRooms(Environment):
    """Find a thing in a dark house of locked doors and carry it to the room where it belongs."""

    name = "embodied/keys_and_rooms"
    version = "1"
    turns = 120
    base_rate = 0.04  # moves drawn at random, at level 1; measured
    statement = (
        "You are in a dark house, with a candle. Find the thing you were sent for, carry "
        "it to the room where it belongs and put it down there. Each turn, answer with one "
        "move, such as `go north`, `take iron key`, `unlock east with iron key` or, in the "
        "right room, `put down lamp`. A locked door opens with the key of its metal; some "
        "keys open nothing. You can carry everything. Every turn burns the candle down a "
        "little, also a turn with a move that is not possible; when it goes out, it is "
        "over."
    )

    def reset(self, task: Task) -> Observation:
        """Build a house."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            house = build(rng, shape)
            if house is None or not task.owns(msgspec.json.encode(house).decode()):
                continue
            moves = len(plan(house, house.start, house.things, house.locks))
            if shape.least <= moves <= 48:
                break
        self.house, self.room, self.held = house, house.start, list[str]()
        self.things, self.locked = dict(house.things), dict(house.locks)
        self.light = int(PATIENCE * moves)
        return Observation(f"Bring the {house.treasure} to the {house.target}. {self._look()}")

    def choices(self) -> Sequence[str]:
        """The moves that are possible now."""
        doors = self.house.exits[self.room]
        moves = [f"go {direction}" for direction, room in doors.items() if room not in self.locked]
        keys = [thing for thing in self.held if thing.endswith(" key")]
        moves += [
            f"unlock {direction} with {key}"
            for direction, room in doors.items()
            if room in self.locked
            for key in keys
        ]
        moves += [f"take {thing}" for thing, room in self.things.items() if room == self.room]
        if self.room == self.house.target and self.house.treasure in self.held:
            moves.append(f"put down {self.house.treasure}")
        return sorted(moves)

    def act(self, action: Action) -> Observation:
        """Make one move."""
        if self.finished:
            return Observation("It is over.", done=True)
        move = action.text.strip()
        possible = self.choices()
        told = (
            self._move(move)
            if move in possible
            else f"That is not possible. You can: {', '.join(possible)}."
        )
        self.light -= 1
        if self.delivered:
            self.finish()
            return Observation(told, done=True)
        if not self.light:
            self.finish()
            return Observation(f"{told} The candle goes out.", done=True)
        return Observation(f"{told} {self._look()}")

    def _move(self, move: str) -> str:
        verb, _, rest = move.partition(" ")
        if verb == "go":
            self.room = self.house.exits[self.room][rest]
            return f"You go {rest}."
        if verb == "take":
            del self.things[rest]
            self.held.append(rest)
            return f"You take the {rest}."
        if verb == "put":
            self.held.remove(self.house.treasure)
            self.things[self.house.treasure] = self.room
            return f"You put down the {self.house.treasure}, where it belongs."
        direction, _, key = rest.partition(" with ")
        room = self.house.exits[self.room][direction]
        metal = self.locked[room]
        if key != f"{metal} key":
            return f"The {key} does not fit the {metal} lock."
        del self.locked[room]
        return f"The {metal} lock opens."

    def _look(self) -> str:
        doors = [
            f"{way} ({self.locked[room]} lock)" if room in self.locked else way
            for way, room in self.house.exits[self.room].items()
        ]
        here = [thing for thing, room in self.things.items() if room == self.room]
        seen = f" You see: {', '.join(here)}." if here else ""
        return (
            f"You are in the {self.room}. {ROOMS[self.room]} Doors: "
            f"{', '.join(doors)}.{seen} You carry: {', '.join(self.held) or 'nothing'}. "
            f"The candle lasts for {self.light} more moves."
        )

    @property
    def delivered(self) -> bool:
        """Whether the treasure lies where it belongs."""
        return self.things.get(self.house.treasure) == self.house.target

    def score(self) -> Score:
        """Pay for the treasure lying where it belongs."""
        return Score(delivered=self.delivered)

    def aftermath(self) -> str:
        """Tell where things had been."""
        lay = ", ".join(f"the {thing} in the {room}" for thing, room in self.house.things.items())
        led = ", ".join(
            f"the {metal} lock led to the {room}" for room, metal in self.house.locks.items()
        )
        return f"At first there was {lay}; {led}."

    def expert(self) -> Iterator[Action]:
        """Walk the shortest way from here, knowing the map."""
        yield from text_actions(plan(self.house, self.room, self.things, self.locked))


def build(rng: random.Random, shape: Shape) -> House | None:
    """Build a house on a grid, or None where it built itself in."""
    names, metals = (
        rng.sample(sorted(ROOMS), shape.rooms),
        rng.sample(METALS, shape.locks + shape.decoys),
    )
    regions = range(shape.locks + 1)
    region = dict(
        zip(
            names,
            sorted([*regions, *rng.choices(regions, k=shape.rooms - len(regions))]),
            strict=True,
        )
    )
    cells = {names[0]: (0, 0)}
    passages: list[tuple[str, str]] = []
    for name in names[1:]:
        same = [room for room in cells if region[room] == region[name]]
        free = [
            (room, cell)
            for room in same or cells
            for cell in _around(cells[room])
            if cell not in cells.values()
        ]
        if not free:
            return None
        room, cells[name] = rng.choice(free)
        passages.append((room, name))
    walls = [
        (a, b)
        for a in names
        for b in names
        if a < b
        and region[a] == region[b]
        and cells[b] in _around(cells[a])
        and not {(a, b), (b, a)} & {*passages}
    ]
    passages += rng.sample(walls, min(shape.loops, len(walls)))
    rooms = [[name for name in names if region[name] == number] for number in regions]
    locks = {rooms[number][0]: metal for number, metal in zip(regions[1:], metals, strict=False)}
    treasure = rng.choice(TREASURES)
    things = {treasure: rng.choice(rooms[-1])}
    things |= {
        f"{metal} key": rng.choice(rooms[number]) for number, metal in enumerate(locks.values())
    }
    things |= {f"{metal} key": rng.choice(names) for metal in metals[shape.locks :]}
    target = rng.choice([name for name in names if name != things[treasure]])
    return House(
        _exits(cells, passages),
        locks,
        dict(sorted(things.items())),
        rng.choice(rooms[0]),
        treasure,
        target,
    )


def _around(cell: tuple[int, int]) -> list[tuple[int, int]]:
    return [(cell[0] + dx, cell[1] + dy) for dx, dy in STEPS.values()]


def _exits(
    cells: dict[str, tuple[int, int]], passages: Sequence[tuple[str, str]]
) -> dict[str, dict[str, str]]:
    """Return where the doors of each room lead, by direction."""
    at, open_ = {cell: name for name, cell in cells.items()}, {*passages}
    exits: dict[str, dict[str, str]] = {}
    for name, cell in cells.items():
        beside = {way: at.get((cell[0] + dx, cell[1] + dy), "") for way, (dx, dy) in STEPS.items()}
        exits[name] = {
            way: room
            for way, room in beside.items()
            if (name, room) in open_ or (room, name) in open_
        }
    return exits


def plan(house: House, room: str, things: dict[str, str], locked: dict[str, str]) -> list[str]:
    """Return the fewest moves that finish the errand from here.

    The chain leaves no choice of order: each key lies behind the lock before it, and the treasure
    behind the last.
    """
    moves, closed = list[str](), dict(locked)
    for thing in (*(f"{metal} key" for metal in locked.values()), house.treasure):
        if thing in things:
            moves += [*_walk(house, room, things[thing], closed), f"take {thing}"]
            room = things[thing]
    return [*moves, *_walk(house, room, house.target, closed), f"put down {house.treasure}"]


def _walk(house: House, start: str, end: str, closed: dict[str, str]) -> list[str]:
    """Return the moves from room to room, opening what is closed on the way."""
    came: dict[str, tuple[str, str]] = {}
    queue = deque([end])
    while queue:  # from the end, so that the way can be read off forwards
        room = queue.popleft()
        for way, beside in house.exits[room].items():
            if beside not in came and beside != end:
                came[beside] = (OPPOSITE[way], room)
                queue.append(beside)
    moves: list[str] = []
    while start != end:
        way, start = came[start]
        if start in closed:
            moves.append(f"unlock {way} with {closed.pop(start)} key")
        moves.append(f"go {way}")
    return moves
