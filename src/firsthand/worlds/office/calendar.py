"""A week of meetings among people who never say what they dislike.

Each person refuses one weekday and one part of the day, and each kind of meeting needs a room of
its own: laws of the world, learned from what invitations met with. Whom training brings together
is not whom evaluation brings together, so that preferences have to be combined. At high levels the
only time that suits everybody is taken, and as few meetings as possible may be moved. Left out:
meetings of more than two people, and of different lengths.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, product

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.kit.pairs import pairs
from firsthand.task import Task

PEOPLE = ("Ada", "Bela", "Cleo", "Dara", "Edo", "Finn", "Gita", "Hugo", "Ines", "Juna")
KINDS = ("review", "interview", "workshop", "briefing", "planning", "rehearsal")
ROOMS = ("Aspen", "Beech", "Cypress", "Dogwood")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
PARTS = ("morning", "midday", "evening")
SLOTS = tuple(f"{day} {part}" for day, part in product(DAYS, PARTS))
WORDINGS = (
    "{a} and {b} want to meet this week: {kind}, {name}.",
    "{name}: {kind} of {a} with {b}, still without a time.",
    "Please find {a} and {b} a time for their {kind}, {name}.",
    "New, {name}: {kind}, {a} and {b}.",
)
SEND, BACK = "send", "back"


class Shape(msgspec.Struct, frozen=True):
    """How many meetings are new, how many of the old ones must make room, and how many are there
    besides.
    """

    new: int
    moves: int
    others: int


LEVELS = {
    1: Shape(1, 0, 2), 2: Shape(2, 0, 2), 3: Shape(2, 1, 2), 4: Shape(3, 1, 3), 5: Shape(3, 2, 2),
}  # fmt: skip


class Laws(msgspec.Struct, frozen=True):
    """What people refuse and what rooms are for."""

    days: dict[str, str]
    parts: dict[str, str]
    rooms: dict[str, str]

    accepted: dict[str, frozenset[str]]
    """Person to the times that follow from it."""

    def suits(self, people: Sequence[str], slot: str) -> bool:
        """Say whether nobody refuses the time."""
        return all(slot in self.accepted[who] for who in people)

    def times(self, people: Sequence[str]) -> list[str]:
        """The times that nobody refuses, in order."""
        good = frozenset[str].intersection(*(self.accepted[who] for who in people))
        return [slot for slot in SLOTS if slot in good]


class Meeting(msgspec.Struct, frozen=True):
    """A meeting of two people. `slot` and `room` are empty until it is placed."""

    kind: str
    people: tuple[str, str]
    slot: str = ""
    room: str = ""

    def __str__(self) -> str:
        return f"{self.kind}, {' and '.join(self.people)}"


class Problem(msgspec.Struct, frozen=True):
    """The week as it begins, and one way to end it with the fewest moves."""

    meetings: dict[str, Meeting]
    away: dict[str, tuple[str, ...]]
    """Times at which a person is out of the house."""
    plan: tuple[tuple[str, str], ...]
    """Meetings in the order in which they are placed, and their times."""


@cache
def laws_of(task: Task) -> Laws:
    """Draw the laws of a world."""
    rng = task.rng("world")
    days = {who: rng.choice(DAYS) for who in PEOPLE}
    parts = {who: rng.choice(PARTS) for who in PEOPLE}
    accepted = {
        who: frozenset(
            f"{day} {part}"
            for day, part in product(DAYS, PARTS)
            if day != days[who] and part != parts[who]
        )
        for who in PEOPLE
    }
    return Laws(days, parts, {kind: rng.choice(ROOMS) for kind in KINDS}, accepted)


class Calendar(Environment):
    """Find times and rooms for meetings of people who never say what they dislike."""

    name = "office/calendar"
    version = "1"
    turns = 48
    laws = True
    base_rate = 0.02
    statement = (
        "You keep the calendar of a small office. Find each new meeting a time and a room, then "
        "send the invitations, which ends the work. Nobody can be in two meetings at once, and a "
        "room holds one. Everybody refuses one weekday and one part of the day, always the same, "
        "and each kind of meeting needs a certain room; nobody tells you, but an invitation that "
        "does not suit is declined, and none may be. Meetings that stand already suit everybody: "
        "move as few of them as possible, none where none is needed. Each turn, answer with one "
        "of the choices and nothing else: the name of a meeting, then a time, then a room, or "
        "`send`."
    )

    def reset(self, task: Task) -> Observation:
        """Draw weeks until one needs as many moves as the level says."""
        rng = task.rng("instance")
        whole = msgspec.structs.replace(task, seed=0, level=1, split="train")
        self.house, known = laws_of(whole), pairs(task, PEOPLE, PEOPLE)
        self.shape = LEVELS[task.level]
        while True:
            self.problem = _problem(rng, self.house, self.shape, known)
            if task.owns(msgspec.json.encode(self.problem).decode()):
                break
        self.meetings = dict(self.problem.meetings)
        self.opened, self.slot, self.sent = "", "", False
        asked = [
            rng.choice(WORDINGS).format(name=name, kind=one.kind, a=one.people[0], b=one.people[1])
            for name, one in self.meetings.items()
            if not one.slot
        ]
        return Observation("\n".join([*asked, self._shown()]))

    def _shown(self) -> str:
        """Write the calendar and what is asked now."""
        placed = [
            f"{name}: {one}: {f'{one.slot}, {one.room}' if one.slot else 'no time yet'}"
            for name, one in self.meetings.items()
        ]
        away = [f"{who} is away: {', '.join(slots)}." for who, slots in self.problem.away.items()]
        needed = self.shape.moves
        moves = f"{needed or 'No'} standing meeting{'s' * (needed > 1)}"
        return "\n".join(
            [
                "The week:",
                *placed,
                *away,
                f"{moves} had to be moved at first, {len(self._moved())} moved so far.",
                self._asked(),
            ]
        )

    def _asked(self) -> str:
        if self.slot:
            question = f"Which room for {self.opened} on {self.slot}?"
        elif self.opened:
            question = f"When should {self.opened} be?"
        else:
            question = "Which meeting next?"
        return f"{question} Choices: {', '.join(self.choices())}."

    def choices(self) -> Sequence[str]:
        """The meetings, or the times at which both are free, or the rooms that are free then."""
        if self.finished:
            return [SEND]
        if not self.opened:
            return [*self.meetings, SEND]
        others = [one for name, one in self.meetings.items() if name != self.opened and one.slot]
        if self.slot:
            taken = {one.room for one in others if one.slot == self.slot}
            return [*(room for room in ROOMS if room not in taken), BACK]
        people = self.meetings[self.opened].people
        return [*(slot for slot in SLOTS if _free(self.problem, others, people, slot)), BACK]

    def act(self, action: Action) -> Observation:
        """Take one choice."""
        if self.finished:
            return Observation("The invitations are out.", done=True)
        text = action.text.strip()
        if text not in self.choices():
            return Observation(f"{text[:40]!r} cannot be chosen now. {self._asked()}")
        if text == SEND:
            if waiting := [name for name, one in self.meetings.items() if not one.slot]:
                return Observation(
                    f"Nothing was sent: {', '.join(waiting)} has no time yet. {self._asked()}"
                )
            self.sent = True
            self.finish()
            return Observation("The invitations are out.", done=True)
        if text == BACK:
            self.opened, self.slot = "", ""
        elif self.slot:
            self._place(text)
            return Observation(self._shown())
        elif self.opened:
            self.slot = text
        else:
            self.opened = text
        return Observation(self._asked())

    def _place(self, room: str) -> None:
        meeting = self.meetings[self.opened]
        self.meetings[self.opened] = msgspec.structs.replace(meeting, slot=self.slot, room=room)
        self.opened, self.slot = "", ""

    def form_error(self, text: str) -> str | None:
        """Say what can be chosen."""
        return None if text.strip() in self.choices() else f"Choices: {', '.join(self.choices())}."

    def _moved(self) -> list[str]:
        """Standing meetings that are no longer where they stood."""
        given = self.problem.meetings
        return [
            name for name, one in self.meetings.items() if given[name].slot and one != given[name]
        ]

    def score(self) -> Score:
        """Pay when the invitations are out and nobody declines."""
        placed = self.meetings.values()
        return Score(
            sent=self.sent,
            all_placed=all(one.slot for one in placed),
            times_suit=all(one.slot and self.house.suits(one.people, one.slot) for one in placed),
            rooms_fit=all(one.room == self.house.rooms[one.kind] for one in placed),
            fewest_moves=len(self._moved()) <= self.shape.moves,
        )

    def aftermath(self) -> str:
        """Tell the answers to the invitations, and what the people and kinds concerned need."""
        told = ["All accept." if self.score().value else "The plan failed."]
        if len(self._moved()) > self.shape.moves:
            told.append(f"{len(self._moved())} standing meetings were moved.")
        for who in self._people():
            declined = [
                name
                for name, one in self.meetings.items()
                if self.sent and who in one.people and not self.house.suits((who,), one.slot)
            ]
            answer = f" and declines {', '.join(declined)}" if declined else ""
            told.append(
                f"{who} refuses {self.house.days[who]} and every {self.house.parts[who]}{answer}."
            )
        told += [f"The room for {kind} is {self.house.rooms[kind]}." for kind in self._kinds()]
        return "\n".join(told)

    def _people(self) -> list[str]:
        """Those whose preferences the work depends on."""
        names = [name for name, _ in self.problem.plan]
        return sorted({who for name in names for who in self.meetings[name].people})

    def _kinds(self) -> list[str]:
        return sorted({self.meetings[name].kind for name, _ in self.problem.plan})

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell what each person refuses and which room each kind of meeting needs."""
        house = laws_of(msgspec.structs.replace(task, seed=0, level=1, split="train"))
        return [
            *(
                (
                    f"{who} is in a meeting",
                    f"not on {house.days[who]}, not in the {house.parts[who]}",
                )
                for who in PEOPLE
            ),
            *(
                (f"the meeting is of the kind {kind}", f"the room is {house.rooms[kind]}")
                for kind in KINDS
            ),
        ]

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """What the people concerned refuse, and the rooms of the kinds concerned."""
        used: dict[str, tuple[str, int]] = {}
        for who in self._people():
            used[f"day of {who}"] = (self.house.days[who], len(DAYS))
            used[f"part of {who}"] = (self.house.parts[who], len(PARTS))
        for kind in self._kinds():
            used[f"room of {kind}"] = (self.house.rooms[kind], len(ROOMS))
        return used

    def expert(self) -> Iterator[Action]:
        """Carry out the plan that was found when the week was drawn."""
        if self.opened:
            yield Action(BACK)
        for name, slot in self.problem.plan:
            room = self.house.rooms[self.problem.meetings[name].kind]
            yield from (Action(name), Action(slot), Action(room))
        yield Action(SEND)

    def picture(self) -> str:
        """Draw the week as a table."""
        held = {
            slot: "+".join(name for name, one in self.meetings.items() if one.slot == slot)
            for slot in SLOTS
        }
        rows = [[part, *(held[f"{day} {part}"] or "." for day in DAYS)] for part in PARTS]
        return "\n".join(
            "".join(f"{cell:<9}" for cell in row).rstrip() for row in (["", *DAYS], *rows)
        )


