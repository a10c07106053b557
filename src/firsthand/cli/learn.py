"""`firsthand learn`: a model gets better at an environment by lessons in its prompt."""

import time
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
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
    Level,
    MaxTokens,
    PlaybookFile,
    Price,
    Timeout,
    Turns,
    World,
)
from firsthand.cli.players import TIMEOUT, agent, endpoint, limits, meter
from firsthand.cli.runs import ROOT, how_to_go_on, new_run, old_runs
from firsthand.cli.show import Show
from firsthand.cli.terminal import tell
from firsthand.errors import MissingExtra, NoReaction, RunStopped, UserError
from firsthand.learn.lessons.folder import Setup, changes, read_setup
from firsthand.learn.lessons.learned import Learned
from firsthand.learn.lessons.learner import learn as learn_lessons
from firsthand.learn.lessons.learner import reviewer_of, setup_of
from firsthand.learn.lessons.review import Asked, Reviewer
from firsthand.learn.lessons.settings import LearnConfig
from firsthand.models import Endpoint
from firsthand.models import model as named
from firsthand.models.answered import Answered
from firsthand.prompt import Model, Reachable, Sampling
from firsthand.registry import lookup
from firsthand.shell import run
from firsthand.usage import Meter, table_rows

DEFAULT = LearnConfig()


Environments = Annotated[
    list[str],
    typer.Argument(metavar="ENVIRONMENT...", help="What to learn, e.g. interfaces/shop_desk."),
]
Who = Annotated[str, typer.Option(help="Who learns; see `firsthand models`.")]
Seed = Annotated[int, typer.Option(help="Decides tasks, masks and sampling.")]
Rounds = Annotated[
    int,
    typer.Option(
        help="Times to wake, review and credit; every third and the last end with a gate."
    ),
]
Tasks = Annotated[int, typer.Option(help="Train tasks of each environment in a round.")]
EvalTasks = Annotated[
    int, typer.Option(help="Held-out tasks of each environment for before and after.")
]
ExcludeFlagged = Annotated[
    bool,
    typer.Option(
        "--exclude-flagged/--keep-flagged",
        help="Learn nothing from episodes that look like exploits of the reward.",
    ),
]
WhoReviews = Annotated[
    str,
    typer.Option(help="Who proposes lessons: `contrast`, or a model to ask, e.g. openai:NAME@URL."),
]
EverywhereTemperature = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="Sampling temperature everywhere.  [default: 1 while exploring, then 0]",
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Learn even if a player that costs money is found not to react to lessons.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for journal, playbook and report.  [default: a new one in runs/]"),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on with the run in --out; no episode is played twice."),
]


