"""A shop desk whose command language is made up anew in every world.

Customers ask in varied words; each is answered with one line such as `PRC::lamp!`. Which code does
what, and how a line is punctuated, are laws of the world: they cannot be guessed, only learned from
what lines did. Left out: free conversation; a desk serves one customer an episode.
"""

import random
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from firsthand.environment import Action, Environment, Observation, Score
from firsthand.task import Task


class Service(msgspec.Struct, frozen=True):
    """One thing customers ask for: ways to ask, what the terminal does, what was wanted."""

    asked: tuple[str, ...]
    done: str
    wanted: str


SERVICES = (
    Service(
        (
            "how much is the {}?",
            "what does the {} cost?",
            "could you tell me the price of the {}?",
            "what would I pay for the {}?",
            "is the {} expensive?",
            "what are you asking for the {}?",
            "I would like to know what the {} sells for.",
            "how many euros for the {}?",
        ),
        "shows the price of the {}",
        "the price of the {}",
    ),
    Service(
        (
            "is the {} in stock?",
            "do you have any {} left?",
            "have you still got the {}?",
            "are there more of the {} out back?",
            "can I get the {} here today?",
            "did the {} sell out?",
            "any chance the {} is on the shelf?",
            "do you carry the {} at the moment?",
        ),
        "counts the stock of the {}",
        "to know whether the {} is in stock",
    ),
    Service(
        (
            "please put the {} aside for me.",
            "can you hold the {} until tonight?",
            "keep the {} for me, will you?",
            "I want to reserve the {}.",
            "could the {} wait for me behind the counter?",
            "save the {} under my name, please.",
            "don't sell the {} before I am back.",
            "may I book the {}?",
        ),
        "sets the {} aside",
        "the {} to be set aside",
    ),
    Service(
        (
            "the {} I bought is broken, I want my money back.",
            "I need to return the {}.",
            "can I bring back the {}?",
            "I would like a refund for the {}.",
            "the {} was the wrong choice, please take it back.",
            "how do I send back the {}?",
            "I changed my mind about the {} from last week.",
            "take this {} back, it never worked.",
        ),
        "opens a return for the {}",
        "to return the {}",
    ),
    Service(
        (
            "can you deliver the {} to my house?",
            "please ship the {} to my home.",
            "do you bring the {} to the door?",
            "I need the {} sent to my address.",
            "could a driver drop off the {}?",
            "I can't carry the {}, can someone drive it over?",
            "send the {} by courier, please.",
            "have the {} brought round on Friday.",
        ),
        "books a delivery of the {}",
        "the {} to be delivered",
    ),
    Service(
        (
            "can you wrap the {} as a gift?",
            "the {} is a present, please make it pretty.",
            "put a ribbon round the {}, please.",
            "could I have the {} in gift paper?",
            "the {} is for a birthday, do you do wrapping?",
            "make the {} look festive.",
            "I need the {} packed as a surprise.",
            "box the {} nicely for my aunt.",
        ),
        "gift-wraps the {}",
        "the {} to be gift-wrapped",
    ),
    Service(
        (
            "the {} needs mending, do you repair it?",
            "can your workshop fix the {}?",
            "my {} makes a strange noise, who looks at it?",
            "I want the {} serviced.",
            "could someone patch up the {}?",
            "book my {} in for a check, please.",
            "the {} stopped working, can it be saved?",
            "how soon can you mend the {}?",
        ),
        "sends the {} to the workshop",
        "the {} to be repaired",
    ),
    Service(
        (
            "how long is the guarantee on the {}?",
            "is the {} still under warranty?",
            "until when is the {} covered?",
            "does the {} come with a guarantee?",
            "what if the {} fails within a year?",
            "how many years of cover has the {}?",
            "please check the warranty of the {}.",
            "am I insured if the {} breaks?",
        ),
        "looks up the guarantee of the {}",
        "the guarantee of the {}",
    ),
)

SHELVES = {
    "kitchen": (
        "kettle toaster blender grater whisk ladle teapot colander skillet mixer juicer wok "
        "saucepan corkscrew peeler"
    ).split(),
    "home": (
        "lamp carpet mirror curtain cushion clock vase stool shelf blanket candle basket "
        "doormat bookcase hammock"
    ).split(),
    "tools": (
        "drill hammer ladder saw wrench chisel sander torch toolbox pliers clamp shovel rake "
        "hose trowel"
    ).split(),
    "leisure": (
        "guitar kite tent football puzzle scooter telescope canoe skateboard drum backpack "
        "racket sled yoyo fiddle"
    ).split(),
}
SHELF_OF = {item: shelf for shelf, items in SHELVES.items() for item in items}
OPENERS = (
    "",
    "hello, ",
    "good morning, ",
    "excuse me, ",
    "hi there, ",
    "one question, ",
    "sorry to bother you, ",
    "so, ",
)
ASIDES = (
    "my sister sent me.",
    "I am in a bit of a hurry.",
    "it rains again today.",
    "nice shop, by the way.",
    "I have come a long way.",
    "the bus was late.",
)

