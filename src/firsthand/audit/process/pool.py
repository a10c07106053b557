"""The auditor's side of the child processes: plays go out, traces come back, and nothing a target does ends the audit.

A lab keeps some workers for one target under one set of conditions. A worker that dies or hangs is
replaced; the play it died in carries the fault. Left out: a sandbox. The target is code that its owner
runs anyway; the limits are there so that the audit ends.
"""

import contextlib
import os
import queue
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from firsthand.audit.process.messages import Look, Moves, Order, Request, receive, send
from firsthand.audit.targets.protocol import Facts, Fault, Instance, Play, Spec, Trace
from firsthand.errors import UserError

Reply = TypeVar("Reply")

START_SECONDS = 60.0
PLAY_SECONDS = 12.0
"""A play that takes longer hangs."""
FAST_SECONDS = 4.0
"""The same, where plays usually take milliseconds."""
IMPATIENT_SECONDS = 1.5
"""The same, once such a target has hung."""
MOST_HANGS = 4
"""Hangs after which a lab plays no more."""


class Conditions(msgspec.Struct, frozen=True):
    """What surrounds a process and must not matter: hash seed, time zone, locale, date (seconds since 1970; 0: today), global random seed."""

    hash_seed: int = 0
    zone: str = "UTC"
    locale: str = "C.UTF-8"
    date: float = 0.0
    random_seed: int = 0


class Dead(Exception):
    """The worker is gone; the fault says how."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.kind}: {fault.detail}")
        self.fault = fault


class Hangs(Exception):
    """The target hung so often that waiting for more would end no audit."""


class Runaway(Exception):
    """A check took so long that it is ended: it says nothing, and so passes nobody."""


class Worker:
    """One child process that holds the target."""

    def __init__(self, spec: Spec, conditions: Conditions = Conditions()) -> None:
        self.spec, self.conditions = spec, conditions
        self.home = tempfile.mkdtemp(prefix="firsthand-audit-")
        ours, theirs = os.pipe(), os.pipe()
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")
        }  # a tracer would be timed too
        environ = {
            **inherited,
            "PYTHONHASHSEED": str(conditions.hash_seed),
            "TZ": conditions.zone,
            "LC_ALL": conditions.locale,
            "TMPDIR": self.home,
            "HOME": self.home,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        arguments = [
            str(theirs[0]),
            str(ours[1]),
            msgspec.json.encode(spec).decode(),
            str(conditions.date),
            str(conditions.random_seed),
        ]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "firsthand.audit.process.worker", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                pass_fds=(theirs[0], ours[1]),
                cwd=self.home,
                env=environ,
                start_new_session=True,
            )
        os.close(theirs[0])
        os.close(ours[1])
        self.orders, self.replies = (
            os.fdopen(theirs[1], "wb"),
            os.fdopen(ours[0], "rb", buffering=0),
        )
        self.facts: Facts | None = None

    def start(self) -> Facts:
        """Wait until the target is loaded. Raises `UserError` with what went wrong."""
        if self.facts is None:
            try:
                frame = self._frame(START_SECONDS)
            except Dead as dead:
                raise UserError(f"{self.spec.name} could not be loaded: {dead}") from None
            said = msgspec.msgpack.decode(frame)
            if "mistake" in said:
                raise UserError(said["mistake"])
            if "error" in said:
                raise UserError(f"{self.spec.name} could not be loaded: {said['error']}")
            self.facts = msgspec.msgpack.decode(frame, type=Facts)
        return self.facts

    def order(self, order: Order) -> None:
        """Send an order. Raises `Dead`."""
        try:
            send(self.orders, msgspec.msgpack.encode(order))
        except (BrokenPipeError, OSError):
            raise Dead(self._ending()) from None

    def reply(self, kind: type[Reply], seconds: float = PLAY_SECONDS) -> Reply:
        """Return the next reply. Raises `Dead`."""
        return msgspec.msgpack.decode(self._frame(seconds), type=kind)

    def _frame(self, seconds: float) -> bytes:
        reader = _Patient(self.replies, time.monotonic() + seconds)
        try:
            frame = receive(reader)
        except TimeoutError:
            self.kill()
            raise Dead(Fault("hang", f"no answer within {seconds:g} s")) from None
        if frame is None:
            raise Dead(self._ending())
        return frame

    def _ending(self) -> Fault:
        try:
            code = self.process.wait(2.0)
        except subprocess.TimeoutExpired:
            self.kill()
            return Fault("exit", "the process closed its pipes")
        return (
            Fault("killed", f"the process died of signal {-code}")
            if code < 0
            else Fault("exit", f"the process left with exit code {code}")
        )

    def kill(self) -> None:
        """End the process and whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, 9)
        self.process.kill()  # it may have left the group
        self.process.wait()

    def close(self) -> None:
        """End the process and remove its folder."""
        self.kill()
        for pipe in (self.orders, self.replies):
            with contextlib.suppress(OSError):
                pipe.close()
        shutil.rmtree(self.home, ignore_errors=True)