def _free(problem: Problem, others: Sequence[Meeting], people: tuple[str, str], slot: str) -> bool:
    """Say whether both are in the house and in no other meeting then."""
    if any(slot in problem.away.get(who, ()) for who in people):
        return False
    return not any(one.slot == slot and set(one.people) & set(people) for one in others)


def _problem(
    rng: random.Random, house: Laws, shape: Shape, known: Sequence[tuple[str, str]]
) -> Problem:
    """Draw a week that can be solved with exactly the moves of its level."""
    while True:
        draft = _meetings(rng, house, shape, known)
        if draft is None:
            continue
        meetings, wanted = draft
        away = _away(rng, house, meetings, wanted)
        names = rng.sample(sorted(meetings), len(meetings))
        titles = {name: f"M{place}" for place, name in enumerate(names, 1)}
        order = sorted(
            wanted, key=lambda name: not meetings[name].slot
        )  # those that move come first
        plan = tuple((titles[name], wanted[name]) for name in order)
        problem = Problem({titles[name]: meetings[name] for name in names}, away, plan)
        fewer = any(
            _solvable(house, problem, moved)
            for count in range(shape.moves)
            for moved in combinations(_standing(problem), count)
        )
        if not fewer and _legal(house, problem):
            return problem


def _standing(problem: Problem) -> list[str]:
    return [name for name, one in problem.meetings.items() if one.slot]


