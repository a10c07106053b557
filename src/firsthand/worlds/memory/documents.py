"""A hunt through an archive in which notes contradict each other, with the evidence to be cited.

A question names its answer through several facts. Each fact stands in notes of different dates:
outdated ones, drafts, and ones that were withdrawn later, all of which lead on to other answers
that look as good. The answer and the exact set of notes that decide are judged, so that citing
everything fails. Left out: facts that only two notes together tell.
"""

import random
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, NamedTuple

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.errors import ToolError
from firsthand.task import Task

MOST_HITS = 8


class Link(NamedTuple):
    """A kind of fact: of what it is told, how it is asked for, and how notes tell it."""

    subject: str
    topic: str
    asked: str
    told: tuple[str, ...]


LINKS = (
    Link(
        "product",
        "maker",
        "the project that makes {}",
        ("{a} is made by {b}.", "The making of {a} lies with {b}.", "{b} has taken on {a}."),
    ),
    Link(
        "project",
        "lead",
        "the lead of {}",
        ("{a} is led by {b}.", "The lead of {a} is {b}.", "{b} runs {a}."),
    ),
    Link(
        "person",
        "deputy",
        "the deputy of {}",
        ("The deputy of {a} is {b}.", "{b} stands in for {a}.", "When {a} is away, ask {b}."),
    ),
    Link(
        "person",
        "team",
        "the team of {}",
        ("{a} belongs to {b}.", "{a} works in {b}.", "The team of {a} is {b}."),
    ),
    Link(
        "team",
        "site",
        "the site of {}",
        ("{a} sits at {b}.", "The desks of {a} are at {b}.", "{b} is home to {a}."),
    ),
    Link(
        "site",
        "upkeep",
        "the firm that looks after {}",
        ("{a} is looked after by {b}.", "The upkeep of {a} is done by {b}.", "{b} maintains {a}."),
    ),
    Link(
        "firm",
        "contract",
        "the number of the contract with {}",
        (
            "The contract with {a} has the number {b}.",
            "{a} works for us under contract {b}.",
            "Contract {b} covers all that {a} does.",
        ),
    ),
)
"""Facts in the order of a chain: what one is about is what the one before it named."""
_GIVEN = "Ada Boris Carla Dmitri Elif Farid Greta Hakan".split()
_FAMILY = "Holm Berger Castro Dahl Ekman Falk Grau Hirsch".split()
THINGS: dict[str, tuple[str, ...]] = {
    "product": tuple(f"the {n} lamp" for n in "Lumen Vega Orion Nova Mira Altair Rigel".split()),
    "project": tuple(f"project {n}" for n in "Osprey Heron Kite Merlin Raven Wren Plover".split()),
    "person": tuple(f"{one} {two}" for one, two in zip(_GIVEN, _FAMILY, strict=True)),
    "team": tuple(
        f"the {n} team" for n in "Basalt Cobalt Flint Granite Marble Quartz Slate".split()
    ),
    "site": tuple(f"the {n} site" for n in "Norrby Solna Varby Kista Farsta Tumba Alvik".split()),
    "firm": tuple(
        f"{n} Services" for n in "Aldor Brandt Corvin Delmar Eskil Fenwick Gantry".split()
    ),
}
ASIDES = (
    "The coffee machine on the second floor is being repaired.",
    "Please send remarks to the archive.",
    "This note was read out at the Monday meeting.",
    "Copies went to all who were present.",
    "The key to the bicycle shed hangs at the reception.",
    "The summer party is postponed.",
    "The minutes were taken in a hurry.",
    "Nothing else was decided.",
)


class Shape(NamedTuple):
    """How many facts lead to the answer, how many things of a kind there are, how many outdated
    notes a fact has at most, and what else goes wrong with notes.
    """

    hops: int
    things: int
    outdated: int
    spoilt: tuple[str, ...]


LEVELS = {
    1: Shape(2, 4, 1, ("",)),
    2: Shape(3, 4, 1, ("", "draft")),
    3: Shape(3, 5, 2, ("", "draft", "draft")),
    4: Shape(4, 5, 2, ("", "draft", "withdrawn")),
    5: Shape(5, 6, 2, ("draft", "withdrawn")),
}


