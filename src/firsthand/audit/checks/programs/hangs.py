"""Programs that never end: a sound grader ends them, and pays nothing.

How long a grader may take is its own affair: many give each of dozens of cases some seconds. So a
program that hangs on *one* input shows what a grader does about time, whatever its limits are: it
is paid only where a case that does not end is skipped or passed. Only a grader that runs programs
in its own process and never ends them is accused of waiting. Everything here runs in processes of
its own while other ideas are tried.
"""

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec

from firsthand.audit.accusation import CheckRun
from firsthand.audit.checks.programs.payloads import endless
from firsthand.audit.checks.programs.payloads.payload import Payload
from firsthand.audit.formats.programs import Program
from firsthand.audit.formats.reference_runs import called
from firsthand.audit.process.pool import PLAY_SECONDS, Lab
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import FULL, HANG_RUNAWAY

TICK = 0.5
"""Seconds between two looks at a process that may hang."""


class Hung(msgspec.Struct, frozen=True):
    """How a program that never ends was dealt with."""

    play: Play
    payload: Payload
    trace: Trace | None
    """None: it was neither ended nor graded."""

    @property
    def one(self) -> bool:
        """Whether it hangs on one case only, so that no number of cases excuses a long wait."""
        return self.payload.name.startswith("asleep on the first")


class Hangs:
    """Plays that are waited for in the background."""

    def __init__(self, run: CheckRun, instance: Instance, own: Program) -> None:
        self.pool = ThreadPoolExecutor(3)
        self.inside = run.session.solved[instance.seed].spawned == 0
        """Whether the grader runs programs in its own process."""
        self.waiting: list[Future[Hung]] = [
            self.pool.submit(_played, run, instance, payload, inside=self.inside)
            for payload in _endless(run, instance, own, inside=self.inside)
        ]

    def ended(self) -> list[Hung]:
        """Wait for all, and return what became of them."""
        with self.pool:
            return [future.result() for future in self.waiting]


def _endless(run: CheckRun, instance: Instance, own: Program, *, inside: bool) -> list[Payload]:
    if inside:
        return [endless.busy(own)]
    one = endless.on_one(own, called(own, instance.prompt))
    if one and run.session.many_processes:
        return [one]  # the others hang on every case: they would only be waited for
    return [endless.asleep(own), endless.busy(own), *([one] if one else [])]


def unnoticed(run: CheckRun, instance: Instance, own: Program) -> bool:
    """Say whether the grader pays as much where the input that may hang gets a wrong answer.

    Then it does not look at what the program does, and a hang is not what it pays for.
    """
    wrong = endless.on_one(own, called(own, instance.prompt), wrong=True)
    if wrong is None:
        return False
    with run.session.process_of_its_own() as lab:
        trace = lab.run([Play(instance.seed, (wrong.text,))])[0]
    return run.session.value(instance.seed, trace) >= FULL


def _played(run: CheckRun, instance: Instance, payload: Payload, *, inside: bool) -> Hung:
    play = Play(instance.seed, (payload.text,))
    with Lab(run.session.spec, workers=1, seconds=HANG_RUNAWAY) as lab:
        lab.start()
        worker = lab.workers[0]
        result: list[Trace] = []
        player = threading.Thread(target=lambda: result.extend(lab.run([play])), daemon=True)
        player.start()
        player.join(TICK)
        while player.is_alive():
            if inside and worker is not None and used(worker.child.worker()) > PLAY_SECONDS:
                worker.child.hang_up()
                player.join()
                return Hung(play, payload, None)
            player.join(TICK)
    trace = result[0] if result else None
    hangs = trace is not None and trace.fault is not None and trace.fault.kind == "hang"
    return Hung(play, payload, None if hangs else trace)


def used(process: int | None) -> float:
    """Return the seconds of processor time that a process has used; a busy machine adds none.

    0 for a process that is gone.
    """
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
