"""Purchasing from vendors whose habits are not in their quotes: what an order really brings and
costs follows from a habit of the vendor and from the spares that a kind of goods needs.

Vendors and goods of the eval split never met as a right purchase in train, so both laws have to be
known apart. Every request has one right order, proven by trying all that are offered. Left out:
orders that are split between vendors.
"""

import random
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.kit.pairs import pairs
from firsthand.task import Task

VENDORS = ("Aldous", "Brightwater", "Corbel", "Dunmore", "Eastgate", "Fairlie", "Gantry", "Holm")
GOODS = ("ball bearings", "cable glands", "door hinges", "filters", "relays", "valves")
HABITS = {
    "late": "delivers three days after the promised day",
    "rebate": "takes a fifth off from 16 pieces on",
    "minimum": "refuses orders below 16 pieces",
    "fee": "adds a fee of 25",
    "packing": "adds 1 a piece for packing",
    "gift": "gives two pieces more than were ordered",
}
SPARES = (2, 4, 6, 8, 10, 12)
"""Pieces beyond the need that a kind of goods takes, as some break when they are fitted."""
MANY = 16
REQUESTS = {1: 2, 2: 3, 3: 4, 4: 6, 5: 8}
QUOTES = 3
ASKED = ("{} needs {}", "{} asks for {}", "For {}: {}", "{} is short of {}")
TEAMS = ("the workshop", "the east plant", "maintenance", "the test hall", "the depot")


class Market(msgspec.Struct, frozen=True):
    """The laws of one world."""

    habits: dict[str, str]
    spares: dict[str, int]


def market(rng: random.Random) -> Market:
    """Make up the habits of vendors and the spares of goods."""
    return Market(
        {vendor: rng.choice(sorted(HABITS)) for vendor in VENDORS},
        {goods: rng.choice(SPARES) for goods in GOODS},
    )


class Quote(msgspec.Struct, frozen=True):
    """What a vendor promises."""

    vendor: str
    price: int
    days: int


class Request(msgspec.Struct, frozen=True):
    """One thing to buy."""

    goods: str
    need: int
    days: int
    budget: int
    quotes: tuple[Quote, ...]
    words: str

    def orders(self) -> list[tuple[Quote, int]]:
        """Return every order that is offered."""
        return [(q, self.need + more) for q in self.quotes for more in (0, *SPARES)]

    def told(self) -> str:
        """Tell the request and the quotes."""
        quotes = "; ".join(f"{q.vendor} {q.price} a piece in {q.days} days" for q in self.quotes)
        return f"{self.words} within {self.days} days for at most {self.budget}. Quotes: {quotes}."


def cost(habit: str, quote: Quote, pieces: int) -> int:
    """Return what an order really costs."""
    whole = quote.price * pieces
    if habit == "rebate" and pieces >= MANY:
        return whole * 4 // 5
    return whole + {"fee": 25, "packing": pieces}.get(habit, 0)


def fault(laws: Market, request: Request, quote: Quote, pieces: int) -> str:
    """Return what is wrong with an order, or nothing."""
    habit = laws.habits[quote.vendor]
    if habit == "minimum" and pieces < MANY:
        return "the vendor refused the order"
    if quote.days + 3 * (habit == "late") > request.days:
        return "it came too late"
    if pieces + 2 * (habit == "gift") < request.need + laws.spares[request.goods]:
        return "too few pieces were left after fitting"
    if cost(habit, quote, pieces) > request.budget:
        return "the bill was over the budget"
    return ""


