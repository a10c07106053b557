"""GRASP's rule of selection, by its own package: of the skills that are proposed after a batch, the
one is kept that fixes most failures on probes and breaks no more of what worked than before.

Its writer is replaced by our proposer, so that rules are compared and not writers. A skill holds
the lessons of one batch, because one example alone moves too few probes to be accepted; what is
shown of the library is what our prompt shows of a playbook.
"""

import asyncio
import contextlib
import importlib
import io
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import MissingExtra
from firsthand.learn.lab import Lab
from firsthand.learn.lessons.learner import reviewer_of
from firsthand.learn.rules.exploring import explorers, learnable, proposed, showing
from firsthand.playbook import Lesson
from firsthand.task import Task

BATCH = 10
"""Plays between two updates of the library."""
CANDIDATES = 2
"""Skills that are tried on the probes of an update."""
PROBES = 10
"""Plays of one trial."""
VALIDATION = 16
"""Tasks by which the best library is chosen, in all."""
MOST_SKILLS = 40
"""Of one batch each; GRASP's own bound is ten, for libraries of long texts."""
WAIT = 3_600.0
"""Seconds after which a play is given up."""


class Spent(Exception):
    """The turns are spent: GRASP, which knows no budget of turns, ends here."""


async def grasp(lab: Lab) -> Agent:
    """Let GRASP pick the lessons until the turns are spent."""
    try:
        cycle = importlib.import_module("grasp.cycle")
    except ImportError:
        raise MissingExtra("grasp-skills", extra="grasp") from None
    world = World(lab, asyncio.get_running_loop())
    config: dict[str, dict[str, Any]] = {
        "agent": {"module": "dict", "parameters": {}},
        "skills": {"base_dir": str(lab.folder / "grasp" / "base")},
        "cycle": {
            "epochs": 1,
            "update_every": BATCH,
            "batch_concurrency": 1,
            "grpo_k": CANDIDATES,
            "grpo_eval_n": PROBES,
            "max_learned_skills": MOST_SKILLS,
            "run_baseline": False,
            "seed": lab.seed,
        },
    }
    folder = lab.folder / "grasp" / "run"
    shutil.rmtree(folder, ignore_errors=True)  # the plays of an interrupted one are in the lab
    runner = cycle.SkillCycleRunner(config, folder, world)
    runner.updater = Writer(world, runner.updater)
    await asyncio.to_thread(_run, runner)
    return showing(lab.agent, lessons_of(runner.skill_repo))


def _run(runner: Any) -> None:
    """Run it without what it prints."""
    folder = runner.run_dir
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Spent):
        runner.run()


class World:
    """What GRASP calls a task: samples, and plays of them with the library as it is."""

    name = "firsthand"

    def __init__(self, lab: Lab, loop: asyncio.AbstractEventLoop) -> None:
        self.lab, self.loop = lab, loop
        self.episodes: dict[str, Episode] = {}
        """The last play of each task in a batch."""
        share = max(1, min(VALIDATION, lab.left // 8) // len(lab.environments))
        self.tasks: dict[str, list[Task]] = {
            "val": lab.tasks(share, split="gate"),
            "dev": lab.tasks(max(1, lab.left // len(lab.environments) // 3)),
        }

    def samples(self, split: str) -> list[dict[str, Any]]:
        """Return tasks by the names that GRASP has for splits."""
        return [
            {"id": task.id, "type": task.environment, "task": task}
            for task in self.tasks.get(split, [])
        ]

    def rollout(self, sample: Mapping[str, Any], agent: Any) -> Any:
        """Play once with the skills of `agent`. Raises `Spent`."""
        task: Task = sample["task"]
        shown = showing(self.lab.agent, lessons_of(agent.skill_repo))
        [player] = explorers(shown, self.lab.seed, [task]) if task.split == "train" else [shown]
        found: list[Episode] = self.wait(self.lab.play(player, [task]))
        if not found:
            raise Spent
        self.episodes[task.id] = found[0]
        raw = {"success": found[0].success}
        made = importlib.import_module("grasp.task").Rollout
        return made(status="error" if found[0].counted is None else "completed", raw=raw)

    def evaluate(self, sample: Mapping[str, Any], rollout: Any) -> bool:
        """Say whether the play succeeded."""
        return bool(rollout.raw["success"])

    def failure_tags(self, sample: Mapping[str, Any], rollout: Any) -> list[str]:
        """Return no tags: our proposer does not read them."""
        return []

    def wait(self, work: Any) -> Any:
        """Do what belongs to the loop of the lab, from GRASP's thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT)


class Writer:
    """Our proposer in the place of GRASP's `SkillUpdater`; proposals are checked and applied by
    GRASP's own.
    """

    def __init__(self, world: World, theirs: Any) -> None:
        self.world, self.validate, self.apply = world, theirs.validate, theirs.apply
        self.reviewer = reviewer_of(world.lab.agent)
        self.asked = 0

    def classify_failures(self, entries: object, prev_taxonomy: object = None) -> Any:
        """Put all failures in one class; a batch is about to be reviewed as a whole."""
        self.asked = 0
        return {}, {}

    def diagnose(self, entries: object, skill_repo: object, failure_labels: object = None) -> Any:
        """Say nothing about single failures."""
        return {}

    def revise(self, *_: object) -> list[dict[str, Any]]:
        """Revise nothing: an example cannot be narrowed."""
        return []

    def propose(
        self, entries: Sequence[Mapping[str, Any]], skill_repo: Any, **_: object
    ) -> list[dict[str, Any]]:
        """Return a skill: all lessons that the reviewer makes of the batch's plays; asked again,
        every second of them.
        """
        played = [self.world.episodes[entry["sample_id"]] for entry in entries]
        known = lessons_of(skill_repo)
        made = self.world.wait(proposed(self.reviewer, learnable(played), known))
        self.asked += 1
        fresh = made[:: self.asked]
        if not fresh:
            return []
        return [
            {
                "action": "ADD",
                "name": f"lessons_{fresh[0].id}_{len(fresh)}",
                "description": fresh[0].scope,
                "content": msgspec.json.encode(fresh).decode(),
            }
        ]


def lessons_of(library: Any) -> list[Lesson]:
    """Return the lessons that a library of skills holds."""
    return [
        lesson
        for skill in library.snapshot()
        for lesson in msgspec.json.decode(skill["content"], type=list[Lesson])
    ]
