"""Worker processes: nothing of the parent's goes in, nothing of theirs stays behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from firsthand.errors import SandboxError
from firsthand.process import bubblewrap, child, frames, landlock
from firsthand.process.child import Child

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
BOTH = pytest.mark.parametrize("contained", [True, False])


@pytest.fixture
def tier(contained, monkeypatch):
    """Contained in bubblewrap, or as on a machine without it."""
    if not contained:
        monkeypatch.setattr(bubblewrap, "failure", lambda: "bwrap is not installed")
    elif bubblewrap.failure():
        pytest.skip(bubblewrap.failure())
    return contained


def ask(worker, seconds=20.0):
    number, body = frames.receive(worker.channel, deadline=time.monotonic() + seconds)
    assert number == 1
    return json.loads(body)


def started(*arguments, **options):
    options.setdefault("contain", True)
    return contextlib.closing(
        Child("workers", arguments, **{"visible": [os.path.dirname(__file__)], **options})
    )


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(os.path.dirname(__file__))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def soon(condition, seconds=5.0):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


@LINUX
@BOTH
def test_a_worker_inherits_no_secret(tier, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("ANYTHING_ELSE", "sk-secret")
    with started("look") as worker:
        seen = ask(worker)
    assert "sk-secret" not in json.dumps(seen)
    python = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    folders = {"HOME", "TMPDIR", "PWD"}
    assert set(seen["environment"]) <= {*child.KEPT, *python, *folders, "LC_CTYPE"}
    assert seen["environment"]["HOME"] == seen["folder"]


@LINUX
@BOTH
def test_a_hundred_orphans_with_sessions_of_their_own_end_with_the_worker(tier):
    with started("spawn", "100") as worker:
        pids = ask(worker, 60.0)
        below = worker.started()
        assert len(pids) == 100 and len(below) >= 50  # orphans are below the supervisor
        if not tier:  # process ids are those of this machine
            assert all(map(alive, pids))
        began = time.monotonic()
        worker.close()
        assert time.monotonic() - began < 2.0
    assert soon(lambda: not any(map(alive, below)))
    if not tier:
        assert soon(lambda: not any(map(alive, pids)))


@LINUX
@BOTH
def test_a_worker_can_neither_kill_nor_stop_nor_read_the_process_that_started_it(tier):
    if not tier and landlock.version() < landlock.SCOPES_SINCE:
        pytest.skip("this kernel has no Landlock scopes (Linux 6.12)")
    with started("attack", str(os.getpid())) as worker:
        said = ask(worker)
    assert "done" not in said.values(), said


@LINUX
def test_contained_files_are_read_only_and_secrets_and_network_are_missing(tmp_path, monkeypatch):
    if bubblewrap.failure():
        pytest.skip(bubblewrap.failure())
    secret = tmp_path / "home" / ".netrc"
    secret.parent.mkdir()
    secret.write_text("machine x password y")
    monkeypatch.setenv("HOME", str(secret.parent))
    with started("outside", str(secret)) as worker:
        said = ask(worker)
    assert said["read"] != "done" and said["connect"] == "OSError"
    assert said["home"] == "done"
    assert not (secret.parent / "planted").exists()
    beside = Path(__file__)
    with started("outside", str(beside)) as worker:
        assert ask(worker)["write"] == "OSError"  # read-only file system
    assert not (beside.parent / "planted").exists()


@LINUX
@BOTH
def test_the_memory_of_all_processes_together_is_bounded(tier):
    with started("grow", str(100 << 20), memory=200 << 20) as worker:
        ask(worker)
        ending = worker.ending(10.0)
    assert ending.memory == 200 << 20
    assert str(ending) == "it and its children held more than 200 MiB"


@BOTH
@pytest.mark.parametrize(
    ("work", "said"),
    [
        (("leave", "3"), "the process left with exit code 3"),
        (("die", str(int(signal.SIGSEGV))), "the process died of signal 11"),
    ],
)
def test_how_a_worker_ended_is_known(tier, work, said):
    with started(*work) as worker:
        assert frames.receive(worker.channel, deadline=time.monotonic() + 20) is None
        assert str(worker.ending()) == said


PARENT = """
import sys, time
from firsthand.process import bubblewrap
if {bare}:
    bubblewrap.failure = lambda: "off"
from firsthand.process.child import Child
from firsthand.process import frames
worker = Child(
    "workers",
    ["spawn", "4"],
    contain=True,
    visible={folders!r},
    prefix="firsthand-test-",
)
frames.receive(worker.channel)
print(worker.worker(), *worker.started(), flush=True)
time.sleep(1000)
"""


@LINUX
@BOTH
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_parent_that_is_killed_leaves_no_process_and_no_folder(tier, number, tmp_path):
    folder = os.path.dirname(__file__)
    program = PARENT.format(bare=not tier, folders=[folder])
    environment = {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([folder, *filter(None, sys.path)]),
    }
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert parent.stdout
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) >= 3 and all(map(alive, pids))
    parent.send_signal(number)
    parent.wait()
    parent.stdout.close()
    assert soon(lambda: not any(map(alive, pids)))
    assert soon(lambda: not list(tmp_path.glob("firsthand-*")))


def test_closing_is_fast_and_leaves_no_folder():
    workers = [Child("workers", ["look"], prefix="firsthand-test-") for _ in range(4)]
    for worker in workers:
        ask(worker)
    began = time.monotonic()
    for worker in workers:
        worker.hang_up()
    for worker in workers:
        worker.close()
    assert time.monotonic() - began < 1.0
    assert not list(Path(tempfile.gettempdir()).glob("firsthand-test-*"))


def test_too_many_open_files_are_this_machine_s_failure():
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held: list[int] = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
        with contextlib.suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        for fd in held[:1]:
            os.close(fd)
        with pytest.raises(SandboxError, match=r"could not be started: .*Too many open files"):
            Child("workers", ["look"])
    finally:
        for fd in held[1:]:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_contains_workers_is_said():
    said = child.containment()
    assert said.startswith("contained: bubblewrap" if not bubblewrap.failure() else "not contained")


def test_what_lies_in_a_folder_that_is_put_back_is_not_put_back_again(tmp_path):
    """A virtual environment below /tmp: binding its interpreter in it once more fails."""
    inner = tmp_path / "bin" / "python"
    inner.parent.mkdir()
    inner.touch()
    words = bubblewrap.command(["true"], visible=[str(tmp_path), str(inner)])
    assert str(tmp_path) in words and str(inner) not in words
