"""The challenges of TextWorld as playable environments: `adopt("textworld/simple")`.

A game is made from the task, played by TextWorld's own logic, and scored by its own points over
their greatest number. The expert follows the game's walkthrough, the choices are the admissible
commands, and a command is taken where it is one of them. Splits share no game. A fork plays the
same commands again.

TextWorld asks for jericho (GPL-2), with which it plays compiled games. Nothing here compiles one,
so TextWorld is installed without it, and an empty module stands in while it is imported: see
`textworld_words` for what is shown instead, `_quick` for the two places of TextWorld's own code
that would compile. Left out: the inventory limit of cooking games (`drop`), for which TextWorld
keeps no walkthrough, and games from files.
"""

import contextlib
import importlib
import importlib.util
import sys
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any, ClassVar, NoReturn, cast

from firsthand.bridges.adopted import adopted
from firsthand.bridges.textworld_words import Words
from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import InvalidTask, UnknownName, UserError
from firsthand.registry import register
from firsthand.sourced import written
from firsthand.task import Task

TRIES = 200
"""Games that are made until one belongs to the task's split; half, a quarter, a quarter do."""

SPARE = 20
"""Turns for looking around, beside three for each command of the walkthrough."""

Settings = Mapping[str, Any]
"""Settings of a challenge, as its own `make` takes them."""


def _cooking(ingredients: int, rooms: int, **skills: bool) -> Settings:
    defaults = {"open": True, "cook": False, "cut": False, "drop": False}
    chosen = {"recipe": ingredients, "take": ingredients, "go": rooms, "recipe_seed": 0}
    return {**defaults, **chosen, "split": None, **skills}


LEVELS: Mapping[str, Sequence[Settings]] = {
    "simple": (
        {"rewards": "dense", "goal": "detailed", "test": False},
        {"rewards": "balanced", "goal": "brief", "test": False},
        {"rewards": "sparse", "goal": "none", "test": False},  # a note in the kitchen tells it
    ),
    "coin_collector": tuple({"level": level} for level in (5, 10, 105, 110, 210)),
    "treasure_hunter": tuple({"level": level} for level in (5, 8, 10, 13, 15)),
    "cooking": (
        _cooking(1, 1),
        _cooking(1, 1, cook=True, cut=True),
        _cooking(2, 6, cook=True, cut=True),
        _cooking(3, 9, cook=True, cut=True),
        _cooking(3, 12, cook=True, cut=True),
    ),
}
"""What our levels are in each challenge. Harder hunts, from their level 20, take ten seconds each
to make.
"""


