"""The auditor's side of the child processes: plays go out, traces come back, and nothing a target
does ends the audit.

A lab keeps some workers for one target under one set of conditions. A worker that dies or hangs is
replaced; the play it died in carries the fault. An answer out of turn is a fault of its own: the
target interferes. With bubblewrap a worker is contained (see `firsthand.process`), without it it is
not.
"""

import hashlib
import itertools
import os
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from firsthand.audit.process.messages import (
    INTERFERENCE,
    Interference,
    Look,
    Moves,
    Order,
    Request,
)
from firsthand.audit.targets.protocol import Facts, Fault, Instance, Play, Spec, Trace
from firsthand.errors import UserError
from firsthand.process import frames
from firsthand.process.child import Child, startable

Reply = TypeVar("Reply")

START_SECONDS = 60.0
PLAY_SECONDS = 12.0
"""A play that takes longer hangs."""
FAST_SECONDS = 4.0
"""The same, where plays usually take milliseconds."""
IMPATIENT_SECONDS = 1.5
"""The same, once such a target has hung."""
PREFIX = "firsthand-audit-"
"""How the temporary folders of workers are named."""
INTERFERES = "interference"
"""The kind of fault of a target that changes its worker or answers in its place."""
MOST_INTERFERENCE = 3
"""Times that a target may interfere before a lab plays no more."""
KEPT = 512
"""Plays of a lab that are remembered, to be sampled from."""
MOST_HANGS = 4
"""Hangs after which a lab plays no more."""


class Conditions(msgspec.Struct, frozen=True):
    """What surrounds a process and must not matter: hash seed, time zone, locale, date (seconds
    since 1970; 0: today), global random seed.
    """

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


class Interferes(Exception):
    """The target meddles with its workers so often that nothing it is asked can be believed."""


class Runaway(Exception):
    """A check took so long that it is ended: it says nothing, and so passes nobody."""


class Worker:
    """One child process that holds the target."""

    def __init__(self, spec: Spec, conditions: Conditions = Conditions()) -> None:
        self.spec, self.conditions = spec, conditions
        self.facts: Facts | None = None
        self._numbers = itertools.count(1)
        self._order = 0
        date, seed = str(conditions.date), str(conditions.random_seed)
        with startable(), tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            self.child = Child(
                "firsthand.audit.process.worker",
                [msgspec.json.encode(spec).decode(), date, seed],
                environment=environment(conditions),
                visible=visible(spec),
                contain=True,
                streams={"stdout": out, "stderr": err},
                prefix=PREFIX,
            )

    def start(self) -> Facts:
        """Wait until the target is loaded. Raises `UserError` with what went wrong."""
        if self.facts is None:
            try:
                body = self._answer(START_SECONDS)
            except Dead as dead:
                raise UserError(f"{self.spec.name} could not be loaded: {dead}") from None
            self.facts = self._facts(body)
        return self.facts

    def _facts(self, body: bytes) -> Facts:
        try:
            said = msgspec.msgpack.decode(body, type=dict[str, Any])
            if "mistake" in said:
                raise UserError(said["mistake"])
            if "error" in said:
                raise UserError(f"{self.spec.name} could not be loaded: {said['error']}")
            return msgspec.msgpack.decode(body, type=Facts)
        except msgspec.MsgspecError as error:
            raise UserError(
                f"{self.spec.name} could not be loaded: its worker answered out of turn: {error}"
            ) from None

    def order(self, order: Order) -> None:
        """Send an order. Raises `Dead`."""
        self._order = next(self._numbers)
        body, deadline = msgspec.msgpack.encode(order), time.monotonic() + START_SECONDS
        try:
            frames.send(self.child.channel, self._order, body, deadline=deadline)
        except TimeoutError:
            raise self._dead(Fault("hang", "an order was not read")) from None
        except OSError:
            raise Dead(self._ending()) from None

    def reply(self, kind: type[Reply], seconds: float = PLAY_SECONDS) -> Reply:
        """Return the next reply. Raises `Dead`."""
        body = self._answer(seconds)
        try:
            return msgspec.msgpack.decode(body, type=kind)
        except msgspec.MsgspecError as error:
            raise self._interference(f"an answer is not what was asked for: {error}") from None

    def _answer(self, seconds: float) -> bytes:
        try:
            received = frames.receive(self.child.channel, deadline=time.monotonic() + seconds)
        except TimeoutError:
            raise self._dead(Fault("hang", f"no answer within {seconds:g} s")) from None
        except frames.BadFrame as error:
            raise self._interference(str(error)) from None
        except OSError:
            received = None
        if received is None:
            raise Dead(self._ending())
        number, body = received
        if number == INTERFERENCE:
            raise self._interference(_what(body))
        if number != self._order:
            raise self._interference(f"answer {number} came to order {self._order}")
        return body

    def _interference(self, what: str) -> Dead:
        return self._dead(
            Fault(INTERFERES, f"the target interferes with the auditor: {what}"[:300])
        )

    def _dead(self, fault: Fault) -> Dead:
        self.close()
        return Dead(fault)

    def _ending(self) -> Fault:
        ending = self.child.ending()
        kinds = {"memory": ending.memory, "killed": ending.signal}
        kind = next((kind for kind, value in kinds.items() if value is not None), "exit")
        return Fault(kind, str(ending))

    def busy(self) -> bool:
        """Say whether processes that the target started are still running."""
        return bool(self.child.started())

    def close(self) -> None:
        """End the process and whatever it started, and remove its folder."""
        self.child.close()


