"""Lessons that compose: tasks that need two lessons which were never seen together.

    python benchmarks/compose.py              # worlds 0 to 2, 120 held-out tasks each
    python benchmarks/compose.py --quick      # world 0, 40 held-out tasks
    python benchmarks/compose.py --player echo

On level 4 of `interfaces/shop_desk` a line holds the code of the service and the mark of the item's
shelf. For each service one shelf is held out: those pairs come in the `eval` split and nowhere
else, so that no lesson shows the right line. Each world is learned from nothing. Beside the learner
stand, on the same tasks and with the same lessons,

    before                 the bare model
    as until now           the same model and lessons, worked examples retrieved for whole lines
    vote                   what the nearest examples did, without a model: 0 by construction
    random recombination   each part of the line from one of the nearest examples, drawn by lot
    recombination, nearest for parts
                           the examples nearest for each part, drawn which gives which
    parts without a model  each part from the example that is nearest for it

`--player echo` learns with a player that needs no weights: it does what looks most like the nearest
example in its prompt. That is the same learner, with the same masks, credit and gate, in seconds.
`--taught N` learns nothing, and shows the model N examples of an expert instead.
"""

import argparse
import asyncio
import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from rich.console import Console
from rich.table import Table

from firsthand.agent import Agent
from firsthand.environment import Action, Environment, Observation
from firsthand.evaluate.evaluate import Evaluation, summarise
from firsthand.evaluate.statistics import wilson
from firsthand.learn.lessons.learner import LearnConfig, Learned, learn
from firsthand.learn.lessons.outcome import verdict_line
from firsthand.learn.lessons.vote import Vote
from firsthand.models.llama import Llama
from firsthand.parts import Parts, parts_of
from firsthand.playbook import Lesson, Playbook
from firsthand.prompt import Act, Completion, Model, Prompt, Sampling, Traits
from firsthand.registry import register, tasks
from firsthand.retrieval import pattern
from firsthand.rollout.pool import rollout
from firsthand.task import Task, digest
from firsthand.worlds.interfaces.shop_desk import SHELF_OF, SHELVES, ShopDesk

DRAWS = 10_000
"""Most draws until a customer belongs to the split; a quarter of them do."""
NEIGHBOURS = 5
EXPLORES = 0.2
"""Share of choices that `echo` makes by lot at temperature 1, as a language model would."""


@register
class ShopDeskPairs(ShopDesk):
    """Answer customers at the desk; some pairs of service and shelf come only when it counts."""

    name = "interfaces/shop_desk_pairs"
    levels = range(4, 6)

    def reset(self, task: Task) -> Observation:
        """Draw until service and shelf are a pair of the task's split."""
        shelves = list(SHELVES)
        for draw in range(DRAWS):
            seed = task.seed + draw * 1_000_000_000
            observation = super().reset(msgspec.structs.replace(_desk(task), seed=seed))
            shelf = shelves[(self.service + task.world) % len(shelves)]
            if (shelf == SHELF_OF[self.item]) is (task.split == "eval"):
                return observation
        raise RuntimeError(f"no customer in {DRAWS:,} draws")

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell the laws of the desk."""
        return super().rules(_desk(task))


def _desk(task: Task) -> Task:
    return msgspec.structs.replace(task, environment=ShopDesk.name, version=ShopDesk.version)


class _Decides(Protocol):
    def __call__(
        self, playbook: Playbook, task: Task, said: str, choices: Sequence[str], /
    ) -> str: ...


class Without:
    """A policy that decides by the lessons alone."""

    def __init__(self, name: str, playbook: Playbook, decide: _Decides) -> None:
        self.name, self.playbook, self.decide = name, playbook, decide

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode."""

        def act(observation: Observation) -> Action:
            choices = environment.choices() or ()
            return Action(self.decide(self.playbook, task, observation.full, list(choices)))

        return act

    async def close(self) -> None:
        """Nothing is held."""


