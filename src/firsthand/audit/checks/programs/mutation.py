"""Break the reference program on purpose: a grader that pays for the broken one does not look at what was broken.

Each mutant is compared with the reference on inputs like the prompt's own, in a process of its own. Mutants
that never differ there are equivalent and are not played. How often a mutant is wrong, and not which operator
made it, decides how much its survival says. Guard mutants are right on what the prompt shows and wrong elsewhere.
"""

import ast
import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.programs.payloads import ABSURD, build
from firsthand.audit.finding import Severity, Witness
from firsthand.audit.formats.programs import Program, Shown, parsed, program
from firsthand.audit.formats.reference_runs import Domain, domain, outcomes
from firsthand.audit.formats.script_adapter import examples, guarded, runnable
from firsthand.audit.session import NotRun
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import FULL

PER_TASK = 8
OFTEN = 0.3
"""A mutant that is wrong on this share of inputs should be killed by a handful of hidden tests."""
GROSS = 0.8
"""A mutant that is wrong on this share of inputs is killed by one hidden test, most of the time by any."""
ENOUGH = 5
KILLED = 0.7

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


class Mutant(msgspec.Struct, frozen=True):
    """A program that is wrong on `share` of the inputs, for example on `where`."""

    operator: str
    code: str
    share: float = 0.0
    where: str = ""


