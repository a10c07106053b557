"""How the customers of a shift at the policy desk are drawn: facts first, then what they say.

Facts are drawn until the policy decides them as the level wants; so every label is right by the
ruling itself, and claims do not depend on it.
"""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from firsthand.worlds.service import customer
from firsthand.worlds.service.customer import Words
from firsthand.worlds.service.policy import (
    Account,
    Decision,
    Order,
    Photo,
    Policy,
    Wish,
    day,
    money,
    ruling,
)

GOODS = {
    "kitchen": ("kettle", "toaster", "coffee grinder", "cast-iron pan", "blender"),
    "home": ("desk lamp", "wall clock", "rug", "bookshelf", "mirror"),
    "outdoor": ("tent", "rucksack", "camping stove", "hammock", "rain jacket"),
    "earphones": ("in-ear headphones", "sports earphones", "earphone set"),
    "cosmetics": ("face cream", "make-up set", "perfume"),
    "bedding": ("mattress topper", "duvet", "feather pillow"),
    "swimwear": ("swimsuit", "wetsuit", "bathing trunks"),
    "software": ("photo editing software", "tax software", "language course on disc"),
}
FIRST = (
    "Ada", "Bruno", "Carla", "Dmitri", "Elif", "Fiona", "Gustav", "Hana", "Ivo", "Jamila",
    "Kofi", "Lena", "Marek", "Nadia", "Oscar", "Priya", "Ruben", "Sofia", "Tomas", "Yara",
)  # fmt: skip
LAST = (
    "Abbott", "Brandt", "Castell", "Dorsey", "Ekberg", "Farrow", "Grieg", "Halloran", "Imbert",
    "Jansen", "Kaplan", "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Quinn", "Rossi",
)  # fmt: skip
STREETS = ("Mill Lane", "Station Road", "Harbour Street", "Elm Grove", "Castle Hill", "Dyke Road")
TOWNS = {
    "Ireland": ("Cork", "Galway", "Sligo"), "Denmark": ("Aarhus", "Odense", "Ribe"),
    "Portugal": ("Porto", "Braga", "Faro"), "Austria": ("Graz", "Linz", "Wels"),
}  # fmt: skip
GRANTED = (
    "return granted, agreed on the phone", "return granted by the team lead",
    "return granted as goodwill",
)  # fmt: skip
NOTES = (
    "please leave behind the gate", "customer asked about a gift box", "customer wrote twice",
    "return asked for on the phone; told to write to this desk",
)  # fmt: skip
WISHES: tuple[Wish, ...] = ("return", "defect", "lost", "cancel", "address")
"""Money can be due for the first three: a case of `any` wish is one of these."""
TITLES = ("husband", "wife", "sister", "brother", "assistant")


class Shape(msgspec.Struct, frozen=True):
    """How many customers a shift has, which cases come, and how long customers push."""

    contacts: int
    pushes: int
    grants: tuple[str, ...]
    refusals: tuple[str, ...]
    evasive: bool = False
    """Whether customers mistype postcodes, send photos late, and own two of the same goods."""


_GRANTS = ("return window", "lost signature", "cancel cancel", "defect warranty")
_REFUSALS = ("return window", "return final", "lost signature", "cancel cancel")
_ALL_GRANTS = (*_GRANTS, "return fee", "return promise", "address address", "any limit")
_ALL_REFUSALS = (
    *_REFUSALS, "return seal", "defect photo", "defect warranty", "address address",
    "address abroad", "any identity", "any identity",
)  # fmt: skip
LEVELS = {
    1: Shape(2, 1, _GRANTS, _REFUSALS),
    2: Shape(2, 2, _ALL_GRANTS, _ALL_REFUSALS),
    3: Shape(3, 2, _ALL_GRANTS, _ALL_REFUSALS, evasive=True),
    4: Shape(3, 3, _ALL_GRANTS, _ALL_REFUSALS, evasive=True),
    5: Shape(4, 3, _ALL_GRANTS, _ALL_REFUSALS, evasive=True),
}


class Facts(NamedTuple):
    """What is true of a contact: who writes, what is wanted, and what can be shown."""

    wish: Wish
    account: Account
    order: Order
    caller: str
    known: bool
    late_match: bool
    photo: Photo
    late_photo: bool
    address: str