def recombined(playbook: Playbook, task: Task, said: str, choices: Sequence[str]) -> str:
    """Take each part from one of the nearest examples, drawn by lot among those that are legal."""
    rng, parts = random.Random(digest(f"{task.id}/{said}")), parts_of(said, choices)
    assert parts is not None
    near = playbook.examples(task.environment, said, NEIGHBOURS)
    read = [parts.read(one.observation, one.action) for one in near]

    def value(part: int, legal: set[str]) -> str:
        drawn = [values[part] for values in read if values and values[part] in legal]
        return rng.choice(drawn or sorted(legal))

    return _assembled(parts, said, choices, value)


def part_votes(playbook: Playbook, task: Task, said: str, choices: Sequence[str]) -> str:
    """Take each part from the example that is nearest for it, where that is legal."""
    partwise = playbook.by_parts(task.environment, said, choices)
    if partwise is None:
        return random.Random(digest(f"{task.id}/{said}")).choice(choices)
    parts = partwise.known.parts

    def value(part: int, legal: set[str]) -> str:
        near = reversed(partwise.nearest(part, said, len(partwise.lessons)))
        values = (parts.read(one.observation, one.action) for one in near)
        return next((v[part] for v in values if v and v[part] in legal), min(legal))

    return _assembled(parts, said, choices, value)


def dealt(playbook: Playbook, task: Task, said: str, choices: Sequence[str]) -> str:
    """Find the example that is nearest for each part, and draw which of them gives which part."""
    rng = random.Random(digest(f"{task.id}/{said}"))
    partwise = playbook.by_parts(task.environment, said, choices)
    if partwise is None:
        return rng.choice(choices)
    parts = partwise.known.parts
    near = [partwise.nearest(part, said, 1)[0] for part in range(len(parts.columns))]
    rng.shuffle(near)

    def value(part: int, legal: set[str]) -> str:
        values = parts.read(near[part].observation, near[part].action)
        return values[part] if values and values[part] in legal else rng.choice(sorted(legal))

    return _assembled(parts, said, choices, value)


def _assembled(
    parts: Parts, said: str, choices: Sequence[str], value: Callable[[int, set[str]], str]
) -> str:
    """Decide part by part which of the choices is left; `value` picks among what is legal."""
    left = {choice: parts.read(said, choice) or () for choice in choices}
    for part in range(len(parts.columns)):
        taken = value(part, {values[part] for values in left.values()})
        left = {choice: values for choice, values in left.items() if values[part] == taken}
    return next(iter(left))


class Echo:
    """Choose the option that looks most like what the nearest example in the prompt did."""

    name, traits = "echo", Traits(chooses=True, few_shot=True)

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Choose; of options that look alike, by lot."""
        shown = [m.content for m in prompt.messages if m.role == "assistant"]
        said = prompt.messages[-1].content
        heard = prompt.messages[-3].content if shown else ""
        like = set(re.findall(r"\w+|[^\w\s]", pattern(heard, shown[-1]))) if shown else set[str]()

        def alike(option: str) -> int:
            return sum(p in like for p in re.findall(r"\w+|[^\w\s]", pattern(said, option)))

        best = max(map(alike, prompt.choices))
        rng = random.Random(digest(f"{sampling.seed}/{said}/{like and sorted(like)}"))
        if rng.random() < EXPLORES * sampling.temperature:
            return Completion(rng.choice(list(prompt.choices)))
        return Completion(rng.choice([o for o in prompt.choices if alike(o) == best]))

    async def close(self) -> None:
        """Nothing is held."""


async def taught(model: Model, world: int, n: int, eval_tasks: int) -> dict[str, Evaluation]:
    """Show an expert's examples of the pairs that are played, and play the held-out ones."""
    found: list[Lesson] = []
    for task in tasks(ShopDeskPairs.name, n, level=4, world=world):
        desk = ShopDeskPairs()
        said = desk.reset(task).full
        found.append(
            Lesson("example", observation=said, action=desk.right, scope=ShopDeskPairs.name)
        )
    agent = Agent(
        model=model,
        sampling=Sampling(temperature=0.0),
        playbook=Playbook(1, tuple({lesson.id: lesson for lesson in found}.values())),
    )
    held_out = tasks(ShopDeskPairs.name, eval_tasks, split="eval", level=4, world=world)
    ways = {"taught by an expert": agent, **beside(agent)}
    return {name: summarise(await rollout(one, held_out)) for name, one in ways.items()}


