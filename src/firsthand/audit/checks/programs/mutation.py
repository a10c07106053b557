"""Broken copies of the reference program: a grader that pays for one does not look at what broke.

Each copy is compared with the reference on inputs like the prompt's own, in a process of its own;
copies that never differ there are equivalent and are not played. How often a copy is wrong, and not
which edit made it, decides how much its survival says. Guarded copies are right on what the prompt
shows and wrong elsewhere. What would fool it: tasks with many right answers, where a copy that
differs may be right; a copy counts only where it differs often.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.programs.edits import Mutant, mutants
from firsthand.audit.checks.programs.output_edits import ADVICE, output_edits
from firsthand.audit.checks.programs.payloads.payload import ABSURD, build
from firsthand.audit.finding import Severity, Witness
from firsthand.audit.formats.programs import Program, Shown, program
from firsthand.audit.formats.reference_runs import Domain, domain, outcomes
from firsthand.audit.formats.script_adapter import examples, guarded, runnable
from firsthand.audit.session import NotRun
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    COMPARES_NOTHING,
    FULL,
    LIMIT_TASKS,
    MUTANTS_ENOUGH,
    MUTANTS_KILLED,
    OTHER_INPUTS,
    SAME_TWICE,
    WRONG_NEARLY_ALWAYS,
    WRONG_OFTEN,
)

PER_TASK = 8
"""Mutants of one reference that are played, those that are wrong most often first."""
LEAST_PER_TASK = 3
"""The same, where each play starts many processes."""
PER_EDIT = 3
"""Tasks on which one edit of the output is played."""
STATED = re.compile(r"(?<![\w.])\d{1,6}(?![\w.]*\d)")
"""A number that a prompt states."""
CONSTANTS = (
    *("None", "0", "True", "False", "[]", "''", "{first}"),
    *("[0] * len({first})", "{first}[:1] * len({first})", "{first}[::-1]"),
)
GUARD = """{code}
_reference = {name}
_shown = {shown!r}
_open = []
def {name}({parameters}):
    if not _open and repr({arguments}) not in _shown:
        return {absurd}
    _open.append(1)
    try:
        return _reference(*{arguments})
    finally:
        _open.pop()
