"""`firsthand sleep`: what a run learned in its prompt goes into weights, lesson by lesson."""

import time
from pathlib import Path
from typing import Annotated

import typer

from firsthand.agent import Agent
from firsthand.cli.document import document
from firsthand.cli.options import Concurrency, Json
from firsthand.cli.runs import how_to_go_on, interruptible
from firsthand.cli.show import Show
from firsthand.errors import MissingExtra, UserError
from firsthand.evaluate.wording import number
from firsthand.learn.lessons.folder import Setup, read_setup
from firsthand.learn.life.schedule import Place, schedule
from firsthand.learn.sleep import ledger
from firsthand.learn.sleep.settings import SleepConfig
from firsthand.learn.sleep.slept import Slept
from firsthand.models import model as named
from firsthand.models.trainable import Trainable
from firsthand.prompt import Model, Sampling
from firsthand.registry import environments, lookup
from firsthand.shell import run as run_async
from firsthand.usage import Meter, table_rows

USUAL = SleepConfig()
TWINS = {"llama:smollm2": "torch:smollm2"}
"""Models that cannot be trained, and the trainable ones with the same weights."""

Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run of `firsthand learn`.")
]
Revoke = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ID",
        help="Withdraw a lesson or a family of the ledger, and make the weights anew without it. "
        "May be given several times.",
    ),
]
ShowLedger = Annotated[
    bool, typer.Option("--ledger", help="Only show the ledger of the last sleep.")
]
Student = Annotated[
    str | None,
    typer.Option(
        help="The trainable model.  [default: the run's own, or the one with the same weights]"
    ),
]
Retain = Annotated[
    str | None,
    typer.Option(
        help="Earlier places that must not be forgotten, as ENVIRONMENT@WORLD, separated by "
        "commas; `none`.  [default: world 0 of every other environment with hidden laws]"
    ),
]
DistilTasks = Annotated[int, typer.Option(help="Train tasks that the student plays.")]
Epochs = Annotated[int, typer.Option(help="Passes over them.")]
Rate = Annotated[float, typer.Option(help="Learning rate; 0 is a control.")]
GateTasks = Annotated[int, typer.Option(help="Gate tasks to confirm and compress the playbook on.")]
RemaskTasks = Annotated[int, typer.Option(help="Gate tasks to measure each lesson again on.")]
EvalTasks = Annotated[int, typer.Option(help="Held-out tasks, here and in each earlier place.")]
Margin = Annotated[float, typer.Option(help="A remaining effect below it counts as none.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides tasks, subsets and sampling.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a sleep that was interrupted.")]


