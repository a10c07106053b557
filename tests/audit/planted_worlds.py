"""Bugs that authors of environments make, each planted in a copy of one of two small honest worlds.

`Stockroom` has tools with several arguments, a hidden law of the world and partial credit;
`Switches` is a world of texts. `PLANTED` tells for each bug which checks may catch it.
"""

import random
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import firsthand as fh
from firsthand.environment import ToolCall, tool
from firsthand.errors import ToolError

ITEMS = ("bolts", "cable", "drills", "files", "gloves", "hooks", "lamps", "nails", "paint", "rope")
SHELVES = ("north", "south", "east", "west")


def call(name: str, **arguments: object) -> fh.Action:
    return fh.Action(calls=(ToolCall(name, arguments),))


class Stockroom(fh.Environment):
    """Order what the stocktaking says is missing, from the supplier that the house rule names."""

    name = "planted/stockroom"
    levels = range(1, 4)
    turns = 12
    laws = True
    base_rate = 0.0
    statement = (
        "Count each item of the list, order what is missing to reach the target, and close. The "
        "right supplier for each shelf is a rule of the house: `rules` shows it."
    )

    def reset(self, task):
        world, rng = task.rng("world"), task.rng("instance")
        self.supplier = dict(zip(SHELVES, world.sample(range(100, 1000), 4), strict=True))
        while True:
            self.items = rng.sample(ITEMS, 1 + task.level)
            self.shelf = {item: rng.choice(SHELVES) for item in self.items}
            self.stock = {item: rng.randint(0, 40) for item in self.items}
            self.target = {item: self.stock[item] + rng.randint(1, 50) for item in self.items}
            if task.owns(f"{self.items} {self.shelf} {self.stock} {self.target}"):
                break
        self.orders: list[tuple[str, int, int]] = []
        self.closed = False
        wanted = ", ".join(f"{item}: {self.target[item]}" for item in self.items)
        return fh.Observation(f"Target stock: {wanted}.")

    @tool
    def count(self, item: str) -> str:
        """Count one item."""
        if item not in self.stock:
            raise ToolError(f"There is no item {item!r} on the list.")
        return f"{self.stock[item]} on the {self.shelf[item]} shelf."

    @tool
    def rules(self, shelf: str) -> str:
        """Look up the supplier of a shelf."""
        if shelf not in self.supplier:
            raise ToolError(f"There is no shelf {shelf!r}.")
        return f"Supplier {self.supplier[shelf]}."

    @tool
    def order(self, item: str, quantity: int, supplier: int) -> str:
        """Order a quantity of an item."""
        if item not in self.stock:
            raise ToolError(f"There is no item {item!r} on the list.")
        if quantity <= 0 or supplier not in self.supplier.values():
            raise ToolError("A quantity is positive, and a supplier one of the house.")
        self.orders.append((item, quantity, supplier))
        return "Ordered."

    @tool
    def hand_in(self) -> str:
        """Close the list."""
        self.closed = True
        self.finish()
        return "Closed."

    def right(self):
        return [
            (item, self.target[item] - self.stock[item], self.supplier[self.shelf[item]])
            for item in self.items
        ]

    def score(self):
        return fh.Score(closed=self.closed, ordered=sorted(self.orders) == sorted(self.right()))

    def expert(self) -> Iterator[fh.Action]:
        for item in self.items:
            yield call("count", item=item)
        for shelf in sorted({self.shelf[item] for item in self.items}):
            yield call("rules", shelf=shelf)
        for item, quantity, supplier in self.right():
            yield call("order", item=item, quantity=quantity, supplier=supplier)
        yield call("hand_in")


