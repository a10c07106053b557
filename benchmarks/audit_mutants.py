"""Break the corpus's sound targets at random and count how many of the broken ones the audit
accuses.

    python benchmarks/audit_mutants.py [--each 2] [--quick]

A mutant differs from a sound target in one place of its code. It counts as broken when the
instances and the oracle's reward are as before, and one kind of wrong play, for which the original
pays half or less, is paid in full on a quarter of the instances or more. No detector was written
against these; the sound targets themselves are known to detectors. Left out: graders of programs,
and mutants that only allow more steps or junk around the right answer.
"""

import argparse
import random
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.progress import track
from rich.table import Table

from firsthand.audit.budget import Options
from firsthand.audit.checks.programs.mutation import mutants
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run
from firsthand.errors import FirsthandError
from firsthand.evaluate.statistics import wilson

CORPUS = Path(__file__).parent.parent / "tests" / "audit" / "corpus"
SECONDS = 2
"""Time that one mutant may take to be told broken."""
TRIED = 40
"""Mutants of one target that are looked at."""
CONSTANTS = ("", "0", "1", "-1", "yes", "no", "A", "B", "true", "nan", "[]", "{}", "1e9", "0.5")
SEEDS = range(8)


class Late(Exception):
    """A mutant hangs."""


def loaded(code: str, name: str) -> ModuleType:
    """Run code as a module of its own."""
    module = ModuleType(name)
    sys.modules[name] = module  # dataclasses look their module up by name
    exec(compile(code, name, "exec"), module.__dict__)
    return module


