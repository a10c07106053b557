"""firsthand: language models that learn from first-hand experience.

    import firsthand as fh

    agent = fh.Agent(model=fh.model("scripted:expert"))
    episodes = fh.run(fh.rollout(agent, fh.tasks("data/ledger", 8)))

Everything here is imported when it is first used, so that `import firsthand` stays cheap.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firsthand.agent import Agent as Agent
    from firsthand.audit.audit import audit as audit
    from firsthand.audit.sabotage import sabotage as sabotage
    from firsthand.check import Checked as Checked
    from firsthand.check import check as check
    from firsthand.environment import Action as Action
    from firsthand.environment import Environment as Environment
    from firsthand.environment import Observation as Observation
    from firsthand.environment import Score as Score
    from firsthand.environment import ToolCall as ToolCall
    from firsthand.environment import tool as tool
    from firsthand.episode import Episode as Episode
    from firsthand.episode import Failure as Failure
    from firsthand.episode import Stop as Stop
    from firsthand.errors import AnswerCut as AnswerCut
    from firsthand.errors import BudgetSpent as BudgetSpent
    from firsthand.errors import ContextFull as ContextFull
    from firsthand.errors import EndpointError as EndpointError
    from firsthand.errors import Failed as Failed
    from firsthand.errors import FirsthandError as FirsthandError
    from firsthand.errors import InvalidAction as InvalidAction
    from firsthand.errors import InvalidEnvironment as InvalidEnvironment
    from firsthand.errors import InvalidScore as InvalidScore
    from firsthand.errors import InvalidTask as InvalidTask
    from firsthand.errors import JournalError as JournalError
    from firsthand.errors import LimitReached as LimitReached
    from firsthand.errors import MissingExtra as MissingExtra
    from firsthand.errors import ModelError as ModelError
    from firsthand.errors import ModelUnavailable as ModelUnavailable
    from firsthand.errors import NoReaction as NoReaction
    from firsthand.errors import RunStopped as RunStopped
    from firsthand.errors import SandboxError as SandboxError
    from firsthand.errors import ToolError as ToolError
    from firsthand.errors import UnknownName as UnknownName
    from firsthand.errors import Unstorable as Unstorable
    from firsthand.errors import UserError as UserError
    from firsthand.evaluate.evaluate import compare as compare
    from firsthand.evaluate.evaluate import evaluate as evaluate
    from firsthand.journal.journal import Journal as Journal
    from firsthand.learn.lessons.learner import LearnConfig as LearnConfig
    from firsthand.learn.lessons.learner import learn as learn
    from firsthand.models import model as model
    from firsthand.playbook import Lesson as Lesson
    from firsthand.playbook import Playbook as Playbook
    from firsthand.prompt import Sampling as Sampling
    from firsthand.registry import environments as environments
    from firsthand.registry import make as make
    from firsthand.registry import register as register
    from firsthand.registry import tasks as tasks
    from firsthand.rollout.play import Limits as Limits
    from firsthand.rollout.play import play as play
    from firsthand.rollout.pool import rollout as rollout
    from firsthand.shell import run as run
    from firsthand.task import Task as Task

__version__ = "0.1.0"

_HOME = {
    "agent": ("Agent",),
    "audit.audit": ("audit",),
    "audit.sabotage": ("sabotage",),
    "check": ("Checked", "check"),
    "environment": ("Action", "Environment", "Observation", "Score", "ToolCall", "tool"),
    "episode": ("Episode", "Failure", "Stop"),
    "errors": (
        "AnswerCut",
        "RunStopped",
        "BudgetSpent",
        "ModelUnavailable",
        "NoReaction",
        "EndpointError",
        "ContextFull",
        "Failed",
        "FirsthandError",
        "InvalidAction",
        "InvalidEnvironment",
        "InvalidScore",
        "InvalidTask",
        "JournalError",
        "LimitReached",
        "MissingExtra",
        "ModelError",
        "SandboxError",
        "ToolError",
        "UnknownName",
        "Unstorable",
        "UserError",
    ),
    "evaluate.evaluate": ("compare", "evaluate"),
    "journal.journal": ("Journal",),
    "models": ("model",),
    "prompt": ("Sampling",),
    "learn.lessons.learner": ("LearnConfig", "learn"),
    "playbook": ("Lesson", "Playbook"),
    "shell": ("run",),
    "registry": ("environments", "make", "register", "tasks"),
    "rollout.play": ("Limits", "play"),
    "rollout.pool": ("rollout",),
    "task": ("Task",),
}
_MODULE_OF = {name: f"firsthand.{module}" for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'firsthand' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


class _Face(ModuleType):
    """Some functions share their folder's name; importing the folder must not hide the function."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _MODULE_OF and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Pickle by name, as modules are that need no class of their own."""
        return importlib.import_module, (self.__name__,)


sys.modules[__name__].__class__ = _Face