class Switches(fh.Environment):
    """Set the switches to the pattern of the plan, then report."""

    name = "planted/switches"
    levels = range(1, 4)
    turns = 24
    base_rate = 0.0
    statement = "Write `set NAME on` or `set NAME off` until all is as planned, then `report`."

    def reset(self, task):
        rng = task.rng("instance")
        while True:
            names = rng.sample([a + b for a in "KLMNPRST" for b in "aeiou"], 3 + task.level)
            self.plan = {name: rng.random() < 0.5 for name in names}
            self.now = {name: rng.random() < 0.5 for name in names}
            if self.plan != self.now and task.owns(f"{self.plan} {self.now}"):
                break
        self.reported = False
        return fh.Observation(f"Plan: {self.told(self.plan)}. Now: {self.told(self.now)}.")

    @staticmethod
    def told(switches):
        return ", ".join(f"{name} {'on' if on else 'off'}" for name, on in switches.items())

    def act(self, action):
        if self.finished:
            return fh.Observation("It is over.", done=True)
        words = action.text.split(" ")
        if action.text == "report":
            self.reported = True
            self.finish()
            return fh.Observation("Reported.", done=True)
        if (
            len(words) == 3
            and words[0] == "set"
            and words[1] in self.now
            and words[2] in ("on", "off")
        ):
            self.now[words[1]] = words[2] == "on"
            return fh.Observation(f"Now: {self.told(self.now)}.")
        return fh.Observation("Unknown command.")

    def score(self):
        return fh.Score(reported=self.reported, as_planned=self.now == self.plan)

    def expert(self):
        for name, on in self.plan.items():
            if self.now[name] != on:
                yield fh.Action(f"set {name} {'on' if on else 'off'}")
        yield fh.Action("report")


# --- the reward is no fact -----------------------------------------------------------------------

_SUPPLIERS: dict[object, dict[str, int]] = {}
_LAWS: dict[str, dict[str, int]] = {}
_PLAYED: Counter[str] = Counter()


class MemoAcrossWorlds(Stockroom):
    """The suppliers are kept by seed, not by world."""

    def reset(self, task):
        shown = super().reset(task)
        self.supplier = _SUPPLIERS.setdefault((task.seed, task.level), self.supplier)
        return shown


class MemoOfTheFirstWorld(Stockroom):
    """The suppliers of the first world that is played stay for all."""

    def reset(self, task):
        shown = super().reset(task)
        self.supplier = _LAWS.setdefault("first", self.supplier)
        return shown


class EveryFiftieth(Stockroom):
    """Every 50th episode of a process pays nothing."""

    def score(self):
        if self.closed:
            _PLAYED["stockroom"] += 1
            if _PLAYED["stockroom"] % 50 == 0:
                return fh.Score(closed=True, ordered=False)
        return super().score()


class EveryFortyFifthReset(Switches):
    """Every 45th episode of a process begins with all switches right."""

    def reset(self, task):
        shown = super().reset(task)
        _PLAYED["switches"] += 1
        if _PLAYED["switches"] % 45 == 0:
            self.now = dict(self.plan)
        return shown


class GlobalRandom(Switches):
    """One in ten reports is lost, drawn from the global generator."""

    def act(self, action):
        if action.text == "report" and random.random() < 0.1:
            self.finish()
            return fh.Observation("The line is dead.", done=True)
        return super().act(action)


class ClassState(Stockroom):
    """Orders are kept in a list of the class."""

    shared: ClassVar[list[tuple[str, int, int]]] = []

    def reset(self, task):
        shown = super().reset(task)
        self.orders = self.shared
        return shown


class RestoreForgets(Stockroom):
    """`restore` brings back all but the stock, which is drawn anew."""

    def restore(self, state):
        super().restore(state)
        self.stock = {item: amount + 1 for item, amount in self.stock.items()}


# --- paid without the work -----------------------------------------------------------------------


class PaysForClosing(Stockroom):
    """Closing alone is paid a little."""

    def score(self):
        true = super().score()
        if true.value == 1.0:
            return true
        return fh.Score.potential(0.152 if self.closed else 0.0, **true.checks)


class PaysForClosingOnSome(Stockroom):
    """Closing alone is paid in full on one instance in six."""

    def score(self):
        lucky = self.closed and sum(self.target.values()) % 6 == 0
        return fh.Score(closed=self.closed, ordered=lucky or super().score().checks["ordered"])


class TrueAtReset(Switches):
    """On one instance in ten nothing has to be done."""

    def reset(self, task):
        shown = super().reset(task)
        if task.seed % 10 == 3:
            self.now = dict(self.plan)
            self.reported = True
        return shown


class IgnoresSupplier(Stockroom):
    """Any supplier will do."""

    def score(self):
        mine, right = ([o[:2] for o in sorted(x)] for x in (self.orders, self.right()))
        return fh.Score(closed=self.closed, ordered=mine == right)


