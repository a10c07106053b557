import json

import pytest

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
from firsthand.episode import Turn
from firsthand.errors import InvalidTask
from firsthand.journal import Journal, export_chat
from firsthand.models import model
from firsthand.registry import make, register, tasks
from firsthand.rollout.play import play
from firsthand.task import Task


@register
class Door(Environment):
    """Open a door."""

    name = "testing/door"
    statement = "Open the door."

    def reset(self, task):
        self.open = False
        return Observation("A door.")

    @tool
    def turn(self, handle: str) -> str:
        """Turn a handle."""
        self.open = handle == "left"
        if self.open:
            self.finish()
        return "It opens." if self.open else "It sticks."

    def score(self):
        return Score(open=self.open)

    def expert(self):
        yield Action(
            calls=(ToolCall("turn", {"handle": "right"}), ToolCall("turn", {"handle": "up"}))
        )
        yield Action(
            '{"name": "turn", "arguments": {"handle": "left"}}',
            calls=(ToolCall("turn", {"handle": "left"}),),
        )


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_tool_calls_and_their_answers(tmp_path):
    expert = Agent(model=model("scripted:expert"))
    played = [await play(make("testing/door"), expert, task) for task in tasks("testing/door", 2)]
    assert export_chat(played, tmp_path / "deep" / "chat.jsonl") == 2
    first, second = lines(tmp_path / "deep" / "chat.jsonl")
    assert first == second
    roles = [message["role"] for message in first["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant"]
    system, user, tried, one, two, last = first["messages"]
    assert system["content"] == "Open the door."
    assert user["content"] == "A door."
    assert [call["id"] for call in tried["tool_calls"]] == [
        one["tool_call_id"],
        two["tool_call_id"],
    ]
    assert one["content"] == "It sticks."
    assert json.loads(last["tool_calls"][0]["function"]["arguments"]) == {"handle": "left"}
    assert last["content"] == ""  # the text was the call spelled out
    assert [entry["function"]["name"] for entry in first["tools"]] == ["turn"]


def test_a_call_that_was_not_run_is_answered_all_the_same(tmp_path, episode):
    calls = (ToolCall("turn", {"handle": "left"}), ToolCall("turn", {"handle": "up"}))
    turns = (
        Turn(Observation("A door."), Action("I try.", calls)),
        Turn(
            Observation("Still here.", results=(ToolResult("turn", "It opens."),)), Action("done")
        ),
    )
    export_chat([episode("a", task=Task("testing/door", 1), turns=turns)], tmp_path / "chat.jsonl")
    (line,) = lines(tmp_path / "chat.jsonl")
    assert [message.get("content") for message in line["messages"][2:]] == [
        "I try.",
        "It opens.",
        "The call was not run.",
        "Still here.",
        "done",
    ]


async def test_only_successes_by_default(tmp_path):
    journal = Journal(tmp_path / "journal")
    agent = Agent(model=model("scripted:random"))
    with journal.writer() as writer:
        for task in tasks("control/null", 30):
            writer.append(await play(make("control/null"), agent, task))
    good = len(list(journal.episodes(min_reward=1.0)))
    assert 0 < good < 30
    assert export_chat(journal.episodes(), tmp_path / "chat.jsonl") == good
    assert export_chat(journal.episodes(), tmp_path / "all.jsonl", min_reward=0.0) == 30
    line = lines(tmp_path / "chat.jsonl")[0]
    assert [message["role"] for message in line["messages"]] == ["system", "user", "assistant"]
    assert "tools" not in line


def test_failed_and_empty_episodes_are_left_out(tmp_path, episode):
    assert (
        export_chat(
            [episode("a", reward=None), episode("b", turns=())],
            tmp_path / "chat.jsonl",
            min_reward=0.0,
        )
        == 0
    )
    assert (tmp_path / "chat.jsonl").read_text() == ""


def test_an_episode_of_another_version_is_refused_and_leaves_no_half_file(tmp_path, episode):
    with pytest.raises(
        InvalidTask, match="was made for version 0 of control/null; installed is version 1"
    ):
        export_chat(
            [episode("a"), episode("b", task=Task("control/null", 1, version="0"))],
            tmp_path / "chat.jsonl",
        )
    assert not (tmp_path / "chat.jsonl").exists()
