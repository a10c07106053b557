"""Does the jail hold? Attacks that are really run, what became of each, and how fast the jail is.

    python benchmarks/containment.py [--runs 300]

An attack is a program that prints BROKE when it got what it wanted. It is held when it printed no
such thing, ended as it had to, and the command after it, on other files, finds the jail as new.
The same attacks are tests. Git's hooks are tried beside the environments that use git.
"""

import argparse
import asyncio
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from firsthand.sandbox import jail, jail_filter
from firsthand.sandbox.protocol import File, Limits, Result

CANARY = "FIRSTHAND_CANARY"
"""A variable that this process has and no command may see."""


class Attack(NamedTuple):
    """A program of Python, the limit that has to end it if any, and what is shown as having run."""

    name: str
    program: str
    limit: str = ""
    seconds: float = 10.0


_SYSCALL = "import ctypes\ncall = ctypes.CDLL(None, use_errno=True).syscall\n"
_TRIES = """
def attempt(what, do):
    try: got = do()
    except BaseException: return
    print('BROKE', what, got)
"""
_WRITABLE = """
import os
def writable():
    for top in ['/'] + [f'/{top}' for top in os.listdir('/') if top != 'usr']:
        for at, folders, _ in os.walk(top):
            if at == '/': folders.clear()
            if os.access(at, os.W_OK): yield at
            else: folders[:] = [name for name in folders if at.count('/') < 3]
"""

ATTACKS = [
    Attack("files of the host", _TRIES + """
import os, sys
for path in ['/etc/shadow', '/etc/hostname', '/etc/hosts', '/etc/ssh', '/root/.bashrc',
             *sys.argv[1:]]:
    attempt(path, lambda: os.listdir(path) if os.path.isdir(path) else open(path).read(20))
print('BROKE' if 'root:' in open('/etc/passwd').read() else '')
attempt('the house', lambda: __import__('firsthand'))
tops = [top for top in map('/{}'.format, os.listdir('/')) if not sys.prefix.startswith(top)]
tops = [top for top in tops if top != '/usr']
print([('BROKE', at) for top in tops for at, folders, _ in os.walk(top) if 'firsthand' in folders])
"""),
    Attack("changing what is read-only", _TRIES + """
import os
for path in ['/usr/bin/x', '/etc/passwd', '/x', '/dev/x', '/home/x', os.__file__,
             os.path.dirname(os.__file__) + '/site-packages/x']:
    attempt(path, lambda: open(path, 'a').write('x'))
import ctypes
mount = ctypes.CDLL(None).mount
attempt('remount', lambda: 1 / (1 + mount(0, b'/usr', 0, 32 | 4096, 0)))
"""),
    Attack("environment of the host", f"""
import os, ctypes
print('BROKE' if '{CANARY}' in os.environ or ctypes.CDLL(None).getenv(b'{CANARY}') else '')
"""),
    Attack("network", _TRIES + """
import socket, sys
for place in [('1.1.1.1', 53), ('127.0.0.1', int(sys.argv[-2])), ('localhost', int(sys.argv[-2]))]:
    attempt(place, lambda: socket.create_connection(place, timeout=1))
def unix(path):
    socket.socket(socket.AF_UNIX).connect(path)
attempt('abstract socket', lambda: unix('\\0' + sys.argv[-1]))
attempt('interfaces', lambda: 1 / (len(socket.if_nameindex()) > 1))
"""),
    Attack("/proc of the host", _TRIES + """
import os
for path in ['/proc', '/proc/1/environ', '/proc/self/mountinfo', '/sys', '/run']:
    attempt(path, lambda: os.listdir(path))
"""),
    Attack("memory of the first process", _TRIES + _SYSCALL + """
for path in ('/proc/1/mem', '/proc/1/environ'):
    attempt(path, lambda: open(path, 'rb').read(1))
attempt('ptrace', lambda: 1 / (1 + call(101, 16, 1, 0, 0)))
buffer = ctypes.create_string_buffer(8)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
attempt('process_vm_readv', lambda: 1 / (1 + call(310, 1, vector, 1, vector, 1, 0)))
attempt('pidfd_getfd', lambda: 1 / (1 + call(438, call(434, 1, 0), 0, 0)))
"""),
    Attack("killing the first process", _TRIES + _SYSCALL + """
import os, resource
for number in range(1, 65):
    try: os.kill(1, number)
    except OSError: pass
attempt('its limits', lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (3, 3)))
attempt('its priority', lambda: os.setpriority(os.PRIO_PROCESS, 1, 19))
attempt('its processors', lambda: os.sched_setaffinity(1, [0]))
"""),
    Attack("forging an answer", """
import os
for fd in range(3, 1024):
    try: print('BROKE', fd, os.write(fd, b'x' * 20))
    except OSError: pass
"""),
    Attack("fork bomb", """
import os
while True:
    try: os.fork()
    except OSError: pass
""", "processes"),
    Attack("memory of one process", _TRIES + """
attempt('10 GB at once', lambda: len(b'a' * 10**10))
def grow():
    kept = []
    while len(kept) < 1000: kept.append(bytes(1 << 20))
attempt('piece by piece', grow)
"""),
    Attack("memory of many processes", """
import os, time
for _ in range(12):
    if os.fork() == 0:
        kept = b'a' * (120 << 20)
        time.sleep(20)
time.sleep(20)
print('BROKE')
""", "memory", 8.0),
    Attack("filling the disk", _TRIES + """
import os
for folder in ('.', '/tmp'):
    def fill():
        for i in range(30):
            with open(f'{folder}/{i}', 'wb') as file: file.write(bytes(1 << 20))
    attempt(folder, fill)
    for i in range(30):
        if os.path.exists(f'{folder}/{i}'): os.unlink(f'{folder}/{i}')
attempt('one file', lambda: open('/tmp/x', 'wb').write(bytes(17 << 20)))
"""),
    Attack("a million empty files", """
i = 0
while i < 1000000:
    open(f'{i}', 'w').close(); i += 1
print('BROKE')
""", "disk"),
    Attack("filling /dev/shm", _TRIES + """
attempt('/dev/shm', lambda: open('/dev/shm/x', 'wb').write(bytes(2 << 20)))
""" + _SYSCALL + """
attempt('shmget', lambda: 1 / (1 + call(29, 0, 1 << 30, 0o1600)))
attempt('memfd', lambda: 1 / (1 + call(319, b'x', 0)))
"""),
    Attack("residue between episodes", _WRITABLE + """
for folder in writable():
    try: open(f'{folder}/residue', 'w').write('x')
    except OSError: pass
os.mkdir('/tmp/deep'); os.chmod('/tmp/deep', 0); os.symlink('/', '/tmp/link')
"""),
    Attack("a process that outlives its command", """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 32):
            if number not in (9, 17, 19): signal.signal(number, signal.SIG_IGN)
        while True: time.sleep(1)
"""),
    Attack("flood of output", """
import os
while True: os.write(1, b'y' * 65536); os.write(2, b'y' * 65536)
""", "output"),
    Attack("segfault", "import ctypes; ctypes.string_at(0)"),
    Attack("endless loop", """
while True:
    try:
        while True: pass
    except BaseException: pass
""", "seconds", 0.5),
    Attack("nested user namespaces", _TRIES + _SYSCALL + """
import signal, subprocess
attempt('unshare', lambda: 1 / (1 + call(272, 0x10000000)))
attempt('clone', lambda: 1 / (1 + call(56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)))
attempt('unshare(1)', lambda: subprocess.run(['unshare', '-Ur', 'true'], check=True, stderr=-3))
attempt('setuid programs', lambda: 1 / (1 - ctypes.CDLL(None).prctl(39, 0, 0, 0, 0)))
"""),
    Attack("system calls that are denied", _SYSCALL + f"""
for name, number in {[(name, pair[0]) for name, pair in jail_filter.DENIED.items()]!r}:
    ctypes.set_errno(0)
    if call(number, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != 1: print('BROKE', name)
if call(0x40000000 + 39) != -1: print('BROKE', 'x32')
"""),
]  # fmt: skip
AFTER = (
    _WRITABLE
    + """
left = [at for at in writable() if {'residue', 'deep'} & set(os.listdir(at))]
print('AS NEW' if not left and os.listdir() == ['seen'] and os.listdir('/tmp') == [] else left)
def alone():
    try: os.kill(-1, 0)
    except ProcessLookupError: return True
    time.sleep(0.005)
if not any(alone() for _ in range(9)): print('STRAYS')
"""
)
"""What the next command looks for. `kill(-1)` finds every process but the first and itself; for a
moment that may be one with which the first counts.
"""


