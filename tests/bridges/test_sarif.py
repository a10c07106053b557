"""Findings as SARIF: the form that the standard asks for, and places that a reader can open."""

import json
from pathlib import Path

import msgspec

from firsthand.audit.finding import CheckResult, Finding, Witness
from firsthand.audit.report.certificate import Certificate, Seeds
from firsthand.audit.targets.protocol import Facts, Play, Spec
from firsthand.bridges.sarif import Audited, sarif


def certificate(*, verdict="FAIL", name="rewards.py:f", **statuses):
    """Return a certificate with a status for each check, and a finding for each that failed."""
    checks = tuple(
        CheckResult(check, "answer channel", status, f"{check} is right.", n=24, reason="why not")
        for check, status in statuses.items()
    )
    findings = tuple(
        Finding(
            check=check.id,
            class_=check.class_,
            severity="critical",
            claim=f"{check.id} is paid.",
            n=24,
            hits=24,
            mean=1.0,
            witness=Witness("pays", (Play(3, ("1 2 3\x1b[31m",)),), value=1.0),
            advice="Compare the answer.",
        )
        for check in checks
        if check.status == "FAIL"
    )
    return Certificate(
        verdict=verdict,
        target=Facts("answer", name, "ab" * 32),
        spec=Spec("file", "made.target.py"),
        findings=findings,
        checks=checks,
        seeds=Seeds(24, ""),
        budget="quick",
        base_rate={"declared": None, "measured": 0.25},
        diversity={},
        difficulty=(),
        bounds={},
        not_checked=(),
        auditor={"version": "0.1.0", "code_sha256": "cd" * 32},
        platform="here",
        made="2026-11-29",
        seconds=1.0,
        root_sha256="ef" * 32,
    )


def test_a_finding_stands_where_the_function_begins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed = certificate(oracle="PASS", enumeration="FAIL", echo="NOT_RUN")
    run = json.loads(sarif([Audited(failed, tmp_path / "src" / "rewards.py", 7)]))["runs"][0]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] == "error" and result["ruleId"] == "enumeration"
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "src/rewards.py"}, "region": {"startLine": 7}}
    assert result["message"]["text"].startswith("rewards.py:f: enumeration is paid. Witness on")
    assert "\x1b" not in result["message"]["text"]
    (missing,) = run["invocations"][0]["toolExecutionNotifications"]
    assert missing["message"]["text"] == "rewards.py:f: echo could not run: why not"


def test_a_fingerprint_does_not_move_with_lines(tmp_path):
    def prints(one, line):
        log = json.loads(sarif([Audited(one, tmp_path / "rewards.py", line)]))
        return [found["partialFingerprints"] for found in log["runs"][0]["results"]]

    one = certificate(enumeration="FAIL")
    assert prints(one, 3) == prints(msgspec.structs.replace(one, made="2027-01-01"), 30)
    assert prints(one, 3) != prints(certificate(echo="FAIL"), 3)


def test_a_target_without_a_file_here_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = json.loads(sarif([Audited(certificate(echo="FAIL"), Path("/elsewhere/world.py"))]))
    (place,) = log["runs"][0]["results"][0]["locations"]
    assert place == {"logicalLocations": [{"fullyQualifiedName": "rewards.py:f"}]}


def test_the_log_has_the_form_of_the_standard(tmp_path, monkeypatch):
    """Required properties, and those that are lists of known words; no package has the schema."""
    monkeypatch.chdir(tmp_path)
    failed = certificate(oracle="PASS", enumeration="FAIL", echo="NOT_RUN")
    log = json.loads(sarif([Audited(failed, tmp_path / "rewards.py", 7)]))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"] and rules[result["ruleIndex"]] == result["ruleId"]
        assert all(isinstance(text, str) for text in result["partialFingerprints"].values())
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert run["invocations"][0]["executionSuccessful"] is True
    assert json.loads(sarif([]))["runs"][0]["results"] == []
