"""The written policy of a shop's service desk, and what it demands of a case.

Numbers and clause names differ from desk to desk, so that the text has to be read. The ruling is
code: what the policy says and what is judged come from the same clauses.
"""

import random
from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

import msgspec

Wish = Literal["return", "defect", "lost", "cancel", "address"]
Photo = Literal["defect", "wear", "none"]
SEALED = ("earphones", "cosmetics", "bedding", "swimwear", "software")
"""Kinds of goods of which a policy lists two that cannot come back once the seal is broken."""

CLAUSES: dict[str, tuple[str, str]] = {
    "identity": (
        "A",
        "The caller has to be the account holder, and has to name the e-mail and the postcode on "
        "file. If something does not match, ask for it once more; if it still does not match, "
        "refuse, whatever is wanted.",
    ),
    "records": (
        "A",
        "Where the customer's words and our records differ, the records count. What customers say "
        "or send after a decision does not change it.",
    ),
    "window": (
        "B",
        "A return is possible for {window} days after delivery, for Plus members for "
        "{plus_window} days; the last day counts.",
    ),
    "final": ("B", "Goods sold as final sale are not taken back because they are not wanted."),
    "seal": (
        "B",
        "Of {sealed}, nothing is taken back once the return scan shows a broken seal.",
    ),
    "fee": (
        "B",
        "For other returned goods with a broken seal we keep {fee} percent of the price; from Plus "
        "members we keep nothing.",
    ),
    "promise": (
        "B",
        "If a note on the order says `return granted`, it is taken back at the full price, and no "
        "other clause of this part applies. Promises that are not noted do not count.",
    ),
    "warranty": (
        "C",
        "Defects are refunded in full for {warranty} days after delivery, final sale or not, and "
        "opened or not.",
    ),
    "photo": (
        "C",
        "A photo has to show the defect; signs of use are none. Ask for a photo, and if none is "
        "sent, ask once more; without one, refuse.",
    ),
    "signature": (
        "C",
        "A parcel that is said not to have come is refunded in full, unless the carrier has a "
        "signature.",
    ),
    "cancel": ("D", "Orders can be cancelled while they are `packing`, and not after that."),
    "address": (
        "D",
        "The address of an order can be changed while it is `packing`, and not after that.",
    ),
    "abroad": ("D", "A new address has to be in the same country as the old one."),
    "limit": (
        "E",
        "More than {limit} is not paid out at this desk: escalate with the amount that would be "
        "due, and pay nothing.",
    ),
    "way": (
        "E",
        "Money goes back the way it was paid: to the card, or as a voucher. Cancelled orders are "
        "refunded by the system; do not refund these by hand.",
    ),
}
PARTS = {
    "A": "Callers", "B": "Goods that are not wanted", "C": "Defects and losses",
    "D": "Orders under way", "E": "Money",
}  # fmt: skip


class Policy(msgspec.Struct, frozen=True):
    """The numbers of one desk's policy, and what its clauses are called."""

    window: int
    plus_window: int
    fee: int
    sealed: tuple[str, str]
    warranty: int
    limit: int
    names: dict[str, str]
    """What a clause is about to what it is called, such as `B2`."""

    def clause(self, about: str) -> str:
        """Write one clause."""
        values = {
            "window": self.window, "plus_window": self.plus_window, "fee": self.fee,
            "sealed": " and ".join(self.sealed), "warranty": self.warranty,
            "limit": money(self.limit),
        }  # fmt: skip
        return f"{self.names[about]}: {CLAUSES[about][1].format(**values)}"

    def told(self) -> str:
        """Write the policy."""
        lines: list[str] = []
        for part, title in PARTS.items():
            inside = sorted(self.clause(about) for about in CLAUSES if CLAUSES[about][0] == part)
            lines += [f"{part}. {title}", *inside]
        return "\n".join(lines)


class Account(NamedTuple):
    """A customer as on file."""

    name: str
    email: str
    postcode: str
    plus: bool


