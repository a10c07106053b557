"""Findings of audits as SARIF 2.1.0, which code review tools show beside the code.

A rule is a check, a result one finding with its shortest witness. A finding stands at the line
where the reward function begins, or at the first line of the file that was audited; what is
installed and has no file here is named without a place. The fingerprint is of check and claim, so
that a finding is recognised after lines moved. See docs.oasis-open.org/sarif/sarif/v2.1.0.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from firsthand.audit.finding import CheckResult, Finding, Severity
from firsthand.audit.report.certificate import Certificate
from firsthand.printable import inline

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS: dict[Severity, str] = {"critical": "error", "major": "error", "minor": "note"}
LONGEST = 500
"""Most characters of a witness in a message."""


class Audited(NamedTuple):
    """A certificate, and where its target is written; None where that is not known here."""

    certificate: Certificate
    file: Path | None = None
    line: int = 1


def sarif(audited: Sequence[Audited]) -> str:
    """Return the findings of some audits as one SARIF log with one run."""
    checks = {check.id: check for one in audited for check in one.certificate.checks}
    rules = [_rule(checks[name]) for name in sorted(checks)]
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    results = [
        _result(one, finding, places[finding.check])
        for one in audited
        for finding in one.certificate.findings
    ]
    driver: dict[str, Any] = {"name": "firsthand", "rules": rules}
    if audited:
        driver["semanticVersion"] = audited[0].certificate.auditor["version"]
    run = {
        "tool": {"driver": driver},
        "results": results,
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not any(one.certificate.partial for one in audited),
                "toolExecutionNotifications": [
                    _missing(one.certificate, check)
                    for one in audited
                    for check in one.certificate.checks
                    if check.status == "NOT_RUN"
                ],
            }
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(check: CheckResult) -> dict[str, Any]:
    return {
        "id": check.id,
        "shortDescription": {"text": check.claim},
        "properties": {"tags": [check.class_]},
    }


def _result(one: Audited, finding: Finding, place: int) -> dict[str, Any]:
    name = one.certificate.target.name
    known = f"{name}\0{finding.check}\0{finding.claim}"
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": place,
        "level": LEVELS[finding.severity],
        "message": {"text": _message(name, finding)},
        "partialFingerprints": {"finding/v1": hashlib.sha256(known.encode()).hexdigest()[:32]},
        "properties": {
            "severity": finding.severity,
            "instances": finding.n,
            "paidInFull": finding.hits,
            "mean": round(finding.mean, 6),
            "certificate": one.certificate.root_sha256,
        },
    }
    located: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": name}]}
    if uri := _uri(one.file):
        region = {"startLine": max(1, one.line)}
        located["physicalLocation"] = {"artifactLocation": {"uri": uri}, "region": region}
    return {**result, "locations": [located]}


def _message(name: str, finding: Finding) -> str:
    parts = [f"{name}: {finding.claim}"]
    if finding.witness.plays:
        last = finding.witness.plays[-1]
        shown = inline(" / ".join(last.actions))
        cut = shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
        parts.append(f"Witness on instance {last.seed}: {cut!r}.")
    return " ".join([*parts, finding.advice]).strip()


def _uri(file: Path | None) -> str:
    """Return a file's path below the working folder, which is where SARIF readers begin."""
    if file is None or not file.is_relative_to(Path.cwd()):
        return ""
    return file.relative_to(Path.cwd()).as_posix()


def _missing(certificate: Certificate, check: CheckResult) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": {"text": f"{certificate.target.name}: {check.id} could not run: {check.reason}"},
    }
