"""Two renderings of a small model's own earlier moves in `embodied/keys_and_rooms`.

    python benchmarks/rendering.py [--quick]

At a key that has to be taken, after no and after four rounds of going out and in again, the
embedded model chooses among the legal moves. `transcript` shows its earlier moves as answers, as
the worked examples are shown; `observations` shows what it observed and leaves the moves out, which
is what agents do. The examples are the four nearest of an expert's in other houses.
"""

import argparse
import asyncio
import itertools
import math
from collections.abc import Callable, Sequence

import msgspec
from figures import record
from rich.console import Console
from rich.table import Table

from firsthand.agent import Agent
from firsthand.environment import Action
from firsthand.evaluate.statistics import paired_difference
from firsthand.models import model
from firsthand.models.llama import Llama
from firsthand.playbook import Lesson, Playbook
from firsthand.prompt import Message, Prompt, Sampling
from firsthand.registry import tasks
from firsthand.rollout.pool import rollout
from firsthand.task import Task
from firsthand.worlds.embodied.keys_and_rooms import OPPOSITE, KeysAndRooms

WORLD = "embodied/keys_and_rooms"
ROUNDS = (0, 4)
EXAMPLES = 4
HOUSES = 20
Past = list[tuple[str, str]]
"""Observations, each with the move that was made."""


class Moment(msgspec.Struct, frozen=True):
    """A turn at which the right move is to take a key."""

    past: Past
    observation: str
    choices: Sequence[str]
    right: str


def at_the_key(task: Task, rounds: int) -> Moment | None:
    """Walk to a key as the expert does, then out and in again so many times."""
    world = KeysAndRooms()
    observation = world.reset(task)
    plan = [action.text for action in world.expert()]
    place = next(
        (
            n
            for n, (a, b) in enumerate(itertools.pairwise(plan), 1)
            if a[:2] == "go" and b[:4] == "take"
        ),
        0,
    )
    into = plan[place - 1]
    past: Past = []
    for move in (*plan[:place], *(f"go {OPPOSITE[into.split()[1]]}", into) * rounds):
        past.append((observation.text, move))
        observation = world.act(Action(move))
        if observation.done:
            return None
    return Moment(past, observation.text, world.choices(), plan[place]) if place else None


def transcript(moment: Moment) -> list[Message]:
    """Show every earlier move as an answer."""
    turns = [
        message
        for seen, move in moment.past
        for message in (Message("user", seen), Message("assistant", move))
    ]
    return [*turns, Message("user", moment.observation)]


def observations(moment: Moment) -> list[Message]:
    """Show what was observed, as agents do."""
    return [message for message in transcript(moment) if message.role == "user"]


RENDERINGS: dict[str, Callable[[Moment], list[Message]]] = {
    "transcript": transcript,
    "observations": observations,
}


async def experts(n: int) -> Playbook:
    """Return what an expert did in `n` other houses, as worked examples."""
    houses = tasks(WORLD, 100 + n)[100:]
    episodes = await rollout(Agent(model=model("scripted:expert")), houses)
    turns = {(t.observation.full, t.action.text) for e in episodes for t in e.turns}
    lessons = [Lesson("example", observation=seen, action=move) for seen, move in sorted(turns)]
    return Playbook(lessons=tuple(lessons))


async def measured(llama: Llama, moment: Moment, playbook: Playbook | None, how: str) -> float:
    """Return the probability of the right move."""
    nearest = playbook.examples(WORLD, moment.observation, EXAMPLES) if playbook else []
    examples = [
        message
        for lesson in nearest
        for message in (Message("user", lesson.observation), Message("assistant", lesson.action))
    ]
    prompt = Prompt([*examples, *RENDERINGS[how](moment)], choices=moment.choices)
    completion = await llama.sample(prompt, Sampling(temperature=0.0))
    return math.exp(completion.choices[moment.right])


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three houses instead of twenty")
    houses = 3 if parser.parse_args().quick else HOUSES
    table = Table("examples", "rounds", "n", *RENDERINGS, "difference of probability (95%)")
    llama, playbook, shown = Llama(slots=1), await experts(20), ""
    for known in (None, playbook):
        for rounds in ROUNDS:
            moments = [at_the_key(task, rounds) for task in tasks(WORLD, houses)]
            found = [moment for moment in moments if moment is not None]
            told = {
                how: [await measured(llama, moment, known, how) for moment in found]
                for how in RENDERINGS
            }
            gain = paired_difference(told["transcript"], told["observations"])
            shown = f"{gain.mean:+.2f} [{gain.interval.low:+.2f}, {gain.interval.high:+.2f}]"
            table.add_row(
                str(EXAMPLES if known else 0),
                str(rounds),
                str(len(found)),
                *(
                    f"{sum(map(math.log, values)) / len(found):.2f} nats"
                    for values in told.values()
                ),
                shown,
            )
    if houses == HOUSES:  # the last row: examples, and four rounds
        record("rendering", f"{houses} houses: probability of the right move {shown}")
    Console().print("Mean log-probability of taking the key, in nats")
    Console().print(table)
    await llama.close()


if __name__ == "__main__":
    asyncio.run(main())
