"""Errands in a house whose customs nobody explains: where things are kept, how they are cleaned.

Three kinds of custom hold all over a world: each kind of thing has its container, each material the
one device that cleans it, each guest a room. Houses differ in where containers and devices stand.
Which material a kind is asked for in decides the split. The evening is too short to search, and a
wrong device ruins a thing. Left out: hands for two things, and guests who change their minds.
"""

import random
from collections.abc import Iterator, Sequence

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.kit.pairs import pairs
from firsthand.task import Task

KINDS = "bowl box bust cup fan flute frame jug mask tray".split()
MATERIALS = "copper glass horn ivory jade pewter silver walnut".split()
GUESTS = "Adler Blume Conti Duarte Ekberg Fiala Gruber Hollis".split()
ROOMS = "attic cellar hall kitchen library parlour study workshop".split()
CONTAINERS = "basket cabinet chest crate cupboard drawer dresser hamper locker trunk".split()
DEVICES = ("brush wheel", "sand tray", "smoke box", "steamer", "washtub", "wax bath")
_SHAPE = {1: (1, 1), 2: (1, 0), 3: (2, 1), 4: (2, 0), 5: (3, 0)}
"""Level to the number of errands, and to the steps that may be wasted."""
_WISHES = (
    "{guest} would like a clean {thing}",
    "bring {guest} a clean {thing}",
    "{guest} has asked for a clean {thing}",
    "a clean {thing} for {guest}",
)


class Customs(msgspec.Struct, frozen=True):
    """The laws of a world: kind to container, material to device, guest to room."""

    kept: dict[str, str]
    cleaned: dict[str, str]
    staying: dict[str, str]


def customs(rng: random.Random) -> Customs:
    """Draw the laws of a world. Every device cleans something."""
    devices = [*DEVICES, *rng.sample(DEVICES, len(MATERIALS) - len(DEVICES))]
    rng.shuffle(devices)
    return Customs(
        dict(zip(KINDS, rng.sample(CONTAINERS, len(KINDS)), strict=True)),
        dict(zip(MATERIALS, devices, strict=True)),
        dict(zip(GUESTS, rng.sample(ROOMS, len(GUESTS)), strict=True)),
    )


class Errand(msgspec.Struct, frozen=True):
    """Who wants what."""

    guest: str
    kind: str
    material: str

    @property
    def thing(self) -> str:
        """The thing in two words."""
        return f"{self.material} {self.kind}"


