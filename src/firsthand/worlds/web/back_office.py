"""The server of a mail-order shop: pages, a token, a rate limit, and resources that hang together.

A plain value with a `respond`, as `sandbox.http` wants it. Time passes only when somebody waits, so
that the rate limit needs no clock.
"""

import random
from collections.abc import Mapping, Sequence

import msgspec

from firsthand.sandbox.http import Request, Response

PAGE = 5
GUIDE = {
    "POST /session": "body {\"key\": …}: a token for the header X-Token",
    "GET /customers?page=1": "all customers by id, five a page; `next` names the next page",
    "DELETE /customers/ID": "closes an account; it must have no open order",
    "GET /orders?customer=ID&page=1": "the orders of a customer by id, five a page",
    "PATCH /orders/ID": "body {\"customer\": ID} moves an open order to another customer; body "
    "{\"status\": \"cancelled\"} cancels one that is open",
    "GET /shipments?order=ID": "the shipments that are booked for an order",
    "DELETE /shipments/ID": "takes a booking back",
    "POST /credits": "body {\"customer\": ID, \"cents\": …}: a credit note, for good",
}  # fmt: skip
FIRST = ("Ada", "Bela", "Cleo", "Dora", "Emil", "Finn", "Gus", "Hanna", "Ivo", "Juno", "Kaja")
LAST = ("Adler", "Brandt", "Corbin", "Dahl", "Eklund", "Frost", "Grieg", "Holm", "Iversen", "Juhl")


class Shape(msgspec.Struct, frozen=True):
    """How large a shop is, and what its server is strict about."""

    customers: int
    orders: int
    """Orders of the customer that matters."""
    window: int
    """Requests until the server wants a pause; 0: never."""
    lasting: int
    """Requests for which a token is good; 0: for ever."""
    booked: float
    """Share of open orders that have a shipment."""


class Customer(msgspec.Struct):
    """An account; two may have the same name."""

    name: str
    town: str
    open: bool = True


class Order(msgspec.Struct):
    """An order; `status` is open, shipped or cancelled."""

    customer: int
    placed: str
    cents: int
    status: str


class BackOffice(msgspec.Struct):
    """The state of the server."""

    key: str
    shape: Shape
    customers: dict[int, Customer]
    orders: dict[int, Order]
    shipments: dict[int, int]
    """Booking to order."""
    credits: list[tuple[int, int]]
    """Customer and cents."""
    tokens: int = 0
    left: int = 0
    """Requests for which the present token is still good."""
    used: int = 0
    """Requests since the last pause."""

    @property
    def token(self) -> str:
        """The token that is good now."""
        return f"T{self.tokens}-{self.key[-4:]}"

    def pause(self) -> None:
        """Let the time pass that the server wants to be left alone."""
        self.used = 0

    @property
    def tired(self) -> bool:
        """Whether the next request is refused until somebody waits."""
        return bool(self.shape.window) and self.used >= self.shape.window

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        if self.tired:
            return Response.of(429, {"error": "too many requests"}, retry_after="30")
        self.used += 1
        where = f"{request.method} {request.path}"
        if where == "GET /":
            return Response.of(200, GUIDE)
        body = _object(request.body)
        if isinstance(body, str):
            return Response.of(400, {"error": body})
        if where == "POST /session":
            return self._session(body)
        if not self.tokens or request.headers.get("x-token") != self.token:
            return Response.of(401, {"error": "a valid X-Token is needed: POST /session"})
        if self.shape.lasting:
            if not self.left:
                return Response.of(401, {"error": "the token has expired: POST /session"})
            self.left -= 1
        return self._routed(request, body)

    def _session(self, body: dict[str, object]) -> Response:
        if body.get("key") != self.key:
            return Response.of(403, {"error": "wrong key"})
        self.tokens, self.left = self.tokens + 1, self.shape.lasting
        return Response.of(201, {"token": self.token, "requests": self.left or "unlimited"})

    def _routed(self, request: Request, body: dict[str, object]) -> Response:
        parts = request.path.strip("/").split("/")
        number = (
            int(parts[1]) if len(parts) == 2 and parts[1].isascii() and parts[1].isdigit() else None
        )
        match (request.method, parts[0], number):
            case ("GET", "customers", None):
                found = [
                    {"id": id, "name": one.name, "town": one.town}
                    for id, one in sorted(self.customers.items())
                    if one.open
                ]
                return _paged(request, found)
            case ("GET", "orders", None):
                return self._orders(request)
            case ("GET", "shipments", None):
                order = request.query.get("order", "")
                found = [
                    {"id": id} for id, of in sorted(self.shipments.items()) if str(of) == order
                ]
                return Response.of(200, {"items": found})
            case ("DELETE", "customers", int(id)) if id in self.customers:
                return self._close(id)
            case ("DELETE", "shipments", int(id)) if id in self.shipments:
                del self.shipments[id]
                return Response.of(200, {"removed": id})
            case ("PATCH", "orders", int(id)) if id in self.orders:
                return self._change(id, body)
            case ("POST", "credits", None):
                return self._credit(body)
            case _:
                return Response.of(404, {"error": "nothing is there; GET / tells what there is"})

    def _orders(self, request: Request) -> Response:
        wanted = request.query.get("customer", "")
        found = [
            {"id": id, "placed": one.placed, "cents": one.cents, "status": one.status}
            for id, one in sorted(self.orders.items())
            if str(one.customer) == wanted
        ]
        return _paged(request, found)

    def _close(self, id: int) -> Response:
        if any(one.customer == id and one.status == "open" for one in self.orders.values()):
            return Response.of(409, {"error": "the customer has open orders"})
        self.customers[id].open = False
        return Response.of(200, {"closed": id})

    def _change(self, id: int, body: dict[str, object]) -> Response:
        order = self.orders[id]
        if order.status != "open":
            return Response.of(409, {"error": f"the order is {order.status}"})
        match body:
            case {"status": "cancelled", **others} if not others:
                if id in self.shipments.values():
                    return Response.of(409, {"error": "a shipment is booked for this order"})
                order.status = "cancelled"
            case {"customer": int(customer), **others} if not others:
                if customer not in self.customers or not self.customers[customer].open:
                    return Response.of(422, {"error": "there is no such customer"})
                order.customer = customer
            case _:
                return Response.of(422, {"error": "the body is not one that GET / describes"})
        return Response.of(200, {"id": id, "customer": order.customer, "status": order.status})

    def _credit(self, body: dict[str, object]) -> Response:
        match body:
            case {"customer": int(customer), "cents": int(cents), **others} if not others:
                if customer not in self.customers or not 0 < cents < 10**8:
                    return Response.of(422, {"error": "no such customer, or no such amount"})
                self.credits.append((customer, cents))
                return Response.of(201, {"customer": customer, "cents": cents})
            case _:
                return Response.of(422, {"error": "the body is not one that GET / describes"})