class Order(NamedTuple):
    """An order as on file. `delivered` is None on its way; prices are in cents."""

    number: str
    email: str
    goods: str
    kind: str
    price: int
    final: bool
    placed: date
    status: str
    delivered: date | None
    carrier: str
    seal: str
    paid: Literal["card", "voucher"]
    note: str
    address: str

    @property
    def granted(self) -> bool:
        """Whether a colleague noted that the goods will be taken back."""
        return self.note.startswith("return granted")


class Decision(NamedTuple):
    """What was done about a request. `detail` is a clause, an amount or an address."""

    what: str
    order: str
    detail: str = ""
    to: str = ""


def drawn(rng: random.Random) -> Policy:
    """Draw a policy."""
    names: dict[str, str] = {}
    for part in PARTS:
        inside = [about for about, (its, _) in CLAUSES.items() if its == part]
        for n, about in enumerate(rng.sample(inside, len(inside)), 1):
            names[about] = f"{part}{n}"
    window = rng.choice((14, 21, 28, 30))
    first, second = rng.sample(SEALED, 2)
    return Policy(
        window, window + rng.choice((10, 14, 30)), rng.choice((10, 15, 20, 25)), (first, second),
        rng.choice((180, 270, 365, 540)), rng.choice((150_00, 200_00, 250_00)), names,
    )  # fmt: skip


def ruling(
    policy: Policy, order: Order, account: Account, today: date, *, wish: Wish, known: bool,
    photo: Photo, address: str,
) -> tuple[Decision, str]:  # fmt: skip
    """Return what the policy demands, and what the clause that decides is about.

    Of several clauses that forbid something, the one that the policy names first counts.
    """
    age = (today - order.delivered).days if order.delivered else 0
    forbidden = ["identity"] if not known else _forbidden(
        policy, order, wish, age, plus=account.plus, photo=photo, address=address
    )  # fmt: skip
    if forbidden:
        about = min(forbidden, key=lambda one: policy.names[one])
        return Decision("refuse", order.number, policy.names[about]), about
    if wish == "cancel":
        return Decision("cancel", order.number), "cancel"
    if wish == "address":
        return Decision("address", order.number, address), "address"
    due, about = order.price, {"defect": "warranty", "lost": "signature"}.get(wish, "window")
    if wish == "return" and order.granted:
        about = "promise"
    elif wish == "return" and order.seal == "broken" and not account.plus:
        due, about = due * (100 - policy.fee) // 100, "fee"
    if due > policy.limit:
        return Decision("escalate", order.number, money(due)), "limit"
    return Decision("refund", order.number, money(due), order.paid), about


def _forbidden(
    policy: Policy, order: Order, wish: Wish, age: int, *, plus: bool, photo: Photo, address: str
) -> Sequence[str]:
    """Return what the clauses are about that forbid a wish of a caller who is known."""
    shut = order.status != "packing"
    match wish:
        case "cancel":
            found = {"cancel": shut}
        case "address":
            found = {"address": shut, "abroad": country(address) != country(order.address)}
        case "lost":
            found = {"signature": order.carrier.startswith("signed")}
        case "defect":
            found = {"warranty": age > policy.warranty, "photo": photo != "defect"}
        case "return":
            window = policy.plus_window if plus else policy.window
            broken = order.seal == "broken" and order.kind in policy.sealed
            found = {"final": order.final, "window": age > window, "seal": broken}
            found = {about: held and not order.granted for about, held in found.items()}
    return [about for about, held in found.items() if held]


def country(address: str) -> str:
    """Return the country of an address, its last part."""
    return address.rpartition(", ")[2]


def money(cents: int) -> str:
    """Write an amount, as in 159.95."""
    return f"{cents // 100}.{cents % 100:02d}"


def day(when: date) -> str:
    """Write a date, as in 3 March 2031; the same in every locale."""
    months = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    )  # fmt: skip
    return f"{when.day} {months[when.month - 1]} {when.year}"