class Note(NamedTuple):
    """A note of the archive."""

    id: str
    date: str
    title: str
    text: str

    @property
    def shown(self) -> str:
        """The note as it is read."""
        return f"{self.id} · {self.date} · {self.title}\n{self.text}"


class Fact(NamedTuple):
    """What is true of a thing, the note that decides it, and the notes that have to be read."""

    subject: str
    link: Link
    value: str
    decides: str
    newest_first: tuple[str, ...]
    """The deciding note and all on the same fact that are younger."""


class Archive:
    """Writes the notes on facts, with ids and dates that tell nothing of each other."""

    def __init__(self, rng: random.Random, shape: Shape) -> None:
        self.rng, self.shape = rng, shape
        self.ids = [f"N-{number}" for number in rng.sample(range(100, 1000), 500)]
        self.notes: dict[str, Note] = {}

    def fact(self, link: Link, subject: str, values: Sequence[str]) -> Fact:
        """Write the notes on one fact; `values` are the true one and others, all different."""
        rng, spoilt = self.rng, self.rng.choice(self.shape.spoilt)
        outdated = rng.randint(1 if spoilt != "withdrawn" else 0, self.shape.outdated)
        dates = sorted(rng.sample(range(1, 2200), outdated + 3))
        wrong = list(values[1:])
        for _ in range(outdated):
            self._write(link, subject, wrong.pop(), dates.pop(0))
        decides = self._write(link, subject, values[0], dates.pop(0))
        read = [decides]
        if spoilt:
            status = "draft, not adopted" if spoilt == "draft" else "approved"
            read.append(self._write(link, subject, wrong.pop(), dates.pop(0), status))
        if spoilt == "withdrawn":
            text = f"Note {read[-1]} is withdrawn; what was decided before it holds again."
            read.append(self._note(link, subject, text, dates.pop(0), "approved"))
        return Fact(subject, link, values[0], decides, tuple(reversed(read)))

    def _write(
        self, link: Link, subject: str, value: str, day: int, status: str = "approved"
    ) -> str:
        told = self.rng.choice(link.told).format(a=subject, b=value)
        return self._note(link, subject, told[0].upper() + told[1:], day, status)

    def _note(self, link: Link, subject: str, told: str, day: int, status: str) -> str:
        parts = [told, *self.rng.sample(ASIDES, self.rng.randint(0, 2))]
        self.rng.shuffle(parts)
        number = self.ids.pop()
        date = f"{2019 + day // 336}-{day // 28 % 12 + 1:02d}-{day % 28 + 1:02d}"
        title = f"{subject[0].upper()}{subject[1:]}: {link.topic}"
        text = f"{' '.join(parts)}\nStatus: {status}"
        self.notes[number] = Note(number, date, title, text)
        return number


@lru_cache(4096)
def words(text: str) -> frozenset[str]:
    """Return the different words of a text."""
    return frozenset(re.findall(r"[a-z0-9-]+", text.lower()))


ASKING = ("What is {}?", "Find out {}.", "Somebody needs to know {}.", "The question is: {}?")
Query = Annotated[str, msgspec.Meta(description="Words to look for, such as a name and a topic.")]
Id = Annotated[str, msgspec.Meta(description="The id of a note, such as N-123.")]
Answer = Annotated[str, msgspec.Meta(description="The name or number asked for, nothing else.")]
Evidence = Annotated[
    list[str], msgspec.Meta(description="The ids of the deciding notes, one for each fact.")
]


