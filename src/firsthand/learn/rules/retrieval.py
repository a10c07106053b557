"""Retrieval: every success becomes a worked example, and the nearest to an observation are shown.

No credit: an example that succeeded by luck stays, and so does one whose advice is wrong elsewhere.
"""

from collections.abc import Sequence

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.learn.lab import Lab
from firsthand.learn.lessons.review import Contrast
from firsthand.learn.rules.exploring import gather, proposed, showing


async def retrieval(lab: Lab) -> Agent:
    """Keep the worked examples of all successes."""

    async def deploy(seen: Sequence[Episode]) -> Agent:
        return showing(lab.agent, await proposed(Contrast(kinds=("example",)), seen))

    return await gather(lab, deploy)
