"""Names to environments. Any package adds some by declaring entry points in
`firsthand.environments`.

`domain/family__variant` names a variant that is made from an environment, such as a sabotaged one.
Who makes variants declares an entry point in `firsthand.variants`: a function of an environment and
the variant's name.

`SOURCE:NAME` names an environment of another package, such as `gymnasium:CartPole-v1`. Who makes
them declares an entry point in `firsthand.sources`: a function of the other package's name for it,
of `name=`, which the class has to be named, and of keyword arguments that a name can tell too.
"""

import importlib
from functools import cache
from typing import Any

from firsthand import sourced
from firsthand.environment import Environment, check_contract
from firsthand.errors import InvalidTask, UnknownName, UserError, nearest
from firsthand.task import Split, Task, check_split

GROUP = "firsthand.environments"
VARIANTS = "firsthand.variants"
SOURCES = "firsthand.sources"

_registered: dict[str, type[Environment]] = {}
_made: dict[str, type[Environment]] = {}
"""What sources made here by their names alone."""


def register(environment: type[Environment]) -> type[Environment]:
    """Make an environment known by its name in this process; usable as a decorator.

    Raises `TypeError` when the class breaks the contract, `UserError` when the name is taken.
    """
    check_contract(environment)
    taken = _registered.get(environment.name)
    if taken is not None and (taken.__module__, taken.__qualname__) != (
        environment.__module__,
        environment.__qualname__,
    ):
        raise UserError(
            f"The name {environment.name!r} is taken by {taken.__module__}.{taken.__qualname__}."
        )
    _registered[environment.name] = environment
    return environment


def environments() -> list[str]:
    """Return the names of all environments, installed and registered, sorted."""
    return sorted({*_declared(GROUP), *_registered})


def sources() -> list[str]:
    """Return what may stand before the colon of `SOURCE:NAME`, sorted."""
    return sorted(_declared(SOURCES))


def from_source(environment: type[Environment]) -> bool:
    """Say whether another process that looks up the name of a class gets the same from a source."""
    return _made.get(environment.name) is environment


def lookup(name: str) -> type[Environment]:
    """Return the class behind `domain/family`, `domain/family__variant`, `SOURCE:NAME` or
    `package.module:Class`.

    Raises `UnknownName`, with the nearest known name, and `UserError` for a declaration that cannot
    be followed, and for what a source refuses.
    """
    if name in _registered:
        return _registered[name]
    declared = _declared(GROUP).get(name)
    if not declared and (made := _sourced(name) or _variant(name)):
        return made
    if not declared and ":" not in name:
        known = environments()
        raise UnknownName(
            "environment", name, known, hint=f"`firsthand envs` lists all {len(known)}."
        )
    target = _only(declared or [name], name)
    environment = _imported(target, f"The environment {name!r}")
    if environment.name != name and target != name:
        raise UserError(
            f"The environment {name!r} is declared as {target} but is named "
            f"{environment.name!r} there."
        )
    return register(environment)


def make(name: str) -> Environment:
    """Return a fresh instance, which plays one episode. Raises `UnknownName`."""
    return lookup(name)()


def tasks(
    environment: str,
    n: int,
    *,
    split: Split = "train",
    level: int = 1,
    world: int = 0,
    start: int = 0,
) -> list[Task]:
    """Return tasks of seeds `start` … `start + n - 1`. Raises `UnknownName`, `InvalidTask`."""
    found = lookup(environment)
    if level not in found.levels:
        raise InvalidTask(
            f"{found.name} has levels {found.levels[0]} to {found.levels[-1]}, got {level}."
        )
    if n < 0 or start < 0 or world < 0:
        raise InvalidTask(
            f"n, start and world count from 0, got n={n}, start={start}, world={world}."
        )
    check_split(split)
    return [
        Task(found.name, seed, world, level, split, found.version)
        for seed in range(start, start + n)
    ]


def check_version(task: Task) -> None:
    """Refuse a task of another version of its environment. Raises `InvalidTask`."""
    found = lookup(task.environment)
    if task.version != found.version:
        raise InvalidTask(
            f"{task.id} was made for version {task.version} of {found.name}; installed is "
            f"version {found.version}."
        )


def _variant(name: str) -> type[Environment] | None:
    base, _, variant = name.rpartition("__")
    if "/" not in base:
        return None
    from importlib.metadata import entry_points  # deferred: scanning takes milliseconds

    for point in entry_points(group=VARIANTS):
        return point.load()(lookup(base), variant)
    return None


def _sourced(name: str) -> type[Environment] | None:
    """Return what a source makes of its name; None: no source is meant."""
    wanted = sourced.read(name)
    if wanted is None or wanted.source not in (declared := _declared(SOURCES)):
        return None
    target = _only(declared[wanted.source], wanted.source)
    adopt = _imported(target, f"The source {wanted.source!r}")
    told = sourced.arguments(adopt, wanted)
    named = sourced.written(wanted.source, wanted.name, told)
    if named in _registered:
        return _registered[named]
    made: type[Environment] = adopt(wanted.name, name=named, **told)
    if made.name != named:
        raise UserError(f"{target} was to make {named!r} and made {made.name!r}.")
    _made[named] = register(made)
    return made


def _only(targets: list[str], name: str) -> str:
    """Return the one place where a name is declared. Raises `UserError` where there are two."""
    if len(targets) > 1:
        raise UserError(
            f"The name {name!r} is declared by two packages, as "
            f"{' and as '.join(targets)}: uninstall one."
        )
    return targets[0]


def _imported(target: str, what: str) -> Any:
    """Import `module:attribute`. Raises `UserError`."""
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        meant = nearest(module, sources()) if isinstance(error, ModuleNotFoundError) else None
        guess = f". Did you mean {meant}:{attribute}?" if meant and meant != module else ""
        raise UserError(
            f"{what} is declared as {target} but cannot be imported: {error}{guess}"
        ) from error


@cache
def _declared(group: str) -> dict[str, list[str]]:
    """Return what installed packages declare under each name: one place, unless two packages claim
    it.
    """
    from importlib.metadata import entry_points  # deferred: scanning takes milliseconds

    found: dict[str, list[str]] = {}
    for point in sorted(entry_points(group=group), key=lambda point: point.value):
        if point.value not in found.setdefault(point.name, []):
            found[point.name].append(point.value)
    return found
