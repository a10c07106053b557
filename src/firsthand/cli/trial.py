"""`firsthand trial`: which lines of somebody's context help, and which harm."""

import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from firsthand.cli.document import document
from firsthand.cli.options import Json
from firsthand.cli.runs import interruptible
from firsthand.cli.terminal import tell
from firsthand.errors import MissingExtra
from firsthand.evaluate.wording import number
from firsthand.shell import run as run_async
from firsthand.trial import power as planning
from firsthand.trial.pieces import By
from firsthand.trial.settings import SETTINGS, TASKS, TrialConfig, beginning, read_tasks
from firsthand.trial.trial import Trial, create

if TYPE_CHECKING:
    from firsthand.trial.report import TrialReport

USUAL = TrialConfig()
RETOSSED = 200
"""How often `report --null` tosses all coins again."""

trial = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=(
        "Measure which lines of a prompt, an AGENTS.md or skills help, and which harm."
        "\n\nExample: firsthand trial init --context AGENTS.md"
    ),
)

Folder = Annotated[
    Path, typer.Argument(metavar="TRIAL", help="The folder that `init` made.  [default: trial]")
]
Items = Annotated[
    int | None,
    typer.Option(min=1, help="Items on trial.  [default: those of TRIAL]"),
]
Rate = Annotated[float, typer.Option(help="Share of runs that succeed, about.")]