class Game(Environment):
    """A TextWorld game, one command a turn; made by `adopt`."""

    challenge: ClassVar[str]

    def reset(self, task: Task) -> Observation:
        """Make games until one belongs to the task's split."""
        rng = task.rng("instance")
        for _ in range(TRIES):
            game = made(self.challenge, task.level, rng.randrange(2**31))
            if game is not None and task.owns(_content(game)):
                self._begin(game)
                vars(self)["turns"] = SPARE + 3 * len(game.metadata["walkthrough"])
                goal = f"{game.objective}\n\n" if game.objective else ""
                return Observation(f"{goal}{self._words().look()}")
        raise InvalidTask(
            f"No game of {self.challenge} in {TRIES} belongs to split {task.split}: it has too "
            "few for splits that share none."
        )

    def choices(self) -> Sequence[str] | None:
        """The admissible commands."""
        return sorted(self.possible)

    def act(self, action: Action) -> Observation:
        """Take one command. One that is not admissible changes nothing."""
        if self.finished:
            return Observation("The game is over.", done=True)
        command = self._read(action.text)
        if command is None:
            return Observation("That is not understood, or not possible here.")
        before, taken = self.play.score, self.possible[command]
        self._take(command)
        verb, _, rest = command.partition(" ")
        said = [self._words().did(verb, command, self._meant(taken, rest))]
        if self.play.score != before:
            said.append(f"Your score is {self.play.score} of {self.game.max_score}.")
        if self.play.done:
            said.append("You have won." if self.play.completed else "You have lost.")
            self.finish()
        return Observation("\n".join(said), done=self.finished)

    def score(self) -> Score:
        """The game's points, over their greatest number."""
        return Score.potential(self.play.score / self.game.max_score, won=self.play.completed)

    def expert(self) -> Iterator[Action]:
        """Follow the walkthrough."""
        for command in self.game.metadata["walkthrough"]:
            yield Action(command)

    def snapshot(self) -> Any:
        """Return what a replay needs: the game, and the commands that were taken."""
        return {"game": self.game, "taken": list(self.taken), "turns": self.turns}

    def restore(self, state: Any) -> None:
        """Begin the game again and take the same commands."""
        self._begin(state["game"])
        vars(self)["turns"] = state["turns"]
        for command in state["taken"]:
            self._take(command)
        if self.play.done:
            self.finish()

    def _begin(self, game: Any) -> None:
        self.game, self.taken = game, cast("list[str]", [])
        self.finished = False
        self.play: Any = _library("generator.game").GameProgression(game)
        self.possible = _possible(self.play)

    def _take(self, command: str) -> None:
        self.play.update(self.possible[command])
        self.taken.append(command)
        self.possible = _possible(self.play)

    def _read(self, text: str) -> str | None:
        said = " ".join(text.split())
        if said in self.possible:
            return said
        return next((known for known in self.possible if known.lower() == said.lower()), None)

    def _meant(self, taken: Any, name: str) -> str | None:
        """Return the thing that a command names in full, as in `examine NAME`."""
        things = (variable.name for variable in taken.variables)
        return next((thing for thing in things if self.game.infos[thing].name == name), None)

    def _words(self) -> Words:
        return Words(self.game, self.play.state.facts)


def adopt(challenge: str, *, name: str | None = None) -> type[Game]:
    """Register a challenge as an environment of this process, and return its class.

    `simple`, `coin_collector`, `treasure_hunter` or `cooking`, with `textworld/` or `tw-` before
    it or without. Unless `name` says otherwise it has the name of `textworld:CHALLENGE`, which any
    process looks up. Raises `UnknownName`, and `UserError` where TextWorld is not installed.
    """
    short = challenge.removeprefix("textworld/").removeprefix("tw-").replace("-", "_")
    if short not in LEVELS:
        raise UnknownName("challenge of TextWorld", short, LEVELS)
    longest = len(LEVELS[short])
    games = (made(short, longest, seed) for seed in range(TRIES))
    example: Any = next(game for game in games if game is not None)
    commands = ", ".join(example.command_templates)
    found = adopted(
        Game,
        short,
        f"Games of the challenge tw-{short} of TextWorld.",
        name=name or written("textworld", short.replace("_", "-"), {}),
        levels=range(1, longest + 1),
        turns=SPARE + 3 * len(example.metadata["walkthrough"]),
        challenge=short,
        statement=(
            "You play a text adventure, one command a turn: your whole message is the command. "
            f"Commands have these forms, with names for the letters in braces: {commands}."
        ),
    )
    return cast("type[Game]", register(found))


@lru_cache(maxsize=256)
def made(challenge: str, level: int, seed: int) -> Any:
    """Make a game, the same in every process; None where TextWorld finds none for this seed."""
    challenges, generator = _library("challenges"), _library("generator")
    options = _library("generator.game").GameOptions()
    options.seeds = seed
    make = challenges.CHALLENGES[f"tw-{challenge}"][1]
    try:
        with _quick():
            game = make(dict(LEVELS[challenge][level - 1]), options)
    except generator.QuestGenerationError:
        return None
    steps = _walked(game)
    game.metadata["walkthrough"] = steps
    return game


def _walked(game: Any) -> list[str]:
    """Return the walkthrough without what changes nothing, such as opening an open door."""
    play = _library("generator.game").GameProgression(game)
    steps: list[str] = []
    for command in game.walkthrough:
        if command in (possible := _possible(play)):
            play.update(possible[command])
            steps.append(command)
    return steps


