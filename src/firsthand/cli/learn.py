"""`firsthand learn`: a model gets better at an environment by lessons in its prompt."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from firsthand.episode import Episode
from firsthand.learn.lessons.learner import LearnConfig

DEFAULT = LearnConfig()


def learn(
    environments: Annotated[list[str], typer.Argument(metavar="ENVIRONMENT...", help="What to learn, e.g. interfaces/shop_desk.")],
    model: Annotated[str, typer.Option(help="Who learns; see `firsthand models`.")] = "llama:smollm2",
    world: Annotated[int, typer.Option(help="The world whose laws are learned.")] = DEFAULT.world,
    level: Annotated[int, typer.Option(help="Difficulty, 1 to 5.")] = DEFAULT.level,
    seed: Annotated[int, typer.Option(help="Decides tasks, masks and sampling.")] = DEFAULT.seed,
    rounds: Annotated[int, typer.Option(help="Times to wake, review, credit and gate.")] = DEFAULT.rounds,
    tasks: Annotated[int, typer.Option(help="Train tasks of each environment in a round.")] = DEFAULT.tasks,
    eval_tasks: Annotated[int, typer.Option(help="Held-out tasks of each environment for before and after.")] = DEFAULT.eval_tasks,
    reviewer: Annotated[str, typer.Option(help="Who proposes lessons: `contrast`, or a model to ask, e.g. openai:NAME@URL.")] = "contrast",
    playbook: Annotated[Path | None, typer.Option(help="Start from this playbook.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for journal, playbook and report.  [default: a new one in runs/]")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out; no episode is played twice.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Learn lessons from experience, prove them, and show before and after on held-out tasks.

    Example: firsthand learn interfaces/shop_desk --world 3
    """
    config = LearnConfig(world=world, level=level, seed=seed, rounds=rounds, tasks=tasks, eval_tasks=eval_tasks)
    folder = out or _fresh(Path("runs"), environments, config)
    asyncio.run(_learn(environments, model, config, reviewer, playbook, folder, resume, as_json))


async def _learn(
    environments: list[str], model: str, config: LearnConfig, reviewer: str, playbook: Path | None, folder: Path, resume: bool, as_json: bool
) -> None:
    from firsthand.agent import Agent
    from firsthand.errors import UserError
    from firsthand.learn.lessons import outcome
    from firsthand.learn.lessons.learner import learn as learn_lessons
    from firsthand.learn.lessons.review import Asked
    from firsthand.models import model as named
    from firsthand.playbook import Playbook, load
    from firsthand.prompt import Model, Sampling
    from firsthand.registry import lookup

    for name in environments:
        lookup(name)
    player, asked = named(model), None if reviewer == "contrast" else named(reviewer)
    if not isinstance(player, Model) or not (asked is None or isinstance(asked, Model)):
        raise UserError("Only a model can learn or review: name one such as llama:smollm2 or openai:NAME@URL, not a script or a person.")
    agent = Agent(model=player, sampling=Sampling(temperature=0.0), playbook=load(playbook) if playbook else Playbook())
    show = _Show(quiet=as_json)
    started = time.monotonic()
    try:
        show.say(f"[bold]{player.name}[/] learns {', '.join(environments)}, world {config.world}, level {config.level}. Everything goes to {folder}")
        with show:
            learned = await learn_lessons(
                agent, environments, folder=folder, config=config, reviewer=Asked(asked) if asked else None, resume=resume, watch=show.watch
            )
    finally:
        await player.close()
        if asked is not None:
            await asked.close()
    report = outcome.write(learned, config, folder)
    if as_json:
        typer.echo(msgspec.json.encode({**outcome.summary(learned, config), "folder": str(folder)}).decode())
        return
    await _tell(show, learned, folder, report, time.monotonic() - started)


async def _tell(show: "_Show", learned: Any, folder: Path, report: Path, seconds: float) -> None:
    """Say what happened: rounds, gates, some lessons, before and after, and that the journal replays."""
    from rich.table import Table

    from firsthand.evaluate.tables import table
    from firsthand.journal.journal import Journal
    from firsthand.learn.lessons.outcome import verdict_line
    from firsthand.rollout.replay import replay_journal

    for point, number in zip(learned.curve, range(1, len(learned.curve) + 1), strict=True):
        show.say(f"round {number}: score while exploring {point.score:.2f} [{point.low:.2f}, {point.high:.2f}] after {point.rollouts} rollouts")
    for verdict in learned.verdicts:
        show.say(verdict_line(verdict))
    core = sorted(learned.agent.playbook.active, key=lambda lesson: -lesson.effect)
    if core:
        lessons = Table(title=f"The best of {len(core)} lessons", title_justify="left", box=None)
        for heading in ("shown", "this worked", "credit ± sd"):
            lessons.add_column(heading, overflow="fold")
        for lesson in core[:5]:
            credit = f"{lesson.credit.mean:+.2f} ± {lesson.credit.sd:.2f}" if lesson.credit else ""
            lessons.add_row(Text(lesson.observation or lesson.text), Text(lesson.action), credit)
        show.say(lessons)
    show.say(table(learned.comparison))
    journal = Journal(folder / "journal")
    difference = await replay_journal(journal)
    show.say(f"[red]The journal does not replay: {difference}[/]" if difference else f"The journal replays clean: {len(journal)} episodes.")
    deployed = folder / "playbook.toml" if learned.agent.playbook.version else "none deployed"
    show.say(f"Report: {report}\nPlaybook: {deployed}\nTook {seconds:.0f} s.")


class _Show:
    """Progress of one phase at a time on standard error; results on standard output."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.out = Console(quiet=quiet, highlight=False)
        columns = TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn()
        self.progress = Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty())

    def __enter__(self) -> None:
        self.progress.start()

    def __exit__(self, *_error: object) -> None:
        self.progress.stop()

    def say(self, what: Any) -> None:
        """Print a line or a table."""
        self.out.print(what)

    def watch(self, phase: str, n: int) -> Callable[[Episode], None]:
        """Show a bar for one phase; the one before it is done."""
        for task in self.progress.task_ids:
            self.progress.remove_task(task)
        if self.progress.disable and not self.out.quiet:
            self.out.print(f"{phase}: {n} episodes")
        bar = self.progress.add_task(phase, total=n, rate="")
        started = time.monotonic()

        def advance(_episode: Episode) -> None:
            self.progress.advance(bar)
            done = self.progress.tasks[-1].completed
            self.progress.update(bar, rate=f"{done / max(time.monotonic() - started, 1e-3):.1f}/s")

        return advance


def _fresh(root: Path, environments: list[str], config: LearnConfig) -> Path:
    """Name a folder that does not exist yet."""
    stem = f"{'+'.join(name.rpartition('/')[2] for name in environments)}-w{config.world}-s{config.seed}"
    taken = {path.name for path in root.glob(f"{stem}*")}
    return root / next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 10_000))) if name not in taken)
