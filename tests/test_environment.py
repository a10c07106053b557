"""Environment: tools, their validation, scores, forks and the written contract."""

import math
from collections.abc import Iterator
from typing import Literal

import msgspec
import pytest
from parcels import Parcels, begun, call, send

import firsthand as fh
from firsthand.environment import Tool, ToolResult, check_contract, text_actions, tools_of
from firsthand.errors import Failed, InvalidScore, ToolError


class Box(msgspec.Struct):
    """Something with sides."""

    sides: list[int]


def test_a_schema_comes_from_signature_and_docstring():
    assert tools_of(Parcels)["send"].specification == {
        "type": "function",
        "function": {
            "name": "send",
            "description": "Send one parcel.",
            "parameters": {
                "type": "object",
                "properties": {
                    "town": {"type": "string", "description": "Where it goes."},
                    "grams": {"type": "integer"},
                    "speed": {"enum": ["fast", "slow"], "default": "slow"},
                },
                "required": ["town", "grams"],
                "additionalProperties": False,
            },
        },
    }


def test_a_schema_with_structs_is_self_contained():
    def pack(self, box: Box, spare: Box | None = None) -> str:
        """Pack a box."""
        return ""

    parameters = Tool(pack).parameters
    assert parameters["properties"]["box"] == {"$ref": "#/$defs/Box"}
    assert parameters["$defs"]["Box"]["properties"] == {
        "sides": {"type": "array", "items": {"type": "integer"}}
    }
    assert Tool(pack).validate({"box": {"sides": [1, 2]}}) == {"box": Box([1, 2]), "spare": None}


def test_a_parameter_without_a_type_is_refused():
    def pack(self, box):
        """Pack a box."""

    with pytest.raises(TypeError, match=r"^Tool 'pack': parameter 'box' needs a type\.$"):
        _ = Tool(pack).parameters


def test_tools_come_in_the_order_they_were_written_and_are_inherited():
    class Heavy(Parcels):
        @fh.tool
        def lift(self) -> str:
            """Lift it."""
            return "Lifted."

        def drop(self) -> str:
            return "Nothing broke."

    assert list(tools_of(Heavy)) == ["send", "weigh", "drop", "scan", "lift"]
    assert list(tools_of(fh.Environment)) == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"town": "Hamar", "grams": "5"}, "Expected `int`, got `str` - at `$.grams`"),
        ({"town": "Hamar", "grams": 5.5}, "Expected `int`, got `float` - at `$.grams`"),
        ({"town": "Hamar", "grams": True}, "Expected `int`, got `bool` - at `$.grams`"),
        ({"town": None, "grams": 5}, "Expected `str`, got `null` - at `$.town`"),
        ({"town": "Hamar"}, "Object missing required field `grams`"),
        ({"town": "Hamar", "grams": 5, "sped": "fast"}, "Object contains unknown field `sped`"),
        (
            {"town": "Hamar", "grams": 5, "speed": "later"},
            "Invalid enum value 'later' - at `$.speed`",
        ),
    ],
)
async def test_law_4_a_bad_call_is_told_what_was_wrong_at_which_path_and_never_pays(
    arguments, problem
):
    world = begun()
    observation = await world.act(fh.Action(calls=(fh.ToolCall("send", arguments, "call-1"),)))
    assert observation.results == (
        ToolResult("send", f"Invalid arguments for 'send': {problem}", "call-1", error=True),
    )
    assert not observation.done and world.sent == [] and world.score().value == 0.0


async def test_an_unknown_tool_suggests_the_nearest():
    observation = await begun().act(call("sent", town="Hamar"))
    assert (
        observation.full
        == "No tool is named 'sent'. Did you mean 'send'? There are: send, weigh, drop, scan."
    )
    assert observation.results[0].error
    observation = await begun().act(call("reset"))
    assert observation.full.startswith("No tool is named 'reset'."), (
        "only what is offered can be called"
    )


async def test_an_action_without_a_call_is_told_what_can_be_called():
    observation = await begun().act(fh.Action("I have sent all the parcels. Score: 1.0"))
    assert observation == fh.Observation(
        "Nothing was done: call one of the tools send, weigh, drop, scan."
    )


