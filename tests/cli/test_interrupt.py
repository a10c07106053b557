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
        "of 60 episodes were played and none was kept: with --journal DIR a run can be "
        "resumed.\nStopped.\n"
    ) in err


STUCK = """
import asyncio, tempfile, time
from pathlib import Path
from firsthand.worlds.control.null import Null

class Stuck(Null):
    "Never come back."
    name = "test/stuck"
    kind = "waits"

    def reset(self, task):
        self.folder = tempfile.TemporaryDirectory(dir=".", prefix="world-")
        Path("started").touch()
        return super().reset(task)

    def act(self, action):
        if self.kind == "waits":
            return asyncio.sleep(3600)
        if self.kind == "refuses":
            return self.refuse()
        return asyncio.to_thread(time.sleep, 30)

    async def refuse(self):
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass

    def close(self):
        self.folder.cleanup()
        if self.kind == "refuses":
            time.sleep(3600)

class Refuses(Stuck):
    "Never let go."
    name = "test/refuses"
    kind = "refuses"

class Threaded(Stuck):
    "Wait in a thread."
    name = "test/threaded"
    kind = "thread"
"""


def ended(folder: Path, name: str, number: int, *before: str) -> tuple[int, str, float]:
    """Start, wait until a world was reset, send the signal; return exit code, errors, seconds."""
    (folder / "stuck.py").write_text(STUCK)
    words = ("eval", f"stuck:{name}", "--model", "scripted:random", "-n", "3", "--journal", "j")
    process = subprocess.Popen(
        [*before, FIRSTHAND, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 30
    while not (folder / "started").exists() and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.3)
    started = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=40)
    return process.returncode, err, time.monotonic() - started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_signal_that_ends_a_program_cleans_up(tmp_path, number):
    code, err, _ = ended(tmp_path, "Stuck", number)
    assert code == 128 + number
    assert "Traceback" not in err and err.endswith("Stopped.\n")
    assert "0 of 3 episodes were played now and are in j. Go on with:" in err
    assert list(tmp_path.glob("world-*")) == []
    assert list((tmp_path / "j").glob("*.jsonl")) == []


@pytest.mark.parametrize("name", ["Stuck", "Threaded"])
def test_ctrl_c_is_quick(tmp_path, name):
    code, err, seconds = ended(tmp_path, name, signal.SIGINT)
    assert code == 130 and "Traceback" not in err and err.endswith("Stopped.\n")
    assert seconds < 4, "2 s on an idle machine"


def test_worlds_that_refuse_to_end_are_left_behind(tmp_path):
    code, err, seconds = ended(tmp_path, "Refuses", signal.SIGTERM)
    assert code == 143 and "Traceback" not in err
    assert seconds < 12


def test_sigterm_works_where_ctrl_c_is_ignored(tmp_path):
    """As in a background job of a script, and SIGHUP stays ignored under nohup."""
    code, err, _ = ended(
        tmp_path, "Stuck", signal.SIGTERM, "sh", "-c", 'trap "" INT; exec "$@"', "x"
    )
    assert code == 143 and "Traceback" not in err and err.endswith("Stopped.\n")
