"""Any Gymnasium environment as one of ours: `gymnasium:CartPole-v1`, or `adopt("CartPole-v1")`.

What Gymnasium does not say has to be known or told: when an episode counts as solved (the id's own
`reward_threshold`, or `solved_at`), how an observation reads as text (`describe`, or numbers as
JSON), who plays it well (`expert`). What is neither known nor told is refused when it is adopted,
with the name of the argument that tells it; only an environment without an expert is taken over,
and says so when its expert is asked for. Splits share no instance: the first observation decides
where an instance belongs.

Left out: a reward that counts what happens on the way; the score is 1 when the episode has ended
with a return of at least `solved_at`, else 0.
"""

import contextlib
import inspect
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, cast

from firsthand.bridges.adopted import adopted
from firsthand.bridges.package import package
from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import InvalidTask, UnknownName, UserError
from firsthand.registry import register
from firsthand.sourced import written
from firsthand.task import Task

MOST_NUMBERS = 64
"""Longer arrays are pictures, which numbers do not tell."""

TRIES = 200
"""Instances that are drawn until one belongs to the task's split; half, a quarter, a quarter do."""

Describe = Callable[[Any, Any], str]
"""From a Gymnasium environment and its observation to the text that is shown."""

Moves = Callable[[Any], Iterator[int]]
"""From a Gymnasium environment to the actions of somebody who plays it well, one at a time."""


class Adopted(Environment):
    """A Gymnasium environment, one action a turn; made by `adopt`."""

    id: ClassVar[str]
    """Gymnasium's name for it, `MODULE:ID` where a module registers it."""
    options: ClassVar[dict[str, Any]] = {}
    """Keyword arguments for `gymnasium.make`."""
    solved_at: ClassVar[float]
    """The least return of an episode that counts as solved."""
    moves: ClassVar[tuple[str, ...]] = ()
    """Names of the actions of a Discrete space; empty: an action is written as JSON."""
    describe: ClassVar[Describe]
    well: ClassVar[Moves | None] = None
    draw: ClassVar[Callable[[Any], str] | None] = None

    def reset(self, task: Task) -> Observation:
        """Draw seeds until the instance belongs to the task's split."""
        gymnasium = package("gymnasium", extra="gymnasium")
        self.env = gymnasium.make(self.id, disable_env_checker=True, **self.options)
        self.returned, self.over, self.solved = 0.0, False, False
        rng = task.rng("instance")
        for _ in range(TRIES):
            with contextlib.redirect_stdout(io.StringIO()):  # BabyAI prints what it draws again
                seen, _info = self.env.reset(seed=rng.randrange(2**31))
            text = type(self).describe(self.env, seen)
            if task.owns(text):
                vars(self)["turns"] = _steps(self.env) + 1  # BabyAI has one for each mission
                return Observation(text)
        raise InvalidTask(
            f"{self.id} began alike, or outside split {task.split}, in {TRIES} draws: it has too "
            "few instances for splits that share none."
        )

    def choices(self) -> Sequence[str] | None:
        """The names of the actions, where they can be listed."""
        return self.moves or None

    def act(self, action: Action) -> Observation:
        """Take one step. An action that the space does not contain changes nothing."""
        if self.over:
            return Observation("The episode is over.", done=True)
        taken, fault = self._read(action.text.strip())
        if fault:
            return Observation(fault)
        seen, reward, terminated, truncated, _info = self.env.step(taken)
        self.returned += float(reward)
        text = type(self).describe(self.env, seen)
        if terminated or truncated:
            self.over = True
            self.solved = self.returned >= self.solved_at
            self.finish()
        return Observation(f"{text}\nReward: {float(reward):g}", done=self.over)

    def score(self) -> Score:
        """Whether the episode has ended, and with a return that counts as solved."""
        return Score(ended=self.over, solved=self.solved)

    def expert(self) -> Iterator[Action]:
        """Play as the library's own expert does. Raises `UserError` where there is none."""
        if type(self).well is None:
            raise UserError(f"{self.id} has no known expert: adopt it with expert=FUNCTION.")
        moves = cast("Moves", type(self).well)
        for move in moves(self.env):
            yield Action(self.moves[move] if self.moves else json.dumps(move))

    def picture(self) -> str:
        """Draw the state for people, where the adopted environment can."""
        draw = type(self).draw
        return "" if draw is None else draw(self.env)

    def close(self) -> None:
        """Close the Gymnasium environment."""
        if hasattr(self, "env"):
            self.env.close()

    def _read(self, text: str) -> tuple[Any, str]:
        """Return an action of the space, or what is wrong with the text."""
        if self.moves:
            if text not in self.moves:
                return None, f"There is no action {text!r}: it is one of {', '.join(self.moves)}."
            return self.env.action_space.start + self.moves.index(text), ""
        try:
            (taken,) = self.env.action_space.from_jsonable([json.loads(text)])
            if taken in self.env.action_space:
                return taken, ""
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
        return None, f"This is no action: write one of {self.env.action_space} as JSON."