class Documents(Environment):
    """Answer a question from an archive of contradicting notes, and cite those that decide."""

    name = "memory/documents"
    version = "1"
    turns = 44
    statement = (
        "Answer a question from an archive of notes. The answer is reached over several facts, "
        "and each fact is told by one or more notes that may contradict each other. Of the notes "
        "on a fact, the approved one with the latest date decides. A draft never does, nor does "
        "a note that a later one withdraws, and a withdrawal tells no fact itself. Search and "
        "read as much as you like; then submit the answer once, with the ids of the deciding "
        "notes as evidence: exactly one for each fact on the way, and no others."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the facts, write the archive and ask for what a chain of facts leads to."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            first = rng.randint(0, len(LINKS) - shape.hops)
            chain = LINKS[first : first + shape.hops]
            archive, facts = Archive(rng, shape), list[dict[str, Fact]]()
            things = {kind: rng.sample(all_, shape.things) for kind, all_ in THINGS.items()}
            for place, link in enumerate(chain):
                facts.append(self._facts(archive, rng, first + place, link, things))
            subject = rng.choice(things[chain[0].subject])
            phrase, self.path = subject, list[Fact]()
            for link, known in zip(chain, facts, strict=True):
                self.path.append(known[subject])
                subject, phrase = known[subject].value, link.asked.format(phrase)
            self.evidence = [fact.decides for fact in self.path]
            if task.owns(f"{phrase} {subject} {self.evidence}"):
                break
        self.right, self.notes = subject, dict(sorted(archive.notes.items()))
        self.submitted: tuple[str, list[str]] | None = None
        asked = ASKING[len(self.notes) % len(ASKING)].format(phrase)
        return Observation(f"The archive has {len(self.notes)} notes. {asked}")

    def _facts(
        self,
        archive: Archive,
        rng: random.Random,
        place: int,
        link: Link,
        things: dict[str, list[str]],
    ) -> dict[str, Fact]:
        """Write what is true of all things of a kind; what is false is true of others."""
        facts: dict[str, Fact] = {}
        for subject in things[link.subject]:
            if place + 1 < len(LINKS):
                others = [one for one in things[LINKS[place + 1].subject] if one != subject]
                values = rng.sample(others, min(4, len(others)))
            else:
                values = [str(number) for number in rng.sample(range(1000, 10_000), 4)]
            if len(values) < 4:
                spare = [one for one in THINGS[link.subject] if one not in (subject, *values)]
                values.append(rng.choice(spare))  # of persons: a deputy is another person
            facts[subject] = archive.fact(link, subject, values)
        return facts

    @tool
    def search(self, query: Query) -> str:
        """Find notes that hold some of the words; those with most of them come first."""
        wanted = words(query[:200])
        if not wanted:
            raise ToolError("Give at least one word to look for.")
        found = [
            (-len(wanted & words(f"{note.title} {note.text}")), note.id)
            for note in self.notes.values()
        ]
        hits = sorted(hit for hit in found if hit[0])
        if not hits:
            return "No note holds any of these words."
        shown = [self.notes[number] for _, number in hits[:MOST_HITS]]
        more = f"\n{len(hits) - MOST_HITS} more hold some of them." if len(hits) > MOST_HITS else ""
        return "\n".join(f"{note.id} · {note.date} · {note.title}" for note in shown) + more

    @tool
    def read(self, id: Id) -> str:
        """Read a note."""
        return self._known(id).shown

    @tool
    def submit(self, answer: Answer, evidence: Evidence) -> str:
        """Submit the answer with its evidence. This is final."""
        if not evidence:
            raise ToolError("Cite the notes that decide: evidence is empty.")
        for number in evidence[:100]:
            self._known(number)
        self.submitted = (answer.strip(), evidence)
        self.finish()
        return "The answer is submitted."

    def _known(self, number: str) -> Note:
        if number not in self.notes:
            raise ToolError(f"The archive has no note {number[:20]!r}; ids are written as N-123.")
        return self.notes[number]

    def score(self) -> Score:
        """Compare the answer, and the evidence as a set in which nothing comes twice."""
        answer, evidence = self.submitted or ("", [])
        return Score(
            right_answer=answer.casefold().removeprefix("the ")
            == self.right.casefold().removeprefix("the "),
            right_evidence=sorted(evidence) == sorted(self.evidence),
        )

    def aftermath(self) -> str:
        """Tell each fact on the way, the note that decides it, and why younger ones do not."""
        told = list[str]()
        for fact in self.path:
            younger = [number for number in fact.newest_first if number != fact.decides]
            why = f" ({', '.join(younger)} came later but does not count)" if younger else ""
            told.append(
                f"{fact.link.asked.format(fact.subject)} is {fact.value}: {fact.decides}{why}"
            )
        return f"The answer is {self.right}. " + "; ".join(told) + "."

    def expert(self) -> Iterator[Action]:
        """For each fact: search, read from the youngest note on to the one that decides."""
        for fact in self.path:
            yield _call("search", query=f"{fact.subject} {fact.link.topic}")
            for number in fact.newest_first:
                yield _call("read", id=number)
        yield _call("submit", answer=self.right, evidence=self.evidence)


def _call(name: str, **arguments: object) -> Action:
    return Action(calls=(ToolCall(name, arguments, name),))
