"""`firsthand compare`: ways of learning at equal budget, with controls, in one table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from firsthand.agent import Agent
from firsthand.cli.document import document
from firsthand.cli.options import Concurrency, Json, Level, MaxTokens, Timeout, Turns, World
from firsthand.cli.players import TIMEOUT, learner, limits
from firsthand.cli.progress import bar
from firsthand.cli.runs import how_to_go_on, interruptible
from firsthand.cli.terminal import tell
from firsthand.errors import MissingExtra, UserError
from firsthand.learn.compare.arms import ARMS
from firsthand.learn.compare.cell import Outcome, Rules
from firsthand.learn.compare.controls import CONTROLS, NULL
from firsthand.learn.compare.experiment import Plan
from firsthand.learn.compare.experiment import run as run_experiment
from firsthand.learn.compare.summary import Summary, summarise
from firsthand.prompt import Sampling
from firsthand.shell import run

USUAL = "base,icl,retrieval,admit_all,random,lessons"

Environments = Annotated[
    list[str],
    typer.Argument(metavar="ENVIRONMENT...", help="Where to learn, e.g. interfaces/shop_desk."),
]
ArmNames = Annotated[
    str, typer.Option("--arms", help=f"Ways of learning, of: {', '.join(ARMS)}; or `all`.")
]
ControlNames = Annotated[
    str, typer.Option("--controls", help=f"Some of: {', '.join(CONTROLS)}; `all`, or `none`.")
]
Who = Annotated[str, typer.Option(help="Who learns; see `firsthand models`.")]
Budget = Annotated[
    int, typer.Option(min=1, help="Turns of the environment that each learner may play.")
]
Seeds = Annotated[int, typer.Option(min=1, help="Learners of each arm.")]
NewWorlds = Annotated[
    bool, typer.Option("--new-worlds", help="Seed s learns in world WORLD + s, not all in WORLD.")
]
EvalTasks = Annotated[
    int, typer.Option(min=1, help="Held-out tasks of each environment, the same for all.")
]
CurveTasks = Annotated[
    int, typer.Option(min=1, help="Eval tasks on which points of the curves are played.")
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="ARM.FIELD=VALUE",
        help="A setting of a recipe that trains weights, e.g. grpo.learning_rate=0.001.",
    ),
]
Out = Annotated[
    Path, typer.Option(help="Folder for cells, tables and page; finished cells are kept there.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with what --out holds; no cell is run twice.")
]


def compare(
    environments: Environments,
    arms: ArmNames = USUAL,
    controls: ControlNames = "all",
    model: Who = "llama:smollm2",
    budget: Budget = 1200,
    seeds: Seeds = 5,
    world: World = 0,
    new_worlds: NewWorlds = False,
    level: Level = 1,
    eval_tasks: EvalTasks = 200,
    curve_tasks: CurveTasks = 40,
    settings: Set = None,
    max_tokens: MaxTokens = None,
    turns: Turns = None,
    timeout: Timeout = TIMEOUT,
    concurrency: Concurrency = 8,
    out: Out = Path("runs/compare"),
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Let ways of learning compete at the same budget, with controls.

    Example: firsthand compare rules/triage --arms base,retrieval,lessons --budget 300 --seeds 2
    """
    plan = Plan(
        environments=tuple(dict.fromkeys(environments)),
        arms=_names(arms, tuple(ARMS)),
        controls=() if controls == "none" else _names(controls, CONTROLS),
        seeds=seeds,
        world=world,
        new_worlds=new_worlds,
    )
    rules = Rules(
        model=model,
        budget=budget,
        eval_tasks=eval_tasks,
        curve_tasks=min(curve_tasks, eval_tasks),
        level=level,
        concurrency=concurrency,
        limits=limits(turns, timeout),
        options=_settings(settings or []),
    )
    who = learner(model, sampling=Sampling(temperature=0.0, max_tokens=max_tokens))
    outcomes = _run(plan, who, rules, out, resume=resume, quiet=json)
    facts = {name: getattr(rules, name) for name in ("model", "budget", "level", "eval_tasks")}
    summary = summarise(plan, outcomes, {**facts, "curve_tasks": rules.curve_tasks})
    written = _write(summary, out)
    if json:
        document({**msgspec.to_builtins(summary), "folder": str(out)})
    else:
        _show(summary, written)
    if all(line.score is None for line in summary.arms):
        raise typer.Exit(1)


def _names(given: str, known: Sequence[str]) -> tuple[str, ...]:
    if given == "all":
        return tuple(known)
    return tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))


def _settings(given: Sequence[str]) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for text in given:
        place, equals, value = text.partition("=")
        name, dot, field = place.partition(".")
        if not (equals and dot and field and name in ARMS):
            raise UserError(
                f"--set takes ARM.FIELD=VALUE, e.g. grpo.learning_rate=0.001, got {text!r}."
            )
        try:
            found.setdefault(name, {})[field] = msgspec.json.decode(value)
        except msgspec.MsgspecError:
            found.setdefault(name, {})[field] = value
    return found


def _run(
    plan: Plan, who: Agent, rules: Rules, out: Path, *, resume: bool, quiet: bool
) -> list[Outcome]:
    """Run the cells; where that ends early, say how to go on."""

    async def all_cells() -> list[Outcome]:
        try:
            return await run_experiment(
                plan, who, rules, folder=out, resume=resume, watch=bar, tell=told
            )
        finally:
            await who.model.close()

    def told(outcome: Outcome) -> None:
        if not quiet:
            tell(_line(outcome), err=True)

    with interruptible(how_to_go_on(out, kept="Finished cells and episodes are")):
        return run(all_cells())


def _line(outcome: Outcome) -> str:
    name = outcome.cell.name
    if outcome.error:
        return f"{name}: failed: {outcome.error}"
    scores = [score for score in outcome.scores if score is not None]
    mean = sum(scores) / len(scores) if scores else 0.0
    return f"{name}: {mean:.2f} after {outcome.turns} turns, {outcome.cpu_s:.1f} CPU s"


def _write(summary: Summary, out: Path) -> str:
    from firsthand.learn.compare.picture import write_page
    from firsthand.learn.compare.tables import markdown

    result = msgspec.json.format(msgspec.json.encode(summary), indent=2)
    (out / "result.json").write_bytes(result)
    (out / "compare.md").write_text(markdown(summary), encoding="utf-8")
    try:
        return str(write_page(out / "compare.html", summary))
    except MissingExtra as missing:
        return f"not written: {missing}"


def _show(summary: Summary, written: str) -> None:
    from firsthand.cli.console import SafeConsole
    from firsthand.learn.compare.tables import notes, table

    console = SafeConsole()
    told = "All environments" + (", but for control/null" if _mixed(summary) else "")
    console.print(table(summary, summary.arms, told))
    if len(summary.environments) > 1:
        for name, lines in summary.by_environment.items():
            console.print(table(summary, lines, name))
    if summary.controls:
        console.print(table(summary, summary.controls, "Controls"))
    for note in notes(summary):
        console.prose(note)
    tell(f"Page: {written}")


def _mixed(summary: Summary) -> bool:
    """Whether there is an environment where something can be learned beside one where not."""
    return len(summary.environments) > 1 and NULL in summary.environments
