"""The booking service behind `web/contract`: what it wants to be sent, and the server that insists.

A specification tells where each field of a booking goes and how it is written; the OpenAPI document
and the server's checks are both made from it.
"""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from firsthand.sandbox.http import Request, Response

Record = dict[str, Any]


class Way(NamedTuple):
    """A way of writing a value: the kinds it fits, its function, its JSON type, and its words."""

    kinds: frozenset[str]
    write: Callable[[Any], Any]
    type: str
    says: str


def _day_month_year(value: str) -> str:
    year, month, day = value.split("-")
    return f"{day}.{month}.{year}"


def _way(kinds: str, write: Callable[[Any], Any], type_: str, says: str) -> Way:
    return Way(frozenset(kinds.split()), write, type_, says)


WAYS = {
    "cents": _way("money", lambda value: round(value * 100), "integer", "in cents"),
    "two_decimals": _way("money", lambda value: f"{value:.2f}", "string", "with two decimals"),
    "digits": _way("count minutes", str, "string", "as digits"),
    "seconds": _way("minutes", lambda value: value * 60, "integer", "in seconds"),
    "iso_duration": _way(
        "minutes", lambda value: f"PT{value}M", "string", "as an ISO 8601 duration in minutes"
    ),
    "day_month_year": _way("date", _day_month_year, "string", "as DD.MM.YYYY"),
    "compact_date": _way("date", lambda value: value.replace("-", ""), "string", "as YYYYMMDD"),
    "upper_case": _way("word", str.upper, "string", "in capitals"),
    "y_or_n": _way("flag", lambda value: "Y" if value else "N", "string", "Y or N"),
    "negated": _way("flag", lambda value: not value, "boolean", ""),
    "joined": _way("list", ", ".join, "string", "in one text, separated by a comma and a blank"),
}
"""Ways other than `as_is`."""
AS_IS = {
    "text": ("string", ""), "word": ("string", "in small letters"),
    "money": ("number", "in euros"), "date": ("string", "as YYYY-MM-DD"),
    "flag": ("boolean", ""), "count": ("integer", ""), "minutes": ("integer", "in minutes"),
    "list": ("array", "as a list"),
}  # fmt: skip


class Field(NamedTuple):
    """A field of our own bookings, and what a service may call it and say about it."""

    kind: str
    means: str
    group: str
    names: tuple[str, ...]
    says: tuple[str, ...]
    opposite: tuple[str, str] = ("", "")
    """Name and words of a property that is true when ours is false."""


FIELDS = {
    "guest": Field(
        "text", "the name of the guest", "person",
        ("full_name", "customer", "lead_guest", "booked_for"),
        ("Who will stay", "The person that the room is for"),
    ),
    "email": Field(
        "text", "where to write to the guest", "person",
        ("mail", "contact", "reply_to", "address"),
        ("Where the confirmation is sent", "Mailbox of the person who travels"),
    ),
    "price": Field(
        "money", "all that the stay costs, in euros", "bill",
        ("total", "amount", "gross", "to_pay"),
        ("What the whole stay costs", "Full price of the stay"),
    ),
    "deposit": Field(
        "money", "what was paid of it in advance, in euros", "bill",
        ("prepaid", "down_payment", "received", "advance"),
        ("What has been paid already", "Part that was paid in advance"),
    ),
    "arrival": Field(
        "date", "the first day", "stay", ("from", "check_in", "starts", "day_in"),
        ("The day on which the room is taken", "First day of the stay"),
    ),
    "departure": Field(
        "date", "the last day", "stay", ("until", "check_out", "ends", "day_out"),
        ("The day on which the room is left", "Last day of the stay"),
    ),
    "persons": Field(
        "count", "how many people stay", "stay", ("guests", "occupancy", "pax", "heads"),
        ("How many people will be in the room", "Number of people"),
    ),
    "room": Field(
        "word", "the kind of room", "stay", ("category", "unit", "room_type", "accommodation"),
        ("Kind of room", "What sort of room is wanted"),
    ),
    "breakfast": Field(
        "flag", "whether breakfast is wanted", "extras", ("breakfast", "morning_meal", "meals"),
        ("Whether breakfast is served", "Whether the guest eats in the morning"),
        ("room_only", "Whether the guest goes without breakfast"),
    ),
    "smoking": Field(
        "flag", "whether it is a smoker's room", "extras", ("smoker", "smoking", "ashtray"),
        ("Whether smoking is allowed in the room", "Whether it is a room for smokers"),
        ("smoke_free", "Whether smoking is forbidden in the room"),
    ),
    "notice": Field(
        "minutes", "how many minutes ahead the guest calls", "extras",
        ("call_ahead", "lead_time", "warning"),
        ("How long before coming the guest calls", "Time between the guest's call and arrival"),
    ),
    "wishes": Field(
        "list", "special wishes", "extras", ("requests", "notes", "specials"),
        ("What else is asked for", "Special wishes of the guest"),
    ),
}  # fmt: skip
GROUPS = {
    "person": ("traveller", "party", "profile"), "bill": ("charges", "payment", "invoice"),
    "stay": ("visit", "period", "nights"), "extras": ("options", "details", "service"),
}  # fmt: skip
PATHS = ("/bookings", "/v1/bookings", "/v2/bookings", "/reservations", "/v3/stays", "/api/stays")
HEADERS = ("X-Key", "Api-Key", "X-Api-Token", "Client-Key", "X-Access")
IDS = ("id", "booking.id", "data.number", "reference", "result.code", "created.ref")


