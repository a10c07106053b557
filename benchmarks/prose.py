"""Prose that matters: rules in words, learned by a model that does nothing right without them.

    python benchmarks/prose.py            # worlds 0 to 4, 200 held-out tasks each
    python benchmarks/prose.py --quick    # world 0, 60 held-out tasks

The player is `follower.py`: a transformer trained here, once, to obey rules. The world's law says
which answer belongs to which two words together, and in places to three. Sixteen more words
stand between them, and no single word tells anything, so nearest neighbours are of no use. Rules
are proposed by `Conjunctions`, without a language model, and masked, edited and gated by `learn`.
Beside the learner stand, on the same tasks,

    no rules      the player without a playbook
    scrambled     the learned rules, each with the answer of another
    vote          a nearest-neighbour vote over 300 right examples of the world
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from follower import ANSWERS, FAMILIES, Follower
from rich.console import Console
from rich.table import Table

import firsthand as fh
from firsthand.evaluate.evaluate import Evaluation, summarise
from firsthand.evaluate.statistics import wilson
from firsthand.learn.lessons.conjunctions import Conjunctions
from firsthand.learn.lessons.learner import LearnConfig, Learned, learn
from firsthand.learn.lessons.vote import Vote
from firsthand.playbook import Lesson, Playbook
from firsthand.prompt import Sampling
from firsthand.registry import register

CHANCE = 1 / 3
EXCEPTIONS = 2
"""Pairs of words whose answer changes with a third word."""
EXAMPLES = 300
"""Right examples that the vote is given."""


class Law(msgspec.Struct, frozen=True):
    """The law of one world: a Latin square over two families of words, with exceptions."""

    answers: dict[frozenset[str], str]

    def answer(self, said: Sequence[str]) -> str:
        """Return what the most specific condition says."""
        there = set(said)
        return self.answers[max((c for c in self.answers if c <= there), key=len)]


def law(rng: random.Random) -> Law:
    """Draw a law. Each word of the two families goes with each answer equally often."""
    one, other, third = rng.sample(sorted(FAMILIES), 3)
    answers = rng.sample(ANSWERS, 3)
    rows, columns = (rng.sample(FAMILIES[name], 3) for name in (one, other))
    found = {
        frozenset((a, b)): answers[(i + j) % 3]
        for i, a in enumerate(rows)
        for j, b in enumerate(columns)
    }
    word = rng.choice(FAMILIES[third])
    for pair in rng.sample(sorted(found, key=sorted), EXCEPTIONS):
        changed = answers[(answers.index(found[pair]) + 1) % 3]
        found[pair | {word}] = changed
    return Law(found)


def _made_up(rng: random.Random) -> str:
    """Make up a word of some 1,700, none of them in the player's language."""
    return "".join(rng.choice(part) for part in ("bdfgklmnprst", "aeiou", "klmnrst", "eiou", "x"))


@register
class Words(fh.Environment):
    """Give the answer that belongs to some of the words; which ones decide is hidden."""

    name = "prose/words"
    turns = 1
    laws = True
    base_rate = CHANCE
    statement = "A game of words: a hidden law says which answer belongs to them."

    def reset(self, task: fh.Task) -> fh.Observation:
        """Draw a word of each family, in any order, each between two words that do not matter."""
        rng, self.law = task.rng("instance"), law(task.rng("world"))
        while True:
            telling = [rng.choice(words) for words in FAMILIES.values()]
            rng.shuffle(telling)
            idle = [_made_up(rng) for _ in range(2 * len(telling))]
            rows = zip(idle[::2], telling, idle[1::2], strict=True)
            said = [word for row in rows for word in row]
            if task.owns(" ".join(said)):
                break
        self.right, self.given = self.law.answer(said), ""
        self.options = sorted(set(self.law.answers.values()))
        return fh.Observation(" ".join(said))

    @classmethod
    def rules(cls, task: fh.Task) -> Sequence[tuple[str, str]]:
        """Tell the law."""
        found = law(task.rng("world")).answers
        return [(" ".join(sorted(words)), f"say {answer}") for words, answer in found.items()]

    def choices(self) -> Sequence[str]:
        """The three answers of this world."""
        return self.options

    def act(self, action: fh.Action) -> fh.Observation:
        """Take the answer; it is final."""
        self.given = action.text.strip()
        return fh.Observation("The answer was taken.", done=True)

    def score(self) -> fh.Score:
        """Pay for the right answer."""
        return fh.Score(right=self.given == self.right)

    def expert(self) -> Iterator[fh.Action]:
        """Answer, knowing the law."""
        yield fh.Action(self.right)


