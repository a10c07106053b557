"""A certificate as text that a person can act on: what pays, how much, where, the shortest witness, and what to change."""

import shutil

from firsthand.audit.certificate import Certificate
from firsthand.audit.finding import Finding

ORDER = {"FAIL": 0, "NOT_RUN": 1, "PASS": 2, "NA": 3}


def report(certificate: Certificate, *, replay: str = "") -> str:
    """Return the report; `replay` is the command that runs the witnesses again."""
    width = max(60, min(shutil.get_terminal_size((110, 24)).columns, 140))
    facts = certificate.target
    partial = " The audit was stopped: this report is partial." if certificate.partial else ""
    plays = sum(check.plays for check in certificate.checks)
    lines = [f"{certificate.verdict}  {facts.name}  ({certificate.seeds.n} instances, {plays} plays, {certificate.seconds:.1f} s){partial}", ""]
    for finding in sorted(certificate.findings, key=lambda f: f.severity):
        lines += _finding(finding, width)
    if certificate.findings and replay:
        lines += [f"Run the witnesses again: {replay}", ""]
    lines.append(f"{'check':<17} {'status':<8} {'n':>5} {'probes':>6} {'mean':>6} {'upper':>6}  claim, or why not")
    for check in sorted(certificate.checks, key=lambda check: ORDER[check.status]):
        bound = f"{check.upper95:6.3f}" if check.upper95 is not None else "     -"
        text = check.reason if check.status in ("NA", "NOT_RUN") and check.reason else check.claim
        lines.append(f"{check.id:<17} {check.status:<8} {check.n:>5} {check.probes:>6} {check.mean:6.3f} {bound}  {_cut(text, width - 55)}")
    lines += [
        "",
        f"`upper`: with 95% confidence over all checks at once, no attack of that check earns more on average. Root {certificate.root_sha256[:16]}.",
    ]
    return "\n".join(lines)


def _finding(finding: Finding, width: int) -> list[str]:
    witness = finding.witness
    lines = [f"{finding.severity.upper()}  {finding.check} ({finding.class_})", f"  {finding.claim}"]
    if finding.n:
        lines.append(
            f"  earned {finding.mean:.3f} of the oracle's reward on average (upper 95% bound {finding.upper95:.3f}, n = {finding.n}, in "
            f"full on {finding.hits})"
        )
    if witness.plays:
        last = witness.plays[-1]
        before = f", after {len(witness.plays) - 1} other plays" if len(witness.plays) > 1 else ""
        actions = ", ".join(repr(_cut(action, 100)) for action in last.actions[:8]) or "nothing"
        more = f" … {len(last.actions)} actions" if len(last.actions) > 8 else ""
        lines.append(f"  instance {last.seed}{before}: {_cut(' '.join(witness.prompt.split()), width - 20)}")
        lines.append(f"  witness: {actions}{more}")
    if finding.advice:
        lines.append(f"  change: {finding.advice}")
    return [*lines, ""]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
