"""What model calls take: tokens, money and time, counted by phase and held to a budget.

Tokens are those that a server reports, else those counted by id, else an estimate from characters,
which is said. Left out: a table of prices (they change, so the user gives them) and discounts for
cached prompts, so that a cost is an upper bound where there are any.
"""

import math
import time
from collections.abc import Sequence

import msgspec

from firsthand.errors import UserError

CHARACTERS_PER_TOKEN = 4
"""English text under the tokenizers in use: 3.5 to 4.5; only used where nothing was reported."""

MILLION = 1_000_000


class Usage(msgspec.Struct, frozen=True):
    """What a number of model calls took. `sampled_tokens` include hidden reasoning."""

    calls: int = 0
    prompt_tokens: int = 0
    sampled_tokens: int = 0
    estimated: int = 0
    """Calls whose tokens were estimated from characters, because none were reported."""

    @property
    def tokens(self) -> int:
        """Prompt and sampled tokens together."""
        return self.prompt_tokens + self.sampled_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.sampled_tokens + other.sampled_tokens,
            self.estimated + other.estimated,
        )

    def times(self, factor: float) -> "Usage":
        """Scale every count, rounding up."""
        counts = (self.calls, self.prompt_tokens, self.sampled_tokens, self.estimated)
        return Usage(*(math.ceil(count * factor - 1e-6) for count in counts))


def estimated_tokens(text: str) -> int:
    """Estimate the tokens of a text from its characters; 0 for an empty one."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


class Prices(msgspec.Struct, frozen=True):
    """What tokens cost, in dollars per million."""

    prompt: float
    sampled: float

    @classmethod
    def parse(cls, text: str) -> "Prices":
        """Read `IN,OUT`, e.g. `0.15,0.60`. Raises `UserError`."""
        try:
            prompt, sampled = (float(part) for part in text.split(","))
        except ValueError:
            prompt = sampled = math.nan
        if not all(math.isfinite(price) and price >= 0 for price in (prompt, sampled)):
            raise UserError(
                f"A price is two numbers, dollars per million prompt and sampled tokens: "
                f"0.15,0.60. Got {text!r}."
            )
        return cls(prompt, sampled)

    def cost(self, usage: Usage) -> float:
        """Return dollars."""
        prompt, sampled = usage.prompt_tokens * self.prompt, usage.sampled_tokens * self.sampled
        return (prompt + sampled) / MILLION


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most that a run may take; None: no limit."""

    tokens: int | None = None
    """Prompt and sampled tokens together."""
    cost: float | None = None
    """Dollars; needs prices."""
    seconds: float | None = None
    """Wall time, from the making of the meter on."""


class Spent(msgspec.Struct, frozen=True):
    """What one phase took. `cost` is in dollars, None without prices."""

    phase: str
    usage: Usage
    seconds: float
    cost: float | None = None


