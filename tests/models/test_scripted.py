"""Policies that need no language model."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import pytest

from firsthand.agent import Agent
from firsthand.environment import (
    Action,
    Environment,
    Observation,
    Score,
    text_actions,
    tool,
    tools_of,
)
from firsthand.errors import UnknownName
from firsthand.models import model
from firsthand.models.scripted import Scripted
from firsthand.prompt import Policy
from firsthand.rollout.play import Limits, play
from firsthand.task import Task


class Word(Environment):
    """Say the word."""

    name = "test/word"
    offered: Sequence[str] | None = None

    def reset(self, task: Task) -> Observation:
        self.said: list[str] = []
        return Observation("Say please.")

    async def choices(self) -> Sequence[str] | None:
        return self.offered

    def act(self, action: Action) -> Observation:
        self.said.append(action.text)
        return Observation("Again.", done=self.said[-2:] == ["now", "please"])

    def score(self) -> Score:
        return Score(polite=self.said[-2:] == ["now", "please"])

    def expert(self) -> Iterator[Action]:
        return text_actions(["now", "please"])


class Toolbox(Environment):
    """Take every kind of argument."""

    name = "test/toolbox"

    def reset(self, task: Task) -> Observation:
        return Observation()

    @tool
    def use(
        self,
        n: int,
        x: float,
        on: bool,
        tags: list[str],
        size: Literal["S", "L"],
        what: str = "",
        other: dict[str, int] | None = None,
    ) -> str:
        """Use it."""
        return "used"

    def score(self) -> Score:
        return Score(never=False)

    def expert(self) -> Iterator[Action]:
        return text_actions([])


TASK = Task("test/word", 3)


async def actions(policy: Policy, environment: Environment, turns: int = 4) -> tuple[Action, ...]:
    played = await play(
        environment, Agent(model=policy), Task(environment.name, 3), limits=Limits(turns=turns)
    )
    assert played.error is None
    await policy.close()
    return played.actions


@pytest.mark.parametrize("name", ["expert", "random", "idle"])
def test_they_are_policies_with_the_name_they_were_asked_by(name: str):
    found = model(f"scripted:{name}")
    assert isinstance(found, Policy)
    assert found.name == f"scripted:{name}"


def test_an_unknown_one_suggests_the_nearest():
    with pytest.raises(
        UnknownName,
        match=r"No scripted policy is named 'expart'\. Did you mean 'expert'\? "
        r"There are: expert, random, idle\.",
    ):
        model("scripted:expart")
    with pytest.raises(
        UnknownName, match=r"No kind of model is named 'scriptd'\. Did you mean 'scripted'\?"
    ):
        model("scriptd:expert")


async def test_the_expert_reaches_the_goal_and_then_rests():
    expert = model("scripted:expert")
    assert isinstance(expert, Policy)
    played = await play(Word(), Agent(model=expert), TASK)
    assert played.reward == 1.0
    act = expert.start(environment := Word(), TASK)
    first = environment.reset(TASK)
    assert [act(first) for _ in range(3)] == [Action("now"), Action("please"), Action()]


async def test_idle_does_nothing():
    assert await actions(model("scripted:idle"), Word(), turns=3) == (Action(),) * 3  # type: ignore[arg-type]


async def test_random_picks_among_the_choices():
    environment = Word()
    environment.offered = ["a", "b"]
    said = {
        action.text for action in await actions(model("scripted:random"), environment, turns=20)
    }  # type: ignore[arg-type]
    assert said == {"a", "b"}


async def test_random_says_words_where_nothing_is_offered():
    said = {action.text for action in await actions(model("scripted:random"), Word(), turns=20)}  # type: ignore[arg-type]
    assert len(said) > 3
    assert "" not in said


async def test_random_calls_are_well_formed():
    played = await actions(model("scripted:random"), Toolbox(), turns=12)  # type: ignore[arg-type]
    assert len({str(action) for action in played}) == len(played)
    for action in played:
        (call,) = action.calls
        assert tools_of(Toolbox)["use"].validate({**call.arguments, "other": None})["size"] in (
            "S",
            "L",
        )


async def test_random_play_depends_on_the_task_alone():
    random.seed(1)
    first = await actions(model("scripted:random"), Word())  # type: ignore[arg-type]
    random.seed(2)
    assert await actions(model("scripted:random"), Word()) == first  # type: ignore[arg-type]


async def test_any_callable_plays_whatever_it_returns():
    async def later(
        observation: Observation, _environment: Environment, _rng: random.Random
    ) -> str:
        return observation.text

    assert await actions(Scripted(later), Word(), turns=2) == (
        Action("Say please."),
        Action("Again."),
    )
    assert await actions(Scripted(lambda *_: Action("x")), Word(), turns=1) == (Action("x"),)
    assert Scripted(later).name == "scripted:later"
    assert Scripted(later, name="mine").name == "mine"


async def test_what_is_not_an_action_is_the_models_failure():
    def wrong(*_: Any) -> int:
        return 3

    played = await play(Word(), Agent(model=Scripted(wrong)), TASK)
    assert played.error is not None
    assert (played.error.owner, played.error.message) == (
        "model",
        "A policy returns an Action or a str, got int.",
    )