def wrong_texts(right: str, others: list[str], prompt: str) -> Iterator[tuple[str, str]]:
    """Yield kinds of wrong answers: parts, other instances' answers, lists of answers, other
    numbers, constants, the prompt.
    """
    yield from {
        "the first half": right[: len(right) // 2],
        "turned round": right[::-1],
        "negated": f"-{right}",
        "the prompt": prompt,
    }.items()
    for other in others[:4]:
        yield from {
            "another's": other,
            "hedged": f"{right} or {other}",
            "hedged first": f"{other} or {right}",
            "by lines": f"{other}\n{right}",
        }.items()
    yield "all answers", ", ".join(others[:30])
    for place, number in enumerate(list(re.finditer(r"\d+", right))[:4]):
        for change in (1, -1, 10):
            yield (
                f"number {place} {change:+}",
                f"{right[: number.start()]}{int(number[0]) + change}{right[number.end() :]}",
            )
    for gap in (gap for gap in (", ", ",", ";", " ", "\n") if gap in right):
        items = right.split(gap)
        yield from {
            "last left out": gap.join(items[:-1]),
            "first left out": gap.join(items[1:]),
            "items turned round": gap.join(items[::-1]),
        }.items()
    yield from ((f"always {text!r}", text) for text in CONSTANTS)


def broken_grader(sound: ModuleType, mutant: ModuleType) -> str:
    """Say what wrong answer a mutant pays; empty where it pays none, or is another grader
    altogether.
    """
    right = [sound.oracle(task) for task in sound.TASKS]
    for before, after, text in zip(sound.TASKS, mutant.TASKS, right, strict=True):
        if (
            before["prompt"] != after["prompt"]
            or mutant.oracle(after) != text
            or mutant.reward(after["prompt"], text, after["answer"]) < 0.999
        ):
            return ""
    paid: dict[str, set[int]] = {}
    tasks = list(zip(sound.TASKS, mutant.TASKS, strict=True))[:8]
    for number, (before, after) in enumerate(tasks):
        others = random.Random(number).sample(
            [text for text in right if text != right[number]],
            min(30, sum(t != right[number] for t in right)),
        )
        for kind, text in wrong_texts(right[number], others, before["prompt"]):
            if (
                sound.reward(before["prompt"], text, before["answer"]) <= 0.5
                and mutant.reward(after["prompt"], text, after["answer"]) >= 0.999
            ):
                paid.setdefault(kind, set()).add(number)
    return most(paid, len(tasks))


def wrong_plans(
    plan: list[str], others: list[list[str]], actions: list[str], chance: random.Random
) -> Iterator[tuple[str, list[str]]]:
    """Yield kinds of wrong plans: nothing, parts, other orders, other instances' plans, one action
    only, random ones.
    """
    yield from {"nothing": [], "the end alone": plan[-1:]}.items()
    yield from (
        ("a step left out", plan[:place] + plan[place + 1 :]) for place in range(min(len(plan), 8))
    )
    yield from (("cut short", plan[:place]) for place in range(len(plan)))
    yield from (
        ("two steps swapped", [*plan[:i], plan[i + 1], plan[i], *plan[i + 2 :]])
        for i in range(min(len(plan) - 1, 6))
    )
    yield from (("another's", other) for other in others[:4])
    yield from (("one action", [action] * 40) for action in actions[:15])
    yield from (("at random", chance.choices(actions, k=20)) for _ in range(5))
    yield from (
        ("a step altered", [*plan[:i], chance.choice(actions), *plan[i + 1 :]])
        for i in range(min(len(plan), 8))
        for _ in range(3)
    )


def total(module: ModuleType, plan: list[str], seed: int) -> float:
    """Return what a plan earns."""
    env, earned = module.Env(), 0.0
    env.reset(seed)
    for action in plan[
        : getattr(module.Env, "max_steps", None)
    ]:  # whoever plays may be the one who keeps the limit
        _, reward, done, _ = env.step(action)
        earned += reward
        if done:
            break
    return earned


def broken_world(sound: ModuleType, mutant: ModuleType) -> str:
    """Say what wrong plan a mutant pays; empty where it pays none, or is another world."""
    plans, full = dict[int, list[str]](), dict[int, float]()
    for seed in SEEDS:
        before, after = sound.Env(), mutant.Env()
        same = before.reset(seed) == after.reset(seed)
        plans[seed] = list(sound.oracle(before, seed))
        full[seed] = total(mutant, plans[seed], seed)
        if not same or list(mutant.oracle(after, seed)) != plans[seed] or full[seed] < 0.999:
            return ""
    actions, chance = (
        sorted({action for plan in plans.values() for action in plan}),
        random.Random(1),
    )
    paid: dict[str, set[int]] = {}
    for seed, plan in plans.items():
        for kind, wrong in wrong_plans(
            plan, [other for other in plans.values() if other != plan], actions, chance
        ):
            if (
                total(sound, wrong, seed) <= 0.5
                and total(mutant, wrong, seed) >= 0.999 * full[seed]
            ):
                paid.setdefault(kind, set()).add(seed)
    return most(paid, len(SEEDS))


def most(paid: dict[str, set[int]], n: int) -> str:
    """Name the kind of wrong play that is paid most often, where that is a quarter of the time."""
    kind, where = max(paid.items(), key=lambda item: len(item[1]), default=("", set[int]()))
    return f"{kind}, {len(where)} of {n}" if len(where) >= n / 4 else ""


def broken(path: Path, each: int) -> Iterator[tuple[str, str]]:
    """Yield up to `each` broken mutants of a sound target, with what they pay."""
    source = path.read_text()
    sound, told = (
        loaded(source, f"sound_{path.stem}"),
        broken_world if "\nclass Env" in source else broken_grader,
    )
    made = list(mutants(source, most=400))
    random.Random(path.stem).shuffle(made)
    for number, mutant in enumerate(made[:TRIED]):
        what = ""
        signal.alarm(SECONDS)
        try:
            what = told(sound, loaded(mutant.code, f"mutant_{path.stem}_{number}"))
        except Exception:
            what = ""  # it fails, or it hangs
        finally:
            signal.alarm(0)
        if what:
            yield mutant.code, f"{mutant.operator}: pays {what}"
            each -= 1
        if not each:
            return


def judged(path: Path) -> bool:
    """Say whether the audit accuses a file."""
    try:
        return run(spec_of(str(path)), Options(workers=1)).verdict == "FAIL"
    except FirsthandError:
        return True


def main() -> None:
    """Make mutants, audit them, and print recall by kind of target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--each", type=int, default=2, help="mutants of each sound target")
    parser.add_argument("--quick", action="store_true", help="one mutant of every sixth target")
    given = parser.parse_args()

    def late(*_: object) -> None:
        raise Late

    signal.signal(signal.SIGALRM, late)
    paths = [
        path
        for path in sorted(CORPUS.glob("*/sound/*.py"))
        if "subprocess" not in path.read_text(encoding="utf-8")
    ]
    console, shown = Console(), Console(stderr=True)
    made: list[tuple[Path, str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for path in track(
            paths[:: 6 if given.quick else 1], "breaking", console=shown, transient=True
        ):
            for number, (code, what) in enumerate(broken(path, 1 if given.quick else given.each)):
                place = Path(folder) / f"{path.stem}_{number}.py"
                place.write_text(code)
                made.append(
                    (
                        place,
                        "world" if "\nclass Env" in code else "grader",
                        f"{path.parent.parent.name}/{path.stem}: {what}",
                    )
                )
        with ThreadPoolExecutor(2) as pool:
            accused = list(
                track(
                    pool.map(judged, [place for place, *_ in made]),
                    "auditing",
                    total=len(made),
                    console=shown,
                    transient=True,
                )
            )
    table = Table("broken mutants of", "n", "accused", "rate", "95% interval")
    for kind in ("grader", "world"):
        hits = [said for said, (_, other, _) in zip(accused, made, strict=True) if other == kind]
        if hits:
            bounds = wilson(sum(hits), len(hits))
            table.add_row(
                f"{kind}s",
                str(len(hits)),
                str(sum(hits)),
                f"{sum(hits) / len(hits):.2f}",
                f"{bounds.low:.2f} – {bounds.high:.2f}",
            )
    console.print(table)
    for said, (_, _, what) in zip(accused, made, strict=True):
        if not said:
            console.print(f"missed {what}", highlight=False)


if __name__ == "__main__":
    main()
