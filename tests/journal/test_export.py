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
from firsthand.errors import InvalidTask, UnknownName
from firsthand.journal import Journal, export_episodes
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
    assert export_episodes(played, tmp_path / "deep" / "chat.jsonl") == 2
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
    export_episodes(
        [episode("a", task=Task("testing/door", 1), turns=turns)], tmp_path / "chat.jsonl"
    )
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
    assert export_episodes(journal.episodes(), tmp_path / "chat.jsonl") == good
    assert export_episodes(journal.episodes(), tmp_path / "all.jsonl", min_reward=0.0) == 30
    line = lines(tmp_path / "chat.jsonl")[0]
    assert [message["role"] for message in line["messages"]] == ["system", "user", "assistant"]
    assert "tools" not in line


def test_failed_and_empty_episodes_are_left_out(tmp_path, episode):
    assert (
        export_episodes(
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
        export_episodes(
            [episode("a"), episode("b", task=Task("control/null", 1, version="0"))],
            tmp_path / "chat.jsonl",
        )
    assert not (tmp_path / "chat.jsonl").exists()


@pytest.fixture
async def opened():
    expert = Agent(model=model("scripted:expert"))
    return await play(make("testing/door"), expert, Task("testing/door", 1), run="monday")


def written(episode, path, form):
    assert export_episodes([episode], path, form=form) == 1
    return lines(path)[0]


async def test_trl_has_a_prompt_and_what_completes_it(opened, tmp_path):
    row = written(opened, tmp_path / "rows.jsonl", "trl")
    assert [message["role"] for message in row["prompt"]] == ["system", "user"]
    calls, first, second, last = row["completion"]
    assert [call["function"]["arguments"] for call in calls["tool_calls"]] == [
        {"handle": "right"},
        {"handle": "up"},
    ]
    assert first == {"role": "tool", "content": "It sticks.", "name": "turn"} == second
    assert last["tool_calls"][0]["function"]["arguments"] == {"handle": "left"}
    assert row["reward"] == 1.0
    assert row["tools"][0]["function"]["name"] == "turn"


async def test_verl_has_the_columns_of_both_its_data_sets(opened, tmp_path):
    row = written(opened, tmp_path / "rows.jsonl", "verl")
    assert row["prompt"] == row["messages"][:2]
    assert (row["data_source"], row["ability"]) == ("testing/door", "testing")
    task = json.loads(row["reward_model"]["ground_truth"])
    assert Task(**task) == opened.task
    assert row["extra_info"]["reward"] == 1.0
    assert row["extra_info"]["index"] == 1


async def test_atif_has_one_step_for_each_action_with_what_it_led_to(opened, tmp_path):
    trajectory = written(opened, tmp_path / "rows.jsonl", "atif")
    assert trajectory["schema_version"] == "ATIF-v1.8"
    assert [step["step_id"] for step in trajectory["steps"]] == [1, 2, 3, 4]
    system, user, twice, last = trajectory["steps"]
    assert (system["source"], user["message"]) == ("system", "A door.")
    assert [r["source_call_id"] for r in twice["observation"]["results"]] == [
        "call_1_1",
        "call_1_2",
    ]
    assert last["observation"]["results"] == [
        {"source_call_id": "call_2_1", "content": "It opens."}
    ]
    assert trajectory["extra"]["checks"] == {"open": True}
    assert trajectory["session_id"] == "monday"


def test_atif_tells_all_tokens_before_an_answer_and_those_of_the_answer(episode, tmp_path):
    shown, said = Observation("A door."), Action("left")
    turns = (
        Turn(shown, said, prompt_ids=[1, 2], ids=[3], logprobs=[-0.5]),
        Turn(shown, said, prompt_ids=[4], ids=[5, 6], logprobs=[-0.1, -0.2]),
        Turn(shown, said, prompt_ids=[1, 9], ids=[7], logprobs=[-0.3], restart=True),
    )
    played = episode("a", task=Task("testing/door", 1), turns=turns)
    steps = written(played, tmp_path / "rows.jsonl", "atif")["steps"][2:]
    told = [(s["metrics"]["prompt_token_ids"], s["metrics"]["completion_token_ids"]) for s in steps]
    assert told == [([1, 2], [3]), ([1, 2, 3, 4], [5, 6]), ([1, 9], [7])]


def test_an_unknown_format_is_named(tmp_path):
    with pytest.raises(UnknownName, match="No format is named 'trll'. Did you mean 'trl'"):
        export_episodes([], tmp_path / "rows.jsonl", form="trll")
