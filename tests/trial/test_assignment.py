"""Coins: fair, independent, and decided by seed, run and item alone."""

import numpy as np

from firsthand.trial.assignment import balanced_mode, draw, mode_of, order

ITEMS = [f"i{n}" for n in range(8)]


def drawn(items=ITEMS, runs=2000, probability=0.5, seed=0):
    found = [
        draw(items, f"t#{n}", mode="random", probability=probability, seed=seed)
        for n in range(runs)
    ]
    return np.array([[item in one.shown for item in items] for one in found], dtype=float)


def test_items_are_shown_independently_with_the_given_probability():
    for probability in (0.5, 0.8):
        x = drawn(probability=probability)
        assert np.abs(x.mean(axis=0) - probability).max() < 0.05
        assert np.abs(np.corrcoef(x.T) - np.eye(8)).max() < 0.1


def test_taking_an_item_off_trial_changes_no_other_coin():
    assert (drawn()[:, 1:] == drawn(ITEMS[1:])).all()
    assert (drawn(seed=1) != drawn()).mean() > 0.4


def test_ends_show_everything_or_nothing():
    everything = draw(ITEMS, "k", mode="all", probability=0.5, seed=0)
    assert everything == ("all", tuple(ITEMS), ())
    assert draw(ITEMS, "k", mode="none", probability=0.5, seed=0) == ("none", (), tuple(ITEMS))


def test_of_every_ten_runs_of_a_task_one_shows_all_and_one_nothing():
    for task in ("a", "b"):
        for block in range(5):
            modes = [balanced_mode(task, 10 * block + n, ends=0.1, seed=3) for n in range(10)]
            assert sorted(modes) == ["all", "none", *["random"] * 8]
    assert {balanced_mode("a", n, ends=0.0, seed=0) for n in range(50)} == {"random"}
    assert balanced_mode("a", 0, ends=0.4, seed=0) in ("all", "none")


def test_keys_of_which_nothing_is_known_get_about_the_same_shares():
    modes = [mode_of(f"k{n}", ends=0.1, seed=0) for n in range(2000)]
    assert 150 < modes.count("all") < 250
    assert 150 < modes.count("none") < 250


def test_every_task_is_played_once_a_round_in_an_order_of_its_own():
    found = order(["a", "b", "c"], 8, seed=0)
    rounds = [[task for task, n in found if n == number] for number in range(3)]
    assert [sorted(tasks) for tasks in rounds[:2]] == [["a", "b", "c"]] * 2
    assert len(rounds[2]) == 2
    assert order(["a", "b", "c"], 300, seed=0)[:8] == found
    assert (
        len({tuple(t for t, n in order(["a", "b", "c"], 300, seed=0) if n == m) for m in range(99)})
        == 6
    )
