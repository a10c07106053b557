"""firsthand doctor, and what happens without what an environment needs."""

import os
import subprocess
from pathlib import Path

import pytest

import firsthand as fh
from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import UnknownName
from firsthand.process import bubblewrap
from firsthand.sandbox import jail, needs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without any program, and with nothing remembered of the one before."""
    monkeypatch.setenv("PATH", str(tmp_path))
    remembered = (needs.missing, bubblewrap.failure, jail.failure)
    for probe in remembered:
        probe.cache_clear()
    yield
    monkeypatch.undo()
    for probe in remembered:
        probe.cache_clear()


class Sandy(Environment):
    """Needs a real shell."""

    name = "test/sandy"
    needs = frozenset({"bash"})
    started = 0

    def reset(self, task):
        type(self).started += 1
        return Observation("Ready.")

    def act(self, action):
        return Observation("Done.", done=True)

    def score(self):
        return Score(done=False)

    def expert(self):
        yield Action("go")


def test_what_is_missing_comes_with_the_command_that_brings_it(cli, bare, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    shown = cli("doctor", code=1).stdout
    assert "missing: bwrap is not installed" in shown and "./install-system-packages" in shown
    found = {one["need"]: one for one in cli.json("doctor", code=1)}
    assert found["git"]["missing"] == "git is not installed"
    assert found["browser"]["missing"].startswith("no browser is installed")
    assert set(found) == set(needs.NEEDS)


async def test_an_episode_without_what_it_needs_fails_before_it_starts(bare):
    Sandy.started = 0
    (task,) = (fh.Task("test/sandy", 0),)
    episode = await fh.play(Sandy(), fh.Agent(model=fh.model("scripted:idle")), task)
    assert episode.reward is None and episode.error.owner == "sandbox" and not episode.turns
    assert "This environment needs 'bash' (real bash, contained), and bwrap is not installed" in (
        episode.error.message
    )
    assert "./install-system-packages" in episode.error.message and Sandy.started == 0


def test_an_unknown_need_names_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'browser'"):
        needs.missing("browsr")


def test_every_need_of_a_shipped_environment_is_known(cli):
    named = {need for one in cli.json("envs") for need in one["needs"]}
    assert named <= set(needs.NEEDS)


def test_the_script_for_system_packages_is_quiet_where_nothing_is_missing(tmp_path):
    for name in ("bwrap", "chromium", "git"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ran = subprocess.run(
        [ROOT / "install-system-packages"], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0 and ran.stdout == "Everything is installed.\n"
