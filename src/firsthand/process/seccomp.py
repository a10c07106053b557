"""Seccomp: a worker that only computes gives up every system call but those that computing takes.

The filter is a list of what is allowed; all else fails with EPERM, for this process and for ever.
It cannot be taken back. Only x86-64 and 64-bit ARM under Linux have one here; `missing` says so
elsewhere.
"""

import ctypes
import os
import platform
import struct
import sys
from typing import Any, cast

NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
"""Instructions of the kernel's packet filter: load a word, jump if equal, return."""
_ALLOW, _DENY = 0x7FFF0000, 0x00050000 | 1
"""Verdicts: go on, and fail with EPERM."""

COMPUTING: dict[str, tuple[int, int]] = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214),
    "mremap": (25, 216), "madvise": (28, 233), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "getpid": (39, 172), "gettid": (186, 178), "sendto": (44, 206), "recvfrom": (45, 207),
    "exit": (60, 93), "exit_group": (231, 94), "futex": (202, 98), "sched_yield": (24, 124),
    "clock_gettime": (228, 113), "gettimeofday": (96, 169), "getrandom": (318, 278),
    "getrusage": (98, 165), "restart_syscall": (219, 128), "setitimer": (38, 103),
}  # fmt: skip
"""What computing and answering on an open socket takes; numbers for x86-64 and for 64-bit ARM."""
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def missing() -> str:
    """Say why there is no filter on this machine; an empty text where there is one."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return f"no filter of system calls for {sys.platform} on {platform.machine()}"
    return "" if os.path.exists("/proc/sys/kernel/seccomp") else "the kernel has no seccomp"


def confine(allowed: dict[str, tuple[int, int]] = COMPUTING) -> bool:
    """Allow this process only these system calls from now on; False where there is no filter.

    Raises `OSError` where there is one and it cannot be set.
    """
    if missing():
        return False
    column, machine = _MACHINES[platform.machine()]
    program = _program([numbers[column] for numbers in allowed.values()], machine)
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    libc = cast("Any", ctypes.CDLL(None, use_errno=True))
    if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(SET_SECCOMP, FILTER, header, 0, 0):
        raise OSError(ctypes.get_errno(), "the filter of system calls could not be set")
    return True


def _program(numbers: list[int], machine: int) -> bytes:
    """Return the filter: another instruction set is denied, then each number is compared."""
    rules = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _DENY), (_LOAD, 0, 0, 0)]
    for number in numbers:
        rules += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    rules.append((_RETURN, 0, 0, _DENY))
    return b"".join(struct.pack("HBBI", *rule) for rule in rules)
