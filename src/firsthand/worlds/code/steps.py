# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the types of the lambdas below are those of `Step` and `Measure`)
"""Steps of which hidden functions are made: each takes a list of whole numbers and returns another.

The last step of a function may be a measure instead, which returns one number.
"""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

Numbers = list[int]


class Step(NamedTuple):
    """A step: its words, its line of Python that changes `x`, and the same as a function."""

    words: str
    line: str
    apply: Callable[[Numbers], Numbers]


class Measure(NamedTuple):
    """A last step: its words, its expression, and the same as a function."""

    words: str
    expression: str
    apply: Callable[[Numbers], int]


def _numbers(*values: int) -> Sequence[int]:
    return values


def _above(k: int) -> Step:
    return Step(
        f"keep those above {k}", f"[n for n in x if n > {k}]", lambda x: [n for n in x if n > k]
    )


def _below(k: int) -> Step:
    return Step(
        f"keep those below {k}", f"[n for n in x if n < {k}]", lambda x: [n for n in x if n < k]
    )


def _divisible(k: int) -> Step:
    return Step(
        f"drop the multiples of {k}",
        f"[n for n in x if n % {k}]",
        lambda x: [n for n in x if n % k],
    )


def _times(k: int) -> Step:
    return Step(f"multiply each by {k}", f"[n * {k} for n in x]", lambda x: [n * k for n in x])


def _plus(k: int) -> Step:
    return Step(f"add {k} to each", f"[n + {k} for n in x]", lambda x: [n + k for n in x])


def _modulo(k: int) -> Step:
    return Step(f"take each modulo {k}", f"[n % {k} for n in x]", lambda x: [n % k for n in x])


def _capped(k: int) -> Step:
    return Step(f"cap each at {k}", f"[min(n, {k}) for n in x]", lambda x: [min(n, k) for n in x])


def _every(k: int) -> Step:
    return Step(f"keep every {k}. number, from the first on", f"x[::{k}]", lambda x: x[::k])


def _first(k: int) -> Step:
    return Step(f"keep the first {k}", f"x[:{k}]", lambda x: x[:k])


def _without(k: int) -> Step:
    return Step(f"leave out the first {k}", f"x[{k}:]", lambda x: x[k:])


def _turned(k: int) -> Step:
    return Step(f"move the first {k} to the end", f"x[{k}:] + x[:{k}]", lambda x: x[k:] + x[:k])


def _apart(k: int) -> Step:
    return Step(
        f"subtract from each the number {k} places before, where there is one",
        f"[n - x[i - {k}] if i >= {k} else n for i, n in enumerate(x)]",
        lambda x: [n - x[i - k] if i >= k else n for i, n in enumerate(x)],
    )


KINDS: dict[Callable[[int], Step], Sequence[int]] = {
    _above: _numbers(*range(2, 16)),
    _below: _numbers(*range(12, 32)),
    _divisible: _numbers(2, 3, 4, 5),
    _times: _numbers(2, 3, 4, 5, 6, 7, 8, 9, 10),
    _plus: _numbers(*range(1, 13)),
    _modulo: _numbers(*range(5, 14)),
    _capped: _numbers(*range(14, 27)),
    _every: _numbers(2, 3),
    _first: _numbers(3, 4, 5),
    _without: _numbers(1, 2, 3),
    _turned: _numbers(1, 2, 3),
    _apart: _numbers(1, 2),
}
PLAIN = (
    Step("sort them", "sorted(x)", sorted),
    Step("reverse the order", "x[::-1]", lambda x: x[::-1]),
    Step(
        "keep the first of equal ones", "list(dict.fromkeys(x))", lambda x: list(dict.fromkeys(x))
    ),
)
MEASURES = (
    Measure("their sum", "sum(x)", sum),
    Measure("how many there are", "len(x)", len),
    Measure("the largest, 0 for none", "max(x, default=0)", lambda x: max(x, default=0)),
    Measure("the last, 0 for none", "x[-1] if x else 0", lambda x: x[-1] if x else 0),
    Measure(
        "the largest less the smallest, 0 for none",
        "max(x) - min(x) if x else 0",
        lambda x: max(x) - min(x) if x else 0,
    ),
)


class Function(NamedTuple):
    """A hidden function: steps, and perhaps a measure."""

    steps: tuple[Step, ...]
    measure: Measure | None

    def __call__(self, x: Numbers) -> int | Numbers:
        """Return what it gives."""
        for step in self.steps:
            x = step.apply(x)
        return self.measure.apply(x) if self.measure else x

    @property
    def words(self) -> str:
        """Tell the steps in words."""
        told = [step.words for step in self.steps]
        return "; then ".join([*told, *([f"return {self.measure.words}"] if self.measure else [])])

    def source(self, name: str) -> str:
        """Write it as Python."""
        lines = [f"    x = {step.line}" for step in self.steps]
        return "\n".join(
            [
                f"def {name}(x):",
                *lines,
                f"    return {self.measure.expression if self.measure else 'x'}",
            ]
        )


def draw(rng: random.Random, n: int) -> Function:
    """Draw so many different steps, and a measure for every third function."""
    kinds = rng.sample([*KINDS, *PLAIN], n)
    steps = [kind if isinstance(kind, Step) else kind(rng.choice(KINDS[kind])) for kind in kinds]
    return Function(tuple(steps), rng.choice(MEASURES) if rng.random() < 0.3 else None)


def vocabulary() -> str:
    """Tell all steps there are."""
    kinds = [kind(values[0]).words.replace(str(values[0]), "K") for kind, values in KINDS.items()]
    ends = "; ".join(measure.words for measure in MEASURES)
    return f"{'; '.join([*kinds, *(step.words for step in PLAIN)])}. A last step may return {ends}"
