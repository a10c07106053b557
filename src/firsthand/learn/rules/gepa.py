"""GEPA's rule of selection, by its own package: candidates are mutated on minibatches and kept on a
Pareto front over validation tasks (arXiv 2507.19457).

Its writer is replaced by our proposer, so that rules are compared and not writers: a candidate is a
list of lessons, and a mutation adds what the reviewer makes of the minibatch's plays.
"""

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import MissingExtra
from firsthand.learn.lab import Lab
from firsthand.learn.lessons.learner import reviewer_of
from firsthand.learn.rules.exploring import explorers, learnable, proposed, showing
from firsthand.playbook import Lesson, merge
from firsthand.task import Task

LESSONS = "lessons"
"""The only component of a candidate: a JSON list of lessons."""
MINIBATCH = 10
"""Tasks of a mutation. GEPA's usual three hold too few successes to make lessons of."""
VALIDATION = 24
"""Tasks on which candidates are ranked, in each environment."""
WAIT = 3_600.0
"""Seconds after which a batch of plays is given up."""


async def gepa(lab: Lab) -> Agent:
    """Let GEPA pick the lessons until the turns are spent."""
    try:
        optimize = importlib.import_module("gepa").optimize
    except ImportError:
        raise MissingExtra("gepa", extra="gepa") from None
    loop = asyncio.get_running_loop()
    adapter = Adapter(lab, loop)
    per_environment = max(1, min(VALIDATION, lab.left // 8 // len(lab.environments)))
    validation = lab.tasks(per_environment, split="gate")
    training = lab.tasks(-(-lab.left // len(lab.environments)))

    def spent(_state: object) -> bool:
        return lab.left < MINIBATCH

    found = await asyncio.to_thread(
        optimize,
        seed_candidate={LESSONS: "[]"},
        trainset=training,
        valset=validation,
        adapter=adapter,
        custom_candidate_proposer=adapter.propose,
        reflection_minibatch_size=MINIBATCH,
        skip_perfect_score=False,
        stop_callbacks=spent,
        logger=Silent(),
        seed=lab.seed,
        raise_on_exception=True,
    )
    return adapter.agent(found.best_candidate)


class Silent:
    """A logger that says nothing."""

    def log(self, message: str) -> None:
        """Drop the message."""


class Adapter:
    """What GEPA asks for: plays of a candidate, and what a proposer is told about them.

    GEPA runs in a thread of its own; plays go to the loop of the lab.
    """

    propose_new_texts = None
    """GEPA looks for it; proposals are made by `propose`."""

    def __init__(self, lab: Lab, loop: asyncio.AbstractEventLoop) -> None:
        self.lab, self.loop = lab, loop
        self.reviewer = reviewer_of(lab.agent)
        self.seen: list[Episode] = []

    def agent(self, candidate: Mapping[str, str]) -> Agent:
        """Return the agent that a candidate describes."""
        return showing(self.lab.agent, lessons_of(candidate))

    def evaluate(
        self, batch: Sequence[Task], candidate: Mapping[str, str], capture_traces: bool = False
    ) -> Any:
        """Play tasks; what was not played any more, or failed, counts as 0.

        Train tasks are played at temperature 1, so that there is something new to propose.
        """
        agent = self.agent(candidate)
        explores = bool(batch) and batch[0].split == "train"
        agents = explorers(agent, self.lab.seed, batch) if explores else [agent] * len(batch)
        found = self._wait(self.lab.play(agents, list(batch)))
        scores = [episode.counted or 0.0 for episode in found]
        outputs: list[Episode | None] = [*found]
        missing = len(batch) - len(found)
        made = importlib.import_module("gepa.core.adapter").EvaluationBatch
        return made(
            outputs=[*outputs, *[None] * missing],
            scores=[*scores, *[0.0] * missing],
            trajectories=[*outputs, *[None] * missing] if capture_traces else None,
        )

    def make_reflective_dataset(
        self, candidate: Mapping[str, str], eval_batch: Any, components_to_update: Sequence[str]
    ) -> dict[str, list[dict[str, str]]]:
        """Keep the plays for `propose`; the data set names them."""
        self.seen = [episode for episode in eval_batch.trajectories if episode is not None]
        return {name: [{"episode": own.id} for own in self.seen] for name in components_to_update}

    def propose(
        self, candidate: Mapping[str, str], dataset: object, components: Sequence[str]
    ) -> dict[str, str]:
        """Add what the reviewer proposes about the minibatch."""
        known = lessons_of(candidate)
        new = self._wait(proposed(self.reviewer, learnable(self.seen), known))
        return {LESSONS: msgspec.json.encode(merge(known, new)).decode()}

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT)


def lessons_of(candidate: Mapping[str, str]) -> list[Lesson]:
    """Return the lessons that a candidate holds."""
    return msgspec.json.decode(candidate[LESSONS], type=list[Lesson])
