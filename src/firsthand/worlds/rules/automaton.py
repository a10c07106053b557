"""A made-up animal whose moods follow a hidden machine: lead it from mood to mood by gestures.

The world draws a deterministic automaton of sixteen moods and four gestures. Each act of a show
asks for another mood, with no gesture to spare, so that trying out does not help: only who knows
what gestures do, and can put two of them together, gets through. Two transitions that an act chains
are never chained in another split, though each of them occurs in train, and an act of two gestures
has one way only. Left out: longer chains, which leave too few acts with a single way.
"""

import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import SPLITS, Task

MOODS: Sequence[str] = (
    "calm cross dizzy drowsy giddy glum hungry jolly lonely nosy peckish proud shy smug sulky wary"
).split()
GESTURES: Sequence[str] = ("bow", "clap", "hum", "wave")
ANIMALS: Sequence[str] = "Pib Olu Tansy Bramble Moko Dray Figaro Nettle".split()
_ACTS = {1: (1, 1, 1), 2: (1, 1, 2), 3: (1, 2, 2), 4: (2, 2, 2), 5: (2, 2, 2, 2)}
"""Level to how many gestures the acts of a show take."""
_LEAST = 8
"""Acts of two gestures that each split owns at least, so that its shows differ."""
_GOALS = ("make it {}", "the audience wants to see it {}", "it has to be {}", "show it {}")
Way = tuple[str, ...]
"""Gestures of one act."""


class Machine(msgspec.Struct, frozen=True):
    """Where each gesture leads from each mood."""

    following: dict[str, dict[str, str]]

    def after(self, mood: str, way: Way) -> str:
        """Return the mood after some gestures."""
        for gesture in way:
            mood = self.following[mood][gesture]
        return mood

    def steps(self, mood: str, way: Way) -> list[tuple[str, str]]:
        """Return the mood and the gesture of each transition."""
        return [(self.after(mood, way[:place]), gesture) for place, gesture in enumerate(way)]


class Act(msgspec.Struct, frozen=True):
    """One act of a show: from a mood to a mood, by gestures that are the only way."""

    start: str
    goal: str
    way: Way


def machine(rng: random.Random) -> Machine:
    """Draw the automaton: from each mood, each gesture leads to another mood."""
    following: dict[str, dict[str, str]] = {}
    for mood in MOODS:
        others = [other for other in MOODS if other != mood]
        following[mood] = dict(zip(GESTURES, rng.sample(others, len(GESTURES)), strict=True))
    return Machine(following)


def acts_of(drawn: Machine) -> dict[int, list[Act]]:
    """List the acts of one and of two gestures that can be done in one way only, by length."""
    found: dict[int, list[Act]] = {1: [], 2: []}
    for start in MOODS:
        near = set(drawn.following[start].values()) | {start}
        for gesture in GESTURES:
            found[1].append(Act(start, drawn.following[start][gesture], (gesture,)))
        ways = {way: drawn.after(start, way) for way in product(GESTURES, repeat=2)}
        ends = list(ways.values())
        for way, goal in ways.items():
            if goal not in near and ends.count(goal) == 1:
                found[2].append(Act(start, goal, way))
    return found


@lru_cache(maxsize=64)
def _world(world: Task) -> tuple[Machine, dict[int, list[Act]]]:
    """Draw the automaton of a world once: its acts take longer to list than a reset should."""
    rng = world.rng("world")
    while True:
        drawn = machine(rng)
        listed = acts_of(drawn)
        listed[2] = _learnable(world, drawn, listed[2])
        splits = [msgspec.structs.replace(world, split=split) for split in SPLITS]
        if all(sum(task.owns(_chain(act)) for act in listed[2]) >= _LEAST for task in splits):
            return drawn, listed


def _learnable(world: Task, drawn: Machine, acts: Sequence[Act]) -> list[Act]:
    """Keep the acts of which both transitions occur in acts of train."""
    train = msgspec.structs.replace(world, split="train")
    known = {
        step for act in acts if train.owns(_chain(act)) for step in drawn.steps(act.start, act.way)
    }
    return [act for act in acts if known.issuperset(drawn.steps(act.start, act.way))]


def _any_of(task: Task) -> Task:
    """Return one task that stands for the whole world."""
    return Task(task.environment, 0, world=task.world, version=task.version)


