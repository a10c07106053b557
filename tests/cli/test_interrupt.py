"""Ctrl-C in a real process: the journal is valid and the run goes on where it stopped."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firsthand.journal import Journal

FIRSTHAND = Path(sys.executable).with_name("firsthand")
SLOW = """
import asyncio
from firsthand.worlds.control.null import Null

class Slow(Null):
    "Take your time."
    name = "test/slow"

    async def act(self, action):
        await asyncio.sleep(0.2)
        return super().act(action)
"""
WORDS = ("eval", "slow:Slow", "--model", "scripted:random", "-n", "60", "--concurrency", "2")


def stopped(folder: Path, *words: str) -> tuple[int, str, str]:
    """Start, wait until some episodes were played, press Ctrl-C."""
    (folder / "slow.py").write_text(SLOW)
    process = subprocess.Popen(
        [FIRSTHAND, *WORDS, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if "--journal" in words:
        until = time.monotonic() + 20
        while len(Journal(folder / "j")) < 5 and time.monotonic() < until:
            time.sleep(0.05)
    else:
        assert process.stderr is not None
        assert "scripted:random: " in process.stderr.readline()  # the first line of progress
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


@pytest.mark.parametrize("more", [(), ("--processes", "1")])
def test_ctrl_c_leaves_a_valid_journal_and_says_how_to_go_on(tmp_path, more):
    code, out, err = stopped(tmp_path, "--journal", "j", *more)
    assert code == 130 and out == "" and "Traceback" not in err, err
    journal = Journal(tmp_path / "j")
    kept = {episode.id for episode in journal.episodes()}
    assert 5 <= len(kept) < 60 and journal.damage() == []
    assert (
        f"{len(kept)} of 60 episodes were played now and are in j. Go on with:\n  firsthand " in err
    )
    assert err.endswith("--resume\nStopped.\n")
    command = err.splitlines()[-2].split()[1:]
    again = subprocess.run(
        [FIRSTHAND, *command, "--concurrency", "60", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"episodes": 60' in again.stdout and "Traceback" not in again.stderr
    assert len(Journal(tmp_path / "j")) == 60 and kept <= {
        episode.id for episode in journal.episodes()
    }


def test_ctrl_c_without_a_journal_says_what_would_have_helped(tmp_path):
    code, out, err = stopped(tmp_path)
    assert code == 130 and out == "" and "Traceback" not in err, err
    assert (
        "of 60 episodes were played and none was kept: with --journal DIR a run can be resumed.\nStopped.\n"
        in err
    )