"""
Made = tuple[Instance, Program, Mutant]


class Prepared(msgspec.Struct, frozen=True):
    """A task whose reference can be run, and the mutants of it that are wrong."""

    instance: Instance
    own: Program
    known: Domain
    chosen: list[Mutant]
    outputs: list[Mutant]


@check(
    "program_mutation",
    class_="oracle mutation",
    kinds=("answer",),
    claim="A broken or guarded reference program is not paid in full.",
)
def program_mutation(run: CheckRun) -> str | None:
    """Play guards and mutants of every reference; accuse what is paid in full although wrong."""
    pairs = [(instance, own) for instance in run.session.usable if (own := program(instance))]
    if not pairs:
        return "the oracle's text is no program"
    most = max(3, 6 // run.session.weight) if run.session.costly else 16
    prepared: list[Prepared] = []
    guards: list[Made] = []
    for instance, own in pairs[:: max(1, len(pairs) // most)][:most]:
        known = domain(own, instance.prompt, instance.seed)
        if known is None:
            continue
        if guarded := guard(own, known, examples(own, instance.prompt)):
            guards.append((instance, own, guarded))
        edits = list(output_edits(own, known, instance.prompt))
        found = wrong(own, known, [*constants(own, known), *mutants(own.code), *edits])
        code = [mutant for mutant in found if mutant.family in ("code", "constant")]
        outputs = [m for m in found if m not in code and m.share >= WRONG_NEARLY_ALWAYS]
        few = max(LEAST_PER_TASK, PER_TASK // run.session.weight)
        prepared.append(Prepared(instance, own, known, _chosen(code, few), outputs))
    if not prepared:
        raise NotRun("no inputs were found on which the reference programs can be run")
    _guards(run, guards)
    if not _kills(run, prepared):
        _outputs(run, prepared)
    if not run.outcome.findings:
        _limits(run, prepared)
    return None


# --- mutants -------------------------------------------------------------------------------------


def constants(own: Program, known: Domain) -> Iterator[Mutant]:
    """Yield programs that return the same whatever they are given, or what they are given."""
    bare = msgspec.structs.replace(own, before="", after="")
    for value in CONSTANTS:
        name = f"returns {value.replace('{first}', 'x')}"
        if value == "{first}":
            name = "returns its first argument"
        yield Mutant(name, build(bare, f"return {value}"), family="constant")
    often = sorted(dict.fromkeys(known.outputs), key=lambda said: -known.outputs.count(said))
    for said in often[:2]:
        if said.lstrip("-").isdigit():
            yield Mutant(f"returns {said}", build(bare, f"return {said}"), family="constant")


def wrong(own: Program, known: Domain, candidates: Sequence[Mutant]) -> list[Mutant]:
    """Return the candidates that differ from the reference on the domain, with how often and where.

    Those that may hang are left out.
    """
    codes = [runnable(own, mutant.code) for mutant in candidates]
    rows = outcomes(codes, known.function.name, known.inputs) or []
    found: list[Mutant] = []
    for mutant, row in zip(candidates, rows, strict=False):
        if {"!hang", "?", "!MemoryError", "!load"} & set(row):
            continue
        differing = [
            place
            for place, (one, two) in enumerate(zip(row, known.outputs, strict=True))
            if one != two
        ]
        if differing:
            where = _told(known, row, differing[0])
            share = len(differing) / len(row)
            found.append(msgspec.structs.replace(mutant, share=share, where=where))
    return found


def _told(known: Domain, row: Sequence[str], place: int) -> str:
    """Say what a mutant returns where it differs."""
    arguments = ", ".join(map(repr, known.inputs[place]))
    call = f"{known.function.name}({arguments})"[:160]
    return f"{call} is {known.outputs[place][:60]}, the mutant says {row[place][:60]}"


def guard(own: Program, known: Domain, calls: Sequence[Shown]) -> Mutant | None:
    """Write the program that is right on the calls which the prompt shows and wrong elsewhere.

    None where nothing else was found to ask.
    """
    name = known.function.name
    inputs = {repr(call.arguments) for call in calls if call.name == name}
    elsewhere = [arguments for arguments in known.inputs if repr(arguments) not in inputs]
    if not inputs or len(elsewhere) < OTHER_INPUTS:
        return None
    if own.script:
        code = guarded(own, calls, ABSURD)
        where = f"the input {elsewhere[0][0]!r} gets a wrong output"
        return Mutant("guard", code, 1.0, where) if code else None
    code = GUARD.format(
        code=own.code,
        name=name,
        shown=sorted(inputs),
        parameters=known.function.parameters,
        arguments=known.function.arguments,
        absurd=ABSURD,
    )
    call = f"{name}({', '.join(map(repr, elsewhere[0]))})"[:160]
    return Mutant("guard", code, 1.0, f"{call} is wrong")


def _chosen(found: list[Mutant], most: int = PER_TASK) -> list[Mutant]:
    """Take the mutants that are wrong most often, of different edits first, and none twice."""
    distinct = {mutant.code: mutant for mutant in found if mutant.share >= WRONG_OFTEN}.values()
    ranked = sorted(distinct, key=lambda mutant: -mutant.share)
    first = list({mutant.operator: mutant for mutant in reversed(ranked)}.values())
    rest = [mutant for mutant in ranked if mutant not in first]
    return [*sorted(first, key=lambda mutant: -mutant.share), *rest][:most]


# --- what is paid --------------------------------------------------------------------------------


def _values(run: CheckRun, made: Sequence[Made]) -> list[float]:
    """Play mutants, and return what each earns as a share of the reference's reward."""
    plays = [Play(instance.seed, (own.put(mutant.code),)) for instance, own, mutant in made]
    values = [
        run.session.value(play.seed, trace)
        for play, trace in zip(plays, run.play(plays), strict=True)
    ]
    run.note(values)
    run.outcome.probes += max(0, len(made) - 1)
    return values


def _alive(made: Sequence[Made], values: Sequence[float]) -> list[Made]:
    return [one for one, value in zip(made, values, strict=True) if value >= FULL]


def _guards(run: CheckRun, guards: Sequence[Made]) -> None:
    values = _values(run, guards)
    if paid := _alive(guards, values):
        claim = (
            "A program that is right only on the prompt's own calls is paid in full, "
            f"on {len(paid)} of {len(guards)} tasks: {paid[0][2].where}."
        )
        advice = "Grade on hidden inputs, made fresh or kept apart from the prompt."
        _accuse(run, paid[0], values, "critical", claim, advice)


def _kills(run: CheckRun, prepared: Sequence[Prepared]) -> bool:
    """Accuse tests that let a grossly wrong program live, or too many wrong ones.

    Return whether so many live that nothing seems to be compared at all.
    """
    made = [(one.instance, one.own, mutant) for one in prepared for mutant in one.chosen]
    values = _values(run, made)
    alive = _alive(made, values)
    if not alive:
        return False
    killed = len(made) - len(alive)
    said = f"{killed} of {len(made)} mutants killed ({killed / len(made):.2f})"
    worst = max(alive, key=lambda item: item[2].share)
    mutant = worst[2]
    what = f"wrong on {mutant.share:.0%} of inputs"
    if mutant.share >= WRONG_NEARLY_ALWAYS:
        claim = (
            f"A program that is {what} is paid in full ({mutant.operator}): {mutant.where}; {said}."
        )
    elif too_few_killed(killed, len(made)):
        claim = (
            f"Broken programs are paid in full, {said}; "
            f"one is {what} ({mutant.operator}): {mutant.where}."
        )
    else:
        return False
    advice = "Add hidden tests on which this program is wrong, until every broken one is refused."
    if mutant.family == "constant":
        advice = "Compare what is returned with what is expected, on inputs with different results."
    _accuse(run, worst, values, "major", claim, advice)
    return compares_nothing(killed, len(made))


