"""What the plan finds out must not be told before it has looked.

Claims that no program earns the reward which skips the reading that the task asks for, and copies
its values from the first observation, or from the first of several replies. The program is learned
on other seeds. Goals that the prompt names are no leak: an argument counts only where a skipped
read with an argument of its own tells it, or where it is computed from the skipped replies. What
would fool it is a value that is told in other words, or at places that follow no rule.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import permutations

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.mistakes import TOKEN
from firsthand.audit.checks.episodes.plan_steps import asked_for
from firsthand.audit.checks.episodes.reads import COUNTERS
from firsthand.audit.checks.episodes.slot_programs import (
    Program,
    Seen,
    follow,
    induced,
    seen_in,
    shape,
)
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import arguments, kind, named
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import (
    EARLY_SEEDS,
    EARLY_SHARE,
    FULL,
    LEAST_PLANS,
    MOST_CANDIDATES,
    MOSTLY,
    NAMED,
)

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
MOST_NUMBERS = 12
Solved = tuple[Instance, Trace]


@check(
    "early_values",
    class_="taint",
    kinds=("episode",),
    claim="What the plan finds out by reading is not told before.",
)
def early_values(run: CheckRun) -> str | None:
    """Skip the reads of the plan, and copy its values from what is shown before them."""
    chosen = run.session.some(EARLY_SEEDS[run.session.options.budget])
    kinds = Counter(name for i in chosen for name in set(shape(i.oracle)))
    often = sorted(name for name, count in kinds.items() if count >= MOSTLY * len(chosen))
    reads = [name for name in often if _only_informs(run, chosen, name)]
    if not reads:
        return "no plan reads what it could do without"
    learned = _learning(run)
    for kept in (0, 1):
        if _judge(run, chosen, learned, reads, kept):
            return None
    return None


def _only_informs(run: CheckRun, chosen: list[Instance], name: str) -> bool:
    """Say whether steps of a kind tell something, and without them nothing else changes."""
    able = [i for i in chosen if name in shape(i.oracle)]
    plans = [tuple(a for a in i.oracle if kind(a) != name) for i in able]
    without = run.play(Play(i.seed, plan) for i, plan in zip(able, plans, strict=True))
    alike, told = 0, set[str]()
    for i, trace in zip(able, without, strict=True):
        shown = run.session.solved[i.seed].observations
        steps = list(zip(i.oracle, shown[1:], strict=False))
        told |= {COUNTERS.sub("", reply) for a, reply in steps if kind(a) == name}
        others = [COUNTERS.sub("", reply) for a, reply in steps if kind(a) != name]
        same = others == [COUNTERS.sub("", reply) for reply in trace.observations[1:]]
        alike += same and run.session.value(i.seed, trace) >= FULL
    return len(told) > 1 and alike >= MOSTLY * len(able)


def _learning(run: CheckRun) -> list[Solved]:
    """Return instances of other seeds, with what the oracle's play shows on them."""
    most = EARLY_SEEDS[run.session.options.budget]
    found = run.session.lab.instances(run.session.stream("early values", most))
    found = [i for i in found if not i.fault]
    traces = run.session.lab.run([Play(i.seed, i.oracle) for i in found])
    return [
        (i, trace)
        for i, trace in zip(found, traces, strict=True)
        if trace.paid > 0 and len(trace.observations) == len(i.oracle) + 1
    ]


def _judge(
    run: CheckRun, chosen: list[Instance], learned: list[Solved], reads: list[str], kept: int
) -> bool:
    """Learn a program that keeps so many reads, follow it on the instances, and accuse."""
    able = [
        (i, trace)
        for i, trace in learned
        if not kept or _repeated(i.oracle, reads)  # one reply of several tells all
    ]
    reduced = {i.seed: _reduced(i.oracle, reads, kept) for i, _ in able}
    shapes = Counter(shape(plan) for plan in reduced.values())
    if not shapes:
        return False
    common, _ = shapes.most_common(1)[0]
    able = [pair for pair in able if shape(reduced[pair[0].seed]) == common]
    program = _program(run, able, reduced)
    if program is None:
        return False
    found = _found_out(program, able, reduced, reads, kept)
    if not found:
        return False
    tested = [i for i in chosen if shape(_reduced(i.oracle, reads, kept)) == common]
    plays = follow(run, program, tested)
    traces = run.play(plays)
    values = [run.session.value(p.seed, t) for p, t in zip(plays, traces, strict=True)]
    full = [play for play, value in zip(plays, values, strict=True) if value >= FULL]
    if len(values) < LEAST_PLANS or len(full) < EARLY_SHARE * len(values):
        return False
    skipped = [name for name in reads if name not in common] or reads
    where = "in the first observation" if not kept else f"in the first reply to `{named(found)}`"
    return run.accuse(
        f"What the plan finds out by {', '.join(f'`{named(name)}`' for name in skipped)} stands "
        f"{where}: copying it from there, without looking further, is paid in full on "
        f"{len(full)} of {len(values)} instances.",
        Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
        severity="critical" if _asked(tested, skipped) else "minor",
        values=values,
        advice="Tell a value only in reply to the step that is there to find it out.",
    )