async def test_law_3_words_change_no_score():
    world = begun()
    for text in (
        "all_sent=True",
        "Score(1.0)",
        '{"name": "send", "arguments": {"town": "Hamar", "grams": 5}}',
    ):
        await world.act(fh.Action(text))
    assert world.score().value == 0.0


async def test_calls_run_in_order_and_each_is_answered():
    world = begun(level=2)
    first, second, third = world.towns
    calls = (
        *send(first).calls,
        *send(second, "heavy").calls,
        *call("weigh").calls,
        *send(third).calls,
    )
    observation = await world.act(fh.Action(calls=calls))
    assert [(result.tool, result.id, result.error) for result in observation.results] == [
        ("send", f"call-{first}", False),
        ("send", f"call-{second}", True),
        ("weigh", "", False),
        ("send", f"call-{third}", False),
    ]
    assert observation.results[2].text == "200"


async def test_a_tool_error_is_an_observation_and_the_episode_goes_on():
    world = begun()
    town = world.towns[0]
    await world.act(send(town))
    observation = await world.act(send(town))
    assert observation.results == (
        ToolResult("send", f"The parcel for {town} has left.", f"call-{town}", error=True),
    )
    assert not observation.done


@pytest.mark.parametrize(
    ("tool", "owner", "message"),
    [
        ("drop", "tool", "ZeroDivisionError: a parcel broke"),
        ("scan", "sandbox", "SandboxError: the scanner died"),
    ],
)
async def test_law_8_a_tool_that_breaks_is_a_failure(tool, owner, message):
    with pytest.raises(Failed, match=f"^{message}$") as caught:
        await begun().act(call(tool))
    assert caught.value.owner == owner


async def test_after_the_end_every_action_is_absorbed():
    world = begun()
    for town in world.towns:
        observation = await world.act(send(town))
    assert observation.done and world.finished and world.score().value == 1.0
    for action in (send("Hamar"), call("drop"), fh.Action("more")):
        observation = await world.act(action)
        assert observation.done and observation.results == ()
    assert len(world.sent) == 2


async def test_calls_after_the_one_that_ends_the_episode_are_not_run():
    world = begun()
    calls = [*send(world.towns[0]).calls, *send(world.towns[1]).calls, *call("drop").calls]
    observation = await world.act(fh.Action(calls=tuple(calls)))
    assert observation.done and len(observation.results) == 2


def test_a_score_is_one_when_every_check_holds():
    assert fh.Score(a=True, b=True).value == 1.0
    score = fh.Score(a=True, b=False)
    assert score.value == 0.0 and score.checks == {"a": True, "b": False}
    assert repr(score) == "Score(0, {'a': True, 'b': False})"
    with pytest.raises(
        InvalidScore, match=r"^A score needs at least one named check: Score\(balanced=\.\.\.\)\.$"
    ):
        fh.Score()


def test_law_4_a_potential_is_one_exactly_when_every_check_holds():
    assert fh.Score.potential(0.5, a=False).value == 0.5
    assert fh.Score.potential(1, a=True).value == 1.0
    with pytest.raises(
        InvalidScore,
        match=r"^A potential is 1 exactly when every check holds, got 1\.0 with {'a': False}\.$",
    ):
        fh.Score.potential(1.0, a=False)
    with pytest.raises(
        InvalidScore,
        match=r"^A potential is 1 exactly when every check holds, got 0\.9 with {'a': True}\.$",
    ):
        fh.Score.potential(0.9, a=True)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.1, 1.1])
def test_a_potential_is_a_finite_number(value):
    with pytest.raises(InvalidScore, match=r"^A potential is a finite number in \[0, 1\], got "):
        fh.Score.potential(value, a=False)


async def test_law_7_forks_played_the_same_way_end_the_same():
    world = begun(level=3, seed=5)
    await world.act(send(world.towns[0]))
    state = world.snapshot()
    ends = []
    for _ in range(2):
        fork = Parcels()
        fork.restore(state)
        for town in fork.towns[1:]:
            await fork.act(send(town))
        ends.append((fork.sent, fork.finished, fork.score().value))
    assert ends[0] == ends[1] == (world.towns, True, 1.0)
    assert world.sent == world.towns[:1] and not world.finished, (
        "the forks share nothing with the world they left"
    )


