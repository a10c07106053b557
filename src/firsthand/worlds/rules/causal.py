"""A sealed sea tank with a hidden causal model: bring gauges to a value by setting their causes.

The world draws a linear structural model over nineteen gauges with five positions each: five roots
and two tiers, each gauge of which follows two gauges of the tier above it. An episode disturbs
every gauge anew, so that a reading alone says nothing; with two readings and the laws between lever
and goal, the setting follows. Hidden tides move gauges together that do not cause each other, and
at upper levels notes of quiet days show it. A lever and a goal, or goals, that come together in one
split do so in no other: effects have to be composed from the laws along the way. Left out: free
experiments, which would make knowing the laws unnecessary. That interventions identify every law is
shown in the tests by enumeration.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations, pairwise

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

GAUGES: Sequence[str] = (
    "alga brine clam coral crab flow foam glow heat kelp light oxygen plankton salt sand silt "
    "snail sponge worm"
).split()
TIERS = (5, 5, 9)
POSITIONS = 5
LAWS = 153 * 16
"""Pairs of other gauges times pairs of gains."""
Pair = tuple[str, str]
"""A lever and a goal that it moves."""
Parents = tuple[tuple[str, int], tuple[str, int]]


class Level(msgspec.Struct, frozen=True):
    """What an episode asks: how far its levers are from its goals, and what else is shown."""

    distances: tuple[str, ...]
    levers: int
    notes: int = 0
    """Quiet days on record; then levers that are no cause share a tide with a goal."""


LEVELS = {
    1: Level(("near",), 3),
    2: Level(("far",), 4),
    3: Level(("near", "far"), 4),
    4: Level(("far", "far"), 5, notes=3),
    5: Level(("near", "far", "far"), 5, notes=3),
}


class Model(msgspec.Struct, frozen=True):
    """The laws of one world, causes before effects."""

    order: tuple[str, ...]
    parents: dict[str, Parents]
    tides: dict[str, tuple[int, int]]
    """Gauge to the tide that moves it, and by how much."""

    def settle(
        self, noise: Mapping[str, int], tides: Sequence[int], held: Mapping[str, int]
    ) -> dict[str, int]:
        """Return all readings, where `held` gauges are held by hand and follow nothing."""
        values: dict[str, int] = {}
        for gauge in self.order:
            value = held.get(gauge)
            if value is None:
                tide, gain = self.tides.get(gauge, (0, 0))
                value = noise[gauge] + gain * tides[tide]
                for parent, gain in self.parents.get(gauge, ()):
                    value += gain * values[parent]
            values[gauge] = value % POSITIONS
        return values

    def law(self, gauge: str) -> str:
        """Say what a gauge follows."""
        (one, by), (other, by_other) = self.parents[gauge]
        return f"{gauge} follows {one} by {by} and {other} by {by_other}"

    def laws_behind(self, goal: str, held: Sequence[str]) -> list[str]:
        """List the gauges whose laws decide what held gauges do to a goal."""
        found, waiting = list[str](), [goal]
        while waiting:
            gauge = waiting.pop(0)
            if gauge in self.parents and gauge not in held and gauge not in found:
                found.append(gauge)
                waiting += [parent for parent, _ in self.parents[gauge]]
        return found


def model(rng: random.Random) -> Model:
    """Draw the tiers, what follows what by how much, and three gauges for each of two tides."""
    order, parents = rng.sample(GAUGES, len(GAUGES)), dict[str, Parents]()
    start = 0
    for above, width in pairwise(TIERS):
        causes = order[start : start + above]
        start += above
        for gauge in order[start : start + width]:
            one, other = sorted(rng.sample(causes, 2))
            parents[gauge] = ((one, rng.randint(1, 4)), (other, rng.randint(1, 4)))
    moved = rng.sample(order[TIERS[0] :], 6)
    tides = {gauge: (place // 3, rng.randint(1, 4)) for place, gauge in enumerate(moved)}
    return Model(tuple(order), parents, tides)


def effects(drawn: Model) -> dict[Pair, int]:
    """Return by how much a position of each gauge moves each other one, found by setting it."""
    still = dict.fromkeys(GAUGES, 0)
    found: dict[Pair, int] = {}
    for lever in GAUGES:
        moved = drawn.settle(still, (0, 0), {lever: 1})
        found |= {(lever, goal): moved[goal] for goal in GAUGES if goal != lever}
    return found


@lru_cache(maxsize=64)
def _world(world: Task) -> tuple[Model, dict[Pair, int]]:
    drawn = model(world.rng("world"))
    return drawn, effects(drawn)


def _world_of(task: Task) -> tuple[Model, dict[Pair, int]]:
    return _world(Task(task.environment, 0, world=task.world, version=task.version))


class Causal(Environment):
    """Bring gauges of a tank to wanted positions by setting causes; each world has other causes."""

    name = "rules/causal"
    version = "1"
    turns = 24
    laws = True
    base_rate = 1 / 15
    statement = (
        "You run a sealed sea tank. Its gauges have the positions 0 to 4; after 4 comes 0 again. A "
        "gauge follows certain others: when they move a position, it moves some positions with "
        "them. Which, and by how much, is the same every day; where the gauges stand is not. Look "
        "at gauges with `look GAUGE`, as often as your looks last. Adjust a lever, one of the "
        "gauges that you may hold today, with `adjust GAUGE` and then `to POSITION`: from then on "
        "it stands there, whatever it followed. A lever cannot be adjusted twice. After the last "
        "adjustment the tank settles, and all goals have to hold at once."
    )

    def reset(self, task: Task) -> Observation:
        """Draw goals, the levers that bring them about, idle levers, and the state of the tank."""
        rng, level = task.rng("instance"), LEVELS[task.level]
        self.model, moves = _world_of(task)
        owned = _combinations(msgspec.structs.replace(task, seed=0))
        while True:
            pairs = _pairs(rng, level, owned)
            self.wanted_levers, goals = [a for a, _ in pairs], [b for _, b in pairs]
            self.levers = self._with_idle(rng, level, moves, goals)
            self.noise = {gauge: rng.randrange(POSITIONS) for gauge in GAUGES}
            self.tides = (rng.randrange(POSITIONS), rng.randrange(POSITIONS))
            self.plan = {lever: rng.randrange(POSITIONS) for lever in self.wanted_levers}
            self.held: dict[str, int] = {}
            now, then = self.readings(), self.model.settle(self.noise, self.tides, self.plan)
            self.goals = {goal: then[goal] for goal in goals}
            if any(now[goal] == then[goal] for goal in goals) or not self._needs_all():
                continue
            self.notes = self._noted(rng, level.notes)
            text = self._told()
            if task.owns(f"{text} {now}"):
                break
        self.looks, self.chosen = 2 * len(self.goals) + 1, ""
        return Observation(text)

    def _needs_all(self) -> bool:
        """Say whether no lever of the plan can be left alone."""
        for idle in self.plan:
            held = {lever: position for lever, position in self.plan.items() if lever != idle}
            if self._hold(self.model.settle(self.noise, self.tides, held)):
                return False
        return True

    def _with_idle(
        self,
        rng: random.Random,
        level: Level,
        moves: Mapping[Pair, int],
        goals: Sequence[str],
    ) -> list[str]:
        """Add levers that move no goal; where there are notes, those that share a tide first."""
        idle = [
            gauge
            for gauge in rng.sample(GAUGES, len(GAUGES))
            if gauge not in (*goals, *self.wanted_levers)
            and not any(moves[gauge, goal] for goal in goals)
        ]
        if level.notes:
            tides = {self.model.tides[goal][0] for goal in goals if goal in self.model.tides}
            idle.sort(key=lambda gauge: self.model.tides.get(gauge, (-1,))[0] not in tides)
        return sorted(self.wanted_levers + idle[: level.levers - len(goals)])

    def _noted(self, rng: random.Random, days: int) -> list[str]:
        """Write down levers and goals on quiet days."""
        notes: list[str] = []
        for _ in range(days):
            noise = {
                g: rng.randrange(POSITIONS) if g not in self.model.parents else 0 for g in GAUGES
            }
            tides = (rng.randrange(POSITIONS), rng.randrange(POSITIONS))
            values = self.model.settle(noise, tides, {})
            notes.append(", ".join(f"{g} {values[g]}" for g in (*self.levers, *self.goals)))
        return notes

    def _told(self) -> str:
        goals = " and ".join(f"{goal} to {position}" for goal, position in self.goals.items())
        n = len(self.goals)
        text = (
            f"Goal: bring {goals}. Levers today: {', '.join(self.levers)}. You have {2 * n + 1} "
            f"looks and {n} adjustment{'s' if n > 1 else ''}."
        )
        if self.notes:
            text += f" Notes of days when nobody touched anything: {'; '.join(self.notes)}."
        return text

    def readings(self) -> dict[str, int]:
        """Where all gauges stand now."""
        return self.model.settle(self.noise, self.tides, self.held)

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell what each gauge follows."""
        drawn, _ = _world_of(task)
        return [
            (f"{parent} moves a position up", f"{gauge} moves {gain} up")
            for gauge in GAUGES
            for parent, gain in drawn.parents.get(gauge, ())
        ]

    def _used(self) -> list[str]:
        behind = [self.model.laws_behind(goal, self.wanted_levers) for goal in self.goals]
        return sorted({gauge for gauges in behind for gauge in gauges})

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """What the goals follow, and what that follows, up to the levers."""
        return {f"causes of {gauge}": (self.model.law(gauge), LAWS) for gauge in self._used()}

    def choices(self) -> Sequence[str]:
        """Looks and levers; after a lever its positions."""
        if self.chosen:
            return [f"to {position}" for position in range(POSITIONS)]
        looks = [f"look {gauge}" for gauge in (*self.levers, *self.goals)] if self.looks else []
        return looks + [f"adjust {lever}" for lever in self.levers if lever not in self.held]

    def act(self, action: Action) -> Observation:
        """Look at a gauge, take a lever, or set the lever that was taken."""
        if self.finished:
            return Observation("The tank is sealed again.", done=True)
        text = " ".join(action.text.lower().split())
        if text not in self.choices():
            return Observation(self._refused())
        verb, _, what = text.partition(" ")
        if verb == "look":
            self.looks -= 1
            left = f"{self.looks} look{'' if self.looks == 1 else 's'} left"
            return Observation(f"{what} stands at {self.readings()[what]}. {left}.")
        if verb == "adjust":
            self.chosen = what
            return Observation(f"You hold {what}. To which position, 0 to 4?")
        self.held[self.chosen], held, self.chosen = int(what), self.chosen, ""
        if len(self.held) < len(self.goals):
            left = len(self.goals) - len(self.held)
            return Observation(f"{held} is held at {what}. Adjustments left: {left}.")
        self.finish()
        ends = ", ".join(f"{goal} {self.readings()[goal]}" for goal in self.goals)
        return Observation(f"{held} is held at {what}. The tank settles: {ends}.", done=True)

    def _refused(self) -> str:
        if self.chosen:
            return f"You hold {self.chosen}: answer with `to` and a position from 0 to 4."
        looks = "`look GAUGE` for a lever or a goal" if self.looks else "no more looks"
        free = ", ".join(lever for lever in self.levers if lever not in self.held)
        return f"That cannot be done. There are: {looks}, and `adjust LEVER` for {free}."

    def _hold(self, values: Mapping[str, int]) -> bool:
        return all(values[goal] == position for goal, position in self.goals.items())

    def score(self) -> Score:
        """Pay when all goals hold at once."""
        return Score(goals_hold=self._hold(self.readings()))

    def aftermath(self) -> str:
        """Tell the laws behind the goals and settings that work."""
        laws = "; ".join(self.model.law(gauge) for gauge in self._used())
        plan = " and ".join(f"{lever} to {position}" for lever, position in self.plan.items())
        return f"{laws[0].upper()}{laws[1:]}. Today it works to adjust {plan}."

    def picture(self) -> str:
        """Draw the gauges of the episode."""
        values, lines = self.readings(), list[str]()
        for gauge in (*self.levers, *self.goals):
            scale = "".join("#" if values[gauge] == place else "." for place in range(POSITIONS))
            goal = f"  wanted {self.goals[gauge]}" if gauge in self.goals else ""
            lines.append(f"{gauge:>9} [{scale}]{goal}{'  held' if gauge in self.held else ''}")
        return "\n".join(lines)

    def expert(self) -> Iterator[Action]:
        """Look at the levers and goals that matter, then set the levers."""
        if not self.held and not self.chosen:
            for gauge in (*self.plan, *self.goals)[: self.looks]:
                yield Action(f"look {gauge}")
        for lever, position in self.plan.items():
            if lever not in self.held:
                if self.chosen != lever:
                    yield Action(f"adjust {lever}")
                yield Action(f"to {position}")


