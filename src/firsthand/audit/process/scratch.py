"""Temporary folders of the auditor that do not pile up when it is killed.

Each is locked as long as its process lives. The kernel lets go of the lock however the process
ends, so the next audit recognises what was left behind, and removes it.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

from firsthand.audit.process.pool import PREFIX

LOCKED = f"{PREFIX}locked-"
"""How a folder is named once it is locked: only then may others see whether it was left behind."""


@contextlib.contextmanager
def folder() -> Generator[Path]:
    """Give a new folder that is removed in the end; first remove those left by killed audits."""
    _remove_left_behind()
    new = Path(tempfile.mkdtemp(prefix=f"{PREFIX}new-"))
    lock = os.open(new, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        new = new.rename(new.with_name(LOCKED + new.name.removeprefix(f"{PREFIX}new-")))
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)
        os.close(lock)


def _remove_left_behind() -> None:
    for old in Path(tempfile.gettempdir()).glob(f"{LOCKED}*"):
        with contextlib.suppress(OSError):  # it is in use, another user's, or gone already
            lock = os.open(old, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(old, ignore_errors=True)
            finally:
                os.close(lock)
