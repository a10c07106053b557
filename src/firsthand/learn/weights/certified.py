"""Training refuses what was not audited: a policy finds every hole of a reward that it is paid by.

A certificate counts where it passes, is whole, and was made for the environment as it is now: the
same version and the same code.
"""

from collections.abc import Sequence
from pathlib import Path

import firsthand
from firsthand.audit.report.certificate import Certificate, load
from firsthand.audit.targets.native import Native
from firsthand.audit.targets.protocol import Facts, Spec
from firsthand.errors import UserError
from firsthand.registry import lookup

FOLDER = "certificates"


def places() -> list[Path]:
    """Return the folders of certificates: of the working folder, of the repository, the package."""
    package = Path(firsthand.__file__).parent
    return [Path.cwd() / FOLDER, package.parent.parent / FOLDER, package / FOLDER]


def require_certificate(environment: str, folders: Sequence[Path] | None = None) -> Certificate:
    """Return the certificate of an environment. Raises `UserError` where none holds, and why."""
    kind = lookup(environment)
    now = Native(Spec("native", environment), kind).facts()
    problems: list[str] = []
    for folder in dict.fromkeys(folders or places()):
        path = folder / f"{now.name.replace('/', '_').replace(':', '_')}.json"
        if not path.exists():
            problems.append(f"{path}: not there")
            continue
        try:
            found = load(path)
        except UserError as error:
            problems.append(str(error))
            continue
        if why := _unfit(found, now):
            problems.append(f"{path}: {why}")
        else:
            return found
    looked = "\n".join(f"  {problem}" for problem in problems)
    raise UserError(
        f"{environment} has no passing certificate, and a policy that is trained finds every hole "
        f"of its reward. Looked at:\n{looked}\nMake one with `firsthand audit {environment} --out "
        f"{FOLDER}/`, or train all the same with --allow-uncertified."
    )


def _unfit(found: Certificate, now: Facts) -> str:
    """Say why a certificate does not vouch for the environment; empty where it does."""
    if found.target.name != now.name:
        return f"it is that of {found.target.name}"
    if found.verdict != "PASS":
        return f"its verdict is {found.verdict}"
    if found.partial:
        return "its audit was stopped before its end"
    if found.target.version != now.version:
        return f"it is for version {found.target.version}, and this is version {now.version}"
    if found.target.sha256 != now.sha256:
        return "the environment's code was changed since"
    return ""
