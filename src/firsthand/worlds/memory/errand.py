"""Errands told once, in a town hall whose conventions are hidden laws.

Each matter goes to one counter, and each clerk wants to hear two of its particulars, in an order of
her own. What has to be said was told at the beginning and is not shown again. Which matter meets
which clerk belongs to one split, so that no pair of an eval task was met in train, while every
matter and every clerk was. Left out: second tries; a matter that was refused is put off, and the
others go on.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task

MATTERS = (
    "parcel permit refund receipt licence fine deposit survey petition lease passport claim"
).split()
CLERKS = "Vera Otto Ilse Knut Rosa Sven Tilde Urs Wanda Yann Zita Bram".split()
COUNTERS = ("Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel")
PARTICULARS: dict[str, tuple[str, ...]] = {
    "name": tuple(
        "Holm Berg Kint Lund Marr Nord Oake Pell Quist Rand Stone Thorn Ulm Vance Weld".split()
    ),
    "number": tuple(str(number) for number in range(21, 99) if number % 10),
    "colour": tuple(
        "blue green red white black grey brown pink yellow orange violet silver".split()
    ),
    "street": tuple(
        f"{name} {kind}"
        for name in "Mill Church Harbour Station Garden Castle Orchard".split()
        for kind in ("Lane", "Road")
    ),
}
"""What is told of a matter."""
FORMS = tuple(permutations(PARTICULARS, 2))
"""What a clerk may want to hear: one particular, then another."""
FORMS_OFFERED = 3
"""Forms among which one has to choose; each comes with the particulars of another matter, too."""


class Shape(NamedTuple):
    """How many matters an errand has, of how many kinds, and how many clerks there are."""

    errands: int
    matters: int
    clerks: int


LEVELS = {
    1: Shape(2, 6, 8),
    2: Shape(3, 8, 8),
    3: Shape(4, 10, 10),
    4: Shape(6, 12, 12),
    5: Shape(8, 12, 12),
}


class House(NamedTuple):
    """The laws of a world. Levels bring in matters and clerks in the order of the house."""

    counter: dict[str, str]
    form: dict[str, tuple[str, ...]]


def house(rng: random.Random) -> House:
    """Make up the conventions of a house."""
    matters, clerks = rng.sample(MATTERS, len(MATTERS)), rng.sample(CLERKS, len(CLERKS))
    return House(
        {matter: rng.choice(COUNTERS) for matter in matters},
        {clerk: rng.choice(FORMS) for clerk in clerks},
    )


class Errand(NamedTuple):
    """One matter, who is on duty for it, and what was told of it."""

    matter: str
    clerk: str
    told: dict[str, str]

    def spoken(self, form: Sequence[str]) -> str:
        """Say its particulars in a form."""
        return ", ".join(self.told[kind] for kind in form)


TELLING = (
    "The {matter} is for {name}: number {number}, with the {colour} tag, {street}.",
    "Then there is the {matter}. It has the number {number} and a {colour} tag; the name is "
    "{name}, of {street}.",
    "{name} of {street} needs the {matter}; look for the {colour} tag and the number {number}.",
    "Do not forget the {matter}: {colour} tag, {street}, in the name of {name}, number {number}.",
)
OPENINGS = (
    "Before you leave, you are told:",
    "Your colleague says, once and quickly:",
    "This is what you have to see to in the town hall today:",
    "You are sent to the town hall. Listen:",
)


class Errands(Environment):
    """See to errands that were told once, at counters and clerks whose ways have to be learned."""

    name = "memory/errand"
    version = "1"
    turns = 32
    laws = True
    base_rate = 0.0
    statement = (
        "You run errands in a town hall. They are told once, at the beginning; nothing shows them "
        "again. For each matter, first choose a counter: each kind of matter is dealt with at one "
        "counter. Then the clerk on duty asks what it is about, and you choose what to say: each "
        "clerk wants to hear two particulars of the matter, always the same two and in the same "
        "order, whoever stands at whichever counter. A wrong counter, or a wrong word, and the "
        "matter is put off for good. The day is a success when every matter was dealt with."
    )

    def reset(self, task: Task) -> Observation:
        """Draw matters and clerks that the split may bring together, and what is told of them."""
        rng, shape, laws = task.rng("instance"), LEVELS[task.level], house(task.rng("world"))
        matters = sorted(list(laws.counter)[: shape.matters])
        clerks = sorted(list(laws.form)[: shape.clerks])
        met = {
            matter: [clerk for clerk in clerks if task.owns(f"{matter} with {clerk}")]
            for matter in matters
        }
        if sum(map(bool, met.values())) < 2:  # one world in some thousands: any may meet
            met = dict.fromkeys(matters, clerks)
        possible = [matter for matter in matters if met[matter]]
        while True:
            chosen = rng.sample(possible, min(shape.errands, len(possible)))
            drawn = {kind: rng.sample(all_, len(chosen)) for kind, all_ in PARTICULARS.items()}
            self.errands = [
                Errand(
                    matter,
                    rng.choice(met[matter]),
                    {kind: values[place] for kind, values in drawn.items()},
                )
                for place, matter in enumerate(chosen)
            ]
            told = " ".join(
                rng.choice(TELLING).format(matter=errand.matter, **errand.told)
                for errand in rng.sample(self.errands, len(chosen))
            )
            if task.owns(f"{told} {', '.join(chosen)}"):
                break
        self.ways = laws
        self.offers = [self._offer(rng, place) for place in range(len(chosen))]
        self.place, self.at_counter = 0, False
        self.dealt = [False] * len(chosen)
        opening = OPENINGS[len(told) % len(OPENINGS)]
        return Observation(f"{opening} {told}\n{self._next()}")

    def _offer(self, rng: random.Random, place: int) -> list[str]:
        """Offer a few forms, each with the particulars of this matter and of another, mixed."""
        errand = self.errands[place]
        other = rng.choice(self.errands[:place] + self.errands[place + 1 :])
        right = self.ways.form[errand.clerk]
        forms = [right, *rng.sample([form for form in FORMS if form != right], FORMS_OFFERED - 1)]
        said = [
            f"{first.told[one]}, {second.told[two]}"
            for one, two in forms
            for first in (errand, other)
            for second in (errand, other)
        ]
        return [f"say {text}" for text in sorted(said)]

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell each matter's counter, and what each clerk wants to hear."""
        laws, shape = house(task.rng("world")), LEVELS[task.level]
        matters, clerks = list(laws.counter)[: shape.matters], list(laws.form)[: shape.clerks]
        return [
            *((f"the matter is a {name}", f"go to {laws.counter[name]}") for name in matters),
            *(
                (f"{name} is on duty", f"say the {' and then the '.join(laws.form[name])}")
                for name in clerks
            ),
        ]

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """Name the counters and the clerks of today."""
        used: dict[str, tuple[str, int]] = {}
        for errand in self.errands:
            counter, form = self.ways.counter[errand.matter], self.ways.form[errand.clerk]
            used[f"counter for a {errand.matter}"] = (counter, len(COUNTERS))
            used[f"what {errand.clerk} wants"] = (" and then ".join(form), len(FORMS))
        return used

    def choices(self) -> Sequence[str]:
        """The counters, or what can be said to the clerk."""
        if self.finished:
            return ["leave"]
        if self.at_counter:
            return self.offers[self.place]
        return [f"go to {counter}" for counter in COUNTERS]

    def act(self, action: Action) -> Observation:
        """Go to a counter, or say something there."""
        if self.finished:
            return Observation("The town hall is closed.", done=True)
        chosen, errand = action.text.strip(), self.errands[self.place]
        if chosen not in (choices := self.choices()):
            return Observation(f"That is not possible here. You can: {'; '.join(choices)}.")
        if self.at_counter:
            right = f"say {errand.spoken(self.ways.form[errand.clerk])}"
            self.dealt[self.place] = chosen == right
            told = "nods and deals with it" if chosen == right else "does not know what you mean"
            return self._done(f"{errand.clerk} {told}.")
        counter = chosen.removeprefix("go to ")
        if counter != self.ways.counter[errand.matter]:
            return self._done(f"{counter} does not deal with a {errand.matter}.")
        self.at_counter = True
        return Observation(
            f"{counter} deals with it. {errand.clerk} is on duty and asks what it is about."
        )

    def _done(self, told: str) -> Observation:
        fate = "" if self.dealt[self.place] else " The matter is put off."
        self.place, self.at_counter = self.place + 1, False
        if self.place < len(self.errands):
            return Observation(f"{told}{fate} {self._next()}")
        self.finish()
        return Observation(f"{told}{fate} That was the last matter.", done=True)

    def _next(self) -> str:
        first = "First" if self.place == 0 else "Next"
        return f"{first} comes the {self.errands[self.place].matter}. Which counter?"

    def score(self) -> Score:
        """Pay when every matter was dealt with."""
        return Score(all_dealt_with=all(self.dealt))

    def picture(self) -> str:
        """The matters of the day and what became of them."""
        lines = list[str]()
        for place, (errand, dealt) in enumerate(zip(self.errands, self.dealt, strict=True)):
            waits = place >= self.place
            fate = "waits" if waits else "dealt with" if dealt else "put off"
            lines.append(f"{errand.matter:<10}{fate}")
        return "\n".join(lines)

    def aftermath(self) -> str:
        """Tell for each matter where it belongs, and what its clerk wants to hear."""
        return " ".join(
            f"The {errand.matter}{'' if dealt else ', which was not dealt with,'} belongs to "
            f"{self.ways.counter[errand.matter]}; {errand.clerk} wants to hear the "
            f"{' and then the '.join(self.ways.form[errand.clerk])}: "
            f"{errand.spoken(self.ways.form[errand.clerk])}."
            for errand, dealt in zip(self.errands, self.dealt, strict=True)
        )

    def expert(self) -> Iterator[Action]:
        """Go to the right counter, and say what its clerk wants to hear."""
        while not self.finished:
            errand = self.errands[self.place]
            if self.at_counter:
                yield Action(f"say {errand.spoken(self.ways.form[errand.clerk])}")
            else:
                yield Action(f"go to {self.ways.counter[errand.matter]}")