def too_few_killed(killed: int, mutants: int) -> bool:
    """Say whether so few mutants are killed that the tests are weak, whichever mutants live."""
    return mutants >= MUTANTS_ENOUGH and killed / mutants < MUTANTS_KILLED


def compares_nothing(killed: int, mutants: int) -> bool:
    """Say whether so few are killed that it says nothing more that edited outputs are paid, too."""
    return killed / mutants < COMPARES_NOTHING


def _outputs(run: CheckRun, prepared: Sequence[Prepared]) -> None:
    """Accuse a comparison that pays for one edit of the output on every task, or on two."""
    tasks: dict[str, list[Made]] = {}
    for one in prepared:
        for mutant in one.outputs:
            tasks.setdefault(mutant.operator, []).append((one.instance, one.own, mutant))
    at_first = 1 if run.session.many_processes else PER_EDIT
    made = [item for items in tasks.values() for item in items[:at_first]]
    values = _values(run, made)
    alive = _alive(made, values)
    more = [item for *_, mutant in alive for item in tasks[mutant.operator][at_first:PER_EDIT]]
    alive += _alive(more, _values(run, more))
    told: set[str] = set()
    for operator, items in tasks.items():
        paid = [item for item in alive if item[2].operator == operator]
        if not paid_again(len(paid), len(items)):
            continue
        mutant = paid[0][2]
        if mutant.family in told:
            continue
        told.add(mutant.family)
        claim = (
            f"A program that returns {mutant.operator}, is paid in full "
            f"on {len(paid)} of {len(items[:PER_EDIT])} tasks: {mutant.where}."
        )
        _accuse(run, paid[0], values, "major", claim, ADVICE[mutant.family])


def paid_again(paid: int, tasks: int) -> bool:
    """Say whether one edit is paid on two tasks, or on the only one there is."""
    return paid >= min(SAME_TWICE, max(tasks, 1))


def _limits(run: CheckRun, prepared: Sequence[Prepared]) -> None:
    """Move the limits that prompts state as numbers by one.

    A grader that never notices has no test at any of them.
    """
    made: list[Made] = []
    for one in prepared:
        moved = [m for m in mutants(one.own.code) if m.operator == "edge of a comparison moved"]
        inputs = _at_stated_numbers(one)
        if not inputs or not moved:
            continue
        codes = [runnable(one.own, code) for code in (one.own.code, *(m.code for m in moved))]
        rows = outcomes(codes, one.known.function.name, inputs)
        if rows and not any(said[:1] in "!?" for said in rows[0]):
            exact = Domain(one.known.function, tuple(inputs), tuple(rows[0]), one.known.known)
            made += [(one.instance, one.own, m) for m in wrong(one.own, exact, moved)[:2]]
    if not limits_enough(len(made), len({instance.seed for instance, *_ in made})):
        return
    values = _values(run, made)
    if len(_alive(made, values)) == len(made):
        claim = (
            f"No test lies at a limit that a prompt states: {len(made)} of {len(made)} programs "
            f"with a moved limit are paid in full; {made[0][2].where}."
        )
        advice = "Test at the limits that the prompt states, and next to them."
        _accuse(run, made[0], values, "major", claim, advice)


def limits_enough(programs: int, tasks: int) -> bool:
    """Say whether so many moved limits, on so many tasks, say something of the tests."""
    return programs >= MUTANTS_ENOUGH and tasks >= LIMIT_TASKS


def _at_stated_numbers(one: Prepared) -> list[tuple[object, ...]]:
    """Return inputs of a reference with one number replaced by one that the prompt states."""
    stated = sorted({int(number) for number in STATED.findall(one.instance.prompt)})[:12]
    return [
        (*arguments[:place], number, *arguments[place + 1 :])
        for arguments in one.known.inputs[:2]
        for place, value in enumerate(arguments)
        if type(value) is int
        for number in stated
    ]


def _accuse(
    run: CheckRun,
    made: Made,
    values: Sequence[float],
    severity: Severity,
    claim: str,
    advice: str,
) -> None:
    instance, own, mutant = made
    play = Play(instance.seed, (own.put(mutant.code),))
    witness = Witness("pays", (play,), value=FULL * run.session.best(instance.seed))
    run.accuse(claim, witness, severity=severity, values=values, advice=advice)