def right_examples(world: int, n: int) -> Playbook:
    """Return a playbook of right examples, for the vote."""
    found: list[Lesson] = []
    for task in fh.tasks(Words.name, n, world=world):
        instance = Words()
        said = instance.reset(task).full
        found.append(Lesson("example", observation=said, action=instance.right, scope=Words.name))
    return Playbook(1, tuple(found))


def scrambled(playbook: Playbook) -> Playbook:
    """Give each rule the answer of another rule that says something else."""
    rules = [lesson.text.rpartition(" ") for lesson in playbook.active]
    order = sorted(range(len(rules)), key=lambda place: rules[place][2])
    most = max((sum(r[2] == rule[2] for r in rules) for rule in rules), default=0)
    found = list(playbook.active)
    for rank, place in enumerate(order):
        other = rules[order[(rank + most) % len(order)]][2]
        text = f"{rules[place][0]} {other}"
        found[place] = msgspec.structs.replace(found[place], text=text)
    return Playbook(playbook.version, tuple(found))


def settings(world: int, eval_tasks: int) -> LearnConfig:
    """Return how a world is learned."""
    return LearnConfig(
        world=world,
        rounds=4,
        gate_every=4,
        tasks=600,
        plays=2,
        eval_tasks=eval_tasks,
        capacity=24,
        hide=0.1,
        concurrency=64,
    )


async def run(model: Follower, config: LearnConfig) -> tuple[Learned, dict[str, Evaluation]]:
    """Learn one world, and play its held-out tasks in every way."""
    agent = fh.Agent(model=model, sampling=Sampling(temperature=0.0))
    with tempfile.TemporaryDirectory() as folder:
        learned = await learn(
            agent,
            Words.name,
            folder=Path(folder),
            config=config,
            reviewer=Conjunctions(),
            tell=lambda line: print(f"  {line}", flush=True),
        )
    held_out = fh.tasks(Words.name, config.eval_tasks, split="eval", world=config.world)
    found = {"no rules": learned.before, "learner": learned.after}
    others = {
        "scrambled": agent.with_playbook(scrambled(learned.agent.playbook)),
        "vote": fh.Agent(model=Vote(right_examples(config.world, EXAMPLES))),
    }
    for name, other in others.items():
        found[name] = summarise(await fh.rollout(other, held_out, concurrency=64))
    return learned, found


def edits(learned: Learned) -> str:
    """Say how many rules were proposed, edited and kept."""
    lessons = learned.working.lessons
    by_id, kept = learned.working.by_id, set(learned.agent.playbook.by_id)
    kinds = {"merged": 0, "narrowed": 0, "rival": 0}
    for lesson in lessons:
        if len(lesson.parents) > 1:
            kinds["merged"] += 1
        elif lesson.parents and lesson.parents[0] in by_id:
            parent = by_id[lesson.parents[0]].text
            same = parent.rpartition(" ")[2] == lesson.text.rpartition(" ")[2]
            kinds["narrowed" if same else "rival"] += 1
    told = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    return f"{len(lessons)} rules proposed ({told}), {len(kept)} deployed"


def main() -> None:
    """Print one row a way of playing and world, and one for all worlds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", default="0,1,2,3,4")
    parser.add_argument("--eval-tasks", type=int, default=200)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.worlds, options.eval_tasks = "0", 60
    hits: dict[str, list[int]] = {}
    table = Table(title="prose/words: score on held-out tasks [95%]; chance is .33")
    for heading in ("world", "how", "n", "score"):
        table.add_column(heading)
    model = Follower.trained(tell=True)
    for world in map(int, options.worlds.split(",")):
        started = time.monotonic()
        learned, found = asyncio.run(run(model, settings(world, options.eval_tasks)))
        took = time.monotonic() - started
        print(f"world {world}: {edits(learned)}; {learned.rollouts} rollouts, {took:.0f} s")
        for how, played in found.items():
            assert played.score is not None, "every episode failed"
            n, won = played.score.n, round(played.score.mean * played.score.n)
            hits[how] = [a + b for a, b in zip(hits.get(how, [0, 0]), (won, n), strict=True)]
            table.add_row(str(world), how, str(n), _rate(won, n))
            print(f"  {how}: {_rate(won, n)}", flush=True)
        table.add_section()
    for how, (won, n) in hits.items():
        table.add_row("all", how, str(n), _rate(won, n))
    Console(width=100).print(table)
    asyncio.run(model.close())


def _rate(won: int, n: int) -> str:
    interval = wilson(won, n)
    return f"{won / n:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


if __name__ == "__main__":
    main()