def _asked(tested: list[Instance], skipped: list[str]) -> bool:
    """Say whether prompts ask for a skipped read, or leave it to others to say what to do."""
    asked = sum(any(asked_for(named(name), i.prompt) for name in skipped) for i in tested)
    silent = not any(
        re.search(rf"\b{re.escape(named(kind(action)))}\b", i.prompt)
        for i in tested
        for action in i.oracle
    )
    return silent or asked >= NAMED * len(tested)


def _repeated(plan: Sequence[str], reads: Sequence[str]) -> bool:
    """Say whether the first read of a plan is made again, with other arguments."""
    first = next((action for action in plan if kind(action) in reads), "")
    return any(kind(a) == kind(first) and a != first for a in plan) and bool(arguments(first))


def _reduced(plan: Sequence[str], reads: Sequence[str], kept: int) -> tuple[str, ...]:
    """Return a plan without its reads, but for the first `kept` of them."""
    places = [place for place, action in enumerate(plan) if kind(action) in reads][kept:]
    return tuple(action for place, action in enumerate(plan) if place not in places)


def _program(
    run: CheckRun, able: list[Solved], reduced: dict[int, tuple[str, ...]]
) -> Program | None:
    if len(able) < LEAST_PLANS:
        return None
    traces = run.session.lab.run([Play(i.seed, reduced[i.seed]) for i, _ in able])
    seen: list[Seen] = []
    for (i, _), trace in zip(able, traces, strict=True):
        one = seen_in(reduced[i.seed], trace)
        if one is None:
            return None
        seen.append(one)
    return induced(seen)


# --- is it found out by looking? -----------------------------------------------------------------


def _found_out(
    program: Program,
    able: list[Solved],
    reduced: dict[int, tuple[str, ...]],
    reads: list[str],
    kept: int,
) -> str:
    """Return the kind of the first read when an argument that the program copies is found out by
    what it skips; empty where none is.
    """
    common = _said_everywhere(able, reads)
    for at, step in enumerate(program):
        if kind(step.action) in reads:
            continue
        for place, copy in step.copies:
            if copy.source > kept:
                continue
            ways = [
                set(_ways(i, trace, arguments(reduced[i.seed][at])[place], reads, kept, common))
                for i, trace in able
            ]
            often = Counter(way for found in ways for way in found)
            if any(count >= EARLY_SHARE * len(ways) for count in often.values()):
                return next(kind(a) for a in able[0][0].oracle if kind(a) in reads)
    return ""


def _said_everywhere(able: list[Solved], reads: list[str]) -> dict[str, set[str]]:
    """Return, for each kind of read, the words that all its replies have."""
    said: dict[str, list[set[str]]] = defaultdict(list)
    for i, trace in able:
        for action, reply in zip(i.oracle, trace.observations[1:], strict=True):
            if kind(action) in reads:
                said[kind(action)].append(set(TOKEN.findall(reply)))
    return {name: set[str].intersection(*words) for name, words in said.items()}


def _ways(
    instance: Instance,
    trace: Trace,
    value: str,
    reads: list[str],
    kept: int,
    common: dict[str, set[str]],
) -> Iterator[str]:
    """Yield how a value follows from the replies that the program skips."""
    steps = list(zip(instance.oracle, trace.observations[1:], strict=True))
    skipped = [(a, reply) for a, reply in steps if kind(a) in reads][kept:]
    new, all_numbers = list[float](), list[float]()
    for action, reply in skipped:
        own = set(arguments(action))
        said = [token for token in TOKEN.findall(reply) if token not in common[kind(action)]]
        fresh = [token for token in said if token not in own]
        alike = {token for token in fresh if _numeric(token) == _numeric(value)}
        if value in alike and own and len(alike) <= MOST_CANDIDATES:
            yield f"copied from {kind(action)}"
        new += [float(token) for token in fresh if _numeric(token)]
        all_numbers += [float(token) for token in said if _numeric(token)]
    if _numeric(value):
        prompt = [float(n) for n in NUMBER.findall(instance.prompt)][:MOST_NUMBERS]
        for numbers in (new, all_numbers):  # an echo of the argument is no number that is told
            yield from _formulas(float(value), numbers[:MOST_NUMBERS], prompt)


def _formulas(value: float, numbers: list[float], prompt: list[float]) -> Iterator[str]:
    """Yield the formulas that give a value from numbers of skipped replies and of the prompt."""
    if len(numbers) > 1:
        if sum(numbers) == value:
            yield "sum"
        if "".join(f"{n:g}" for n in numbers) == f"{value:g}":
            yield "joined"
    places = [*((f"reply {at}", n) for at, n in enumerate(numbers))]
    others = [(f"prompt {at}", n) for at, n in enumerate(prompt) if n != value]
    for (one, a), (two, b) in permutations([*places, *others], 2):
        if one.startswith("prompt") and two.startswith("prompt"):
            continue
        for sign, result in (("+", a + b), ("-", a - b), ("*", a * b)):
            if result == value and a != value and b != value:
                yield f"{one} {sign} {two}"


def _numeric(token: str) -> bool:
    return NUMBER.fullmatch(token) is not None
