"""Webhooks of a payment provider, delivered as such things are: twice, out of order, and forged.

Deliveries come over HTTP, one at a time, and each gets one answer. A ledger follows from the events
that were applied, in that order; the score compares it, and what became of every delivery. Left
out: a provider that gives up on a delivery.
"""

import random
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.sandbox.http import Http, Request, Response
from firsthand.task import Task

Answer = Literal["apply", "duplicate", "hold", "reject"]
GUIDE = {
    "GET /deliveries": "the delivery that waits for an answer, and how many wait behind it",
    "POST /deliveries/N": "body {\"answer\": …} with apply, duplicate, hold or reject; the answer "
    "to the request is the next delivery. What is held comes again behind all others.",
    "GET /ledger": "what was applied: cents by account",
}  # fmt: skip


class Event(msgspec.Struct, frozen=True):
    """What happened to a payment, as the provider tells it. `check` proves who told it."""

    event: str
    payment: int
    seq: int
    type: str
    account: str
    cents: int
    check: int


def checked(payment: int, seq: int, cents: int) -> int:
    """Return the number that a true event carries."""
    return (cents + 31 * seq + 7 * payment) % 97


class Provider(msgspec.Struct):
    """The state of the server."""

    waiting: list[tuple[int, Event]]
    answered: list[tuple[int, str]]
    applied: list[Event]

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        parts = request.path.strip("/").split("/")
        match (request.method, *parts):
            case ("GET", ""):
                return Response.of(200, GUIDE)
            case ("GET", "deliveries"):
                return Response.of(200, self._next())
            case ("GET", "ledger"):
                return Response.of(200, self.ledger())
            case ("POST", "deliveries", number):
                return self._answer(number, request.body)
            case _:
                return Response.of(404, {"error": "nothing is there; GET / tells what there is"})

    def _next(self) -> dict[str, object]:
        if not self.waiting:
            return {"delivery": None, "waiting": 0}
        number, event = self.waiting[0]
        shown = msgspec.to_builtins(event)
        return {"delivery": number, **shown, "waiting": len(self.waiting) - 1}

    def _answer(self, number: str, body: bytes) -> Response:
        if not self.waiting or number != str(self.waiting[0][0]):
            return Response.of(409, {"error": "that delivery does not wait for an answer"})
        try:
            said = msgspec.json.decode(body, type=dict[str, Answer])
        except (msgspec.MsgspecError, ValueError, RecursionError):
            said = {}
        if set(said) != {"answer"}:
            words = "apply, duplicate, hold or reject"
            return Response.of(422, {"error": f'the body is {{"answer": …}} with {words}'})
        delivery = self.waiting.pop(0)
        self.answered.append((delivery[0], said["answer"]))
        if said["answer"] == "hold":
            self.waiting.append(delivery)
        elif said["answer"] == "apply":
            self.applied.append(delivery[1])
        return Response.of(200, self._next())

    def ledger(self) -> dict[str, int]:
        """Return cents by account: captures add, refunds take away."""
        sums: dict[str, int] = {}
        for event in self.applied:
            sign = {"captured": 1, "refunded": -1}.get(event.type, 0)
            sums[event.account] = sums.get(event.account, 0) + sign * event.cents
        return dict(sorted(sums.items()))


class Shape(msgspec.Struct, frozen=True):
    """How many payments there are, and what goes wrong with their deliveries."""

    payments: int
    twice: int
    early: int
    forged: int


LEVELS = {
    1: Shape(2, 1, 0, 0),
    2: Shape(3, 1, 1, 0),
    3: Shape(4, 1, 1, 1),
    4: Shape(5, 2, 2, 2),
    5: Shape(6, 4, 3, 3),
}
LIVES = (("created", "captured"), ("created", "captured", "refunded"), ("created", "failed"))
ACCOUNTS = ("amber", "basalt", "coral", "delta", "ebony", "fjord", "garnet", "heath")


