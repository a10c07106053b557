"""Environments and agents that raise, return or wait for what they like: each is an attributed
failure in time.
"""

import asyncio
import enum
import os
import subprocess
import sys
import textwrap
import time
from types import SimpleNamespace

import pytest
import rollout_worlds  # noqa: F401 - registers testing/count

from firsthand.agent import Agent
from firsthand.environment import (
    Action,
    Environment,
    Observation,
    Score,
    ToolCall,
    ToolResult,
    tool,
)
from firsthand.episode import Stop, decode, encode
from firsthand.errors import UserError
from firsthand.models import model
from firsthand.models.scripted import Scripted
from firsthand.prompt import Completion, Traits
from firsthand.rollout import clock
from firsthand.rollout.play import Limits, play
from firsthand.task import Task

QUICK = Limits(turns=3, turn_seconds=0.2, episode_seconds=5)
IDLE = Agent(model=model("scripted:idle"))


class Sound(Environment):
    """Says hello; the base of worlds in which one method misbehaves."""

    name = "testing/sound"

    def reset(self, task):
        return Observation("Hello.")

    def act(self, action):
        return Observation("Hello again.")

    def score(self):
        return Score(solved=False)

    def expert(self):
        yield Action("x")


@pytest.fixture(autouse=True)
def little_grace(monkeypatch):
    """What refuses to end is given up sooner here, which saves the tests a minute."""
    monkeypatch.setattr(clock, "GRACE_SECONDS", 0.2)


async def played(agent=IDLE, limits=QUICK, **methods):
    """Play a world with these methods or attributes; it must end, and must survive a journal."""
    started = time.perf_counter()
    world = type("World", (Sound,), methods)()
    episode = await play(world, agent, Task("testing/sound", 0), limits=limits)
    assert time.perf_counter() - started < 4, "it ended far too late"
    assert decode(encode(episode)) == episode
    if episode.error is not None:
        assert (episode.reward, episode.checks, episode.stop) == (None, {}, Stop.FAILED)
    return episode


def raising(error):
    def method(self, *_arguments):
        raise error

    return method


def returning(value):
    return lambda self, *_arguments: value


METHODS = ("reset", "act", "score", "true_score", "aftermath", "close")


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError("no words")


