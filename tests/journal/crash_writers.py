"""Fork writers and indexers, kill them at random points, print what was acknowledged. Run by
test_crash.py.
"""

import contextlib
import os
import random
import signal
import sys
import time
from pathlib import Path

import msgspec

from firsthand.environment import Action, Observation
from firsthand.episode import Episode, Stop, Turn
from firsthand.journal import Journal
from firsthand.task import Task

WRITERS = 8


def write(folder: Path, name: str, acknowledged: int, rng: random.Random) -> None:
    """Append for ever; some lines are long, some segments are short and packed."""
    task, number = Task("control/null", 1), 0
    turn = Turn(Observation("shown"), Action("done"), 1.0)
    while True:
        with Journal(folder).writer(compress=rng.random() < 0.5) as writer:
            for _ in range(rng.choice([3, 1000])):
                text = "x" * (100_000 if rng.random() < 0.03 else 10)
                writer.append(
                    Episode(
                        f"{name}-{number}",
                        task,
                        "crash#1",
                        (turn,),
                        Observation(text, True),
                        1.0,
                        {"ok": True},
                        Stop.DONE,
                    )
                )
                os.write(acknowledged, b"%d\n" % number)
                number += 1


def index(folder: Path) -> None:
    """Refresh the index for ever."""
    while True:
        len(Journal(folder))


def spawn(work, *arguments) -> int:
    child = os.fork()
    if not child:
        with contextlib.suppress(BrokenPipeError):
            work(*arguments)
        os._exit(0)
    return child


def main() -> None:
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
    acknowledged: dict[str, int] = {}
    for number in range(rounds):
        rng = random.Random(number)
        children: list[int] = [spawn(index, folder)]
        pipes: dict[str, int] = {}
        for writer in range(WRITERS):
            name = f"{number}-{writer}"
            pipes[name], end = os.pipe()
            children.append(spawn(write, folder, name, end, random.Random(name)))
            os.close(end)
        for child in rng.sample(children, len(children)):
            time.sleep(rng.uniform(0.0, 0.003))
            os.kill(child, signal.SIGKILL)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        for name, pipe in pipes.items():
            with os.fdopen(pipe, "rb") as lines:
                whole = [line for line in lines if line.endswith(b"\n")]
            acknowledged[name] = len(whole)
    sys.stdout.buffer.write(
        msgspec.json.encode({"kills": rounds * (WRITERS + 1), "acknowledged": acknowledged})
    )


if __name__ == "__main__":
    main()
