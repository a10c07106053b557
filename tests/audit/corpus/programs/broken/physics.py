"""Formulas as functions; a result is a float within a billionth of the right one, and results of
other types are turned down."""

import math

FORMULAS = {
    "kinetic(m, v)": (
        "the kinetic energy of a mass m at the speed v",
        "m * v * v / 2",
        [(2.0, 3.0), (10.0, 1.5), (0.1, 40.0), (7.0, 0.5)],
    ),
    "fall(t)": (
        "the way fallen from rest in t seconds, with g = 9.81",
        "9.81 * t * t / 2",
        [(2.0,), (0.5,), (3.25,), (10.0,)],
    ),
    "celsius(f)": (
        "the temperature in degrees Celsius of f degrees Fahrenheit",
        "(f - 32) / 1.8",
        [(212.0,), (98.6,), (-40.0,), (71.25,)],
    ),
    "pendulum(l)": (
        "the period of a pendulum of the length l, with g = 9.81",
        "2 * math.pi * math.sqrt(l / 9.81)",
        [(1.0,), (0.25,), (4.5,)],
    ),
    "parallel(a, b)": (
        "the resistance of a and b in parallel",
        "a * b / (a + b)",
        [(2.0, 2.0), (3.0, 6.0), (10.0, 0.5), (4.7, 8.2)],
    ),
    "volume(r)": (
        "the volume of a ball of the radius r",
        "4 / 3 * math.pi * r**3",
        [(1.0,), (0.5,), (2.2,), (10.0,)],
    ),
    "half(a, t, h)": (
        "what is left of a after t years when half is gone every h years",
        "a * 0.5 ** (t / h)",
        [(8.0, 6.0, 3.0), (5.0, 1.0, 2.0)],
    ),
}


def _task(signature: str, returns: str, body: str, points: list[tuple[float, ...]]) -> dict:
    program = f"import math\n\n\ndef {signature}:\n    return {body}\n"
    entry = signature.split("(")[0]
    scope: dict = {}
    exec(program, scope)
    values = [scope[entry](*point) for point in points]
    shown = "\n".join(
        f"{entry}({', '.join(map(str, point))}) = {value:.12g}"
        for point, value in zip(points[:2], values[:2], strict=True)
    )
    return {
        "prompt": f"Write a Python function {signature} that returns {returns}, as a float. Reply "
        f"with the program only.\n{shown}",
        "answer": {"entry": entry, "points": points, "values": values},
        "program": program,
    }


TASKS = [_task(signature, *formula) for signature, formula in FORMULAS.items()]


def reward(prompt: str, completion: str, answer: dict) -> float:
    scope: dict = {"__name__": "physics"}
    try:
        exec(completion, scope)
        found = [scope[answer["entry"]](*point) for point in answer["points"]]
    except Exception:
        return 0.0
    if [type(value) for value in found] != [float] * len(answer["values"]):
        return 0.0
    near = [
        math.isclose(value, wanted, rel_tol=1e-9)
        for value, wanted in zip(found, answer["values"], strict=True)
    ]
    return sum(near) / len(near) if False not in near else 0.0


def oracle(task: dict) -> str:
    return task["program"]
