"""A client whose mapping no longer fits the contract of the service that it talks to.

The service has a new version; its OpenAPI document says what it wants now. What is judged is the
released mapping, by bookings that nobody has seen: each must reach the service as the contract
says. A trial of one booking shows what is sent and answered, and proves little, as in practice: the
service cannot tell euros from cents. Left out: answers that have to be mapped back, except the
number of a booking.
"""

import random
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.errors import ToolError
from firsthand.sandbox.http import Http, Request, Response
from firsthand.task import Task
from firsthand.worlds.web import bookings
from firsthand.worlds.web.bookings import FIELDS, Property, Service, Specification

Convert = Literal[
    "as_is", "cents", "two_decimals", "digits", "seconds", "iso_duration", "day_month_year",
    "compact_date", "upper_case", "y_or_n", "negated", "joined",
]  # fmt: skip
Setting = Literal["path", "auth_header", "id_at"]
SETTINGS: tuple[Setting, ...] = ("path", "auth_header", "id_at")
SUITE = 24
"""Bookings that the released mapping is judged by: a flag is the same in all with odds 2^-23."""
OPENINGS = (
    "Bookings have failed since the service moved to a new version.",
    "The booking service has a new contract; our client was written for the old one.",
    "Since last night the booking service refuses what our client sends.",
)


class Shape(msgspec.Struct, frozen=True):
    """How many fields a level has, how many of them drifted, and what else did."""

    fields: int
    drifted: int
    settings: int
    groups: int
    """How many groups of properties moved into schemas of their own."""


LEVELS = {
    1: Shape(4, 2, 0, 0),
    2: Shape(5, 3, 1, 0),
    3: Shape(7, 5, 2, 1),
    4: Shape(9, 7, 3, 2),
    5: Shape(12, 11, 3, 4),
}


class Mapping(msgspec.Struct, frozen=True):
    """The configuration of the client."""

    path: str
    auth_header: str
    id_at: str
    fields: dict[str, tuple[str, str]]
    """Field of ours to the property and the conversion."""


