"""`firsthand bench`: anybody's learner in fresh worlds, one line a world."""

from pathlib import Path
from typing import Annotated

import typer

from firsthand.cli import players
from firsthand.cli.document import document
from firsthand.cli.options import Concurrency, Json, MaxTokens, Timeout, Turns
from firsthand.cli.players import TIMEOUT, limits
from firsthand.cli.terminal import tell
from firsthand.errors import UserError
from firsthand.evaluate.statistics import Interval
from firsthand.evaluate.wording import interval, number
from firsthand.learn.bench import Found, load, worlds
from firsthand.learn.bench import bench as run_bench
from firsthand.prompt import Sampling
from firsthand.shell import run

File = Annotated[
    Path, typer.Argument(metavar="LEARNER.py", help="A file with `async def learn(lab) -> Agent`.")
]
Who = Annotated[str, typer.Option(help="Who learns; see `firsthand models`.")]
Budget = Annotated[
    int, typer.Option(min=1, help="Turns of the environment to learn from, in each world.")
]
Worlds = Annotated[int, typer.Option("--worlds", min=1, help="Fresh worlds of each environment.")]
Seed = Annotated[int, typer.Option(min=0, help="Draws the worlds and the tasks to learn on.")]
EvalTasks = Annotated[int, typer.Option(min=1, help="Held-out tasks of each world.")]
Out = Annotated[Path, typer.Option(help="Folder for the episodes; a new one.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with what --out holds.")]


def bench(
    learner: File,
    model: Who = "llama:smollm2",
    budget: Budget = 300,
    n_worlds: Worlds = 2,
    seed: Seed = 0,
    eval_tasks: EvalTasks = 100,
    max_tokens: MaxTokens = None,
    turns: Turns = None,
    timeout: Timeout = TIMEOUT,
    concurrency: Concurrency = 8,
    out: Out = Path("runs/bench"),
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Let a learner of your own learn in fresh worlds, and show what it gained in each.

    Example: firsthand bench examples/learner.py --budget 200 --worlds 1
    """
    learn = load(learner)
    if out.exists() and any(out.iterdir()) and not resume:
        raise UserError(f"{out} is not empty: go on with it (--resume), or choose another folder.")
    base = players.learner(model, sampling=Sampling(temperature=0.0, max_tokens=max_tokens))

    async def all_worlds() -> list[Found]:
        try:
            return await run_bench(
                learn,
                base,
                worlds(seed, n_worlds),
                folder=out,
                budget=budget,
                eval_tasks=eval_tasks,
                seed=seed,
                limits=limits(turns, timeout),
                concurrency=concurrency,
                tell=lambda found: None if json else tell(line(found)),
            )
        finally:
            await base.model.close()

    found = run(all_worlds())
    nulls = [one for one in found if one.null and not one.error]
    claimed = sum(one.claimed for one in nulls)
    if json:
        document(
            {
                "learner": str(learner),
                "model": model,
                "budget": budget,
                "worlds": found,
                "nulls": len(nulls),
                "nulls_claimed": claimed,
            }
        )
    else:
        tell(f"Nulls claimed: {claimed} of {len(nulls)}, where nothing can be learned.")
    if any(one.error for one in found):
        raise typer.Exit(1)


def line(found: Found) -> str:
    """Say what came of one world."""
    name = f"{found.environment} world {found.world}"
    if found.error:
        return f"{name}: failed: {found.error}"
    gain = f"{number(found.gain, signed=True)} {interval(Interval(*found.gain_ci95), signed=True)}"
    told = f"{name}: {number(found.before)} to {number(found.after)}, gain {gain}"
    if found.null:
        said = "claimed a gain" if found.claimed else "claimed nothing"
        return f"{told}, a null: {said} (n = {found.n}, {found.turns} turns)"
    possible = number(found.possible, signed=True)
    return f"{told} of {possible} possible (n = {found.n}, {found.turns} turns)"
