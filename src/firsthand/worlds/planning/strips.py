"""Random STRIPS worlds: a control board whose buttons need some facts and change others.

Everything is told; the plan has to be found. Boards are drawn at random and searched breadth first,
so that the shortest plan is known to have the length of the level, and presses are counted, so that
wandering about does not reach the goal. Source of the model: Fikes and Nilsson, STRIPS, 1971. Left
out: objects and variables, that is, operators that apply to many things.
"""

import random
from collections.abc import Iterator, Sequence

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

DEVICES = {
    "sluice": ("open", "shut"), "beacon": ("lit", "dark"), "pump": ("running", "still"),
    "crane": ("raised", "lowered"), "boiler": ("hot", "cold"), "gate": ("locked", "unlocked"),
    "siren": ("armed", "silent"), "tank": ("full", "empty"), "belt": ("moving", "stopped"),
    "vent": ("clear", "blocked"), "clutch": ("engaged", "free"), "mast": ("up", "down"),
    "furnace": ("fed", "bare"), "valve": ("turned left", "turned right"),
}  # fmt: skip
BUTTONS = (
    "arc", "bolt", "cinder", "delta", "ember", "flint", "grove", "hazel", "indigo", "jasper",
    "kelp", "lotus", "maple", "nectar", "onyx", "pearl", "quartz", "raven", "sable", "topaz",
)  # fmt: skip
SLACK = 2
"""Presses beyond the shortest plan."""


STARTS = 10
"""States tried as the first on one board. One start takes 29 ms for a plan of seven presses on
eight facts and nine buttons, four 10 ms, ten 6 ms."""


class Shape(msgspec.Struct, frozen=True):
    """How large a board is, and how long its shortest plan."""

    facts: int
    buttons: int
    steps: int


LEVELS = {
    1: Shape(6, 7, 3),
    2: Shape(7, 8, 4),
    3: Shape(7, 9, 5),
    4: Shape(7, 10, 6),
    5: Shape(8, 11, 7),
}


class Button(msgspec.Struct, frozen=True):
    """An operator over facts that are bits: `needs` tells those in `asks`, `sets` those in
    `changes`.
    """

    name: str
    asks: int
    needs: int
    changes: int
    sets: int

    def works(self, state: int) -> bool:
        """Say whether the facts it needs hold."""
        return state & self.asks == self.needs

    def press(self, state: int) -> int:
        """Return the state afterwards."""
        return (state & ~self.changes) | self.sets


class Strips(Environment):
    """Bring a control board into a wanted state, with buttons that need some facts to work."""

    name = "planning/strips"
    turns = 24
    base_rate = 0.034  # random presses, level 1: 50 of 1,500
    statement = (
        "You stand before a control board. Each button works only while what it needs is so; then "
        "it changes what is told of it, and nothing else. Bring about everything that is wanted, "
        "at the same time. Each turn, answer with one line such as `press arc`. Every press is "
        "counted, also one of a button that does not work; when they are used up it is over."
    )

    def reset(self, task: Task) -> Observation:
        """Draw boards until one has a goal as many presses away as the level says."""
        rng, self.shape = task.rng("instance"), LEVELS[task.level]
        while True:
            self.devices = rng.sample(sorted(DEVICES), self.shape.facts)
            self.buttons = _board(rng, self.shape)
            drawn = _start(rng, self.buttons, self.shape)
            if drawn is None:
                continue
            self.state, (self.plan, self.asked, self.wanted) = drawn
            if task.owns(self._board()):
                break
        self.left = self.shape.steps + SLACK
        self.pressed = list[str]()
        return Observation(f"{self._board()}\n{self._told()}")

    def _facts(self, mask: int, values: int) -> str:
        found = [
            f"the {device} is {DEVICES[device][not values >> bit & 1]}"
            for bit, device in enumerate(self.devices)
            if mask >> bit & 1
        ]
        return ", ".join(found) or "nothing"

    def _board(self) -> str:
        lines = [
            f"- {button.name}: needs that {self._facts(button.asks, button.needs)}; then "
            f"{self._facts(button.changes, button.sets)}."
            for button in self.buttons
        ]
        return "\n".join(["Buttons:", *lines, f"Wanted: {self._facts(self.asked, self.wanted)}."])

    def _told(self) -> str:
        return (
            f"Now {self._facts((1 << self.shape.facts) - 1, self.state)}. {self.left} presses left."
        )

    @property
    def reached(self) -> bool:
        """Whether everything that is wanted holds."""
        return self.state & self.asked == self.wanted

    def choices(self) -> Sequence[str]:
        """All buttons, whether they work now or not."""
        return [f"press {button.name}" for button in self.buttons]

    def act(self, action: Action) -> Observation:
        """Press a button. What names none says which there are, and is not counted."""
        if self.finished:
            return Observation("The board is switched off.", done=True)
        named = {f"press {button.name}": button for button in self.buttons}
        button = named.get(" ".join(action.text.split()).lower())
        if button is None:
            return Observation(f"There is no such button. Buttons: {', '.join(named)}.")
        self.left -= 1
        works = button.works(self.state)
        if works:
            self.state = button.press(self.state)
        self.pressed.append(button.name)
        if self.reached or not self.left:
            self.finish()
        what = "works" if works else "does nothing: something that it needs is not so"
        ending = " Everything wanted holds." if self.reached else ""
        return Observation(
            f"The button {button.name} {what}. {self._told()}{ending}", done=self.finished
        )

    def score(self) -> Score:
        """Pay when everything that is wanted holds."""
        return Score(reached=self.reached)

    def picture(self) -> str:
        """Draw the lamps of the board, and what they should be."""
        rows: list[str] = []
        for bit, device in enumerate(self.devices):
            lit, told = self.state >> bit & 1, DEVICES[device]
            wish = told[not self.wanted >> bit & 1] if self.asked >> bit & 1 else ""
            rows.append(
                f"{'●' if lit else '○'} {device:<8} {told[not lit]:<12} {wish and '→ ' + wish}"
            )
        return "\n".join(row.rstrip() for row in rows)

    def aftermath(self) -> str:
        """Tell the shortest plan from the beginning."""
        return f"From the beginning, {len(self.plan)} presses do it: {', '.join(self.plan)}."

    def expert(self) -> Iterator[Action]:
        """Press what the shortest plan from the present state says."""
        while True:
            plan = _search(self.buttons, self.state, self.asked, self.wanted)
            yield Action(f"press {plan[0] if plan else self.buttons[0].name}")