def _object(body: bytes) -> dict[str, object] | str:
    if not body:
        return {}
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return "the body is no JSON object"


def _paged(request: Request, found: Sequence[Mapping[str, object]]) -> Response:
    text = request.query.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if page < 1:
        return Response.of(400, {"error": "pages count from 1"})
    shown = found[(page - 1) * PAGE : page * PAGE]
    more = page * PAGE < len(found)
    return Response.of(200, {"items": shown, "next": page + 1 if more else None})


def drawn(rng: random.Random, shape: Shape) -> tuple[BackOffice, int, int]:
    """Draw a shop; return it with the customer that matters, and one of the same name elsewhere."""
    ids = rng.sample(range(100, 1000), shape.customers)
    names = rng.sample([f"{a} {b}" for a in FIRST for b in LAST], shape.customers - 1)
    towns = rng.sample(TOWNS, 2)
    owner, other = ids[0], ids[1]
    customers = {owner: Customer(names[0], towns[0]), other: Customer(names[0], towns[1])}
    customers |= {
        id: Customer(name, rng.choice(TOWNS)) for id, name in zip(ids[2:], names[1:], strict=True)
    }
    numbers = iter(rng.sample(range(1000, 10_000), shape.orders + 3 * shape.customers))
    orders: dict[int, Order] = {}
    for id in ids:
        for _ in range(shape.orders if id == owner else rng.randint(1, 3)):
            day, month = rng.randint(1, 28), rng.randint(1, 9)
            status = rng.choice(("open", "open", "shipped", "cancelled"))
            cents = rng.randint(500, 90_000)
            orders[next(numbers)] = Order(id, f"2031-{month:02d}-{day:02d}", cents, status)
    open_orders = [id for id, order in orders.items() if order.status == "open"]
    bookings = iter(rng.sample(range(10, 100), min(len(open_orders), 60)))
    shipments = {next(bookings): id for id in open_orders[:60] if rng.random() < shape.booked}
    key = "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789", k=10))
    return BackOffice(key, shape, customers, orders, shipments, []), owner, other


TOWNS = ("Aarhus", "Bergen", "Cork", "Delft", "Espoo", "Fulda", "Ghent", "Hull", "Imst", "Jena")
