"""The rules that learn in the prompt, compared with a model that only copies its examples.

    python benchmarks/compare.py [--budget 300] [--seeds 5] [--out runs/copycat]

What an arm gains here it gains by which examples it keeps and shows: the copycat guesses where no
example speaks, as a small model nearly does, and reads no prose. It takes minutes on one core, and
goes on where it was stopped.
"""

import argparse
import contextlib
from pathlib import Path

import msgspec
from copycat import Copycat
from rich.console import Console

import firsthand as fh
from firsthand.learn.compare.cell import Rules
from firsthand.learn.compare.experiment import Plan, run
from firsthand.learn.compare.picture import write_page
from firsthand.learn.compare.summary import summarise
from firsthand.learn.compare.tables import notes, table

ARMS = (
    "base",
    "icl",
    "retrieval",
    "admit_all",
    "random",
    "lessons",
    "no_mask",
    "no_gate",
    "no_sleep",
)


def main() -> None:
    """Run what is missing, print the tables, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--eval-tasks", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path("runs/copycat"))
    given = parser.parse_args()
    plan = Plan(
        environments=("interfaces/shop_desk", "rules/triage"),
        arms=(*ARMS, "gepa", "grasp"),
        controls=("null", "shuffled", "other_world"),
        seeds=given.seeds,
    )
    rules = Rules(model="copycat", budget=given.budget, eval_tasks=given.eval_tasks, curve_tasks=20)
    agent = fh.Agent(model=Copycat(), sampling=fh.Sampling(temperature=0.0))
    resume = (given.out / "compare.json").exists()

    def watch(title: str, _n: int) -> contextlib.nullcontext:
        print(title, flush=True)
        return contextlib.nullcontext(lambda _episode: None)

    outcomes = fh.run(run(plan, agent, rules, folder=given.out, resume=resume, watch=watch))
    facts = ("model", "budget", "level", "eval_tasks", "curve_tasks")
    found = summarise(plan, outcomes, {name: getattr(rules, name) for name in facts})
    (given.out / "result.json").write_bytes(msgspec.json.encode(found))
    console = Console(width=100)
    for title, lines in {**found.by_environment, "Controls": found.controls}.items():
        console.print(table(found, lines, title))
    for note in notes(found):
        console.print(note)
    console.print(write_page(given.out / "compare.html", found))


if __name__ == "__main__":
    main()
