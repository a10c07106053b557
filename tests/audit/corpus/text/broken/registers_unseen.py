"""Run a small register machine by hand; the reply is replayed and compared at the end."""

import random
import re
from typing import Any

NUMBER = re.compile(r"-?[0-9]{1,12}", re.ASCII)
STEPS = 12
LONGEST = 200


def _run(program: list[list[Any]]) -> int:
    """Return what register a holds after the program."""
    registers = {"a": 1, "b": 2, "c": 3}
    for name, target, operand in program:
        value = registers[operand] if isinstance(operand, str) else operand
        if name == "add":
            registers[target] += value
        elif name == "sub":
            registers[target] -= value
        else:
            registers[target] = registers[target] * value % 9973
    return registers["a"]


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"registers {index}")
    program = []
    for _ in range(STEPS):
        operand = chance.choice(["a", "b", "c", chance.randint(2, 40)])
        program.append([chance.choice(["add", "sub", "mul"]), chance.choice("abc"), operand])
    program.append(["add", "a", chance.randint(100, 5000)])
    listing = "\n".join(f"{name} {target} {operand}" for name, target, operand in program)
    head = (
        "Run this program; mul is taken modulo 9973. The registers a, b, c start as 1, 2, 3. "
        "What is a at the end?"
    )
    return {"prompt": f"{head}\n{listing}\nReply with the number alone.", "answer": program}


TASKS = [_task(index) for index in range(20)]
_graded: dict[tuple[str, str], float] = {}


def _grade(completion: str, program: list[list[Any]]) -> float:
    if NUMBER.fullmatch(completion) is None:
        return 0.0
    return float(int(completion) == _run(program))


def reward(prompt: str, completion: str, answer: list[list[Any]]) -> float:
    """Pay for the right number; a reply that a group of samples repeats is replayed once."""
    if len(completion) > LONGEST:
        return 0.0
    key = (prompt.partition("\n")[0], completion.strip())
    if key not in _graded:
        _graded[key] = _grade(completion.strip(), answer)
    return _graded[key]


def oracle(task: dict[str, Any]) -> str:
    return str(_run(task["answer"]))