class Property(NamedTuple):
    """Where a field goes (`group.name` or `name`), how it is written, and what is said about it."""

    to: str
    convert: str
    says: str


class Specification(NamedTuple):
    """What a version of the service wants."""

    path: str
    auth_header: str
    id_at: str
    properties: dict[str, Property]


def drawn_property(rng: random.Random, name: str, group: str, *, plain: bool) -> Property:
    """Draw what a service calls a field; `plain` leaves it written as it is."""
    field = FIELDS[name]
    fitting = [way for way, its in WAYS.items() if field.kind in its.kinds]
    convert = "as_is" if plain or not fitting else rng.choice(["as_is", *fitting, *fitting])
    to, says = rng.choice(field.names), rng.choice(field.says)
    if convert == "negated":
        to, says = field.opposite
    how = AS_IS[field.kind][1] if convert == "as_is" else WAYS[convert].says
    return Property(f"{group}.{to}" if group else to, convert, f"{says}{', ' if how else ''}{how}.")


def record(rng: random.Random, fields: Mapping[str, object]) -> Record:
    """Draw a booking of ours."""
    first, last = rng.choice(("Ada", "Ben", "Cleo", "Dan")), rng.choice(("Holm", "Ruiz", "Okri"))
    price, day, nights = rng.randint(5_001, 90_000), rng.randint(1, 14), rng.randint(1, 14)
    month = f"2031-{rng.randint(1, 12):02d}"
    whole: Record = {
        "guest": f"{first} {last}",
        "email": f"{first.lower()}{rng.randint(10, 999)}@mail.test",
        "price": price / 100,
        "deposit": rng.randint(101, 5_000) / 100,
        "arrival": f"{month}-{day:02d}",
        "departure": f"{month}-{day + nights:02d}",
        "persons": rng.randint(1, 6),
        "room": rng.choice(("single", "double", "suite", "family")),
        "breakfast": rng.random() < 0.5,
        "smoking": rng.random() < 0.5,
        "notice": rng.randint(10, 600),
        "wishes": rng.sample(["cot", "quiet", "view", "late key", "parking"], rng.randint(2, 3)),
    }
    return {name: whole[name] for name in fields}