class Procurement(Environment):
    """Buy what is asked from vendors whose habits have to be learned."""

    name = "service/procurement"
    turns = 24
    laws = True
    base_rate = 0.02  # one of 21 orders, twice at level 1
    statement = (
        "You are the buyer of a company. Each turn, place one of the offered orders for the "
        "request in hand. Enough pieces have to be left after fitting, in time and within the "
        "budget. Vendors have habits that their quotes do not tell, and some pieces of each kind "
        "break when they are fitted; both differ from company to company. The first purchase "
        "that goes wrong ends the job."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the requests."""
        rng = task.rng("instance")
        self.market = market(task.rng("world"))
        owned = pairs(task, VENDORS, GOODS)
        while True:
            drawn = rng.sample(owned, REQUESTS[task.level])
            self.requests = [self._request(rng, vendor, goods) for vendor, goods in drawn]
            if task.owns(" / ".join(request.told() for request in self.requests)):
                break
        self.bought, self.wrong = 0, ""
        told = "\n".join(f"{n}. {one.told()}" for n, one in enumerate(self.requests, 1))
        return Observation(f"Requests of today:\n{told}\nRequest 1 is in hand.")

    def _request(self, rng: random.Random, vendor: str, goods: str) -> Request:
        """Draw quotes until one order only is right, and it is the vendor's."""
        while True:
            others = rng.sample([one for one in VENDORS if one != vendor], QUOTES - 1)
            names = rng.sample([vendor, *others], QUOTES)
            near, need = rng.randrange(6, 16), rng.randrange(5, 15)
            quotes = tuple(
                Quote(name, near + rng.randrange(-2, 3), rng.randrange(3, 9)) for name in names
            )
            ask = f"{need} {goods}"
            words = rng.choice(ASKED).format(rng.choice(TEAMS), ask)
            words = words[0].upper() + words[1:]
            mine, habit = quotes[names.index(vendor)], self.market.habits[vendor]
            days = mine.days + 3 * (habit == "late") + rng.randrange(2)
            open_ended = Request(goods, need, days, 10**6, quotes, words)
            costs = [
                cost(habit, quote, pieces)
                for quote, pieces in open_ended.orders()
                if quote == mine and not fault(self.market, open_ended, quote, pieces)
            ]
            if not costs:
                continue
            request = msgspec.structs.replace(
                open_ended, budget=min(costs) + rng.randrange(mine.price)
            )
            right = self._right(request)
            if len(right) == 1 and right[0][0] == mine:
                return request

    def _right(self, request: Request) -> list[tuple[Quote, int]]:
        """Return all orders that are right, by trying each."""
        return [order for order in request.orders() if not fault(self.market, request, *order)]

    def choices(self) -> Sequence[str]:
        """The orders that can be placed for the request in hand."""
        if self.finished:
            return []
        orders = self.requests[self.bought].orders()
        return [f"order {pieces} from {quote.vendor}" for quote, pieces in orders]

    def act(self, action: Action) -> Observation:
        """Place an order."""
        if self.finished:
            return Observation("The job is over.", done=True)
        request = self.requests[self.bought]
        said = " ".join(action.text.split()).lower()
        for quote, pieces in request.orders():
            if said == f"order {pieces} from {quote.vendor}".lower():
                return self._placed(request, quote, pieces)
        return Observation(
            "That is no order on offer: write it as `order PIECES from VENDOR`, with one of the "
            f"quoted vendors. In hand: {request.told()}"
        )

    def _placed(self, request: Request, quote: Quote, pieces: int) -> Observation:
        self.wrong = fault(self.market, request, quote, pieces)
        if self.wrong:
            self.finish()
            return Observation(f"The purchase failed: {self.wrong}. The job is over.", done=True)
        self.bought += 1
        if self.bought == len(self.requests):
            self.finish()
            return Observation("Everything was bought well.", done=True)
        told = self.requests[self.bought].told()
        return Observation(f"A good purchase. Request {self.bought + 1} is in hand: {told}")

    def score(self) -> Score:
        """Pay when everything was bought, and nothing went wrong."""
        return Score(bought=self.bought == len(self.requests), nothing_wrong=not self.wrong)

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell the habits and the spares."""
        laws = market(task.rng("world"))
        return [
            *((f"the vendor is {vendor}", f"it {HABITS[h]}") for vendor, h in laws.habits.items()),
            *(
                (f"{goods} are bought", f"{spare} more are needed than asked for")
                for goods, spare in laws.spares.items()
            ),
        ]

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """Name the habit of each right vendor, and the spares of each kind of goods."""
        used: dict[str, tuple[str, int]] = {}
        for request in self.requests:
            ((quote, _),) = self._right(request)
            habit = self.market.habits[quote.vendor]
            used[f"the habit of {quote.vendor}"] = (HABITS[habit], len(HABITS))
            spares = str(self.market.spares[request.goods])
            used[f"the spares of {request.goods}"] = (spares, len(SPARES))
        return used

    def aftermath(self) -> str:
        """Tell the right orders and why."""
        told: list[str] = []
        for request in self.requests:
            ((quote, pieces),) = self._right(request)
            told.append(
                f"{request.need} {request.goods}: {pieces} from {quote.vendor}, which "
                f"{HABITS[self.market.habits[quote.vendor]]}; {request.goods} take "
                f"{self.market.spares[request.goods]} spares"
            )
        return f"What was right. {'. '.join(told)}."

    def expert(self) -> Iterator[Action]:
        """Place the right order for each request."""
        while True:
            request = self.requests[min(self.bought, len(self.requests) - 1)]
            ((quote, pieces),) = self._right(request)
            yield Action(f"order {pieces} from {quote.vendor}")
