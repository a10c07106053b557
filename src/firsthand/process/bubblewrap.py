"""Bubblewrap: a worker in namespaces of its own, where there is `bwrap` and the kernel lets it
work.

Inside, no other process is visible or can be signalled, there is no network, the machine's files
are read-only, and temporary folders and the personal files of the home folder (all that begin with
a dot) are empty. What Python and the caller need is put back. All processes inside die with the
first one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

TRY_SECONDS = 10.0
TEMPORARY = 1 << 30
"""Most bytes of all files that a worker writes."""
HIDDEN = ("/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/kubernetes")
"""Secrets outside the home folders."""
EMPTIED = ("/tmp", "/var/tmp", "/run")
HOME = "/tmp/home"
"""The worker's own folder."""
NESTING = ("--cap-add", "CAP_SETFCAP")
"""What root keeps: without it the kernel lets nobody inside make a jail of their own, because it
would map root (`verify_root_map`). It gives no power over files of the machine.
"""
_OPTIONS = (
    "--unshare-all", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev",
)  # fmt: skip


@cache
def failure() -> str:
    """Run bubblewrap once and say why it cannot be used here; an empty text when it can."""
    found = shutil.which("bwrap")
    if sys.platform != "linux" or found is None:
        return "bwrap is not installed"
    try:
        tried = subprocess.run(
            command(["/bin/sh", "-c", "test $$ -lt 10"], visible=()),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={},
            timeout=TRY_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap could not be run: {error}"
    if tried.returncode:
        said = tried.stderr.decode(errors="replace").strip()
        return f"bwrap does not work here: {said or f'exit code {tried.returncode}'}"
    return ""


def command(inner: Sequence[str], *, visible: Iterable[str]) -> list[str]:
    """Return the command line that runs `inner` contained, able to read the paths `visible`."""
    emptied = [path for path in EMPTIED if os.path.isdir(path) and not os.path.islink(path)]
    hidden = [*emptied, *_personal(), *(path for path in HIDDEN if os.path.exists(path))]
    options = [shutil.which("bwrap") or "bwrap", *_OPTIONS]
    if os.geteuid() == 0:
        options += NESTING
    for path in hidden:
        if os.path.isdir(path):
            options += ["--size", str(TEMPORARY), "--tmpfs", path]
        else:
            options += ["--ro-bind", os.devnull, path]
    for path in _put_back(hidden, visible):
        options += ["--ro-bind", path, path]
    return [*options, "--dir", HOME, "--chdir", HOME, "--", *inner]


def _personal() -> list[str]:
    """Return the hidden files and folders of the user's home."""
    try:
        return [str(path) for path in sorted(Path.home().iterdir()) if path.name.startswith(".")]
    except (OSError, RuntimeError):
        return []


def _put_back(hidden: Sequence[str], visible: Iterable[str]) -> list[str]:
    """Return what this Python and the caller need of the hidden folders; what lies in a folder that
    is put back comes with it, and could not be made there a second time.
    """
    own = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.executable)
    needed = {
        each
        for path in (*own, *visible)
        for each in (os.path.abspath(path), os.path.realpath(path))
        if os.path.exists(each) and any(each.startswith(f"{above}/") for above in hidden)
    }
    return [
        path
        for path in sorted(needed, key=len)
        if not any(path.startswith(f"{above}/") for above in needed)
    ]
