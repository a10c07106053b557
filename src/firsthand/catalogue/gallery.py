"""A page for each environment: what the world is, one episode that succeeded and one that did not.

Pages are Markdown, made by playing; `python -m firsthand.catalogue.gallery docs/gallery` writes
them all. Left out: screenshots, which differ from machine to machine.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import cast

import msgspec

from firsthand.actions import spoken
from firsthand.agent import Agent, settled
from firsthand.audit.report.certificate import Certificate
from firsthand.catalogue.listing import certificate_of, certified
from firsthand.environment import Action, Environment, Observation, tools_of
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.models.scripted import scripted
from firsthand.printable import printable
from firsthand.prompt import Act
from firsthand.registry import environments, lookup, tasks
from firsthand.rollout.play import play
from firsthand.sandbox.needs import missing
from firsthand.task import Task

TRIED = 60
"""Seeds among which an episode that failed is looked for."""
SHOWN_TURNS = 12
"""Turns of a long episode that a page shows; the middle is left out."""
SHOWN_CHARACTERS = 1500
"""Characters of one observation that a page shows."""


COLUMNS = 96
"""Characters of a line on a page; pictures keep their own lines."""


class Moment(msgspec.Struct, frozen=True):
    """One turn as people see it: what was shown, the picture of the state, what was done."""

    observation: Observation
    picture: str
    action: Action | None


class Played(msgspec.Struct, frozen=True):
    """An episode with the pictures of its states."""

    episode: Episode
    moments: tuple[Moment, ...]


class _Watching:
    """A scripted policy that keeps the picture of every state it acts in."""

    def __init__(self, policy: str) -> None:
        self.model, self.pictures = scripted(policy), list[str]()
        self.name = self.model.name

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode."""
        decide = self.model.start(environment, task)

        async def act(observation: Observation) -> Action:
            self.pictures.append(environment.picture())
            return cast("Action", await settled(decide(observation)))

        return act

    async def close(self) -> None:
        """Nothing is held."""


async def pictured(environment: type[Environment], task: Task, policy: str) -> Played:
    """Play one episode, keeping the picture of every state."""
    world, watching = environment(), _Watching(policy)
    episode = await play(world, Agent(model=watching), task)
    shown = [
        Moment(turn.observation, picture, turn.action)
        # a turn that failed has a picture and is no turn
        for turn, picture in zip(episode.turns, watching.pictures, strict=episode.error is None)
    ]
    return Played(episode, (*shown, Moment(episode.final, world.picture(), None)))


async def solved(environment: type[Environment], *, level: int) -> Played:
    """Play the expert's episode of a level that is told. Raises `UserError` when it fails."""
    (task,) = tasks(environment.name, 1, split="train", level=level)
    played = await pictured(environment, task, "expert")
    if played.episode.error is not None:
        raise UserError(f"{task.id} could not be played: {played.episode.error.message}")
    return played


async def failed(environment: type[Environment], *, level: int) -> Played | None:
    """Return an episode of random play that did not succeed, if there is one."""
    for task in tasks(environment.name, TRIED, split="train", level=level):
        played = await pictured(environment, task, "random")
        if played.episode.error is None and played.episode.reward == 0.0:
            return played
    return None


def page(environment: type[Environment], right: Played, wrong: Played | None) -> str:
    """Return the page of an environment as Markdown."""
    parts = [
        f"# {environment.name}",
        environment.summary(),
        *_quoted(environment.statement),
        *_facts(environment),
        f"## An expert's episode, level {right.episode.task.level}",
        *_turns(right),
    ]
    if wrong is not None:
        parts += ["## Random play, which fails", *_turns(wrong)]
    return "\n\n".join(parts) + "\n"


def _facts(environment: type[Environment]) -> Iterator[str]:
    acts = ", ".join(tools_of(environment)) or (
        "one of the choices offered"
        if environment.choices is not Environment.choices
        else "free text"
    )
    rows = {
        "acts by": acts,
        "turns": str(environment.turns),
        "hidden laws": "yes: another `--world`, other laws" if environment.laws else "no",
        "base rate": f"{environment.base_rate:.3g}",
        "needs": ", ".join(sorted(environment.needs)) or "nothing",
    }
    yield "\n".join(
        ["| | |", "| --- | --- |", *(f"| {key} | {said} |" for key, said in rows.items())]
    )
    file = certificate_of(environment.name)
    if file is not None and certified(environment) != "STALE":
        yield from _audited(msgspec.json.decode(file.read_bytes(), type=Certificate))


def _audited(certificate: Certificate) -> Iterator[str]:
    ran = [check for check in certificate.checks if check.status != "NA"]
    passed = sum(check.status == "PASS" for check in ran)
    yield (
        f"Audited with {certificate.seeds.n} seeds: **{certificate.verdict}**, {passed} of "
        f"{len(ran)} checks that apply. What a policy earned that never looks: "
        f"{certificate.base_rate['measured']:.3g}."
    )


def _turns(played: Played) -> Iterator[str]:
    moments = played.moments
    cut = len(moments) > SHOWN_TURNS
    half = SHOWN_TURNS // 2
    for number, moment in enumerate(moments):
        if cut and half <= number < len(moments) - half:
            if number == half:
                yield f"*… {len(moments) - 2 * half} turns later …*"
            continue
        yield from _moment(moment)
    episode = played.episode
    checks = ", ".join(f"{name} {'✓' if held else '✗'}" for name, held in episode.checks.items())
    yield f"**Score {episode.reward:g}** after {len(episode.turns)} turns ({checks})."
    if episode.aftermath:
        yield from _quoted(f"Afterwards: {episode.aftermath}")


def _moment(moment: Moment) -> Iterator[str]:
    seen = moment.observation
    told = "\n".join([seen.text, *(f"{result.tool}: {result.text}" for result in seen.results)])
    if told.strip():
        yield _block(told)
    if moment.picture:
        yield _block(moment.picture, kept=True)
    if moment.action is not None:
        yield "\n".join(f"> `{line}`  " for line in _inline(spoken(moment.action)))


def _inline(text: str) -> Iterator[str]:
    for line in printable(text).splitlines() or [""]:
        yield line.replace("`", "'") or " "


def _block(text: str, *, kept: bool = False) -> str:
    shown = printable(text).strip("\n")
    if len(shown) > SHOWN_CHARACTERS:
        shown = f"{shown[:SHOWN_CHARACTERS]}\n[…]"
    lines = [part for line in shown.splitlines() for part in (wrap(line, COLUMNS) or [""])]
    return "\n".join(f"    {line}" for line in (shown.splitlines() if kept else lines))


def _quoted(text: str) -> Iterator[str]:
    if text:
        yield "\n".join(f"> {line}  " for line in printable(text).splitlines())


async def write(folder: Path) -> list[Path]:
    """Write a page for each environment that can be played here, and an index; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written, rows = list[Path](), ["| environment | |", "| --- | --- |"]
    for name in environments():
        environment = lookup(name)
        if any(map(missing, environment.needs)):
            continue
        level = environment.levels[min(1, len(environment.levels) - 1)]
        file = folder / f"{name.replace('/', '_')}.md"
        text = page(
            environment,
            await solved(environment, level=level),
            await failed(environment, level=level),
        )
        file.write_text(text, encoding="utf-8")
        written.append(file)
        rows.append(f"| [{name}]({file.name}) | {environment.summary()} |")
    index = folder / "index.md"
    index.write_text("# Gallery\n\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return [index, *written]


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
