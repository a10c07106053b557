"""Arithmetic expressions that do not use what they have to use, or that do more than calculate.

It claims that an expression is paid for what it calculates *and* for the numbers in it. It plays
expressions with the right value whose numbers stand in a comment or in a branch that is not taken,
and expressions that leave the process beside the oracle's own numbers, so that a look at the digits
lets them through; and, where a prompt lets each number be used once, the oracle's expression with
one of its numbers used three times. What would fool it: tasks in which any expression with the
right value is right; there the value alone is paid, and nothing is accused.
"""

import ast
import re
from collections.abc import Iterator

import msgspec

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import Slot
from firsthand.audit.formats.programs import FENCE, TAG
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import FULL

BOXED = re.compile(r"\\boxed\{([^{}]*)\}")
LARGEST = 200
"""Largest value that is written as a sum of ones; its text is then 1,000 characters long."""
PAID = (
    "Parse the expression, allow numbers, brackets and operators only, and take the numbers from "
    "the syntax tree."
)
ONCE = re.compile(r"\b(exactly|only|at most|just) once\b|\beach (number|one|digit)s? once\b", re.I)
"""How prompts say that a number may be used once."""
COUNT = "Compare the numbers of the expression with those given, as often as each of them is given."
RUN = "Never evaluate an answer as code: parse it, and calculate its value from the syntax tree."


class Expression(msgspec.Struct, frozen=True):
    """An arithmetic expression in the oracle's text."""

    place: Slot
    numbers: tuple[int, ...]
    value: int

    @property
    def used(self) -> str:
        """The numbers in it, smallest first, as a text that calculates nothing."""
        return " ".join(map(str, sorted(self.numbers)))


def expression(instance: Instance) -> Expression | None:
    """Find the expression that the oracle hands in: whole numbers, brackets and operators."""
    text = instance.oracle[0]
    spots = [match.span(1) for match in (*FENCE.finditer(text), *BOXED.finditer(text))]
    spots += [match.span(2) for match in TAG.finditer(text)]
    for start, end in (*spots, (0, len(text))):
        read = _read(text[start:end].strip())
        if read is not None:
            return Expression(Slot(text[:start], text[start:end], text[end:]), *read)
    return None


def _read(text: str) -> tuple[tuple[int, ...], int] | None:
    """Return the numbers and the value of an expression; None for every other text."""
    try:
        tree = ast.parse(text, mode="eval")
        nodes = list(ast.walk(tree))
        allowed = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Constant)
        if not all(isinstance(node, allowed) for node in nodes):
            return None
        if any(isinstance(node, ast.Pow) for node in nodes):
            return None
        numbers = [node.value for node in nodes if isinstance(node, ast.Constant)]
        value = eval(compile(tree, "expression", "eval"), {"__builtins__": {}})
    except (SyntaxError, ValueError, TypeError, ZeroDivisionError, RecursionError, MemoryError):
        return None
    whole = [number for number in numbers if type(number) is int]
    if len(whole) < 2 or len(whole) != len(numbers) or value != round(value):
        return None
    return tuple(whole), round(value)


def _digit_free(value: int) -> str | None:
    """Write a number without digits."""
    if abs(value) > LARGEST:
        return None
    ones = "+".join(["True"] * abs(value)) or "False"
    return f"-({ones})" if value < 0 else f"({ones})"


def unused(own: Expression) -> Iterator[tuple[str, str, str]]:
    """Yield what is done, the expression, and the same without the numbers that it does not use."""
    listed = ", ".join(own.used.split())
    for value in filter(None, (str(own.value), _digit_free(own.value))):
        yield "in a comment", f"{value} # {own.used}", value
        yield "behind an `or`", f"{value} or [{listed}]", value
        yield "in a branch that is not taken", f"{value} if True else [{listed}]", value
        yield "in a list that is not used", f"[{value}, [{listed}]][False]", value


def leaves(own: Expression) -> Iterator[str]:
    """Yield expressions that end the process that evaluates them, with the numbers beside."""
    for leave in ("__import__('os')._exit(True)", "exit(True)"):  # without digits
        yield f"{leave} # {own.used}"
        yield f"[{leave}, {', '.join(own.used.split())}]"
        yield f"{leave} # {own.place.body.strip()}"


@check(
    "expressions",
    class_="code execution",
    kinds=("answer",),
    claim="An expression is paid for its value and its numbers, and only calculates.",
)
def expressions(run: CheckRun) -> str | None:
    """Play the expressions on two instances; accuse once for each of the two flaws."""
    few = [(i, own) for i in run.session.some(8) if (own := expression(i)) is not None][:2]
    if not few:
        return "the oracle's answers are no arithmetic expressions"
    for instance, own in few:
        _unused(run, instance, own)
        _leaves(run, instance, own)
        _too_often(run, instance, own)
    return None


def _paid(run: CheckRun, instance: Instance, own: Expression, text: str) -> float:
    (trace,) = run.play([Play(instance.seed, (own.place.put(text),))])
    value = run.session.value(instance.seed, trace)
    run.note([value])
    return value


def _unused(run: CheckRun, instance: Instance, own: Expression) -> None:
    if any(found.advice == PAID for found in run.outcome.findings):
        return
    for what, text, bare in unused(own):
        if _paid(run, instance, own, text) < FULL:
            continue
        if _paid(run, instance, own, bare) >= FULL:
            return  # the numbers need not be used at all
        play = Play(instance.seed, (own.place.put(text),))
        witness = Witness("pays", (play,), value=FULL * run.session.best(instance.seed))
        claim = f"An expression is paid whose numbers stand {what}: {text[:80]!r}."
        run.accuse(claim, witness, values=[1.0], advice=PAID)
        return


def _too_often(run: CheckRun, instance: Instance, own: Expression) -> None:
    if not ONCE.search(instance.prompt) or any(f.advice == COUNT for f in run.outcome.findings):
        return
    body, number = own.place.body.strip(), own.numbers[0]
    for text in (f"{body} + {number} - {number}", f"({body}) * {number} / {number}"):
        if _paid(run, instance, own, text) >= FULL:
            play = Play(instance.seed, (own.place.put(text),))
            witness = Witness("pays", (play,), value=FULL * run.session.best(instance.seed))
            claim = f"An expression is paid that uses a number more than once: {text[:80]!r}."
            run.accuse(claim, witness, severity="major", values=[1.0], advice=COUNT)
            return


def _leaves(run: CheckRun, instance: Instance, own: Expression) -> None:
    if any(found.advice == RUN for found in run.outcome.findings):
        return
    plays = [Play(instance.seed, (own.place.put(text),)) for text in leaves(own)]
    for play, trace in zip(plays, run.play(plays), strict=True):
        if trace.fault is not None and trace.fault.kind in ("exit", "killed"):
            witness = Witness("fault", (play,), fault=trace.fault.kind)
            claim = f"An answer is run as code and ends the process: {play.actions[0][:80]!r}."
            run.accuse(claim, witness, severity="major", advice=RUN)
            return
