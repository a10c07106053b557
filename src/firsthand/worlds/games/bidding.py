"""Sealed bids against two trading houses whose ways of bidding are a secret of the world.

Each house opens at its own share of the estimate and changes it in its own way with every lot that
it loses or wins. The target is what the best play earns, so that looking first costs too much: only
who knows both houses reaches it, and sometimes by leaving a lot to them. Which two houses meet
decides the split. Left out: chance in bids, private values, and more than two rivals.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import product

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.kit.pairs import pairs
from firsthand.task import Task

HOUSES = (
    "Amsel Brandt Corvin Dorn Estrada Falk Greco Hale Ilves Jansen Kovacs Lindt Moreau Novak"
).split()
OPENINGS = (20, 30, 40, 50, 60)
"""Percent of the estimate that a house bids at first."""
LOST = (0, 10, 20)
"""Percent points by which a house changes its bid after a lot that it did not get."""
WON = (-20, -10, 0, 10)
"""The same after a lot that it got."""
LEAST, MOST = 10, 90
"""A house never bids less or more percent of the estimate than this."""
LOTS = (
    "a landscape in oils,a ship's clock,a walnut chest,a silver teapot,a set of maps,"
    "a pair of globes,a marble bust,a Persian rug,a music box,a brass telescope,a violin,"
    "a porcelain vase,a writing desk,a tapestry"
).split(",")
ROOMS = ("Antwerp", "Basel", "Cork", "Dresden", "Ghent", "Lucca", "Porto", "Turin")
_COUNT = {1: 5, 2: 6, 3: 7, 4: 8, 5: 9}
"""Level to how many lots are sold."""
BIDS = tuple(range(20, 101, 10))
"""Percent of the estimate that the agent may bid."""


class Way(msgspec.Struct, frozen=True):
    """How a house bids: its opening, and by how much it changes after a lot lost and one won."""

    opening: int
    lost: int
    won: int

    def after(self, bid: int, won: bool) -> int:
        """Return the percent that the house bids for the next lot."""
        return min(max(bid + (self.won if won else self.lost), LEAST), MOST)

    def __str__(self) -> str:
        return (
            f"opens at {self.opening}% of the estimate, {_step(self.lost)} after a lot that it "
            f"did not get, and {_step(self.won)} after one that it got"
        )


WAYS = tuple(Way(*parts) for parts in product(OPENINGS, LOST, WON))


def ways(rng: random.Random) -> dict[str, Way]:
    """Draw how the houses of a world bid."""
    return dict(zip(HOUSES, rng.sample(WAYS, len(HOUSES)), strict=True))


class Sale(msgspec.Struct, frozen=True):
    """What never changes: the rivals, how they bid, and the estimates of the lots."""

    names: tuple[str, str]
    ways: tuple[Way, Way]
    lots: tuple[str, ...]
    estimates: tuple[int, ...]

    def price(self, lot: int, percent: int) -> int:
        """Return a bid in crowns; estimates are multiples of ten."""
        return self.estimates[lot] * percent // 100

    def after(self, bids: tuple[int, int], own: int) -> tuple[int, int, int]:
        """Return who gets a lot (2: the agent) and the rivals' next bids. At a tie, a house does,
        and of two houses the one named first.
        """
        winner = 2 if own > max(bids) else 0 if bids[0] >= bids[1] else 1
        first, second = self.ways
        return winner, first.after(bids[0], winner == 0), second.after(bids[1], winner == 1)

    def best(self, lot: int, bids: tuple[int, int]) -> tuple[int, tuple[int, ...]]:
        """Return the most that can be earned from a lot on, and own bids that earn it.

        A lot is left to the houses or taken with the lowest bid that takes it. Depth-first with
        a memory: houses reach few different bids.
        """
        return self._best(lot, bids, {})

    def _best(
        self,
        lot: int,
        bids: tuple[int, int],
        known: dict[tuple[int, int, int], tuple[int, tuple[int, ...]]],
    ) -> tuple[int, tuple[int, ...]]:
        if lot == len(self.lots):
            return 0, ()
        if found := known.get((lot, *bids)):
            return found
        taking = max(*bids, 10) + 10
        options: list[tuple[int, tuple[int, ...]]] = []
        for own in (0, taking):
            _, first, second = self.after(bids, own)
            later, plan = self._best(lot + 1, (first, second), known)
            gain = self.estimates[lot] - self.price(lot, own) if own else 0
            options.append((gain + later, (own, *plan)))
        known[lot, *bids] = max(options)
        return known[lot, *bids]


class Bidding(Environment):
    """Earn the most at an auction against two houses whose ways of bidding are hidden laws."""

    name = "games/bidding"
    version = "1"
    turns = 24
    laws = True
    base_rate = 0.002  # bids drawn at random, at level 1; measured
    statement = (
        "You buy at an auction of sealed bids for a dealer who pays the full estimate of every "
        "lot that you bring; your profit is the estimate less your bid. Two trading houses bid "
        "against you. Each has its own fixed way: at what part of the estimate it opens, and how "
        "it changes that after a lot that it got and after one that it did not get, but never "
        "below 10% or above 90%. The highest bid gets the lot; a house that bids as much as you "
        "do goes first. All bids are told after each lot. Each turn, answer with `pass` or one of "
        "the bids, in tenths of the estimate from 20%, such as `bid 60`. You succeed when your "
        "profit reaches the target after the last lot."
    )

    def reset(self, task: Task) -> Observation:
        """Draw houses that meet in this split, and lots; the target is what best play earns."""
        rng, known = task.rng("instance"), ways(task.rng("world"))
        pool = pairs(task, HOUSES, HOUSES)
        count = _COUNT[task.level]
        while True:
            names = rng.choice(pool)
            lots = tuple(rng.sample(LOTS, count))
            estimates = tuple(10 * rng.randint(5, 40) for _ in lots)
            self.sale = Sale(names, (known[names[0]], known[names[1]]), lots, estimates)
            self.room = rng.choice(ROOMS)
            self.target, self.plan = self.sale.best(0, self._openings)
            if not _varied(self.plan):
                continue
            if task.owns(f"{self.room} {names} {lots} {estimates}"):
                break
        self.bids, self.lot, self.profit = self._openings, 0, 0
        named = "; ".join(f"{lot} ({n})" for lot, n in zip(lots, estimates, strict=True))
        return Observation(
            f"Auction at {self.room}, against house {names[0]} and house {names[1]}. Lots and "
            f"estimates: {named}. Target: a profit of {self.target}. {self._announced()}"
        )

    @property
    def _openings(self) -> tuple[int, int]:
        return self.sale.ways[0].opening, self.sale.ways[1].opening

    def _announced(self) -> str:
        lot = self.lot
        return f"Lot {lot + 1}: {self.sale.lots[lot]}, estimate {self.sale.estimates[lot]}."

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell how each house bids."""
        return [
            (f"house {house} bids", f"it {way}") for house, way in ways(task.rng("world")).items()
        ]

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """How the two houses bid."""
        return {
            f"house {house}": (str(way), len(WAYS))
            for house, way in zip(self.sale.names, self.sale.ways, strict=True)
        }

    def choices(self) -> Sequence[str]:
        """To pass, or a bid of some tenths of the estimate."""
        if self.lot == len(self.sale.lots):
            return ["pass"]
        return ["pass", *(f"bid {self.sale.price(self.lot, percent)}" for percent in BIDS)]

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of a bid."""
        if text.strip().lower() in self.choices():
            return None
        return (
            f"Not a bid here. {self._announced()} Answer with one of: {', '.join(self.choices())}."
        )

    def act(self, action: Action) -> Observation:
        """Bid for a lot, and see who gets it."""
        if self.finished:
            return Observation("The auction is over.", done=True)
        if wrong := self.form_error(action.text):
            return Observation(wrong)
        place = self.choices().index(action.text.strip().lower())
        told = self._sold(BIDS[place - 1] if place else 0)
        if self.lot < len(self.sale.lots):
            return Observation(f"{told} {self._announced()}")
        self.finish()
        reached = "reached" if self.profit >= self.target else "missed"
        return Observation(f"{told} The auction is over; the target is {reached}.", done=True)

    def _sold(self, own: int) -> str:
        """Sell the lot, with an own bid in percent, and tell the bids and who got it."""
        lot, price = self.lot, self.sale.price
        bids = [
            f"{house} bid {price(lot, bid)}"
            for house, bid in zip(self.sale.names, self.bids, strict=True)
        ]
        winner, *following = self.sale.after(self.bids, own)
        if winner == 2:
            self.profit += self.sale.estimates[lot] - price(lot, own)
        self.bids, self.lot = (following[0], following[1]), lot + 1
        got = "you" if winner == 2 else self.sale.names[winner]
        did = f"you bid {price(lot, own)}" if own else "you passed"
        return f"{', '.join(bids)}, {did}: {got} got it. Profit so far: {self.profit}."

    def score(self) -> Score:
        """Pay when all lots are sold and the profit is what best play earns."""
        sold = self.lot == len(self.sale.lots)
        return Score(all_lots_sold=sold, target_reached=self.profit >= self.target)

    def aftermath(self) -> str:
        """Tell how both houses bid, and the bids that reach the target."""
        bids = [
            str(self.sale.price(lot, own)) if own else "pass" for lot, own in enumerate(self.plan)
        ]
        houses = [
            f"House {house} {way}."
            for house, way in zip(self.sale.names, self.sale.ways, strict=True)
        ]
        return f"{' '.join(houses)} Bids that reach {self.target}: {', '.join(bids)}."

    def picture(self) -> str:
        """Draw the lots, and a bar for what each house will bid for the one on sale."""
        lines = [
            f"{'>' if lot == self.lot else ' '} {estimate:>4}  {name}"
            for lot, (name, estimate) in enumerate(
                zip(self.sale.lots, self.sale.estimates, strict=True)
            )
        ]
        bars = [
            f"{house:>8} {'#' * (bid // 10)} {bid}%"
            for house, bid in zip(self.sale.names, self.bids, strict=True)
        ]
        return "\n".join([*lines, *bars, f"  profit {self.profit} of {self.target}"])

    def expert(self) -> Iterator[Action]:
        """Bid what earns most from here on."""
        while self.lot < len(self.sale.lots):
            own = self.sale.best(self.lot, self.bids)[1][0]
            yield Action(f"bid {self.sale.price(self.lot, own)}" if own else "pass")


def _varied(plan: Sequence[int]) -> bool:
    """Say whether no single bid would do: three lots to take, and three ways to bid."""
    return len(plan) - plan.count(0) >= 3 and len(set(plan)) >= 3


def _step(points: int) -> str:
    if not points:
        return "stays"
    return f"{'rises' if points > 0 else 'falls'} by {abs(points)} points"
