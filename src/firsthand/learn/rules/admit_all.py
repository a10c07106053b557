"""Admit all: what the proposer proposes goes into the playbook, untested, and all of it is shown.

As append-only memories do (ACE, Dynamic Cheatsheet, mem0): the playbook is the prompt, up to its
budget of tokens, oldest first. Unlike `retrieval` nothing picks what suits an observation.
"""

from collections.abc import Sequence

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.learn.lab import Lab
from firsthand.learn.lessons.learner import reviewer_of
from firsthand.learn.rules.exploring import gather, proposed, showing, within_tokens


async def admit_all(lab: Lab) -> Agent:
    """Admit every proposal that fits in the prompt."""

    async def deploy(seen: Sequence[Episode]) -> Agent:
        lessons = await proposed(reviewer_of(lab.agent), seen)
        kept = within_tokens(lab.agent, lessons)
        return showing(lab.agent, kept, examples=len(kept))

    return await gather(lab, deploy)
