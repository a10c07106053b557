"""An episode as text for people, without the control characters of worlds and models."""

from collections.abc import Iterator

from rich.text import Text

from firsthand.actions import spoken
from firsthand.environment import Action, Observation
from firsthand.episode import Episode, Stop
from firsthand.printable import inline, printable

STOPS = {
    Stop.DONE: "the environment ended it",
    Stop.TURNS: "the turn budget was spent",
    Stop.FAILED: "something broke",
}


def transcript(episode: Episode) -> Iterator[Text]:
    """Yield every turn: what was shown, what was done, what it paid."""
    yield Text(inline(f"{episode.task.id}  {episode.agent}"), style="bold")
    for turn in episode.turns:
        yield from heard(turn.observation)
        yield acted(turn.action, turn.reward)


def ending(episode: Episode) -> Iterator[Text]:
    """Yield the last observation, the checks, the score and what hindsight shows."""
    yield from heard(episode.final)
    for name, held in episode.checks.items():
        mark, style = ("✓", "green") if held else ("✗", "red")
        yield Text(f"{mark} {inline(name)}", style=style)
    turns = f"{len(episode.turns)} turn{'' if len(episode.turns) == 1 else 's'}"
    if episode.error is not None:
        said = f"{episode.error.owner}: {episode.error.type}: {episode.error.message}"
        yield Text(f"failed after {turns}, {printable(said)}", style="red")
    elif episode.reward is not None:
        yield Text(f"score {episode.reward:.2f} after {turns}: {STOPS[episode.stop]}", style="bold")
    if episode.aftermath:
        yield Text(f"afterwards: {printable(episode.aftermath)}")


def heard(observation: Observation) -> Iterator[Text]:
    """Yield what an agent was shown."""
    if observation.text:
        yield Text(printable(observation.text))
    for result in observation.results:
        named = Text(f"{inline(result.tool)}: ", style="red" if result.error else "green")
        yield named.append(printable(result.text), style="default")


def acted(action: Action, reward: float) -> Text:
    """Return what an agent did, and what it paid if it paid."""
    said = Text("> ", style="cyan").append(
        printable(spoken(action).replace("\n", "\n  ")), style="cyan"
    )
    return said.append(f"  {reward:+.2f}", style="bold") if reward else said
