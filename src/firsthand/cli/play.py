"""`firsthand play`: one episode in the terminal."""

from typing import Annotated

import typer

from firsthand.agent import Agent
from firsthand.cli.document import document
from firsthand.cli.options import EnvironmentName, Json, Level, PlaybookFile, WhichSplit, World
from firsthand.cli.players import agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.registry import lookup, tasks
from firsthand.rollout.play import Limits
from firsthand.rollout.play import play as play_one
from firsthand.shell import run
from firsthand.task import Task

PATIENCE_SECONDS = 24 * 3600.0
"""A person may think."""


def play(
    environment: EnvironmentName,
    model: Annotated[str, typer.Option(help="Who plays; `firsthand models` lists them.")] = "human",
    world: World = 0,
    level: Level = 1,
    seed: Annotated[int, typer.Option(min=0, help="Which task of the split.")] = 0,
    split: WhichSplit = "train",
    playbook: PlaybookFile = None,
    json: Json = False,
) -> None:
    """Play one episode yourself, or watch one.

    Example: firsthand play interfaces/shop_desk --model scripted:expert
    """
    if json and model == "human":
        raise UserError(
            "--json leaves no room for a person to read: name another --model, for example scripted:expert."
        )
    (task,) = tasks(environment, 1, split=split, level=level, world=world, start=seed)
    episode = run(_play(agent(model, playbook=playbook), task))
    if json:
        document(episode)
    else:
        _show(episode, watched=model != "human")
    if episode.error is not None:
        raise typer.Exit(1)


async def _play(who: Agent, task: Task) -> Episode:
    try:
        limits = (
            Limits(episode_seconds=PATIENCE_SECONDS, turn_seconds=PATIENCE_SECONDS)
            if who.model.name == "human"
            else Limits()
        )
        return await play_one(lookup(task.environment)(), who, task, limits=limits)
    finally:
        await who.model.close()


def _show(episode: Episode, *, watched: bool) -> None:
    from firsthand.cli.console import SafeConsole
    from firsthand.cli.transcript import ending, transcript

    console = SafeConsole(soft_wrap=True)
    for line in (*(transcript(episode) if watched else ()), *ending(episode)):
        console.print(line)