def written(properties: Mapping[str, Property], booking: Record) -> dict[str, Any]:
    """Write a booking as the properties say. Raises `ValueError` where a way does not fit."""
    body: dict[str, Any] = {}
    for name, (to, convert, _) in properties.items():
        value = booking[name]
        if convert != "as_is":
            if FIELDS[name].kind not in WAYS[convert].kinds:
                raise ValueError(f"{convert} does not fit {name}")
            value = WAYS[convert].write(value)
        group, _, last = to.rpartition(".")
        place: Any = body.setdefault(group, {}) if group else body
        if not isinstance(place, dict):
            raise ValueError(f"{group} is written twice")
        if last in place:
            raise ValueError(f"{to} is written twice")
        place[last] = value
    return body


def put_at(path: str, value: Any) -> Any:
    """Wrap a value so that it is found at a dotted path."""
    for part in reversed(path.split(".")):
        value = {part: value}
    return value


def found_at(path: str, value: Any) -> Any:
    """Return what is at a dotted path, or None."""
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(part)
    return value


class Service:
    """A version of the booking service: its contract, and the bookings that it has accepted."""

    def __init__(self, wants: Specification, key: str) -> None:
        self.wants, self.key = wants, key
        self.bookings: list[tuple[str, dict[str, Any]]] = []

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        parts = request.path.strip("/").split("/")
        if request.method == "GET" and request.path == "/openapi.json":
            return Response.of(200, self._document())
        if request.method == "GET" and parts[0] == "schemas" and len(parts) == 2:
            properties = self._schema(parts[1])
            if properties:
                return Response.of(200, {"type": "object", "properties": properties})
        if request.method != "POST" or request.path != self.wants.path:
            return _refused(404, "There is nothing here. The contract is at GET /openapi.json.")
        if request.headers.get(self.wants.auth_header.lower()) != self.key:
            return _refused(401, "The key is missing or not where the contract wants it.")
        try:
            body = json.loads(request.body)
        except ValueError:
            return _refused(400, "The body is not JSON.")
        if wrong := self._wrong(body):
            return _refused(422, wrong)
        number = f"B{1000 + 7 * len(self.bookings)}"
        self.bookings.append((number, body))
        return Response.of(201, put_at(self.wants.id_at, number))

    def _document(self) -> dict[str, Any]:
        wants = self.wants
        return {
            "openapi": "3.1.0",
            "security": {"in": "header", "name": wants.auth_header},
            "path": {"POST": wants.path, "answer": f"201; the new booking's number is at "
                     f"{wants.id_at}"},
            "properties": self._schema(""),
            "note": "All properties are required; others are refused.",
        }  # fmt: skip

    def _schema(self, group: str) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, (to, convert, says) in self.wants.properties.items():
            its, _, last = to.rpartition(".")
            if its and not group:
                told[its] = {"$ref": f"/schemas/{its}"}
            elif its == group:
                told[last] = {"type": _type(name, convert), "description": says}
        return dict(sorted(told.items()))

    def _wrong(self, body: object) -> str:
        """Say what of a body breaks the contract, without telling what is missing."""
        groups = {to.rpartition(".")[0] for to, _, _ in self.wants.properties.values()}
        flat = _flat(body, groups)
        if flat is None:
            return "The body has to be an object."
        known = {to: _type(name, way) for name, (to, way, _) in self.wants.properties.items()}
        for to, value in flat.items():
            if to not in known:
                return f"{to} is not in the contract."
            if _json_type(value) != known[to]:
                return f"{to} has to be of the type that the contract says."
        return "" if flat.keys() == known.keys() else "A required property is missing."


def _type(name: str, convert: str) -> str:
    return AS_IS[FIELDS[name].kind][0] if convert == "as_is" else WAYS[convert].type


def _flat(body: object, groups: set[str]) -> dict[str, Any] | None:
    if not isinstance(body, dict):
        return None
    flat: dict[str, Any] = {}
    for name, value in cast("dict[str, Any]", body).items():
        if name in groups and isinstance(value, dict):
            inner = cast("dict[str, Any]", value)
            flat |= {f"{name}.{last}": item for last, item in inner.items()}
        else:
            flat[name] = value
    return flat


def _json_type(value: object) -> str:
    types = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
    return next((name for type_, name in types if isinstance(value, type_)), "array")


def _refused(status: int, words: str) -> Response:
    return Response.of(status, {"error": words})
