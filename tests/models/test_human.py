"""A person at the terminal: what they see, what they may type, and how they leave."""

import io
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from rich.console import Console

from firsthand.agent import Agent
from firsthand.environment import (
    Action,
    Environment,
    Observation,
    Score,
    Tool,
    ToolCall,
    ToolError,
    text_actions,
    tool,
    tools_of,
)
from firsthand.episode import Episode
from firsthand.models import model
from firsthand.models.human import Human, Quit, called, chosen, signature
from firsthand.prompt import Policy
from firsthand.rollout.play import play
from firsthand.task import Task
from firsthand.worlds.games.mastermind import Mastermind


class Doors(Environment):
    """Pick a door."""

    name = "test/doors"
    statement = "Find the way out."
    offered: Sequence[str] = ("left door", "right door", "7")

    def reset(self, task: Task) -> Observation:
        self.picked = ""
        return Observation("Doors [bold]everywhere[/bold].\x1b[2J")

    def choices(self) -> Sequence[str]:
        return self.offered

    def act(self, action: Action) -> Observation:
        self.picked = action.text
        return Observation(done=True)

    def score(self) -> Score:
        return Score(out=self.picked == "right door")

    def expert(self) -> Iterator[Action]:
        return text_actions(["right door"])


class Safe(Environment):
    """Open a safe."""

    name = "test/safe"
    statement = "Dial 3, then open."

    def reset(self, task: Task) -> Observation:
        self.dialled: object = None
        return Observation("A safe.")

    @tool
    def dial(self, number: int, slowly: bool = False) -> str:
        """Turn the dial."""
        if number > 9:
            raise ToolError("The dial ends at 9.")
        self.dialled = number
        return f"click{'...' if slowly else ''}"

    @tool
    def label(self, text: str, marks: list[int] | None = None) -> str:
        """Write on the door."""
        return f"{text!r} {marks}"

    @tool
    def open(self) -> str:
        """Pull the handle."""
        self.finish()
        return "done"

    def score(self) -> Score:
        return Score(open=self.finished and self.dialled == 3)

    def expert(self) -> Iterator[Action]:
        yield Action(calls=(ToolCall("dial", {"number": 3}), ToolCall("open")))


class Echo(Environment):
    """Say yes."""

    name = "test/echo"

    def reset(self, task: Task) -> Observation:
        self.said = ""
        return Observation("Well?")

    def act(self, action: Action) -> Observation:
        self.said = action.text
        return Observation(done=True)

    def score(self) -> Score:
        return Score(yes=self.said == "yes")

    def expert(self) -> Iterator[Action]:
        return text_actions(["yes"])


