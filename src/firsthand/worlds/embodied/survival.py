"""A walk through wild country: food and ground follow laws of nature that only experience teaches.

The colour of a plant decides whether it feeds or poisons, its shape how strongly; which colour
meets which shape is shared out among the splits, so that no plant of an eval task was ever eaten in
training. Energy is so short that only the right plants on the right way lead to the shelter. Left
out: weather, animals, and things to carry.
"""

import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.kit.pairs import pairs
from firsthand.task import Task

COLOURS = ("amber", "black", "blue", "crimson", "golden", "grey", "purple", "white")
SHAPES = ("bell", "cup", "fan", "horn", "lantern", "spiral", "star", "trumpet")
GROUNDS = {
    "b": "bog",
    "d": "dune",
    "f": "forest",
    "g": "gravel",
    "h": "heath",
    "m": "meadow",
    "s": "snow",
    "w": "water",
}
COSTS = (1, 2, 3, 4)
"""Energy that a step onto some ground takes."""
SIZES = (6, 9, 12, 15)
"""Energy that a plant gives or takes."""
FARTHEST = 4
"""Steps that a plant that feeds may lie off the way: farther ones are rarely worth it."""
STEPS = {"north": (0, -1), "east": (1, 0), "south": (0, 1), "west": (-1, 0)}
Place = tuple[int, int]


class Shape(msgspec.Struct, frozen=True):
    """How large the country is, and how many plants that feed and that poison stand in it."""

    side: int
    grounds: int
    feeding: int
    poisoning: int
    eaten: int
    """How many plants have to be eaten at least."""


LEVELS = {
    1: Shape(5, 3, 1, 2, 1),
    2: Shape(6, 3, 2, 2, 1),
    3: Shape(7, 4, 2, 3, 1),
    4: Shape(7, 4, 2, 3, 2),
    5: Shape(8, 5, 2, 4, 2),
}


class Nature(msgspec.Struct, frozen=True):
    """The laws of a world: what feeds, how strongly, and what each ground costs."""

    feeds: dict[str, bool]
    sizes: dict[str, int]
    costs: dict[str, int]

    def energy(self, plant: tuple[str, str]) -> int:
        """Return what eating a plant changes."""
        colour, shape = plant
        return self.sizes[shape] if self.feeds[colour] else -self.sizes[shape]