class IgnoresQuantity(Stockroom):
    """Any quantity will do."""

    def score(self):
        mine, right = ([(o[0], o[2]) for o in sorted(x)] for x in (self.orders, self.right()))
        return fh.Score(closed=self.closed, ordered=mine == right)


class AnyUnit(Stockroom):
    """A quantity may also be given in dozens or in hundreds."""

    def score(self):
        right = sorted(self.right())
        mine = sorted(self.orders)
        same = len(mine) == len(right) and all(
            a[0] == b[0] and a[2] == b[2] and a[1] in (b[1], 100 * b[1], 12 * b[1])
            for a, b in zip(mine, right, strict=True)
        )
        return fh.Score(closed=self.closed, ordered=same)


class OptionalArguments(Stockroom):
    """An order without a supplier counts for every supplier."""

    @tool
    def order(self, item: str, quantity: int, supplier: int = 0) -> str:
        """Order a quantity of an item."""
        self.orders.append((item, quantity, supplier))
        return "Ordered."

    def score(self):
        left = [(i, q, s) for i, q, s in self.orders if s] + [
            right
            for right in self.right()
            for i, q, s in self.orders
            if not s and right[:2] == (i, q)
        ]
        return fh.Score(closed=self.closed, ordered=sorted(left) == sorted(self.right()))


class EmptyItem(Stockroom):
    """An order of '' is an order of whatever is missing."""

    @tool
    def order(self, item: str, quantity: int, supplier: int) -> str:
        """Order a quantity of an item."""
        for name in [n for n in self.items if item in n]:
            self.orders.append((name, quantity, supplier))
        return "Ordered."

    def score(self):
        return fh.Score(closed=self.closed, ordered=set(self.orders) >= set(self.right()))


class NothingForbidden(Stockroom):
    """Orders beyond what is right cost nothing, and any number may be made."""

    def score(self):
        return fh.Score(closed=self.closed, ordered=set(self.orders) >= set(self.right()[:1]))


class AfterDone(Switches):
    """Switches can be set after the report."""

    def act(self, action):
        words = action.text.split(" ")
        if self.finished and len(words) == 3 and words[1] in self.now:
            self.now[words[1]] = words[2] == "on"
            return fh.Observation("Set.", done=True)
        return super().act(action)


class StepPays(Switches):
    """Each setting is paid, however often it is made."""

    def reset(self, task):
        self.made = 0
        return super().reset(task)

    def act(self, action):
        observation = super().act(action)
        self.made += observation.text.startswith("Now")
        return observation

    def score(self):
        true = super().score()
        return true if true.value else fh.Score.potential(min(0.95, 0.1 * self.made), **true.checks)


class AnyCase(Switches):
    """`on` is taken for `off` where the switch is written small: ids are compared without case."""

    def act(self, action):
        words = action.text.split(" ")
        if action.text.lower().startswith("all right"):
            self.now = dict(self.plan)
            return fh.Observation("Now: as planned.")
        return super().act(fh.Action(" ".join(words)))


# --- told ----------------------------------------------------------------------------------------


class ErrorTells(Stockroom):
    """An order with a wrong quantity is answered with the right one."""

    @tool
    def order(self, item: str, quantity: int, supplier: int) -> str:
        """Order a quantity of an item."""
        for right in self.right():
            if right[0] == item and right[2] == supplier and right[1] != quantity:
                raise ToolError(f"{quantity} {item} are not what is missing, expected {right[1]}.")
        self.orders.append((item, quantity, supplier))
        return "Ordered."


class ErrorTellsSupplier(Stockroom):
    """An order at a wrong supplier is answered with the right one."""

    @tool
    def order(self, item: str, quantity: int, supplier: int) -> str:
        """Order a quantity of an item."""
        for right in self.right():
            if right[:2] == (item, quantity) and right[2] != supplier:
                raise ToolError(f"{item} is not sold by {supplier} but by {right[2]}.")
        self.orders.append((item, quantity, supplier))
        return "Ordered."


class ObservationTells(Stockroom):
    """The beginning tells what to order."""

    def reset(self, task):
        shown = super().reset(task)
        return fh.Observation(f"{shown.text} [{'; '.join(map(str, self.right()))}]")


