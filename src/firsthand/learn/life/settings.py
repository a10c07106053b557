"""How a life is lived: the settings of one, checked when they are made."""

from typing import Literal, get_args

import msgspec

from firsthand.errors import UserError
from firsthand.learn.lessons.gate import GateRules
from firsthand.learn.lessons.settings import TASKS_OF_A_SEED, LearnConfig
from firsthand.learn.life.schedule import DEFAULT, Place, schedule
from firsthand.learn.sleep.settings import SleepConfig
from firsthand.rollout.play import Limits

Arm = Literal["life", "fresh", "no_sleep", "shuffled"]
"""`life` learns, sleeps and remembers. The controls: `fresh` begins every stage knowing nothing,
`no_sleep` never sleeps, `shuffled` learns from outcomes that were dealt out at random."""
ARMS: tuple[Arm, ...] = get_args(Arm)
SLEEPERS: tuple[Arm, ...] = ("life", "shuffled")

ARRIVAL, NIGHT = 800_000, 500_000
"""Where the gate tasks of arrivals and of sleep begin; those of the learner begin at 0. A visit has
tasks of its own (`TASKS_OF_A_SEED`)."""


class LifeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a life is lived. Raises `UserError` for a number outside its range."""

    schedule: tuple[Place, ...] = schedule(DEFAULT)
    """The stages, in order."""
    arms: tuple[Arm, ...] = ARMS
    """Who lives through it; `life` has to be among them."""
    seed: int = 0
    """Decides tasks, masks and sampling."""
    rounds: int = 3
    """Rounds of wake, review and credit in a stage."""
    tasks: int = 40
    """Train tasks in a round."""
    plays: int = 2
    """Plays of each train task, each with its own mask."""
    gate_pairs: int = 40
    """Most gate tasks that decide whether what a stage taught is deployed."""
    arrival_pairs: int = 30
    """Gate tasks that decide whether lessons of other worlds are used in a new one."""
    sleep_tasks: int = 60
    """Gate tasks on which sleep confirms and compresses a playbook."""
    distil_tasks: int = 0
    """Train tasks on which a sleep moves lessons into weights, where the model can be trained; 0:
    sleep keeps to lessons."""
    epochs: int = 3
    """Passes over them."""
    learning_rate: float = 1e-3
    """Of that training."""
    eval_tasks: int = 40
    """Held-out tasks of each place; they are played after every stage."""
    margin: float = 0.05
    """Score that a compressed playbook may lose."""
    concurrency: int = 8
    """Most episodes in flight."""
    limits: Limits = Limits()
    """What one episode may take."""

    def __post_init__(self) -> None:
        if not self.schedule:
            raise UserError("A life needs at least one place to go to: --schedule ENVIRONMENT@0.")
        if "life" not in self.arms or len(set(self.arms)) != len(self.arms):
            raise UserError(
                f"The arms of a life are {', '.join(ARMS)}, each at most once and `life` among "
                f"them; got {', '.join(self.arms)}."
            )
        for name in ("arrival_pairs", "sleep_tasks"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if not 0.0 < self.margin < 1.0:
            raise UserError(f"A margin lies between 0 and 1, got {self.margin!r}.")
        if self.seed * VISITS + VISITS > TASKS_OF_A_SEED:
            raise UserError(f"A life's seed is below {TASKS_OF_A_SEED // VISITS}, got {self.seed}.")
        self.learning(Place("control/null"), visit=0)  # checks the rest
        if self.distil_tasks:
            self.sleeping()

    def learning(self, place: Place, *, visit: int) -> LearnConfig:
        """Return how a stage is learned; every visit has train and gate tasks of its own."""
        return LearnConfig(
            rounds=self.rounds,
            gate_every=self.rounds,
            tasks=self.tasks,
            plays=self.plays,
            eval_tasks=self.eval_tasks,
            world=place.world,
            level=place.level,
            seed=self.seed * VISITS + visit,
            concurrency=self.concurrency,
            limits=self.limits,
            reaction_pairs=0,
            gate=GateRules(pairs=self.gate_pairs),
        )

    def sleeping(self) -> SleepConfig:
        """Return how lessons are moved into weights."""
        return SleepConfig(
            distil_tasks=self.distil_tasks,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            concurrency=self.concurrency,
            seed=self.seed,
        )


VISITS = 1000
"""Most visits of one place in a life."""


def differences(started: LifeConfig, now: LifeConfig) -> list[str]:
    """Name the settings that decide what a life plays, and differ."""
    return [
        f"{name}={msgspec.json.encode(getattr(started, name)).decode()}"
        for name in started.__struct_fields__
        if name != "concurrency" and getattr(started, name) != getattr(now, name)
    ]
