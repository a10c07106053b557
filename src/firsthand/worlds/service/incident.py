"""On call for a service: which part is at fault follows from what its faults do to the metrics, and
what helps follows from the alert; both are laws of the house.

Parts and alerts of the eval split never met in train, so both laws have to be known apart. The
remedy that always brings the service back, restarting everything, loses data and is not allowed.
Left out: faults that hide each other.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.kit.pairs import pairs
from firsthand.task import Task

PARTS = ("billing", "broker", "cache", "gateway", "indexer", "mailer", "scheduler", "sessions")
METRICS = {
    "latency": ("ms", 40, 400), "errors": ("per minute", 2, 90), "memory": ("%", 35, 93),
    "queue": ("jobs", 10, 800), "disk": ("%", 40, 96), "retries": ("per minute", 5, 150),
}  # fmt: skip
"""Unit, usual value, and value under a fault."""
ALERTS = ("KESTREL", "HERON", "PLOVER", "SISKIN", "WIGEON", "DUNLIN")
REMEDIES = (
    "drain it",
    "roll it back",
    "fail it over",
    "cut its traffic",
    "rotate its keys",
    "add a node",
)
INCIDENTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}
EVERYTHING = "restart everything"
OPENING = (
    "{} {} pages you.", "It is {}; alert {}.", "The pager at {} says {}.", "{}: {} fires.",
)  # fmt: skip


class House(msgspec.Struct, frozen=True):
    """The laws of one world."""

    raised: dict[str, tuple[str, str]]
    """Part to the two metrics that its faults raise."""
    remedies: dict[str, str]
    """Alert to what helps."""


def house(rng: random.Random) -> House:
    """Make up a house: no two parts raise the same metrics, no two alerts take the same remedy."""
    raised = rng.sample(list(combinations(METRICS, 2)), len(PARTS))
    return House(
        dict(zip(PARTS, raised, strict=True)),
        dict(zip(ALERTS, rng.sample(REMEDIES, len(ALERTS)), strict=True)),
    )


class Fault(msgspec.Struct, frozen=True):
    """One incident: what is at fault, with which alert, and what the metrics show."""

    part: str
    alert: str
    told: str


class Incident(Environment):
    """Stay on call: find the part at fault and give it the remedy of its alert, at first try."""

    name = "service/incident"
    turns = 24
    laws = True
    base_rate = 0.03  # one of eight parts, one of six remedies
    statement = (
        "You are on call. For each incident, first take one part out of rotation, then give it "
        "a remedy, each with one of the offered lines. Which part it is follows from the metrics "
        "that are raised, and the remedy from the alert; both differ from house to house. A remedy "
        "for the wrong part, or the wrong remedy, is an outage and ends the shift. Restarting "
        "everything loses orders and is forbidden."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the incidents of a shift."""
        rng = task.rng("instance")
        self.house = house(task.rng("world"))
        owned = pairs(task, PARTS, ALERTS)
        while True:
            drawn = rng.sample(owned, INCIDENTS[task.level])
            self.faults = [
                Fault(part, alert, self._metrics(rng, part, alert)) for part, alert in drawn
            ]
            if task.owns(" / ".join(fault.told for fault in self.faults)):
                break
        self.fixed, self.taken, self.outage = 0, "", ""
        return Observation(self._told())

    def _metrics(self, rng: random.Random, part: str, alert: str) -> str:
        shown: list[str] = []
        for metric in rng.sample(sorted(METRICS), len(METRICS)):
            unit, usual, high = METRICS[metric]
            near = high if metric in self.house.raised[part] else usual
            shown.append(f"{metric} {round(near * rng.uniform(0.9, 1.07))} {unit} (usual {usual})")
        when = f"{rng.randrange(24):02d}:{rng.randrange(60):02d}"
        return f"{rng.choice(OPENING).format(when, alert)} {', '.join(shown)}."

    def _told(self) -> str:
        if self.taken:
            return f"The {self.taken} is out of rotation. Which remedy?"
        left = len(self.faults) - self.fixed
        return f"{self.faults[self.fixed].told} Incidents left in this shift: {left}."

    def choices(self) -> Sequence[str]:
        """The parts first, then the remedies."""
        if self.taken:
            return [*REMEDIES, EVERYTHING]
        return [*(f"take out {part}" for part in PARTS), EVERYTHING]

    def act(self, action: Action) -> Observation:
        """Take a part out, or give the one that is out a remedy."""
        if self.finished:
            return Observation("The shift is over.", done=True)
        said = " ".join(action.text.split()).lower()
        if said not in self.choices():
            what = "a remedy" if self.taken else "a part, as in `take out cache`"
            return Observation(f"That is not on the list: name {what}. {self._told()}")
        if said == EVERYTHING:
            return self._over("Everything restarts, and the orders of the last hour are lost.")
        if not self.taken:
            self.taken = said.removeprefix("take out ")
            return Observation(self._told())
        return self._remedied(said)

    def _remedied(self, remedy: str) -> Observation:
        fault, part, self.taken = self.faults[self.fixed], self.taken, ""
        if part != fault.part:
            return self._over(f"That was not the {part}; the fault goes on and becomes an outage.")
        if remedy != self.house.remedies[fault.alert]:
            return self._over(f"The {part} was the right part, but it breaks down: outage.")
        self.fixed += 1
        if self.fixed == len(self.faults):
            self.finish()
            return Observation("The metrics fall. The shift is over without an outage.", done=True)
        return Observation(f"The metrics fall. {self._told()}")

    def _over(self, told: str) -> Observation:
        self.outage = told
        self.finish()
        return Observation(f"{told} The shift is over.", done=True)

    def score(self) -> Score:
        """Pay for a shift in which every incident was mended, and none became an outage."""
        return Score(mended=self.fixed == len(self.faults), no_outage=not self.outage)

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell which metrics point to which part, and which remedy belongs to which alert."""
        laws = house(task.rng("world"))
        return [
            *(
                (f"{a} and {b} are raised", f"the {part} is at fault")
                for part, (a, b) in laws.raised.items()
            ),
            *((f"the alert is {alert}", f"{remedy}") for alert, remedy in laws.remedies.items()),
        ]

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """Name what points to each part, and the remedy of each alert."""
        used: dict[str, tuple[str, int]] = {}
        for fault in self.faults:
            raised = " and ".join(self.house.raised[fault.part])
            used[f"who raises {raised}"] = (fault.part, len(PARTS))
            used[f"the remedy for {fault.alert}"] = (
                self.house.remedies[fault.alert], len(REMEDIES),
            )  # fmt: skip
        return used

    def aftermath(self) -> str:
        """Tell what each incident was."""
        told = [
            f"{' and '.join(self.house.raised[fault.part])} raised: the {fault.part}; "
            f"{fault.alert}: {self.house.remedies[fault.alert]}"
            for fault in self.faults
        ]
        return f"What it was. {'. '.join(told)}."

    def expert(self) -> Iterator[Action]:
        """Take out the part at fault, and give it its remedy."""
        while True:
            fault = self.faults[min(self.fixed, len(self.faults) - 1)]
            yield Action(
                self.house.remedies[fault.alert] if self.taken else f"take out {fault.part}"
            )
