"""In-context learning: the newest episodes stand in the prompt as they were, as many as fit.

No selection and no credit. Models that imitate earlier turns are shown successes only, because they
would repeat a failure; models that read prose are told each episode with its score.
"""

from collections.abc import Sequence

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.learn.lab import Lab
from firsthand.learn.lessons.review import Contrast, story
from firsthand.learn.rules.exploring import few_shot, gather, proposed, showing, within_tokens
from firsthand.playbook import Lesson


async def icl(lab: Lab) -> Agent:
    """Put the newest raw episodes in the prompt."""

    async def deploy(seen: Sequence[Episode]) -> Agent:
        if few_shot(lab.agent):
            lessons = await proposed(Contrast(kinds=("example",)), seen)
        else:
            lessons = [_told(episode) for episode in seen]
        newest = within_tokens(lab.agent, reversed(lessons))
        return showing(lab.agent, newest[::-1], examples=len(newest))

    return await gather(lab, deploy)


def _told(episode: Episode) -> Lesson:
    return Lesson("rule", story(episode), scope=episode.task.environment, evidence=(episode.id,))