_ASKED = {1: (5, 4), 2: (5, 8), 3: (7, 8), 4: (7, 8), 5: (8, 8)}
"""Level to how many services and how many ways to ask for each."""
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class Language(msgspec.Struct, frozen=True):
    """The laws of one world: a code per service, a mark per shelf, and the punctuation."""

    codes: tuple[str, ...]
    marks: dict[str, str]
    open: str
    between: str
    close: str

    def line(self, service: int, item: str, mark: str) -> str:
        """Write one command."""
        return f"{self.open}{self.codes[service]}{self.between}{item}{mark}{self.close}"


def language(rng: random.Random) -> Language:
    """Make up a language. No two codes begin alike, and none is a hint: letters are drawn at
    random.
    """
    first = rng.sample(_LETTERS, len(SERVICES))
    codes = tuple(letter + "".join(rng.sample(_LETTERS, 2)) for letter in first)
    signs = rng.sample("+*%&$^", len(SHELVES))
    opening, closing = rng.choice(
        (("", "!"), ("", ";"), ("", "."), ("", "#"), ("<", ">"), ("[", "]"), ("(", ")"))
    )
    return Language(
        codes,
        dict(zip(SHELVES, signs, strict=True)),
        opening,
        rng.choice(("::", "/", " ", "=", "->", "~", "|", ":")),
        closing,
    )


class ShopDesk(Environment):
    """Answer each customer with one line of a command language that differs from world to world."""

    name = "interfaces/shop_desk"
    version = "1"
    turns = 2
    laws = True
    base_rate = 0.2
    statement = (
        "You work at the desk of a shop. Answer each customer with one line of the desk's "
        "command language."
    )

    def reset(self, task: Task) -> Observation:
        """Draw a customer: who asks for what, in which words."""
        rng = task.rng("instance")
        self.language = language(task.rng("world"))
        services, ways = _ASKED[task.level]
        items = sorted(SHELF_OF)
        while True:
            self.service, self.item = rng.randrange(services), rng.choice(items)
            said = rng.choice(OPENERS) + SERVICES[self.service].asked[rng.randrange(ways)].format(
                self.item
            )
            if task.level >= 5:
                said = f"{rng.choice(ASIDES)} {said}"
            if task.owns(said):
                break
        # From level 4 on the mark of the item's shelf is part of the line, and half of the offers
        # carry a wrong one.
        mark = self.language.marks[SHELF_OF[self.item]] if task.level >= 4 else ""
        wrong = (
            [rng.choice([other for other in self.language.marks.values() if other != mark])]
            if mark
            else []
        )
        self.right = self.language.line(self.service, self.item, mark)
        self.effects = {
            self.language.line(s, self.item, m): s for s in range(services) for m in (mark, *wrong)
        }
        self.lines = rng.sample(list(self.effects), len(self.effects))
        self.entered = ""
        return Observation(f"Customer: {said}")

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell the line for each service and, where lines have one, the mark of each shelf."""
        spoken, services = language(task.rng("world")), _ASKED[task.level][0]
        mark = " MARK" if task.level >= 4 else ""
        lines = [
            (
                f"the customer wants {SERVICES[service].wanted.format('ITEM')}",
                f"the line is {spoken.line(service, 'ITEM', mark)}",
            )
            for service in range(services)
        ]
        shelves = [
            (f"the item belongs to {shelf}", f"its mark is {sign}")
            for shelf, sign in spoken.marks.items()
        ]
        return [*lines, *shelves] if mark else lines

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """Name the code of the service and, where lines have one, the mark of the shelf."""
        wanted, shelf = SERVICES[self.service].wanted.format("an item"), SHELF_OF[self.item]
        codes = len(set(self.effects.values()))
        used = {f"the code for {wanted}": (self.language.codes[self.service], codes)}
        if len(self.effects) > codes:
            used[f"the mark of {shelf}"] = (self.language.marks[shelf], 2)
        return used

    def choices(self) -> Sequence[str]:
        """The lines that the terminal accepts for this customer's item."""
        return self.lines

    def act(self, action: Action) -> Observation:
        """Enter one line. A line that the terminal accepts is final."""
        if self.finished:
            return Observation("The customer has left.", done=True)
        line = action.text.strip()
        if line not in self.effects:
            return Observation("Terminal: unknown command.")
        self.entered = line
        self.finish()
        return Observation(
            f"Terminal: {SERVICES[self.effects[line]].done.format(self.item)}.", done=True
        )

    def score(self) -> Score:
        """Pay when the line entered does what the customer wanted."""
        return Score(served=self.entered == self.right)

    def aftermath(self) -> str:
        """Tell what the customer had wanted."""
        return f"The customer wanted {SERVICES[self.service].wanted.format(self.item)}."

    def expert(self) -> Iterator[Action]:
        """Enter the right line, knowing the language."""
        yield Action(self.right)
