"""The statistics: known effects are found, nothing is found where there is nothing.

`benchmarks/trial.py` measures coverage and false verdicts; here are the cases that must not break.
"""

import math

import numpy as np
import pytest

from firsthand.errors import UserError
from firsthand.trial.effects import FEWEST, Row, estimate, more_runs
from firsthand.trial.placebo import retossed
from firsthand.trial.power import Design, error, runs_for, smallest
from firsthand.trial.regression import holm, t_p
from firsthand.trial.verdicts import Look, judge, looks

ITEMS = ["a", "b", "c", "d"]


def rows(effects, runs=240, *, base=0.5, together=0.0, drift=0.0, ends=0.1, seed=0, tasks=6):
    """Simulate runs; `together` is what the first two items add only together."""
    rng = np.random.default_rng(seed)
    found = []
    for at in range(runs):
        coin = rng.random()
        mode = "all" if coin < ends else "none" if coin < 2 * ends else "random"
        x = {"all": np.ones(4), "none": np.zeros(4)}.get(mode, rng.integers(0, 2, 4))
        chance = base + float((x - 0.5) @ np.array(effects)) + drift * (at / runs - 0.5)
        chance += together * (x[0] * x[1] - 0.25)
        shown = frozenset(item for item, on in zip(ITEMS, x, strict=True) if on)
        value = float(rng.random() < chance)
        found.append(Row(value, f"t{at % tasks}", mode, shown, frozenset(ITEMS) - shown, 0.5))
    return found


def test_effects_and_the_whole_are_found():
    found = estimate(rows((0.3, -0.3, 0.0, 0.0), 600), ITEMS, binary=True)
    assert found.joint
    for item, true in zip(ITEMS, (0.3, -0.3, 0.0, 0.0), strict=True):
        own = found.items[item]
        assert own.interval.low <= true <= own.interval.high
        assert own.interval.high - own.interval.low < 0.2
        assert sum(own.n) == sum(row.mode == "random" for row in rows((0,) * 4, 600))
    assert found.whole.interval.low <= 0.0 <= found.whole.interval.high
    good = estimate(rows((0.2, 0.2, 0.1, 0.1), 600), ITEMS, binary=True)
    assert good.whole.interval.low > 0.3


def test_a_pair_that_only_works_together_is_found():
    found = estimate(rows((0.0,) * 4, 900, together=0.6), ITEMS, binary=True)
    best, *others = found.pairs
    assert best.items == ("a", "b")
    assert best.effect.adjusted < 0.01
    assert best.effect.interval.low <= 0.6 <= best.effect.interval.high
    assert all(pair.effect.adjusted > 0.01 for pair in others)
    assert len(found.pairs) == 6


def test_drift_is_taken_out():
    steady = estimate(rows((0.2, 0, 0, 0), 800, drift=0.0), ITEMS)
    drifting = estimate(rows((0.2, 0, 0, 0), 800, drift=0.6), ITEMS)
    assert drifting.items["a"].error < steady.items["a"].error
    assert drifting.items["a"].interval.low > 0


def test_few_runs_are_compared_one_at_a_time():
    rng, many = np.random.default_rng(1), [f"i{n}" for n in range(20)]
    few = []
    for n in range(40):
        shown = frozenset(item for item in many if rng.random() < 0.5)
        few.append(Row(float("i0" in shown), f"t{n % 4}", "random", shown, {*many} - shown, 0.5))
    found = estimate(few, many, binary=True)
    assert not found.joint
    assert found.pairs == ()
    assert found.items["i0"].mean == pytest.approx(1.0, abs=0.1)
    assert found.items["i0"].adjusted < 0.001


def test_an_item_that_was_hardly_shown_has_no_effect_yet():
    found = estimate(rows((0,) * 4, 10, ends=0.0), ITEMS)
    assert all(min(own.n) >= FEWEST for own in found.items.values())
    assert estimate([], ITEMS).items == {}
    assert estimate([], ITEMS).whole is None


