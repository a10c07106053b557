"""Intake: what a reviewer proposed becomes a lesson that is untrusted, unproven and bounded (law
12).

A reviewer has read worlds, so nothing that it says about its own proposals is believed: neither
trust, nor credit, nor state, nor that an example was a success: evidence of an example is kept only
where those episodes hold it. A worked example may be shown as an earlier turn of the agent itself,
so its action must be legal: a way of acting that the environment offers or has paid for, or valid
calls of its tools.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice

import msgspec

from firsthand.actions import calls_as_json
from firsthand.agent import Agent, settled
from firsthand.environment import Action, Environment, Observation, ToolCall, tools_of
from firsthand.episode import Episode
from firsthand.errors import ToolError
from firsthand.learn.lessons.review import worked_examples
from firsthand.playbook import Lesson
from firsthand.prompt import Act
from firsthand.registry import lookup
from firsthand.retrieval import pattern
from firsthand.rollout.play import Limits, play
from firsthand.task import Task

TASKS_ASKED = 20
"""Tasks of each environment whose legal moves are asked for: more name the same ways of acting."""
LONGEST = 4000
"""Most characters of a proposed text, observation or action."""

Ways = Mapping[str, set[str]]
"""By environment: its legal ways of acting, as `retrieval.pattern` writes them."""


async def admit(
    proposals: Sequence[Lesson], episodes: Sequence[Episode], known: Iterable[Lesson]
) -> tuple[list[Lesson], int]:
    """Return the new lessons among the proposals, and how many were too long or illegal."""
    have = {lesson.id for lesson in known}
    new = [lesson for lesson in proposals if lesson.id not in have]
    ways: Ways = {}
    if any(lesson.kind == "example" for lesson in new):
        ways = await legal_ways(episodes)
    recorded = recorded_in(episodes) if ways else {}
    admitted = [
        msgspec.structs.replace(
            lesson,
            untrusted=True,
            state="probation",
            credit=None,
            evidence=lesson.evidence if lesson.kind == "rule" else recorded.get(lesson.id, ()),
        )
        for lesson in new
        if max(map(len, (lesson.text, lesson.observation, lesson.action))) <= LONGEST
        and (lesson.kind == "rule" or _is_legal(lesson, ways))
    ]
    return admitted, len(new) - len(admitted)


def recorded_in(episodes: Iterable[Episode]) -> dict[str, tuple[str, ...]]:
    """Map the id of every example that a success among the episodes holds to those episodes."""
    found: dict[str, tuple[str, ...]] = {}
    for episode in episodes:
        if episode.success:
            for lesson in worked_examples(episode):
                found[lesson.id] = (*found.get(lesson.id, ()), *lesson.evidence)
    return found


async def legal_ways(episodes: Sequence[Episode]) -> Ways:
    """Collect the ways of acting that environments offered, or that they paid for."""
    ways: dict[str, set[str]] = defaultdict(set)
    tasks: dict[str, dict[str, Task]] = defaultdict(dict)
    for episode in episodes:
        own = ways[episode.task.environment]
        tasks[episode.task.environment][episode.task.id] = episode.task
        for turn in episode.turns:
            paid = [calls_as_json(turn.action)] if turn.reward > 0 else []
            own |= {pattern(turn.observation.full, done) for done in (*turn.choices, *paid)}
    for name, found in tasks.items():
        if lookup(name).choices is not Environment.choices:
            looking = Agent(model=_Looking(ways[name]))
            for task in islice(found.values(), TASKS_ASKED):
                await play(lookup(name)(), looking, task, limits=Limits(turns=1))
    return ways


class _Looking:
    """A policy that notes the legal moves of its first turn and does nothing."""

    name = "scripted:looking"

    def __init__(self, ways: set[str]) -> None:
        self.ways = ways

    def start(self, environment: Environment, task: Task) -> Act:
        async def act(observation: Observation) -> Action:
            choices = await settled(environment.choices()) or ()
            self.ways |= {pattern(observation.full, choice) for choice in choices}
            return Action()

        return act

    async def close(self) -> None:
        """Nothing is held."""


def _is_legal(lesson: Lesson, ways: Ways) -> bool:
    way = pattern(lesson.observation, lesson.action)
    scoped = [name for name in ways if fnmatchcase(name, lesson.scope)]
    return any(way in ways[name] or _calls_tools(lookup(name), lesson.action) for name in scoped)


def _calls_tools(environment: type[Environment], action: str) -> bool:
    """Say whether every line is one call that the environment's tools accept."""
    tools = tools_of(environment)
    for line in action.splitlines():
        try:
            call = msgspec.json.decode(line, type=ToolCall)
            if call.name not in tools:
                return False
            tools[call.name].validate(call.arguments)
        except (msgspec.MsgspecError, ToolError):
            return False
    return bool(action.strip())