def adopt(
    id: str,
    *,
    name: str | None = None,
    solved_at: float | None = None,
    moves: Sequence[str] = (),
    describe: Describe | None = None,
    expert: Moves | None = None,
    **options: Any,
) -> type[Adopted]:
    """Register a Gymnasium id as an environment of this process, and return its class.

    Unless `name` says otherwise it has the name of `gymnasium:ID?solved_at=...`, which any process
    looks up; what `describe` shows no other process knows, and who plays it well decides nothing
    of what is played. `options` go to `gymnasium.make`. `MODULE:ID` imports the module that
    registers the id, as `gymnasium.make` does.
    Raises `MissingExtra`, `UnknownName`, and `UserError` for what has to be told.
    """
    gymnasium = package("gymnasium", extra="gymnasium")
    shown = describe and getattr(describe, "__name__", "function")
    told = {**options, "solved_at": solved_at, "moves": list(moves) or None, "describe": shown}
    name = name or _name(id, told)
    library, _, id = id.rpartition(":")
    if library:
        package(library, extra="gymnasium")
    if id.startswith(("MiniGrid-", "BabyAI-")):
        from firsthand.bridges import minigrid

        minigrid.require()
        library = library or "minigrid"
        describe, moves = describe or minigrid.view, moves or minigrid.MOVES
        expert = expert or (minigrid.bot if id.startswith("BabyAI-") else None)
        solved_at = minigrid.SOLVED if solved_at is None else solved_at
        drawn: Callable[[Any], str] | None = minigrid.whole
    else:
        drawn = None
    if id not in gymnasium.registry:
        raise UnknownName("Gymnasium environment", id, gymnasium.registry)
    env = _made(gymnasium, id, options)
    try:
        threshold = env.spec.reward_threshold if solved_at is None else solved_at
        if threshold is None:
            raise UserError(
                f"{id} does not say when it is solved: adopt it with solved_at=RETURN, the least "
                f"return of an episode that counts, or name it gymnasium:{id}?solved_at=RETURN."
            )
        named = tuple(moves) or _names(env.action_space, id)
        _refuse_unreadable(env.observation_space, describe, id)
        with contextlib.redirect_stdout(io.StringIO()):
            env.reset(seed=0)
        steps = _steps(env)
    finally:
        env.close()
    made = adopted(
        Adopted,
        id,
        f"{id} of Gymnasium.",
        name=name,
        levels=range(1, 2),
        turns=steps + 1,
        id=f"{library}:{id}" if library else id,
        options=options,
        solved_at=float(threshold),
        moves=named,
        describe=staticmethod(describe or _numbers),
        well=staticmethod(expert) if expert else None,
        draw=staticmethod(drawn) if drawn else None,
        statement=f"You act in {id} of Gymnasium, one action a turn.",
    )
    return cast("type[Adopted]", register(made))


def _name(id: str, told: dict[str, Any]) -> str:
    try:
        return written("gymnasium", id, told)
    except TypeError as error:
        raise UserError(
            f"A name cannot tell all of this ({error}): adopt {id} with name='gymnasium/NAME'."
        ) from None


def _made(gymnasium: Any, id: str, options: dict[str, Any]) -> Any:
    """Make the environment. Raises `UnknownName`, and `UserError` with what Gymnasium says."""
    try:
        return gymnasium.make(id, disable_env_checker=True, **options)
    except Exception as error:
        if not options and not isinstance(error, gymnasium.error.Error):
            raise
        wrong = re.search(r"unexpected keyword argument '(\w+)'", str(error))
        if wrong is not None and wrong[1] in options:
            raise UnknownName(f"argument of {id}", wrong[1], _known(gymnasium, id)) from None
        raise UserError(f"{id} cannot be made: {error}") from error


def _known(gymnasium: Any, id: str) -> set[str]:
    """Return what can be told of an id, as far as its class says."""
    creator = gymnasium.spec(id).entry_point
    if isinstance(creator, str):
        creator = gymnasium.envs.registration.load_env_creator(creator)
    own = inspect.signature(creator).parameters
    return {*own, "solved_at", "moves", "max_episode_steps"} - {"self", "kwargs", "render_mode"}


def _steps(env: Any) -> int:
    """Return the most steps of the episode that was begun. Raises `UserError` without a limit."""
    steps = env.spec.max_episode_steps or getattr(env.unwrapped, "max_steps", None)
    if not steps:
        raise UserError(
            f"{env.spec.id} has no limit of steps: adopt it with max_episode_steps=NUMBER, or name "
            f"it gymnasium:{env.spec.id}?max_episode_steps=NUMBER."
        )
    return int(steps)


def _names(space: Any, id: str) -> tuple[str, ...]:
    spaces = package("gymnasium", extra="gymnasium").spaces
    if isinstance(space, spaces.Discrete):
        return tuple(str(number) for number in range(int(space.n)))
    if isinstance(space, (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary, spaces.Text)):
        return ()
    raise UserError(f"{id} takes actions of {space}, which have no form as text here.")


def _refuse_unreadable(space: Any, describe: Describe | None, id: str) -> None:
    spaces = package("gymnasium", extra="gymnasium").spaces
    if describe is not None:
        return
    parts = (
        list(space.spaces.values())
        if isinstance(space, spaces.Dict)
        else list(space.spaces)
        if isinstance(space, spaces.Tuple)
        else [space]
    )
    plain = (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary, spaces.Box, spaces.Text)
    for part in parts:
        size = 1
        for length in part.shape or ():
            size *= length
        if not isinstance(part, plain) or size > MOST_NUMBERS:
            raise UserError(
                f"{id} shows {part}, which numbers do not tell: adopt it with "
                "describe=FUNCTION(env, observation), which returns a text."
            )


def _numbers(env: Any, seen: Any) -> str:
    """Write an observation as JSON, numbers to four significant digits."""
    return json.dumps(_plain(seen))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in cast("Sequence[Any]", value)]
    if isinstance(value, str):
        return value
    if getattr(value, "shape", ()) != ():
        return [_plain(part) for part in value]
    number = value.item() if hasattr(value, "item") else value
    return float(f"{number:.4g}") if isinstance(number, float) else number
