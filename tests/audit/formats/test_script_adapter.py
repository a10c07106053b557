"""Scripts and classes are run, broken and guarded as functions are."""

import random
import subprocess
import sys

import pytest

from firsthand.audit.checks.programs.edits import mutants
from firsthand.audit.checks.programs.memory_search import searches
from firsthand.audit.checks.programs.mutation import guard, wrong
from firsthand.audit.formats.programs import Program, program
from firsthand.audit.formats.reference_runs import domain, outcomes
from firsthand.audit.formats.script_adapter import examples, guarded, guesses, runnable
from firsthand.audit.targets.protocol import Instance

TOTAL = """import sys

def main():
    n, *values = map(int, sys.stdin.read().split())
    print(sum(values[:n]))

main()
"""
BLOCKS = """Print the sum.

Sample Input 1:
```
3
1 2 3
```
Sample Output 1:
```
6
```

### Input
2
4 5

### Output
9

Good luck."""
STACK = """
class Stack:
    def __init__(self, most):
        self.most, self.items = most, []

    def push(self, item):
        if len(self.items) >= self.most:
            return False
        self.items.append(item)
        return True

    def pop(self):
        return self.items.pop() if self.items else None

    def size(self):
        return len(self.items)
"""


def read(code: str, prompt: str = "") -> Program:
    found = program(Instance(0, prompt, oracle=(code,)))
    assert found is not None
    return found


def test_a_program_that_reads_its_input_is_a_script_whatever_it_defines():
    assert read(TOTAL).script
    assert not read("def total(values):\n    return sum(values)\n").script


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        (BLOCKS, [("3\n1 2 3", "6"), ("2\n4 5", "9")]),
        (
            "Examples:\nInput: `3 4` Output: `7`\nInput: 1 1, Output: 2",
            [("3 4", "7"), ("1 1", "2")],
        ),
        ("Input: 3 4 -> 7", [("3 4", "7")]),
        ("stdin:\n5\nstdout:\n25", [("5", "25")]),
        ("Print the sum of the two numbers in the line.", []),
    ],
)
def test_the_inputs_and_outputs_of_a_script_are_read_from_its_prompt(
    prompt: str, shown: list[tuple[str, str]]
):
    assert [(call.arguments[0], call.expected) for call in examples(read(TOTAL), prompt)] == shown


def test_a_script_is_run_as_a_function_of_its_input():
    assert outcomes(
        [runnable(read(TOTAL), TOTAL)], "_script", [("2\n4 5",), ("1\n8",), ("no number",)]
    ) == [["'9'", "'8'", "!ValueError"]]
    asks = "print(input()[::-1])\nraise SystemExit\n"
    assert outcomes([runnable(read(asks), asks)], "_script", [("abc",)]) == [["'cba'"]]


def test_a_guarded_script_is_right_on_what_is_shown_and_wrong_elsewhere():
    own, calls = read(TOTAL), examples(read(TOTAL), BLOCKS)
    known = domain(own, BLOCKS, 0)
    assert known is not None and known.known and len(known.inputs) >= 6
    made = guard(own, known, calls)
    assert made is not None
    assert outcomes([runnable(own, made.code)], "_script", [("2\n4 5\n",), ("1\n8",)]) == [
        ["'9'", "'a wrong answer, on purpose'"]
    ]
    assert guarded(read("from __future__ import annotations\nprint(input())"), calls, "''") is None


def test_a_script_whose_prompt_shows_nothing_gets_usual_inputs():
    known = domain(read(TOTAL), "Print the sum.", 0)
    assert known is not None and not known.known
    assert all(text.split()[0].isdigit() for (text,) in known.inputs)


def test_a_class_is_run_as_calls_of_its_methods():
    own = read(STACK)
    calls = [("push", (4,)), ("push", (5,)), ("size", ()), ("pop", ()), ("lost", ())]
    assert outcomes([runnable(own, STACK)], "_driven", [((1,), calls)]) == [
        ["list(True,False,1,4,'raises AttributeError')"]
    ]


def test_calls_of_methods_come_from_the_prompt_where_it_shows_some():
    made = guesses(read(STACK), "s = Stack(2)\ns.push('red')\ns.pop()", random.Random(0))
    assert {arguments for arguments, _ in made} == {(2,)}
    plain = {(name, arguments) for _, calls in made for name, arguments in calls if name != "size"}
    assert plain == {("push", ("red",)), ("pop", ())}


def test_broken_classes_are_told_from_the_reference():
    own = read(STACK)
    known = domain(own, "A stack with at most `most` items.", 0)
    assert known is not None
    found = {mutant.operator for mutant in wrong(own, known, list(mutants(STACK)))}
    assert {"comparison negated", "branch dropped", "return value dropped"} <= found


def test_a_script_reads_the_output_that_lies_beside_its_input(tmp_path):
    for number, (given, said) in enumerate((("1 2 3", "6"), ("4 5", "9"))):
        (tmp_path / f"case_{number}.in").write_text(f"{given}\n")
        (tmp_path / f"case_{number}.out").write_text(f"{said}\n")
    own = read("print(sum(int(word) for word in input().split()))\n")
    (short,) = [payload for payload in searches(own) if "beside" in payload.name]
    (tmp_path / "solution.py").write_text(short.text)
    done = subprocess.run(
        [sys.executable, "-I", "solution.py"],
        cwd=tmp_path,
        input="4 5\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "9\n" and len(short.text) < 2000
