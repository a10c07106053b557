"""Landlock: the process and its children can no longer signal, trace or look into processes
outside.

The kernel's own way (Linux 6.12 for signals) to protect an auditor from its target without a
container; it needs no rights and no library. The network and all other files stay as they are. See
Documentation/userspace-api/landlock.
"""

import contextlib
import ctypes
import errno
import os
import sys
from functools import cache

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""System call numbers, the same on every architecture."""
VERSION = 1
"""Flag of `landlock_create_ruleset`: return the version of the interface."""
BENEATH = 1
"""Kind of rule: a file, or a folder and all in it."""
READ_FILE = 4
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2
SCOPES_SINCE = 6
"""Version of the interface that brought scopes."""
NO_NEW_PRIVS = 38


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Rule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


@cache
def version() -> int:
    """Return the version of the kernel's interface; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION))


def scope(*, proc: bool) -> bool:
    """Cut this process and all its children off from other processes; say whether it did.

    They can no longer signal or trace others nor, with `proc`, read the /proc entries of other
    processes, where environment variables are.
    """
    if version() < SCOPES_SINCE:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = _Attributes(READ_FILE if proc else 0, 0, SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(attributes), size, 0)
    if ruleset < 0:
        return False
    try:
        for path in _readable() if proc else ():
            _allow(libc, ruleset, path)
        libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.syscall(RESTRICT_SELF, ruleset, 0) == 0:
            return True
        code = ctypes.get_errno()
        raise OSError(code, f"landlock_restrict_self failed: {errno.errorcode.get(code, code)}")
    finally:
        os.close(ruleset)


def _readable() -> list[str]:
    """Return everything but the /proc entries of other processes."""
    top = [f"/{name}" for name in os.listdir("/") if name != "proc"]
    if not os.path.isdir("/proc/self"):
        return top
    proc = [f"/proc/{name}" for name in os.listdir("/proc") if not name.isdigit()]
    return [*top, *proc]


def _allow(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    with contextlib.suppress(OSError):
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = _Rule(READ_FILE, fd)
            libc.syscall(ADD_RULE, ruleset, BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(fd)
