"""Inspect evaluates models on our environments: `mockllm` with scripted calls scores as we do."""

import itertools

import broken_world  # noqa: F401 - registers its worlds
import inspect_ai
import pytest
from inspect_ai.log import read_eval_log
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.tool import ToolCall

import firsthand as fh
from bridges.pages import run_section
from firsthand.bridges.inspect_ai import episode_of, evaluation
from firsthand.errors import UnknownName
from firsthand.journal.journal import Journal
from firsthand.rollout.replay import replay


def answer(action):
    """What a model says to take an action."""
    calls = [
        ToolCall(id=f"c{i}", function=c.name, arguments=c.arguments)
        for i, c in enumerate(action.calls)
    ]
    said = ChatMessageAssistant(content=action.text, tool_calls=calls or None)
    return ModelOutput(
        model="mockllm/model",
        choices=[ChatCompletionChoice(message=said)],
        usage=ModelUsage(input_tokens=7, output_tokens=3),  # else it is counted, by a download
    )


def idle():
    """A model that says nothing of use."""
    outputs = itertools.repeat(answer(fh.Action("hm")))
    return get_model("mockllm/model", custom_outputs=outputs, memoize=False)


def scripted(episodes):
    outputs = [answer(action) for episode in episodes for action in episode.actions]
    return get_model("mockllm/model", custom_outputs=outputs, memoize=False)


def evaluated(task, model, folder):
    (log,) = inspect_ai.eval(
        task, model=model, log_dir=str(folder), display="none", max_samples=1, log_format="eval"
    )
    return log


@pytest.mark.parametrize(
    "name", ["data/ledger", "memory/documents", "games/nim", "interfaces/shop_desk"]
)
@pytest.mark.parametrize("player", ["expert", "random"])
def test_scripted_calls_score_what_they_score_here(name, player, tmp_path):
    agent = fh.Agent(model=fh.model(f"scripted:{player}"))
    tasks = fh.tasks(name, 3, split="eval")
    episodes = [fh.run(fh.play(fh.make(name), agent, task)) for task in tasks]
    log = evaluated(
        evaluation(name, 3, journal=tmp_path / "journal"), scripted(episodes), tmp_path / "logs"
    )
    assert log.status == "success", log.error
    read = read_eval_log(log.location)
    for sample, episode in zip(read.samples, episodes, strict=True):
        assert sample.id == episode.task.id
        (score,) = sample.scores.values()
        assert score.value == episode.reward
        assert score.metadata["checks"] == episode.checks
        again = episode_of(sample.store["firsthand_episode"])
        assert [turn.reward for turn in again.turns] == [turn.reward for turn in episode.turns]
        assert [t.observation.full for t in again.turns] == [
            t.observation.full for t in episode.turns
        ]
        assert fh.run(replay(again)) is None
    mean = read.results.scores[0].metrics["mean"].value
    assert mean == pytest.approx(sum(episode.reward for episode in episodes) / 3)
    assert len(list(Journal(tmp_path / "journal").episodes())) == 3


def test_the_model_is_shown_tools_and_results_as_elsewhere(tmp_path):
    expert = fh.Agent(model=fh.model("scripted:expert"))
    (task,) = fh.tasks("data/ledger", 1, split="eval")
    episode = fh.run(fh.play(fh.make(task.environment), expert, task))
    shown = []
    outputs = iter([answer(action) for action in episode.actions])

    def speak(messages, tools, choice, config):
        shown.append((list(messages), list(tools)))
        return next(outputs)

    evaluated(
        evaluation("data/ledger", 1),
        get_model("mockllm/model", custom_outputs=speak, memoize=False),
        tmp_path,
    )
    messages, tools = shown[-1]
    assert [tool.name for tool in tools] == [
        "schema",
        "query",
        "post",
        "amend",
        "void",
        "close_books",
    ]
    assert "sql" in tools[1].parameters.properties
    assert messages[0].role == "system" and messages[1].text == episode.turns[0].observation.full
    results = [message.text for message in messages if message.role == "tool"]
    assert results == [r.text for turn in episode.turns[1:] for r in turn.observation.results]


def test_a_broken_episode_is_an_error_of_its_sample_and_no_score(tmp_path):
    log = evaluated(evaluation("testing/broken", 1), idle(), tmp_path)
    assert log.status == "error"
    assert "environment failed while calling act" in log.error.message
    assert not log.samples[0].scores


def test_names_are_refused_at_the_start():
    with pytest.raises(UnknownName, match="Did you mean 'data/ledger'"):
        evaluation("data/leger", 2)


def test_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    defined = run_section("Inspect", model=idle())
    assert defined["log"].status == "success"
    assert len(defined["log"].samples) == 5
