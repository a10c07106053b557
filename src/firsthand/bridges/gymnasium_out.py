"""Our environments as Gymnasium environments: text in, text out, the 5-tuple everybody knows.

    register()
    env = gymnasium.make("firsthand/interfaces.shop_desk", world=3, actions="choice")
    observation, info = env.reset(seed=7)

A seed is the seed of a task, so the same seed is the same instance here and in `fh.tasks`. The
reward is the change in score. Refused at the start: `actions="choice"` where an environment offers
no choices, and options of `reset` that nobody reads. Left out: vector environments of our own;
Gymnasium's `make_vec` runs these.
"""

import string
from pathlib import Path
from typing import Any, Literal

import msgspec

from firsthand.agent import parse_call
from firsthand.bridges.package import package
from firsthand.bridges.stepping import Shown, Stepping, waited
from firsthand.environment import Action, tools_of
from firsthand.errors import UserError
from firsthand.registry import environments, lookup, tasks
from firsthand.returned import MOST_CHARACTERS
from firsthand.task import Split, check_split

NAMESPACE = "firsthand"
SEEDS = 2**31
"""Below this are the seeds that `reset()` draws when it is given none."""

SAMPLED = 40
"""Most characters of an action that the space of texts makes up."""

gymnasium = package("gymnasium", extra="gymnasium")


def register() -> list[str]:
    """Make `gymnasium.make("firsthand/DOMAIN.FAMILY")` work; return the ids. Idempotent."""
    known = gymnasium.registry
    ids = {f"{NAMESPACE}/{name.replace('/', '.')}": name for name in environments()}
    for id, name in ids.items():
        if id not in known:
            place = f"{__name__}:Played"
            gymnasium.register(id, entry_point=place, kwargs={"environment": name})
    return list(ids)


class AnyText(gymnasium.Space):
    """All texts of bounded length, in any script; samples are short and printable.

    Gymnasium's own space of texts wants every character listed. As for any space it does not know,
    vector environments in processes need `vector_kwargs={"shared_memory": False}`.
    """

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        super().__init__((), str)
        self.most = most

    def contains(self, x: Any) -> bool:
        """Whether this is a text that is not too long."""
        return isinstance(x, str) and len(x) <= self.most

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """Draw a short text."""
        length = int(self.np_random.integers(SAMPLED))
        return "".join(self.np_random.choice(list(string.printable), size=length))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyText) and other.most == self.most

    def __repr__(self) -> str:
        return f"AnyText({self.most:,})"


