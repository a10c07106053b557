"""A certificate as text that a person can act on: what pays, how much, where, the shortest witness,
and what to change.

Everything that a target said is shown with its control characters escaped: it must not be able to
draw its own verdict.
"""

import shutil
import textwrap
from collections.abc import Sequence

from firsthand.audit.finding import CheckResult, Finding
from firsthand.audit.report.certificate import Certificate
from firsthand.printable import inline

ORDER = {"FAIL": 0, "NOT_RUN": 1, "PASS": 2, "NA": 3}
ACTIONS_SHOWN = 8


def report(certificate: Certificate, *, replay: str = "") -> str:
    """Return the report; `replay` is the command that runs the witnesses again."""
    width = max(60, min(shutil.get_terminal_size((110, 24)).columns, 140))
    facts = certificate.target
    partial = " The audit was stopped: this report is partial." if certificate.partial else ""
    plays = sum(check.plays for check in certificate.checks)
    head = (
        f"{certificate.verdict}  {inline(facts.name)}  ({certificate.seeds.n} instances, "
        f"{plays} plays, {certificate.seconds:.1f} s){partial}"
    )
    lines = [*_wrapped(head, width, ""), ""]
    for first, *others in by_check(certificate.findings):
        lines += _finding(first, width)
        for other in others:
            lines += _wrapped(f"also: {other.claim}", width)
        lines.append("")
    if certificate.findings and replay:
        lines += [f"Run the witnesses again: {replay}", ""]
    lines += [*_table(certificate, width), "", *_limits(certificate, width)]
    return "\n".join(lines)


def by_check(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings of each check together, the worst first: they often have one cause."""
    groups: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda found: (found.severity, -found.mean)):
        groups.setdefault(finding.check, []).append(finding)
    return list(groups.values())


def _finding(finding: Finding, width: int) -> list[str]:
    witness = finding.witness
    lines = [
        f"{finding.severity.upper()}  {finding.check} ({finding.class_})",
        *_wrapped(finding.claim, width),
    ]
    if finding.n:
        earned = f"earned {finding.mean:.3f} of the oracle's reward on average"
        lines += _wrapped(f"{earned} (n = {finding.n}, in full on {finding.hits})", width)
    if witness.plays:
        last = witness.plays[-1]
        before = f", after {len(witness.plays) - 1} other plays" if len(witness.plays) > 1 else ""
        actions = (
            ", ".join(repr(_cut(action, 100)) for action in last.actions[:ACTIONS_SHOWN])
            or "nothing"
        )
        more = f" … {len(last.actions)} actions" if len(last.actions) > ACTIONS_SHOWN else ""
        shown = f"  instance {last.seed}{before}: "
        lines.append(
            shown + _cut(inline(" ".join(witness.prompt.split())), max(20, width - len(shown)))
        )
        lines += _wrapped(f"witness: {actions}{more}", width)
    return lines + (_wrapped(f"change: {finding.advice}", width) if finding.advice else [])


def _table(certificate: Certificate, width: int) -> list[str]:
    lines = [
        _cut(
            (
                f"{'check':<17} {'status':<8} {'n':>5} {'probes':>6} {'mean':>6} {'upper':>6}  "
                "claim, or why not"
            ),
            width,
        )
    ]
    for check in sorted(certificate.checks, key=lambda check: ORDER[check.status]):
        bound = f"{check.upper95:6.3f}" if check.upper95 is not None else "     -"
        cells = (
            f"{check.id:<17} {check.status:<8} {check.n:>5} {check.probes:>6} "
            f"{check.mean:6.3f} {bound}  "
        )
        lines.append(cells + _cut(inline(_said(check)), width - len(cells)))
    return lines


def _said(check: CheckResult) -> str:
    return check.reason if check.status in ("NA", "NOT_RUN") and check.reason else check.claim


def _limits(certificate: Certificate, width: int) -> list[str]:
    """Say what the numbers mean, which checks could not run and why, and what no audit checks."""
    lines: list[str] = []
    stuck = [check for check in certificate.checks if check.status == "NOT_RUN"]
    for reason in dict.fromkeys(check.reason for check in stuck):
        lines += _wrapped(
            (
                "Could not run: "
                f"{', '.join(check.id for check in stuck if check.reason == reason)}: {reason}."
            ),
            width,
            "",
        )
    told = {f"{check.id}: {check.reason}" for check in certificate.checks}
    lines += _wrapped(
        f"Not checked: {'; '.join(text for text in certificate.not_checked if text not in told)}.",
        width,
        "",
    )
    bound = (
        "`upper`: with 95% confidence over all checks at once, no attack of that check earns "
        "more on average."
    )
    return lines + _wrapped(f"{bound} Root {certificate.root_sha256[:16]}.", width, "")


def _wrapped(text: str, width: int, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        inline(text), width, initial_indent=indent, subsequent_indent=indent and indent * 2
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
