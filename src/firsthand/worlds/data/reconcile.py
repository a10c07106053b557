"""Bank lines to be matched with open documents, under house rules that nobody wrote down.

A bank line names its bank, a code and a day, and the amount that arrived. What the bank kept as a
fee, in which order it writes day and month, and which kind of document a code stands for are laws
of the world. Lines of `eval` tasks join banks and kinds that never met in training, so knowing past
lines is not enough: what was learned of each has to be combined. Left out: lines that pay several
documents, and amounts that were paid in part.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.kit.pairs import pairs
from firsthand.task import Task

BANKS = ("Aster", "Birch", "Cedar", "Dahlia", "Erika", "Fern", "Ginkgo", "Hazel")
KINDS = (
    "rent", "repair", "deposit", "subscription", "training", "delivery", "licence", "consulting",
)  # fmt: skip
CODES = ("BX", "DQ", "FK", "HV", "LN", "PT", "RJ", "WZ")
CUSTOMERS = (
    "Alder Joinery", "Brook Hotel", "Castor Cafe", "Dunes School", "Elm Clinic", "Fennel Kitchen",
    "Gable Homes", "Harbour Museum", "Iris Florist", "Juniper Bakery", "Kestrel Timber",
    "Lintel Steel", "Mica Paints", "Norden Glass", "Orchard Estates", "Pylon Power",
)  # fmt: skip
LINES = {1: 1, 2: 2, 3: 4, 4: 6, 5: 8}
"""Level to how many bank lines have to be matched."""
WORDINGS = (
    "{bank} Bank credits {net} with the text \"{text}\".",
    "Received through {bank} Bank: {net}. Its text: \"{text}\".",
    "\"{text}\", says {bank} Bank, and pays in {net}.",
    "A credit of {net} at {bank} Bank, marked \"{text}\".",
)  # fmt: skip


class Fee(msgspec.Struct, frozen=True):
    """What a bank keeps of a payment: a fixed sum in cents, or so many thousandths."""

    fixed: int = 0
    thousandths: int = 0

    def __str__(self) -> str:
        if self.fixed:
            return f"{money(self.fixed)} of each payment"
        return f"{self.thousandths / 10:g} % of each payment" if self.thousandths else "nothing"

    def gross(self, net: int) -> int:
        """The least amount, in cents, of which `net` arrives."""
        if not self.thousandths:
            return net + self.fixed
        amount = net
        while amount - amount * self.thousandths // 1000 < net:
            amount += 1
        return amount


FEES = (Fee(), Fee(fixed=150), Fee(fixed=400), Fee(thousandths=10), Fee(thousandths=25))
ORDERS = ("day before month", "month before day")


class Laws(msgspec.Struct, frozen=True):
    """The house rules of a world: what each bank does and what each code stands for."""

    fees: dict[str, Fee]
    orders: dict[str, str]
    codes: dict[str, str]
    """Kind of document to its code."""


class Document(msgspec.Struct, frozen=True):
    """An open document: its kind, when it was due and for how much."""

    number: str
    kind: str
    month: int
    day: int
    amount: int

    def __str__(self) -> str:
        return (
            f"{self.number}: {self.kind}, due {self.day} {MONTHS[self.month - 1]}, "
            f"{money(self.amount)}"
        )


class Line(msgspec.Struct, frozen=True):
    """A bank line as it reads, the open documents of its customer, and the right one."""

    bank: str
    kind: str
    told: str
    documents: tuple[Document, ...]
    right: str


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@cache
def laws_of(task: Task) -> Laws:
    """Draw the house rules of a world."""
    rng = task.rng("world")
    return Laws(
        {bank: rng.choice(FEES) for bank in BANKS},
        {bank: rng.choice(ORDERS) for bank in BANKS},
        dict(zip(KINDS, rng.sample(CODES, len(CODES)), strict=True)),
    )


class Reconcile(Environment):
    """Match bank lines with open documents under the unwritten rules of banks and of the house."""

    name = "data/reconcile"
    version = "1"
    turns = 20
    laws = True
    base_rate = 0.125
    statement = (
        "You match bank lines with the open documents of a house. For each line, answer with the "
        "number of the one document that it pays and nothing else. A line is always a full "
        "payment on the day that the document was due, but banks keep a fee of it, each bank "
        "always the same kind of fee, and each writes dates in an order of its own. The code at "
        "the beginning of a text stands for the kind of the document, one code for each kind. "
        "Nobody wrote these rules down; they never change. Each answer is final, and all lines "
        "have to be right."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a pair of bank and kind for each line, and documents among which the laws decide."""
        rng, self.house = task.rng("instance"), laws_of(_world(task))
        known = pairs(task, BANKS, KINDS)
        while True:
            drawn = rng.choices(known, k=LINES[task.level])
            customers = rng.sample(CUSTOMERS, len(drawn))
            self.lines = [
                _line(rng, self.house, bank, kind, customer)
                for (bank, kind), customer in zip(drawn, customers, strict=True)
            ]
            if task.owns(msgspec.json.encode(self.lines).decode()):
                break
        self.given: list[str] = []
        return Observation(self._shown())

    def _shown(self) -> str:
        line, place = self.lines[len(self.given)], len(self.given) + 1
        return "\n".join(
            [f"Line {place} of {len(self.lines)}. {line.told}", *map(str, line.documents)]
        )

    def choices(self) -> Sequence[str]:
        """The numbers of the documents that the line may pay."""
        if self.finished:
            return ["done"]
        return [document.number for document in self.lines[len(self.given)].documents]

    def act(self, action: Action) -> Observation:
        """Match the line. A document that is open is final."""
        if self.finished:
            return Observation("All lines are matched.", done=True)
        number = action.text.strip().upper()
        if number not in self.choices():
            return Observation(
                "Nothing was matched: answer with the number of one of the open documents, "
                f"{', '.join(self.choices())}."
            )
        self.given.append(number)
        if len(self.given) == len(self.lines):
            self.finish()
            return Observation("All lines are matched; the books go to the auditor.", done=True)
        return Observation(self._shown())

    def form_error(self, text: str) -> str | None:
        """Say that there is no such document."""
        return None if text.strip().upper() in self.choices() else "There is no such document."

    def score(self) -> Score:
        """Pay when every line was matched with its document."""
        right = [line.right for line in self.lines]
        return Score(all_matched=len(self.given) == len(right), all_right=self.given == right)

    def aftermath(self) -> str:
        """Tell for each line what it paid, and the rules by which that is known."""
        told: list[str] = []
        for place, line in enumerate(self.lines):
            given = self.given[place] if place < len(self.given) else "nothing"
            verdict = "rightly" if given == line.right else "wrongly"
            told.append(
                f"Line {place + 1} was matched {verdict} with {given}: it paid {line.right}. "
                f"{line.bank} Bank keeps {self.house.fees[line.bank]} and writes "
                f"{self.house.orders[line.bank]}; {self.house.codes[line.kind]} stands for "
                f"{line.kind}."
            )
        return "\n".join(told)

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell what each bank does and what each code stands for."""
        house = laws_of(_world(task))
        return [
            *(
                (
                    f"the line is of {bank} Bank",
                    f"the bank kept {house.fees[bank]} and wrote {house.orders[bank]}",
                )
                for bank in BANKS
            ),
            *(
                (f"the text begins with {code}", f"the document is of the kind {kind}")
                for kind, code in house.codes.items()
            ),
        ]

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """The fee and the order of dates of each bank, and the code of each kind."""
        used: dict[str, tuple[str, int]] = {}
        for line in self.lines:
            used[f"fee of {line.bank}"] = (str(self.house.fees[line.bank]), len(FEES))
            used[f"dates of {line.bank}"] = (self.house.orders[line.bank], len(ORDERS))
            used[f"code of {line.kind}"] = (self.house.codes[line.kind], len(CODES))
        return used

    def expert(self) -> Iterator[Action]:
        """Apply the house rules."""
        for line in self.lines[len(self.given) :]:
            yield Action(line.right)

    def picture(self) -> str:
        """Draw the sheet of matches."""
        given = [*self.given, *["?"] * (len(self.lines) - len(self.given))]
        return "\n".join(
            f"{place:>2} {line.bank:<7} -> {number}"
            for place, (line, number) in enumerate(zip(self.lines, given, strict=True), 1)
        )


def _world(task: Task) -> Task:
    """The part of a task on which its laws depend, so that they are drawn once."""
    return msgspec.structs.replace(task, seed=0, level=1, split="train")


def _line(rng: random.Random, house: Laws, bank: str, kind: str, customer: str) -> Line:
    """Draw a line and eight documents: right or wrong in kind, in date and in amount.

    What is wrong is drawn like what is right, so that only the laws tell them apart.
    """
    fee, wording = house.fees[bank], rng.choice(WORDINGS)
    other_kind = rng.choice([other for other in KINDS if other != kind])
    month, day = rng.sample(range(1, 13), 2)
    while True:
        net = rng.randint(20_000, 99_999)
        other_fee = rng.choice([other for other in FEES if other != fee])
        amounts = (fee.gross(net), other_fee.gross(net))
        if len({candidate.gross(net) for candidate in FEES}) == len(FEES):
            break
    numbers = [f"D{number}" for number in rng.sample(range(100, 1000), 8)]
    corners = list(product((kind, other_kind), ((month, day), (day, month)), amounts))
    documents = [
        Document(number, what, *when, amount)
        for number, (what, when, amount) in zip(numbers, corners, strict=True)
    ]
    first, second = (day, month) if house.orders[bank] == ORDERS[0] else (month, day)
    text = f"{house.codes[kind]} {customer} {first:02d}/{second:02d}"
    shown = tuple(rng.sample(documents, len(documents)))
    return Line(bank, kind, wording.format(bank=bank, net=money(net), text=text), shown, numbers[0])


def money(cents: int) -> str:
    """Write an amount for people."""
    return f"{cents / 100:,.2f}"
