"""What workers do in the tests of processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from firsthand.process import frames

SLEEP = "import time; time.sleep(1000)"


def serve(channel: socket.socket, arguments: Sequence[str]) -> None:
    """Do what the first argument names, say what came of it, and wait."""
    said = WORK[arguments[0]](*arguments[1:])
    frames.send(channel, 1, json.dumps(said).encode())
    time.sleep(1000)


def look() -> dict[str, object]:
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "descriptors": sorted(int(fd) for fd in os.listdir("/proc/self/fd")),
        "arguments": sys.argv,
    }


def spawn_sessions(n: str) -> list[int]:
    """Start processes that leave the group, half of them orphans."""
    started: list[int] = []
    for number in range(int(n)):
        program = [sys.executable, "-S", "-c", SLEEP]
        if number % 2:
            started.append(subprocess.Popen(program, start_new_session=True).pid)
            continue
        reading, writing = os.pipe()
        if (first := os.fork()) == 0:
            os.setsid()
            if os.fork() == 0:
                os.write(writing, f"{os.getpid()}\n".encode())
                os.execv(program[0], program)
            os._exit(0)
        os.waitpid(first, 0)
        started.append(int(os.read(reading, 20)))
    return started


def attack(auditor: str) -> dict[str, str]:
    """Signal whatever may be the auditor or stands between; say what the kernel answered."""
    said: dict[str, str] = {}
    for name, call in {
        "parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
        "stop": lambda: os.kill(os.getppid(), signal.SIGSTOP),
        "auditor": lambda: os.kill(int(auditor), signal.SIGKILL),
        "group": lambda: os.killpg(os.getpgid(int(auditor)), signal.SIGKILL),
        "thread": lambda: os.kill(int(os.listdir(f"/proc/{auditor}/task")[-1]), signal.SIGSTOP),
        "memory": lambda: open(f"/proc/{auditor}/mem", "rb").close(),
        "environment": lambda: open(f"/proc/{auditor}/environ", "rb").close(),
    }.items():
        try:
            call()
            said[name] = "done"
        except OSError as error:
            said[name] = type(error).__name__
    return said


def outside(path: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, call in {
        "write": lambda: open(os.path.join(os.path.dirname(path), "planted"), "w").close(),
        "read": lambda: open(path).close(),
        "home": lambda: open(os.path.expanduser("~/mine"), "w").close(),
        "connect": lambda: socket.create_connection(("1.1.1.1", 53), timeout=1).close(),
    }.items():
        try:
            call()
            said[name] = "done"
        except OSError as error:
            said[name] = type(error).__name__
    return said


def grow(n: str) -> int:
    """Hold memory in several processes, each under its own limit."""
    hold = (
        f"import time; x = bytearray({int(n)}); x[::4096] = b'x' * len(x[::4096]); time.sleep(99)"
    )
    for _ in range(3):
        subprocess.Popen([sys.executable, "-S", "-c", hold])
    return int(n)


def leave(code: str) -> None:
    os._exit(int(code))


def die(number: str) -> None:
    os.kill(os.getpid(), int(number))


WORK = {
    "look": look,
    "spawn": spawn_sessions,
    "attack": attack,
    "outside": outside,
    "grow": grow,
    "leave": leave,
    "die": die,
}
