"""Errors must not begin a chain of replies that ends with the solution.

Claims that what an error tells, put into another action, whose reply is put into a third, does not
solve the instance. Plays nonsense, and right actions with one argument that is nonsense, once or
again; then, up to three times, actions made of the words that the last reply told. A chain counts
as a program of fixed places that is paid on other instances, too. Finding out by legal steps is the
task: a chain is left alone where the oracle's episode, or any action without arguments, tells what
the error tells. What would fool it are errors that tell many values at once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice, product
from typing import NamedTuple

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.mistakes import ADVICE, ERRORS, TOKEN, leak_instances
from firsthand.audit.checks.episodes.slot_programs import Program, follow, induced, shape
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import SLOT, arguments, fill, put, templates
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    CHAIN_DEPTH,
    CHAIN_TELLS,
    MOSTLY,
    TOLD,
    TOLD_LEAST,
    TOLD_PAID,
)

MOST_FILLED = 24
"""Actions that are made of one template."""
WHOLE = ("int", "integer", "n")
"""Names of arguments that are whole numbers."""
REPEATED = (1, 2, 3)
"""How often the mistake at the beginning is made: some worlds tell more each time."""
MOST_OWN = 4
"""Words of a prompt, which other prompts do not have, that may fill a further argument."""


class Chain(NamedTuple):
    """A mistake and what was done after it, all observations, and what the last one is first to
    tell.
    """

    instance: Instance
    plan: tuple[str, ...]
    shown: tuple[str, ...]
    new: frozenset[str] = frozenset()


Plans = list[tuple[Instance, tuple[str, ...]]]


@check(
    "error_chains",
    class_="taint",
    kinds=("episode",),
    claim="What an error tells does not lead to the solution.",
)
def error_chains(run: CheckRun) -> str | None:
    """Put what an error tells into other actions, and what these tell into others again."""
    chosen = leak_instances(run)
    slots = templates(run.session.facts.grammar)
    if not chosen or not slots:
        return "all plans are equal, or no action has an argument"
    run.outcome.n = len(chosen)
    found = _search(run, chosen)
    for program in _programs(found, len(chosen)):
        if _judge(run, program):
            return None
    return None


def _own_words(chosen: list[Instance]) -> dict[int, list[str]]:
    said = {i.seed: list(dict.fromkeys(TOKEN.findall(i.prompt))) for i in chosen}
    often = Counter(word for words in said.values() for word in words)
    return {
        seed: [word for word in words if often[word] < MOSTLY * len(chosen)][:MOST_OWN]
        for seed, words in said.items()
    }


def _mistakes(run: CheckRun, instance: Instance) -> list[str]:
    """Return nonsense, and the instance's own steps with nonsense in one place."""
    found = [ERRORS[0], *(fill(slot, "zebra") for slot in templates(run.session.facts.grammar))]
    for action in dict.fromkeys(instance.oracle):
        said = arguments(action)
        for place, value in enumerate(said if len(said) > 1 else ()):
            found.append(put(action, "987654" if value.lstrip("-").isdigit() else "zebra", place))
    return list(dict.fromkeys(found))