class Meter:
    """Counts what a run takes, phase by phase, against a budget.

    One meter serves one run: every rollout and every other model call adds to it. Raises
    `UserError` for a budget in dollars without prices, and for limits that are not positive.
    """

    def __init__(self, budget: Budget = Budget(), prices: Prices | None = None) -> None:
        for name in budget.__struct_fields__:
            limit: float | None = getattr(budget, name)
            if limit is not None and not (math.isfinite(limit) and limit > 0):
                raise UserError(f"A budget's {name} must be above 0, got {limit!r}.")
        if budget.cost is not None and prices is None:
            raise UserError(
                "A budget in dollars needs prices: give dollars per million prompt and sampled "
                "tokens, e.g. --price 0.15,0.60 or Prices(0.15, 0.60)."
            )
        self.budget, self.prices = budget, prices
        self.episodes, self.played = 0, Usage()
        self._used: dict[str, Usage] = {}
        self._seconds: dict[str, float] = {}
        self._started = self._since = time.monotonic()
        self._phase = ""

    def begin(self, phase: str) -> None:
        """Count what follows under `phase`; the phase before it ends."""
        self._end()
        self._phase = phase

    def add(self, usage: Usage) -> None:
        """Count model calls outside an episode, e.g. a reviewer's."""
        self._used[self._phase] = self._used.get(self._phase, Usage()) + usage

    def add_episode(self, usage: Usage) -> None:
        """Count what one episode took."""
        self.add(usage)
        self.episodes, self.played = self.episodes + 1, self.played + usage

    @property
    def bounded(self) -> bool:
        """Whether there is a budget at all."""
        return self.budget != Budget()

    @property
    def total(self) -> Usage:
        """Everything that was counted."""
        return sum(self._used.values(), Usage())

    @property
    def cost(self) -> float | None:
        """Dollars so far; None without prices."""
        return self.prices.cost(self.total) if self.prices else None

    @property
    def seconds(self) -> float:
        """Wall time since the meter was made."""
        return time.monotonic() - self._started

    def expected(self, episodes: int) -> Usage:
        """Return what so many episodes will take if they are like those counted so far."""
        return self.played.times(episodes / self.episodes) if self.episodes else Usage()

    def over(self, more: Usage = Usage()) -> str | None:
        """Say which limit is reached, or would be passed by `more`; None while there is room."""
        budget, now = self.budget, self.total
        then = now + more
        if budget.tokens is not None and (
            now.tokens >= budget.tokens or then.tokens > budget.tokens
        ):
            return f"{now.tokens:,} of {budget.tokens:,} tokens are spent"
        if budget.cost is not None and self.prices is not None:
            spent, later = self.prices.cost(now), self.prices.cost(then)
            if spent >= budget.cost or later > budget.cost:
                return f"{dollars(spent)} of {dollars(budget.cost)} are spent"
        if budget.seconds is not None and self.seconds >= budget.seconds:
            return f"{duration(self.seconds)} of {duration(budget.seconds)} have passed"
        return None

    def spent(self) -> tuple[Spent, ...]:
        """Return what each phase took, in the order in which they began."""
        self._end()
        return tuple(
            Spent(
                phase,
                usage := self._used.get(phase, Usage()),
                round(self._seconds.get(phase, 0.0), 3),
                self.prices.cost(usage) if self.prices else None,
            )
            for phase in dict.fromkeys((*self._seconds, *self._used))
            if phase or phase in self._used
        )

    def _end(self) -> None:
        now = time.monotonic()
        passed, self._since = now - self._since, now
        self._seconds[self._phase] = self._seconds.get(self._phase, 0.0) + passed


def described(usage: Usage, *, cost: float | None = None, seconds: float | None = None) -> str:
    """Say in words what was taken: tokens in and out, dollars, time; estimates are called so."""
    parts = [f"{usage.prompt_tokens:,} prompt and {usage.sampled_tokens:,} sampled tokens"]
    if usage.estimated:
        parts[0] += f" (estimated for {usage.estimated:,} of {usage.calls:,} calls)"
    if cost is not None:
        parts.append(dollars(cost))
    if seconds is not None:
        parts.append(duration(seconds))
    return ", ".join(parts)


def table_rows(spent: Sequence[Spent]) -> list[tuple[str, str]]:
    """Return one row `(phase, what it took)` for each phase, and a last one for all of them."""
    rows = [
        (phase.phase or "all", described(phase.usage, cost=phase.cost, seconds=phase.seconds))
        for phase in spent
    ]
    if len(rows) > 1:
        usage = sum((phase.usage for phase in spent), Usage())
        costs = [phase.cost for phase in spent if phase.cost is not None]
        seconds = sum(phase.seconds for phase in spent)
        cost = sum(costs) if costs else None
        rows.append(("all", described(usage, cost=cost, seconds=seconds)))
    return rows


def rounded(tokens: float) -> str:
    """Write a count with two or three digits: 950, 12 k, 1.3 M."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if tokens >= size:
            value = tokens / size
            return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return f"{tokens:.0f}"


def dollars(cost: float) -> str:
    """Write an amount: $0.0042, $0.35, $12.40."""
    return f"${cost:.4f}" if 0 < cost < 0.1 else f"${cost:,.2f}"


def duration(seconds: float) -> str:
    """Write a time in the unit that fits: 12 s, 40 minutes, 3.5 hours."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
