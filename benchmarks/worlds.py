"""How fast each environment is, in one process: what resets, turns and scores take with the expert.

    python benchmarks/worlds.py [--quick] [NAME ...]

Goals, a core: text 1,000 turns a second, SQL 400, shell 300. Exits with 1 where one is missed.
Environments that start processes have no goal here; `containment.py` measures runs of Python.
"""

import argparse
import asyncio
import sys
import time

from rich.console import Console
from rich.table import Table

import firsthand as fh
from firsthand.agent import settled
from firsthand.registry import environments, lookup
from firsthand.sandbox import needs

GOALS = {"data/ledger": 400, "data/query_plan": 400, "shell/logs": 300}
TEXT_GOAL = 1000
LEVEL = 3
SECONDS, QUICK_SECONDS = 2.0, 0.5


async def measured(name: str, seconds: float) -> tuple[float, float, float, float, float]:
    """Return milliseconds of a reset, a turn and a score, turns and episodes a second."""
    spent = {"reset": 0.0, "turn": 0.0, "score": 0.0}
    turns = episodes = scores = 0
    started = time.perf_counter()

    async def timed(what, call):
        begun = time.perf_counter()
        found = await settled(call())
        spent[what] += time.perf_counter() - begun
        return found

    while time.perf_counter() - started < seconds:
        (task,) = fh.tasks(name, 1, level=LEVEL, start=episodes)
        world = lookup(name)()
        await timed("reset", lambda: world.reset(task))  # noqa: B023
        for action in world.expert():
            seen = await timed("turn", lambda: world.act(action))  # noqa: B023
            await timed("score", lambda: world.score())  # noqa: B023
            turns, scores = turns + 1, scores + 1
            if seen.done:
                break
        await settled(world.close())
        episodes += 1
    wall = time.perf_counter() - started
    return (
        1000 * spent["reset"] / episodes,
        1000 * spent["turn"] / turns,
        1000 * spent["score"] / scores,
        turns / wall,
        episodes / wall,
    )


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    table = Table("environment", "reset ms", "turn ms", "score ms", "turns/s", "episodes/s", "goal")
    missed = []
    for name in arguments.names or environments():
        wanted = lookup(name).needs
        if any(map(needs.missing, wanted)):
            table.add_row(name, *["-"] * 5, "not here: `firsthand doctor`")
            continue
        seconds = QUICK_SECONDS if arguments.quick else SECONDS
        reset, turn, score, turns, episodes = asyncio.run(measured(name, seconds))
        goal = None if needs.costly(wanted) else GOALS.get(name, TEXT_GOAL)
        if goal and turns < goal:
            missed.append(name)
        told = "" if goal is None else f"{goal} {'missed' if turns < goal else 'ok'}"
        cells = (f"{reset:.2f}", f"{turn:.3f}", f"{score:.3f}", f"{turns:,.0f}", f"{episodes:,.0f}")
        table.add_row(name, *cells, told)
    Console(width=110).print(table)
    print(f"Level {LEVEL}; {len(missed)} missed their goal: {', '.join(missed) or 'none'}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