@lru_cache(maxsize=256)
def _combinations(split: Task) -> list[dict[str, list[list[Pair]]]]:
    """List what a split owns at a level: levers of one goal, or goals that come together.

    For each set of goals: for each distance the pairs of each goal. A small world may own none;
    then its split shares them, so that it has tasks at all.
    """
    level, (drawn, moves) = LEVELS[split.level], _world_of(split)
    goals = sorted(drawn.order[-TIERS[-1] :])
    number = len(level.distances)
    every: list[dict[str, list[list[Pair]]]] = []
    owned: list[dict[str, list[list[Pair]]]] = []
    for together in combinations(goals, number):
        groups = _levers(drawn, moves, together)
        every.append(groups)
        if number > 1 and split.owns(f"goals {together}"):
            owned.append(groups)
        if number == 1:
            groups = {
                distance: [
                    [pair for pair in group if split.owns(f"pair {pair}")] for group in pairs
                ]
                for distance, pairs in groups.items()
            }
            owned.append(groups)
    able = [[groups for groups in found if _able(groups, level)] for found in (owned, every)]
    return able[0] or able[1]


def _able(groups: Mapping[str, list[list[Pair]]], level: Level) -> bool:
    return all(groups[distance][place] for place, distance in enumerate(level.distances))


def _levers(
    drawn: Model, moves: Mapping[Pair, int], goals: Sequence[str]
) -> dict[str, list[list[Pair]]]:
    """List the levers of each goal, those that it follows directly apart from the others."""
    pairs = [[(lever, goal) for lever in GAUGES if moves.get((lever, goal))] for goal in goals]
    near = {(parent, goal) for goal in goals for parent, _ in drawn.parents[goal]}
    return {
        "near": [[pair for pair in group if pair in near] for group in pairs],
        "far": [[pair for pair in group if pair not in near] for group in pairs],
    }


def _pairs(
    rng: random.Random, level: Level, owned: Sequence[Mapping[str, list[list[Pair]]]]
) -> list[Pair]:
    """Draw goals with a lever each, all of them different gauges."""
    while True:
        groups = rng.choice(owned)
        pairs = [rng.choice(groups[distance][i]) for i, distance in enumerate(level.distances)]
        if len({lever for lever, _ in pairs}) == len(pairs):
            return rng.sample(pairs, len(pairs))