def _meetings(
    rng: random.Random, house: Laws, shape: Shape, known: Sequence[tuple[str, str]]
) -> tuple[dict[str, Meeting], dict[str, str]] | None:
    """Draw the meetings. The first new ones are wanted where a standing one of their people is.

    Returns None where the draw leads nowhere.
    """
    drawn = rng.choices(known, k=shape.new + shape.others)
    meetings: dict[str, Meeting] = {}
    wanted: dict[str, str] = {}
    for place in range(shape.new):
        name, people = f"new {place}", drawn[place]
        kind = rng.choice(KINDS)
        meetings[name] = Meeting(kind, people)
        wanted[name] = slot = rng.choice(house.times(people))
        if place < shape.moves:
            rivals = [pair for pair in known if pair != people and set(pair) & set(people)]
            rivals = [pair for pair in rivals if house.suits(pair, slot)]
            if not rivals:
                return None
            rival = rng.choice(rivals)
            meetings[f"old {place}"] = _stands(rng, house, rival, slot)
            refuge = [one for one in house.times(rival) if one != slot]
            wanted[f"old {place}"] = rng.choice(refuge)
    for place in range(shape.others):
        pair = drawn[shape.new + place]
        slot = rng.choice(house.times(pair))
        meetings[f"other {place}"] = _stands(rng, house, pair, slot)
    before = [(one, one.slot) for one in meetings.values() if one.slot]
    after = [(one, wanted.get(name, one.slot)) for name, one in meetings.items()]
    return None if _clash(house, before) or _clash(house, after) else (meetings, wanted)