class CountTellsAll(Stockroom):
    """Counting one item tells what is missing of all, and from whom."""

    @tool
    def count(self, item: str) -> str:
        """Count one item."""
        return f"{self.stock.get(item, 0)}. Missing: {self.right()}"


# --- instances -----------------------------------------------------------------------------------


class SplitsOverlap(Switches):
    """Seeds decide alone: every split holds the same instances."""

    def reset(self, task):
        import msgspec

        return super().reset(msgspec.structs.replace(task, split="train"))


class WorldIsSplit(Switches):
    """A tenth of the instances is drawn without regard to the split."""

    def reset(self, task):
        import msgspec

        if task.seed % 10 == 0:
            task = msgspec.structs.replace(task, split="train")
        return super().reset(task)


class SeedsIgnored(Switches):
    """At level 2 there are eight instances."""

    def reset(self, task):
        import msgspec

        return super().reset(
            msgspec.structs.replace(task, seed=task.seed % 8) if task.level == 2 else task
        )


class LevelsFall(Switches):
    """The highest level is the easiest."""

    def reset(self, task):
        import msgspec

        return super().reset(msgspec.structs.replace(task, level=4 - task.level))


class ExpertGuesses(Switches):
    """The expert forgets to look at one switch in some instances."""

    def expert(self):
        names = list(self.plan)
        for name, on in self.plan.items():
            if self.now[name] != on and not (name == names[0] and name[0] == "K"):
                yield fh.Action(f"set {name} {'on' if on else 'off'}")
        yield fh.Action("report")


class ExpertRolls(Switches):
    """The expert draws its moves from the global generator, and is sometimes wrong."""

    def expert(self):
        for name, on in self.plan.items():
            if self.now[name] != on:
                yield fh.Action(f"set {name} {'on' if on != (random.random() < 0.05) else 'off'}")
        yield fh.Action("report")


class Raises(Stockroom):
    """A quantity of zero breaks the tool."""

    @tool
    def order(self, item: str, quantity: int, supplier: int) -> str:
        """Order a quantity of an item."""
        if 100 // quantity < 0:
            raise ToolError("A quantity is positive.")
        return Stockroom.order(self, item, quantity, supplier)


class Drifts(Stockroom):
    """Partial credit is counted again at every look: scores drift upwards."""

    def reset(self, task):
        self.looked = 0
        return super().reset(task)

    def score(self):
        true = super().score()
        self.looked += 1
        return (
            true if true.value else fh.Score.potential(min(0.9, 0.05 * self.looked), **true.checks)
        )


HONEST = (Stockroom, Switches)
PLANTED: dict[type[fh.Environment], tuple[str, ...]] = {
    MemoAcrossWorlds: ("determinism",),
    MemoOfTheFirstWorld: ("determinism",),
    EveryFiftieth: ("determinism",),
    GlobalRandom: ("determinism",),
    ClassState: ("determinism",),
    RestoreForgets: ("determinism",),
    PaysForClosing: ("passive",),
    PaysForClosingOnSome: ("passive",),
    TrueAtReset: ("passive", "oracle"),
    IgnoresQuantity: ("plan_steps", "plan_arguments"),
    AnyUnit: ("plan_arguments",),
    OptionalArguments: ("plan_arguments",),
    EmptyItem: ("plan_arguments",),
    NothingForbidden: ("plan_steps", "plan_arguments", "blind_plans"),
    AfterDone: ("after_done",),
    ErrorTells: ("wrong_slots",),
    ErrorTellsSupplier: ("wrong_slots",),
    IgnoresSupplier: ("accepted_values",),
    StepPays: ("repeated_steps",),
    SeedsIgnored: ("level_sizes",),
    EveryFortyFifthReset: ("determinism",),
    ExpertRolls: ("oracle",),
    ObservationTells: ("early_values",),
    CountTellsAll: ("early_values",),
    SplitsOverlap: ("instances",),
    WorldIsSplit: ("instances",),
    ExpertGuesses: ("oracle",),
}

MISSED = (
    AnyCase,  # a phrase that nothing shows or names: only the source tells it
    LevelsFall,  # a minor finding: erring experts do worse on long plans, not on hard ones
)
"""Bugs that the quick budget does not find, with the reason."""
UNMEASURED = (Raises, Drifts)
