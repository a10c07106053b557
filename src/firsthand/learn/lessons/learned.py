"""What learning came to."""

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.evaluate.curve import CurvePoint
from firsthand.evaluate.evaluate import Comparison, Evaluation
from firsthand.learn.lessons.gate import Verdict
from firsthand.learn.lessons.reaction import Reaction
from firsthand.playbook import Playbook
from firsthand.usage import Spent


class Learned(msgspec.Struct, frozen=True):
    """What learning came to: the deployed playbook, all lessons, and the held-out comparison with
    the start.
    """

    agent: Agent
    working: Playbook
    verdicts: tuple[Verdict, ...]
    curve: tuple[CurvePoint, ...]
    before: Evaluation
    after: Evaluation
    comparison: Comparison
    examples: tuple[Episode, ...]
    rollouts: int
    flagged: dict[str, int] = {}
    """Flagged episodes while awake, by reason."""
    problems: tuple[str, ...] = ()
    """What went wrong and was worked around, one line each."""
    spent: tuple[Spent, ...] = ()
    """What model calls took in each phase, as far as they were made now."""
    vote: Evaluation | None = None
    """How a nearest-neighbour vote over the deployed examples does on the held-out tasks, without a
    model; None: no worked example was deployed."""
    reactions: tuple[Reaction, ...] = ()
    """Whether the player reacts to lessons, by environment; empty: it was not checked."""
    unidentified: tuple[str, ...] = ()
    """Kinds and lessons whose showing never varied, so that their effect cannot be told."""

    @property
    def gain(self) -> float:
        """The claimed gain: mean paired difference on held-out tasks, 0 if nothing was deployed."""
        return self.comparison.overall.difference.mean if self.comparison.overall else 0.0