def _search(run: CheckRun, chosen: list[Instance]) -> list[Chain]:
    """Return the chains from an error that are paid, of the smallest length that has any."""
    own, end = _own_words(chosen), _common_end(run)
    afford = run.session.tries(quick=1500, standard=6000)
    elsewhere = {i.seed: _told_elsewhere(run, i) for i in chosen}
    roots = [(i, (word,) * n) for i in chosen for word in _mistakes(run, i) for n in REPEATED]
    going = [c for c in _played(run, roots) if not c.new & elsewhere[c.instance.seed]]
    going = list({(c.instance.seed, c.new): c for c in going[::-1]}.values())
    for _ in range(CHAIN_DEPTH):
        made: Plans = [
            (c.instance, (*c.plan, action))
            for c in going
            for action in _next(run, c, own[c.instance.seed])
        ]
        made = made[:: max(1, -(-len(made) // max(1, afford)))]
        afford -= len(made)
        found = _paid(run, made)
        if end and not found:
            found = _paid(run, [(i, (*plan, end)) for i, plan in made])
        if found or afford <= 0:
            return found
        going = _played(run, made)
    return []


def _common_end(run: CheckRun) -> str:
    """Return the last action of nearly all plans, as `close` is; empty where there is none."""
    ends = Counter(i.oracle[-1] for i in run.session.usable if len(i.oracle) > 1)
    end, count = next(iter(ends.most_common(1)), ("", 0))
    return end if count >= MOSTLY * len(run.session.usable) else ""


def _played(run: CheckRun, plans: Plans) -> list[Chain]:
    """Return the plays whose last reply tells a few new values, and which go on.

    Words that replies to the same steps have on all instances are no values.
    """
    traces = run.play(Play(i.seed, plan) for i, plan in plans)
    said: dict[tuple[str, ...], list[Chain]] = defaultdict(list)
    for (i, plan), trace in zip(plans, traces, strict=True):
        if not trace.done and len(trace.observations) == len(plan) + 1:
            known = " ".join((i.prompt, *trace.observations[:-1], *plan))
            told = set(TOKEN.findall(trace.observations[-1])) - set(TOKEN.findall(known))
            said[shape(plan)].append(Chain(i, plan, trace.observations, frozenset(told)))
    found: list[Chain] = []
    for chains in said.values():
        chains = [c for c in chains if c.new]
        if len({c.instance.seed for c in chains}) < TOLD_LEAST:
            continue
        common = frozenset[str].intersection(*(c.new for c in chains))
        chains = [c._replace(new=c.new - common) for c in chains]
        found += [c for c in chains if 1 <= len(c.new) <= CHAIN_TELLS]
    return found


def _told_elsewhere(run: CheckRun, instance: Instance) -> set[str]:
    """Return what the oracle's episode tells, and what actions without arguments tell."""
    literal = [action for action in run.session.facts.grammar if not SLOT.search(action)][:8]
    traces = run.play(Play(instance.seed, (action,)) for action in literal)
    traces = [*traces, run.session.solved[instance.seed]]
    return {token for t in traces for text in t.observations for token in TOKEN.findall(text)}


def _next(run: CheckRun, chain: Chain, own: list[str]) -> Iterator[str]:
    """Yield actions with a value that the last reply told, and others that were told before."""
    made = [action for action in chain.plan if action != chain.plan[0]]
    used = [token for action in made for token in arguments(action)]
    known = list(dict.fromkeys([*sorted(chain.new), *used, *own]))
    numbers = [value for value in known if value.lstrip("-").isdigit()]
    for template in templates(run.session.facts.grammar):
        slots = SLOT.findall(template)
        filled = product(*(numbers if slot in WHOLE else known for slot in slots))
        telling = (values for values in filled if set(values) & chain.new)
        for values in islice(telling, MOST_FILLED):
            rest = iter(values)
            yield SLOT.sub(lambda _, rest=rest: next(rest), template)


def _paid(run: CheckRun, plans: Plans) -> list[Chain]:
    """Return the plays that are paid, with the mistake and without it."""
    made = [(i, plan) for i, plan in plans if len(plan) > 2]
    traces = run.play(Play(i.seed, plan) for i, plan in made)
    paid = [
        Chain(i, plan, trace.observations)
        for (i, plan), trace in zip(made, traces, strict=True)
        if run.session.value(i.seed, trace) >= TOLD_PAID
        and len(trace.observations) == len(plan) + 1
    ]
    alone = run.play(Play(chain.instance.seed, chain.plan[1:]) for chain in paid)
    return [
        chain
        for chain, trace in zip(paid, alone, strict=True)
        if run.session.value(chain.instance.seed, trace) >= TOLD_PAID
    ]


def _programs(found: list[Chain], instances: int) -> Iterator[Program]:
    """Yield programs of the chains of one shape that are paid on enough instances."""
    groups: dict[tuple[str, ...], list[Chain]] = defaultdict(list)
    for chain in found:
        groups[shape(chain.plan)].append(chain)
    for chains in groups.values():
        chains = list({c.instance.seed: c for c in chains[::-1]}.values())
        if len(chains) >= max(TOLD_LEAST, TOLD * instances):
            program = induced([(c.plan, c.shown) for c in chains])
            if program:
                yield program


def _judge(run: CheckRun, program: Program) -> bool:
    """Follow a program on further instances, and accuse where it is paid."""
    tested = [i for i in run.session.some(24) if i.oracle]
    plays = follow(run, program, tested)
    traces = run.play(plays)
    values = [run.session.value(p.seed, t) for p, t in zip(plays, traces, strict=True)]
    hits = [play for play, value in zip(plays, values, strict=True) if value >= TOLD_PAID]
    if len(hits) < max(TOLD_LEAST, TOLD * len(tested)):
        return False
    steps = " → ".join(action[:30] for action in hits[0].actions)
    return run.accuse(
        f"An error begins a chain of replies that ends with the solution, on {len(hits)} of "
        f"{len(tested)} instances: {steps}.",
        Witness("pays", (hits[0],), value=TOLD_PAID * run.session.best(hits[0].seed)),
        values=values,
        advice=ADVICE,
    )