class Automaton(Environment):
    """Lead an animal through moods by gestures whose effects are a hidden automaton's."""

    name = "rules/automaton"
    version = "1"
    turns = 16
    laws = True
    base_rate = 1 / 64
    statement = (
        "You present a trained animal. In each act you are told its mood and the mood that is "
        "wanted, and how many gestures you may make. Answer each turn with one gesture: bow, clap, "
        "hum or wave. Its mood changes with each gesture, always in the same way from the same "
        "mood. An act succeeds as soon as it is in the mood that is wanted; when the gestures are "
        "used up before that, the show is over. All acts have to succeed."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the acts; the transitions that an act chains belong to the split."""
        rng = task.rng("instance")
        self.machine, listed = _world(_any_of(task))
        while True:
            self.animal = rng.choice(ANIMALS)
            self.acts = [_drawn(rng, task, listed[length]) for length in _ACTS[task.level]]
            starts = " ".join(f"{act.start}>{act.goal}" for act in self.acts)
            self.goals = [rng.choice(_GOALS) for _ in self.acts]
            if task.owns(f"{self.animal} {starts} {' '.join(self.goals)}"):
                break
        self.place, self.mood, self.made = 0, self.acts[0].start, ()
        self.succeeded = 0
        wanted = ", then ".join(
            goal.format(act.goal) for goal, act in zip(self.goals, self.acts, strict=True)
        )
        return Observation(
            f"{self.animal}'s show has {len(self.acts)} acts: {wanted}. {self._announced()}"
        )

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell every transition."""
        drawn, _ = _world(_any_of(task))
        return [
            (f"it is {mood} and you {gesture}", f"it becomes {drawn.following[mood][gesture]}")
            for mood in MOODS
            for gesture in GESTURES
        ]

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """The transitions of the ways through the acts."""
        return {
            f"{mood} {gesture}": (self.machine.following[mood][gesture], len(MOODS) - 1)
            for act in self.acts
            for mood, gesture in self.machine.steps(act.start, act.way)
        }

    def choices(self) -> Sequence[str]:
        """The gestures."""
        return GESTURES

    def act(self, action: Action) -> Observation:
        """Make one gesture."""
        if self.finished:
            return Observation("The show is over.", done=True)
        gesture = action.text.strip().lower()
        if gesture not in GESTURES:
            return Observation(
                f"{self.animal} does not know that gesture. Answer with one of: "
                f"{', '.join(GESTURES)}."
            )
        before, act = self.mood, self.acts[self.place]
        self.mood, self.made = self.machine.following[before][gesture], (*self.made, gesture)
        told = f"You {gesture}: {self.animal} was {before} and is now {self.mood}."
        if self.mood == act.goal:
            return self._applause(told)
        left = len(act.way) - len(self.made)
        if not left:
            self.finish()
            return Observation(f"{told} The audience leaves.", done=True)
        return Observation(f"{told} Wanted: {act.goal}. Gestures left in this act: {left}.")

    def _applause(self, told: str) -> Observation:
        """End an act that succeeded and begin the next one."""
        self.succeeded += 1
        if self.succeeded == len(self.acts):
            self.finish()
            return Observation(f"{told} Applause, the last act is over.", done=True)
        self.place += 1
        self.mood, self.made = self.acts[self.place].start, ()
        return Observation(f"{told} Applause. {self._announced()}")

    def _announced(self) -> str:
        act = self.acts[self.place]
        number = f"{len(act.way)} gesture{'s' if len(act.way) > 1 else ''}"
        return (
            f"Act {self.place + 1}: {self.animal} is {act.start}, wanted: {act.goal}. "
            f"You may make {number}."
        )

    def score(self) -> Score:
        """Pay when all acts succeeded."""
        return Score(all_acts_succeeded=self.succeeded == len(self.acts))

    def aftermath(self) -> str:
        """Tell the way through each act."""
        ways: list[str] = []
        for act in self.acts:
            steps = [
                f"{mood}, {gesture}, {self.machine.following[mood][gesture]}"
                for mood, gesture in self.machine.steps(act.start, act.way)
            ]
            ways.append("; ".join(steps))
        return f"What works (mood, gesture, next mood): {' | '.join(ways)}."

    def picture(self) -> str:
        """Draw where the gestures lead from the mood it is in."""
        lines = [
            f"  {gesture:>5} -> {mood}"
            for gesture, mood in self.machine.following[self.mood].items()
        ]
        goal = self.acts[self.place].goal
        return "\n".join([f"[{self.mood}], wanted [{goal}]", *lines])

    def expert(self) -> Iterator[Action]:
        """Make the gestures of each act, from where it is now."""
        while True:
            yield Action(self.acts[self.place].way[len(self.made)])


def _chain(act: Act) -> str:
    return f"pair {act.start} {' '.join(act.way)}"


def _drawn(rng: random.Random, task: Task, acts: Sequence[Act]) -> Act:
    """Draw an act of which the split owns the chain; single transitions belong to all splits."""
    while True:
        act = rng.choice(acts)
        if len(act.way) == 1 or task.owns(_chain(act)):
            return act