async def test_law_7_a_world_can_be_put_back():
    world = begun()
    state = world.snapshot()
    for _ in range(2):
        for town in world.towns:
            await world.act(send(town))
        assert world.score().value == 1.0
        world.restore(state)
        assert world.score().value == 0.0 and not world.finished


async def test_law_12_every_result_says_where_it_came_from():
    observation = await begun().act(
        fh.Action(calls=(fh.ToolCall("weigh", id="a"), fh.ToolCall("nothing", id="b")))
    )
    assert [(result.tool, result.id) for result in observation.results] == [
        ("weigh", "a"),
        ("nothing", "b"),
    ]


def test_an_observation_reads_as_one_text():
    results = (ToolResult("weigh", "200"), ToolResult("weigh", ""), ToolResult("send", "Gone."))
    assert fh.Observation("Well.", results=results).full == "Well.\n200\nGone."
    assert fh.Observation(results=results[:1]).full == "200"


def test_a_summary_is_the_first_line_of_the_docstring():
    assert Parcels.summary() == "Send every parcel to its town."


def test_what_has_a_default_needs_not_be_written():
    world = begun()
    assert fh.Environment.aftermath(world) is None
    assert world.choices() is None and world.close() is None
    assert (Parcels.levels, Parcels.laws, Parcels.base_rate, Parcels.needs) == (
        range(1, 6),
        False,
        0.0,
        frozenset(),
    )


def test_text_actions():
    assert list(text_actions(["look", "go"])) == [fh.Action("look"), fh.Action("go")]


class Whole(fh.Environment):
    """Has all that is asked for."""

    name = "test/whole"

    def reset(self, task: fh.Task) -> fh.Observation:
        return fh.Observation()

    def act(self, action: fh.Action) -> fh.Observation:
        return fh.Observation()

    def score(self) -> fh.Score:
        return fh.Score(done=False)

    def expert(self) -> Iterator[fh.Action]:
        return text_actions([])


def test_the_written_contract_is_checked():
    check_contract(Whole)
    check_contract(Parcels)
    for name in ("nodomain", "a/b/c", "a b/c", "/b", ""):
        with pytest.raises(TypeError, match=r"^Bad\.name must read 'domain/family', got "):
            check_contract(type("Bad", (Whole,), {"name": name}))


@pytest.mark.parametrize("method", ["reset", "score", "expert"])
def test_law_5_an_environment_is_whole_or_refused(method):
    """Not even its expert may be left out."""
    part = type("Part", (Whole,), {method: getattr(fh.Environment, method)})
    with pytest.raises(
        TypeError,
        match=rf"^Part has no {method}\(\): every environment has reset, score and expert\.$",
    ):
        check_contract(part)
    with pytest.raises(
        TypeError, match=rf"^Part has no {method}\(\): write one \(see `firsthand new`\)\.$"
    ):
        getattr(part(), method)(*([fh.Task("test/part", 0)] if method == "reset" else []))


def test_an_environment_without_tools_says_how_it_is_acted_in():
    with pytest.raises(
        TypeError, match=r"^Mute has neither tools nor act\(\): nothing can be done in it\.$"
    ):
        check_contract(type("Mute", (Whole,), {"act": fh.Environment.act}))


def test_a_tool_that_cannot_be_described_is_refused_when_the_environment_is_registered():
    def pack(self, box) -> str:
        return ""

    with pytest.raises(TypeError, match="parameter 'box' needs a type"):
        check_contract(type("Untyped", (Whole,), {"pack": fh.tool(pack)}))


def test_tool_errors_are_for_the_agent_to_read():
    with pytest.raises(
        ToolError, match="^Invalid arguments for 'weigh': Object contains unknown field `fast`$"
    ):
        tools_of(Parcels)["weigh"].validate({"fast": True})


def test_literal_is_shown_as_an_enumeration():
    def turn(self, way: Literal["left", "right"]) -> str:
        """Turn."""
        return way

    assert Tool(turn).parameters["properties"] == {"way": {"enum": ["left", "right"]}}
