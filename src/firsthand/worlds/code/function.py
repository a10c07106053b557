"""Functions are known by what they return: write them, and fresh inputs decide.

Each is a chain of steps out of a list that is told. There are examples, and a few more inputs may
be tried on the original, so that guesses can be tested before they are handed in. What is written
runs in an interpreter of its own that never sees what is expected. Left out: functions of several
arguments and of text.
"""

import ast
import random
from collections.abc import Iterator
from typing import Annotated

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, tool
from firsthand.errors import ToolError, nearest
from firsthand.sandbox import python as interpreter
from firsthand.sandbox.protocol import File
from firsthand.task import Task
from firsthand.worlds.code import steps
from firsthand.worlds.code.steps import Function as Hidden
from firsthand.worlds.code.steps import Numbers
from firsthand.worlds.code.workbench import calling

SHAPES = {1: (1, 2), 2: (2, 2), 3: (2, 3), 4: (3, 3), 5: (4, 4)}
"""Functions of a level, and steps of each."""
EXAMPLES, ASKED, JUDGED = 6, 6, 60
"""Examples of each function, further inputs that may be tried, fresh inputs that decide."""
LONGEST = 4_000
NAMES = ("blend", "chime", "drift", "ember", "flint", "grove", "hatch", "ivory", "jolt", "knack")
Name = Annotated[str, msgspec.Meta(description="the name of a function")]