def _what(body: bytes) -> str:
    try:
        return msgspec.msgpack.decode(body, type=Interference).what
    except msgspec.MsgspecError:
        return "a message that answers no order"


def environment(conditions: Conditions) -> dict[str, str]:
    """Return the environment variables that conditions stand for."""
    return {
        "PYTHONHASHSEED": str(conditions.hash_seed),
        "TZ": conditions.zone,
        "LC_ALL": conditions.locale,
    }


def visible(spec: Spec) -> tuple[str, ...]:
    """Return the paths that loading a target reads."""
    if spec.source != "file":
        return ()
    path = spec.name.partition(".py:")[0] + ".py" if ".py:" in spec.name else spec.name
    return (path, os.path.dirname(path))


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
        self.interference: list[tuple[Play | None, str]] = []
        """What the target did to its worker, and in which play; any of it rules out a PASS."""
        self._seen: dict[bytes, tuple[Play, float]] = {}

    def start(self) -> Facts:
        """Load the target. Raises `UserError`."""
        self.workers = [worker or Worker(self.spec, self.conditions) for worker in self.workers]
        return [worker.start() for worker in self.workers if worker].pop()

    def run(self, plays: Sequence[Play]) -> list[Trace]:
        """Play all, in order within each worker, spread over workers in chunks. Raises `Hangs`."""
        traces = self._spread(
            list(plays), lambda chunk: Request(chunk), Trace, lambda fault: Trace(fault=fault)
        )
        self._remember(plays, traces)
        return traces

    def sample(self, n: int) -> list[tuple[Play, float]]:
        """Return up to `n` of the plays that earned a number, and what; chosen by their hash."""
        return [self._seen[key] for key in sorted(self._seen)[:n]]

    def _remember(self, plays: Sequence[Play], traces: Sequence[Trace]) -> None:
        for play, trace in zip(plays, traces, strict=True):
            if trace.value is None or trace.fault is not None or play.beyond:
                continue
            key = hashlib.blake2b(msgspec.msgpack.encode(play), digest_size=8).digest()
            self._seen[key] = (play, trace.value)
        if len(self._seen) > 2 * KEPT:
            self._seen = {key: self._seen[key] for key in sorted(self._seen)[:KEPT]}

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
            if dead.fault.kind == INTERFERES:
                self.interference.append((None, dead.fault.detail))
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
                if dead.fault.kind == INTERFERES:
                    play = item if isinstance(item, Play) else None
                    self.interference.append((play, dead.fault.detail))
                    if len(self.interference) >= MOST_INTERFERENCE:
                        raise Interferes from None
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
        for worker in self.workers:
            if worker is not None:
                worker.child.hang_up()
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
