"""The child process in which a target lives: it plays what it is told and reports what it saw.

Whatever a target does to its process, to its standard output or to its files stays here. Orders and
answers are frames of MessagePack on a socket that the target is not told of. Target and worker
share a process, so that nothing here can be hidden from a target that looks for it: the worker only
makes changing it show.
"""

import asyncio
import os
import random
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from firsthand.audit.process import clock
from firsthand.audit.process.integrity import Seal
from firsthand.audit.process.messages import (
    INTERFERENCE,
    Interference,
    Look,
    Moves,
    Order,
    Request,
)
from firsthand.audit.targets.protocol import Fault, Instance, Play, Spec, Target, Trace, readable
from firsthand.errors import UserError
from firsthand.process import frames

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


Load = Callable[[Spec], Target]


def adapter(spec: Spec) -> Load:
    """Return what loads a target of this kind; the target itself is not touched."""
    if spec.source == "native":
        from firsthand.audit.targets.native import Native

        return Native
    if spec.source == "reasoning-gym":
        from firsthand.audit.targets.reasoning_gym import ReasoningGym

        return ReasoningGym
    from firsthand.audit.targets.file import from_file

    return from_file


def serve(channel: socket.socket, arguments: Sequence[str]) -> None:
    """Load the target, tell its facts, and answer orders until the auditor closes the channel.

    Arguments: the target, the date in seconds since 1970 or 0, and the seed of the global random
    generator.
    """
    spec = msgspec.json.decode(arguments[0], type=Spec)
    date, seed = float(arguments[1]), int(arguments[2])
    # A browser maps more than it uses, and only an installed environment may start one: it can
    # raise the limit for a child. The supervisor bounds what the whole tree really holds.
    most = resource.RLIM_INFINITY if spec.source == "native" else MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_release, daemon=True).start()
    random.seed(seed)
    sys.addaudithook(_processes.heard)
    load, encode = adapter(spec), msgspec.msgpack.encode
    seal, receive, send = Seal(), frames.receive, frames.send
    decoder, running = msgspec.msgpack.Decoder(Order), asyncio.run  # held from before the target
    try:
        if date:
            clock.travel(date)
        target = load(spec)
        send(channel, 0, encode(target.facts()))
    except BaseException as error:
        mistake = "mistake" if isinstance(error, UserError) else "error"
        send(channel, 0, encode({mistake: _words(error)}))
        return
    while True:
        if what := seal.broken():
            send(channel, INTERFERENCE, encode(Interference(f"it replaced {what}")))
        if (order := receive(channel)) is None:
            return
        number, body = order

        def answer(reply: object, number: int = number) -> None:
            send(channel, number, encode(reply))

        running(_serve(target, decoder.decode(body), answer))


def _release(*, sleep: Callable[[float], None] = time.sleep) -> None:
    """Show that the interpreter is still let go of.

    C code that never does so, such as a regular expression, stops this thread too: then the kernel
    ends the process.
    """
    while True:
        signal.setitimer(signal.ITIMER_VIRTUAL, STUCK)
        sleep(1.0)


async def _serve(target: Target, order: Order, answer: Callable[[object], None]) -> None:
    match order:
        case Request(plays, together):
            if together:
                for trace in await asyncio.gather(*(_guarded(target, play) for play in plays)):
                    answer(trace)
            else:
                for play in plays:
                    answer(await _guarded(target, play))
        case Look(seeds, oracles):
            for seed in seeds:
                answer(await _looked(target, seed, oracles))
        case Moves(plays):
            for play in plays:
                try:
                    moves = await target.moves(play)
                except Exception:
                    moves = []
                answer(moves)


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
