"""verifiers plays our tasksets through its null harness, against a scripted endpoint."""

import asyncio
import json
import sys

import broken_world  # noqa: F401 - registers its worlds
import pytest
import verifiers.v1 as vf
from local_endpoint import endpoint

import firsthand as fh
from bridges.pages import run_section, sections
from firsthand.bridges.verifiers import taskset
from firsthand.errors import UnknownName
from firsthand.journal.journal import Journal

EXPERT = fh.Agent(model=fh.model("scripted:expert"))


def written(action):
    """What a model without tools of its own says to take an action."""
    if not action.calls:
        return action.text
    (call,) = action.calls
    return json.dumps({"name": call.name, "arguments": call.arguments})


def installed(monkeypatch, tmp_path, source, name):
    (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop(name, None)


async def played(name, url, *, tasks=None):
    """Play the tasks of an installed taskset; return its episodes."""
    runtime = {"harness": {"id": "null"}, "runtime": {"type": "subprocess"}}
    env = vf.load_environment(vf.resolve_env_config({"taskset": {"id": name}, "player": runtime}))
    client = vf.EvalClientConfig(base_url=url, api_key_var="FAKE_KEY")
    context = vf.ModelContext(model="scripted", client=client)
    async with env.serving():
        slots = [slot for task in env.taskset for slot in env.slots(task, 1)]
        return [await env.run_slot(slot, context, asyncio.Semaphore(1)) for slot in slots[:tasks]]


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("FAKE_KEY", "none")


def scripted(episodes):
    """Answer as the episode did whose first observation opens the conversation."""
    by_opening = {episode.turns[0].observation.full: episode for episode in episodes}

    def answer(messages):
        users = [m["content"] for m in messages if m["role"] == "user"]
        opening = next(text for text in by_opening if users[0].startswith(text))
        said = sum(message["role"] == "assistant" for message in messages)
        return written(by_opening[opening].actions[said])

    return answer


@pytest.mark.parametrize("name", ["memory/documents", "interfaces/shop_desk"])
def test_a_scripted_player_is_paid_what_it_is_paid_here(name, monkeypatch, tmp_path):
    episodes = [fh.run(fh.play(fh.make(name), EXPERT, task)) for task in fh.tasks(name, 2)]
    source = (
        "from firsthand.bridges.verifiers import taskset\n"
        f"Ours, OursEnv = taskset({name!r}, 2, journal={str(tmp_path / 'journal')!r})\n"
        "__all__ = ['Ours', 'OursEnv']\n"
    )
    installed(monkeypatch, tmp_path, source, "our_taskset")
    with endpoint(scripted(episodes)) as url:
        theirs = asyncio.run(played("our_taskset", url))
    for found, episode in zip(theirs, episodes, strict=True):
        (trace,) = found.traces
        assert found.ok, found.errors
        assert trace.reward == episode.reward == 1.0
        assert trace.rewards["score"].score == 1.0
        assert trace.info["firsthand"]["checks"] == episode.checks
    kept = {episode.task.id: episode for episode in Journal(tmp_path / "journal").episodes()}
    for episode in episodes:
        same = kept[episode.task.id]
        assert [t.observation.full for t in same.turns] == [
            t.observation.full for t in episode.turns
        ]
        assert [turn.reward for turn in same.turns] == [turn.reward for turn in episode.turns]


def test_a_broken_episode_fails_there_and_has_no_reward(monkeypatch, tmp_path):
    source = (
        "from firsthand.bridges.verifiers import taskset\n"
        "Ours, OursEnv = taskset('testing/broken', 1)\n"
        "__all__ = ['Ours', 'OursEnv']\n"
    )
    installed(monkeypatch, tmp_path, source, "broken_taskset")
    with endpoint(lambda messages: "go") as url:
        (found,) = asyncio.run(played("broken_taskset", url))
    assert not found.ok
    assert "environment failed while calling act" in str(found.errors)
    assert all("score" not in trace.rewards for trace in found.traces)


def test_names_are_refused_at_the_start():
    with pytest.raises(UnknownName, match="Did you mean 'data/ledger'"):
        taskset("data/leger", 2)


def test_the_page(monkeypatch, tmp_path):
    (source,) = sections()["verifiers"]
    defined = run_section("verifiers")
    assert defined["__all__"] == ["Desk", "DeskEnv"]
    installed(monkeypatch, tmp_path, source, "my_desk")
    assert len(list(vf.load_taskset(vf.TasksetConfig(id="my_desk")))) == 64
