"""The system calls that nothing in a jail may use: a seccomp filter for bubblewrap to set.

They are what escapes from containers were made of (namespaces, mounts, tracing, kernel modules,
io_uring, keyrings), and what would outlive a command (shared memory without a file). All else is
allowed, since any program may run in a jail; a worker that only computes gets by on a list of what
is allowed, `process.seccomp`.
"""

import platform
import struct

DENIED: dict[str, tuple[int, int]] = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "pidfd_getfd": (438, 438), "kcmp": (312, 272),
    "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "syslog": (103, 116), "quotactl": (179, 60), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "personality": (135, 92), "fanotify_init": (300, 262),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180), "setpriority": (141, 140),
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
}  # fmt: skip
"""Numbers for x86-64 and for 64-bit ARM."""
_OWN_ONLY = (302, 261)
"""`prlimit64`, which may read and lower limits, but of the process itself only."""
_FIRST_ARGUMENT = 16
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000
"""Numbers from here on are the second set of x86-64, which nothing uses."""
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1


def program() -> bytes:
    """Return the filter as the kernel takes it; empty on machines that it is not written for."""
    if platform.machine() not in _MACHINES:
        return b""
    column, machine = _MACHINES[platform.machine()]
    denied = [numbers[column] for numbers in DENIED.values()]
    n = len(denied)
    rules = [(_LOAD, 0, 0, 4), (_EQUAL, 0, n + 4, machine), (_LOAD, 0, 0, 0)]
    rules.append((_AT_LEAST, n + 2, 0, _X32))
    rules += [(_EQUAL, n + 1 - i, 0, number) for i, number in enumerate(denied)]
    rules += [(_EQUAL, 2, 0, _OWN_ONLY[column]), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    rules += [(_LOAD, 0, 0, _FIRST_ARGUMENT), (_EQUAL, 1, 0, 0)]
    rules += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("HBBI", *rule) for rule in rules)
