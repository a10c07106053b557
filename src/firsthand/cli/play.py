"""`firsthand play`: episodes in the terminal."""

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
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Number of episodes, one a seed.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Which task of the split; the first.")] = 0,
    split: WhichSplit = "train",
    playbook: PlaybookFile = None,
    json: Json = False,
) -> None:
    """Play yourself, or watch. With -n 10 you can learn the hidden laws of a world, too.

    Example: firsthand play interfaces/shop_desk --model scripted:expert
    """
    if json and model == "human":
        raise UserError(
            "--json leaves no room for a person to read: name another --model, "
            "for example scripted:expert."
        )
    played = tasks(environment, n, split=split, level=level, world=world, start=seed)
    shown = _Shown(n, watched=model != "human", quiet=json)
    try:
        run(_play(agent(model, playbook=playbook), played, shown))
    except KeyboardInterrupt:
        if n > 1 and shown.episodes:
            shown.so_far()
        raise
    if json:
        document(shown.episodes[0] if n == 1 else shown.episodes)
    if any(episode.error is not None for episode in shown.episodes):
        raise typer.Exit(1)


async def _play(who: Agent, played: list[Task], shown: "_Shown") -> None:
    patience = Limits(episode_seconds=PATIENCE_SECONDS, turn_seconds=PATIENCE_SECONDS)
    limits = patience if who.model.name == "human" else Limits()
    try:
        for task in played:
            shown.add(await play_one(lookup(task.environment)(), who, task, limits=limits))
    finally:
        await who.model.close()


class _Shown:
    """The episodes of one call, each shown when it is over, with the score so far."""

    def __init__(self, n: int, *, watched: bool, quiet: bool) -> None:
        from firsthand.cli.console import SafeConsole

        self.n, self.watched = n, watched
        self.episodes: list[Episode] = []
        self.console = SafeConsole(quiet=quiet)

    def add(self, episode: Episode) -> None:
        """Show an episode."""
        from firsthand.cli.transcript import ending, transcript

        self.episodes.append(episode)
        for line in (*(transcript(episode) if self.watched else ()), *ending(episode)):
            self.console.prose(line)
        if self.n > 1:
            self.so_far()

    def so_far(self) -> None:
        """Show the mean score of the episodes until now."""
        scores = [episode.reward for episode in self.episodes if episode.reward is not None]
        failed = len(self.episodes) - len(scores)
        mean = f"{sum(scores) / len(scores):.2f}" if scores else "none"
        left_out = f", {failed} failed" if failed else ""
        said = f"episode {len(self.episodes)} of {self.n}: mean score so far {mean}{left_out}"
        self.console.prose(f"{said}\n", style="bold")
