"""Knights and liars. A reply may think aloud in one <think> block and commits itself in exactly
one <answer> block."""

import random
import re
from itertools import product
from typing import Any

ISLANDERS = (
    "Ansel Birgit Corin Delia Edgar Flora Gorm Hedy Ivar Jutta Klaus Lena Moritz Nora".split()
)
REPLY = re.compile(r"(?:<think>.*</think>\s*)?<answer>([^<>]*)</answer>", re.DOTALL)
ONCE = ("<answer>", "</answer>")
AT_MOST_ONCE = ("<think>", "</think>")
LIMIT = 20_000
Statement = tuple[int, int, bool]


def _holds(statement: Statement, liars: tuple[bool, ...]) -> bool:
    """`(a, b, same)` says that a and b are of one kind, or that they are not; with a == b it
    says whether a is honest.
    """
    one, other, same = statement
    return (not liars[one]) == same if one == other else (liars[one] == liars[other]) == same


def _worlds(spoken: list[Statement]) -> list[tuple[bool, ...]]:
    return [
        liars
        for liars in product((False, True), repeat=len(spoken))
        if all(
            _holds(statement, liars) != liars[speaker] for speaker, statement in enumerate(spoken)
        )
    ]


def _spoken(chance: random.Random) -> list[Statement]:
    """One statement from each of four people, about others."""
    spoken = []
    for speaker in range(4):
        one, other = (
            chance.choice([person for person in range(4) if person != speaker]) for _ in range(2)
        )
        spoken.append((one, other, chance.random() < 0.5))
    return spoken


def _text(statement: Statement, names: list[str]) -> str:
    one, other, same = statement
    if one == other:
        return f"{names[one]} is {'a knight' if same else 'a liar'}"
    return (
        f"{names[one]} and {names[other]} are "
        f"{'of the same kind' if same else 'of different kinds'}"
    )


def _task(chance: random.Random) -> dict[str, Any]:
    while len(worlds := _worlds(spoken := _spoken(chance))) != 1 or not any(worlds[0]):
        pass
    names = chance.sample(ISLANDERS, 4)
    said = "\n".join(
        f"{name} says: {_text(statement, names)}."
        for name, statement in zip(names, spoken, strict=True)
    )
    prompt = (
        f"Knights always tell the truth and liars never do.\n{said}\nWho are the liars? "
        f"You may think in one <think> block first. "
        "Then give the names, separated by commas and in any order, in exactly one <answer> block."
    )
    return {
        "prompt": prompt,
        "answer": sorted(name for name, lies in zip(names, worlds[0], strict=True) if lies),
    }


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("island")
    return [_task(chance) for _ in range(30)]


TASKS = _tasks()


def _committed(completion: str) -> str | None:
    """Content of the one answer block; a second tag of any kind, wherever it stands, leaves the
    reply without an answer.
    """
    text = completion.strip()
    if (
        len(text) > LIMIT
        or any(text.count(tag) != 1 for tag in ONCE)
        or any(text.count(tag) > 1 for tag in AT_MOST_ONCE)
    ):
        return None
    reply = REPLY.fullmatch(text)
    return reply[1] if reply and reply[1].isascii() else None


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    """Full marks if the one answer block holds the liars, each once, and nobody else."""
    committed = _committed(completion)
    if committed is None:
        return 0.0
    return float(
        sorted(name.strip().lower() for name in committed.split(","))
        == [name.lower() for name in answer]
    )


def oracle(task: dict[str, Any]) -> str:
    return (
        f"<think>Only one choice of liars fits what was said.</think>\n"
        f"<answer>{', '.join(task['answer'])}</answer>"
    )
