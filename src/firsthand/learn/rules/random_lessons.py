"""Random lessons: as many worked examples as `retrieval` would keep, from plays drawn at random.

What it gains is gained by the form of an example alone, whether or not what it shows worked.
"""

import random
from collections.abc import Sequence

from firsthand.actions import calls_as_json
from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.learn.lab import Lab
from firsthand.learn.rules.exploring import gather, showing
from firsthand.playbook import Lesson
from firsthand.task import digest


async def random_lessons(lab: Lab) -> Agent:
    """Show what was done in random plays, whatever came of it."""

    async def deploy(seen: Sequence[Episode]) -> Agent:
        rng = random.Random(digest(f"random lessons/{lab.seed}/{len(seen)}"))
        drawn = rng.sample(list(seen), sum(episode.success for episode in seen))
        return showing(lab.agent, [lesson for own in drawn for lesson in _done(own)])

    return await gather(lab, deploy)


def _done(episode: Episode) -> list[Lesson]:
    return [
        Lesson(
            "example",
            observation=turn.observation.full,
            action=done,
            scope=episode.task.environment,
            evidence=(episode.id,),
        )
        for turn in episode.turns
        if (done := calls_as_json(turn.action)) and turn.observation.full
    ]
