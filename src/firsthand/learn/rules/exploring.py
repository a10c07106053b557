"""What all rules share: how a budget becomes rounds of play, and what may be learned from."""

import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.learn.lab import Lab
from firsthand.learn.lessons.intake import admit
from firsthand.learn.lessons.review import Reviewer
from firsthand.playbook import Lesson, Playbook
from firsthand.prompt import Model
from firsthand.task import Task, digest

ROUNDS = 6
"""Times that a rule without credit takes in what was played; each is a point of its curve."""
MOST_EXAMPLES = 6
"""Worked examples that a model is shown at most at once, whatever they speak about: the time for a
decision grows with each, ten of them make SmolLM2 four times as slow as two, and what reads bytes
has no room for more."""

Deploy = Callable[[Sequence[Episode]], Awaitable[Agent]]


async def gather(lab: Lab, deploy: Deploy) -> Agent:
    """Spend the budget in rounds, each played by the agent that the episodes so far make."""
    agent, seen = lab.agent, list[Episode]()
    for leave in shares(lab.left, ROUNDS):
        tasks = lab.tasks(fitting(lab, leave))
        seen += learnable(await lab.play(explorers(agent, lab.seed, tasks), tasks, leave=leave))
        agent = await deploy(seen)
        await lab.mark(agent)
    return agent


def shares(turns: int, rounds: int) -> Iterator[int]:
    """Yield how many turns shall be left after each of so many equal rounds."""
    for number in range(1, rounds + 1):
        yield turns - turns * number // rounds


def fitting(lab: Lab, leave: int, *, plays: int = 1) -> int:
    """Return how many tasks of each environment use up the turns beyond `leave`, at one a play."""
    return math.ceil(max(0, lab.left - leave) / (plays * len(lab.environments)))


def explorers(agent: Agent, seed: int, tasks: Sequence[Task]) -> list[Agent]:
    """Return the agent once for each play, sampling at temperature 1 by a seed of its own."""

    def exploring(number: int, task: Task) -> Agent:
        drawn = digest(f"{seed}/{task.id}/{number}") % 2**31
        sampling = msgspec.structs.replace(agent.sampling, temperature=1.0, seed=drawn)
        return msgspec.structs.replace(agent, sampling=sampling)

    return [exploring(number, task) for number, task in enumerate(tasks)]


def learnable(episodes: Iterable[Episode]) -> list[Episode]:
    """Leave out failed episodes and those that look like exploits of the reward."""
    return [own for own in episodes if own.reward is not None and own.turns and not own.flags]


async def proposed(
    reviewer: Reviewer, episodes: Sequence[Episode], known: Sequence[Lesson] = ()
) -> list[Lesson]:
    """Return the lessons that a reviewer proposes and that may be taken in, oldest first."""
    lessons, _ = await admit(await reviewer.review(episodes, known=known), episodes, known)
    return list({lesson.id: lesson for lesson in lessons}.values())


def showing(agent: Agent, lessons: Sequence[Lesson], *, examples: int | None = None) -> Agent:
    """Return the agent with these lessons, so many worked examples of them at once."""
    core = tuple(msgspec.structs.replace(lesson, state="core") for lesson in lessons)
    found = agent.with_playbook(Playbook(agent.playbook.version + 1, core))
    return found if examples is None else msgspec.structs.replace(found, examples=examples)


def few_shot(agent: Agent) -> bool:
    """Say whether the agent is shown worked examples as earlier turns, and no prose."""
    return isinstance(agent.model, Model) and agent.model.traits.few_shot


def within_tokens(agent: Agent, lessons: Iterable[Lesson]) -> list[Lesson]:
    """Return the first lessons that fit in what the agent gives to lessons in its prompt."""
    room, found = agent.lesson_tokens, list[Lesson]()
    for lesson in lessons:
        if lesson.tokens > room or len(found) == MOST_EXAMPLES:
            break
        room -= lesson.tokens
        found.append(lesson)
    return found
