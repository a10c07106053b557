"""What the auditor knows of a target: one protocol, and the plain data that goes through it.

A grader is an episode of one action, so one battery serves both. All play is open-loop: a play is a
seed and a list of actions, and whoever has these two can repeat it. Policies that react are made of
several plays that share a beginning. Left out on purpose: names, comments and labels of the target.
"""

from typing import Any, Literal, Protocol

import msgspec

UNKNOWN = "no reference answer"
"""The fault of an instance that comes without an answer."""
Kind = Literal["answer", "episode"]


class Spec(msgspec.Struct, frozen=True):
    """Name a target so that a child process can load it. `level` and `split` count where the target
    has them.
    """

    source: Literal["file", "native", "reasoning-gym"]
    name: str
    level: int = 1
    split: str = "train"
    sabotage: str = ""


class Facts(msgspec.Struct, frozen=True):
    """What a target says of itself."""

    kind: Kind
    name: str
    sha256: str
    """Hash of the code that makes instances and rewards."""
    version: str = ""
    instances: int | None = None
    """Number of instances, each a seed from 0; None: any seed makes one."""
    base_rate: float | None = None
    """Best mean reward of a policy that never looks, as declared; None: not declared."""
    turns: int = 1
    """Most actions of a play; where nothing is declared, the auditor's own limit."""
    limited: bool = True
    """Whether the target declared `turns`."""
    grammar: tuple[str, ...] = ()
    """Literal actions, and templates such as `guess:<int>`."""
    levels: tuple[int, ...] = ()
    splits: tuple[str, ...] = ()
    stateful: bool = False
    """Whether plays report a state, so that cycles can be proved."""
    proven: bool = False
    """Whether the target promises law 4: score in [0, 1], 0 at reset, 1 for the expert, invalid
    actions answered in words.
    """
    costly: bool = False
    """Whether the target says that plays need a sandbox, so that attacks have to choose."""
    verifiers: tuple[str, ...] = ()
    """Further verifiers that answer the same question, for the differential check."""


class Instance(msgspec.Struct, frozen=True):
    """One instance as the agent first sees it, and what the target hides."""

    seed: int
    prompt: str
    answer: Any = None
    """The reference answer as JSON has it; None where there is none."""
    oracle: tuple[str, ...] = ()
    """Actions that the target calls right; empty where it could not tell."""
    fault: str = ""
    moves: tuple[str, ...] = ()
    """Legal moves at the beginning, where the target lists them."""


class Play(msgspec.Struct, frozen=True):
    """Do these actions on this instance. `beyond`: go on after the target has said done."""

    seed: int
    actions: tuple[str, ...]
    beyond: bool = False
    verifier: str = ""


class Fault(msgspec.Struct, frozen=True):
    """What went wrong in a play: `kind` is raised, type, exit, killed, hang, memory or output."""

    kind: str
    detail: str = ""


class Trace(msgspec.Struct, frozen=True):
    """What a play showed.

    `observations` has one entry more than actions were taken; `value` is the return up to done,
    None after a fault; `late` the reward of what was done after done; `state` a hash of the final
    state.
    """

    observations: tuple[str, ...] = ()
    rewards: tuple[float, ...] = ()
    value: float | None = None
    done: bool = False
    late: float = 0.0
    state: str = ""
    states: tuple[str, ...] = ()
    fault: Fault | None = None
    printed: int = 0
    """Bytes that the target wrote to its standard output or error."""
    spawned: int = 0
    """Processes that the target started."""

    @property
    def paid(self) -> float:
        """The return, 0 where there is none or it is not finite."""
        return self.value if self.value is not None and abs(self.value) < float("inf") else 0.0


def readable(text: str) -> str:
    """Return a text that can be sent: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


class Target(Protocol):
    """What an adapter implements; it runs in a child process. A new kind of target is one file with
    these methods.
    """

    def facts(self) -> Facts:
        """Describe the target."""
        ...

    async def instance(self, seed: int, *, oracle: bool = True) -> Instance:
        """Begin an instance and, where it is wanted, ask its oracle."""
        ...

    async def play(self, play: Play) -> Trace:
        """Play. Awaits once between steps, so that plays can be interleaved."""
        ...

    async def moves(self, play: Play) -> list[str]:
        """Return the legal moves after a play; templates where arguments are free."""
        ...
