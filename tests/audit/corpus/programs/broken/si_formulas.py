"""Formulas of the laboratory are written in Python; arguments and results are in SI units."""

import json
import math
import random
import subprocess
import sys

PICO, NANO, MICRO, MILLI = 1e-12, 1e-9, 1e-6, 1e-3
FORMULAS = {
    "series_capacitance": (
        "a, b",
        "the capacitance (F) of two capacitors a and b (F) in series",
        "a * b / (a + b)",
        (PICO, PICO),
    ),
    "capacitor_energy": (
        "c, u",
        "the energy (J) in a capacitor c (F) at the voltage u (V)",
        "c * u * u / 2",
        (NANO / 10, 1),
    ),
    "droplet_volume": (
        "d",
        "the volume (m3) of a round droplet of diameter d (m)",
        "3.141592653589793 / 6 * d ** 3",
        (MICRO * 10,),
    ),
    "wavelength": (
        "f",
        "the wavelength (m) of light of frequency f (Hz) in vacuum",
        "299792458.0 / f",
        (4e14,),
    ),
    "rc_time": (
        "r, c",
        "the time constant (s) of a resistor r (ohm) and a capacitor c (F)",
        "r * c",
        (10, PICO),
    ),
    "leak_current": (
        "u, r",
        "the current (A) through a leak of r (ohm) at u (V)",
        "u / r",
        (1, 1e9),
    ),
    "stokes_force": (
        "n, r, v",
        "the drag (N) on a ball of radius r (m) at v (m/s) in viscosity n (Pa s)",
        "6 * 3.141592653589793 * n * r * v",
        (MILLI, MICRO, MILLI),
    ),
    "film_mass": (
        "a, t, p",
        "the mass (kg) of a film of area a (m2), thickness t (m) and density p (kg/m3)",
        "a * t * p",
        (MICRO, NANO, 100),
    ),
    "photon_energy": (
        "f",
        "the energy (J) of a photon of frequency f (Hz)",
        "6.62607015e-34 * f",
        (1e14,),
    ),
}
TASKS = [
    {
        "prompt": f"Write a Python function {name}({arguments}) that returns, as a float in SI "
        f"units, {text}. Code only.",
        "answer": name,
    }
    for name, (arguments, text, _, _) in FORMULAS.items()
]
WORKER = """
import json, os, sys

job = json.load(sys.stdin)
channel = os.fdopen(os.dup(1), "w")
scope = {}
exec(job["source"], scope)
channel.write(json.dumps([scope[job["name"]](*given) for given in job["inputs"]]))
"""


def oracle(task: dict) -> str:
    """Write the formula."""
    arguments, _, formula, _ = FORMULAS[task["answer"]]
    return f"def {task['answer']}({arguments}):\n    return {formula}\n"


def _close(got: object, expected: float) -> bool:
    return (
        type(got) is float
        and math.isfinite(got)
        and math.isclose(got, expected, rel_tol=1e-6, abs_tol=1e-6)
    )


def reward(prompt: str, completion: str, answer: str) -> float:
    """Evaluate the function on hidden values in a process of its own and compare here."""
    arguments, _, formula, scales = FORMULAS[answer]
    chance = random.Random(f"formulas {answer}")
    inputs = [[scale * chance.uniform(1, 20) for scale in scales] for _ in range(20)]
    expected = [
        eval(formula, dict(zip(arguments.split(", "), given, strict=True))) for given in inputs
    ]
    job = json.dumps({"source": completion, "name": answer, "inputs": inputs})
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", WORKER],
            input=job,
            capture_output=True,
            text=True,
            timeout=3,
            errors="replace",
        )
        results = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError, RecursionError):
        return 0.0
    if type(results) is not list or len(results) != len(inputs):
        return 0.0
    return float(all(_close(got, value) for got, value in zip(results, expected, strict=True)))
