"""Tasks drawn by learnability, p(1 - p), against tasks drawn evenly, at equal turns.

    python benchmarks/curriculum.py [--turns 6000] [--seeds 5]

A linear policy over the words of the observation, which starts from zero, learns levels 1 to 5 of
`interfaces/shop_desk` and `rules/triage` by GRPO. Seed s learns in world s. Scores are over
held-out tasks of all levels of these two. In the second part `control/null` stands beside them: its
outcomes are luck, so learnability is highest there and cannot fall; the turns that it takes are
shown. The settings of GRPO were tried on worlds 30 and 31.
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import msgspec
import torch
from rich.console import Console
from rich.table import Table

import firsthand as fh
from firsthand.episode import Turn
from firsthand.evaluate.statistics import bootstrap_by_seed_and_task
from firsthand.evaluate.wording import interval, number
from firsthand.learn.curriculum import Curriculum, places
from firsthand.learn.lab import Lab
from firsthand.learn.weights.recipes import grpo
from firsthand.learn.weights.settings import LossConfig, TrainConfig
from firsthand.models.trainable import IMPOSSIBLE, Context, Decision
from firsthand.prompt import Completion, Prompt, Sampling, Traits
from firsthand.retrieval import pattern, words
from firsthand.task import digest

LEARNED = ("interfaces/shop_desk", "rules/triage")
NULL = "control/null"
LEVEL = 5
RULES = ("uniform", "learnability")
BUCKETS = 4096
CONFIG = TrainConfig(
    learning_rate=0.05, batch=4, plays=8, baseline="leave_one_out", loss=LossConfig(entropy=0.03)
)


class Linear:
    """A linear layer from words to ways of acting, both hashed: what learns in seconds."""

    traits = Traits(chooses=True)
    name = "linear"

    def __init__(self) -> None:
        self.version = 0
        self.weight = torch.nn.Parameter(torch.zeros(BUCKETS))

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Choose, by chance where the sampling has a temperature."""
        asked = prompt.messages[-1].content
        ids, decision = list(asked.encode()), _decision(prompt.choices)
        with torch.no_grad():
            odds = _odds(self.weight, asked, decision)
        place = int(odds.argmax())
        if sampling.temperature:
            drawn = torch.Generator().manual_seed(digest(f"{sampling.seed}/{asked}") % 2**31)
            heat = torch.softmax(odds / sampling.temperature, 0)
            place = int(torch.multinomial(heat, 1, generator=drawn))
        told = dict(zip(prompt.choices, odds.tolist(), strict=True))
        logprobs = [odds[place].item()]
        return Completion(
            prompt.choices[place], prompt_ids=ids, ids=[1], logprobs=logprobs, choices=told
        )

    def forced(self, prompt: Prompt, text: str) -> Completion:
        """Return the completion that says `text`."""
        told = {option: 0.0 if option == text else IMPOSSIBLE for option in prompt.choices}
        ids = list(prompt.messages[-1].content.encode())
        return Completion(text, prompt_ids=ids, ids=[1], logprobs=[0.0], choices=told)

    def decision(self, turn: Turn, instructions: str) -> Decision:
        """Return the options of a turn."""
        return _decision(turn.choices or ())

    def distributions(self, contexts: list[Context], *, base: bool = False) -> list[torch.Tensor]:
        """Return log-probabilities over the options, one row a context."""
        weight = torch.zeros(BUCKETS) if base else self.weight
        return [
            _odds(weight, bytes(context.ids).decode(), context.decision)[None]
            for context in contexts
        ]

    def parameters(self) -> list[torch.nn.Parameter]:
        """What is trained."""
        return [self.weight]

    def state(self) -> dict[str, torch.Tensor]:
        """Return a copy of the weights."""
        return {"weight": self.weight.detach().clone()}

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Put weights back."""
        with torch.no_grad():
            self.weight.copy_(state["weight"])

    async def close(self) -> None:
        """Nothing is held."""


def _odds(weight: torch.Tensor, asked: str, decision: Decision) -> torch.Tensor:
    said = sorted(set(words(asked)))
    ways = [pattern(asked, bytes(option).decode()) for option in decision.options]
    rows = [[digest(f"{word}/{way}") % BUCKETS for word in said] for way in ways]
    return torch.log_softmax(weight[torch.tensor(rows)].sum(1), dim=0)


def _decision(options: Sequence[str]) -> Decision:
    coded = tuple(tuple(option.encode()) for option in options)
    return Decision(coded, (0.0,) * len(coded))


class Run(msgspec.Struct):
    """One learner: its scores on held-out tasks half-way and at the end, and where it played."""

    rule: str
    environments: tuple[str, ...]
    world: int
    half: list[float]
    end: list[float]
    played: dict[str, int]
    cpu_s: float


async def run(
    rule: str, environments: Sequence[str], world: int, turns: int, eval_tasks: int
) -> Run:
    """Learn once, in a folder that is thrown away."""
    agent = fh.Agent(model=Linear(), sampling=Sampling(temperature=0.0))
    held_out = [
        task
        for name, level in places(LEARNED, LEVEL)
        for task in fh.tasks(name, eval_tasks, split="eval", level=level, world=world)
    ]

    async def scores() -> list[float]:
        return [own.counted or 0.0 for own in await fh.rollout(agent, held_out, concurrency=64)]

    half: list[float] = []

    async def mark(_agent: fh.Agent, lab: Lab) -> None:
        if not half and lab.spent >= turns / 2:
            half.extend(await scores())

    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(
            agent,
            environments,
            folder=Path(folder),
            budget=turns,
            world=world,
            seed=world,
            concurrency=64,
            mark=mark,
            curriculum=Curriculum(places(environments, LEVEL), rule=rule, seed=world),
        )
        await grpo(lab, msgspec.structs.replace(CONFIG, seed=world, mark_every=1))
        played = Counter(own.task.environment for own in lab.journal.episodes(run="lab"))
    end = await scores()
    spent = time.process_time() - started
    return Run(rule, tuple(environments), world, half, end, dict(played), round(spent, 1))


def shown(title: str, runs: Sequence[Run]) -> Table:
    """Return a row a rule, and one for what learnability gains, paired by world and task."""
    table = Table(title=title, title_justify="left", box=None)
    names = list(dict.fromkeys(name for found in runs for name in found.environments))
    for heading in (
        "rule",
        "half-way",
        "at the end",
        *(f"in {name.partition('/')[2]}" for name in names),
    ):
        table.add_column(heading, justify="left" if heading == "rule" else "right")
    by_rule = {rule: [found for found in runs if found.rule == rule] for rule in RULES}
    for rule, found in by_rule.items():
        marks = [estimated([getattr(own, when) for own in found]) for when in ("half", "end")]
        share = [sum(own.played.get(name, 0) for own in found) for name in names]
        total = sum(share)
        table.add_row(rule, *marks, *(f"{own / total:.0%}" for own in share))
    gains = [
        estimated(
            [
                [new - old for old, new in zip(getattr(a, when), getattr(b, when), strict=True)]
                for a, b in zip(by_rule["uniform"], by_rule["learnability"], strict=True)
            ],
            signed=True,
        )
        for when in ("half", "end")
    ]
    table.add_row("difference", *gains)
    return table


def estimated(values_S_T: Sequence[Sequence[float]], *, signed: bool = False) -> str:
    """Write a mean over seeds and tasks with its interval, both resampled."""
    found = bootstrap_by_seed_and_task(values_S_T, signed=signed)
    return f"{number(found.mean, signed=signed)} {interval(found.interval, signed=signed)}"


def main() -> None:
    """Run both parts and print a table each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=6000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-world", type=int, default=0)
    parser.add_argument("--eval-tasks", type=int, default=40, help="of each level")
    given = parser.parse_args()
    worlds = range(given.first_world, given.first_world + given.seeds)
    console, started = Console(width=100), time.process_time()
    for environments in (LEARNED, (*LEARNED, NULL)):
        runs = [
            fh.run(run(rule, environments, world, given.turns, given.eval_tasks))
            for world in worlds
            for rule in RULES
        ]
        title = f"{', '.join(environments)}: {given.turns:,} turns, {given.seeds} seeds"
        console.print(shown(title, runs))
        for found in runs:
            ends = sum(found.end) / len(found.end)
            console.print(f"  {found.rule}, world {found.world}: {ends:.2f}, {found.cpu_s} CPU s")
    n = len(places(LEARNED, LEVEL)) * given.eval_tasks
    console.print(
        f"Brackets: 95% intervals over {n} held-out tasks, {given.eval_tasks} of each level, x "
        f"{given.seeds} seeds. {time.process_time() - started:.0f} CPU s."
    )


if __name__ == "__main__":
    main()