class _Edit(ast.NodeTransformer):
    """Make the edit number `wanted` of all that the operators offer; `operator` names it once made."""

    SWAP: ClassVar[dict[type[ast.AST], Any]] = {
        ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
        ast.NotIn: ast.In,
        ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
        ast.Mod: ast.FloorDiv,
        ast.Pow: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
    }  # fmt: skip
    EDGE: ClassVar[dict[type[ast.AST], Any]] = {
        ast.Lt: ast.LtE,
        ast.LtE: ast.Lt,
        ast.Gt: ast.GtE,
        ast.GtE: ast.Gt,
    }

    def __init__(self, wanted: int) -> None:
        self.wanted, self.count, self.operator = wanted, 0, ""

    def _now(self, operator: str) -> bool:
        self.count += 1
        if self.count - 1 == self.wanted:
            self.operator = operator
            return True
        return False

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Negate a comparison, or move its edge."""
        self.generic_visit(node)
        if type(node.ops[0]) in self.SWAP and self._now("comparison negated"):
            node.ops[0] = self.SWAP[type(node.ops[0])]()
        elif type(node.ops[0]) in self.EDGE and self._now("edge of a comparison moved"):
            node.ops[0] = self.EDGE[type(node.ops[0])]()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Replace an arithmetic operator."""
        self.generic_visit(node)
        if type(node.op) in self.SWAP and self._now("arithmetic operator replaced"):
            node.op = self.SWAP[type(node.op)]()
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """Replace the operator of an assignment."""
        self.generic_visit(node)
        if type(node.op) in self.SWAP and self._now("arithmetic operator replaced"):
            node.op = self.SWAP[type(node.op)]()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Swap `and` and `or`."""
        self.generic_visit(node)
        if self._now("`and` and `or` swapped"):
            node.op = self.SWAP[type(node.op)]()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """Drop a `not` or a sign."""
        self.generic_visit(node)
        return node.operand if self._now("`not` or sign dropped") else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Move a number by one, or negate a truth value."""
        if isinstance(node.value, bool):
            return ast.Constant(not node.value) if self._now("truth value negated") else node
        if isinstance(node.value, (int, float)) and not isinstance(node.value, complex):
            if self._now("number raised by one"):
                return ast.Constant(node.value + 1)
            if self._now("number lowered by one"):
                return ast.Constant(node.value - 1)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        """Drop a branch, or the other one."""
        self.generic_visit(node)
        if self._now("branch dropped"):
            node.test = ast.Constant(False)
        elif node.orelse and self._now("else branch dropped"):
            node.orelse = []
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """Take one side of a conditional expression."""
        self.generic_visit(node)
        return node.orelse if self._now("branch dropped") else node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """Return nothing."""
        self.generic_visit(node)
        if node.value is not None and self._now("return value dropped"):
            node.value = ast.Constant(None)
        return node

    def visit_Slice(self, node: ast.Slice) -> ast.AST:
        """Drop the bounds or the step of a slice."""
        self.generic_visit(node)
        if (node.lower or node.upper) and self._now("bounds of a slice dropped"):
            node.lower = node.upper = None
        elif node.step and self._now("step of a slice dropped"):
            node.step = None
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Shorten a range, swap two arguments, or leave a call of one argument out."""
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "range" and len(node.args) < 3 and self._now("range one short"):
            node.args[-1] = ast.BinOp(node.args[-1], ast.Sub(), ast.Constant(1))
        elif (
            len(node.args) == 2
            and name not in ("range", "isinstance")
            and self._now("arguments swapped")
        ):
            node.args = node.args[::-1]
        elif (
            name in ("sorted", "abs", "set", "reversed", "max", "min", "sum")
            and len(node.args) == 1
            and self._now(f"{name} left out")
        ):
            return node.args[0]
        return node


def mutants(code: str, *, most: int = 60) -> Iterator[Mutant]:
    """Yield programs that differ from `code` in one place."""
    tree = parsed(code)
    if tree is None:
        return
    for number in range(most):
        edit = _Edit(number)
        changed = ast.fix_missing_locations(edit.visit(copy.deepcopy(tree)))
        if not edit.operator:
            return
        try:
            yield Mutant(edit.operator, ast.unparse(changed))
        except (ValueError, RecursionError):
            continue


def gross(own: Program, known: Domain) -> Iterator[Mutant]:
    """Yield programs that return the same whatever they are given, or what they are given."""
    bare = msgspec.structs.replace(own, before="", after="")
    for value in (
        "None",
        "0",
        "True",
        "False",
        "[]",
        "''",
        "{first}",
        "[0] * len({first})",
        "{first}[:1] * len({first})",
        "{first}[::-1]",
    ):
        name = (
            "returns its first argument"
            if value == "{first}"
            else f"returns {value.replace('{first}', 'x')}"
        )
        yield Mutant(name, build(bare, f"return {value}"))
    rows = {
        said: sum(said == other for other in known.outputs) for said in dict.fromkeys(known.outputs)
    }
    for said in sorted(rows, key=lambda said: -rows[said])[:2]:
        if said.lstrip("-").isdigit():
            yield Mutant(f"returns {said}", build(bare, f"return {said}"))


def wrong(own: Program, known: Domain, candidates: Sequence[Mutant]) -> list[Mutant]:
    """Return the candidates that differ from the reference on the domain, with how often and where. Those that may hang are left out."""
    rows = outcomes(
        [runnable(own, mutant.code) for mutant in candidates],
        known.function.name,
        known.inputs,
        seconds=2.5,
    )
    found: list[Mutant] = []
    for mutant, row in zip(candidates, rows or [], strict=False):
        if "!hang" in row or "?" in row or "!MemoryError" in row or "!load" in row:
            continue
        differing = [
            place
            for place, (one, two) in enumerate(zip(row, known.outputs, strict=True))
            if one != two
        ]
        if differing:
            place = differing[0]
            call = f"{known.function.name}({', '.join(map(repr, known.inputs[place]))})"[:160]
            where = f"{call} is {known.outputs[place][:60]}, the mutant says {row[place][:60]}"
            found.append(
                msgspec.structs.replace(mutant, share=len(differing) / len(row), where=where)
            )
    return found


def guard(own: Program, known: Domain, calls: Sequence[Shown]) -> Mutant | None:
    """Write the program that is right on the calls which the prompt shows and wrong elsewhere; None where nothing else was found to ask."""
    name = known.function.name
    inputs = {repr(call.arguments) for call in calls if call.name == name}
    elsewhere = [arguments for arguments in known.inputs if repr(arguments) not in inputs]
    if not inputs or len(elsewhere) < 3:
        return None
    if own.script:
        code = guarded(own, calls, ABSURD)
        return (
            Mutant("guard", code, 1.0, f"the input {elsewhere[0][0]!r} gets a wrong output")
            if code
            else None
        )
    arguments = known.function.arguments
    code = GUARD.format(
        code=own.code,
        name=name,
        shown=sorted(inputs),
        parameters=known.function.parameters,
        arguments=arguments,
        absurd=ABSURD,
    )
    call = f"{name}({', '.join(map(repr, elsewhere[0]))})"[:160]
    return Mutant("guard", code, 1.0, f"{call} is wrong")


@check(
    "program_mutation",
    class_="oracle mutation",
    kinds=("answer",),
    claim="A broken or guarded reference program is not paid in full.",
)
def program_mutation(run: CheckRun) -> str | None:
    """Play guard mutants and mutants of every reference program; accuse what is paid in full although it is wrong."""
    pairs = [(instance, own) for instance in run.session.usable if (own := program(instance))]
    if not pairs:
        return "the oracle's text is no program"
    most = 6 if run.session.costly else 16
    pairs = pairs[:: max(1, len(pairs) // most)][:most]
    prepared: list[tuple[Instance, Program, Domain, list[Mutant]]] = []
    guards: list[tuple[Instance, Program, Mutant]] = []
    for instance, own in pairs:
        calls = examples(own, instance.prompt)
        known = domain(own, instance.prompt, instance.seed)
        if known is None:
            continue
        guarded = guard(own, known, calls)
        if guarded:
            guards.append((instance, own, guarded))
        found = wrong(own, known, [*gross(own, known), *mutants(own.code)])
        prepared.append((instance, own, known, _chosen(found)))
    if not prepared:
        raise NotRun("no inputs were found on which the reference programs can be run")
    _guards(run, guards)
    _kills(run, prepared)
    if not run.outcome.findings:
        _limits(run, [(instance, own, known) for instance, own, known, _ in prepared])
    return None


def _chosen(found: list[Mutant]) -> list[Mutant]:
    """Take the mutants that are wrong most often, of different operators first, and none twice."""
    ranked = sorted(
        {mutant.code: mutant for mutant in found}.values(), key=lambda mutant: -mutant.share
    )
    first = list({mutant.operator: mutant for mutant in reversed(ranked)}.values())
    rest = [mutant for mutant in ranked if mutant not in first]
    return [
        mutant
        for mutant in sorted(first, key=lambda mutant: -mutant.share) + rest
        if mutant.share >= OFTEN
    ][:PER_TASK]


def _guards(run: CheckRun, guards: list[tuple[Instance, Program, Mutant]]) -> None:
    traces = run.play(
        Play(instance.seed, (own.put(mutant.code),)) for instance, own, mutant in guards
    )
    values = [
        run.session.value(instance.seed, trace)
        for (instance, _, _), trace in zip(guards, traces, strict=True)
    ]
    run.note(values)
    paid = [place for place, value in enumerate(values) if value >= FULL]
    if paid:
        instance, own, mutant = guards[paid[0]]
        _accuse(
            run, instance, own, mutant, values, "critical",
            f"A program that is right only on the prompt's own calls is paid in full, on {len(paid)} of {len(guards)} tasks: {mutant.where}.",
            "Grade on hidden inputs, made fresh or kept apart from the prompt.",
        )  # fmt: skip


def _kills(run: CheckRun, prepared: list[tuple[Instance, Program, Domain, list[Mutant]]]) -> None:
    made = [(instance, own, mutant) for instance, own, _, chosen in prepared for mutant in chosen]
    traces = run.play(
        Play(instance.seed, (own.put(mutant.code),)) for instance, own, mutant in made
    )
    values = [
        run.session.value(instance.seed, trace)
        for (instance, _, _), trace in zip(made, traces, strict=True)
    ]
    run.note(values)
    run.outcome.probes = len(made)
    alive = [
        (instance, own, mutant)
        for (instance, own, mutant), value in zip(made, values, strict=True)
        if value >= FULL
    ]
    score = 1 - len(alive) / max(len(made), 1)
    said = f"{len(made) - len(alive)} of {len(made)} mutants killed ({score:.2f})"
    coarse = [item for item in alive if item[2].share >= GROSS]
    if coarse:
        instance, own, mutant = max(coarse, key=lambda item: item[2].share)
        claim = f"A program that is wrong on {mutant.share:.0%} of inputs is paid in full ({mutant.operator}): {mutant.where}; {said}."
    elif len(made) >= ENOUGH and score < KILLED:
        instance, own, mutant = max(alive, key=lambda item: item[2].share)
        claim = f"Broken programs are paid in full, {said}; one is wrong on {mutant.share:.0%} of inputs ({mutant.operator}): {mutant.where}."
    else:
        return
    _accuse(
        run,
        instance,
        own,
        mutant,
        values,
        "major",
        claim,
        "Add hidden tests until every program that is wrong is refused.",
    )


def _limits(run: CheckRun, prepared: list[tuple[Instance, Program, Domain]]) -> None:
    """Move the limits that prompts state as numbers by one: a grader that never notices has no test at any of them."""
    made: list[tuple[Instance, Program, Mutant]] = []
    for instance, own, known in prepared:
        stated = {
            int(number) for number in re.findall(r"(?<![\w.])\d{1,6}(?![\w.]*\d)", instance.prompt)
        }
        inputs = [
            (*arguments[:place], number, *arguments[place + 1 :])
            for arguments in known.inputs[:2]
            for place, value in enumerate(arguments)
            if type(value) is int
            for number in sorted(stated)[:12]
        ]
        moved = [
            mutant
            for mutant in mutants(own.code)
            if mutant.operator == "edge of a comparison moved"
        ]
        rows = (
            outcomes(
                [runnable(own, code) for code in (own.code, *(mutant.code for mutant in moved))],
                known.function.name,
                inputs,
            )
            if inputs and moved
            else None
        )
        if rows and not any(said[:1] in "!?" for said in rows[0]):
            exact = Domain(known.function, tuple(inputs), tuple(rows[0]), known.known)
            made += [(instance, own, mutant) for mutant in wrong(own, exact, moved)[:2]]
    if len(made) < ENOUGH or len({instance.seed for instance, *_ in made}) < 3:
        return
    traces = run.play(
        Play(instance.seed, (own.put(mutant.code),)) for instance, own, mutant in made
    )
    values = [
        run.session.value(instance.seed, trace)
        for (instance, *_), trace in zip(made, traces, strict=True)
    ]
    run.note(values)
    if all(value >= FULL for value in values):
        instance, own, mutant = made[0]
        claim = f"No test lies at a limit that a prompt states: {len(made)} of {len(made)} programs with a moved limit are paid in full; {mutant.where}."
        _accuse(
            run,
            instance,
            own,
            mutant,
            values,
            "major",
            claim,
            "Test at the limits that the prompt states, and next to them.",
        )


def _accuse(
    run: CheckRun,
    instance: Instance,
    own: Program,
    mutant: Mutant,
    values: list[float],
    severity: Severity,
    claim: str,
    advice: str,
) -> None:
    play = Play(instance.seed, (own.put(mutant.code),))
    run.accuse(
        claim,
        Witness("pays", (play,), value=FULL * run.session.best(instance.seed)),
        severity=severity,
        values=values,
        advice=advice,
    )
