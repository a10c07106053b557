"""What environments need of a machine: each need is probed once, and where it is missing the exact
command that brings it is told.

An episode whose environment needs something that is missing fails with that text before it starts:
never a silent downgrade.
"""

import importlib.util
import shutil
from collections.abc import Callable, Iterable
from functools import cache

import msgspec

from firsthand.errors import SandboxError, UnknownName

PACKAGES = "./install-system-packages"
"""The project's own script for packages of the system."""


class Need(msgspec.Struct, frozen=True):
    """Something that a machine may lack: what it is for, how to find out, and how to get it.

    `missing` returns why it cannot be used here, an empty text when it can. `processes` says that
    its commands start processes, which makes plays slow.
    """

    what: str
    missing: Callable[[], str]
    fix: str
    processes: bool = False


def _library(module: str) -> Callable[[], str]:
    def missing() -> str:
        return "" if importlib.util.find_spec(module) else f"the package {module} is not installed"

    return missing


def _contained() -> str:
    from firsthand.sandbox import jail  # only environments with such a need pay for it

    return jail.failure()


def _git() -> str:
    if shutil.which("git") is None:
        return "git is not installed"
    return _contained()


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def _browser() -> str:
    if not any(map(shutil.which, BROWSERS)):
        return f"no browser is installed (looked for {', '.join(BROWSERS)})"
    return _library("playwright")()


_WORLDS = "pip install 'firsthand[worlds]'"
_SYSTEM = f"{PACKAGES} (or: apt-get install bubblewrap)"
NEEDS: dict[str, Need] = {
    "shell": Need("a shell without a machine behind it", _library("bashkit"), _WORLDS),
    "bash": Need("real bash, contained", _contained, _SYSTEM, processes=True),
    "python": Need("Python written by models, contained", _contained, _SYSTEM, processes=True),
    "git": Need(
        "real git, contained", _git, PACKAGES, processes=True
    ),
    "browser": Need(
        "a real browser", _browser, f"{PACKAGES}, and pip install 'firsthand[browser]'",
        processes=True,
    ),
}  # fmt: skip


@cache
def missing(name: str) -> str:
    """Say why a need is not met here, an empty text when it is. Raises `UnknownName`."""
    if name not in NEEDS:
        raise UnknownName("need", name, NEEDS, hint=f"There are: {', '.join(NEEDS)}.")
    return NEEDS[name].missing()


def check(needs: Iterable[str]) -> None:
    """Raise `SandboxError` with the command that helps when a need is not met here."""
    for name in sorted(needs):
        if why := missing(name):
            raise SandboxError(
                f"This environment needs {name!r} ({NEEDS[name].what}), and {why}. "
                f"Get it with: {NEEDS[name].fix}. `firsthand doctor` shows all needs."
            )


def costly(needs: Iterable[str]) -> bool:
    """Say whether playing starts processes."""
    return any(NEEDS[name].processes for name in needs if name in NEEDS)