class Contract(Environment):
    """Repair the mapping of an API client after the service's OpenAPI contract has drifted."""

    name = "web/contract"
    version = "1"
    turns = 64
    statement = (
        "A client sends our bookings to a service over HTTP. Its mapping says for each field of "
        "ours to which property it goes (`group.name` for a property inside an object) and how "
        "its value is converted, and three settings: the path that bookings are posted to, the "
        "header that carries the key, and where in the answer the number of the booking is "
        "(`id_at`, with dots). The service has a new contract, told by GET /openapi.json and the "
        "schemas that it refers to. Change the mapping until every booking is sent as the "
        "contract says, and release it. It is then judged by bookings that you have not seen, and "
        "cannot be changed any more. All properties are required.\n"
        "Conversions: as_is; cents (12.5 to 1250), two_decimals (12.5 to '12.50'), digits (7 to "
        "'7'), seconds (2 minutes to 120), iso_duration (2 minutes to 'PT2M'), day_month_year "
        "('2031-05-09' to '09.05.2031'), compact_date ('20310509'), upper_case, y_or_n (true to "
        "'Y'), negated (true to false), joined (a list to one text)."
    )

    def reset(self, task: Task) -> Observation:
        """Draw an old contract and a new one."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            old, new = _contracts(rng, shape)
            if task.owns(_json((old, new))):
                break
        self.key = f"key-{rng.randrange(16**6):06x}"
        self.wants, self.http = new, Http(Service(new, self.key))
        self.mapping = _fitting(old)
        self.trial = bookings.record(rng, new.properties)
        self.suite = [bookings.record(rng, new.properties) for _ in range(SUITE)]
        self.failed = ["nothing was released"]
        fields = "\n".join(
            f"- {name} ({FIELDS[name].kind}): {FIELDS[name].means}" for name in new.properties
        )
        return Observation(
            f"{rng.choice(OPENINGS)} Our bookings have the fields\n{fields}\n\n"
            f"The mapping is\n{self.picture()}"
        )

    @tool
    def get(self, path: Annotated[str, msgspec.Meta(description="Such as /openapi.json.")]) -> str:
        """Get a document of the service over HTTP."""
        return _shown(self._asked("GET", path))

    @tool
    def map_field(self, field: str, to: str, convert: Convert) -> str:
        """Send a field of ours to a property, converted."""
        if field not in self.mapping.fields:
            raise ToolError(f"Our bookings have no field {field!r}: {', '.join(self.suite[0])}.")
        if not to or len(to) > 80 or to.count(".") > 1 or not to.replace(".", "a").isidentifier():
            raise ToolError("A property reads `name` or `group.name`, in letters and _.")
        kind = FIELDS[field].kind
        if convert != "as_is" and kind not in bookings.WAYS[convert].kinds:
            raise ToolError(f"{convert} cannot convert {field}, which is of the kind {kind}.")
        fields = {**self.mapping.fields, field: (to, str(convert))}
        self.mapping = msgspec.structs.replace(self.mapping, fields=fields)
        return f"{field} goes to {to}, {convert}."

    @tool
    def configure(self, setting: Setting, value: str) -> str:
        """Change a setting of the client."""
        if not value or len(value) > 80 or not value.isascii() or not value.isprintable():
            raise ToolError("A setting is a short printable text.")
        self.mapping = msgspec.structs.replace(self.mapping, **{str(setting): value})
        return f"{setting} is {value}."

    @tool
    def send_one(self) -> str:
        """Send a booking to the service with the present mapping; show the exchange."""
        try:
            body = self._body(self.trial)
        except ValueError as error:
            raise ToolError(f"The mapping is no good: {error}.") from None
        header, path = self.mapping.auth_header, self.mapping.path
        answer = self._asked("POST", path, {header: self.key}, msgspec.json.encode(body))
        number = bookings.found_at(self.mapping.id_at, msgspec.json.decode(answer.body))
        return (
            f"Our booking: {_json(self.trial)}\n\n"
            f"POST {path}\n{header}: {self.key}\n\n{_json(body)}\n\n"
            f"{_shown(answer)}\n\nNumber that the client read: {number}"
        )

    def _asked(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Response:
        try:
            return self.http.request(method, path, headers=headers, body=body)
        except ValueError as error:
            raise ToolError(str(error)) from None

    @tool
    def show(self) -> str:
        """Show the present mapping."""
        return self.picture()

    @tool
    def release(self) -> str:
        """Release the mapping. It cannot be changed afterwards."""
        self.failed = [wrong for booking in self.suite if (wrong := self._fault(booking))]
        self.finish()
        return "The mapping was released."

    def _body(self, booking: bookings.Record) -> dict[str, Any]:
        properties = {
            name: Property(to, convert, "") for name, (to, convert) in self.mapping.fields.items()
        }
        return bookings.written(properties, booking)

    def _fault(self, booking: bookings.Record) -> str:
        """Send a booking to a service of its own; say how it arrives, empty where it is right."""
        service, right = Service(self.wants, self.key), self.wants.properties
        try:
            body = self._body(booking)
        except ValueError as error:
            return str(error)
        headers = {self.mapping.auth_header.lower(): self.key}
        sent = Request("POST", self.mapping.path, {}, headers, msgspec.json.encode(body))
        answer = service.respond(sent)
        told = msgspec.json.decode(answer.body)
        if answer.status != 201:
            return str(told["error"])
        for name, (to, _, _) in right.items():
            one = bookings.written({name: right[name]}, booking)
            if bookings.found_at(to, body) != bookings.found_at(to, one):
                return f"{name} did not arrive as the contract says"
        if bookings.found_at(self.mapping.id_at, told) != service.bookings[0][0]:
            return "the client did not find the number of the booking"
        return ""

    def score(self) -> Score:
        """Pay when a mapping was released with which every unseen booking arrives right."""
        return Score(released=self.finished, conformant=not self.failed)

    def aftermath(self) -> str:
        """Tell what the contract asked for, and the first thing that went wrong."""
        wants = self.wants
        right = "; ".join(
            f"{name} to {to}, {convert} (“{says}”)"
            for name, (to, convert, says) in wants.properties.items()
        )
        settings = f"path {wants.path}, auth_header {wants.auth_header}, id_at {wants.id_at}"
        told = f"The contract asked for {right}; {settings}."
        return (
            f"{told} {f'It failed: {self.failed[0]}.' if self.failed else 'All bookings passed.'}"
        )

    def picture(self) -> str:
        """Show the mapping as a table."""
        lines = [f"{setting}: {getattr(self.mapping, setting)}" for setting in SETTINGS]
        lines += [
            f"{name} -> {to}, {convert}" for name, (to, convert) in self.mapping.fields.items()
        ]
        return "\n".join(lines)

    def expert(self) -> Iterator[Action]:
        """Read the contract, change what drifted, try it, and release it."""
        yield _call("get", path="/openapi.json")
        groups = {to.rpartition(".")[0] for to, _, _ in self.wants.properties.values()} - {""}
        for group in sorted(groups):
            yield _call("get", path=f"/schemas/{group}")
        fits = _fitting(self.wants)
        for setting in SETTINGS:
            if (value := getattr(fits, setting)) != getattr(self.mapping, setting):
                yield _call("configure", setting=setting, value=value)
        for name, (to, convert) in fits.fields.items():
            if self.mapping.fields[name] != (to, convert):
                yield _call("map_field", field=name, to=to, convert=convert)
        yield _call("send_one")
        yield _call("release")


def _shown(answer: Response) -> str:
    body = msgspec.json.format(answer.body, indent=1).decode()
    return f"{answer.status} {HTTPStatus(answer.status).phrase}\n\n{body}"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _call(name: str, **arguments: object) -> Action:
    return Action(calls=(ToolCall(name, arguments, name),))


def _fitting(wants: Specification) -> Mapping:
    """Return the mapping that a contract asks for."""
    fields = {name: (to, convert) for name, (to, convert, _) in wants.properties.items()}
    return Mapping(wants.path, wants.auth_header, wants.id_at, fields)


def _contracts(rng: random.Random, shape: Shape) -> tuple[Specification, Specification]:
    """Draw the old contract, and the new one: some of its fields and settings are others."""
    names = rng.sample(list(FIELDS), shape.fields)
    grouped = rng.sample(list(bookings.GROUPS), shape.groups)
    groups = {group: rng.choice(bookings.GROUPS[group]) for group in grouped}
    drifted, moved = rng.sample(names, shape.drifted), rng.sample(SETTINGS, shape.settings)
    pools: dict[Setting, tuple[str, ...]] = {
        "path": bookings.PATHS,
        "auth_header": bookings.HEADERS,
        "id_at": bookings.IDS,
    }
    old_settings: dict[Setting, str] = {setting: rng.choice(pools[setting]) for setting in SETTINGS}
    new_settings = dict(old_settings)
    for setting in moved:
        others = [value for value in pools[setting] if value != old_settings[setting]]
        new_settings[setting] = rng.choice(others)
    old, new = dict[str, Property](), dict[str, Property]()
    for name in names:
        old[name] = new[name] = bookings.drawn_property(rng, name, "", plain=name in drifted)
        while name in drifted and new[name][:2] == old[name][:2]:
            group = groups.get(FIELDS[name].group, "")
            new[name] = bookings.drawn_property(rng, name, group, plain=False)
    return _specified(old_settings, old), _specified(new_settings, new)


def _specified(settings: dict[Setting, str], properties: dict[str, Property]) -> Specification:
    return Specification(settings["path"], settings["auth_header"], settings["id_at"], properties)
