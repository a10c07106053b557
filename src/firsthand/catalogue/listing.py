"""What is told of an environment without playing it: its declarations, and its certificate."""

from pathlib import Path
from typing import Literal

import msgspec

import firsthand
from firsthand.audit.environment_hash import environment_sha256
from firsthand.environment import Environment, tools_of
from firsthand.errors import UserError
from firsthand.registry import environments, lookup

Certified = Literal["PASS", "FAIL", "INCOMPLETE", "STALE", "NONE"]
"""The verdict of the certificate that ships with an environment; STALE: it is about other code."""
_PACKAGE = Path(firsthand.__file__).parent
PLACES = (_PACKAGE / "certificates", _PACKAGE.parent.parent / "certificates")
"""Where certificates are in an installed package, and in a clone."""


class Listed(msgspec.Struct, frozen=True):
    """One environment as it is listed. `actions` is how it is acted in: choices, tools or text."""

    name: str
    domain: str
    version: str
    summary: str
    levels: list[int]
    turns: int
    laws: bool
    base_rate: float
    actions: str
    tools: list[str]
    needs: list[str]
    certificate: Certified


class _Target(msgspec.Struct, frozen=True):
    sha256: str


class _Seal(msgspec.Struct, frozen=True):
    """What is read of a certificate here; `firsthand audit --replay` reads and checks all of it."""

    verdict: Certified
    target: _Target


def installed() -> tuple[list[Listed], list[str]]:
    """Return what is installed, and what is wrong with packages that are broken."""
    found: list[Listed] = []
    problems: list[str] = []
    for name in environments():
        try:
            found.append(listed(lookup(name)))
        except (UserError, TypeError) as error:  # one broken package does not hide the others
            problems.append(str(error))
    return found, problems


def listed(environment: type[Environment]) -> Listed:
    """Describe an environment by what its class declares, and by its certificate."""
    tools = list(tools_of(environment))
    chooses = environment.choices is not Environment.choices
    return Listed(
        name=environment.name,
        domain=environment.name.partition("/")[0],
        version=environment.version,
        summary=environment.summary(),
        levels=list(environment.levels),
        turns=environment.turns,
        laws=environment.laws,
        base_rate=environment.base_rate,
        actions="tools" if tools else "choices" if chooses else "text",
        tools=tools,
        needs=sorted(environment.needs),
        certificate=certified(environment),
    )


def certificate_of(name: str) -> Path | None:
    """Return the file of the certificate that ships with an environment, if there is one."""
    file = f"{name.replace('/', '_')}.json"
    return next((place / file for place in PLACES if (place / file).is_file()), None)


def certified(environment: type[Environment]) -> Certified:
    """Return the verdict of an environment's certificate, if it is about the code that is here."""
    file = certificate_of(environment.name)
    if file is None:
        return "NONE"
    try:
        seal = msgspec.json.decode(file.read_bytes(), type=_Seal)
        same = seal.target.sha256 == environment_sha256(environment)
    except (msgspec.MsgspecError, OSError):  # damaged, or a class whose source is not in a file
        return "NONE"
    return seal.verdict if same else "STALE"