def learn(
    environments: Environments,
    model: Who = "llama:smollm2",
    world: World = DEFAULT.world,
    level: Level = DEFAULT.level,
    seed: Seed = DEFAULT.seed,
    rounds: Rounds = DEFAULT.rounds,
    tasks: Tasks = DEFAULT.tasks,
    eval_tasks: EvalTasks = DEFAULT.eval_tasks,
    exclude_flagged: ExcludeFlagged = DEFAULT.exclude_flagged,
    reviewer: WhoReviews = "contrast",
    temperature: EverywhereTemperature = None,
    max_tokens: MaxTokens = None,
    turns: Turns = None,
    timeout: Timeout = TIMEOUT,
    concurrency: Concurrency = DEFAULT.concurrency,
    extra: Extra = None,
    api_key_env: KeyEnv = None,
    price: Price = None,
    budget_tokens: BudgetTokens = None,
    budget_dollars: BudgetDollars = None,
    budget_minutes: BudgetMinutes = None,
    force: Force = DEFAULT.force,
    playbook: PlaybookFile = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Learn lessons from experience, prove them, and show before and after on held-out tasks.

    Example: firsthand learn interfaces/shop_desk --world 3
    """
    config = LearnConfig(
        world=world,
        level=level,
        seed=seed,
        rounds=rounds,
        tasks=tasks,
        eval_tasks=eval_tasks,
        exclude_flagged=exclude_flagged,
        concurrency=concurrency,
        limits=limits(turns, timeout),
        temperature=DEFAULT.temperature if temperature is None else temperature,
        force=force,
    )
    for name in environments:
        lookup(name)
    where = endpoint(extra, api_key_env, timeout)
    sampling = Sampling(temperature=temperature or 0.0, max_tokens=max_tokens)
    learner = agent(model, playbook=playbook, sampling=sampling, endpoint=where)
    asking = Sampling(
        temperature=1.0 if temperature is None else temperature, max_tokens=max_tokens
    )
    reviewing = _reviewer(learner, reviewer, asking, where)
    counted = meter(price, budget_tokens, budget_dollars, budget_minutes)
    setup = setup_of(learner, environments, config, reviewing)
    _run(learner, reviewing, setup, counted, _Where(out, resume, json))


class _Where(NamedTuple):
    """Where the results go."""

    out: Path | None
    resume: bool
    json: bool


def _reviewer(learner: Agent, name: str, sampling: Sampling, where: Endpoint) -> Reviewer:
    """Return who proposes lessons. Raises `UserError` where a script or a person is named."""
    asked = None if name == "contrast" else named(name, endpoint=where)
    if not isinstance(learner.model, Model) or not (asked is None or isinstance(asked, Model)):
        raise UserError(
            "Only a model can learn or review: name one such as llama:smollm2 or openai:NAME@URL, "
            "not a script or a person."
        )
    return Asked(asked, sampling=sampling) if asked else reviewer_of(learner)


def _run(learner: Agent, reviewing: Reviewer, setup: Setup, counted: Meter, where: _Where) -> None:
    """Learn, and say how to go on when that ends early."""
    folder = _folder(where.out, setup, resume=where.resume)
    learner, reviewing = _keeping_answers(learner, reviewing, folder)
    by_name = where.out is not None
    try:
        run(_learn(learner, reviewing, setup, folder, where, counted))
    except KeyboardInterrupt:
        tell(how_to_go_on(folder, named=by_name), err=True)
        raise
    except RunStopped as stopped:
        if where.json:
            spent = [msgspec.to_builtins(phase) for phase in counted.spent()]
            document({"stopped": str(stopped), "spent": spent, "folder": str(folder)})
        for phase, took in table_rows(counted.spent()):
            tell(f"{phase}: {took}", err=True)
        more = ["--force"] if isinstance(stopped, NoReaction) else []
        how = how_to_go_on(folder, named=by_name, more=more)
        tell(f"Stopped: {stopped}\n{how}", err=True)
        raise typer.Exit(1) from None


def _keeping_answers(learner: Agent, reviewing: Reviewer, folder: Path) -> tuple[Agent, Reviewer]:
    """Keep the answers of endpoints in the run's folder, so that none is paid for twice."""
    if isinstance(learner.model, Model) and isinstance(learner.model, Reachable):
        kept = Answered(learner.model, folder / "answers")
        learner = msgspec.structs.replace(learner, model=kept)
    if isinstance(reviewing, Asked) and isinstance(reviewing.model, Reachable):
        reviewing.model = Answered(reviewing.model, folder / "answers")
    return learner, reviewing


async def _learn(
    learner: Agent,
    reviewing: Reviewer,
    setup: Setup,
    folder: Path,
    where: _Where,
    counted: Meter,
) -> None:
    from firsthand.learn.lessons import outcome

    config = setup.config
    show = Show(quiet=where.json)
    started = time.monotonic()
    try:
        show.say(
            f"{learner.model.name} learns {', '.join(setup.environments)}, "
            f"world {config.world}, level {config.level}. Everything goes to {folder}"
        )
        with show:
            learned = await learn_lessons(
                learner,
                setup.environments,
                folder=folder,
                config=config,
                reviewer=reviewing,
                resume=where.resume,
                watch=show.watch,
                meter=counted,
                tell=show.note,
            )
    finally:
        await learner.model.close()
        if isinstance(reviewing, Asked):
            await reviewing.model.close()
    try:
        report = str(outcome.write(learned, config, folder))
    except MissingExtra as missing:  # the result and the playbook are written already
        report = f"not written: {missing}"
    if where.json:
        document({**outcome.summary(learned, config), "folder": str(folder)})
    else:
        await _tell(show, learned, folder, report, time.monotonic() - started)
    _complain(learned, folder)


async def _tell(show: Show, learned: Learned, folder: Path, report: str, seconds: float) -> None:
    """Say what happened: rounds, gates, some lessons, before and after, and that the journal
    replays.
    """
    from rich.table import Table

    from firsthand.evaluate.tables import table
    from firsthand.journal.journal import Journal
    from firsthand.learn.lessons.outcome import explanation, verdict_line, vote_line
    from firsthand.rollout.replay import replay_journal

    for number, point in enumerate(learned.curve, 1):
        show.say(
            f"round {number}: score while exploring {point.score:.2f} [{point.low:.2f}, "
            f"{point.high:.2f}] after {point.rollouts} rollouts"
        )
    for verdict in learned.verdicts:
        show.say(verdict_line(verdict))
    if learned.flagged:
        show.say(
            "flagged while exploring: "
            f"{', '.join(f'{reason} {n}' for reason, n in learned.flagged.items())}"
        )
    if why := explanation(learned):
        show.say(why)
    for problem in learned.problems:
        show.say(problem)
    for phase, took in table_rows(learned.spent):
        show.say(f"{phase}: {took}")
    core = sorted(learned.agent.playbook.active, key=lambda lesson: -lesson.effect)
    if core:
        lessons = Table(title=f"The best of {len(core)} lessons", title_justify="left", box=None)
        for heading in ("shown", "this worked", "credit ± sd"):
            lessons.add_column(heading, overflow="fold")
        for lesson in core[:5]:
            credit = f"{lesson.credit.mean:+.2f} ± {lesson.credit.sd:.2f}" if lesson.credit else ""
            lessons.add_row(lesson.observation or lesson.text, lesson.action, credit)
        show.say(lessons)
    show.say(table(learned.comparison))
    if learned.vote:
        show.say(f"Vote: {vote_line(learned.vote)}")
    journal = Journal(folder / "journal")
    difference = await replay_journal(journal)
    show.say(
        f"The journal does not replay: {difference}"
        if difference
        else f"The journal replays clean: {len(journal)} episodes."
    )
    deployed = (
        folder / "playbook.toml"
        if any(verdict.deployed for verdict in learned.verdicts)
        else "none deployed"
    )
    show.say(f"Report: {report}\nPlaybook: {deployed}\nTook {seconds:.0f} s.")
    if difference:
        raise typer.Exit(1)


def _complain(learned: Learned, folder: Path) -> None:
    """Show one failure in full; exit with 1 when no held-out episode could be scored."""
    from firsthand.journal.journal import Journal

    sides = {"before": learned.before, "after": learned.after}
    failed = [f"{side.failed} {name}" for name, side in sides.items() if side.failed]
    first = next(iter(Journal(folder / "journal").episodes(failed=True)), None)
    if failed and first is not None:
        told = f"{' and '.join(failed)} of {learned.before.episodes} held-out episodes failed"
        tell(f"{told}; the first failure of the run: {first.error}", err=True)
    if None in (learned.before.score, learned.after.score):
        raise typer.Exit(1)


def _folder(out: Path | None, setup: Setup, *, resume: bool) -> Path:
    """Return the folder that was named, or a new one; to go on, the last one with the same
    settings.
    """
    if out is not None:
        if resume and not (out / "config.json").exists() and not (out / "journal").exists():
            raise UserError(
                f"There is no run in {out} to go on with: leave --resume out to start one."
            )
        return out
    config = setup.config
    families = "+".join(name.rpartition("/")[2] for name in setup.environments)
    stem = f"{families}-w{config.world}-s{config.seed}"
    if not resume:
        return new_run(stem)
    taken = old_runs(stem)
    for path in taken:
        started = read_setup(path)
        if started is not None and not changes(started, setup):
            return path
    held = f"; there are {', '.join(map(str, reversed(taken)))}" if taken else ""
    raise UserError(
        f"No run in {ROOT} has these settings{held}. Name the folder to go on with: --out FOLDER."
    )
