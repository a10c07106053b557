"""Measures of a workshop as floats; a program is vetted before it runs, and a value counts
within a declared billionth of the right one."""

import ast
import json
import math
import random
import re
import subprocess
import sys
import tempfile
import warnings

CHILD = """
import json, math, os, resource, sys
for kind, most in ((resource.RLIMIT_CPU, 2), (resource.RLIMIT_AS, 1 << 29), \
(resource.RLIMIT_FSIZE, 1 << 16)):
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (most, most) if hard < 0 else (min(most, hard), hard))
job = json.load(sys.stdin)
scope = {"__name__": "measures", "__builtins__": {"__import__": __import__, "abs": abs, "min": \
min, "max": max, "float": float, "round": round}}
exec(compile(job["program"], "measures", "exec"), scope)
values = [scope[job["entry"]](*given) for given in job["inputs"]]
if all(type(value) is float for value in values):
    sys.stdout.write(json.dumps([repr(value) for value in values]))
"""
MEASURES = [
    (
        "diagonal(a, b)",
        "the diagonal of a board with the sides a and b",
        "math.sqrt(a * a + b * b)",
    ),
    (
        "rim(r, w)",
        "the area of a ring with the inner radius r and the width w",
        "math.pi * ((r + w) ** 2 - r**2)",
    ),
    (
        "slope(a, b)",
        "the angle in degrees of a ramp with the height a and the length b on the ground",
        "math.degrees(math.atan(a / b))",
    ),
    (
        "cone(r, h)",
        "the volume of a cone with the radius r of its base and the height h",
        "math.pi * r * r * h / 3",
    ),
    ("mean(a, b)", "the harmonic mean of a and b", "2 * a * b / (a + b)"),
    (
        "excess(a, b)",
        "by how much a is larger than twice b, and 0.0 when it is not larger",
        "max(0.0, a - 2 * b)",
    ),
    (
        "square(a, b)",
        "the side of the square that is as large as a board with the sides a and b",
        "math.sqrt(a * b)",
    ),
]
NODES = (
    *(
        ast.Module,
        ast.FunctionDef,
        ast.arguments,
        ast.arg,
        ast.Return,
        ast.Assign,
        ast.AugAssign,
        ast.Expr,
        ast.If,
        ast.Import,
        ast.alias,
        ast.Load,
        ast.Store,
    ),
    *(
        ast.Name,
        ast.Attribute,
        ast.Constant,
        ast.Call,
        ast.keyword,
        ast.BinOp,
        ast.UnaryOp,
        ast.BoolOp,
        ast.Compare,
        ast.IfExp,
    ),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
KNOWN = {"abs", "min", "max", "float", "round", "math"}


def _task(signature: str, returns: str, body: str) -> dict:
    entry = signature.split("(")[0]
    program = f"import math\n\n\ndef {signature}:\n    return {body}\n"
    scope: dict = {}
    exec(program, scope)
    chance = random.Random(f"measures {entry}")
    cases = [
        [[a, b], scope[entry](a, b)]
        for a, b in (
            (round(chance.uniform(0.2, 9), 2), round(chance.uniform(0.2, 6), 2)) for _ in range(24)
        )
    ]
    shown = "\n".join(
        f"{entry}({', '.join(map(str, given))}) is {value!r}" for given, value in cases[:2]
    )
    return {
        "prompt": f"Write a Python function {signature} that returns {returns}, as a float and "
        f"within a relative error of 1e-9. Use expressions, "
        f"assignments, if and the module math, no loops. Put the whole program into one "
        f"block between ```python and ```.\n{shown}",
        "answer": {"entry": entry, "cases": cases},
        "reply": f"```python\n{program}```",
    }


TASKS = [_task(*measure) for measure in MEASURES]


def _vetted(program: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = list(ast.walk(ast.parse(program)))
    own = {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)} | {
        node.name for node in nodes if isinstance(node, ast.FunctionDef)
    }
    for node in nodes:
        match node:
            case ast.Import(names=[ast.alias(name="math", asname=None)]):
                continue
            case ast.Import():
                return False
            case ast.Attribute(value=ast.Name(id="math"), attr=name, ctx=ast.Load()) if (
                not name.startswith("_") and hasattr(math, name)
            ):
                continue
            case ast.Attribute():
                return False
            case ast.Name(id=name) if name not in KNOWN | own:
                return False
            case ast.Constant(value=value) if not isinstance(value, (int, float, str)):
                return False
        if not isinstance(node, NODES):
            return False
    return not own & KNOWN and not any(name.startswith("_") for name in own)


def reward(prompt: str, completion: str, answer: dict) -> float:
    block = re.fullmatch(r"\s*```python\n((?:(?!```).)*)```\s*", completion[:5000], re.DOTALL)
    try:
        if not block or not _vetted(block[1]):
            return 0.0
        job = json.dumps(
            {
                "program": block[1],
                "entry": answer["entry"],
                "inputs": [given for given, _ in answer["cases"]],
            }
        )
        command = [sys.executable, "-I", "-S", "-c", CHILD]
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                command,
                input=job.encode(),
                capture_output=True,
                timeout=2,
                cwd=folder,
                env={},
                check=False,
            )
        values = [float(value) for value in json.loads(done.stdout)]
    except (subprocess.TimeoutExpired, SyntaxError, ValueError, RecursionError, MemoryError):
        return 0.0
    wanted = [value for _, value in answer["cases"]]
    near = [
        math.isfinite(value) and abs(value - right) <= 1e-9 * abs(right)
        for value, right in zip(values, wanted, strict=False)
    ]
    return 1.0 if len(values) == len(wanted) and all(near) else 0.0


def oracle(task: dict) -> str:
    return task["reply"]
