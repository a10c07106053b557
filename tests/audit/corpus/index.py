"""The targets of the corpus by name: where each lies, which set it came in, what is wrong with
it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Target:
    """One entry of index.toml; `ids` (of the catalogue of exploits) and `what` only if broken."""

    name: str
    path: Path
    kind: str
    broken: bool
    set: str
    ids: tuple[int, ...] = ()
    what: str = ""


_INDEX = tomllib.loads((HERE / "index.toml").read_text(encoding="utf-8"))
SETS: dict[str, dict[str, object]] = _INDEX["sets"]
TARGETS = {
    name: Target(
        name=name,
        path=HERE / entry["path"],
        kind=entry["kind"],
        broken=entry["broken"],
        set=entry["set"],
        ids=tuple(entry.get("ids", ())),
        what=entry.get("what", ""),
    )
    for name, entry in _INDEX["targets"].items()
}


def paths(set_: str, *kinds: str, broken: bool | None = None) -> list[Path]:
    """Files of one set; of these kinds only, where some are named; broken, sound (False) or all."""
    return [
        target.path
        for target in TARGETS.values()
        if target.set == set_
        and (not kinds or target.kind in kinds)
        and (broken is None or target.broken is broken)
    ]


def path_of(name: str) -> Path:
    """File of one target."""
    return TARGETS[name].path