def beside(agent: Agent) -> dict[str, Agent]:
    """Return the ways of playing with the same lessons that stand beside the learner."""
    playbook = agent.playbook
    return {
        "vote": Agent(model=Vote(playbook)),
        "random recombination": Agent(model=Without("recombined", playbook, recombined)),
        "recombination, nearest for parts": Agent(model=Without("dealt", playbook, dealt)),
        "parts without a model": Agent(model=Without("parts", playbook, part_votes)),
        "as until now": msgspec.structs.replace(agent, by_parts=False),
    }


async def run(
    model: Model, config: LearnConfig, console: Console
) -> tuple[Learned, dict[str, Evaluation]]:
    """Learn one world, and play its held-out tasks in every way."""
    agent = Agent(model=model, sampling=Sampling(temperature=0.0))
    with tempfile.TemporaryDirectory() as folder:
        learned = await learn(
            agent,
            ShopDeskPairs.name,
            folder=Path(folder),
            config=config,
            tell=console.print,
            watch=lambda phase, n: console.print(f"{phase}: {n} episodes") or (lambda _: None),
        )
    held_out = tasks(
        ShopDeskPairs.name, config.eval_tasks, split="eval", level=4, world=config.world
    )
    found = {"before": learned.before, "learner": learned.after}
    for name, other in beside(learned.agent).items():
        found[name] = summarise(await rollout(other, held_out, concurrency=config.concurrency))
    return learned, found


def settings(world: int, options: argparse.Namespace) -> LearnConfig:
    """Return how a world is learned: many tasks, each played once, and one gate at the end."""
    return LearnConfig(
        world=world,
        level=4,
        rounds=options.rounds,
        gate_every=options.rounds,
        tasks=options.tasks,
        plays=1,
        capacity=1000,
        eval_tasks=options.eval_tasks,
    )


def tell(learned: Learned, console: Console) -> None:
    """Say how learning went."""
    for point in learned.curve:
        console.print(f"  while exploring: {point.score:.2f} after {point.rollouts} rollouts")
    console.print(
        f"  {len(learned.agent.playbook.active)} lessons, {learned.rollouts} rollouts; "
        + "; ".join(verdict_line(verdict) for verdict in learned.verdicts)
    )


def main() -> None:
    """Print one row a way of playing and world, and one for all worlds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", default="0,1,2")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--tasks", type=int, default=400)
    parser.add_argument("--eval-tasks", type=int, default=120)
    parser.add_argument("--player", choices=("smollm2", "echo"), default="smollm2")
    parser.add_argument("--taught", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.worlds, options.tasks, options.eval_tasks = "0", 150, 40
    console = Console(width=110)
    hits: dict[str, list[int]] = {}
    table = Table(title=f"Held-out pairs of service and shelf: score [95%], {options.player}")
    for heading in ("world", "how", "n", "score"):
        table.add_column(heading)
    for world in map(int, options.worlds.split(",")):
        started = time.monotonic()
        model = Echo() if options.player == "echo" else Llama()
        if options.taught:
            found = asyncio.run(taught(model, world, options.taught, options.eval_tasks))
        else:
            learned, found = asyncio.run(run(model, settings(world, options), console))
            tell(learned, console)
        asyncio.run(model.close())
        console.print(f"world {world}: {time.monotonic() - started:.0f} s")
        for how, played in found.items():
            assert played.score is not None, "every episode failed"
            n, won = played.score.n, round(played.score.mean * played.score.n)
            hits[how] = [a + b for a, b in zip(hits.get(how, [0, 0]), (won, n), strict=True)]
            table.add_row(str(world), how, str(n), _rate(won, n))
            console.print(f"  {how}: {_rate(won, n)}")
        table.add_section()
    for how, (won, n) in hits.items():
        table.add_row("all", how, str(n), _rate(won, n))
    console.print(table)


def _rate(won: int, n: int) -> str:
    interval = wilson(won, n)
    return f"{won / n:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


if __name__ == "__main__":
    main()