class Household(Environment):
    """Bring guests clean things, in a house whose customs are hidden laws."""

    name = "embodied/household"
    version = "1"
    turns = 64
    laws = True
    base_rate = 0.0
    statement = (
        "You help in a house. Find what the guests ask for, clean it and deliver it to them, each "
        "in the room where they stay. Every kind of thing is kept in one container of its own. "
        "Everything is stained; each material comes clean in one of the devices, and any other "
        "device ruins it, and then the evening is over. You can carry one thing. Each turn, "
        "answer with one move, such as `go kitchen`, `open chest`, `take jade cup`, `use "
        "washtub`, `put down` or, in the guest's room, `deliver`. Every move takes a step, and "
        "there are hardly more steps than are needed."
    )

    def reset(self, task: Task) -> Observation:
        """Furnish a house and draw errands of which kind and material meet in this split."""
        rng, self.customs = task.rng("instance"), customs(task.rng("world"))
        errands, self.spare = _SHAPE[task.level]
        pool = pairs(task, KINDS, MATERIALS)
        while True:
            drawn = rng.sample(pool, errands)
            guests = rng.sample(GUESTS, errands)
            if len({kind for kind, _ in drawn}) < errands:
                continue
            if len({material for _, material in drawn}) < errands:
                continue
            self.errands = [Errand(guest, *pair) for guest, pair in zip(guests, drawn, strict=True)]
            self.stands = {thing: rng.choice(ROOMS) for thing in (*CONTAINERS, *DEVICES)}
            self.room = rng.choice(ROOMS)
            if task.owns(f"{self.room} {self.stands} {[(e.guest, e.thing) for e in self.errands]}"):
                break
        self.inside = {container: self._stock(rng, container) for container in CONTAINERS}
        self.floor: dict[str, list[str]] = {room: [] for room in ROOMS}
        self.opened: list[str] = []
        self.held, self.clean, self.ruined = "", list[str](), ""
        self.delivered: list[str] = []
        self.left = self._needed() + self.spare
        wishes = "; ".join(
            rng.choice(_WISHES).format(guest=errand.guest, thing=errand.thing)
            for errand in self.errands
        )
        return Observation(f"Tonight: {wishes}. {self._furniture()} {self._here()}")

    def _stock(self, rng: random.Random, container: str) -> list[str]:
        """Fill a container with things of its kind, those that are wanted among them."""
        kind = next(kind for kind, kept in self.customs.kept.items() if kept == container)
        wanted = [errand.material for errand in self.errands if errand.kind == kind]
        others = [material for material in MATERIALS if material not in wanted]
        return [f"{m} {kind}" for m in sorted([*wanted, *rng.sample(others, 2)])]

    def _furniture(self) -> str:
        told: list[str] = []
        for room in ROOMS:
            things = [thing for thing, place in self.stands.items() if place == room]
            told.append(f"{room}: {', '.join(things) or 'nothing'}")
        return f"The rooms and what stands there: {'; '.join(told)}."

    def _here(self) -> str:
        """Tell where the agent is, what it carries and how many steps are left."""
        held = f"the {self._state(self.held)} {self.held}" if self.held else "nothing"
        lying = self.floor[self.room]
        floor = f" On the floor: {', '.join(lying)}." if lying else ""
        steps = f"{self.left} step{'' if self.left == 1 else 's'}"
        return f"You are in the {self.room} and carry {held}.{floor} {steps} left."

    def _state(self, thing: str) -> str:
        return "clean" if thing in self.clean else "stained"

    def _needed(self) -> int:
        """Count the steps that the errands take, one after the other."""
        count, room = 0, self.room
        for errand in self.errands:
            for place in self._stations(errand):
                count, room = count + (place != room), place
            count += 4
        return count

    def _stations(self, errand: Errand) -> tuple[str, str, str]:
        """The rooms of the container, the device and the guest."""
        laws = self.customs
        return (
            self.stands[laws.kept[errand.kind]],
            self.stands[laws.cleaned[errand.material]],
            laws.staying[errand.guest],
        )

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell all customs."""
        laws = customs(task.rng("world"))
        return [
            *(
                (f"you look for a {kind}", f"it is in the {place}")
                for kind, place in laws.kept.items()
            ),
            *(
                (f"a thing is of {material}", f"the {device} cleans it")
                for material, device in laws.cleaned.items()
            ),
            *(
                (f"{guest} wants something", f"deliver it in the {room}")
                for guest, room in laws.staying.items()
            ),
        ]

    def laws_used(self) -> dict[str, tuple[str, int]]:
        """Where the things are kept, what cleans them, and where the guests stay."""
        laws, found = self.customs, dict[str, tuple[str, int]]()
        for errand in self.errands:
            found[f"container of {errand.kind}"] = (laws.kept[errand.kind], len(CONTAINERS))
            found[f"device for {errand.material}"] = (laws.cleaned[errand.material], len(DEVICES))
            found[f"room of {errand.guest}"] = (laws.staying[errand.guest], len(ROOMS))
        return found

    def choices(self) -> Sequence[str]:
        """The moves that are possible here."""
        moves = [f"go {room}" for room in ROOMS if room != self.room]
        for container in CONTAINERS:
            if self.stands[container] == self.room:
                if container not in self.opened:
                    moves.append(f"open {container}")
                elif not self.held:
                    moves += [f"take {thing}" for thing in self.inside[container]]
        if not self.held:
            return [*moves, *(f"take {thing}" for thing in self.floor[self.room])]
        devices = [f"use {device}" for device in DEVICES if self.stands[device] == self.room]
        return [*moves, *devices, "put down", "deliver"]

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of a move."""
        if text.strip().lower() in self.choices():
            return None
        return f"Not possible. In the {self.room} you can: {', '.join(self.choices())}."

    def act(self, action: Action) -> Observation:
        """Make one move. One that is not possible says what is."""
        if self.finished:
            return Observation("The evening is over.", done=True)
        if wrong := self.form_error(action.text):
            return Observation(wrong)
        verb, _, what = action.text.strip().lower().partition(" ")
        self.left -= 1
        told = {
            "go": self._go,
            "open": self._open,
            "take": self._take,
            "use": self._use,
            "put": self._put_down,
            "deliver": self._deliver,
        }[verb](what)
        if self.ruined or self.all_delivered or not self.left:
            self.finish()
            return Observation(f"{told} The evening is over.", done=True)
        return Observation(f"{told} {self._here()}")

    def _go(self, room: str) -> str:
        self.room = room
        return f"You go to the {room}."

    def _open(self, container: str) -> str:
        self.opened.append(container)
        return f"The {container} holds: {', '.join(self.inside[container]) or 'nothing'}."

    def _take(self, thing: str) -> str:
        places = [self.floor[self.room]] + [
            self.inside[container]
            for container in self.opened
            if self.stands[container] == self.room
        ]
        next(place for place in places if thing in place).remove(thing)
        self.held = thing
        return f"You take the {thing}."

    def _use(self, device: str) -> str:
        if self.customs.cleaned[self.held.split()[0]] != device:
            self.ruined = self.held
            return f"The {device} ruins the {self.held}."
        if self.held not in self.clean:
            self.clean.append(self.held)
        return f"The {self.held} comes out of the {device} clean."

    def _put_down(self, _: str) -> str:
        self.floor[self.room].append(self.held)
        told, self.held = f"You put down the {self.held}.", ""
        return told

    def _deliver(self, _: str) -> str:
        """Hand over what is carried to the guest who stays here."""
        guest = next(name for name, room in self.customs.staying.items() if room == self.room)
        wanted = [errand.thing for errand in self.errands if errand.guest == guest]
        if not wanted:
            return "Nobody who stays here has asked for anything."
        if self.held not in wanted or self.held not in self.clean:
            return f"{guest} does not want the {self._state(self.held)} {self.held}."
        self.delivered.append(guest)
        told, self.held = f"{guest} thanks you for the {self.held}.", ""
        return told

    @property
    def all_delivered(self) -> bool:
        """Whether every guest has what was asked for."""
        return len(self.delivered) == len(self.errands)

    def score(self) -> Score:
        """Pay when every guest has the right thing, clean."""
        return Score(all_delivered=self.all_delivered, nothing_ruined=not self.ruined)

    def aftermath(self) -> str:
        """Tell the customs that tonight's errands depended on."""
        laws = self.customs
        told = [
            f"a {errand.kind} is kept in the {laws.kept[errand.kind]}, the "
            f"{laws.cleaned[errand.material]} cleans {errand.material}, and {errand.guest} stays "
            f"in the {laws.staying[errand.guest]}"
            for errand in self.errands
        ]
        return f"In this house {'; '.join(told)}."

    def picture(self) -> str:
        """Draw the house: a line for each room, with who stays there and what stands there."""
        staying = {room: guest for guest, room in self.customs.staying.items()}
        lines: list[str] = []
        for room in ROOMS:
            things = [
                f"{thing} ({', '.join(self.inside[thing])})" if thing in self.opened else thing
                for thing, place in self.stands.items()
                if place == room
            ]
            mark = "@" if room == self.room else " "
            inside = ", ".join([*things, *self.floor[room]])
            lines.append(f"{mark} {room:<9}[{staying[room]:<6}] {inside}")
        return "\n".join(lines)

    def expert(self) -> Iterator[Action]:
        """Do the errands one after the other, by the customs."""
        while not self.all_delivered:
            yield Action(self._next())

    def _next(self) -> str:
        """Say what brings the first errand that is left forward from here."""
        errand = next(e for e in self.errands if e.guest not in self.delivered)
        source, device, target = self._stations(errand)
        if not self.held:
            for room, lying in self.floor.items():
                if errand.thing in lying:
                    return f"take {errand.thing}" if room == self.room else f"go {room}"
            container = self.customs.kept[errand.kind]
            step = f"take {errand.thing}" if container in self.opened else f"open {container}"
            return step if self.room == source else f"go {source}"
        if self.held != errand.thing:
            return "put down"
        if self.held in self.clean:
            return "deliver" if self.room == target else f"go {target}"
        tool = self.customs.cleaned[errand.material]
        return f"use {tool}" if self.room == device else f"go {device}"
