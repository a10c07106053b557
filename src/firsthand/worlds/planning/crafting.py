"""A workshop whose recipe book nobody has: which two things make which product is a law of the
world.

Materials are few, so an order cannot be filled by trying: recipes are learned over episodes, and
chains of them are planned. Orders of the eval split ask for products that were never ordered
together in train. Left out: amounts, and recipes of three things.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

MATERIALS: tuple[str, ...] = (
    "amber resin",
    "copper dust",
    "goat wool",
    "grey clay",
    "pine ash",
    "river salt",
)
SIMPLE: tuple[str, ...] = (
    "arvel", "bramlet", "corvine", "dorning", "eskel", "fennock", "gildrum", "harrow-eye",
    "islet", "jorrin", "keldar", "lumet",
)  # fmt: skip
"""Products of two materials."""
FINE: tuple[str, ...] = (
    "marrowglass", "nightcord", "ostral", "pellidor", "quillstone", "rushlamp", "silverbark",
    "tarnfold", "umbrel", "vesperine", "wyrmsalt", "yarrowlock",
)  # fmt: skip
"""Products of two simple products."""
SHAPES = {1: (2, 0), 2: (3, 0), 3: (1, 1), 4: (0, 2), 5: (1, 2)}
"""Level to how many simple and how many fine products are ordered."""
SPARE = 2
"""Materials that the store gives beyond what the order takes: one experiment."""
HELD = 6
"""Things that fit on the bench."""
CUSTOMERS = (
    "the bell founder", "the night porter", "a travelling glazier", "the ferry captain",
    "the widow Hale", "an apprentice", "the map maker", "the abbot", "a stage painter",
    "the miller's son", "the toll keeper", "two surveyors",
)  # fmt: skip
ASKED = (
    "{} has ordered {}.", "An order from {}: {}.", "{} waits for {}.", "Make {1} for {0}.",
    "Today {} needs {}.",
)  # fmt: skip
Pair = tuple[str, str]


class Book(msgspec.Struct, frozen=True):
    """The laws of one world: the two things of which each product is made."""

    recipes: dict[str, Pair]

    @property
    def products(self) -> dict[Pair, str]:
        """What two things, in order of their names, make."""
        return {pair: product for product, pair in self.recipes.items()}

    def tree(self, product: str) -> list[str]:
        """Return a product and all products that go into it, those first."""
        parts = [made for part in self.recipes[product] for made in self._made(part)]
        return [*parts, product]

    def _made(self, thing: str) -> list[str]:
        return self.tree(thing) if thing in self.recipes else []


def book(rng: random.Random) -> Book:
    """Make up the recipes of a world: no two products have the same."""
    simple = rng.sample(list(combinations(MATERIALS, 2)), len(SIMPLE))
    fine = rng.sample(list(combinations(SIMPLE, 2)), len(FINE))
    return Book(dict(zip((*SIMPLE, *FINE), (*simple, *fine), strict=True)))


class Crafting(Environment):
    """Fill an order in a workshop whose recipes have to be learned, another book in each world."""

    name = "planning/crafting"
    turns = 40
    laws = True
    base_rate = 0.02  # the best fixed plan makes one of the 66 orders of level 1
    statement = (
        "You work in a workshop. Each turn, answer with one of the offered moves: fetch a material "
        "from the store, combine two things on the bench, or deliver. Two things that belong "
        "together become a product; two that do not are lost. The bench holds six things, and the "
        "store gives only so many. Deliver once, when everything that was ordered is on the bench."
    )

    def reset(self, task: Task) -> Observation:
        """Draw an order, and how much the store gives for it."""
        rng = task.rng("instance")
        self.book = book(task.rng("world"))
        simple, fine = SHAPES[task.level]
        while True:
            self.order = sorted([*rng.sample(FINE, fine), *rng.sample(SIMPLE, simple)])
            if not task.owns(f"order {self.order}") or self._nested():
                continue
            self.bench = sorted(rng.sample(MATERIALS, rng.randrange(2)))
            customer, words = rng.choice(CUSTOMERS), rng.choice(ASKED)
            if task.owns(f"{self.order} {self.bench} {customer} {words}"):
                break
        self.left = len(self._plan()) - len(self._combined()) + SPARE
        self.delivered = False
        listed = " and ".join(f"one {product}" for product in self.order)
        said = words.format(customer, listed)
        return Observation(f"{said[0].upper()}{said[1:]} {self._told()}")

    def _nested(self) -> bool:
        """Say whether one product that is ordered goes into another."""
        needed = Counter(made for product in self.order for made in self.book.tree(product))
        return any(needed[product] > 1 for product in self.order)

    def _combined(self) -> list[str]:
        return [made for product in self.order for made in self.book.tree(product)]

    def _plan(self) -> list[str]:
        """Return moves that fill the order from the bench as it was at first."""
        spare, moves = Counter(self.bench), list[str]()
        for product in self._combined():
            for part in self.book.recipes[product]:
                if part not in MATERIALS:
                    continue
                if spare[part]:
                    spare[part] -= 1
                else:
                    moves.append(f"fetch {part}")
            moves.append("combine {} with {}".format(*self.book.recipes[product]))
        return moves

    def _told(self) -> str:
        bench = ", ".join(self.bench) or "nothing"
        return f"On the bench: {bench}. The store gives {self.left} more."

    def choices(self) -> Sequence[str]:
        """What can be fetched, combined and delivered now."""
        room = self.left > 0 and len(self.bench) < HELD
        pairs = sorted(set(combinations(self.bench, 2)))
        return [
            *(f"fetch {material}" for material in MATERIALS if room),
            *(f"combine {a} with {b}" for a, b in pairs if a != b),
            "deliver",
        ]

    def act(self, action: Action) -> Observation:
        """Take one move. What is no move says what could be done, and changes nothing."""
        if self.finished:
            return Observation("The order is closed.", done=True)
        move = " ".join(action.text.split()).lower()
        if move not in self.choices():
            return Observation(f"That cannot be done now. {self._hint()} {self._told()}")
        if move == "deliver":
            return self._deliver()
        if move.startswith("fetch "):
            self.bench = sorted([*self.bench, move.removeprefix("fetch ")])
            self.left -= 1
            return Observation(f"You {move}. {self._told()}")
        a, b = move.removeprefix("combine ").split(" with ")
        self.bench.remove(a)
        self.bench.remove(b)
        product = self.book.products.get((a, b))
        if product is None:
            return Observation(f"{a} and {b} do not go together: both are lost. {self._told()}")
        self.bench = sorted([*self.bench, product])
        return Observation(f"{a} and {b} make one {product}. {self._told()}")

    def _hint(self) -> str:
        if len(self.bench) >= HELD:
            return "The bench is full: combine two things, or deliver."
        if not self.left:
            return "The store gives no more: combine two things, or deliver."
        return (
            "Write `fetch MATERIAL`, `combine THING with THING` or `deliver`, as they are offered."
        )

    def _deliver(self) -> Observation:
        self.delivered = True
        self.finish()
        missing = sorted((Counter(self.order) - Counter(self.bench)).elements())
        told = f"missing: {', '.join(missing)}" if missing else "everything is there"
        return Observation(f"The order is delivered; {told}.", done=True)

    def score(self) -> Score:
        """Pay when everything that was ordered was delivered."""
        return Score(complete=self.delivered and not Counter(self.order) - Counter(self.bench))

    def picture(self) -> str:
        """Draw the bench."""
        width = max(map(len, (*self.bench, "(free)")))
        places = [*self.bench, *["(free)"] * (HELD - len(self.bench))]
        edge = "+" + "+".join("-" * (width + 2) for _ in places) + "+"
        return f"{edge}\n|{'|'.join(f' {place:<{width}} ' for place in places)}|\n{edge}"

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell the recipes."""
        return [
            (f"{a} is combined with {b}", f"one {product} is made")
            for product, (a, b) in book(task.rng("world")).recipes.items()
        ]

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """Name the recipes of everything that is made on the way."""
        simple, fine = (len(list(combinations(of, 2))) for of in (MATERIALS, SIMPLE))
        return {
            f"the recipe of {made}": (
                " and ".join(self.book.recipes[made]),
                simple if made in SIMPLE else fine,
            )
            for made in self._combined()
        }

    def aftermath(self) -> str:
        """Tell the recipes of the order."""
        made = dict.fromkeys(self._combined())
        told = "; ".join(f"{' and '.join(self.book.recipes[one])} make one {one}" for one in made)
        return f"What the order took: {told}."

    def expert(self) -> Iterator[Action]:
        """Follow the recipes, and deliver."""
        for move in (*self._plan(), "deliver"):
            yield Action(move)
