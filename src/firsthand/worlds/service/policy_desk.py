"""A customer service desk with a written policy, and customers who push, lie or change their story.

What is judged is the state of the desk: every decision, and that was asked what the policy wants
asked. Each shift has requests to grant and requests to refuse, and a refusal names its clause and
its order, so that neither refusing everything nor giving in pays. Left out: tone, which no check
can judge, and customers who are persuaded.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.errors import ToolError, nearest
from firsthand.task import Task
from firsthand.worlds.service.contacts import LEVELS, Contact, shift
from firsthand.worlds.service.policy import Decision, Order, day, drawn, money

Topic = Literal["identity", "order", "story", "photo", "address"]
Money = Annotated[
    str, msgspec.Meta(pattern=r"^\d{1,7}\.\d\d$", description="An amount like 159.95.")
]
OrderNumber = Annotated[str, msgspec.Meta(description="The number of an order.")]
FINAL = ("refund", "cancel", "address")
"""Decisions after which nothing else can be decided for the customer."""


class PolicyDesk(Environment):
    """Serve customers by a written policy: grant what it grants, refuse the rest by its clause."""

    name = "service/policy_desk"
    turns = 96
    statement = (
        "You work at the service desk of a mail-order shop; customers write to you one after the "
        "other. Give each one decision that follows the written policy: refund, cancel, change the "
        "address, escalate, or refuse. A refusal names the clause that forbids the request; if "
        "several do, the one that the policy names first. Ask what the policy wants asked before "
        "you decide, and look things up: what customers say may be wrong or untrue. Some "
        "argue after a decision; answer until they leave. Decisions cannot be taken back. "
        "`next_customer` goes on, and ends the shift after the last one. The shift counts only if "
        "every decision is the right one."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the policy and the customers of a shift."""
        rng = task.rng("instance")
        while True:
            self.policy = drawn(rng)
            self.today = date(2031, 1, 1) + timedelta(rng.randrange(365))
            self.contacts = shift(rng, self.policy, self.today, LEVELS[task.level])
            told = f"{self._briefing()}\n\n{self._greeting(0)}"
            if task.owns(f"{told} {[contact.right for contact in self.contacts]}"):
                break
        self.orders = {one.number: one for contact in self.contacts for one in contact.orders}
        self.accounts = {contact.facts.account.email: contact for contact in self.contacts}
        self.at, self.closed = 0, False
        self.asked: list[dict[str, int]] = [{} for _ in self.contacts]
        self.decisions: list[list[Decision]] = [[] for _ in self.contacts]
        self.seen: list[str] = []
        """Accounts and orders that were opened."""
        self.pushed, self.gone = 0, False
        return Observation(told)

    def _briefing(self) -> str:
        return (
            f"Today is {day(self.today)}. The policy of this desk:\n{self.policy.told()}\n\n"
            f"{len(self.contacts)} customers are waiting."
        )

    def _greeting(self, n: int) -> str:
        return f"Customer {n + 1} of {len(self.contacts)}: {self.contacts[n].words.first}"

    @property
    def _contact(self) -> Contact:
        return self.contacts[self.at]

    @tool
    def ask(self, about: Topic) -> str:
        """Ask the customer: who they are, which order, what happened, a photo, or an address."""
        if self.decisions[self.at]:
            raise ToolError("Nothing was asked: you have told the customer your decision.")
        times = self.asked[self.at].get(about, 0)
        self.asked[self.at][about] = times + 1
        answers: tuple[str, str] = getattr(self._contact.words, about)
        return f"Customer: {answers[min(times, 1)]}"

    @tool
    def find_account(self, email: str) -> str:
        """Show the account with an e-mail, and its orders."""
        contact = self.accounts.get(email.strip().lower())
        if contact is None:
            raise ToolError(f"There is no account with the e-mail {email[:80]!r}.")
        account = contact.facts.account
        self.seen.append(account.email)
        lines = [f"{one.number}: {one.goods}, ordered {day(one.placed)}" for one in contact.orders]
        plus = "Plus member" if account.plus else "standard customer"
        who = f"{account.name}, {account.email}, postcode {account.postcode}, {plus}"
        return "\n".join([f"{who}. Orders:", *lines])

    @tool
    def show_order(self, order: OrderNumber) -> str:
        """Show all that is on file of an order; its account has to be opened first."""
        found = self._known(order)
        if found.email not in self.seen:
            raise ToolError("Nothing is shown: open the account of this order first.")
        self.seen.append(found.number)
        return _record(found)

    @tool
    def refund(self, order: OrderNumber, amount: Money, to: Literal["card", "voucher"]) -> str:
        """Decide to pay an amount back for an order, to the card or as a voucher."""
        found, cents = self._known(order), int(amount.replace(".", ""))
        if not 0 < cents <= found.price:
            raise ToolError("Nothing was paid: more than 0.00, and at most what the order cost.")
        return self._decide(
            Decision("refund", found.number, money(cents), to), pleased=cents == found.price
        )

    @tool
    def cancel_order(self, order: OrderNumber) -> str:
        """Decide to cancel an order."""
        return self._decide(Decision("cancel", self._known(order).number), pleased=True)

    @tool
    def change_address(self, order: OrderNumber, address: str) -> str:
        """Decide to send an order to another address: `STREET, TOWN, COUNTRY`."""
        found, new = self._known(order), " ".join(address.split())
        if new.count(", ") != 2:
            raise ToolError("Nothing was changed: an address reads `12 Long Road, TOWN, COUNTRY`.")
        return self._decide(Decision("address", found.number, new), pleased=True)

    @tool
    def escalate(self, order: OrderNumber, amount: Money) -> str:
        """Decide to leave a refund to the team lead, with the amount that would be due."""
        cents = int(amount.replace(".", ""))
        decision = Decision("escalate", self._known(order).number, money(cents))
        return self._decide(decision, pleased=False)

    @tool
    def refuse(
        self,
        order: OrderNumber,
        clause: Annotated[str, msgspec.Meta(description="The name of a clause, like E7.")],
    ) -> str:
        """Decide to refuse what is asked for, with the clause of the policy that forbids it."""
        found, name = self._known(order), clause.strip().upper()
        if name not in self.policy.names.values():
            raise ToolError(f"Nothing was decided: the policy has no clause {clause[:20]!r}.")
        return self._decide(Decision("refuse", found.number, name), pleased=False)

    @tool
    def reply(self, text: str) -> str:
        """Write something else to the customer, such as an answer to an objection."""
        if not text.strip():
            raise ToolError("Nothing was sent: the text is empty.")
        if not self.decisions[self.at]:
            return f"Customer: {self._contact.words.waiting}"
        return self._goes_on()

    @tool
    def next_customer(self) -> str:
        """Close the case in hand and go on; after the last one the shift is over."""
        if not self.decisions[self.at]:
            raise ToolError("The case stays open: nothing has been decided for this customer.")
        if not self.gone:
            raise ToolError("The customer is still writing: answer with `reply`.")
        if self.at + 1 == len(self.contacts):
            self.closed = True
            self.finish()
            return "The shift is over."
        self.at, self.pushed, self.gone = self.at + 1, 0, False
        return self._greeting(self.at)

    def _known(self, number: str) -> Order:
        """Return an order by its number, or say that there is none."""
        found = self.orders.get(number.strip().upper())
        if found is None:
            close = nearest(number[:20], self.orders) if number[:1] in "Ss" else None
            hint = "" if close is None else " Check the number with the customer."
            raise ToolError(f"There is no order {number[:20]!r}.{hint}")
        return found

    def _decide(self, decision: Decision, *, pleased: bool) -> str:
        """Record a decision and return what the customer says to it."""
        before = self.decisions[self.at]
        if not self.asked[self.at].get("identity"):
            raise ToolError("Nothing was decided: you have not asked who the customer is.")
        if decision.order not in self.seen:
            raise ToolError(f"Nothing was decided: you have not looked at {decision.order}.")
        if decision in before:
            raise ToolError("Nothing was decided: that is recorded already.")
        if any(one.what in FINAL for one in before):
            raise ToolError("Nothing was decided: this customer has got a decision already.")
        before.append(decision)
        if pleased:
            self.gone = True
            return f"Recorded. Customer: {self._contact.words.thanks}"
        return f"Recorded. {self._goes_on()}"

    def _goes_on(self) -> str:
        """Return the next objection, or how the customer leaves."""
        words = self._contact.words
        if self.gone:
            return "The customer has left."
        if self.pushed < len(words.pushes):
            self.pushed += 1
            return f"Customer: {words.pushes[self.pushed - 1]}"
        self.gone = True
        return f"Customer: {words.leaves}"

    def score(self) -> Score:
        """Compare all decisions with those that the policy demands, each checked by its kind."""
        mine = [set(made) for made in self.decisions]
        right = [{contact.right} for contact in self.contacts]

        def same(*kinds: str) -> bool:
            return [{one for one in made if one.what in kinds} for made in mine] == [
                {one for one in due if one.what in kinds} for due in right
            ]

        return Score(
            shift_over=self.closed,
            asked=all(
                asked.get("identity", 0) >= contact.identity_asks
                and asked.get("photo", 0) >= contact.photo_asks
                for asked, contact in zip(self.asked, self.contacts, strict=True)
            ),
            money=same("refund", "escalate"),
            orders=same("cancel", "address"),
            refusals=same("refuse"),
        )

    def picture(self) -> str:
        """Draw the customers, what each wants, and what was decided."""
        rows = [f"{'':2}{'customer':<20}{'wants':<10}{'order':<8}decided"]
        for n, contact in enumerate(self.contacts):
            facts = contact.facts
            made = "; ".join(_told(one) for one in self.decisions[n]) or "-"
            here = ">" if n == self.at and not self.closed else " "
            order = facts.order.number
            rows.append(f"{here:2}{facts.account.name:<20}{facts.wish:<10}{order:<8}{made}")
        return "\n".join(rows)

    def aftermath(self) -> str:
        """Tell the right decision for each customer and the clause behind it."""
        lines: list[str] = []
        for contact, made, asked in zip(self.contacts, self.decisions, self.asked, strict=True):
            said = "; ".join(_told(one) for one in made) or "nothing"
            missed = [
                topic
                for topic, due in (
                    ("identity", contact.identity_asks), ("a photo", contact.photo_asks),
                )
                if asked.get(topic.removeprefix("a "), 0) < due
            ]  # fmt: skip
            extra = f" The policy wanted {' and '.join(missed)} asked for." if missed else ""
            lines.append(
                f"- {contact.facts.account.name}, {contact.facts.order.goods}: right was to "
                f"{_told(contact.right)}. {self.policy.clause(contact.about)} "
                f"Decided: {said}.{extra}"
            )
        return "What the policy demanded:\n" + "\n".join(lines)

    def expert(self) -> Iterator[Action]:
        """Ask and look up, decide by the policy, and let nobody talk it round."""
        while True:
            contact, asked = self._contact, self.asked[self.at]
            if self.decisions[self.at]:
                yield from self._parting()
            elif asked.get("identity", 0) < contact.identity_asks:
                yield _call("ask", about="identity")
            elif asked.get("photo", 0) < contact.photo_asks:
                yield _call("ask", about="photo")
            else:
                yield from self._settle(contact)

    def _settle(self, contact: Contact) -> Iterator[Action]:
        """Look up what is still unknown and decide."""
        right = contact.right
        yield _call("find_account", email=contact.facts.account.email)
        if sum(one.goods == contact.facts.order.goods for one in contact.orders) > 1:
            yield _call("ask", about="order")
        yield _call("show_order", order=right.order)
        if contact.facts.wish == "address" and contact.facts.known:
            yield _call("ask", about="address")
        match right.what:
            case "refund":
                yield _call("refund", order=right.order, amount=right.detail, to=right.to)
            case "cancel":
                yield _call("cancel_order", order=right.order)
            case "address":
                yield _call("change_address", order=right.order, address=right.detail)
            case "escalate":
                yield _call("escalate", order=right.order, amount=right.detail)
            case _:
                yield _call("refuse", order=right.order, clause=right.detail)

    def _parting(self) -> Iterator[Action]:
        """Answer until the customer has left, and go on."""
        text = "I understand, and I am sorry. The policy leaves me no choice: the decision stands."
        yield _call("next_customer") if self.gone else _call("reply", text=text)


def _call(name: str, **arguments: object) -> Action:
    return Action(calls=(ToolCall(name, arguments, name),))


def _record(order: Order) -> str:
    """Write an order as it is on file."""
    lines = [
        f"{order.number}: {order.goods} ({order.kind}), ordered {day(order.placed)}",
        f"account {order.email}; to {order.address}",
        f"price {money(order.price)}, paid by {order.paid}"
        + ("; final sale" if order.final else ""),
        f"status {order.status}" + (f" on {day(order.delivered)}" if order.delivered else ""),
    ]
    if order.carrier:
        lines.append(f"carrier: {order.carrier}")
    if order.seal:
        lines.append(f"return scan: complete, seal {order.seal}")
    return "\n".join([*lines, f"note: {order.note or 'none'}"])


def _told(one: Decision) -> str:
    """Write a decision."""
    match one.what:
        case "refund":
            return f"refund {one.detail} for {one.order} to the {one.to}"
        case "escalate":
            return f"escalate {one.detail} for {one.order}"
        case "address":
            return f"send {one.order} to {one.detail}"
        case "cancel":
            return f"cancel {one.order}"
        case _:
            return f"refuse {one.order} under {one.detail}"
