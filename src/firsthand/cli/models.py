"""`firsthand models`: who can play, and what is there for them on this machine."""

import importlib.util

import msgspec

from firsthand.cli.document import document
from firsthand.cli.options import Json
from firsthand.models import KINDS

PACKAGE = {
    "openai": ("aiohttp", "firsthand"),
    "llama": ("xllamacpp", "firsthand[local]"),
    "torch": ("torch", "firsthand[local,train]"),
    "tiny": ("torch", "firsthand[train]"),
}
"""The package a kind needs beyond the core's own code, and what brings it."""


class Kind(msgspec.Struct, frozen=True):
    """One kind of model. `weights` is where the embedded model's are kept, `fetched` their size in
    bytes, 0 if not there yet.
    """

    kind: str
    usage: str
    installed: bool
    install: str
    weights: str | None = None
    fetched: int = 0


def models(json: Json = False) -> None:
    """List the kinds of models, and what is installed for them.

    Example: firsthand models
    """
    found = [_kind(name, usage) for name, usage in KINDS.items()]
    if json:
        document(found)
        return
    from firsthand.cli.console import SafeConsole

    console = SafeConsole()
    for kind in found:
        console.prose(kind.usage, style="bold")
        console.prose(
            f"    {'installed' if kind.installed else f'not installed: {kind.install}'}",
        )
        if kind.weights:
            size = (
                f"{kind.fetched / 1e6:.0f} MB" if kind.fetched else "fetched when first used, 93 MB"
            )
            console.prose(f"    weights of smollm2: {kind.weights} ({size})")


def _kind(name: str, usage: str) -> Kind:
    package, brought_by = PACKAGE.get(name, ("firsthand", "firsthand"))
    installed = importlib.util.find_spec(package) is not None
    install = f"pip install '{brought_by}'"
    if name != "llama":
        return Kind(name, usage, installed, install)
    from firsthand.models import weights

    path = weights.cache_folder() / weights.NAME
    return Kind(
        name, usage, installed, install, str(path), path.stat().st_size if path.is_file() else 0
    )
