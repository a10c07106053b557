"""Our environments as tasksets of verifiers (0.4 and later), for its evaluations and for prime-rl.

    # my_desk.py: a package of verifiers is a module that exports two classes
    from firsthand.bridges.verifiers import taskset
    Desk, DeskEnv = taskset("interfaces/shop_desk", 64)
    __all__ = ["Desk", "DeskEnv"]

The environment is the user of the conversation: each observation is a user's turn, each answer of
the model is an action, and the reward is the score when the episode is over. Where a world has
tools, the system prompt tells them, and a call is one JSON object in the answer, as for every model
here that has no tools of its own. A model that stops before the end has its remaining turns pass. A
failed episode is a failed episode there, without a reward.

Left out: tools as an MCP server, which would be called outside `play`; and classic environments
(`load_environment`), which verifiers 0.4 no longer has.
"""

from pathlib import Path
from typing import Any

import msgspec

from firsthand.agent import Agent, instructions, parse_call
from firsthand.bridges.package import package
from firsthand.bridges.stepping import PATIENT, Shown, Stepping
from firsthand.environment import Action, Environment, tools_of
from firsthand.models.scripted import Expert
from firsthand.registry import lookup, tasks
from firsthand.rollout.play import Limits
from firsthand.task import Split, Task

REWARD = "score"
"""The name of the reward in a trace."""


def taskset(
    environment: str,
    n: int,
    *,
    split: Split = "train",
    level: int = 1,
    world: int = 0,
    limits: Limits = PATIENT,
    journal: Path | str | None = None,
) -> tuple[Any, Any]:
    """Return the two classes that a module exports: the taskset, and the env that plays it.

    `journal` is a folder that keeps the episodes. Raises `MissingExtra`, `UnknownName`,
    `InvalidTask`.
    """
    vf = package("verifiers.v1", extra="verifiers")
    kind, found = lookup(environment), tasks(environment, n, split=split, level=level, world=world)

    class Data(vf.TaskData):
        told: str

    class OurTask(vf.Task[Data, vf.State, vf.TaskConfig]):
        pass

    class OurTaskset(vf.Taskset[OurTask, vf.TasksetConfig]):
        def load(self) -> Any:
            for task in found:
                yield OurTask(
                    Data(name=task.id, system_prompt=_system(kind), told=_encoded(task)),
                    self.config.task,
                )

    class OurConfig(vf.EnvConfig):
        player: vf.AgentConfig = vf.AgentConfig()  # pyright: ignore[reportInvalidTypeForm]

    class OurEnv(vf.Env[OurConfig]):
        async def run(self, task: Any, agents: Any) -> None:
            ours = msgspec.json.decode(task.data.told, type=Task)
            stepping = Stepping(ours, agent="verifiers", limits=limits, journal=journal)
            try:
                await _converse(stepping, task, agents)
            finally:
                await stepping.close()

    return OurTaskset, OurEnv


async def _converse(stepping: Stepping, task: Any, agents: Any) -> None:
    """Play one episode as the user of a conversation. Raises `EpisodeFailed`."""
    shown = await stepping.start()
    spoken = bool(tools_of(type(stepping.environment)))
    async with agents.player.interaction(task) as interaction:
        while not shown.over:
            segment = await interaction.turn(_said(shown))
            if segment.terminated:
                break
            reply = segment.last_reply
            shown = await stepping.step(parse_call(reply) if spoken else Action(reply))
    trace = interaction.trace
    if trace.errors:  # the model or its harness broke: that is no score
        return
    episode = await stepping.finish()
    trace.record_reward(REWARD, episode.counted, 1.0)
    trace.info["firsthand"] = {
        "task": episode.task.id,
        "checks": episode.checks,
        "stop": str(episode.stop),
    }


def _system(kind: type[Environment]) -> str | None:
    """Return what any agent here is told that calls tools in its text."""
    return instructions(Agent(model=Expert()), kind) or None


def _said(shown: Shown) -> str:
    text = shown.observation.full or "(nothing)"
    if not shown.choices:
        return text
    return f"{text}\n\nAnswer with exactly one of these lines:\n" + "\n".join(shown.choices)


def _encoded(task: Task) -> str:
    return msgspec.json.encode(task).decode()