def nature(rng: random.Random) -> Nature:
    """Draw the laws of a world: half of the colours feed, and each size and cost occurs twice."""

    def spread(things: Sequence[str], values: Sequence[int]) -> dict[str, int]:
        drawn = [*values, *values]
        rng.shuffle(drawn)
        return dict(zip(things, drawn, strict=True))

    feeding = set(rng.sample(COLOURS, len(COLOURS) // 2))
    return Nature(
        {colour: colour in feeding for colour in COLOURS},
        spread(SHAPES, SIZES),
        spread(list(GROUNDS), COSTS),
    )


class Trip(msgspec.Struct, frozen=True):
    """Where to eat on the way to the shelter, and the energy that takes at its start."""

    stops: tuple[Place, ...]
    needs: int


class Ways(msgspec.Struct, frozen=True):
    """The cheapest ways from one place: what each costs, and the place before each on it."""

    costs: dict[Place, int]
    before: dict[Place, Place]

    def steps(self, start: Place, end: Place) -> tuple[Place, ...]:
        """Return the steps to a place."""
        found: list[Place] = []
        while end != start:
            found.append(end)
            end = self.before[end]
        return tuple(reversed(found))


class Country(msgspec.Struct, frozen=True):
    """What never changes: the ground, the plants, and the shelter."""

    rows: tuple[str, ...]
    plants: dict[Place, tuple[str, str]]
    shelter: Place
    nature: Nature

    def ground(self, place: Place) -> str:
        """Return the letter of the ground at a place."""
        return self.rows[place[1]][place[0]]

    def ways(self, start: Place) -> Ways:
        """Return the cheapest ways from a place to every place. None leads through the shelter."""
        costs: dict[Place, int] = {}
        before: dict[Place, Place] = {}
        side = range(len(self.rows))
        front = [(0, start, start)]
        while front:
            cost, place, last = heapq.heappop(front)
            if place in costs:
                continue
            costs[place], before[place] = cost, last
            if place == self.shelter:
                continue
            x, y = place
            for dx, dy in STEPS.values():
                near = x + dx, y + dy
                if near not in costs and near[0] in side and near[1] in side:
                    more = cost + self.nature.costs[self.ground(near)]
                    heapq.heappush(front, (more, near, place))
        return Ways(costs, before)

    def trips(self, start: Place, plants: Sequence[Place]) -> list[Trip]:
        """List the cheapest trip for each order of eating some of the plants that feed."""
        food = [place for place in plants if self.nature.energy(self.plants[place]) > 0]
        ways = {place: self.ways(place) for place in (start, *food)}
        return [
            self._trip(start, stops, ways)
            for count in range(len(food) + 1)
            for stops in permutations(food, count)
        ]

    def _trip(self, start: Place, stops: tuple[Place, ...], ways: Mapping[Place, Ways]) -> Trip:
        """Walk from stop to stop to the shelter; energy has to stay above 0 all the way."""
        place, change, needs = start, 0, 1
        for stop in (*stops, self.shelter):
            change -= ways[place].costs[stop]
            needs = max(needs, 1 - change)
            if stop != self.shelter:
                change += self.nature.energy(self.plants[stop])
            place = stop
        return Trip(stops, needs)

    def steps(self, start: Place, trip: Trip) -> tuple[Place, ...]:
        """Return the steps of a trip."""
        found: tuple[Place, ...] = ()
        for stop in (*trip.stops, self.shelter):
            found, start = found + self.ways(start).steps(start, stop), stop
        return found


class Survival(Environment):
    """Reach a shelter with too little energy, by knowing what plants and ground do."""

    name = "embodied/survival"
    version = "1"
    turns = 64
    laws = True
    base_rate = 0.005  # moves drawn at random, at level 1; measured
    statement = (
        "You cross wild country and have to reach the shelter alive. Each step costs energy, by "
        "the kind of ground that you step on, and not every kind costs the same. Plants can be "
        "eaten, once each, where they grow: the colour of a plant decides whether it feeds or "
        "poisons, and its shape how strongly. Your energy alone is not enough to get there; when "
        "it is 0 you are lost. Each turn, answer with one move: north, east, south, west or, "
        "where a plant grows, eat. The map has north at the top; places are told as column,row "
        "from its upper left corner."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a country in which the right plants have to be eaten on the right way."""
        rng, laws, shape = task.rng("instance"), nature(task.rng("world")), LEVELS[task.level]
        kinds = pairs(task, COLOURS, SHAPES)
        while True:
            self.country, start = _drawn(rng, laws, shape, kinds)
            trips = self.country.trips(start, list(self.country.plants))
            best = min(trips, key=lambda trip: (trip.needs, len(trip.stops)))
            without = min(trip.needs for trip in trips if len(trip.stops) < shape.eaten)
            if without - best.needs < 2 or len(best.stops) < shape.eaten:
                continue
            if task.owns(f"{start} {self.country.rows} {self.country.plants}"):
                break
        self.trip, self.place, self.energy = best, start, best.needs
        self.way = self.country.steps(start, best)
        self.left = list(self.country.plants)
        named = ", ".join(
            f"{letter} {GROUNDS[letter]}" for letter in sorted(set("".join(self.country.rows)))
        )
        plants = "; ".join(f"{' '.join(self.country.plants[p])} at {_told(p)}" for p in self.left)
        rows = "\n".join(self.country.rows)
        return Observation(
            f"The ground: {named}.\n{rows}\nPlants: {plants}. Shelter at "
            f"{_told(self.country.shelter)}. {self._here()}"
        )

    def _here(self) -> str:
        """Tell the place, the energy, the plant here and the ground around."""
        (x, y), told = self.place, f"You are at {_told(self.place)}, with energy {self.energy}."
        if self.place in self.left:
            told += f" A {' '.join(self.country.plants[self.place])} grows here."
        around = [
            f"{name} {GROUNDS[self.country.ground((x + dx, y + dy))]}"
            for name, (dx, dy) in STEPS.items()
            if name in self.choices()
        ]
        return f"{told} Around: {', '.join(around)}."

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell what colours, shapes and grounds do."""
        laws = nature(task.rng("world"))
        return [
            *(
                (f"a plant is {colour}", "it feeds" if feeds else "it poisons")
                for colour, feeds in laws.feeds.items()
            ),
            *(
                (f"a plant has the shape of a {shape}", f"eating it changes energy by {size}")
                for shape, size in laws.sizes.items()
            ),
            *(
                (f"you step on {GROUNDS[letter]}", f"it costs {cost} energy")
                for letter, cost in laws.costs.items()
            ),
        ]

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """The colours and shapes of the plants to eat, and the ground on the way."""
        laws, found = self.country.nature, dict[str, tuple[str, int]]()
        for stop in self.trip.stops:
            colour, shape = self.country.plants[stop]
            found[f"colour {colour}"] = ("feeds" if laws.feeds[colour] else "poisons", 2)
            found[f"shape {shape}"] = (str(laws.sizes[shape]), len(SIZES))
        for letter in sorted({self.country.ground(place) for place in self.way}):
            found[f"ground {GROUNDS[letter]}"] = (str(laws.costs[letter]), len(COSTS))
        return found

    def choices(self) -> Sequence[str]:
        """The steps that stay on the map, and to eat where a plant grows."""
        side, (x, y) = len(self.country.rows), self.place
        steps = [
            name for name, (dx, dy) in STEPS.items() if 0 <= x + dx < side and 0 <= y + dy < side
        ]
        return [*steps, "eat"] if self.place in self.left else steps

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of a move."""
        if text.strip().lower() in self.choices():
            return None
        return (
            f"Not possible at {_told(self.place)}. Answer with one of: {', '.join(self.choices())}."
        )

    def act(self, action: Action) -> Observation:
        """Take a step, or eat."""
        if self.finished:
            return Observation("It is over.", done=True)
        if wrong := self.form_error(action.text):
            return Observation(wrong)
        move = action.text.strip().lower()
        told = self._eat() if move == "eat" else self._step(move)
        if self.energy <= 0:
            self.finish()
            return Observation(f"{told} You have no energy left.", done=True)
        if self.place == self.country.shelter:
            self.finish()
            return Observation(f"{told} You are in the shelter.", done=True)
        return Observation(f"{told} {self._here()}")

    def _step(self, move: str) -> str:
        dx, dy = STEPS[move]
        self.place = self.place[0] + dx, self.place[1] + dy
        letter = self.country.ground(self.place)
        self.energy -= (cost := self.country.nature.costs[letter])
        return f"You go {move}, onto {GROUNDS[letter]}: it costs {cost}."

    def _eat(self) -> str:
        colour, shape = self.country.plants[self.place]
        change = self.country.nature.energy((colour, shape))
        self.energy += change
        self.left.remove(self.place)
        effect = "gives" if change > 0 else "takes"
        return f"You eat the {colour} {shape}: it {effect} {abs(change)}."

    def score(self) -> Score:
        """Pay for being in the shelter alive."""
        return Score(in_the_shelter=self.place == self.country.shelter, alive=self.energy > 0)

    def aftermath(self) -> str:
        """Tell the laws of this country that matter, and a way that works."""
        laws, plants = self.country.nature, self.country.plants
        eaten = [
            f"the {' '.join(plants[stop])} gives {laws.energy(plants[stop])}"
            for stop in self.trip.stops
        ]
        letters = sorted({self.country.ground(place) for place in self.way})
        costs = [f"{GROUNDS[letter]} costs {laws.costs[letter]}" for letter in letters]
        way = " ".join(map(_told, self.way))
        return f"Here {', '.join(eaten)}; {', '.join(costs)}. A way that works: {way}."

    def picture(self) -> str:
        """Draw the map: letters are ground, `+` and `-` plants, `S` the shelter, `@` the walker."""
        rows = [list(row) for row in self.country.rows]
        for x, y in self.left:
            rows[y][x] = "+" if self.country.nature.energy(self.country.plants[x, y]) > 0 else "-"
        for (x, y), sign in ((self.country.shelter, "S"), (self.place, "@")):
            rows[y][x] = sign
        return "\n".join([" ".join(row) for row in rows] + [f"energy {self.energy}"])

    def expert(self) -> Iterator[Action]:
        """Walk the trip that the energy suffices for."""
        trips = self.country.trips(self.place, self.left)
        trip = min(trips, key=lambda trip: (trip.needs > self.energy, len(trip.stops)))
        place, stops = self.place, list(trip.stops)
        names = {step: name for name, step in STEPS.items()}
        for following in (place, *self.country.steps(place, trip)):
            if following != place:
                yield Action(names[following[0] - place[0], following[1] - place[1]])
            place = following
            if stops and place == stops[0]:
                stops.pop(0)
                yield Action("eat")


def _told(place: Place) -> str:
    return f"{place[0] + 1},{place[1] + 1}"


def _apart(one: Place, other: Place) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _drawn(
    rng: random.Random, laws: Nature, shape: Shape, kinds: Sequence[tuple[str, str]]
) -> tuple[Country, Place]:
    """Draw a country: patches of ground, plants of kinds that belong to the split, two ends."""
    grounds = rng.sample(sorted(GROUNDS), shape.grounds)
    side = range(shape.side)
    rows = tuple("".join(rng.choice(grounds) for _ in side) for _ in side)
    places = [(x, y) for x in side for y in side]
    while True:
        start, shelter, *spots = rng.sample(places, 2 + shape.feeding + shape.poisoning)
        direct, food = _apart(start, shelter), spots[: shape.feeding]
        detours = [_apart(start, spot) + _apart(spot, shelter) - direct for spot in food]
        if direct >= shape.side and max(detours) <= FARTHEST:
            break
    feeding = [kind for kind in kinds if laws.energy(kind) > 0]
    poisoning = [kind for kind in kinds if laws.energy(kind) < 0]
    grown = [rng.choice(feeding) for _ in range(shape.feeding)]
    grown += [rng.choice(poisoning) for _ in range(shape.poisoning)]
    plants = dict(sorted(zip(spots, grown, strict=True)))
    return Country(rows, plants, shelter, laws), start
