"""An audit as a validation report of OpenEnv (RFC 008), whose own graders do not look at rewards.

The form is the report schema of openenv 0.10, version 1, under its severity policy v2. Ids of the
policy that a check of ours answers are filled; several checks may answer one id, which then fails
if one of them does. The lane is the hub's, as it alone has the statistical ids. No manifest is
read: the audit looks at behaviour, so `static.manifest` is skipped, and by their rule a report with
a skip says at best `warn`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from firsthand.audit.finding import CheckResult
from firsthand.audit.report.certificate import Certificate
from firsthand.printable import inline

Status = Literal["pass", "fail", "skip"]
POLICY = "v2"
FLOOR_MARGIN = 0.1
"""`bounds.min_floor_margin` of their policy v2: between the best blind policy and the oracle."""
ANSWERED: Mapping[str, tuple[str, ...]] = {
    "runtime.reward_well_formed": ("malformed_input", "odd_values"),
    "runtime.seed_control": ("instances", "level_sizes"),
    "runtime.episode_determinism": ("determinism",),
    "semantic.oracle_max": ("oracle",),
    "semantic.no_solution_leakage": (
        "echo", "copy_rules", "twin_replies", "stated_answers", "led_by_errors", "wrong_slots",
        "listed_plans", "quoted_plans", "feedback_leaks", "error_chains", "early_values",
    ),
    "semantic.verifier_determinism": ("determinism",),
    "semantic.verifier_portability": ("determinism", "agreement"),
    "semantic.replayability": ("recomputation",),
    "statistical.adversarial_floor": (
        "empty", "constants", "enumeration", "judges", "exploits", "expressions", "patterns",
        "passive", "cycles", "repeated_steps", "after_done", "blind_plans",
    ),
    "statistical.gameability_gap": (
        "mutation", "merged_answers", "side_numbers", "other_answers", "program_mutation",
        "plan_steps", "plan_arguments", "accepted_values", "dropped_clauses", "invariance",
    ),
    "statistical.reward_reachability": (
        "oracle", "surrounding_text", "harmless_extras", "state_graph", "load",
    ),
}  # fmt: skip
"""Their check ids, and the checks of the audit that answer them."""
ONLY_WARNS = ("statistical.gameability_gap",)
"""Ids whose failure is a warning under policy v2."""
EVIDENCE = 6
"""Most lines of evidence for one id."""


def report(certificate: Certificate) -> dict[str, Any]:
    """Return the report of one audit, in the form of their `ValidationReport`."""
    checks = {check.id: check for check in certificate.checks}
    results = [_no_manifest(), _floor(certificate)]
    results += [_answered(certificate, name, ids, checks) for name, ids in ANSWERED.items()]
    return {
        "report_schema_version": "1",
        "target": certificate.target.name,
        "source_digest": certificate.target.sha256,
        "signature": "openenv.yaml",
        "manifest": None,
        "policy_version": POLICY,
        "lane": "hub",
        "levels_run": [2, 3, 4],
        "results": results,
        "verdict": verdict(results),
    }


def text(certificates: Sequence[Certificate]) -> str:
    """Return the reports as JSON: one object, or a list where there are several."""
    made = [report(certificate) for certificate in certificates]
    return json.dumps(made[0] if len(made) == 1 else made, indent=2, ensure_ascii=False)


def verdict(results: Sequence[Mapping[str, Any]]) -> Literal["pass", "warn", "fail"]:
    """Sum up as their policy does: a failure fails unless it only warns, and a skip warns."""
    failed = [result["check_id"] for result in results if result["status"] == "fail"]
    if any(name not in ONLY_WARNS for name in failed):
        return "fail"
    return "warn" if failed or any(one["status"] == "skip" for one in results) else "pass"


def _result(
    name: str,
    status: Status,
    evidence: Sequence[str],
    *,
    measured: Mapping[str, Any] = {},
    remediation: str = "",
    seconds: float = 0.0,
) -> dict[str, Any]:
    return {
        "check_id": name,
        "status": status,
        "measured": dict(measured),
        "evidence": list(evidence)[:EVIDENCE],
        "remediation": remediation or None,
        "duration_s": round(seconds, 3),
    }


def _no_manifest() -> dict[str, Any]:
    why = "no package manifest was read: the audit plays the target and looks at its rewards"
    return _result("static.manifest", "skip", [why])


def _floor(certificate: Certificate) -> dict[str, Any]:
    """Compare the best policy that never looks with the oracle."""
    ran = {check.id for check in certificate.checks if check.status in ("PASS", "FAIL")}
    if not ran & {"empty", "constants", "passive", "blind_plans"}:
        return _result("semantic.floor_gap", "skip", ["no policy that never looks was played"])
    floor = float(certificate.base_rate.get("measured") or 0.0)
    wide = 1.0 - floor >= FLOOR_MARGIN
    return _result(
        "semantic.floor_gap",
        "pass" if wide else "fail",
        [f"policies that never look earn {floor:.3f} of the oracle's reward at best"],
        measured={"floor": round(floor, 6), "min_floor_margin": FLOOR_MARGIN},
        remediation="" if wide else "Pay nothing for what does not depend on the task.",
    )


def _answered(
    certificate: Certificate, name: str, ids: Sequence[str], checks: Mapping[str, CheckResult]
) -> dict[str, Any]:
    ours = [checks[one] for one in ids if one in checks]
    ran = [check for check in ours if check.status in ("PASS", "FAIL")]
    stuck = [check for check in ours if check.status == "NOT_RUN"]
    failed = {check.id for check in ran if check.status == "FAIL"}
    found = [
        finding
        for finding in certificate.findings
        if finding.check in failed and finding.severity != "minor"
    ]
    reasons = [f"{check.id}: {check.reason or 'not run'}" for check in (stuck or ours)]
    measured = {check.id: _measured(check) for check in ran}
    seconds = sum(check.seconds for check in ours)
    if failed:
        said = [f"{one.check}: {inline(one.claim)}"[:600] for one in found]
        advice = next((one.advice for one in found if one.advice), "")
        return _result(name, "fail", said, measured=measured, remediation=advice, seconds=seconds)
    if stuck or not ran:
        return _result(
            name, "skip", reasons or ["the check was not asked for"], measured=measured,
            seconds=seconds,
        )  # fmt: skip
    held = [f"{check.id}: {check.claim}" for check in ran]
    return _result(name, "pass", held, measured=measured, seconds=seconds)


def _measured(check: CheckResult) -> dict[str, Any]:
    told: dict[str, Any] = {"n": check.n, "probes": check.probes, "mean": round(check.mean, 6)}
    return told if check.upper95 is None else {**told, "upper95": round(check.upper95, 6)}
