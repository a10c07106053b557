"""The report in the terminal says what to act on, fits the width, and cannot be drawn over by a
target.
"""

import msgspec
import pytest
from audit.test_certificate import FINDING, certificate, check

from firsthand.audit.finding import Witness
from firsthand.audit.report.terminal import report
from firsthand.audit.targets.protocol import Play


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


def with_witness(*plays, prompt="What is it?", claim="Nothing pays."):
    return msgspec.structs.replace(
        FINDING, claim=claim, witness=Witness("pays", plays, 1.0, prompt=prompt)
    )


def test_a_finding_says_what_pays_how_much_where_and_what_to_change():
    finding = with_witness(Play(1, ("a",)), Play(3, ("x\ny",)))
    text = report(
        certificate(check("FAIL"), findings=(finding,)), replay="firsthand audit --replay c.json"
    )
    assert text.startswith("FAIL  grader.py  (24 instances, 0 plays, 1.5 s)\n")
    for line in (
        "CRITICAL  empty (answer channel)",
        "  Nothing pays.",
        "  earned 1.000 of the oracle's reward on average (n = 24, in full on 24)",
        "  instance 3, after 1 other plays: What is it?",
        "  witness: 'x\\ny'",
        "  change: Reject it.",
        "Run the witnesses again: firsthand audit --replay c.json",
    ):
        assert line in text.splitlines()


def test_what_failed_comes_first_and_what_does_not_apply_last():
    checks = [
        check(status, status.lower(), reason="why") for status in ("NA", "PASS", "FAIL", "NOT_RUN")
    ]
    lines = report(certificate(*checks)).splitlines()
    assert [line.split()[0] for line in lines if " 0.000 " in line] == [
        "fail",
        "not_run",
        "pass",
        "na",
    ]


def test_it_says_what_could_not_run_and_what_was_not_checked():
    made = certificate(
        check("NOT_RUN", "oracle", reason="no time"), check("NOT_RUN", "empty", reason="no time")
    )
    text = report(made)
    assert "Could not run: oracle, empty: no time." in text and "Not checked: judges." in text


def test_a_stopped_audit_says_that_it_is_partial():
    assert "partial" in report(certificate(check("NOT_RUN"), partial=True)).splitlines()[0]
    assert "partial" not in report(certificate(check("PASS")))


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_no_line_is_wider_than_the_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    finding = with_witness(Play(3, ("long " * 90,) * 30), prompt="word " * 80, claim="claim " * 60)
    text = report(certificate(check("FAIL", reason="r " * 90), findings=(finding,)))
    assert max(map(len, text.splitlines())) <= columns and "… 30 actions" in " ".join(text.split())


def test_a_target_cannot_draw_in_the_terminal():
    evil = "\x1b[2J\x1b]0;PASS\x07\u202e\rPASS"
    finding = with_witness(Play(3, (evil,)), prompt=evil, claim=evil)
    text = report(certificate(check("NOT_RUN", reason=evil), findings=(finding,)))
    assert all(letter.isprintable() for line in text.split("\n") for letter in line)


def test_findings_of_one_check_are_told_under_the_worst():
    """A report of many findings with one cause hides the cause."""
    worst = msgspec.structs.replace(FINDING, claim="A digit is ignored.", mean=0.5)
    found = (worst, FINDING, msgspec.structs.replace(FINDING, check="echo", claim="It echoes."))
    text = report(certificate(check("FAIL"), findings=found))
    assert text.count("CRITICAL") == 2
    assert "Nothing pays." in text and "also: A digit is ignored." in text
