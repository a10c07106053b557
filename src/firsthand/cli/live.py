"""`firsthand live`: one agent goes through a schedule of worlds, learns, sleeps and comes back."""

import time
from pathlib import Path
from typing import Annotated

import typer

from firsthand.agent import Agent
from firsthand.cli.document import document
from firsthand.cli.options import (
    BudgetDollars,
    BudgetMinutes,
    BudgetTokens,
    Concurrency,
    Extra,
    Json,
    KeyEnv,
    MaxTokens,
    Price,
    Timeout,
    Turns,
)
from firsthand.cli.players import TIMEOUT, endpoint, learner, limits, meter
from firsthand.cli.runs import ROOT, how_to_go_on, interruptible, new_run, old_runs
from firsthand.cli.show import Show
from firsthand.errors import MissingExtra, UserError
from firsthand.learn.life.life import Lived, started_in
from firsthand.learn.life.life import live as live_through
from firsthand.learn.life.schedule import DEFAULT, schedule
from firsthand.learn.life.settings import ARMS, Arm, LifeConfig
from firsthand.prompt import Sampling
from firsthand.shell import run
from firsthand.usage import Meter, table_rows

USUAL = LifeConfig()

Who = Annotated[str, typer.Option(help="Who lives; see `firsthand models`.")]
Where = Annotated[
    str,
    typer.Option(
        "--schedule",
        help="The places, in order: ENVIRONMENT@WORLD, with :LEVEL above 1, separated by commas."
        "  [default: 17 stages in 12 worlds]",
    ),
]
Arms = Annotated[str, typer.Option(help="Who lives through it: `life` and controls beside it.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides tasks, masks and sampling.")]
Rounds = Annotated[int, typer.Option(help="Times to wake, review and credit in a stage.")]
Tasks = Annotated[int, typer.Option(help="Train tasks in a round.")]
GatePairs = Annotated[int, typer.Option(help="Most gate tasks of a stage.")]
SleepTasks = Annotated[int, typer.Option(help="Gate tasks on which sleep confirms and compresses.")]
DistilTasks = Annotated[
    int | None,
    typer.Option(
        help="Train tasks on which sleep moves lessons into weights; 0: it keeps to lessons."
        "  [default: 100 for a model that can be trained, else 0]"
    ),
]
EvalTasks = Annotated[int, typer.Option(help="Held-out tasks of each place.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for journal, playbooks and page.  [default: a new one in runs/]"),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on with the life in --out; no episode is played twice."),
]


def live(
    model: Who = "llama:smollm2",
    places: Where = DEFAULT,
    arms: Arms = ",".join(ARMS),
    seed: Seed = USUAL.seed,
    rounds: Rounds = USUAL.rounds,
    tasks: Tasks = USUAL.tasks,
    gate_pairs: GatePairs = USUAL.gate_pairs,
    sleep_tasks: SleepTasks = USUAL.sleep_tasks,
    eval_tasks: EvalTasks = USUAL.eval_tasks,
    distil_tasks: DistilTasks = None,
    max_tokens: MaxTokens = None,
    turns: Turns = None,
    timeout: Timeout = TIMEOUT,
    concurrency: Concurrency = USUAL.concurrency,
    extra: Extra = None,
    api_key_env: KeyEnv = None,
    price: Price = None,
    budget_tokens: BudgetTokens = None,
    budget_dollars: BudgetDollars = None,
    budget_minutes: BudgetMinutes = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Live through many worlds: learn in each, sleep, come back, and see what is retained.

    Kill it at any moment: with --resume it goes on, and nothing is played twice.

    Example: firsthand live --schedule rules/triage@0,interfaces/shop_desk@0,rules/triage@0
    """
    config = LifeConfig(
        schedule=schedule(places),
        arms=_arms(arms),
        seed=seed,
        rounds=rounds,
        tasks=tasks,
        gate_pairs=gate_pairs,
        sleep_tasks=sleep_tasks,
        distil_tasks=_distil_tasks(model) if distil_tasks is None else distil_tasks,
        eval_tasks=eval_tasks,
        concurrency=concurrency,
        limits=limits(turns, timeout),
    )
    folder = _folder(out, resume=resume)
    who = learner(
        model,
        sampling=Sampling(temperature=0.0, max_tokens=max_tokens),
        endpoint=endpoint(extra, api_key_env, timeout),
    )
    counted = meter(price, budget_tokens, budget_dollars, budget_minutes)
    with interruptible(how_to_go_on(folder, named=out is not None)):
        run(_live(who, config, folder, counted, resume=resume, quiet=json))


async def _live(
    who: Agent, config: LifeConfig, folder: Path, counted: Meter, *, resume: bool, quiet: bool
) -> None:
    from firsthand.learn.life import outcome

    show, started = Show(quiet=quiet), time.monotonic()
    show.say(
        f"{who.model.name} lives through {len(config.schedule)} stages with "
        f"{len(config.arms)} arms. Everything goes to {folder}"
    )
    try:
        with show:
            lived = await live_through(
                who,
                folder=folder,
                config=config,
                resume=resume,
                watch=show.watch,
                meter=counted,
                tell=lambda stage: show.note(outcome.line(stage)),
            )
    finally:
        await who.model.close()
    took = time.monotonic() - started
    facts = {"model": who.model.name, "seconds": f"{took:.0f}, of the last call"}
    facts |= {f"{phase} took": what for phase, what in table_rows(counted.spent())}
    try:
        page = str(outcome.write(lived, folder, facts=facts))
    except MissingExtra as missing:  # the result and the playbooks are written already
        page = f"not written: {missing}"
    if quiet:
        document({**outcome.summary(lived), "folder": str(folder), "seconds": round(took, 1)})
    else:
        _tell(show, lived, page, took)


def _tell(show: Show, lived: Lived, page: str, took: float) -> None:
    from rich.table import Table

    from firsthand.evaluate.wording import interval, number
    from firsthand.learn.life import outcome

    found = outcome.result(lived)
    table = Table(title=f"{found.worlds} worlds of {found.families} families", title_justify="left")
    for heading in ("arm", "score at the end [95%]", "n", "plays", "lessons in use", ""):
        table.add_column(heading)
    for own in found.arms:
        score = f"{number(own.score.mean)} {interval(own.score.interval)}"
        counts = (str(own.score.n), f"{own.plays:,}", str(own.lessons))
        table.add_row(own.arm, score, *counts, own.means)
    show.say(table)
    for asked, answer in outcome.questions(found):
        show.say(f"{asked}: {answer}")
    show.say(f"Page: {page}\nTook {took:.0f} s.")


def _arms(text: str) -> tuple[Arm, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in ARMS]:
        raise UserError(f"No arm of a life is named {unknown[0]!r}: there are {', '.join(ARMS)}.")
    return tuple(arm for name in names for arm in ARMS if arm == name)


def _distil_tasks(model: str) -> int:
    return 100 if model.partition(":")[0] in ("torch", "tiny") else 0


def _folder(out: Path | None, *, resume: bool) -> Path:
    """Return the folder that was named, or a new one; to go on, the newest life in runs/."""
    if out is not None:
        if resume and started_in(out) is None:
            raise UserError(f"There is no life in {out} to go on with: leave --resume out.")
        return out
    if not resume:
        return new_run("life")
    lives = [path for path in old_runs("life") if started_in(path) is not None]
    if not lives:
        raise UserError(f"There is no life in {ROOT} to go on with: leave --resume out.")
    return lives[0]
