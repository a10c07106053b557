"""A service company's morning: vans, calls with deadlines, and news that upsets the plan.

Nobody can know of news before it comes, so a decision is judged against the cheapest plan for what
was known when it was made, which `routes` finds exactly. Left out: skills, spare parts, waiting on
purpose, and calls with an earliest time.
"""

import random
from collections.abc import Iterator, Sequence

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task
from firsthand.worlds.planning.routes import FEE, Call, Plan, Road, Table, Van, distances, solve

PLACES = (
    "Alder", "Birch", "Cray", "Dunmore", "Elsdon", "Fenwick", "Garrow", "Holt", "Inver", "Jarrow",
    "Kirby", "Lund", "Marlow", "Norton",
)  # fmt: skip
CUSTOMERS = (
    "Abbott", "Baines", "Cole", "Dyer", "Ellis", "Frost", "Gray", "Hobbs", "Iqbal", "Jones",
    "Kaur", "Lowe", "Mills", "Nash", "Owen", "Patel", "Quinn", "Reid", "Shaw", "Tate",
)  # fmt: skip
TRADES = {
    "heating": ("boiler", "radiator", "heat pump", "gas valve"),
    "lift": ("stuck lift", "door sensor", "call button", "inspection"),
    "network": ("dead line", "router", "fibre", "switch"),
    "kitchen": ("cold room", "dishwasher", "oven", "extractor"),
}
VANS = ("red", "blue", "white")
COLUMNS = 3
"""Places beside each other on the map."""
MOST_SLACK = 8
"""Steps of five minutes that an agreed time may lie after the first time that can be kept."""
NEWS = ("call", "call", "withdrawn", "closed", "broken")
"""What can happen in one morning; each at most as often as it is named here."""


class Shape(msgspec.Struct, frozen=True):
    """How large a morning is."""

    vans: int
    places: int
    calls: int
    news: int
    greedy: bool
    """Whether sending each van to the nearest call may be best."""


LEVELS = {
    1: Shape(2, 6, 4, 1, True),
    2: Shape(2, 6, 5, 1, True),
    3: Shape(2, 6, 6, 2, False),
    4: Shape(3, 9, 6, 2, False),
    5: Shape(3, 9, 7, 3, False),
}


class News(msgspec.Struct, frozen=True):
    """What becomes known at a minute; `call`, `road` or `van` says of what."""

    minute: int
    kind: str
    call: Call
    road: int
    van: int


