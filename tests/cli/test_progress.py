"""Progress where there is no terminal: lines on standard error, while it runs."""

import time

import pytest

from firsthand.cli import progress
from firsthand.cli.progress import Tally, bar
from firsthand.environment import Observation
from firsthand.episode import Episode, Stop
from firsthand.task import Task


def played(reward: float | None) -> Episode:
    return Episode("e", Task("a/b", 0), "x", (), Observation(), reward, {}, Stop.DONE)


def test_what_is_piped_shows_progress_while_it_runs(monkeypatch, capsys):
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.05)
    with bar("a model", 4) as step:
        shown = ""
        deadline = time.monotonic() + 20
        while "0 of 4 after 0 s" not in shown and time.monotonic() < deadline:
            time.sleep(0.02)
            shown += capsys.readouterr().err
        step(played(1.0))
        step(played(None))
        while "2 of 4" not in shown and time.monotonic() < deadline:
            time.sleep(0.02)
            shown += capsys.readouterr().err
    assert shown.startswith("a model: 0 of 4 after 0 s\n")
    assert "a model: 2 of 4, " in shown and "/s, score 1.00, " in shown and " s left\n" in shown


def test_what_is_over_soon_shows_nothing(capsys):
    with bar("a model", 1) as step:
        step(played(0.5))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("rewards", "score"), [([], 0.0), ([1.0, None, 0.0], 0.5), ([None], 0.0)])
def test_failed_episodes_are_in_no_mean(rewards, score):
    tally = Tally("t", 3)
    for reward in rewards:
        tally.add(played(reward))
    assert (tally.done, tally.score) == (len(rewards), score)