class _Patient:
    """Reads whole requests from a pipe until a deadline."""

    def __init__(self, pipe: Any, deadline: float) -> None:
        self.pipe, self.deadline = pipe, deadline

    def read(self, size: int) -> bytes:
        """Read exactly `size` bytes, or fewer at the end. Raises `TimeoutError`."""
        parts: list[bytes] = []
        while size:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.pipe], [], [], left)[0]:
                raise TimeoutError
            part = self.pipe.read(size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class Lab:
    """Several workers of one target under the same conditions."""

    def __init__(
        self,
        spec: Spec,
        *,
        conditions: Conditions = Conditions(),
        workers: int = 2,
        seconds: float = PLAY_SECONDS,
        tick: Callable[[int], None] | None = None,
    ) -> None:
        self.spec, self.conditions, self.size, self.seconds, self.tick = (
            spec,
            conditions,
            workers,
            seconds,
            tick,
        )
        self.workers: list[Worker | None] = [None] * workers
        self.plays = 0
        self.hung: list[Play] = []
        self.deadline: float | None = None
        """When to give up, in seconds of `time.monotonic`; None: never."""

    def start(self) -> Facts:
        """Load the target. Raises `UserError`."""
        self.workers = [worker or Worker(self.spec, self.conditions) for worker in self.workers]
        return [worker.start() for worker in self.workers if worker].pop()

    def run(self, plays: Sequence[Play]) -> list[Trace]:
        """Play all, in order within each worker, spread over the workers in chunks. Raises `Hangs`."""
        return self._spread(
            list(plays), lambda chunk: Request(chunk), Trace, lambda fault: Trace(fault=fault)
        )

    def instances(self, seeds: Sequence[int], *, oracles: bool = True) -> list[Instance]:
        """Tell the instances with these seeds, with their oracles or without."""
        return self._spread(
            list(seeds),
            lambda chunk: Look(chunk, oracles),
            Instance,
            lambda fault: Instance(-1, "", fault=f"{fault.kind}: {fault.detail}"),
        )

    def moves(self, plays: Sequence[Play]) -> list[list[str]]:
        """Tell the legal moves after each play."""
        return self._spread(
            list(plays), lambda chunk: Moves(chunk), list[str], lambda fault: list[str]()
        )

    def together(self, plays: Sequence[Play]) -> list[Trace]:
        """Play all at once in one process, interleaved step by step."""
        worker = self._worker(0)
        try:
            worker.order(Request(list(plays), together=True))
            return [worker.reply(Trace, self.seconds) for _ in plays]
        except Dead as dead:
            self._lost(0)
            return [Trace(fault=dead.fault) for _ in plays]

    def _spread(
        self,
        items: list[Any],
        order: Callable[[list[Any]], Order],
        kind: Any,
        failed: Callable[[Fault], Any],
    ) -> list[Any]:
        results: list[Any] = [None] * len(items)
        least = (
            12 if self.seconds <= FAST_SECONDS else 1
        )  # a turn with a worker costs as much as a few fast plays
        size = max(least, min(64, -(-len(items) // (4 * self.size))))
        chunks: queue.SimpleQueue[range] = queue.SimpleQueue()
        for start in range(0, len(items), size):
            chunks.put(range(start, min(start + size, len(items))))
        errors: list[BaseException] = []

        def serve(slot: int) -> None:
            try:
                while not errors:
                    if self.deadline is not None and time.monotonic() > self.deadline:
                        raise Runaway
                    try:
                        chunk = list(chunks.get_nowait())
                    except queue.Empty:
                        return
                    self._chunk(slot, chunk, items, results, order, kind, failed)
            except BaseException as error:
                errors.append(error)

        if len(items) <= size:
            serve(0)
        else:
            threads = [
                threading.Thread(target=serve, args=(slot,), daemon=True)
                for slot in range(self.size)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if errors:
            raise errors[0]
        self.plays += len(items)
        return results

    def _chunk(
        self,
        slot: int,
        places: list[int],
        items: list[Any],
        results: list[Any],
        order: Callable[[list[Any]], Order],
        kind: Any,
        failed: Callable[[Fault], Any],
    ) -> None:
        while places:
            worker = self._worker(slot)
            try:
                worker.order(order([items[place] for place in places]))
                while places:
                    results[places[0]] = worker.reply(kind, self.seconds)
                    places.pop(0)
                    if self.tick:
                        self.tick(1)
            except Dead as dead:
                self._lost(slot)
                item = items[places[0]]
                results[places.pop(0)] = failed(dead.fault)
                if dead.fault.kind == "hang" and isinstance(item, Play):
                    self._hangs(item)

    def _worker(self, slot: int) -> Worker:
        worker = self.workers[slot]
        if worker is None:
            worker = self.workers[slot] = Worker(self.spec, self.conditions)
        worker.start()
        return worker

    def _hangs(self, play: Play) -> None:
        self.hung.append(play)
        if self.seconds <= FAST_SECONDS:
            self.seconds = IMPATIENT_SECONDS
        if len(self.hung) >= MOST_HANGS:
            raise Hangs

    def _lost(self, slot: int) -> None:
        worker, self.workers[slot] = self.workers[slot], None
        if worker is not None:
            worker.close()

    def fresh(self) -> None:
        """Forget all processes, so that the next play meets a target that has played nothing."""
        for slot, worker in enumerate(self.workers):
            if worker is not None:
                worker.close()
            self.workers[slot] = None

    def close(self) -> None:
        """End all processes."""
        self.fresh()

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