def _board(rng: random.Random, shape: Shape) -> list[Button]:
    """Draw buttons that need two or three facts and change one or two."""
    names = rng.sample(BUTTONS, shape.buttons)
    bits = range(shape.facts)
    buttons: list[Button] = []
    for name in sorted(names):
        asks = sum(1 << bit for bit in rng.sample(bits, rng.choice((2, 2, 3))))
        changes = sum(1 << bit for bit in rng.sample(bits, rng.choice((1, 1, 2))))
        sets = rng.getrandbits(shape.facts)
        needs = rng.getrandbits(shape.facts)
        if changes & asks and not (sets ^ needs) & changes & asks:
            needs ^= changes & asks  # what it needs already would make it do nothing
        buttons.append(Button(name, asks, needs & asks, changes, sets & changes))
    return buttons


def _reached(buttons: Sequence[Button], start: int) -> dict[int, tuple[int, int, str]]:
    """Return for each state that can be reached: how far it is, from where, by which button."""
    found: dict[int, tuple[int, int, str]] = {start: (0, start, "")}
    wave = [start]
    while wave:
        further: list[int] = []
        for state in wave:
            for button in buttons:
                if button.works(state) and (after := button.press(state)) not in found:
                    found[after] = (found[state][0] + 1, state, button.name)
                    further.append(after)
        wave = further
    return found


def _start(
    rng: random.Random, buttons: Sequence[Button], shape: Shape
) -> tuple[int, tuple[list[str], int, int]] | None:
    """Return a first state with a goal that is far enough; None where few states have one."""
    for state in rng.sample(range(1 << shape.facts), STARTS):
        if goal := _goal(rng, buttons, state, shape):
            return state, goal
    return None


def _goal(
    rng: random.Random, buttons: Sequence[Button], start: int, shape: Shape
) -> tuple[list[str], int, int] | None:
    """Return a plan of the level's length, and the facts that no shorter one brings about."""
    found = _reached(buttons, start)
    far = sorted(state for state, (steps, _, _) in found.items() if steps == shape.steps)
    if not far:
        return None
    end = rng.choice(far)
    near = [state for state, (steps, _, _) in found.items() if steps < shape.steps]
    bits = rng.sample(range(shape.facts), shape.facts)
    asked = (1 << shape.facts) - 1
    for bit in bits:  # drop facts while no nearer state has all that is left
        fewer = asked & ~(1 << bit)
        if fewer and all((state ^ end) & fewer for state in near):
            asked = fewer
    return _path(found, end), asked, end & asked


def _path(found: dict[int, tuple[int, int, str]], end: int) -> list[str]:
    steps: list[str] = []
    while found[end][0]:
        _, end, name = found[end]
        steps.append(name)
    return steps[::-1]


def _search(buttons: Sequence[Button], start: int, asked: int, wanted: int) -> list[str]:
    """Return a shortest plan; nothing where there is none, or where it holds already."""
    found = _reached(buttons, start)
    ends = [state for state in found if state & asked == wanted]
    return _path(found, min(ends, key=lambda state: (found[state][0], state))) if ends else []
