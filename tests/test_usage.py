"""What model calls take: counts, prices, budgets, words."""

import re

import pytest

from firsthand.errors import UserError
from firsthand.prompt import Completion, Message, Prompt, usage_of
from firsthand.usage import (
    Budget,
    Meter,
    Prices,
    Usage,
    described,
    dollars,
    duration,
    rounded,
    table_rows,
)

ONE = Usage(1, 900, 100)
PRICES = Prices(0.15, 0.60)


def test_usage_adds_up_and_scales():
    assert ONE + Usage(2, 1, 2, 1) == Usage(3, 901, 102, 1)
    assert (ONE + ONE).tokens == 2000
    assert Usage(3, 10, 5).times(1 / 3) == Usage(1, 4, 2)


def test_prices_are_dollars_per_million_tokens():
    assert Prices.parse("0.15, 0.60") == PRICES
    assert PRICES.cost(Usage(1, 2_000_000, 1_000_000)) == pytest.approx(0.9)


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "-1,2", "nan,1", "1,inf"])
def test_a_price_that_is_not_two_amounts_is_refused(text):
    with pytest.raises(UserError, match=re.escape(f"0.15,0.60. Got {text!r}.")):
        Prices.parse(text)


def test_a_meter_counts_by_phase():
    meter = Meter(prices=PRICES)
    meter.begin("eval: before")
    meter.add_episode(ONE)
    meter.begin("review")
    meter.add(Usage(1, 50, 50, 1))
    first, second = meter.spent()
    assert (first.phase, first.usage, first.cost) == ("eval: before", ONE, PRICES.cost(ONE))
    assert (second.phase, second.usage.estimated) == ("review", 1)
    assert meter.total == Usage(2, 950, 150, 1)
    assert meter.cost == pytest.approx(PRICES.cost(meter.total))
    assert meter.expected(3) == Usage(3, 2700, 300)
    rows = table_rows(meter.spent())
    assert [phase for phase, _ in rows] == ["eval: before", "review", "all"]
    assert "950 prompt and 150 sampled tokens (estimated for 1 of 2 calls), $0.0002" in rows[-1][1]


def test_a_budget_is_over_when_it_is_spent_or_would_be():
    meter = Meter(Budget(tokens=2000))
    meter.add_episode(ONE)
    assert meter.over(meter.expected(1)) is None
    assert meter.over(meter.expected(2)) == "1,000 of 2,000 tokens are spent"
    meter.add_episode(ONE)
    assert meter.over() == "2,000 of 2,000 tokens are spent"
    paid = Meter(Budget(cost=0.001), PRICES)
    paid.add(Usage(1, 0, 2000))
    assert paid.over() == "$0.0012 of $0.0010 are spent"
    assert Meter(Budget(seconds=1e-9)).over() == "0.0 s of 0.0 s have passed"
    assert Meter().over(Usage(1, 10**12, 0)) is None


def test_a_budget_that_cannot_be_held_is_refused():
    with pytest.raises(UserError, match="A budget in dollars needs prices"):
        Meter(Budget(cost=1.0))
    with pytest.raises(UserError, match="A budget's tokens must be above 0, got 0"):
        Meter(Budget(tokens=0))
    with pytest.raises(UserError, match="A budget's seconds must be above 0, got nan"):
        Meter(Budget(seconds=float("nan")))


def test_a_call_is_counted_as_reported_by_ids_or_estimated():
    prompt = Prompt([Message("user", "x" * 40)])
    assert usage_of(prompt, Completion("hello", usage=ONE)) == ONE
    assert usage_of(prompt, Completion("hello", prompt_ids=[1, 2], ids=[3])) == Usage(1, 2, 1)
    assert usage_of(prompt, Completion("y" * 9)) == Usage(1, 10, 3, estimated=1)


def test_amounts_are_written_for_readers():
    assert [rounded(n) for n in (950, 12_345, 1_300_000, 2.5e10)] == [
        "950",
        "12 k",
        "1.3 M",
        "25 G",
    ]
    assert [dollars(cost) for cost in (0.0, 0.0042, 0.35, 1234.5)] == [
        "$0.00",
        "$0.0042",
        "$0.35",
        "$1,234.50",
    ]
    assert [duration(s) for s in (2.5, 80, 2400, 12_600)] == [
        "2.5 s",
        "80 s",
        "40 minutes",
        "3.5 hours",
    ]
    assert described(ONE) == "900 prompt and 100 sampled tokens"
