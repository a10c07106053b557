"""Determinism where dates cannot be changed: the rest is tried, and nothing passes unsaid."""

import sys

import pytest

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.process.pool import Conditions, Lab
from firsthand.audit.suite import run
from firsthand.errors import UserError

GRADER = """
TASKS = [{{"prompt": f"What is 3 times {{n}}?", "answer": str(3 * n)}} for n in range(6)]

def oracle(task):
    return task["answer"]

def reward(prompt, completion, answer):
    return float(completion == answer{or_})
"""
INSTALL = "pip install 'firsthand[audit]'"


def audited(tmp_path, or_=""):
    file = tmp_path / "grader.py"
    file.write_text(GRADER.format(or_=or_))
    return run(spec_of(str(file)), Options(budget="quick", only=("oracle", "determinism")))


def test_without_time_machine_the_date_is_not_run_and_the_certificate_says_what_to_install(
    tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "time_machine", None)
    certificate = audited(tmp_path)
    (check,) = [check for check in certificate.checks if check.id == "determinism"]
    assert (certificate.verdict, check.status) == ("INCOMPLETE", "NOT_RUN")
    assert check.reason.startswith("the date could not be changed, all else was tried: ")
    assert INSTALL in check.reason and check.n > 0


def test_without_time_machine_all_other_conditions_still_accuse(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "time_machine", None)
    certificate = audited(tmp_path, " or hash(completion) % 7 < 3")
    (check,) = [check for check in certificate.checks if check.id == "determinism"]
    assert (certificate.verdict, check.status) == ("FAIL", "FAIL")
    assert "with another hash seed, time zone and locale: " in certificate.findings[0].claim


def test_a_worker_that_is_asked_for_a_date_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "time_machine.py").write_text("raise ImportError\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / "grader.py"
    file.write_text(GRADER.format(or_=""))
    with (
        Lab(spec_of(str(file)), conditions=Conditions(date=2e9), workers=1) as lab,
        pytest.raises(UserError, match=r"pip install 'firsthand\[audit\]'"),
    ):
        lab.start()
