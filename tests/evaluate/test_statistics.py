import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import UserError
from firsthand.evaluate.statistics import (
    Interval,
    PairedBet,
    alpha_at,
    bootstrap_by_task,
    effective_n,
    mcnemar,
    paired_difference,
    pass_at_k,
    t_quantile,
    wilson,
)

shares = st.floats(0, 1)
binary = st.sampled_from([0.0, 1.0])


def covered(found: Interval, truth: float) -> bool:
    return found.low - 1e-12 <= truth <= found.high + 1e-12


class TestWilson:
    def test_known_values(self) -> None:
        # Newcombe (1998), table I: 81 of 263 and 15 of 148.
        assert wilson(81, 263) == Interval(
            pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4)
        )
        assert wilson(15, 148) == Interval(
            pytest.approx(0.0624, abs=1e-4), pytest.approx(0.1605, abs=1e-4)
        )

    def test_is_not_certain_after_twenty_of_twenty(self) -> None:
        assert wilson(20, 20) == Interval(pytest.approx(0.8389, abs=1e-4), 1.0)
        assert wilson(0, 20).low == 0.0

    def test_knows_nothing_without_data(self) -> None:
        assert wilson(0, 0) == Interval(0.0, 1.0)

    def test_refuses_impossible_input(self) -> None:
        with pytest.raises(UserError, match=r"Successes lie between 0 and n, got 3 of 2\."):
            wilson(3, 2)
        with pytest.raises(
            UserError, match=r"A confidence lies between 0 and 1, got 95: write 0\.95 for 95%\."
        ):
            wilson(1, 2, confidence=95)

    @given(
        st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        st.floats(0.01, 0.999),
    )
    def test_holds_the_estimate_inside_the_unit_interval(
        self, data: tuple[int, int], confidence: float
    ) -> None:
        successes, n = data
        found = wilson(successes, n, confidence=confidence)
        assert 0.0 <= found.low <= successes / n <= found.high <= 1.0

    @pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9])
    @pytest.mark.parametrize("n", [20, 60, 200])
    def test_covers(self, share: float, n: int) -> None:
        chances = [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
        assert (
            sum(chance for k, chance in enumerate(chances) if covered(wilson(k, n), share)) >= 0.92
        )


class TestEffectiveN:
    def test_is_the_number_of_tasks_without_repeats(self) -> None:
        assert effective_n([[1.0], [0.0], [1.0], [0.0]]) == 4

    def test_counts_identical_repeats_once(self) -> None:
        assert effective_n([[1.0] * 8, [0.0] * 8] * 10) == pytest.approx(20)

    def test_counts_independent_repeats_fully(self) -> None:
        plays = (np.random.default_rng(0).random((4000, 4)) < 0.3).astype(float)
        assert effective_n(plays.tolist()) == pytest.approx(16000, rel=0.06)

    def test_is_careful_where_it_cannot_tell(self) -> None:
        assert effective_n([[1.0, 1.0], [1.0, 1.0], []]) == 2
        assert effective_n([[1.0, 0.0]]) == 1
        assert effective_n([]) == 0
        assert effective_n([[1.0, 0.0], [0.0, 1.0]]) == 4

    def test_makes_wilson_cover_with_repeats_that_resemble_each_other(self) -> None:
        rng, hits, naive = np.random.default_rng(1), 0, 0
        for _ in range(1000):
            plays = (rng.random((60, 8)) < rng.beta(0.5, 1.0, (60, 1))).astype(float)
            share, n = float(plays.mean()), effective_n(plays.tolist())
            hits += covered(wilson(share * n, n), 1 / 3)
            naive += covered(wilson(plays.sum(), plays.size), 1 / 3)
        assert hits / 1000 >= 0.93
        assert naive / 1000 < 0.75


class TestBootstrap:
    def test_is_deterministic_and_contains_the_mean(self) -> None:
        values = [[0.0], [0.5], [1.0], [0.25]] * 10
        found = bootstrap_by_task(values)
        assert found == bootstrap_by_task(values)
        assert found != bootstrap_by_task(values, seed=1)
        assert found.low < 0.4375 < found.high

    def test_resamples_tasks_not_plays(self) -> None:
        once = bootstrap_by_task([[0.0], [1.0]] * 20)
        repeated = bootstrap_by_task([[0.0] * 50, [1.0] * 50] * 20)
        assert repeated == once

    def test_keeps_a_width_where_all_agree(self) -> None:
        found = bootstrap_by_task([[1.0]] * 60)
        assert found.high == 1.0
        assert 0.9 < found.low < 0.99

    def test_knows_nothing_without_data(self) -> None:
        assert bootstrap_by_task([]) == Interval(0.0, 1.0)
        assert bootstrap_by_task([[], []]) == Interval(0.0, 1.0)

    def test_refuses_values_that_are_no_scores(self) -> None:
        with pytest.raises(UserError, match=r"Scores lie in \[0, 1\], got a task with mean 2\."):
            bootstrap_by_task([[0.0], [2.0]])
        with pytest.raises(UserError, match="got a task with mean nan"):
            bootstrap_by_task([[math.nan]])
        with pytest.raises(UserError, match="A confidence lies between"):
            bootstrap_by_task([[1.0]], confidence=0.0)

    @given(st.lists(st.lists(shares, max_size=3), max_size=12), st.floats(0.1, 0.99))
    def test_stays_in_range_around_the_mean(
        self, values: list[list[float]], confidence: float
    ) -> None:
        found = bootstrap_by_task(values, confidence=confidence, resamples=200)
        means = [sum(task) / len(task) for task in values if task]
        assert 0.0 <= found.low <= found.high <= 1.0
        assert not means or covered(found, float(np.mean(means)))

    @pytest.mark.parametrize("share", [0.05, 0.5])
    @pytest.mark.parametrize("n", [20, 60])
    def test_covers(self, share: float, n: int) -> None:
        draws = (np.random.default_rng(n).random((500, n, 1)) < share).astype(float).tolist()
        assert (
            np.mean([covered(bootstrap_by_task(draw, resamples=1000), share) for draw in draws])
            >= 0.92
        )


class TestPassAtK:
    def test_known_values(self) -> None:
        assert pass_at_k(10, 3, 1) == pytest.approx(0.3)
        assert pass_at_k(5, 2, 3) == pytest.approx(1 - 1 / 10)
        assert pass_at_k(4, 0, 4) == 0.0
        assert pass_at_k(4, 1, 4) == 1.0

    def test_is_unbiased(self) -> None:
        n, k, share = 6, 3, 0.35
        expected = sum(
            math.comb(n, c) * share**c * (1 - share) ** (n - c) * pass_at_k(n, c, k)
            for c in range(n + 1)
        )
        assert expected == pytest.approx(1 - (1 - share) ** k)

    def test_says_how_often_to_play(self) -> None:
        with pytest.raises(
            UserError, match=r"got n=4, c=1, k=8: play each task at least k times\."
        ):
            pass_at_k(4, 1, 8)


class TestPairedDifference:
    def test_known_values(self) -> None:
        # Bonett & Price (2012), with t(101) = 1.983731: 15 and 5 discordant of 100.
        found = paired_difference(
            [0.0] * 15 + [1.0] * 5 + [1.0] * 80, [1.0] * 15 + [0.0] * 5 + [1.0] * 80
        )
        assert found.mean == pytest.approx(0.10)
        half = 1.983731 * math.sqrt((16 / 102 + 6 / 102 - (10 / 102) ** 2) / 102)
        assert found.interval == Interval(
            pytest.approx(10 / 102 - half, abs=1e-5), pytest.approx(10 / 102 + half, abs=1e-5)
        )
        assert (found.n, found.better, found.worse, found.same) == (100, 15, 5, 80)
        assert found.p == pytest.approx(0.041389, abs=1e-6)

    def test_gives_no_mcnemar_for_partial_credit(self) -> None:
        assert paired_difference([0.0, 0.5], [1.0, 0.5]).p is None

    def test_keeps_a_width_where_nothing_differs(self) -> None:
        found = paired_difference([1.0] * 60, [1.0] * 60)
        assert found.mean == 0.0
        assert found.p == 1.0
        assert -0.06 < found.interval.low < -0.02 < 0.02 < found.interval.high < 0.06

    def test_small_graded_differences_get_an_interval_of_their_own_size(self) -> None:
        after = [0.5 + step for step in np.random.default_rng(0).normal(0.02, 0.05, 100)]
        found = paired_difference([0.5] * 100, after).interval
        assert 0.015 < found.high - found.low < 0.025, "with two imagined changes of 1 it was 0.058"

    def test_a_large_graded_change_may_not_have_been_seen_yet(self) -> None:
        few = paired_difference([0.5] * 20, [0.5] * 20).interval
        many = paired_difference([0.5] * 200, [0.5] * 200).interval
        assert few.high > 0.1 and many.high < 0.002

    def test_knows_nothing_without_data(self) -> None:
        found = paired_difference([], [])
        assert (found.mean, found.n, found.p) == (0.0, 0, None)
        assert found.interval == Interval(-1.0, 1.0)

    def test_refuses_sides_that_do_not_match(self) -> None:
        with pytest.raises(
            UserError, match="the same tasks on both sides, got 2 before and 1 after"
        ):
            paired_difference([0.0, 1.0], [1.0])
        with pytest.raises(UserError, match="leave failed episodes out instead of scoring them"):
            paired_difference([0.0], [math.nan])

    @given(st.lists(st.tuples(shares, shares), min_size=1, max_size=40), st.floats(0.05, 0.999))
    def test_is_antisymmetric_and_holds_the_mean(
        self, pairs: list[tuple[float, float]], confidence: float
    ) -> None:
        before, after = zip(*pairs, strict=True)
        there, back = (
            paired_difference(before, after, confidence=confidence),
            paired_difference(after, before, confidence=confidence),
        )
        assert -1.0 <= there.interval.low <= there.mean <= there.interval.high <= 1.0
        assert there.mean == pytest.approx(-back.mean)
        assert (there.interval.low, there.interval.high) == (
            pytest.approx(-back.interval.high),
            pytest.approx(-back.interval.low),
        )
        assert (there.better, there.worse) == (back.worse, back.better)

    @pytest.mark.parametrize("n", [60, 200])
    @pytest.mark.parametrize(
        ("better", "worse"),
        [(0.5, 0.1), (0.3, 0.3), (0.05, 0.01), (0.02, 0.02), (0.01, 0.0), (0.9, 0.0)],
    )
    def test_covers_for_binary_scores(self, n: int, better: float, worse: float) -> None:
        drawn = np.random.default_rng(n).choice(
            3, p=[better, worse, 1 - better - worse], size=(2000, n)
        )
        intervals = [
            paired_difference((row == 1).astype(float), (row == 0).astype(float)).interval
            for row in drawn
        ]
        # 2,000 draws: a true 0.95 is measured within ±0.01.
        assert np.mean([covered(found, better - worse) for found in intervals]) >= 0.935

    @pytest.mark.parametrize("n", [60, 200])
    def test_covers_for_partial_credit(self, n: int) -> None:
        rng = np.random.default_rng(n)
        before, after = rng.beta(2, 3, (2000, n)), rng.beta(0.5, 0.5, (2000, n))
        hits = [
            covered(paired_difference(b, a).interval, 0.1)
            for b, a in zip(before, after, strict=True)
        ]
        assert np.mean(hits) >= 0.935


def test_mcnemar_is_the_exact_binomial_test() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert mcnemar(1, 8) == pytest.approx(0.0390625)  # (1 + 9) / 2**9 on each side
    assert mcnemar(8, 1) == mcnemar(1, 8)


def changes(better: float, worse: float, reps: int, n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(
        [1.0, -1.0, 0.0], p=[better, worse, 1 - better - worse], size=(reps, n)
    )


def bets(rows: np.ndarray, alpha: float, margin: float = 0.0) -> float:
    """The share of runs that reject at some point."""
    rejected = 0
    for row in rows.tolist():
        bet = PairedBet(margin=margin)
        for difference in row:
            bet.update(difference)
            if bet.rejects(alpha):
                rejected += 1
                break
    return rejected / len(rows)


class TestPairedBet:
    def test_starts_without_evidence_and_grows_with_it(self) -> None:
        bet = PairedBet()
        assert bet.e_value == 1.0
        assert bet.update(1.0) == pytest.approx(
            1.5
        )  # mean of 1 + bet over bets that are uniform on (0, 1)
        assert bet.update(-1.0) < 1.0
        assert (bet.n, bet.peak) == (2, pytest.approx(1.5))

    def test_a_rejection_stays(self) -> None:
        bet = PairedBet()
        for _ in range(12):
            bet.update(1.0)
        for _ in range(12):
            bet.update(-1.0)
        assert bet.e_value < 1.0
        assert bet.rejects(0.05)

    def test_never_goes_bankrupt_and_survives_certainty(self) -> None:
        bet = PairedBet(margin=-0.05)
        for _ in range(5000):
            bet.update(-1.0)
        assert 0.0 <= bet.e_value < 1e-6
        sure = PairedBet()
        for _ in range(5000):
            sure.update(1.0)
        assert math.isfinite(sure.e_value)

    def test_refuses_impossible_input(self) -> None:
        with pytest.raises(UserError, match=r"A paired difference lies in \[-1, 1\], got nan\."):
            PairedBet().update(math.nan)
        with pytest.raises(UserError, match=r"A margin lies between -1 and 1, got -1\."):
            PairedBet(margin=-1)

    @given(st.lists(st.floats(-1, 1), max_size=30), st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_tasks(
        self, differences: list[float], shuffler
    ) -> None:
        there, back = PairedBet(), PairedBet()
        shuffled = list(differences)
        shuffler.shuffle(shuffled)
        for one, other in zip(differences, shuffled, strict=True):
            there.update(one)
            back.update(other)
        assert there.e_value == pytest.approx(back.e_value, rel=1e-9)

    @given(st.floats(-0.9, 0.9), st.floats(0.01, 1.0))
    def test_is_fair_at_the_margin(self, margin: float, spread: float) -> None:
        low, high = margin - spread * (1 + margin), margin + spread * (1 - margin)
        chance_high = (margin - low) / (high - low)
        up, down = PairedBet(margin=margin), PairedBet(margin=margin)
        expected = chance_high * up.update(min(high, 1.0)) + (1 - chance_high) * down.update(
            max(low, -1.0)
        )
        assert expected == pytest.approx(1.0)

    @pytest.mark.parametrize(("better", "worse"), [(0.3, 0.3), (0.05, 0.05), (0.5, 0.5)])
    def test_errs_at_most_alpha_at_any_stopping_time(self, better: float, worse: float) -> None:
        assert bets(changes(better, worse, 400, 200, seed=3), alpha=0.1) <= 0.1

    def test_errs_at_most_alpha_at_the_non_inferiority_margin(self) -> None:
        assert bets(changes(0.10, 0.15, 400, 200, seed=4), alpha=0.1, margin=-0.05) <= 0.1

    def test_finds_a_gain_of_forty_points_in_sixty_tasks(self) -> None:
        rows = changes(0.5, 0.1, 300, 60, seed=5)
        assert bets(rows, alpha=0.05) >= 0.93
        assert bets(rows, alpha=alpha_at(1, 0.05)) >= 0.88


def test_gates_spend_no_more_than_the_budget() -> None:
    assert alpha_at(1, 0.05) == pytest.approx(0.0304, abs=1e-4)
    assert alpha_at(2, 0.05) == pytest.approx(alpha_at(1, 0.05) / 4)
    assert sum(alpha_at(gate, 0.05) for gate in range(1, 5000)) < 0.05
    with pytest.raises(UserError, match=r"Gates count from 1, got 0\."):
        alpha_at(0, 0.05)


@pytest.mark.parametrize(
    ("freedom", "exact"), [(8, 2.306004), (20, 2.085963), (101, 1.983731), (1000, 1.962339)]
)
def test_quantiles_of_t(freedom: int, exact: float) -> None:
    assert t_quantile(0.95, freedom) == pytest.approx(exact, rel=0.002)