def person(*lines: str) -> tuple[Human, io.StringIO]:
    """Return who types `lines`, then the end of input, and the screen."""
    typed = iter(lines)

    def read(_prompt: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    screen = io.StringIO()
    return Human(read=read, console=Console(file=screen, width=100)), screen


async def played(environment: Environment, *lines: str) -> tuple[Episode, str]:
    """Play an episode typing `lines`, then the end of input; return it and the screen."""
    human, screen = person(*lines)
    try:
        return await play(
            environment, Agent(model=human), Task(environment.name, 0)
        ), screen.getvalue()
    finally:
        await human.close()


def test_human_is_a_policy_found_by_name():
    assert isinstance(model("human"), Policy)
    assert model("human").name == "human"


async def test_choices_are_numbered_and_picked_by_number():
    episode, screen = await played(Doors(), "2")
    assert episode.reward == 1.0
    assert episode.actions == (Action("right door"),)
    assert "Find the way out." in screen
    assert "  1 left door\n  2 right door\n  3 7\n" in screen


async def test_what_a_world_says_is_neither_markup_nor_control_codes():
    _, screen = await played(Doors(), "2")
    assert "Doors [bold]everywhere[/bold].\\x1b[2J" in screen
    assert "\x1b" not in screen


async def test_a_choice_can_be_typed_and_its_text_wins_over_its_number():
    assert (await played(Doors(), "left door"))[0].actions == (Action("left door"),)
    assert (await played(Doors(), "7"))[0].actions == (Action("7"),)
    assert chosen("1", ["2", "1"]) == "1"


async def test_an_illegal_choice_is_refused_and_asked_again():
    episode, screen = await played(Doors(), "4", "", "rigth door", "?", "2")
    assert episode.reward == 1.0
    assert "'4' is none of the choices. Type a number from 1 to 3." in screen
    assert "Nothing was typed; ? shows what can be done, quit leaves." in screen
    assert "Did you mean 'right door'?" in screen
    assert "Type the number of a choice, or its text." in screen


async def test_a_wrong_form_of_text_is_asked_again_and_costs_no_turn():
    environment = Mastermind()
    human, shown = person("hello", "guess: A", "?")
    with pytest.raises(Quit):
        await play(environment, Agent(model=human), Task("games/mastermind", 0))
    screen = shown.getvalue()
    assert environment.left == 20
    assert "Not understood: answer with one line like `guess: " in screen
    assert "Not allowed: a guess has 4 letters, got 1." in screen


async def test_help_shows_the_statement_the_observation_the_choices_and_the_turns_left():
    _, screen = await played(Doors(), "?", "2")
    again = screen.rpartition("Find the way out.")[2]
    assert "Doors [bold]everywhere[/bold]" in again and "  1 left door\n" in again
    assert "Turn 1 of 12, 12 left with this one." in again
    _, screen = await played(Safe(), "dial 3", "?", "open")
    again = screen.rpartition("Dial 3, then open.")[2]
    assert "dial(number: integer" in again and "dial: click" in again
    assert "Turn 2 of 12, 11 left with this one." in again


async def test_what_is_asked_is_told_once():
    human, screen = person("2", "2")
    for seed in (0, 1):
        await play(Doors(), Agent(model=human), Task("test/doors", seed))
    assert screen.getvalue().count("Find the way out.") == 1
    assert screen.getvalue().count("Doors [bold]everywhere") == 2


async def test_lines_end_between_words_in_a_terminal():
    words = " ".join(f"word{i}" for i in range(60))
    environment = Echo()
    environment.statement = words
    screen = io.StringIO()
    console = Console(file=screen, width=40, force_terminal=True, color_system=None)
    human = Human(read=lambda _prompt: "yes", console=console)
    await play(environment, Agent(model=human), Task("test/echo", 0))
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    assert max(map(len, lines)) <= 40
    assert words.split() == [word for line in lines for word in line.split() if "word" in word]


async def test_free_text():
    episode, screen = await played(Echo(), "yes")
    assert episode.reward == 1.0
    assert "Well?" in screen


async def test_tools_are_listed_called_and_answered():
    episode, screen = await played(Safe(), "dial number=3 slowly=true", '{"name": "open"}')
    assert episode.reward == 1.0
    assert episode.actions[0].calls == (ToolCall("dial", {"number": 3, "slowly": True}, "human-1"),)
    assert "dial(number: integer, slowly: boolean = false)  Turn the dial." in screen
    assert 'Type NAME(key=value, ...), or NAME key=value key="two words".' in screen
    assert "dial: click..." in screen


async def test_a_wrong_call_is_not_played_and_a_refused_one_is_shown():
    episode, screen = await played(
        Safe(),
        "dail number=3",
        "dial number=x",
        "dial 3 true 5",
        "dial(number=)",
        'dial "',
        "{",
        "dial number=12",
        "dial number=3",
        "open",
    )
    assert episode.reward == 1.0
    assert len(episode.turns) == 3
    assert "No tool is named 'dail'. Did you mean 'dial'? There are: dial, label, open." in screen
    assert "Invalid arguments for 'dial': Expected `int`, got `str` - at `$.number`" in screen
    assert "Expected: dial(number: integer, slowly: boolean = false)" in screen
    assert "dial has 2 parameters; write key=value, got '5'." in screen
    assert "The line cannot be read: put text in quotes, as in dial(number: integer" in screen
    assert "The line cannot be read: No closing quotation." in screen
    assert 'Expected {"name": ..., "arguments": {...}}' in screen
    assert "dial: The dial ends at 9." in screen


def test_arguments_are_read_as_the_type_that_the_tool_declares():
    tools = tools_of(Safe)
    assert called('label text=3 marks="[1, 2]"', tools, "c").arguments == {
        "text": "3",
        "marks": [1, 2],
    }
    assert called('label text="select * where a=1"', tools, "c").arguments == {
        "text": "select * where a=1"
    }
    with pytest.raises(ToolError, match="Object contains unknown field `color`"):
        called("label text=a color=red", tools, "c")


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("dial(number=3)", {"number": 3}),
        ("dial(3, true)", {"number": 3, "slowly": True}),
        ("dial( 3 , slowly = True )", {"number": 3, "slowly": True}),
        ("dial 3", {"number": 3}),
        ("dial 3 slowly=true", {"number": 3, "slowly": True}),
        ("open", {}),
        ("open()", {}),
        ("open ()", {}),
        ("label(text='two words', marks=[1, 2])", {"text": "two words", "marks": [1, 2]}),
        ("label(text=word, marks=null)", {"text": "word", "marks": None}),
        ("label text=(1)", {"text": "(1)"}),
        ("ask where is a = 1?", {"sql": "where is a = 1?"}),
        ("ask sql='a = 1'", {"sql": "a = 1"}),
        ("ask 'quoted'", {"sql": "quoted"}),
        ("ask(\"SELECT 'x' FROM t\")", {"sql": "SELECT 'x' FROM t"}),
    ],
)
def test_a_call_is_typed_as_it_is_printed_and_more_shortly(line: str, arguments: dict[str, Any]):
    tools = tools_of(Safe) | {"ask": Tool(ask)}
    assert tools[line.partition("(")[0].split()[0]].validate(
        called(line, tools, "c").arguments
    ) == tools[line.partition("(")[0].split()[0]].validate(arguments)


