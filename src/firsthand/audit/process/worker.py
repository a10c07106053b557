"""The child process in which a target lives: it plays what it is told and reports what it saw.

Whatever a target does to its process, to its standard output or to its files stays here. Requests and
replies are length-prefixed MessagePack frames on a private pair of pipes that the target is not told of.
"""

import asyncio
import os
import random
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from firsthand.audit.process.messages import Look, Moves, Order, Request, receive, send
from firsthand.audit.targets.protocol import Fault, Instance, Play, Spec, Target, Trace, readable
from firsthand.errors import UserError

MEMORY = 4 << 30
FILE = 64 << 20
STUCK = 40.0
"""Seconds of processor time without letting go of the interpreter after which a worker dies."""
STARTS_A_PROCESS = frozenset(
    ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system")
)
"""Audit events of Python that tell of a new process."""
PRINTED = 4 << 20
"""Output of one play beyond this many bytes is a fault."""


def load(spec: Spec) -> Target:
    """Load a target in this process. Raises what the target raises."""
    if spec.source == "native":
        from firsthand.audit.targets.native import Native

        return Native(spec)
    if spec.source == "reasoning-gym":
        from firsthand.audit.targets.reasoning_gym import ReasoningGym

        return ReasoningGym(spec)
    from firsthand.audit.targets.file import from_file

    return from_file(spec)


def main() -> None:
    """Serve until the pipe closes. Arguments: fd to read from, fd to write to, the target, the date or 0."""
    orders = os.fdopen(int(sys.argv[1]), "rb")
    replies = os.fdopen(int(sys.argv[2]), "wb")
    spec = msgspec.json.decode(sys.argv[3], type=Spec)
    date, seed = float(sys.argv[4]), int(sys.argv[5])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    threading.Thread(target=_outlive_nobody, args=(os.getppid(),), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if date:
        import time_machine

        time_machine.travel(date, tick=True).start()
    random.seed(seed)
    sys.addaudithook(_processes.heard)
    sys.argv[1:] = []
    try:
        target = load(spec)
        send(replies, msgspec.msgpack.encode(target.facts()))
    except BaseException as error:
        send(
            replies,
            msgspec.msgpack.encode(
                {"mistake" if isinstance(error, UserError) else "error": _words(error)}
            ),
        )
        return
    decoder = msgspec.msgpack.Decoder(Order)
    while (frame := receive(orders)) is not None:
        asyncio.run(_serve(target, decoder.decode(frame), replies))


def _outlive_nobody(parent: int, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Leave when the auditor is gone, whatever the target is doing.

    C code that never lets go of the interpreter, such as a regular expression, stops this thread too: then the kernel ends the process.
    """
    while os.getppid() == parent:
        signal.setitimer(signal.ITIMER_VIRTUAL, STUCK)
        sleep(1.0)
    os._exit(1)


async def _serve(target: Target, order: Order, replies: BinaryIO) -> None:
    encoder = msgspec.msgpack.Encoder()
    match order:
        case Request(plays, together):
            if together:
                for trace in await asyncio.gather(*(_guarded(target, play) for play in plays)):
                    send(replies, encoder.encode(trace))
            else:
                for play in plays:
                    send(replies, encoder.encode(await _guarded(target, play)))
        case Look(seeds, oracles):
            for seed in seeds:
                send(replies, encoder.encode(await _looked(target, seed, oracles)))
        case Moves(plays):
            for play in plays:
                try:
                    moves = await target.moves(play)
                except Exception:
                    moves = []
                send(replies, encoder.encode(moves))


async def _looked(target: Target, seed: int, oracle: bool) -> Instance:
    try:
        return await target.instance(seed, oracle=oracle)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Instance(seed, "", fault=_words(error))


async def _guarded(target: Target, play: Play) -> Trace:
    before, started = _written(), _processes.started
    try:
        trace = await target.play(play)
    except RecursionError as error:
        trace = Trace(fault=Fault("raised", _words(error)))
    except MemoryError:
        trace = Trace(fault=Fault("memory", f"more than {MEMORY >> 30} GiB"))
    except (SystemExit, GeneratorExit, asyncio.CancelledError) as error:
        trace = Trace(fault=Fault("exit", _words(error)))
    except Exception as error:
        trace = Trace(fault=Fault("raised", _words(error)))
    printed, spawned = _written() - before, _processes.started - started
    if printed > PRINTED:
        trace = msgspec.structs.replace(trace, fault=Fault("output", f"{printed} bytes"))
    if printed or spawned:
        return msgspec.structs.replace(trace, printed=printed, spawned=spawned)
    return trace


class _Processes:
    """Counts the processes that the target starts: a cost that is the same on every machine."""

    def __init__(self) -> None:
        self.started = 0

    def heard(self, event: str, _arguments: object) -> None:
        if event in STARTS_A_PROCESS:
            self.started += 1


_processes = _Processes()


def _written() -> int:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # the target closed or replaced it
            continue
    try:
        return os.fstat(1).st_size + os.fstat(2).st_size
    except OSError:
        return 0


def _words(error: BaseException) -> str:
    if isinstance(error, UserError):
        return str(error)
    try:
        words = f"{type(error).__name__}: {error}"
        for folder in filter(
            None, (os.getcwd(), sys.path[0])
        ):  # where it runs, and where a file lies
            words = words.replace(folder + os.sep, "")
        return readable(words)[:300]
    except Exception:
        return type(error).__name__


if __name__ == "__main__":
    main()