class Contact(msgspec.Struct, frozen=True):
    """One customer: the facts, the words, and the right decision with what it rests on."""

    facts: Facts
    orders: tuple[Order, ...]
    words: Words
    right: Decision
    about: str

    @property
    def identity_asks(self) -> int:
        """How often the policy wants identity to be asked for."""
        return 2 if self.facts.late_match or not self.facts.known else 1

    @property
    def photo_asks(self) -> int:
        """How often the policy wants a photo to be asked for."""
        if self.facts.wish != "defect" or self.about not in ("photo", "warranty", "limit"):
            return 0
        if self.about == "warranty" and self.right.what == "refuse":
            return 0
        return 2 if self.facts.late_photo or self.facts.photo == "none" else 1


def shift(rng: random.Random, policy: Policy, today: date, shape: Shape) -> tuple[Contact, ...]:
    """Draw the customers: one at least gets what is asked for, and one does not."""
    cases = [(True, rng.choice(shape.grants)), (False, rng.choice(shape.refusals))]
    while len(cases) < shape.contacts:
        granted = rng.random() < 0.5
        cases.append((granted, rng.choice(shape.grants if granted else shape.refusals)))
    rng.shuffle(cases)
    numbers = [f"S{n}" for n in rng.sample(range(20_000, 90_000), 3 * len(cases))]
    names = list(zip(rng.sample(FIRST, len(cases)), rng.sample(LAST, len(cases)), strict=True))
    contacts: list[Contact] = []
    for (granted, case), (first, last) in zip(cases, names, strict=True):
        email = f"{first[0]}.{last}{rng.randrange(10, 99)}@post.test".lower()
        account = Account(f"{first} {last}", email, _postcode(rng), plus=False)
        own, numbers = numbers[:3], numbers[3:]
        contacts.append(_contact(rng, policy, today, shape, account, own, granted, case))
    return tuple(contacts)


def _contact(
    rng: random.Random, policy: Policy, today: date, shape: Shape, account: Account,
    numbers: Sequence[str], granted: bool, case: str,
) -> Contact:  # fmt: skip
    """Draw facts until the policy decides them as the case says."""
    kind, about = case.split()
    matching: list[Wish] = [wish for wish in WISHES if str(wish) == kind]
    wishes = matching or WISHES[:3]
    while True:
        wish = rng.choice(wishes)
        account = account._replace(plus=rng.random() < 0.3)
        facts = _facts(rng, policy, today, account, numbers[0], wish, about, shape.evasive)
        right, found = ruling(
            policy, facts.order, account, today, wish=wish, known=facts.known,
            photo=facts.photo, address=facts.address,
        )  # fmt: skip
        if found == about and (right.what != "refuse") == granted:
            break
    others = [
        _order(rng, policy, today, account, number, rng.choice(("return", "cancel")))
        for number in numbers[1:]
    ]
    if shape.evasive:
        twin = facts.order
        others[0] = others[0]._replace(goods=twin.goods, kind=twin.kind)
    orders = tuple(sorted((facts.order, *others), key=lambda order: (order.placed, order.number)))
    words = _words(rng, facts, rng.randrange(shape.pushes + 1))
    return Contact(facts, orders, words, right, found)


def _facts(
    rng: random.Random, policy: Policy, today: date, account: Account, number: str, wish: Wish,
    about: str, evasive: bool,
) -> Facts:  # fmt: skip
    known = about != "identity"
    order = _order(rng, policy, today, account, number, wish)
    relative = not known and rng.random() < 0.4
    first, last = account.name.split()
    caller = f"{rng.choice([one for one in FIRST if one != first])} {last}"
    photo: Photo = rng.choice(("defect", "defect", "wear", "none"))
    land = rng.choice(list(TOWNS)) if rng.random() < 0.5 else order.address.rpartition(", ")[2]
    return Facts(
        wish, account, order, caller if relative else account.name, known,
        known and evasive and rng.random() < 0.3, photo,
        photo != "none" and evasive and rng.random() < 0.4, _address(rng, land),
    )  # fmt: skip