class Played(gymnasium.Env):
    """One environment of firsthand, played episode after episode.

    `actions` is "text" (a line, or one call of a tool as the JSON object `{"name": ...,
    "arguments": {...}}`) or "choice" (an index into `info["choices"]`, of which there are at most
    `most_choices`; an index beyond them is an empty text, which is no legal move and takes a turn).
    `info` also has the task's id; when the episode is over `score`, `checks`, `stop` and
    `aftermath`. `journal` is a folder that keeps the episodes.

    Raises `UnknownName`, `InvalidTask`, `UserError`; a broken episode raises `EpisodeFailed`.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012 - Gymnasium wants it so

    def __init__(
        self,
        environment: str,
        *,
        actions: Literal["text", "choice"] = "text",
        world: int = 0,
        level: int = 1,
        split: Split = "train",
        most_choices: int = 64,
        journal: Path | str | None = None,
        render_mode: str | None = None,
    ) -> None:
        if actions not in ("text", "choice"):
            raise UserError(f"Actions are 'text' or 'choice', got {actions!r}.")
        if render_mode not in (None, "ansi"):
            raise UserError(f"The one render mode is 'ansi', got {render_mode!r}.")
        self.environment, self.render_mode = lookup(environment), render_mode
        self.actions, self.most_choices, self.journal = actions, most_choices, journal
        self.world, self.level = world, level
        self.split: Split = check_split(split)
        self.stepping: Stepping | None = None
        self.shown: Shown | None = None
        tasks(environment, 1, split=split, level=level, world=world)  # refuses what does not exist
        spaces = gymnasium.spaces
        self.observation_space = AnyText()
        self.action_space = AnyText() if actions == "text" else spaces.Discrete(most_choices)
        if actions == "choice":
            self._require_choices()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin the task of this seed, or of one that the seeds before it decide."""
        super().reset(seed=seed)
        if options:
            raise UserError(f"reset() reads no options, got {', '.join(options)}.")
        number = int(self.np_random.integers(SEEDS)) if seed is None else seed
        self._end()
        self.stepping = self._stepping(number)
        self.shown = waited(self.stepping.start())
        return self.shown.observation.full, self._info(self.shown)

    def step(self, action: Any) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Take one turn; truncated is what a budget of turns ended."""
        if self.stepping is None:
            raise UserError("Call reset() before step().")
        shown = self.shown = waited(self.stepping.step(self._action(action)))
        return (
            shown.observation.full,
            shown.reward,
            shown.over and not shown.truncated,
            shown.truncated,
            self._info(shown),
        )

    def render(self) -> str | None:
        """Draw the state as text where the environment has a picture, else repeat what was shown.

        A picture may show what the agent has to find out: it is for people.
        """
        if self.render_mode is None or self.stepping is None or self.shown is None:
            return None
        return self.stepping.environment.picture() or self.shown.observation.full

    def close(self) -> None:
        """Release the world of an episode that is not over."""
        self._end()

    def _end(self) -> None:
        if self.stepping is not None:
            waited(self.stepping.close())
            self.stepping = None

    def _stepping(self, seed: int, *, kept: bool = True) -> Stepping:
        (task,) = tasks(
            self.environment.name,
            1,
            split=self.split,
            level=self.level,
            world=self.world,
            start=seed,
        )
        return Stepping(task, agent="gymnasium", journal=self.journal if kept else None)

    def _action(self, action: Any) -> Action:
        if self.actions == "choice":
            assert self.shown is not None
            index, choices = int(action), self.shown.choices
            return Action(choices[index] if 0 <= index < len(choices) else "")
        if not isinstance(action, str):
            raise UserError(f"An action is a text, got {type(action).__name__}: {action!r}")
        return parse_call(action) if tools_of(self.environment) else Action(action)

    def _info(self, shown: Shown) -> dict[str, Any]:
        assert self.stepping is not None
        info: dict[str, Any] = {"task": self.stepping.task.id}
        if shown.episode is not None:
            episode = shown.episode
            info |= {"score": episode.reward, "checks": dict(episode.checks)}
            info |= {"stop": str(episode.stop), "aftermath": episode.aftermath or ""}
        if self.actions == "choice":
            info |= self._choices(shown)
        return info

    def _choices(self, shown: Shown) -> dict[str, Any]:
        found = len(shown.choices)
        if found > self.most_choices:
            raise UserError(
                f"{self.environment.name} offers {found} choices: make it with most_choices="
                f"{found} or more."
            )
        numpy = package("numpy", extra="gymnasium")
        mask = numpy.zeros(self.most_choices, dtype=numpy.int8)
        mask[:found] = 1
        return {"choices": list(shown.choices), "action_mask": mask}

    def _require_choices(self) -> None:
        """Look at one instance. Raises `UserError` where no moves are listed."""
        probe = self._stepping(0, kept=False)
        shown = waited(probe.start())
        waited(probe.close())
        if not shown.choices:
            raise UserError(
                f"{self.environment.name} lists no choices: make it with actions='text'."
            )
        self._choices(shown)


def tools(environment: str) -> list[dict[str, Any]]:
    """Return the tools that a text may call, as chat-completion APIs describe them."""
    return [declared.specification for declared in tools_of(lookup(environment)).values()]


def called(name: str, /, **arguments: Any) -> str:
    """Write one call of a tool as the text of an action."""
    return msgspec.json.encode({"name": name, "arguments": arguments}).decode()