def _clash(house: Laws, held: Sequence[tuple[Meeting, str]]) -> bool:
    """Say whether two meetings need the same person or room at the same time."""
    claims = [(need, slot) for one, slot in held for need in (*one.people, house.rooms[one.kind])]
    return len(set(claims)) < len(claims)


def _stands(rng: random.Random, house: Laws, pair: tuple[str, str], slot: str) -> Meeting:
    kind = rng.choice(KINDS)
    return Meeting(kind, pair, slot, house.rooms[kind])


def _away(
    rng: random.Random, house: Laws, meetings: Mapping[str, Meeting], wanted: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Draw when people are out: of the times that suit a new meeting, mostly one is left.

    Nobody is out at a time that is wanted: for a new meeting, or for an old one that makes room.
    """
    out: dict[str, set[str]] = {}
    busy = {(who, one.slot) for one in meetings.values() for who in one.people}
    busy |= {(who, slot) for name, slot in wanted.items() for who in meetings[name].people}
    for name, slot in wanted.items():
        people = meetings[name].people
        if meetings[name].slot:
            continue
        rival = f"old {name.split()[1]}" in meetings
        for other in SLOTS:
            likely = (1.0 if rival else 0.8) if house.suits(people, other) else 0.35
            free = [who for who in people if (who, other) not in busy]
            if other != slot and free and rng.random() < likely:
                out.setdefault(rng.choice(free), set()).add(other)
    return {who: tuple(slot for slot in SLOTS if slot in out[who]) for who in sorted(out)}


def _solvable(house: Laws, problem: Problem, moved: Sequence[str]) -> bool:
    """Search times for the new meetings and for those that are moved; the others stand."""
    waiting = [*moved, *(name for name, one in problem.meetings.items() if not one.slot)]
    taken: set[tuple[str, str]] = set()
    for name, one in problem.meetings.items():
        if name not in waiting:
            taken |= {(who, one.slot) for who in (*one.people, one.room)}

    def place(rest: Sequence[str]) -> bool:
        if not rest:
            return True
        one = problem.meetings[rest[0]]
        needs = (*one.people, house.rooms[one.kind])
        for slot in SLOTS:
            claims = {(who, slot) for who in needs}
            away = any(slot in problem.away.get(who, ()) for who in one.people)
            if away or slot == one.slot or claims & taken or not house.suits(one.people, slot):
                continue
            taken.update(claims)
            found = place(rest[1:])
            taken.difference_update(claims)
            if found:
                return True
        return False

    return place(waiting)


def _legal(house: Laws, problem: Problem) -> bool:
    """Say whether each step of the plan can be chosen when its turn comes."""
    held = {name: (one, one.slot) for name, one in problem.meetings.items() if one.slot}
    for name, slot in problem.plan:
        held[name] = (problem.meetings[name], slot)
        if _clash(house, list(held.values())):
            return False
    return True