class Held(NamedTuple):
    """What became of an attack."""

    attack: Attack
    result: Result
    after: Result

    @property
    def held(self) -> bool:
        """Say whether it got nothing."""
        ended = self.result.limit == self.attack.limit
        return ended and "BROKE" not in self.result.text and self.after.output == "AS NEW\n"


@contextmanager
def listening() -> Iterator[tuple[str, str]]:
    """Yield a port of this machine and the name of an abstract socket on which somebody listens."""
    name = f"firsthand-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as other:
        other.bind(f"\0{name}")
        other.listen()
        yield str(server.getsockname()[1]), name


async def tried(attack: Attack) -> Held:
    """Run an attack and then look at what it left."""
    os.environ[CANARY] = "1"
    with listening() as (port, name):
        places = [str(Path(jail.__file__).parent), os.getcwd()]
        limits = Limits(seconds=attack.seconds)
        argv = ["python", "-c", attack.program, *places, port, name]
        result, _ = await jail.execute({}, argv, limits=limits)
    after, _ = await jail.execute({"seen": File(b"")}, ["python", "-c", AFTER])
    return Held(attack, result, after)


async def speed(runs: int) -> dict[str, float]:
    """Runs a second of some commands, on all jails."""
    tree = {"main.py": File(b"print(sum(range(100)))\n")}
    found: dict[str, float] = {}
    for argv in (["python", "main.py"], ["bash", "-c", "cat main.py | wc -c"], ["true"]):
        await asyncio.gather(*(jail.execute(tree, argv) for _ in range(jail.JAILS)))
        started = time.perf_counter()
        await asyncio.gather(*(jail.execute(tree, argv) for _ in range(runs)))
        found[" ".join(argv)] = runs / (time.perf_counter() - started)
    return found


async def main(runs: int) -> int:
    """Print the table and the rates; return 1 when an attack got through."""
    table = Table("attack", "ended", "held")
    held: list[Held] = [await tried(attack) for attack in ATTACKS]
    for each in held:
        shown = each.result.limit or f"exit code {each.result.code}"
        table.add_row(each.attack.name, shown, "yes" if each.held else "NO")
    console = Console()
    console.print(table)
    for command, rate in (await speed(runs)).items():
        console.print(f"{command}: {rate:.0f} runs/s on {os.cpu_count()} processors")
    return 0 if all(each.held for each in held) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    sys.exit(asyncio.run(main(parser.parse_args().runs)))