def _possible(play: Any) -> dict[str, Any]:
    """Return the admissible actions, each by its command."""
    names = {thing: info.name for thing, info in play.game.infos.items()}
    ordered = sorted(play.valid_actions, key=str)
    return {action.format_command(names): action for action in reversed(ordered)}


def _content(game: Any) -> str:
    """Return what makes two games the same game: their facts by name, and what solves them."""
    told = _library("generator.inform7").Inform7Game(game).get_human_readable_fact
    facts = sorted(str(told(fact)) for fact in game.world.facts)
    return "\n".join([*facts, *game.metadata["walkthrough"]])


_making = threading.Lock()
_rules: dict[tuple[str | None, ...], Any] = {}


@contextlib.contextmanager
def _quick() -> Generator[None]:
    """Have TextWorld make games without compiling and playing them, and read its rules once.

    While games are made, `GameMaker.set_walkthrough` finds out what each command does from the
    game's logic, where TextWorld's own compiles the game and has jericho play it.
    """
    maker = _library("generator.maker").GameMaker
    base = _library("generator.data").KnowledgeBase
    walk, load = maker.__dict__["set_walkthrough"], base.__dict__["load"]

    def remembered(*paths: str | None, **named: str | None) -> Any:
        key = (*paths, *(part for pair in sorted(named.items()) for part in pair))
        if key not in _rules:
            _rules[key] = load.__get__(None, base)(*paths, **named)
        return _rules[key]

    with _making:
        maker.set_walkthrough, base.load = _set_walkthrough, staticmethod(remembered)
        try:
            yield
        finally:
            maker.set_walkthrough, base.load = walk, load


def _set_walkthrough(maker: Any, commands: Sequence[str]) -> None:
    """Give each event that wins points the actions that lead to it, as TextWorld does."""
    play = _library("generator.game").GameProgression(maker.build())
    watched = [event for quest in play.quest_progressions for event in quest.win_events]
    led: list[tuple[Any, list[Any], Sequence[str]]] = []
    actions: list[Any] = []
    for number, command in enumerate(commands, start=1):
        possible = _possible(play)
        if command not in possible:
            continue
        earlier = [event.triggered for event in watched]
        play.update(possible[command])
        actions.append(possible[command])
        for was, progress in zip(earlier, watched, strict=True):
            if progress.triggered and not was:
                led.append((progress.event, list(actions), commands[:number]))
    for event in (event for quest in maker.quests for event in quest.win_events):
        for reached, before, told in led:
            if reached == event:
                event.actions, event.commands = before, told


def _library(module: str) -> Any:
    """Import a module of TextWorld. Raises `UserError` where it is not installed."""
    if "textworld" not in sys.modules and importlib.util.find_spec("textworld") is None:
        raise UserError(
            "textworld is not installed. Install it with: pip install 'firsthand[textworld]' and "
            "then, without jericho (GPL), which it would bring: pip install --no-deps textworld"
        )
    if "textworld" not in sys.modules:
        _import_without_jericho()
    return importlib.import_module(f"textworld.{module}")


def _import_without_jericho() -> None:
    """Import TextWorld; where jericho is not installed, a module without content stands in."""
    if importlib.util.find_spec("jericho") is not None:
        importlib.import_module("textworld")
        return
    stand_in = ModuleType("jericho")
    for warning in ("UnsupportedGameWarning", "TruncatedInputActionWarning"):
        setattr(stand_in, warning, type(warning, (UserWarning,), {}))  # silenced on import
    stand_in.__getattr__ = _not_installed  # pyright: ignore[reportAttributeAccessIssue]
    sys.modules["jericho"] = stand_in
    try:
        importlib.import_module("textworld")
    finally:
        del sys.modules["jericho"]


def _not_installed(name: str) -> NoReturn:
    raise AttributeError(f"jericho is not installed, and plays compiled games only: {name}")
