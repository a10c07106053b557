"""A dropped clause that is paid accuses only where it has an effect."""

import pytest

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

QUERIES = """
import sqlite3

NAMES = ["Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo"]
BASE = sqlite3.connect(":memory:")
BASE.execute("CREATE TABLE staff (name TEXT, age INT, city TEXT)")
ROWS = [(name, 20 + 3 * at, "Rome") for at, name in enumerate(NAMES * 2)]
BASE.executemany("INSERT INTO staff VALUES (?, ?, ?)", ROWS)

TASKS = [
    {{"prompt": f"{ask}", "answer": f"{query}"}}
    for n in range(22, 70, 4)
]

def oracle(task):
    return task["answer"]

def reward(prompt, completion, answer):
    try:
        return float(BASE.execute(completion).fetchall() == BASE.execute(answer).fetchall())
    except sqlite3.Error:
        return 0.0
"""
EMPTY_WHERE = (
    "List the names of staff older than {n} who live in Rome.",
    "SELECT name FROM staff WHERE age > {n} AND city = 'Rome'",
)
NO_EFFECT = (
    "How many staff are over {n}? List each number once, 1 row at most.",
    "SELECT DISTINCT COUNT(*) FROM staff WHERE age > {n} LIMIT 1",
)
FLAGS = """
TASKS = [
    {{
        "prompt": f"Write the command that {ask} file{{n}}.",
        "answer": f"show --color file{{n}}",
    }}
    for n in range(12)
]

def oracle(task):
    return task["answer"]

def reward(prompt, completion, answer):
    return float(completion.replace(" --color", "").strip() == answer.replace(" --color", ""))
"""


def claims(tmp_path, source):
    file = tmp_path / "grader.py"
    file.write_text(source)
    found = run(spec_of(str(file)), Options(only=("oracle", "mutation"), workers=1))
    return [finding.claim for finding in found.findings if "dropped" in finding.claim]


def test_data_that_do_not_show_a_condition_are_accused(tmp_path):
    """All rows are of one city, so that its condition is not tested."""
    (claim,) = claims(tmp_path, QUERIES.format(ask=EMPTY_WHERE[0], query=EMPTY_WHERE[1]))
    assert "second condition dropped" in claim


def test_a_clause_that_never_has_an_effect_accuses_nobody(tmp_path):
    assert claims(tmp_path, QUERIES.format(ask=NO_EFFECT[0], query=NO_EFFECT[1])) == []


@pytest.mark.parametrize(
    ("ask", "accused"), [("shows, in color,", True), ("shows", False)], ids=["asked for", "habit"]
)
def test_an_option_that_all_answers_have_counts_where_it_is_asked_for(tmp_path, ask, accused):
    assert bool(claims(tmp_path, FLAGS.format(ask=ask))) is accused
