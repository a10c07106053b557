"""The experiment: which cells there are, and how they are run one by one and kept."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from firsthand.agent import Agent
from firsthand.errors import UserError
from firsthand.learn.compare import controls
from firsthand.learn.compare.arms import arm
from firsthand.learn.compare.cell import Cell, Outcome, Progress, Rules, Runner
from firsthand.playbook import replace_file
from firsthand.registry import lookup

Watch = Callable[[str, int], AbstractContextManager[Progress]]
"""Told what is run and how many episodes it has at most; yields what is called with each."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared. Raises `UserError` for what does not exist."""

    environments: tuple[str, ...]
    arms: tuple[str, ...]
    controls: tuple[str, ...] = ()
    seeds: int = 5
    world: int = 0
    new_worlds: bool = False
    """Whether seed s learns in world `world + s` instead of all in the same one."""

    def __post_init__(self) -> None:
        if self.seeds < 1 or not self.environments or not self.arms:
            raise UserError("A comparison needs an environment, an arm and at least one seed.")
        for name in self.environments:
            lookup(name)
        for name in self.arms:
            arm(name)
        for name in self.controls:
            controls.subjects(name, self.arms)

    def cells(self) -> list[Cell]:
        """Return all cells in the order in which they are run: the base of each first.

        Seeds are the outermost loop, so that an experiment that is stopped has compared all arms.
        """
        found = [cell for seed in range(self.seeds) for cell in self._of_seed(seed)]
        bases = [self.base_of(cell) for cell in found]
        return list(dict.fromkeys(each for pair in zip(bases, found, strict=True) for each in pair))

    def base_of(self, cell: Cell) -> Cell:
        """Return the cell of the base on the same tasks; it learns nothing, so one seed will do."""
        return Cell("base", cell.environment, cell.world, 0)

    def _of_seed(self, seed: int) -> list[Cell]:
        world = self.world + (seed if self.new_worlds else 0)
        plain = [
            Cell(name, environment, world, seed)
            for environment in self.environments
            for name in self.arms
            if name != "base"
        ]
        bases = [Cell("base", environment, world, 0) for environment in self.environments]
        return [*bases, *plain] + [
            Cell(name, environment, world, seed, control)
            for control in self.controls
            for environment in controls.environments(control, self.environments)
            for name in controls.subjects(control, self.arms)
        ]


class Setup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a folder was started with. Arms, seeds and environments may be added later."""

    agent: str
    rules: Rules


async def run(
    plan: Plan,
    base: Agent,
    rules: Rules,
    *,
    folder: Path,
    resume: bool = False,
    watch: Watch,
    tell: Callable[[Outcome], None] = lambda _outcome: None,
) -> list[Outcome]:
    """Run every cell that the folder lacks and return the outcomes of all, in their order.

    `tell` is told of each as it is there. Raises `UserError` when the folder holds an experiment
    with other rules, or the same one and `resume` is not set.
    """
    _claim(folder, Setup(agent=base.id, rules=rules), resume=resume)
    runner = Runner(base, rules, folder)
    found: dict[Cell, Outcome] = {}
    cells = plan.cells()
    for number, cell in enumerate(cells, start=1):
        outcome = runner.kept(cell) or _same(cell, found)
        if outcome is None:
            episodes = rules.eval_tasks + (0 if cell.arm == "base" else rules.budget)
            with watch(f"{number}/{len(cells)} {cell.name}", episodes) as progress:
                outcome = await runner.run(cell, found.get(plan.base_of(cell)), progress)
        found[cell] = outcome
        tell(outcome)
    runner.restore()
    return list(found.values())


def _same(cell: Cell, found: Mapping[Cell, Outcome]) -> Outcome | None:
    """Return the outcome of an arm that is its own control: on `control/null` both are the same."""
    plain = found.get(msgspec.structs.replace(cell, control=""))
    if cell.control != "null" or plain is None:
        return None
    return msgspec.structs.replace(plain, cell=cell)


def _claim(folder: Path, setup: Setup, *, resume: bool) -> None:
    path = folder / "compare.json"
    if path.exists():
        try:
            started = msgspec.json.decode(path.read_bytes(), type=Setup)
        except msgspec.MsgspecError as error:
            raise UserError(f"{path} cannot be read: {error}. Choose another folder.") from None
        if changed := _changes(started, setup):
            raise UserError(
                f"{folder} holds an experiment that was started with {', '.join(changed)}. "
                "Go on with the same, or choose another folder."
            )
        if not resume:
            raise UserError(
                f"{folder} already holds this experiment. Go on with it (--resume), or choose "
                "another folder."
            )
    elif folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty and holds no comparison: choose another folder.")
    replace_file(path, msgspec.json.format(msgspec.json.encode(setup), indent=2))


def _changes(started: Setup, now: Setup) -> list[str]:
    names = [name for name in started.rules.__struct_fields__ if name != "concurrency"]
    found = [
        f"{name}={getattr(started.rules, name)!r}"
        for name in names
        if getattr(started.rules, name) != getattr(now.rules, name)
    ]
    return found or ([f"agent={started.agent!r}"] if started.agent != now.agent else [])