class Dispatch(Environment):
    """Send vans to calls through a morning that news upsets, each time by a cheapest plan."""

    name = "planning/dispatch"
    turns = 48
    base_rate = 0.041  # always the first choice, level 1: 61 of 1,500; random: 11 of 1,500
    statement = (
        "You dispatch the vans of a service company. Each turn one van is free: send it to an open "
        "call (`go to Abbott`), or let it stand by (`stand by`) until the next news. A van drives "
        "the shortest open way, must arrive by the time agreed, stays for the work and is then "
        "free there; once sent, it is stopped by neither orders nor news. A van that reaches no "
        "open call in time is not asked. News may come at any time: calls, withdrawals, closed "
        "roads, breakdowns. "
        f"What counts is the cost: minutes driven, and {FEE} for each call that no van serves and "
        "another firm gets. Each decision is judged by what could be known: it must belong to a "
        "cheapest plan for the calls, roads and vans known at that moment, as if no more news "
        "came; of several such plans any will do. The morning is a success when no decision made "
        "the best possible cost any higher."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the map, the vans, the calls and the news of a morning."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            trade = self._draw(rng, shape)
            content = f"{trade} {self.places} {self.roads} {self.vans} {self.open} {self.news}"
            if task.owns(content) and (shape.greedy or self._greedy() > self._plan().cost):
                break
        self.parked, self.broken = [False] * shape.vans, [False] * shape.vans
        self.driven, self.lost, self.over = 0, 0, False
        self.story = [f"In the morning the best was {self._route_text(self._plan())}."]
        return Observation(f"Calls for the {trade} service.\n{self._table()}\n{self._told()}")

    def _draw(self, rng: random.Random, shape: Shape) -> str:
        trade = rng.choice(sorted(TRADES))
        self.places = rng.sample(PLACES, shape.places)
        self.roads = _roads(rng, shape.places)
        self.minutes = distances(self.roads, shape.places)
        self.vans = [(480 + 5 * rng.randrange(6), rng.randrange(shape.places)) for _ in VANS]
        del self.vans[shape.vans :]
        self.parked, self.broken = [False] * shape.vans, [False] * shape.vans
        names = rng.sample(CUSTOMERS, shape.calls + shape.news)
        calls = [_call(rng, trade, name, shape.places) for name in names]
        self.open = sorted(_agreed(rng, calls[: shape.calls], self.vans, self.minutes), key=str)
        self.news = _news(rng, shape, calls[shape.calls :], self.open, len(self.roads))
        return trade

    # --- what is possible, and what is best -------------------------------------------------------

    def _arrives(self, van: int, call: Call) -> int:
        minute, place = self.vans[van]
        return minute + self.minutes[place][call.place]

    def _reachable(self, van: int) -> list[Call]:
        return [call for call in self.open if self._arrives(van, call) <= call.due]

    def _on_duty(self) -> list[int]:
        return [i for i in range(len(self.vans)) if not self.parked[i] and not self.broken[i]]

    def _turn(self) -> int | None:
        """Return the van that is free first, of those that reach a call in time."""
        able = [i for i in self._on_duty() if self._reachable(i)]
        return min(able, key=lambda i: (self.vans[i][0], i), default=None)

    def _plan(self) -> Plan:
        """Return the cheapest plan from here for what is known; its routes are by van on duty."""
        return solve(self.minutes, tuple(self.vans[i] for i in self._on_duty()), tuple(self.open))

    def _greedy(self) -> int:
        """Return what it costs to send each van to the nearest call, without any news."""
        vans, calls, cost = list(self.vans), list(self.open), 0
        while True:
            able = [
                (vans[i][0], i, self.minutes[vans[i][1]][call.place], at)
                for i in range(len(vans))
                for at, call in enumerate(calls)
                if vans[i][0] + self.minutes[vans[i][1]][call.place] <= call.due
            ]
            if not able:
                return cost + FEE * len(calls)
            minute, i, minutes, at = min(able)
            call = calls.pop(at)
            vans[i] = (minute + minutes + call.work, call.place)
            cost += minutes

    # --- what is told -----------------------------------------------------------------------------

    def _table(self) -> str:
        width = max(map(len, self.places))
        head = " ".join(f"{place:>{width}}" for place in ("", *self.places))
        rows = [
            " ".join([f"{place:>{width}}", *(f"{minutes:>{width}}" for minutes in row)])
            for place, row in zip(self.places, self.minutes, strict=True)
        ]
        return "\n".join(["Minutes of driving:", head, *rows])

    def _told(self) -> str:
        turn = self._turn()
        if turn is None:
            return f"Minutes driven: {self.driven}. Calls not served: {len(self.open)}."
        now, place = self.vans[turn]
        gone = [call.customer for call in self.open if call.due < now]
        calls = [
            f"- {call.customer} in {self.places[call.place]}: {call.what}, "
            f"by {_clock(call.due)}, {call.work} minutes of work"
            for call in self.open
            if call.due >= now
        ]
        others = [self._van(i) for i in range(len(self.vans)) if i != turn]
        return "\n".join(
            [
                "Open calls:",
                *calls,
                *([f"Gone to the other firm: {', '.join(gone)}."] if gone else []),
                f"Other vans: {'; '.join(others)}.",
                f"It is {_clock(now)}. The {VANS[turn]} van is free in {self.places[place]}.",
            ]
        )

    def _van(self, i: int) -> str:
        minute, place = self.vans[i]
        if self.broken[i]:
            return f"{VANS[i]} out of service"
        if self.parked[i]:
            return f"{VANS[i]} stands by in {self.places[place]}"
        return f"{VANS[i]} in {self.places[place]}, free from {_clock(minute)}"

    def _route_text(self, plan: Plan) -> str:
        """Tell a plan for the vans on duty now."""
        routes = [
            f"{VANS[i]}: {', then '.join(self.open[call].customer for call in route)}"
            for i, route in zip(self._on_duty(), plan.routes, strict=True)
            if route
        ]
        left = len(self.open) - sum(map(len, plan.routes))
        fees = f"; {left} to the other firm" if left else ""
        return f"{'; '.join(routes) or 'no van sent'}{fees} (cost {plan.cost} from then on)"

    # --- what is done -----------------------------------------------------------------------------

    def choices(self) -> Sequence[str]:
        """The calls that the van reaches in time, and standing by."""
        turn = self._turn()
        calls = [] if turn is None else self._reachable(turn)
        return [*(f"go to {call.customer}" for call in calls), "stand by"]

    def act(self, action: Action) -> Observation:
        """Decide for the van that is free first."""
        turn = self._turn()
        if self.finished or turn is None:
            return Observation("The morning is over.", done=True)
        move = " ".join(action.text.split())
        named = {choice.lower(): choice for choice in self.choices()}
        if move.lower() not in named:
            return Observation(f"{self._refusal(turn, move.lower())}\n{self._told()}")
        move = named[move.lower()]
        best, known, driven = self._plan(), self._route_text(self._plan()), self.driven
        at = _clock(self.vans[turn][0])
        said = self._park(turn) if move == "stand by" else self._go(turn, move[len("go to ") :])
        loss = self.driven - driven + self._plan().cost - best.cost
        if loss:
            self.lost += loss
            self.story.append(
                f"At {at} `{move}` for the {VANS[turn]} van lost {loss}; best was {known}."
            )
        return Observation("\n".join([said, *self._happen(), self._told()]), done=self.finished)

    def _refusal(self, turn: int, move: str) -> str:
        for call in self.open:
            if move == f"go to {call.customer.lower()}":
                there = _clock(self._arrives(turn, call))
                return (
                    f"The {VANS[turn]} van would be with {call.customer} at {there}, after "
                    f"{_clock(call.due)}: send it to another call, or let it stand by."
                )
        return (
            "That is no order. Write `go to` and the customer of an open call that the "
            f"{VANS[turn]} van reaches in time, or `stand by`."
        )

    def _park(self, turn: int) -> str:
        self.parked[turn] = True
        return f"The {VANS[turn]} van stands by."

    def _go(self, turn: int, customer: str) -> str:
        (call,) = [call for call in self.open if call.customer == customer]
        there = self._arrives(turn, call)
        self.driven += there - self.vans[turn][0]
        self.vans[turn] = (there + call.work, call.place)
        self.open.remove(call)
        return f"The {VANS[turn]} van will be with {customer} at {_clock(there)}."

    def _happen(self) -> list[str]:
        """Let the news come that is due, and end the morning when nothing is left to decide."""
        told: list[str] = []
        while self.news:
            turn = self._turn()
            if turn is not None and self.vans[turn][0] < self.news[0].minute:
                break
            told += self._take(self.news.pop(0))
        if self._turn() is None:
            self.over = True
            self.finish()
            told.append("The morning is over.")
        return told

    def _take(self, news: News) -> list[str]:
        """Make news known; that of a call which is no longer open is none."""
        said = self._change(news)
        if not said:
            return []
        self.parked = [False] * len(self.vans)
        self.vans = [(max(minute, news.minute), place) for minute, place in self.vans]
        if self.open:
            what = said.splitlines()[0].rstrip(".")
            best = self._route_text(self._plan())
            self.story.append(f"At {_clock(news.minute)} ({what}) the best became {best}.")
        return [f"News at {_clock(news.minute)}: {said}"]

    def _change(self, news: News) -> str:
        call = news.call
        if news.kind == "call":
            self.open.append(call)
            return f"{call.customer} in {self.places[call.place]} calls."
        if news.kind == "withdrawn":
            if call not in self.open or call.due < news.minute:
                return ""
            self.open.remove(call)
            return f"{call.customer} withdraws the call."
        if news.kind == "broken":
            self.broken[news.van] = True
            return f"the {VANS[news.van]} van has engine trouble: it takes no further call today."
        a, b, _ = self.roads.pop(news.road)
        self.minutes = distances(self.roads, len(self.places))
        return f"the road between {self.places[a]} and {self.places[b]} is closed.\n{self._table()}"

    def score(self) -> Score:
        """Pay when the morning is over and no decision made the best possible cost higher."""
        return Score(morning_over=self.over, nothing_lost=self.over and not self.lost)

    def aftermath(self) -> str:
        """Tell the cheapest plans for what was known, and the decisions that lost something."""
        return f"Your decisions lost {self.lost} in all. " + " ".join(self.story)

    def picture(self) -> str:
        """Draw the map: roads with their minutes, vans and calls where they are."""
        between = {(a, b): minutes for a, b, minutes in self.roads}
        lines: list[str] = []
        for first in range(0, len(self.places), COLUMNS):
            row = range(first, first + COLUMNS)
            down = [between.get((at, at + COLUMNS)) for at in row]
            lines += [
                "".join(self._eastward(at, between.get((at, at + 1))) for at in row),
                "".join(f"{self._at(at):<20}" for at in row),
                "".join(f"{f'| {minutes}' if minutes else '':<20}" for minutes in down),
            ]
        return "\n".join(line.rstrip() for line in lines).rstrip()

    def _eastward(self, place: int, minutes: int | None) -> str:
        """Draw a place and the road to the next one in its row."""
        name = f"{self.places[place]} "
        return f"{f'{name:-<11} {minutes} ':-<19} " if minutes else f"{name:<20}"

    def _at(self, place: int) -> str:
        vans = [f"[{VANS[i]}]" for i, (_, at) in enumerate(self.vans) if at == place]
        return " ".join([*vans, *(call.customer for call in self.open if call.place == place)])

    def expert(self) -> Iterator[Action]:
        """Follow a cheapest plan for what is known, found anew at every decision."""
        while True:
            turn = self._turn()
            route = () if turn is None else self._plan().routes[self._on_duty().index(turn)]
            yield Action(f"go to {self.open[route[0]].customer}" if route else "stand by")


# --- drawing a morning ----------------------------------------------------------------------------


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _roads(rng: random.Random, places: int) -> list[Road]:
    """Draw the roads of a grid; when any one of them is closed, every place is still reached."""
    across = [(at, at + 1) for at in range(places) if (at + 1) % COLUMNS]
    down = [(at, at + COLUMNS) for at in range(places - COLUMNS)]
    return [(a, b, rng.randrange(6, 30)) for a, b in (*across, *down)]


def _call(rng: random.Random, trade: str, customer: str, places: int) -> Call:
    """Draw a call; its time is still to be agreed."""
    return Call(
        customer, rng.choice(TRADES[trade]), rng.randrange(places), 0, 5 * rng.randint(3, 9)
    )


def _agreed(
    rng: random.Random, calls: Sequence[Call], vans: Sequence[Van], minutes: Table
) -> list[Call]:
    """Agree on times that can all be kept: those of a plan drawn at random, and some more."""
    at, agreed = list(vans), list[Call]()
    for call in calls:
        i = rng.randrange(len(at))
        minute, place = at[i]
        there = minute + minutes[place][call.place]
        at[i] = (there + call.work, call.place)
        due = 5 * (-(-there // 5) + rng.randint(1, MOST_SLACK))
        agreed.append(msgspec.structs.replace(call, due=due))
    return agreed


def _news(
    rng: random.Random, shape: Shape, calls: Sequence[Call], known: Sequence[Call], roads: int
) -> list[News]:
    """Draw what happens between 8:35 and 10:00."""
    minutes = sorted(rng.sample(range(515, 605, 5), shape.news))
    news: list[News] = []
    for minute, kind, call in zip(minutes, rng.sample(NEWS, shape.news), calls, strict=True):
        new = msgspec.structs.replace(call, due=minute + 5 * rng.randint(8, 30))
        of = rng.choice(known) if kind == "withdrawn" else new
        news.append(News(minute, kind, of, rng.randrange(roads), rng.randrange(shape.vans)))
    return news
