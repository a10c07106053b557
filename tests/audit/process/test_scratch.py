"""Temporary folders of the auditor: removed in the end, and by the next audit after a kill."""

import signal
import subprocess
import sys
import tempfile

from firsthand.audit.process import scratch

HOLDS = """
import time
from firsthand.audit.process import scratch
with scratch.folder() as folder:
    (folder / "World.pickle").write_text("x")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_audit_left_is_removed_by_the_next_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True) as held:
        theirs = held.stdout.readline().strip()
        with scratch.folder() as mine:
            assert {str(path) for path in tmp_path.iterdir()} == {theirs, str(mine)}
        assert [str(path) for path in tmp_path.iterdir()] == [theirs]
        held.send_signal(signal.SIGKILL)
    assert [str(path) for path in tmp_path.iterdir()] == [theirs]
    with scratch.folder() as mine:
        assert list(tmp_path.iterdir()) == [mine]
    assert list(tmp_path.iterdir()) == []