RAISED = {
    "an exit": SystemExit(0),
    "a cancellation": asyncio.CancelledError(),
    "a generator's end": GeneratorExit(),
    "any base exception": BaseException("x"),
    "a stopped iteration": StopIteration(1),
    "a stopped async iteration": StopAsyncIteration(),
    "a group": ExceptionGroup("several", [ValueError("x"), OSError("y")]),
    "an error without a text": Unspeakable(),
    "a recursion": RecursionError("too deep"),
    "no memory": MemoryError(),
    "half a character": ValueError("\ud800"),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("what", RAISED)
async def test_whatever_is_raised_is_the_environments_failure(method, what):
    error = (await played(**{method: raising(RAISED[what])})).error
    assert error.owner == "environment"
    assert error.doing.startswith(f"calling {method}")
    if what != "a stopped iteration":  # Python makes another error of this one
        assert error.type == type(RAISED[what]).__name__


@pytest.mark.parametrize("what", RAISED)
async def test_whatever_is_raised_after_a_wait_is_the_environments_failure(what):
    async def act(self, action):
        await asyncio.sleep(0.001)
        raise RAISED[what]

    error = (await played(act=act)).error
    assert (error.owner, error.doing) == ("environment", "calling act")


@pytest.mark.parametrize("what", RAISED)
async def test_whatever_an_agent_raises_is_the_models_failure(what):
    def answer(_observation, _environment, _rng):
        raise RAISED[what]

    assert (await played(Agent(model=Scripted(answer)))).error.owner == "model"


@pytest.mark.parametrize("what", RAISED)
async def test_whatever_a_tool_raises_is_the_tools_failure(what):
    class Tools(Sound):
        act = Environment.act

        @tool
        def go(self) -> str:
            """Go."""
            raise RAISED[what]

    call = Agent(model=Scripted(lambda *_: Action(calls=(ToolCall("go"),))))
    episode = await play(Tools(), call, Task("testing/sound", 0), limits=QUICK)
    assert (episode.error.owner, episode.error.doing) == ("tool", "calling the tool go")


async def test_a_real_interrupt_still_ends_the_program():
    with pytest.raises(KeyboardInterrupt):
        await played(act=raising(KeyboardInterrupt()))


def sleeping(self, *_arguments):
    time.sleep(3600)


def computing(self, *_arguments):
    while True:
        pass


def stubborn(self, *_arguments):
    while True:
        try:  # noqa: SIM105 - as its author would write it
            time.sleep(3600)
        except BaseException:
            pass


async def waiting(self, *_arguments):
    await asyncio.sleep(3600)


async def stubbornly_waiting(self, *_arguments):
    until = time.monotonic() + 30  # what is abandoned ends at last, so that the test's loop can
    while time.monotonic() < until:
        try:  # noqa: SIM105
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


async def waiting_for_a_stubborn_task(self, *_arguments):
    self.task = asyncio.create_task(stubbornly_for_a_while())
    await self.task


async def stubbornly_for_a_while():
    until = time.monotonic() + 1.0
    while (left := until - time.monotonic()) > 0:
        try:  # noqa: SIM105
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            pass


async def never_waiting(self, *_arguments):
    while True:
        await asyncio.sleep(0)


async def sleeping_after_a_wait(self, *_arguments):
    await asyncio.sleep(0)
    time.sleep(3600)


async def sleeping_when_cancelled(self, *_arguments):
    try:
        await asyncio.sleep(3600)
    finally:
        time.sleep(3600)


NEVER_ENDING = [
    sleeping,
    computing,
    stubborn,
    waiting,
    stubbornly_waiting,
    waiting_for_a_stubborn_task,
    never_waiting,
    sleeping_after_a_wait,
    sleeping_when_cancelled,
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("hang", NEVER_ENDING, ids=lambda hang: hang.__name__)
async def test_what_never_ends_ends_at_its_limit(method, hang):
    error = (await played(**{method: hang})).error
    assert (error.owner, error.type) == ("limits", "LimitReached")
    assert error.doing.startswith(f"calling {method}")
    assert error.message.startswith("The environment took over 0.2 s")


@pytest.mark.parametrize("hang", NEVER_ENDING, ids=lambda hang: hang.__name__)
async def test_an_agent_that_never_answers_ends_at_its_limit(hang):
    def answer(_observation, _environment, _rng):
        return hang(SimpleNamespace())

    error = (await played(Agent(model=Scripted(answer)))).error
    assert (error.owner, error.message) == ("limits", "The agent took over 0.2 s for one turn.")


async def test_a_close_that_never_ends_has_a_time_of_its_own_when_the_episodes_is_spent():
    limits = Limits(episode_seconds=0.2)
    episode = await played(limits=limits, act=sleeping, close=sleeping)
    assert episode.error.message == "The episode took over 0.2 s."


async def test_play_in_another_thread_is_interrupted_too():
    """There only Python code is, not a wait inside C."""

    def once():
        return asyncio.run(played(act=computing))

    error = (await asyncio.to_thread(once)).error
    assert (error.owner, error.doing) == ("limits", "calling act")


async def test_many_stuck_worlds_end_one_after_the_other_and_the_sound_ones_are_played():
    limits = Limits(turns=2, turn_seconds=0.1)
    stuck = [played(limits=limits, act=sleeping) for _ in range(5)]
    sound = [played() for _ in range(20)]
    episodes = await asyncio.gather(*stuck, *sound)
    assert [episode.error is None for episode in episodes] == [False] * 5 + [True] * 20


async def test_a_time_out_of_the_worlds_own_is_its_own_affair():
    """It cancels the task that plays, handles that, and goes on for longer than the grace."""

    async def act(self, action):
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(10)
        except TimeoutError:
            await asyncio.sleep(0.5)
        return Observation("It took a while.")

    episode = await played(limits=Limits(turns=1, turn_seconds=3), act=act)
    assert (episode.error, episode.final.text) == (None, "It took a while.")


@pytest.mark.parametrize("hang", [waiting, stubbornly_waiting, waiting_for_a_stubborn_task])
async def test_cancellation_is_passed_on_and_is_not_swallowed(hang):
    playing = asyncio.create_task(played(limits=Limits(), act=hang))
    await asyncio.sleep(0.05)
    started = time.perf_counter()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert time.perf_counter() - started < 2


async def test_a_world_that_answers_a_cancellation_does_not_stop_it():
    async def act(self, action):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return Observation("I would rather go on.")

    playing = asyncio.create_task(played(limits=Limits(), act=act))
    await asyncio.sleep(0.05)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing


class Half(Score):
    """A score whose value is not one."""

    def __init__(self):
        super().__init__(solved=False)
        self.value = float("nan")


class Empty(Score):
    def __init__(self):
        pass


def changed(**attributes):
    score = Score(solved=False)
    for name, value in attributes.items():
        setattr(score, name, value)
    return score


class Word(enum.StrEnum):
    HELLO = "hello"


def endless(self, *_arguments):
    yield Observation("x")


async def endless_later(self, *_arguments):
    yield Observation("x")


async def late_coroutine(self, *_arguments):
    return waiting(self)


WRONG_OBSERVATIONS = {
    "a text": (
        "hello",
        "must return Observation, got str 'hello': write `return Observation(text)`",
    ),
    "nothing": (
        None,
        "must return Observation, got NoneType: write `return Observation(text)` at its end",
    ),
    "a pair": (("x", {}), "must return Observation, got tuple ('x', {}): write"),
    "a number for a text": (Observation(7), "whose text must be str, got int 7: write str(...)."),
    "a word of an enum": (Observation(Word.HELLO), "whose text must be str, got Word: write str"),
    "bytes": (Observation(b"x"), "whose text must be str, got bytes b'x': write str(...)."),
    "done as a number": (Observation("x", done=1), "with done=int 1: write a bool."),
    "done as a text": (Observation("x", done="no"), "with done=str 'no': write a bool."),
    "a list of results": (
        Observation("x", results=[]),
        "results=list []: write a tuple of ToolResult.",
    ),
    "a text among results": (
        Observation("x", results=("y",)),
        "returned str 'y' among the results.",
    ),
    "a number in a result": (Observation(results=(ToolResult("t", 3),)), "must be str, got int 3"),
    "half a character": (
        Observation("\ud800"),
        "half of a surrogate pair, which UTF-8 cannot store",
    ),
    "a huge text": (
        Observation("x" * 5_000_000),
        "5,000,000 characters, at most 1,000,000 are kept",
    ),
    "huge results": (
        Observation(results=(ToolResult("t", "x" * 600_000),) * 2),
        "1,200,002 characters, at most 1,000,000 are kept",
    ),
}


@pytest.mark.parametrize("what", WRONG_OBSERVATIONS)
@pytest.mark.parametrize("method", ["reset", "act"])
async def test_a_wrong_observation_is_the_environments_failure_and_says_the_fix(method, what):
    value, words = WRONG_OBSERVATIONS[what]
    error = (await played(**{method: returning(value)})).error
    assert (error.owner, error.type) == ("environment", "InvalidEnvironment")
    assert error.message.startswith(f"{method}() ") and words in error.message


@pytest.mark.parametrize("method", ["reset", "act", "score"])
@pytest.mark.parametrize("function", [endless, endless_later, late_coroutine])
async def test_a_generator_or_a_coroutine_in_a_coroutine_is_no_answer(method, function):
    error = (await played(**{method: function})).error
    assert error.owner == "environment" and "must return" in error.message


WRONG_SCORES = {
    "a number": (
        0.5,
        "score() must return Score, got float 0.5: write `return Score(solved=...)`.",
    ),
    "true": (True, "score() must return Score, got bool True"),
    "nothing": (None, "score() must return Score, got NoneType"),
    "not a number": (Half(), "score() returned the value float nan: a score is in [0, 1]."),
    "no value": (Empty(), "must call super().__init__(**checks)."),
    "an integer value": (changed(value=0), "score() returned the value int 0"),
    "too much": (changed(value=2.0), "score() returned the value float 2.0: a score is in [0, 1]."),
    "full without its checks": (changed(value=1.0), "1 exactly when every check holds"),
    "no checks": (changed(checks={}), "score() returned the checks dict {}: name at least one."),
    "a check that is no bool": (
        changed(checks={"solved": 0}),
        "str 'solved'=int 0: a check is a bool.",
    ),
    "a check without a name": (changed(checks={1: False}), "int 1=bool False: a check is a bool."),
}


@pytest.mark.parametrize("what", WRONG_SCORES)
async def test_a_wrong_score_is_the_environments_failure_and_says_the_fix(what):
    value, words = WRONG_SCORES[what]
    error = (await played(score=returning(value))).error
    assert (error.owner, error.type) == ("environment", "InvalidScore")
    assert words in error.message


@pytest.mark.parametrize("value", [["a"], 3, b"x", "\ud800", "x" * 2_000_000])
async def test_a_wrong_aftermath_is_the_environments_failure(value):
    error = (await played(aftermath=returning(value))).error
    assert (error.owner, error.doing) == ("environment", "calling aftermath")


@pytest.mark.parametrize("value", [None, "3", 0, -1, True, 2.5])
async def test_a_wrong_turn_budget_is_the_environments_failure(value):
    error = (await played(limits=Limits(), turns=value)).error
    assert error.owner == "environment"
    assert error.message.startswith("World.turns must be an int of at least 1, got ")


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"a": value}
    return value


class Same:
    """A policy's answers come as actions or texts; whatever else is no action."""


WRONG_ACTIONS = {
    "a number for a text": (Action(3), "The text of the action must be str, got int 3"),
    "half a character": (Action("\ud800"), "half of a surrogate pair"),
    "a huge text": (Action("x" * 2_000_000), "2,000,000 characters, at most 1,000,000 are kept."),
    "a list of calls": (Action(calls=[ToolCall("x")]), "Action.calls must be a tuple"),
    "no call": (Action(calls=("x",)), "Action.calls must hold ToolCall only, got str 'x'."),
    "no name": (Action(calls=(ToolCall(None),)), "The name of a call must be str, got NoneType"),
    "no dict": (
        Action(calls=(ToolCall("x", []),)),
        "The arguments of 'x' must be a dict: list [].",
    ),
    "too deep": (Action(calls=(ToolCall("x", nested(1000)),)), "nested deeper than 50 levels."),
    "not a number": (
        Action(calls=(ToolCall("x", {"n": float("nan")}),)),
        "hold nan, which JSON cannot say.",
    ),
    "a set": (
        Action(calls=(ToolCall("x", {"n": {1}}),)),
        "The arguments of 'x' hold set, which is not JSON.",
    ),
    "a number as a key": (
        Action(calls=(ToolCall("x", {1: 2}),)),
        "A key in the arguments of 'x' must be str",
    ),
    "an object": (Action(calls=(ToolCall("x", {"o": Same()}),)), "hold Same, which is not JSON."),
}


@pytest.mark.parametrize("what", WRONG_ACTIONS)
async def test_a_wrong_action_is_the_models_failure(what):
    value, words = WRONG_ACTIONS[what]
    error = (await played(Agent(model=Scripted(lambda *_: value)))).error
    assert (error.owner, error.type) == ("model", "InvalidAction")
    assert words in error.message


async def test_arguments_as_deep_as_allowed_are_played_and_stored():
    deep = Agent(model=Scripted(lambda *_: Action(calls=(ToolCall("x", nested(49)),))))
    assert (await played(deep)).error is None


class Choosing:
    """A model that is asked to choose."""

    name, traits = "test:choosing", Traits(chooses=True)

    async def sample(self, prompt, sampling):
        return Completion(prompt.choices[0] if prompt.choices else "x")

    async def close(self):
        pass


@pytest.mark.parametrize("value", ["yes", 3, [1, 2], ["\ud800"], {"a"}])
async def test_wrong_choices_are_the_environments_failure(value):
    error = (await played(Agent(model=Choosing()), choices=returning(value))).error
    assert (error.owner, error.doing) == ("environment", "calling choices")
    assert (await played(Agent(model=Choosing()), choices=returning(["a"]))).error is None


@pytest.mark.parametrize("hang", [sleeping, waiting])
async def test_choices_that_never_come_are_told_apart_from_a_slow_agent(hang):
    error = (await played(Agent(model=Choosing()), choices=hang)).error
    assert (error.owner, error.doing) == ("limits", "calling choices")


async def test_a_tool_that_never_ends_is_named():
    class Tools(Sound):
        act = Environment.act

        @tool
        def go(self) -> str:
            """Go."""
            time.sleep(3600)

    call = Agent(model=Scripted(lambda *_: Action(calls=(ToolCall("go"),))))
    episode = await play(Tools(), call, Task("testing/sound", 0), limits=QUICK)
    assert (episode.error.owner, episode.error.doing) == ("limits", "calling the tool go")


async def test_a_long_result_of_a_tool_is_cut_and_says_so():
    class Tools(Sound):
        act = Environment.act

        @tool
        def dump(self) -> str:
            """Show everything."""
            return "0123456789" * 500_000

    call = Agent(model=Scripted(lambda *_: Action(calls=(ToolCall("dump"),) * 30)))
    episode = await play(Tools(), call, Task("testing/sound", 0), limits=QUICK)
    assert episode.error is None
    text = episode.final.results[0].text
    assert text.endswith("\n[cut: 100,000 of 5,000,000 characters are shown]")
    assert len(episode.final.full) < 1_000_000


async def test_a_score_that_the_world_goes_on_changing_is_read_once():
    def act(self, action):
        self.judged.checks["solved"] = True
        self.judged.value = 1.0
        return Observation("Solved.", done=True)

    def score(self):
        self.judged = getattr(self, "judged", None) or Score(solved=False)
        return self.judged

    episode = await played(act=act, score=score)
    assert ([turn.reward for turn in episode.turns], episode.reward) == ([1.0], 1.0)


async def test_a_spent_token_budget_has_a_stop_of_its_own():
    class Wordy(Choosing):
        traits = Traits()

        async def sample(self, prompt, sampling):
            return Completion("x", ids=[1] * 7, logprobs=[-0.1] * 7)

    episode = await played(Agent(model=Wordy()), limits=Limits(tokens=10))
    assert (episode.stop, len(episode.turns), episode.error) == (Stop.TOKENS, 2, None)
    episode = await played(Agent(model=Wordy()), limits=Limits(tokens=100, turns=2))
    assert episode.stop == Stop.TURNS


@pytest.mark.parametrize("wrong", [Sound, "control/null", None])
async def test_what_is_no_instance_of_an_environment_is_the_callers_mistake(wrong):
    with pytest.raises(UserError, match=r"^play\(\) takes an instance of an Environment, got "):
        await play(wrong, IDLE, Task("testing/sound", 0))


def test_a_traced_thread_goes_on_after_an_interrupt():
    """In Python 3.11 a withdrawn interrupt hung every traced thread, as under coverage."""
    program = """
        import asyncio, sys, threading
        from test_misbehaviour import computing, played

        def once():
            sys.settrace(lambda *_: None)
            print(asyncio.run(played(act=computing)).error.owner)

        thread = threading.Thread(target=once, daemon=True)
        thread.start()
        thread.join(20)
    """
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "limits\n", done.stderr
