"""`firsthand eval`: how good a model is at an environment, with intervals."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from firsthand.agent import Agent
from firsthand.cli.document import document
from firsthand.cli.options import (
    BudgetDollars,
    BudgetMinutes,
    BudgetTokens,
    Concurrency,
    EnvironmentName,
    Extra,
    Json,
    KeyEnv,
    Level,
    MaxTokens,
    PlaybookFile,
    Price,
    Temperature,
    Timeout,
    Turns,
    WhichSplit,
    World,
)
from firsthand.cli.players import TIMEOUT, agent, endpoint, limits, meter
from firsthand.cli.progress import bar
from firsthand.cli.terminal import tell
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.evaluate.evaluate import Evaluation, Options, evaluate
from firsthand.evaluate.html import require
from firsthand.journal.journal import Journal
from firsthand.prompt import Model, Reachable, Sampling
from firsthand.registry import tasks
from firsthand.rollout.forecast import forecast
from firsthand.shell import run as run_async
from firsthand.task import Task
from firsthand.usage import Meter, table_rows

Who = Annotated[str, typer.Option(help="Who plays; `firsthand models` lists them.")]
HowMany = Annotated[int, typer.Option("--n", "-n", min=1, help="Number of tasks.")]
Repeats = Annotated[int, typer.Option(min=1, help="Plays of each task, for pass@k.")]
KeptIn = Annotated[
    Path | None, typer.Option(file_okay=False, help="Folder that keeps every episode.")
]
RunName = Annotated[str, typer.Option(help="Name of the run in the journal.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Play only what the run in --journal lacks.")
]
Workers = Annotated[
    int, typer.Option(min=0, help="Worker processes for environments that are heavy on the CPU.")
]
Page = Annotated[Path | None, typer.Option(dir_okay=False, help="Write a report as one HTML file.")]


def eval(
    environment: EnvironmentName,
    model: Who,
    n: HowMany = 200,
    split: WhichSplit = "eval",
    world: World = 0,
    level: Level = 1,
    repeats: Repeats = 1,
    temperature: Temperature = 0.0,
    max_tokens: MaxTokens = None,
    turns: Turns = None,
    timeout: Timeout = TIMEOUT,
    extra: Extra = None,
    api_key_env: KeyEnv = None,
    price: Price = None,
    budget_tokens: BudgetTokens = None,
    budget_dollars: BudgetDollars = None,
    budget_minutes: BudgetMinutes = None,
    playbook: PlaybookFile = None,
    journal: KeptIn = None,
    run: RunName = "eval",
    resume: Resume = False,
    concurrency: Concurrency = 64,
    processes: Workers = 0,
    html: Page = None,
    json: Json = False,
) -> None:
    """Measure how good a model is at an environment, on held-out tasks.

    Example: firsthand eval rules/triage --model llama:smollm2 -n 50
    """
    if resume and journal is None:
        raise UserError("--resume needs the --journal of the run that it goes on with.")
    if html is not None:
        require()
    played = tasks(environment, n, split=split, level=level, world=world)
    who = agent(
        model,
        playbook=playbook,
        sampling=Sampling(temperature=temperature, max_tokens=max_tokens),
        endpoint=endpoint(extra, api_key_env, timeout),
    )
    counted = meter(price, budget_tokens, budget_dollars, budget_minutes)
    if repeats > 1 and temperature == 0 and isinstance(who.model, Model):
        raise UserError(
            f"At temperature 0 all {repeats} repeats of a task are the same: add "
            "--temperature 1, or leave --repeats out."
        )
    store = Journal(journal) if journal is not None else None
    _forecast(who, played * repeats, turns, concurrency, counted)
    options: Options = {"journal": store, "run": run if store is not None else ""}
    options |= {"resume": resume, "concurrency": concurrency, "processes": processes}
    options |= {"limits": limits(turns, timeout), "meter": counted}
    result, seen = _watched(who, played, repeats, options)
    if html is not None:
        _report(html, result, seen or _kept(store, run), counted)
    if json:
        document(msgspec.structs.asdict(result) | {"spent": counted.spent()})
    else:
        _show(result, html, counted)
    _complain(result, seen)


def _forecast(
    who: Agent, played: list[Task], turns: int | None, concurrency: int, counted: Meter
) -> None:
    """Say what an endpoint will be asked for; other models cost nothing."""
    if isinstance(who.model, Reachable):
        told = run_async(forecast(who, played, turns=turns, concurrency=concurrency))
        if told is not None:
            tell(f"Forecast: {told.told(counted.prices)}.", err=True)


def _watched(
    who: Agent, played: list[Task], repeats: int, options: Options
) -> tuple[Evaluation, list[Episode]]:
    """Play under a progress bar; return the result and the episodes that were played now."""
    seen: list[Episode] = []
    total = len(played) * repeats
    try:
        with bar(who.model.name, total) as step:

            def progress(episode: Episode) -> None:
                seen.append(episode)
                step(episode)

            options |= {"progress": progress}
            return run_async(_evaluate(who, played, repeats, options)), seen
    except KeyboardInterrupt:
        tell(_how_to_go_on(options.get("journal"), len(seen), total), err=True)
        raise


async def _evaluate(who: Agent, played: list[Task], repeats: int, options: Options) -> Evaluation:
    try:
        return await evaluate(who, played, repeats=repeats, **options)
    finally:
        await who.model.close()


def _how_to_go_on(store: Journal | None, done: int, total: int) -> str:
    if store is None:
        return (
            f"{done} of {total} episodes were played and none was kept: with --journal DIR a "
            "run can be resumed."
        )
    command = ["firsthand", *(word for word in sys.argv[1:] if word != "--resume"), "--resume"]
    return (
        f"{done} of {total} episodes were played now and are in {store.path}. Go on with:\n  "
        f"{shlex.join(command)}"
    )


def _kept(store: Journal | None, run: str) -> list[Episode]:
    return list(store.episodes(run=run)) if store is not None else []


def _report(path: Path, result: Evaluation, episodes: list[Episode], counted: Meter) -> None:
    from firsthand.evaluate.report import Report, write_report

    facts = {"model": result.agent, "tasks": str(result.tasks), "episodes": str(result.episodes)}
    facts |= dict(_spent(counted))
    shown = sorted(episodes, key=lambda episode: episode.task.seed)
    write_report(
        path,
        Report(
            title=f"{', '.join(result.environments)}", after=result, episodes=shown, facts=facts
        ),
    )


def _spent(counted: Meter) -> list[tuple[str, str]]:
    """Say what was taken now, resumed episodes left out; nothing where no model was asked."""
    if not counted.total.calls:
        return []
    return [("spent", what) for _, what in table_rows(counted.spent())[-1:]]


def _show(result: Evaluation, html: Path | None, counted: Meter) -> None:
    from firsthand.cli.console import SafeConsole
    from firsthand.evaluate.tables import table

    SafeConsole().print(table(result))
    for name, what in _spent(counted):
        tell(f"{name}: {what}")
    if html is not None:
        tell(f"Report: {html}")


def _complain(result: Evaluation, seen: list[Episode]) -> None:
    """Show one failure in full; exit with 1 when all failed, or the model was gone."""
    failure = next((episode.error for episode in seen if episode.error is not None), None)
    if failure is not None:
        tell(
            (
                f"{result.failed} of {result.episodes} episodes failed, the first by "
                f"{failure.owner}: {failure.type}: {failure.message}"
            ),
            err=True,
        )
    if result.stopped:
        tell(f"Stopped early: {result.stopped}", err=True)
    if result.unavailable or result.failed == result.episodes:
        raise typer.Exit(1)
