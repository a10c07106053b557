"""Work through the HTTP API of a mail-order shop: pages, tokens, rate limits, and what has to go
before what.

The server is real and the score reads its state: the right orders and accounts have changed, the
credit note is right, and nothing else is different. Left out: errors of the server itself.
"""

import copy
from collections.abc import Iterator
from typing import Annotated

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.errors import ToolError
from firsthand.sandbox.http import Http
from firsthand.task import Task
from firsthand.worlds.web.back_office import PAGE, BackOffice, Shape, drawn

LEVELS = {
    1: Shape(4, 3, window=0, lasting=0, booked=0.0),
    2: Shape(8, 6, window=0, lasting=0, booked=0.0),
    3: Shape(8, 7, window=6, lasting=0, booked=0.5),
    4: Shape(14, 9, window=6, lasting=8, booked=0.5),
    5: Shape(19, 12, window=5, lasting=7, booked=0.7),
}
CANCEL = (
    "{name} of {town} wants all orders cancelled that were placed before {date} and are still "
    "open. Cancel them, and write one credit note for {name} over the sum of exactly those orders."
)
MERGE = (
    "{name} has two accounts by mistake, one in {town} and one in {other}. Move every open order "
    "of the account in {town} to the one in {other}, and then close the account in {town}."
)
Change = tuple[str, str, str]
"""Method, path and body of one request."""


class Orders(Environment):
    """Put a customer's orders right through the HTTP API of a mail-order shop."""

    name = "web/orders"
    turns = 100
    statement = (
        "You work for a mail-order shop through its HTTP API; `GET /` describes it. Do what is "
        "asked and nothing else: what you change stays changed. The server may want a pause (429) "
        "or a new token (401). Call `done` when it is done; nothing counts before that, and "
        "nothing can be done after it."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a shop and a job that needs some of its orders changed."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            office, self.owner, other = drawn(rng, shape)
            self.merge, date = rng.random() < 0.5, f"2031-{rng.randint(5, 9):02d}-01"
            self.chosen = [
                id
                for id, order in sorted(office.orders.items())
                if order.customer == self.owner
                and order.status == "open"
                and (self.merge or order.placed < date)
            ]
            if self.chosen and task.owns(msgspec.json.encode(office).decode()):
                break
        self.http, self.other = Http(office), other
        self.booked = {order: id for id, order in sorted(office.shipments.items())}
        self.expected = self._expected(copy.deepcopy(office))
        customer = office.customers[self.owner]
        asked = (MERGE if self.merge else CANCEL).format(
            name=customer.name, town=customer.town, other=office.customers[other].town, date=date
        )
        return Observation(f"{asked} The key of the API is {office.key}.")

    @property
    def office(self) -> BackOffice:
        """The state of the server."""
        assert isinstance(self.http.application, BackOffice)
        return self.http.application

    def _expected(self, office: BackOffice) -> BackOffice:
        if self.merge:
            for id in self.chosen:
                office.orders[id].customer = self.other
            office.customers[self.owner].open = False
            return office
        for id in self.chosen:
            office.orders[id].status = "cancelled"
        office.shipments = {
            id: order for id, order in office.shipments.items() if order not in self.chosen
        }
        office.credits = [(self.owner, sum(office.orders[id].cents for id in self.chosen))]
        return office

    @tool
    def request(
        self,
        method: Annotated[str, msgspec.Meta(description="GET, POST, PATCH or DELETE.")],
        path: Annotated[str, msgspec.Meta(description="With its query, e.g. /customers?page=2.")],
        body: Annotated[str, msgspec.Meta(description="JSON, where the request has a body.")] = "",
        token: Annotated[str, msgspec.Meta(description="Sent as the header X-Token.")] = "",
    ) -> str:
        """Send one HTTP request to the shop's server and show the answer."""
        if method not in ("GET", "POST", "PATCH", "DELETE"):
            raise ToolError(f"The method is GET, POST, PATCH or DELETE, got {method!r}.")
        try:
            answer = self.http.request(
                method,
                path,
                headers={"X-Token": token} if token else {},
                body=body.encode(errors="replace"),
            )
        except ValueError as error:
            raise ToolError(f"The request cannot be sent: {error}") from None
        return answer.text

    @tool
    def wait(self) -> str:
        """Wait as long as the server wants to be left alone."""
        self.office.pause()
        return "Half a minute has passed."

    @tool
    def done(self) -> str:
        """Say that the work is done. This ends it."""
        self.finish()
        return "The work is handed over."

    def score(self) -> Score:
        """Compare the state of the server with the right one."""
        now, right = self.office, self.expected
        return Score(
            finished=self.finished,
            orders_right=now.orders == right.orders,
            accounts_right=now.customers == right.customers,
            shipments_right=now.shipments == right.shipments,
            credits_right=now.credits == right.credits,
        )

    def aftermath(self) -> str:
        """Tell which requests would have done it."""
        changes = ", ".join(f"{method} {path}" for method, path, _ in self._changes())
        return f"The changes that were asked for: {changes}."

    def _changes(self) -> list[Change]:
        changes: list[Change] = []
        for id in self.chosen:
            if self.merge:
                changes.append(("PATCH", f"/orders/{id}", f'{{"customer": {self.other}}}'))
                continue
            if id in self.booked:
                changes.append(("DELETE", f"/shipments/{self.booked[id]}", ""))
            changes.append(("PATCH", f"/orders/{id}", '{"status": "cancelled"}'))
        if self.merge:
            return [*changes, ("DELETE", f"/customers/{self.owner}", "")]
        cents = self.expected.credits[0][1]
        return [*changes, ("POST", "/credits", f'{{"customer": {self.owner}, "cents": {cents}}}')]

    def expert(self) -> Iterator[Action]:
        """Log in, look through the pages as anyone would, and make the changes."""
        yield from self._send("GET", "/", "")
        for page in range(1, _pages(len(self.office.customers)) + 1):
            yield from self._send("GET", f"/customers?page={page}", "")
        own = sum(order.customer == self.owner for order in self.office.orders.values())
        for page in range(1, _pages(own) + 1):
            yield from self._send("GET", f"/orders?customer={self.owner}&page={page}", "")
        for method, path, body in self._changes():
            for order, booking in self.booked.items():
                if path == f"/shipments/{booking}":
                    yield from self._send("GET", f"/shipments?order={order}", "")
            yield from self._send(method, path, body)
        yield _call("done")

    def _send(self, method: str, path: str, body: str) -> Iterator[Action]:
        """Wait and log in where that is needed, and send a request."""
        office = self.office
        if path != "/" and (not office.tokens or (office.shape.lasting and not office.left)):
            if office.tired:
                yield _call("wait")
            yield _call(
                "request", method="POST", path="/session", body=f'{{"key": "{office.key}"}}'
            )
        if self.office.tired:
            yield _call("wait")
        token = self.office.token if path != "/" else ""
        yield _call("request", method=method, path=path, body=body, token=token)


def _pages(n: int) -> int:
    return -(-n // PAGE)


def _call(name: str, **arguments: str) -> Action:
    told = {key: value for key, value in arguments.items() if value}
    return Action(calls=(ToolCall(name, told, name),))