def test_outcomes_that_never_vary_keep_intervals_wide_and_give_no_verdict():
    same = [Row(1.0, r.task, r.mode, r.shown, r.hidden, 0.5) for r in rows((0,) * 4, 120)]
    found = estimate(same, ITEMS, binary=True)
    assert not found.varied
    for own in [*found.items.values(), found.whole]:
        assert own.mean == pytest.approx(0.0, abs=1e-9)
        assert own.interval.high - own.interval.low > 0.05
    judged = judge(same, ITEMS, looks([120], 120), binary=True)
    assert {own.verdict for own in judged.values()} == {"undecided"}


def test_p_values_of_t_and_holm():
    assert t_p(2.086, 20) == pytest.approx(0.05, rel=0.02)
    assert t_p(1.96, 1e9) == pytest.approx(0.05, rel=0.001)
    assert t_p(-2.845, 20) == t_p(2.845, 20) == pytest.approx(0.01, rel=0.02)
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_looks_come_when_planned_runs_are_done_and_are_the_dearer_the_later():
    assert looks([100, 300], 99) == []
    first, second = looks([100, 300], 500)
    assert (first.runs, second.runs) == (100, 300)
    assert first.alpha + second.alpha < 0.05
    assert [look.runs for look in looks([], 219)] == [50, 100, 200]


def test_verdicts_are_given_at_looks_and_stay():
    found = rows((0.35, -0.35, 0.0, 0.0), 400)
    assert {own.verdict for own in judge(found, ITEMS, [], binary=True).values()} == {"undecided"}
    early = judge(found, ITEMS, [Look(1, 200, 0.03)], binary=True)
    assert [early[item].verdict for item in "abcd"] == ["keep", "drop", "undecided", "undecided"]
    after = [*found[:200], *rows((0.0,) * 4, 200, seed=5)]
    late = judge(after, ITEMS, [Look(1, 200, 0.03), Look(2, 400, 1e-9)], binary=True)
    assert (late["a"].verdict, late["a"].look) == ("keep", 1)
    gaps = [None if n % 10 == 0 else row for n, row in enumerate(found)]
    assert judge(gaps, ITEMS, [Look(1, 400, 0.03)], binary=True)["a"].verdict == "keep"


def test_more_runs_are_asked_for_where_they_can_help():
    found = judge(rows((0.12, 0, 0, 0), 240), ITEMS, [], binary=True)
    own = estimate(rows((0.12, 0, 0, 0), 240), ITEMS, binary=True).items["a"]
    assert found["a"].more == pytest.approx(more_runs(own, 240, 2.674), rel=0.05)
    assert more_runs(own, 240, 2.0, against=own.mean) == math.inf


def test_what_adds_less_than_it_must_be_worth_is_dropped():
    found = rows((0.35, 0.0, 0.0, 0.0), 3000)
    due = [Look(1, 3000, 0.03)]
    plain = judge(found, ITEMS, due, binary=True)
    assert [plain[item].verdict for item in "abcd"] == ["keep", *["undecided"] * 3]
    dear = judge(found, ITEMS, due, worth=0.1, binary=True)
    assert [dear[item].verdict for item in "abcd"] == ["keep", "drop", "drop", "drop"]


def test_tossed_again_nothing_is_found():
    found = retossed(rows((0.4, -0.4, 0, 0), 200), ITEMS, rounds=60, binary=True)
    assert found.any <= 7
    assert found.coverage > 0.9
    assert found.interval.low <= 0.05


def test_power_agrees_with_the_standard_error_of_the_estimate():
    design = Design(4)
    for effect in (0.1, 0.3):
        runs = runs_for(effect, design)
        assert smallest(runs, design) <= effect < smallest(runs - 1, design)
    found = estimate(rows((0,) * 4, 600), ITEMS, binary=True)
    mean = sum(own.error for own in found.items.values()) / 4
    assert mean == pytest.approx(error(600, design), rel=0.06)


def test_power_refuses_what_is_no_trial():
    with pytest.raises(UserError, match="lies between 0 and 1, got 0"):
        runs_for(0.0, Design(4))
    with pytest.raises(UserError, match="A success rate lies between 0 and 1, got 1"):
        runs_for(0.1, Design(4, rate=1.0))
    with pytest.raises(UserError, match="There must be an item on trial, got 0"):
        runs_for(0.1, Design(0))
