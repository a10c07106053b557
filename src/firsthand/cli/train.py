"""`firsthand train`: a model gets better at an environment in its weights."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec
import typer

from firsthand.agent import Agent
from firsthand.cli.document import document
from firsthand.cli.options import Json, Level, PlaybookFile, Turns, World
from firsthand.cli.players import agent as player
from firsthand.cli.players import lessons_in, limits
from firsthand.cli.runs import ROOT, how_to_go_on, interruptible, new_run, old_runs
from firsthand.cli.show import Show
from firsthand.cli.terminal import tell
from firsthand.errors import MissingExtra, UnknownName, UserError
from firsthand.registry import lookup
from firsthand.shell import run
from firsthand.usage import Meter, table_rows

if TYPE_CHECKING:
    from firsthand.learn.weights.presets import Preset
    from firsthand.learn.weights.run import Plan, Trained
    from firsthand.learn.weights.settings import TrainConfig

RECIPES = ("sft", "filtered_sft", "grpo", "distil")
LINE_SECONDS = 10.0
"""Between two lines about optimizer steps."""

Environments = Annotated[
    list[str],
    typer.Argument(metavar="ENVIRONMENT...", help="What to train on, e.g. interfaces/shop_desk."),
]
How = Annotated[
    str,
    typer.Option(
        help="sft: imitate the expert. filtered_sft: imitate own successes. grpo: reinforcement "
        "learning. distil: imitate a teacher that knows a playbook."
    ),
]
Who = Annotated[str, typer.Option(help="Whose weights: torch:smollm2, torch:FOLDER, tiny.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides tasks, sampling and a new network.")]
BudgetTurns = Annotated[
    int | None,
    typer.Option(
        "--budget", min=1, help="Turns of the environment to learn from.  [default: the recipe's]"
    ),
]
EvalTasks = Annotated[int, typer.Option(min=1, help="Held-out tasks for before and after.")]
CurveTasks = Annotated[int, typer.Option(min=1, help="Tasks of the gate split for a curve point.")]
Rate = Annotated[
    float | None,
    typer.Option(min=0.0, help="Of AdamW; 0 changes nothing.  [default: the recipe's]"),
]
Batch = Annotated[
    int | None, typer.Option(min=1, help="Tasks of an optimizer step.  [default: the recipe's]")
]
Plays = Annotated[
    int | None, typer.Option(min=1, help="Plays of each task.  [default: the recipe's]")
]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="Passes over episodes.  [default: the recipe's]")
]
Demonstrations = Annotated[
    int | None, typer.Option(min=1, help="Episodes to imitate.  [default: the recipe's]")
]
Entropy = Annotated[
    float | None,
    typer.Option(min=0.0, help="Weight of the bonus for exploring.  [default: the recipe's]"),
]
TeacherName = Annotated[
    str | None,
    typer.Option(
        help="Who teaches in distil; needs the same tokenizer.  [default: the same weights]"
    ),
]
Uncertified = Annotated[
    bool,
    typer.Option(
        "--allow-uncertified", help="Train on environments without a passing certificate, too."
    ),
]
Course = Annotated[
    str | None,
    typer.Option(
        "--curriculum",
        help="Learn and evaluate levels 1 to --level, drawn with a chance that follows p(1 - p) of "
        "the recent success rate p (learnability) or evenly (uniform).  [default: --level alone]",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for journal, weights and report.  [default: a new one in runs/]"),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on with the run in --out; nothing is done twice."),
]


def train(
    environments: Environments,
    recipe: How = "sft",
    model: Who = "torch:smollm2",
    world: World = 0,
    level: Level = 1,
    curriculum: Course = None,
    seed: Seed = 0,
    budget: BudgetTurns = None,
    eval_tasks: EvalTasks = 200,
    curve_tasks: CurveTasks = 40,
    learning_rate: Rate = None,
    batch: Batch = None,
    plays: Plays = None,
    epochs: Epochs = None,
    demonstrations: Demonstrations = None,
    entropy: Entropy = None,
    teacher: TeacherName = None,
    playbook: PlaybookFile = None,
    turns: Turns = None,
    allow_uncertified: Uncertified = False,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Train a model's weights, and show before and after on held-out tasks.

    Example: firsthand train interfaces/shop_desk --recipe grpo --model tiny
    """
    if recipe not in RECIPES:
        raise UnknownName("recipe", recipe, RECIPES, hint=f"There are {', '.join(RECIPES)}.")
    for name in environments:
        lookup(name)
    if not allow_uncertified:
        from firsthand.learn.weights.certified import require_certificate

        for name in environments:
            require_certificate(name)
    if recipe == "distil" and teacher is None and playbook is None:
        raise UserError(
            "distil needs a teacher that knows what the student does not: --playbook FILE with "
            "lessons, or --teacher MODEL."
        )
    who = _student(model, seed)
    teaching = _teacher(who, teacher, playbook) if recipe == "distil" else None
    from firsthand.learn.weights.presets import preset
    from firsthand.learn.weights.run import Plan

    usual = preset(recipe, model)
    told = {
        "learning_rate": learning_rate,
        "batch": batch,
        "plays": plays,
        "epochs": epochs,
        "demonstrations": demonstrations,
    }
    plan = Plan(
        environments=tuple(environments),
        model=model,
        recipe=recipe,  # pyright: ignore[reportArgumentType] - it is one of RECIPES
        config=_config(usual, told, entropy, seed),
        budget=budget or max(usual.budget, demonstrations or 0),
        world=world,
        level=level,
        curriculum=_curriculum(curriculum),
        seed=seed,
        eval_tasks=eval_tasks,
        curve_tasks=curve_tasks,
        teacher=teaching.id if teaching else "",
        limits=limits(turns),
    )
    folder = _folder(out, plan, resume=resume)
    _run(who, teaching, plan, _Where(folder, out is not None, resume, json))