@trial.command()
def init(
    context: Annotated[
        list[Path],
        typer.Option(
            help="A file or a folder of skills to put on trial. May be given several times."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder of the trial.")] = Path("trial"),
    by: Annotated[
        By, typer.Option(help="How fine files are taken apart: item or section.")
    ] = "item",
    agent: Annotated[
        str, typer.Option(help="The agent's command; {prompt} is the task. Can be filled in later.")
    ] = "",
    check: Annotated[
        str, typer.Option(help="The command whose exit code is the outcome. Can wait, too.")
    ] = "",
    workspace: Annotated[
        Path, typer.Option(help="The folder of which each run gets a fresh copy.")
    ] = Path(USUAL.workspace),
    null: Annotated[
        int, typer.Option(min=0, help="Placebo items to add: sentences that ask for nothing.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Decides who is shown what.")] = USUAL.seed,
    json: Json = False,
) -> None:
    """Split a context into items, and write a trial that can be edited.

    Joined, the items are the file byte for byte. In trial.toml `keep = true` takes an item off
    trial; tasks.toml says what the agent is asked to do.

    Example: firsthand trial init --context AGENTS.md --agent 'agent {prompt}' --check pytest
    """
    config = TrialConfig(
        agent=agent, check=check, workspace=str(workspace), placebos=null, seed=seed
    )
    made = create(out, context, by=by, config=config)
    if json:
        items = [msgspec.to_builtins(i) | {"tokens": i.tokens} for i in made.items]
        document({"folder": str(out), "items": items})
        return
    _console().print(_split(made))
    tell(
        f"Written: {out / SETTINGS} (edit it: commands, items to keep) and {out / TASKS} (add your "
        f"tasks).\nThen: firsthand trial power {out}, and firsthand trial run {out} -n 120"
    )


@trial.command("run")
def run_(
    folder: Folder = Path("trial"),
    tasks: Annotated[
        Path | None, typer.Option(help="The tasks.  [default: tasks.toml of the trial]")
    ] = None,
    runs: Annotated[
        int, typer.Option("-n", "--runs", min=1, help="Runs in all, those done before included.")
    ] = 120,
    concurrency: Annotated[int, typer.Option(min=1, help="Most runs at once.")] = 1,
    keep_workspaces: Annotated[
        bool, typer.Option("--keep-workspaces", help="Leave the copies where they are, to look.")
    ] = False,
    json: Json = False,
) -> None:
    """Run the agent so many times, each time with a random part of the items.

    Every run gets a fresh copy of the workspace; the check's exit code, or the number it prints, is
    the outcome. After Ctrl-C or a crash the same command goes on; nothing is run twice.

    Example: firsthand trial run trial -n 120 --concurrency 4
    """
    from firsthand.cli.progress import bar
    from firsthand.trial.running import run

    opened = Trial(folder)
    listed = read_tasks(tasks or folder / TASKS)
    before, started = len(opened.runs()), time.monotonic()
    how = f"Every finished run is in {folder}. Go on with: {_again()}"
    with interruptible(how), bar("runs", max(0, runs - before)) as step:
        work = run(opened, listed, runs, concurrency=concurrency, keep=keep_workspaces, watch=step)
        done = run_async(work)
    took = time.monotonic() - started
    if json:
        document({"folder": str(folder), "done": done, "before": before, "seconds": round(took, 1)})
    else:
        tell(f"{done} runs in {took:.0f} s, {before} before. Now: firsthand trial report {folder}")


@trial.command()
def report(
    folder: Folder = Path("trial"),
    write: Annotated[
        bool, typer.Option("--write", help="Write the context without what is dropped, as a diff.")
    ] = False,
    null: Annotated[
        bool,
        typer.Option(
            "--null", help=f"Toss all coins again, {RETOSSED} times: nothing may be found then."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Show what every item does: effect, price, verdict; pairs, and the whole file.

    Example: firsthand trial report trial --write
    """
    from firsthand.trial import report_page
    from firsthand.trial.pruned import clean, prune
    from firsthand.trial.report import report as analysed

    opened = Trial(folder)
    found = analysed(opened, null=RETOSSED if null else 0)
    drop = {line.item.id for line in found.lines if line.judgement.verdict == "drop"}
    if write:
        clean(opened)
    pruned = prune(opened, drop) if write else []
    try:
        page = str(report_page.write(found, folder, pruned=pruned))
    except MissingExtra as missing:
        page = f"not written: {missing}"
    if json:
        verdicts = [{"verdict": line.verdict, "price": line.price} for line in found.lines]
        plain: dict[str, Any] = msgspec.to_builtins(found)
        for line, more in zip(plain["lines"], verdicts, strict=True):
            line |= more
        document({**plain, "page": page, "pruned": [str(one.path) for one in pruned]})
        return
    _show(found)
    for one in pruned:
        _console().print(one.diff.rstrip("\n"), soft_wrap=True)
        away = "copy it over the original" if one.path.is_file() else "remove these folders"
        tell(f"Dropped: {one.dropped}. Written: {one.path}. When you agree, {away}: {one.original}")
    if write and not pruned:
        gone = "What is dropped is no longer in it" if drop else "No item is to be dropped"
        tell(f"{gone}: nothing was written.")
    tell(f"Page: {page}")


@trial.command()
def power(
    folder: Folder = Path("trial"),
    items: Items = None,
    rate: Rate = 0.5,
    runs: Annotated[
        int | None, typer.Option("-n", "--runs", min=1, help="What would so many runs show?")
    ] = None,
    json: Json = False,
) -> None:
    """Say how many runs an effect of a given size needs, before any is paid for.

    Example: firsthand trial power --items 12 --rate 0.5
    """
    config = USUAL
    if items is None:
        opened = Trial(folder)
        items, config = len(opened.on_trial), opened.config
    design = planning.Design(items, rate, config.ends, config.probability)
    needed = {effect: planning.runs_for(effect, design) for effect in planning.SIZES}
    shown = planning.smallest(runs, design) if runs else None
    if json:
        document({"items": items, "rate": rate, "runs": needed, "smallest": shown})
        return
    tell(f"Runs that show an effect with probability .80; {items} items, success {number(rate)}:")
    _console().print(_powers(needed))
    if runs and shown is not None:
        tell(f"{runs} runs show an effect of {number(shown)} or more with probability .80.")


@trial.command()
def proxy(
    folder: Folder = Path("trial"),
    upstream: Annotated[
        str, typer.Option(help="The base URL of the server that answers.")
    ] = "https://api.openai.com/v1",
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8765,
    runs: Annotated[
        int | None,
        typer.Option("-n", "--runs", min=1, help="Conversations that are planned, in all."),
    ] = None,
) -> None:
    """Serve an OpenAI-compatible proxy that masks the context in each conversation's prompt.

    Clients use the base URL http://127.0.0.1:8765/c/KEY/v1, with a KEY for each conversation, and
    post its outcome to /trial/outcome. Ctrl-C ends it; nothing that was posted is lost.

    Example: firsthand trial proxy trial --upstream http://127.0.0.1:8000/v1 -n 200
    """
    from firsthand.trial.proxy import Where, serve
    from firsthand.trial.running import alone

    opened = Trial(folder)
    where = Where(upstream, host, port, os.environ.get("FIRSTHAND_TRIAL_TOKEN", ""))

    def say(url: str) -> None:
        tell(
            f"Base URL of a conversation: {url}/c/KEY/v1, or {url}/t/TASK/c/KEY/v1\n"
            f'Its outcome: curl {url}/trial/outcome -d \'{{"key": "KEY", "outcome": 1}}\''
        )

    with alone(folder):
        if runs:
            opened.plan(runs)
        run_async(serve(opened, where, say))


def _powers(needed: dict[float, int]) -> Any:
    from rich.table import Table

    table = Table(box=None)
    table.add_column("effect on success", justify="right")
    table.add_column("runs", justify="right")
    for effect, runs in needed.items():
        table.add_row(f"±{number(effect)}", f"{runs:,}")
    return table


def _split(made: Trial) -> Any:
    from rich.table import Table

    total = sum(item.tokens for item in made.items)
    title = f"{len(made.items)} items, about {total:,} tokens"
    table = Table(title=title, title_justify="left", box=None)
    for heading in ("id", "kind", "tokens", "says"):
        table.add_column(heading, justify="right" if heading == "tokens" else "left")
    several = len(made.contexts) > 1
    for item in made.items:
        where = f"{item.context}: " if several else ""
        table.add_row(item.id, item.kind, str(item.tokens), where + beginning(item.text, 100))
    return table


def _show(found: "TrialReport") -> None:
    from firsthand.trial import tables

    console = _console()
    console.print(tables.items(found))
    for line in tables.sentences(found):
        console.prose(line)


def _console() -> Any:
    from firsthand.cli.console import SafeConsole

    return SafeConsole()


def _again() -> str:
    return shlex.join(["firsthand", *sys.argv[1:]])
