"""A hidden house policy sends each ticket to a desk; the policy is made up anew in every world.

A policy is an ordered list of clauses, the first that holds decides: a question of facts that the
ticket states in varied words. The facts that clauses ask about, their order and the desks are laws
of the world. At high levels clauses overlap, so that order matters.
"""

import random
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

FACTS: dict[str, dict[str, tuple[str, ...]]] = {
    "topic": {
        "refund": ("I want my money back", "please refund me", "I am asking for a refund"),
        "login": ("I cannot log in", "my password is refused", "the login page rejects me"),
        "invoice": (
            "the invoice is wrong",
            "there is a mistake on my bill",
            "the invoice lists too much",
        ),
        "outage": (
            "the service is down",
            "nothing loads since this morning",
            "the site does not respond",
        ),
        "feature": (
            "could you add a dark mode",
            "I wish there was an export button",
            "a search box would be nice",
        ),
        "delivery": ("my parcel has not come", "the parcel is late", "where is my parcel"),
    },
    "customer": {
        "new": ("I joined this week", "I am new here", "I have just signed up"),
        "regular": (
            "I have been with you for years",
            "I am a long-time customer",
            "I have ordered many times",
        ),
        "partner": (
            "I write for your partner Norvik",
            "we resell your product",
            "I am with a partner company",
        ),
        "school": ("I teach at a school", "this is for my class", "our school uses it"),
    },
    "tone": {
        "calm": ("no hurry", "take your time", "thanks in advance"),
        "urgent": ("this cannot wait", "I need it today", "please hurry"),
        "angry": ("this is a disgrace", "I am furious", "I have had enough"),
    },
    "place": {
        "north": ("I live in Tromso", "writing from Oulu", "greetings from Kiruna"),
        "south": ("I live in Malaga", "writing from Catania", "greetings from Faro"),
        "east": ("I live in Lublin", "writing from Brno", "greetings from Cluj"),
        "west": ("I live in Galway", "writing from Brest", "greetings from Porto"),
    },
}
DESKS = ("amber", "cobalt", "jade", "ruby", "slate")
_SHAPE = {1: (1, 3), 2: (1, 4), 3: (2, 4), 4: (3, 5), 5: (4, 5)}
"""Level to how many kinds of fact the policy asks about and how many desks there are."""


class Clause(msgspec.Struct, frozen=True):
    """All of `facts` (kind to value) send a ticket to `desk`."""

    facts: dict[str, str]
    desk: str

    def holds(self, ticket: dict[str, str]) -> bool:
        """Say whether the ticket states all the facts."""
        return all(ticket[kind] == value for kind, value in self.facts.items())


def policy(rng: random.Random, level: int) -> tuple[list[Clause], str]:
    """Make up the clauses of a world at a level, and the desk of last resort.

    The kinds, values and desks are shuffled once for the world, so that the policies of its levels
    are related: every level's policy asks first about the kinds that the lower levels ask about.
    """
    kinds, desks = rng.sample(sorted(FACTS), len(FACTS)), rng.sample(DESKS, len(DESKS))
    values = {kind: rng.sample(sorted(FACTS[kind]), len(FACTS[kind])) for kind in sorted(FACTS)}
    depth, width = _SHAPE[level]
    desks = desks[:width]
    main = max(kinds[: max(depth, 2)], key=lambda kind: len(FACTS[kind]))
    base = [Clause({main: value}, desks[i % width]) for i, value in enumerate(values[main])]
    others = [kind for kind in kinds if kind != main][: depth - 1]
    special: list[Clause] = []
    for rank, kind in enumerate(
        others
    ):  # an exception to the main rule for each further kind, moving a ticket to the next desk
        for i, value in enumerate(values[main][: 2 + rank]):
            special.append(
                Clause({kind: values[kind][0], main: value}, desks[(i + 1 + rank) % width])
            )
    return [*reversed(special), *base], desks[0]


class Triage(Environment):
    """Send each ticket to the desk that a hidden house policy names, another in each world."""

    name = "rules/triage"
    version = "1"
    turns = 2
    laws = True
    base_rate = 0.34
    statement = (
        "You sort the tickets of a company. Answer each ticket with the name of the desk that "
        "the house policy sends it to."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a desk first and then a ticket that the policy sends there, so that labels are
        balanced.
        """
        rng = task.rng("instance")
        clauses, last = policy(task.rng("world"), task.level)
        self.desks = sorted({clause.desk for clause in clauses})
        target = rng.choice(self.desks)
        while True:
            ticket = {kind: rng.choice(sorted(FACTS[kind])) for kind in sorted(FACTS)}
            self.desk, self.reason = decide(clauses, ticket, last)
            parts = [rng.choice(FACTS[kind][value]) for kind, value in ticket.items()]
            rng.shuffle(parts)
            text = ". ".join(part[0].upper() + part[1:] for part in parts) + "."
            if self.desk == target and task.owns(text):
                break
        self.sent = ""
        return Observation(f"Ticket: {text}")

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell each clause of the policy, in order."""
        clauses, _ = policy(task.rng("world"), task.level)
        return [
            (
                f"{asked(clause)}{' and no rule above applies' if place else ''}",
                f"the desk is {clause.desk}",
            )
            for place, clause in enumerate(clauses)
        ]

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """Name the clause that decides."""
        return {f"the desk when {self.reason}": (self.desk, len(self.desks))}

    def choices(self) -> Sequence[str]:
        """The desks of this house."""
        return self.desks

    def act(self, action: Action) -> Observation:
        """Send the ticket. A desk that exists is final."""
        if self.finished:
            return Observation("The ticket is gone.", done=True)
        desk = action.text.strip().lower()
        if desk not in self.desks:
            return Observation(
                f"There is no such desk. Answer with one of: {', '.join(self.desks)}."
            )
        self.sent = desk
        self.finish()
        return Observation(f"The ticket went to the {desk} desk.", done=True)

    def score(self) -> Score:
        """Pay when the ticket went where the policy sends it."""
        return Score(right_desk=self.sent == self.desk)

    def aftermath(self) -> str:
        """Tell what the receiving desk said."""
        if self.sent == self.desk:
            return f"The {self.sent} desk kept the ticket: {self.reason}."
        return f"The {self.sent or 'wrong'} desk sent the ticket back."

    def expert(self) -> Iterator[Action]:
        """Apply the policy."""
        yield Action(self.desk)


def decide(clauses: Sequence[Clause], ticket: dict[str, str], last: str) -> tuple[str, str]:
    """Return the desk of the first clause that holds, and the facts it asked about."""
    for clause in clauses:
        if clause.holds(ticket):
            return clause.desk, asked(clause)
    return last, "no clause spoke of it"


def asked(clause: Clause) -> str:
    """Say which facts a clause asks about."""
    return " and ".join(f"{kind} is {value}" for kind, value in clause.facts.items())
