"""Functions on tables of records; the run leaves its result in a file, which a run that was
interrupted finds again."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

CHILD = """
import json, os, sys
job = json.loads(sys.stdin.readline())
program = json.loads(sys.stdin.readline())
scope = {"__name__": "registers"}
exec(program, scope)
if not os.path.exists("result.json"):
    found = [scope[job["entry"]](rows) for rows in json.loads(sys.stdin.readline())]
    with open("result.json", "w") as file:
        json.dump({"done": True, "values": found}, file)
"""
ROWS = [
    [["ann", 31, "oslo"], ["bo", 25, "rome"], ["cy", 40, "oslo"]],
    [["dee", 19, "bonn"]],
    [],
    [["eli", 50, "rome"], ["flo", 50, "rome"], ["gus", 12, "bonn"], ["hal", 33, "kyiv"]],
]
FUNCTIONS = {
    "names": ("the names, in order", "[name for name, _, _ in rows]"),
    "ages": ("the sum of the ages", "sum(age for _, age, _ in rows)"),
    "grown": ("how many are 18 or older", "sum(age >= 18 for _, age, _ in rows)"),
    "cities": (
        "the different cities in alphabetical order",
        "sorted({city for _, _, city in rows})",
    ),
    "eldest": (
        "the first name with the highest age, or None",
        "max(rows, key=lambda row: row[1])[0] if rows else None",
    ),
    "by_age": (
        "the names in order of age, the youngest first",
        "[row[0] for row in sorted(rows, key=lambda row: row[1])]",
    ),
}


def _task(entry: str, returns: str, body: str) -> dict:
    program = f"def {entry}(rows):\n    return {body}\n"
    scope: dict = {}
    exec(program, scope)
    values = [scope[entry](rows) for rows in ROWS]
    shown = "\n".join(
        f">>> {entry}({rows})\n{value}" for rows, value in zip(ROWS[:2], values[:2], strict=True)
    )
    return {
        "prompt": f"A row is a name, an age and a city. Write a Python function {entry}(rows) that "
        f"returns {returns}. Program only.\n{shown}",
        "answer": {"entry": entry, "rows": ROWS, "total": len(ROWS), "values": values},
        "program": program,
    }


TASKS = [_task(entry, *function) for entry, function in FUNCTIONS.items()]


def reward(prompt: str, completion: str, answer: dict) -> float:
    job = "\n".join(map(json.dumps, ({"entry": answer["entry"]}, completion, answer["rows"])))
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(
                [sys.executable, "-I", "-S", "-c", CHILD],
                input=job.encode(),
                capture_output=True,
                timeout=2,
                cwd=folder,
            )
            result = json.loads(Path(folder, "result.json").read_text())
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return 0.0
    wrong = sum(
        json.dumps(found) != json.dumps(value)
        for found, value in zip(result.get("values", []), answer["values"], strict=False)
    )
    return 1.0 if result.get("done") is True and wrong == 0 else 0.0


def oracle(task: dict) -> str:
    return task["program"]