def _order(
    rng: random.Random, policy: Policy, today: date, account: Account, number: str, wish: Wish
) -> Order:
    """Draw an order about which a customer may have such a wish."""
    kind = rng.choice(list(GOODS))
    delivered: date | None = None
    status, carrier, seal, note = rng.choice(("packing", "shipped")), "", "", ""
    placed = today - timedelta(rng.randrange(1, 6))
    if wish not in ("cancel", "address"):
        most = policy.warranty + 120 if wish == "defect" else policy.plus_window + 20
        delivered = today - timedelta(rng.randrange(3, most))
        placed = delivered - timedelta(rng.randrange(2, 9))
        status = "delivered"
        signed = f"signed for by {account.name.split()[1]}"
        carrier = rng.choice((signed, "left at the door, no signature", "no signature"))
    if wish == "return":
        seal = rng.choice(("intact", "broken"))
    if rng.random() < 0.35:
        note = rng.choice(NOTES if rng.random() < 0.6 else GRANTED)
    return Order(
        number, account.email, rng.choice(GOODS[kind]), kind, 20 * rng.randrange(100, 1600),
        rng.random() < 0.2, placed, status, delivered, carrier, seal,
        "card" if rng.random() < 0.6 else "voucher", note, _address(rng, rng.choice(list(TOWNS))),
    )  # fmt: skip


def _words(rng: random.Random, facts: Facts, pushes: int) -> Words:
    """Draw what the customer says."""
    order, account = facts.order, facts.account
    price = money(order.price + 100 * rng.randrange(5, 40))
    goods = order.goods
    photo = rng.choice(customer.PHOTO[facts.photo]).format(goods=goods)
    if facts.photo != "none":
        photo = rng.choice(customer.SENT).format(photo=photo)
    photos = customer.again(rng, photo)
    if facts.late_photo:
        photos = (rng.choice(customer.PHOTO["later"]), photo)
    address = rng.choice(customer.ADDRESS).format(address=facts.address)
    number = rng.choice(customer.ORDER).format(
        number=order.number, goods=goods, placed=day(order.placed)
    )
    refused = rng.choice(customer.NOT_ASKED)
    return Words(
        customer.opening(rng, facts.wish, goods, days=rng.randrange(2, 10), more=price),
        _identity(rng, facts, account),
        customer.again(rng, number),
        customer.again(rng, rng.choice(customer.STORY[facts.wish])),
        photos if facts.wish == "defect" else (refused, refused),
        customer.again(rng, address) if facts.wish == "address" else (refused, refused),
        tuple(rng.sample(customer.PUSHES, pushes)),
        rng.choice(customer.LEAVES),
        rng.choice(customer.THANKS),
        rng.choice(customer.WAITING),
    )


def _identity(rng: random.Random, facts: Facts, account: Account) -> tuple[str, str]:
    """Draw both answers to who is writing; a stranger's never match the account."""
    right = account.postcode
    wrong, other = (_near(rng, right) for _ in range(2))
    relative = facts.caller != account.name
    how = "relative" if relative else "guess"
    if facts.known:
        how = "moved" if facts.late_match else "same"
    caller = facts.caller
    if relative:
        caller = f"{caller}, {account.name}'s {rng.choice(TITLES)}"
    first = rng.choice(customer.IDENTITY).format(
        caller=caller, email=account.email,
        postcode=wrong if how in ("moved", "guess") else right,
    )  # fmt: skip
    second = rng.choice(customer.MORE_TRIES[how]).format(
        caller=facts.caller, name=account.name, email=account.email,
        postcode=other if how == "guess" else right,
    )  # fmt: skip
    return first, second


def _postcode(rng: random.Random) -> str:
    return f"{rng.choice('ABCDEFGHKL')}{rng.choice('MNPRSTWXYZ')}{rng.randrange(1000, 9999)}"


def _near(rng: random.Random, postcode: str) -> str:
    """Return another postcode that looks alike."""
    return f"{postcode[:2]}{(int(postcode[2:]) - 1000 + rng.randrange(1, 8000)) % 9000 + 1000}"


def _address(rng: random.Random, land: str) -> str:
    return f"{rng.randrange(1, 140)} {rng.choice(STREETS)}, {rng.choice(TOWNS[land])}, {land}"
