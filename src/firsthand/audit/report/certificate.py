"""The certificate: what was attacked, how, with what result, in one canonical JSON object that
names its own hash.

Canonical: keys sorted, no spaces, UTF-8, floats rounded to six digits. `root_sha256` is the hash of
that form without the field itself, so that equal audits have equal names and an edited one shows.
"""

import hashlib
import json
import math
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from firsthand import __version__
from firsthand.audit.code_hash import code_sha256
from firsthand.audit.finding import CheckResult, Finding
from firsthand.audit.targets.protocol import Facts, Spec
from firsthand.errors import UserError
from firsthand.process.child import containment

SCHEMA = 1
Verdict = Literal["PASS", "FAIL", "INCOMPLETE"]
EXIT = {"PASS": 0, "FAIL": 1, "INCOMPLETE": 2}


class Seeds(msgspec.Struct, frozen=True):
    """The streams that seeds were drawn from: search and certification share none."""

    n: int
    key: str = ""
    search: str = "search"
    certify: str = "certify"


class Certificate(msgspec.Struct, frozen=True):
    """The result of one audit. There is no grade: `checks` is the result, `verdict` its summary."""

    verdict: Verdict
    target: Facts
    spec: Spec
    findings: tuple[Finding, ...]
    checks: tuple[CheckResult, ...]
    seeds: Seeds
    budget: str
    base_rate: dict[str, Any]
    """`declared` by the target, and `measured`: the most that a policy earned which never looks."""
    diversity: dict[str, Any]
    difficulty: tuple[dict[str, Any], ...]
    bounds: dict[str, Any]
    """`error`: chance that any upper bound is wrong, divided among so many `attacks`."""
    not_checked: tuple[str, ...]
    auditor: dict[str, str]
    """`version` of firsthand and `code_sha256`, the hash of the auditor's code."""
    platform: str
    made: str
    """Date, in ISO 8601."""
    seconds: float
    partial: bool = False
    """Whether the audit was stopped before its end."""
    schema: int = SCHEMA
    root_sha256: str = ""

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 incomplete."""
        return EXIT[self.verdict]

    def json(self) -> str:
        """Return the canonical JSON, in one line."""
        return canonical(_plain(self))

    def save(self, path: Path) -> None:
        """Write the certificate, one field or item a line, so that versions can be compared."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps(_plain(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )


def verdict(checks: "Sequence[CheckResult]") -> Verdict:
    """Sum up: one failed check fails; one that applies and could not run leaves it incomplete."""
    statuses = {check.status for check in checks}
    return "FAIL" if "FAIL" in statuses else "INCOMPLETE" if "NOT_RUN" in statuses else "PASS"


def sealed(certificate: Certificate) -> Certificate:
    """Return the certificate with its hash."""
    return msgspec.structs.replace(certificate, root_sha256=root(certificate))


def root(certificate: Certificate) -> str:
    """Hash a certificate without what differs between machines: date, durations, platform.

    The hash tells versions apart. It is no signature: who edits a certificate can hash it again.
    """
    bare = msgspec.structs.replace(certificate, root_sha256="", made="", platform="", seconds=0.0)
    content = _plain(bare)
    for check in content["checks"]:
        check["seconds"] = 0.0
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def load(path: Path) -> Certificate:
    """Read a certificate. Raises `UserError` when it is none, or was edited."""
    try:
        certificate = msgspec.json.decode(path.read_bytes(), type=Certificate)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise UserError(f"{path} is no certificate of `firsthand audit`: {error}") from error
    if certificate.root_sha256 != root(certificate):
        raise UserError(
            f"{path} was edited: its content does not have the hash that it names. Make it "
            "again with `firsthand audit`."
        )
    failed = {check.id for check in certificate.checks if check.status == "FAIL"}
    told = {found.check for found in certificate.findings if found.severity != "minor"}
    if certificate.verdict != verdict(certificate.checks) or told != failed:
        raise UserError(
            f"{path} contradicts itself: its findings, its checks and its verdict do not agree. "
            "Make it again with `firsthand audit`."
        )
    return certificate


def canonical(content: Any) -> str:
    """Return JSON with sorted keys and without spaces."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def auditor() -> dict[str, str]:
    """Say which auditor this is."""
    return {"version": __version__, "code_sha256": code_sha256(Path(__file__).parent.parent)}


def host() -> str:
    """Say what this ran on, and what kept the target apart from it."""
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{machine}; {containment()}"


def _plain(certificate: Certificate) -> Any:
    return _rounded(
        msgspec.to_builtins(msgspec.structs.replace(certificate, spec=_shown(certificate.spec)))
    )


def _shown(spec: Spec) -> Spec:
    """Return a spec as it is written: without the folders of this machine."""
    path = Path(spec.name)
    if spec.source != "file" or not path.is_absolute():
        return spec
    return msgspec.structs.replace(
        spec,
        name=str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else path.name,
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in cast("list[Any]", value)]
    return value