class _Where(NamedTuple):
    """Where the results go."""

    folder: Path
    named: bool
    """Whether the command names it."""
    resume: bool
    json: bool


def _student(name: str, seed: int) -> Agent:
    if name == "tiny":
        found = player(name)  # says what is missing
        from firsthand.models.tiny import Tiny

        return msgspec.structs.replace(found, model=Tiny(seed=seed)) if seed else found
    found = player(name)
    from firsthand.models.trainable import Trainable

    if not isinstance(found.model, Trainable):
        raise UserError(
            f"The weights of {name} cannot be trained here: name torch:smollm2, torch:FOLDER or "
            "tiny. Lessons are learned by `firsthand learn`."
        )
    return found


def _teacher(student: Agent, name: str | None, playbook: Path | None) -> Agent:
    if name is not None:
        return player(name, playbook=playbook)
    return student.with_playbook(lessons_in(playbook))


def _config(
    usual: "Preset", told: Mapping[str, Any], entropy: float | None, seed: int
) -> "TrainConfig":
    changed = {name: value for name, value in told.items() if value is not None}
    config = msgspec.structs.replace(usual.config, seed=seed, **changed)
    if entropy is None:
        return config
    return msgspec.structs.replace(
        config, loss=msgspec.structs.replace(config.loss, entropy=entropy)
    )


def _curriculum(name: str | None) -> Literal["", "uniform", "learnability"]:
    from firsthand.learn.curriculum import RULES

    for rule in RULES:
        if rule == name:
            return rule
    if name is not None:
        raise UnknownName("curriculum", name, RULES, hint=f"There are: {', '.join(RULES)}.")
    return ""


def _run(who: Agent, teaching: Agent | None, plan: "Plan", where: _Where) -> None:
    """Train, and say how to go on when that ends early."""
    kept = "Every finished episode and step is"
    with interruptible(how_to_go_on(where.folder, named=where.named, kept=kept)):
        run(_train(who, teaching, plan, where))


async def _train(who: Agent, teaching: Agent | None, plan: "Plan", where: _Where) -> None:
    from firsthand.learn.weights import outcome
    from firsthand.learn.weights.run import train as train_weights

    show, meter, started = Show(quiet=where.json), Meter(), time.monotonic()
    show.say(
        f"{plan.model} learns {', '.join(plan.environments)} by {plan.recipe}, world {plan.world}, "
        f"level {plan.told_level}. Everything goes to {where.folder}"
    )
    try:
        with show:
            trained = await train_weights(
                who,
                plan,
                folder=where.folder,
                teacher=teaching,
                resume=where.resume,
                meter=meter,
                watch=show.watch,
                note=_Steps(),
            )
    finally:
        await who.model.close()
        if teaching is not None and teaching.model is not who.model:
            await teaching.model.close()
    try:
        report = str(outcome.write(trained, plan, where.folder))
    except MissingExtra as missing:  # the result and the weights are written already
        report = f"not written: {missing}"
    if where.json:
        document({**outcome.summary(trained, plan), "folder": str(where.folder)})
    else:
        _tell(show, trained, where.folder, report, meter, time.monotonic() - started)
    if None in (trained.before.score, trained.after.score):
        tell("No held-out episode could be scored; see the journal.", err=True)
        raise typer.Exit(1)


def _tell(
    show: Show, trained: "Trained", folder: Path, report: str, meter: Meter, seconds: float
) -> None:
    from firsthand.evaluate.tables import table

    for point in trained.curve:
        show.say(
            f"after {point.turns:,} turns and {point.step:,} steps: {point.score:.2f} "
            f"[{point.low:.2f}, {point.high:.2f}] on {point.n} tasks"
        )
    for phase, took in table_rows(meter.spent()):
        show.say(f"{phase}: {took}")
    show.say(table(trained.comparison))
    show.say(
        f"Report: {report}\nWeights: {folder / 'weights'}\n"
        f"Took {seconds:.0f} s, {trained.cpu_s:.0f} s of CPU."
    )


class _Steps:
    """Says on standard error how training goes on, every few seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, line: Mapping[str, Any]) -> None:
        now = time.monotonic()
        if now - self._last < LINE_SECONDS:
            return
        self._last = now
        reward = f", reward {line['reward']:.2f}" if "reward" in line else ""
        entropy = f", entropy {line['entropy']:.2f}" if "reward" in line else ""
        tell(f"step {line['step']:,}: loss {line['loss']:.3f}{reward}{entropy}", err=True)


def _folder(out: Path | None, plan: "Plan", *, resume: bool) -> Path:
    """Return the folder that was named, or a new one; to go on, the last one of the same plan."""
    from firsthand.learn.weights.run import changes, read_plan

    if out is not None:
        if resume and read_plan(out) is None:
            raise UserError(
                f"There is no training run in {out} to go on with: leave --resume out to start one."
            )
        return out
    families = "+".join(name.rpartition("/")[2] for name in plan.environments)
    stem = f"{plan.recipe}-{families}-w{plan.world}-s{plan.seed}"
    if not resume:
        return new_run(stem)
    for path in old_runs(stem):
        started = read_plan(path)
        if started is not None and not changes(started, plan):
            return path
    raise UserError(
        f"No training run in {ROOT} has these settings. Name the folder to go on with: "
        "--out FOLDER."
    )
