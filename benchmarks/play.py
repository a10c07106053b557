"""CPU that `play` adds to a turn with a scripted policy, beside a bare loop over the environment.

python benchmarks/play.py [EPISODES]
"""

import asyncio
import inspect
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

from figures import record

from firsthand.agent import Agent, settled
from firsthand.environment import Action, Observation
from firsthand.models import model
from firsthand.models.scripted import Scripted
from firsthand.registry import make, tasks
from firsthand.rollout.play import Limits, play
from firsthand.rollout.pool import rollout
from firsthand.task import Task

ROUNDS = 5
GUESS = Action("not a guess")


TURNS = 2000


async def main(n: int = TURNS) -> None:
    print(f"µs of CPU a turn, median of {ROUNDS} rounds of {n:,} turns (least to most)\n")
    print(f"{'':40}{'bare loop':>24}{'play':>24}{'rollout':>24}{'play - bare':>13}")
    agent = Agent(model=model("scripted:random"))
    each = await compare(
        "control/null, 1 turn, scripted:random", agent, tasks("control/null", n), 1
    )
    if n == TURNS:
        record("play", f"{each:.0f} µs of CPU a turn on `control/null`")
    agent = Agent(
        model=Scripted(lambda _observation, _environment, _rng: GUESS, name="scripted:constant")
    )
    await compare(
        "games/mastermind, 8 turns, constant", agent, tasks("games/mastermind", n // 8), 8
    )


async def compare(what: str, agent: Agent, played: Sequence[Task], turns: int) -> float:
    """Time three ways to play the same tasks in turn; return the median µs a turn of `play`."""
    limits = Limits(turns=turns)

    async def by_play() -> None:
        for task in played:
            await play(make(task.environment), agent, task, limits=limits)

    ways: list[Callable[[], Awaitable[object]]] = [
        lambda: bare(agent, played, turns),
        by_play,
        lambda: rollout(agent, played, limits=limits),
    ]
    spent: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, times in zip(ways, spent, strict=True):
            started = time.process_time()
            await way()
            times.append((time.process_time() - started) / (len(played) * turns) * 1e6)
    columns = [
        f"{statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})" for times in spent
    ]
    added = statistics.median(spent[1]) - statistics.median(spent[0])
    print(f"{what:40}{columns[0]:>24}{columns[1]:>24}{columns[2]:>24}{added:>13.1f}")
    return statistics.median(spent[1])


async def bare(agent: Agent, played: Sequence[Task], turns: int) -> None:
    """Do what the environment and the policy do and nothing else: no record, no limits, no
    attribution.
    """
    for task in played:
        environment = make(task.environment)
        policy = agent.model.start(environment, task)  # type: ignore[union-attr]
        observation = await settled(environment.reset(task))
        environment.score()
        for _ in range(turns):
            action = policy(observation)
            outcome = environment.act(await action if inspect.isawaitable(action) else action)
            observation = outcome if isinstance(outcome, Observation) else await outcome
            environment.score()
            if observation.done:
                break
        await settled(environment.close())


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