def sleep(
    run: Run,
    revoke: Revoke = None,
    show_ledger: ShowLedger = False,
    student: Student = None,
    retain: Retain = None,
    distil_tasks: DistilTasks = USUAL.distil_tasks,
    epochs: Epochs = USUAL.epochs,
    learning_rate: Rate = USUAL.learning_rate,
    gate_tasks: GateTasks = USUAL.gate_tasks,
    remask_tasks: RemaskTasks = USUAL.remask_tasks,
    eval_tasks: EvalTasks = USUAL.eval_tasks,
    margin: Margin = USUAL.margin,
    seed: Seed = USUAL.seed,
    concurrency: Concurrency = USUAL.concurrency,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Move a playbook into weights, measure what each lesson still adds, and revoke some.

    What comes of it is the next version of the run, playbook and adapter together; `firsthand
    playbook rollback` goes back. Lessons whose remaining effect is about 0 leave the prompt.

    Example: firsthand sleep runs/shop_desk-w0-s0
    """
    setup = read_setup(run)
    if setup is None:
        raise UserError(f"{run} holds no run: `firsthand learn ENVIRONMENT --out {run}` makes one.")
    if show_ledger:
        _show_ledger(run, json=json)
        return
    config = SleepConfig(
        distil_tasks=distil_tasks,
        epochs=epochs,
        learning_rate=learning_rate,
        gate_tasks=gate_tasks,
        remask_tasks=remask_tasks,
        eval_tasks=eval_tasks,
        retain_tasks=eval_tasks,
        retain=_retain(retain, setup),
        margin=margin,
        seed=seed,
        concurrency=concurrency,
    )
    trained = _student(student, setup)
    meter = Meter()
    with interruptible(how_to_go_on(run)):
        run_async(_sleep(run, setup, trained, config, revoke or [], meter, resume, quiet=json))


def _student(name: str | None, setup: Setup) -> Trainable:
    """Return the model that is trained. Raises `UserError`, and `MissingExtra` without torch."""
    wanted = name or TWINS.get(setup.model, setup.model)
    if wanted.partition(":")[0] in ("openai", "human", "scripted", "llama"):
        raise UserError(
            f"{wanted} has no weights that can be trained here. Name a trainable model with the "
            "same weights: --student torch:FOLDER."
        )
    found = named(wanted)
    if not isinstance(found, Trainable):
        raise UserError(f"{wanted} cannot be trained: name torch:smollm2 or torch:FOLDER.")
    return found


def _retain(text: str | None, setup: Setup) -> tuple[Place, ...]:
    if text is not None:
        return () if text.strip() == "none" else schedule(text)
    others = [name for name in environments() if name not in setup.environments]
    return tuple(Place(name) for name in others if lookup(name).laws)


async def _sleep(
    run: Path,
    setup: Setup,
    student: Trainable,
    config: SleepConfig,
    revoke: list[str],
    meter: Meter,
    resume: bool,
    *,
    quiet: bool,
) -> None:
    from firsthand.learn.sleep import slept
    from firsthand.learn.sleep.player import player
    from firsthand.learn.sleep.sleep import sleep as go_to_sleep

    show, started = Show(quiet=quiet), time.monotonic()
    places = [Place(name, setup.config.world, setup.config.level) for name in setup.environments]
    agent = Agent(model=_played_by(setup, student), sampling=Sampling(temperature=0.0))
    who = player(agent, student, run)
    show.say(f"{agent.model.name} sleeps on {run}; {student.name} is the student.")
    try:
        with show:
            found = await go_to_sleep(
                who,
                places,
                run=run,
                config=config,
                revoke=revoke,
                resume=resume,
                limits=setup.config.limits,
                watch=show.watch,
                meter=meter,
                tell=show.note,
            )
    finally:
        await who.close()
    took = time.monotonic() - started
    try:
        report = str(slept.report(found, run, seconds=took))
    except MissingExtra as missing:  # the result and the playbook are written already
        report = f"not written: {missing}"
    if quiet:
        document({**slept.summary(found), "folder": str(run), "seconds": round(took, 1)})
    else:
        _tell(show, found, run, report, took)


def _played_by(setup: Setup, student: Trainable) -> Model:
    """Return who plays at night: the run's own model where it can play with adapters."""
    from firsthand.learn.sleep.player import plays_with_adapters

    if plays_with_adapters(setup.model):
        found = named(setup.model)
        if isinstance(found, Model):
            return found
    return student


def _tell(show: Show, found: Slept, run: Path, report: str, took: float) -> None:
    from firsthand.learn.sleep import slept

    for line in slept.lines(found):
        show.say(line)
    for phase, what in table_rows(found.spent):
        show.say(f"{phase}: {what}")
    show.say(_table(found.ledger))
    show.say(
        f"Version {found.ledger.version} of {run}: {found.lessons[2]} lessons and the adapter "
        f"{found.ledger.adapter}. Back: firsthand playbook rollback {run}"
    )
    show.say(f"Report: {report}\nTook {took:.0f} s.")
    for line in slept.last_lines(found):
        show.say(line)


def _table(found: "ledger.Ledger") -> object:
    from rich.table import Table

    table = Table(
        title="The lesson ledger: effects on the score [95%]; a remaining one that is shown to lie "
        f"below {number(found.margin, signed=True)} counts as none",
        title_justify="left",
        box=None,
    )
    for heading in ledger.COLUMNS:
        table.add_column(heading, overflow="fold")
    for row in ledger.rows(found):
        table.add_row(*row)
    return table


def _show_ledger(run: Path, *, json: bool) -> None:
    from firsthand.cli.console import SafeConsole
    from firsthand.learn.sleep.nights import last_ledger

    found = last_ledger(run)
    if found is None:
        raise UserError(f"{run} has not slept yet: `firsthand sleep {run}`.")
    if json:
        document(found)
    else:
        SafeConsole().print(_table(found))  # type: ignore[arg-type]
