"""Fill in a form of several pages in a real browser, from a letter.

The letter tells everything, in other units and formats than the form wants, and at high levels it
takes something back. What counts is the record on the server; the page is only how to get there.
Left out: uploads, and pages that change by themselves.
"""

import random
from collections.abc import Iterator

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.sandbox.browser import Kind, Tab
from firsthand.task import Task
from firsthand.worlds.web.harbour import (
    FUELS,
    HULLS,
    KINDS,
    MONTHS,
    PAYMENTS,
    Field,
    Harbour,
)

FIRST = ("Ada", "Bela", "Cleo", "Dora", "Emil", "Finn", "Gus", "Hanna", "Ivo", "Juno", "Kaja")
LAST = ("Adler", "Brandt", "Corbin", "Dahl", "Eklund", "Frost", "Grieg", "Holm", "Iversen")
TOWNS = ("Aarhus", "Bergen", "Cork", "Delft", "Espoo", "Fulda", "Ghent", "Hull", "Imst")
BOATS = ("Tern", "Plover", "Avocet", "Curlew", "Dunlin", "Eider", "Fulmar", "Gannet", "Heron")
CALENDAR = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


class Forms(Environment):
    """Register a boat on a harbour's web site, in a real browser, from a letter."""

    name = "web/forms"
    turns = 50
    needs = frozenset({"browser"})
    statement = (
        "You enter letters into the web site of a harbour office, in a browser. Fields, choices "
        "and buttons are named by their labels, as the page shows them. Enter exactly what the "
        "letter says, in the form that the page wants, and send the application: once it is sent "
        "it cannot be changed. A box is chosen with yes or no."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a boat and its owner, and write the letter."""
        rng, self.level = task.rng("instance"), task.level
        while True:
            self.right = _record(rng, task.level)
            letter = _letter(rng, task.level, self.right)
            if task.owns(letter):
                break
        self.tab = Tab(Harbour(berths=task.level >= 3))
        return Observation(f"{letter}\n\nThe browser shows the harbour's site; `look` reads it.")

    @property
    def harbour(self) -> Harbour:
        """The state of the server."""
        assert isinstance(self.tab.application, Harbour)
        return self.tab.application

    @tool
    def look(self) -> str:
        """Read the page that the browser shows."""
        return self.tab.read()

    @tool
    def fill(self, label: str, value: str) -> str:
        """Write a value into the field with this label."""
        return self._step("fill", label, value)

    @tool
    def choose(self, label: str, option: str) -> str:
        """Choose an option of the list, or yes or no for the box, with this label."""
        return self._step("choose", label, option)

    @tool
    def press(self, label: str) -> str:
        """Press the button or link with this label."""
        return self._step("press", label, "")

    def _step(self, kind: Kind, label: str, value: str) -> str:
        shown = self.tab.step(kind, label, value)
        if self.harbour.sent is not None:
            self.finish()
        return shown

    def score(self) -> Score:
        """Compare the record on the server with what the letter says."""
        sent = self.harbour.sent
        return Score(sent=sent is not None, record_right=sent == self.right)

    def aftermath(self) -> str:
        """Tell which fields of the record are wrong."""
        sent = self.harbour.sent
        if sent is None:
            return "No application was sent: the last page has the button for it."
        wrong = [
            f"{field.label} had to be {self.right[field.name] or 'no'}"
            for page in Harbour(berths=True, entered=self.right).pages().values()
            for field in page
            if field.name in self.right and sent.get(field.name) != self.right[field.name]
        ]
        return f"What was wrong: {'; '.join(wrong)}." if wrong else "The record is as it should be."

    def expert(self) -> Iterator[Action]:
        """Look, and fill in page after page."""
        yield _call("look")
        while self.harbour.sent is None:
            place = self.harbour.next_page()
            if place == "summary":
                yield _call("press", label="Send the application")
                continue
            for field in self.harbour.pages()[place]:
                yield from self._entered(field)
            yield _call("press", label="Continue")

    def _entered(self, field: Field) -> Iterator[Action]:
        value = self.right.get(field.name)
        if value is None:
            return
        if field.box:
            yield _call("choose", label=field.label, option=value or "no")
        elif field.options:
            yield _call("choose", label=field.label, option=value)
        else:
            yield _call("fill", label=field.label, value=value)

    def close(self) -> None:
        """Close the page."""
        self.tab.close()


def _record(rng: random.Random, level: int) -> dict[str, str]:
    """Draw what has to be on the server in the end."""
    kind = "rowing" if level == 1 else rng.choice(KINDS[1:])
    record = {
        "owner": f"{rng.choice(FIRST)} {rng.choice(LAST)}",
        "born": f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.{rng.randint(1940, 2005)}",
        "town": rng.choice(TOWNS),
        "boat": rng.choice(BOATS),
        "length": str(rng.randrange(310, 1400, 10)),
        "hull": rng.choice(HULLS),
        "kind": kind,
    }
    if kind == "motor":
        record |= {"power": str(rng.randint(4, 180)), "fuel": rng.choice(FUELS)}
    elif kind == "sailing":
        sail = f"{''.join(rng.choices('ABCDEFGHK', k=2))} {rng.randint(1000, 9999)}"
        record |= {"sail": sail, "mast": str(rng.randrange(600, 1800, 10))}
    if level >= 3:
        first, last = sorted(rng.sample(range(len(MONTHS)), 2))
        pay = rng.choice(PAYMENTS)
        record |= {"first": MONTHS[first], "last": MONTHS[last]}
        record |= {"mains": rng.choice(("yes", "")), "pay": pay}
        if pay == "invoice":
            record["reference"] = (
                f"{''.join(rng.choices('ABCDEFGHK', k=2))}-{rng.randint(100, 999)}"
            )
    return record


def _letter(rng: random.Random, level: int, right: dict[str, str]) -> str:
    """Write a letter that tells a record, in other formats than the form wants."""
    day, month, year = right["born"].split(".")
    parts = [
        f"I was born on {int(day)} {CALENDAR[int(month) - 1]} {year}",
        f"I live in {right['town']}",
        f"my boat is called {right['boat']}",
        f"it has a hull of {right['hull']}",
        f"it is {int(right['length']) / 100:.1f} m long",
    ]
    if right["kind"] == "motor":
        parts.append(f"its {right['fuel']} motor has {right['power']} kW")
    elif right["kind"] == "sailing":
        parts.append(
            f"it sails under the number {right['sail']} and its mast is "
            f"{int(right['mast']) / 100:.1f} m high"
        )
    else:
        parts.append("it is rowed")
    rng.shuffle(parts)
    told = ". ".join(part[0].upper() + part[1:] for part in parts)
    letter = f"Dear harbour office, please register my boat. {told}."
    if level >= 3:
        letter += f" I need a berth from {right['first']} to {right['last']}, "
        letter += "with mains power." if right["mains"] else "without mains power."
        letter += (
            f" Send me an invoice with the reference {right['reference']}."
            if right["pay"] == "invoice"
            else " I pay by card."
        )
    return f"{letter}{_corrections(rng, level, right)} Yours, {right['owner']}"


def _corrections(rng: random.Random, level: int, right: dict[str, str]) -> str:
    """Tell something that is not for the form, and at level 5 what was never so."""
    asides = ("My neighbour's boat is {} m long, by the way.", "The old mast was {} m high.")
    said = f" {rng.choice(asides).format(rng.randint(4, 12))}" if level >= 4 else ""
    if level >= 5:
        others = [town for town in TOWNS if town != right["town"]]
        said += (
            f" On the telephone I said that I live in {rng.choice(others)} and was born in "
            f"{int(right['born'][-4:]) + 1}: that was wrong."
        )
    return said


def _call(name: str, **arguments: str) -> Action:
    return Action(calls=(ToolCall(name, dict(arguments), name),))