class Webhooks(Environment):
    """Answer the webhooks of a payment provider, which come twice, out of order, and forged."""

    name = "web/webhooks"
    turns = 90
    statement = (
        "You receive the webhooks of a payment provider over HTTP; `GET /` describes the server. "
        "Give each delivery the right answer until none waits:\n"
        "- reject what is forged: a true event has check = (cents + 31 × seq + 7 × payment) mod 97;"
        "\n- duplicate for an event that was applied before: the same `event`, whatever delivery;\n"
        "- hold a true event that comes early: every smaller seq of its payment, from 1 on, has to "
        "be applied first;\n- apply all others, once each.\nAn answer cannot be taken back. The "
        "work ends when nothing waits any more."
    )

    def reset(self, task: Task) -> Observation:
        """Draw payments, their events, and the order in which they are delivered."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            self.http = Http(Provider(_deliveries(rng, shape), [], []))
            if task.owns(repr(self.provider.waiting)):
                break
        self.events = dict(self.provider.waiting)
        self.right = _right(self.provider)
        return Observation(f"{len(self.provider.waiting)} deliveries wait.")

    @property
    def provider(self) -> Provider:
        """The state of the server."""
        assert isinstance(self.http.application, Provider)
        return self.http.application

    @tool
    def get(
        self, path: Annotated[str, msgspec.Meta(description="/, /deliveries or /ledger.")]
    ) -> str:
        """Send a GET request to the server and show the answer."""
        return self._send("GET", path, b"")

    @tool
    def answer(self, delivery: int, answer: Answer) -> str:
        """Answer the delivery that waits: POST /deliveries/N."""
        shown = self._send(
            "POST", f"/deliveries/{delivery}", msgspec.json.encode({"answer": answer})
        )
        if not self.provider.waiting:
            self.finish()
        return shown

    def _send(self, method: str, path: str, body: bytes) -> str:
        try:
            return self.http.request(method, path, body=body).text
        except ValueError as error:
            return f"The request cannot be sent: {error}"

    def score(self) -> Score:
        """Compare the answers and the ledger with the right ones."""
        provider = self.provider
        return Score(
            all_answered=not provider.waiting,
            answers_right=provider.answered == self.right.answered,
            ledger_right=provider.ledger() == self.right.ledger(),
        )

    def aftermath(self) -> str:
        """Tell the first answer that was wrong."""
        for (number, said), (_, right) in zip(
            self.provider.answered, self.right.answered, strict=False
        ):
            if said != right:
                told = self.events[number]
                return (
                    f"Delivery {number} ({told.event}, payment {told.payment}, seq {told.seq}, "
                    f"check {told.check}) had to be answered with {right}, and was with {said}."
                )
        return f"{len(self.provider.answered)} of {len(self.right.answered)} answers, all right."

    def expert(self) -> Iterator[Action]:
        """Read the guide, and give each delivery its answer."""
        yield Action(calls=(ToolCall("get", {"path": "/"}, "get"),))
        yield Action(calls=(ToolCall("get", {"path": "/deliveries"}, "get"),))
        while self.provider.waiting:
            number, event = self.provider.waiting[0]
            said = _due(event, self.provider.applied)
            yield Action(calls=(ToolCall("answer", {"delivery": number, "answer": said}, "a"),))


def _deliveries(rng: random.Random, shape: Shape) -> list[tuple[int, Event]]:
    """Draw the events of all payments in an order that is right, and then disturb it."""
    names = iter(rng.sample(range(100, 1000), 60))
    queues: list[list[Event]] = []
    for payment in rng.sample(range(10, 100), shape.payments):
        account, cents = rng.choice(ACCOUNTS), rng.randint(100, 50_000)
        life = rng.choice(LIVES)
        queues.append(
            [
                Event(
                    f"ev{next(names)}",
                    payment,
                    seq,
                    kind,
                    account,
                    cents,
                    checked(payment, seq, cents),
                )
                for seq, kind in enumerate(life, 1)
            ]
        )
    events: list[Event] = []
    while any(queues):
        events.append(rng.choice([queue for queue in queues if queue]).pop(0))
    for _ in range(shape.early):  # a later event of a payment comes before an earlier one
        pairs = [
            (i, j)
            for i, a in enumerate(events)
            for j, b in enumerate(events)
            if i < j and a.payment == b.payment and a.seq + 1 == b.seq
        ]
        i, j = rng.choice(pairs)
        events[i], events[j] = events[j], events[i]
    for _ in range(shape.forged):
        true = rng.choice(events)
        wrong = msgspec.structs.replace(
            true, event=f"ev{next(names)}", cents=true.cents + rng.choice((-40, -3, 5, 60))
        )
        events.insert(rng.randrange(len(events) + 1), wrong)
    for _ in range(shape.twice):
        place = rng.randrange(len(events))
        events.insert(rng.randrange(place + 1, len(events) + 1), events[place])
    numbers = sorted(rng.sample(range(1, 400), len(events)))
    return list(zip(numbers, events, strict=True))


def _due(event: Event, applied: list[Event]) -> Answer:
    """Return the right answer to a delivery, after what was applied."""
    if event.check != checked(event.payment, event.seq, event.cents):
        return "reject"
    if any(event.event == earlier.event for earlier in applied):
        return "duplicate"
    done = {earlier.seq for earlier in applied if earlier.payment == event.payment}
    return "apply" if set(range(1, event.seq)) <= done else "hold"


def _right(provider: Provider) -> Provider:
    """Return the provider after every delivery was answered rightly."""
    right = Provider(list(provider.waiting), [], [])
    while right.waiting:
        number, event = right.waiting.pop(0)
        said = _due(event, right.applied)
        right.answered.append((number, said))
        if said == "hold":
            right.waiting.append((number, event))
        elif said == "apply":
            right.applied.append(event)
    return right
