"""Landlock: the process and its children can no longer signal, trace or look into processes outside.

The kernel's own way (Linux 6.12 for signals) to protect an auditor from its target without a container; it
needs no rights and no library. Files and network stay as they are. See Documentation/userspace-api/landlock.
"""

import ctypes
import errno
import os
import sys
from functools import cache

CREATE_RULESET, RESTRICT_SELF = 444, 446
"""System call numbers, the same on every architecture."""
VERSION = 1
"""Flag of `landlock_create_ruleset`: return the version of the interface."""
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


@cache
def version() -> int:
    """Return the version of the kernel's interface; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION))


def scope() -> bool:
    """Cut this process and all its children off from signalling and tracing others; say whether it did."""
    if version() < SCOPES_SINCE:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = _Attributes(0, 0, SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(attributes), size, 0)
    if ruleset < 0:
        return False
    try:
        libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.syscall(RESTRICT_SELF, ruleset, 0) == 0:
            return True
        code = ctypes.get_errno()
        raise OSError(code, f"landlock_restrict_self failed: {errno.errorcode.get(code, code)}")
    finally:
        os.close(ruleset)