def ask(self: object, sql: str) -> str:
    """Ask."""
    return sql


def test_signatures_speak_json_schema():
    assert (
        signature(tools_of(Safe)["label"])
        == "label(text: string, marks: array of integer | null = null)"
    )


@pytest.mark.parametrize("line", ["quit", "exit"])
async def test_leaving_is_an_interrupt_and_leaves_no_episode(line: str):
    with pytest.raises(Quit, match="The player left"):
        await played(Echo(), line)


async def test_the_end_of_input_leaves():
    with pytest.raises(KeyboardInterrupt, match="The input ended"):
        await played(Safe(), "dial number=3")


async def test_quit_can_be_a_legal_choice():
    environment = Doors()
    environment.offered = ("stay", "quit")
    assert (await played(environment, "quit"))[0].actions == (Action("quit"),)


PLAY = """
import asyncio
from firsthand.agent import Agent
from firsthand.models.human import Human
from firsthand.rollout.play import play
from firsthand.task import Task
from firsthand.worlds.games.mastermind import Mastermind
from firsthand.worlds.control.null import Null
try:
    print("reward", asyncio.run(play(Null(), Agent(model=Human()), Task("control/null", 0))).reward)
except KeyboardInterrupt:
    print("left")
"""


@pytest.mark.parametrize(
    "leave",
    [lambda person: person.send_signal(signal.SIGINT), lambda person: person.stdin.close()],
    ids=["interrupt", "end"],
)
def test_one_interrupt_is_enough_although_asyncio_handles_it(
    leave: Callable[[subprocess.Popen[bytes]], None],
):
    with subprocess.Popen(
        [sys.executable, "-c", PLAY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as person:
        assert person.stdout is not None
        try:
            shown = b""
            while not shown.endswith(b"> "):
                shown += person.stdout.read(1) or pytest.fail(f"no prompt: {shown!r}")
            time.sleep(0.2)  # the prompt is written just before the reading begins
            leave(person)
            assert person.wait(timeout=20) == 0
            assert person.stdout.read() == b"left\n"
        finally:
            person.kill()