class Function(Environment):
    """Write functions of which only what they return is known."""

    name = "code/function"
    version = "1"
    turns = 28
    needs = frozenset({"python"})
    statement = (
        "Write functions in Python that return what the originals return. Each takes a list of "
        "whole numbers `x` and is a chain of steps. See `examples`, try inputs of your own on an "
        "original with `ask`, `write` each function, `check` them on what is known, and `submit` "
        "once: fresh inputs decide, and all functions must be right."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the functions and their examples."""
        count, length = SHAPES[task.level]
        rng = task.rng("instance")
        while True:
            hidden = [_telling(rng, length) for _ in range(count)]
            content = f"{length}: {[_signature(function) for function in hidden]}"
            if task.owns(content):
                break
        rng = random.Random(content)  # functions that do the same are shown the same
        names: list[str] = rng.sample(NAMES, count)
        self.hidden: dict[str, Hidden] = dict(zip(names, hidden, strict=True))
        self.known = {name: [_input(rng) for _ in range(EXAMPLES)] for name in names}
        self.fresh = {name: [_input(rng) for _ in range(JUDGED)] for name in names}
        self.asked = dict.fromkeys(names, 0)
        self.written: dict[str, str] = {}
        self.verdict: dict[str, bool] = {}
        opening = rng.choice(
            (
                "The source of these functions is lost",
                "These functions must be written anew",
                "Only the behaviour of these functions is known",
            )
        )
        return Observation(
            f"{opening}: {', '.join(names)}. Each is a chain of {length} of these steps, each "
            f"kind once: {steps.vocabulary()}. K is a small number, another one in each step. "
            f"You may `ask` for {ASKED} further inputs of each."
        )

    @tool
    def examples(self, name: Name) -> str:
        """Show what is known of a function."""
        function = self._hidden(name)
        return "\n".join(f"{name}({x}) == {function(x)}" for x in self.known[name])

    @tool
    def ask(
        self,
        name: Name,
        x: Annotated[
            list[Annotated[int, msgspec.Meta(ge=-1000, le=1000)]],
            msgspec.Meta(max_length=16, description="the input"),
        ],
    ) -> str:
        """Try one input on the original; it is known from then on."""
        function = self._hidden(name)
        if self.asked[name] == ASKED:
            raise ToolError(f"You have tried {ASKED} inputs on {name}; there are no more.")
        self.asked[name] += 1
        self.known[name] = [*self.known[name], list(x)]
        return f"{name}({x}) == {function(x)}"

    @tool
    def write(
        self,
        name: Name,
        code: Annotated[str, msgspec.Meta(description="its whole source, beginning with `def`")],
    ) -> str:
        """Write a function, in place of what was written of it before."""
        self._hidden(name)
        if len(code) > LONGEST:
            raise ToolError(f"A function has at most {LONGEST:,} characters here.")
        try:
            code.encode()
            parsed = ast.parse(code).body
        except SyntaxError as error:
            raise ToolError(f"This does not compile: {error.msg}, line {error.lineno}.") from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise ToolError(f"This is no source text: {type(error).__name__}.") from None
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in parsed):
            raise ToolError(f"There is no `def {name}(x):` in this text.")
        self.written = {**self.written, name: code}
        left = ", ".join(each for each in self.hidden if each not in self.written)
        return f"{name} is written.{f' Left to write: {left}.' if left else ''}"

    @tool
    async def check(self) -> str:
        """Run what is written on all inputs that are known."""
        if not self.written:
            raise ToolError("Nothing is written yet.")
        names = [name for name in self.hidden if name in self.written]
        wrong = await self._compared({name: self.known[name] for name in names})
        lines: list[str] = []
        for name in names:
            of = len(self.known[name])
            lines.append(f"{name}: {of - len(wrong[name])} of {of} right.")
            if wrong[name]:
                x, outcome = wrong[name][0]
                got = f"raised {outcome.raised}: {outcome.said}" if outcome.raised else (
                    f"gave {interpreter.readable(outcome.value)[:200]}"
                )  # fmt: skip
                lines.append(f"  {name}({x}) == {self.hidden[name](x)}, but yours {got}")
        return "\n".join(lines)

    @tool
    async def submit(self) -> str:
        """Hand in what is written. This ends the work."""
        wrong = await self._compared(self.fresh)
        self.verdict = {name: name in self.written and not wrong[name] for name in self.hidden}
        self.finish()
        return "The functions were handed in."

    async def _compared(
        self, inputs: dict[str, list[Numbers]]
    ) -> dict[str, list[tuple[Numbers, interpreter.Outcome]]]:
        """Return for each function the inputs for which what is written is wrong."""
        wrong: dict[str, list[tuple[Numbers, interpreter.Outcome]]] = {}
        for name, known in inputs.items():
            tree = {f"{name}.py": File(self.written.get(name, "").encode())}
            calls = [interpreter.Call(name, name, (list(x),)) for x in known]
            outcomes, _ = await interpreter.call(tree, calls)
            wrong[name] = [
                (x, outcome)
                for x, outcome in zip(known, outcomes, strict=True)
                if not outcome.equals(self.hidden[name](x))
            ]
        return wrong

    def _hidden(self, name: str) -> Hidden:
        if name not in self.hidden:
            close = nearest(name, self.hidden)
            raise ToolError(
                f"No function is named {name!r}.{f' Did you mean {close!r}?' if close else ''} "
                f"There are: {', '.join(self.hidden)}."
            )
        return self.hidden[name]

    def score(self) -> Score:
        """Say whether all functions that were handed in are right."""
        return Score(
            written=len(self.written) == len(self.hidden),
            right=bool(self.verdict) and all(self.verdict.values()),
        )

    def expert(self) -> Iterator[Action]:
        """Look at each function, write it, check once, hand in."""
        for name, function in self.hidden.items():
            yield calling("examples", name=name)
            yield calling("write", name=name, code=function.source(name))
        yield calling("check")
        yield calling("submit")

    def aftermath(self) -> str:
        """Tell what each function does, and which ones were right."""
        lines: list[str] = []
        for name, function in self.hidden.items():
            ended = {True: " (right)", False: " (wrong)", None: ""}[self.verdict.get(name)]
            lines.append(f"{name}{ended}: {function.words}.")
        return "\n".join(lines)


def _telling(rng: random.Random, length: int) -> Hidden:
    """Draw a function of which every step shows, and which gives various results."""
    while True:
        function = steps.draw(rng, length)
        inputs = [_input(rng) for _ in range(24)]
        results = [function(x) for x in inputs]
        if len({str(result) for result in results}) < 8:
            continue
        shorter = [
            Hidden(function.steps[:i] + function.steps[i + 1 :], function.measure)
            for i in range(length)
        ]
        if all(
            sum(other(x) != result for x, result in zip(inputs, results, strict=True)) > 3
            for other in shorter
        ):
            return function


def _signature(function: Hidden) -> str:
    """Tell what a function does: chains of other steps may do the same."""
    rng = random.Random(0)
    return repr([function(_input(rng)) for _ in range(16)])


def _input(rng: random.Random) -> Numbers:
    """Draw a list that equal numbers are in now and then."""
    found = [rng.randrange(0, 35) for _ in range(rng.randint(4, 9))]
    return found if rng.random() < 0.5 else [*found, *rng.sample(found, 2)]
