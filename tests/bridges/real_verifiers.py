"""verifiers, both ways: it plays our tasksets through its null harness, against a scripted
endpoint; its tasksets are played here, and paid what it pays for the same replies.
"""

import asyncio
import json
import re
import sys
from types import SimpleNamespace

import broken_world  # noqa: F401 - registers its worlds
import pytest
import verifiers.v1 as vf
from local_endpoint import endpoint

import firsthand as fh
from bridges.pages import run_section, sections
from firsthand.bridges.partial_contract import PartialContract
from firsthand.bridges.verifiers import taskset
from firsthand.bridges.verifiers_in import adopt
from firsthand.errors import UnknownName, UserError
from firsthand.journal.journal import Journal
from firsthand.registry import lookup

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


async def played(name, url, *, tasks=None, seat="player"):
    """Play the tasks of an installed taskset; return its episodes."""
    runtime = {"harness": {"id": "null"}, "runtime": {"type": "subprocess"}}
    env = vf.load_environment(vf.resolve_env_config({"taskset": {"id": name}, seat: runtime}))
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


SUMS = """
import verifiers.v1 as vf


class Row(vf.TaskData):
    answer: str


class Sum(vf.Task[Row, vf.State, vf.TaskConfig]):
    @vf.reward
    async def right(self, trace) -> float:
        return float(trace.last_reply == self.data.answer)

    @vf.reward(weight=0.25)
    async def brief(self, trace) -> float:
        return float(0 < len(trace.last_reply) <= 3)


class Sums(vf.Taskset[Sum, vf.TasksetConfig]):
    def load(self):
        for a in range(10):
            for b in range(10):
                row = Row(prompt=f"What is {a} + {b}?", answer=str(a + b))
                yield Sum(row, self.config.task)


__all__ = ["Sums"]
"""

GUESSES = """
import verifiers.v1 as vf


class Row(vf.TaskData):
    hidden: int


class Guess(vf.Task[Row, vf.State, vf.TaskConfig]):
    @vf.metric
    async def replies(self, trace) -> float:
        return float(trace.num_turns)


class Guesses(vf.Taskset[Guess, vf.TasksetConfig]):
    INFINITE = True

    def load(self):
        number = 0
        while True:
            number += 1
            row = Row(hidden=number * 37 % 101, system_prompt="Guess a number below 101.")
            yield Guess(row, self.config.task)


class GuessConfig(vf.EnvConfig):
    player: vf.AgentConfig = vf.AgentConfig()


class GuessEnv(vf.Env[GuessConfig]):
    async def run(self, task, agents):
        said, found = "Go.", False
        async with agents.player.interaction(task) as interaction:
            while not found:
                segment = await interaction.turn(said)
                if segment.terminated:
                    break
                reply = segment.last_reply
                found = reply == str(task.data.hidden)
                number = int(reply) if reply.isdigit() else 0
                said = "higher" if number < task.data.hidden else "lower"
        interaction.trace.record_reward("found", float(found), 2.0)


__all__ = ["Guesses", "GuessEnv"]
"""


def halving(world):
    low, high = 0, 100
    while True:
        guess = (low + high) // 2
        yield str(guess)
        low, high = (guess + 1, high) if world.seen == "higher" else (low, guess - 1)


def same_replies(episodes):
    """Answer as the episodes did, told apart by all that was said before."""
    known = {}
    for episode in episodes:
        said = ""
        for turn in episode.turns:
            said += turn.observation.text
            known[re.sub(r"\s+", "", said)] = turn.action.text
            said += turn.action.text

    def answer(messages):
        told = "".join(message["content"] for message in messages)
        return known[re.sub(r"\s+", "", told)]

    return answer


def test_a_taskset_is_played_here_and_paid_what_verifiers_pays(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, SUMS, "sums_taskset")
    world = adopt("sums_taskset")
    assert world.name == "verifiers/sums_5Ftaskset" and world.solved_at == 1.25
    assert lookup("verifiers:sums_taskset") is world
    assert world.unknown == ()  # its own answers were paid in full
    for split in ("train", "gate", "eval"):
        episodes = fh.run(fh.rollout(EXPERT, fh.tasks(world.name, 10, split=split)))
        assert [episode.reward for episode in episodes] == [1.0] * 10, episodes[0].error
    assert not fh.check(world).problems
    wrong = fh.Agent(model=fh.model("scripted:idle"))
    asked = fh.run(fh.rollout(wrong, fh.tasks(world.name, 200)))
    other = fh.run(fh.rollout(wrong, fh.tasks(world.name, 200, split="eval")))
    seen, held = ({episode.turns[0].observation.text for episode in e} for e in (asked, other))
    assert not seen & held and 35 < len(seen) < 65 and 10 < len(held) < 40  # of 100 rows
    brief = world()
    brief.index = 0
    fh.run(replied(brief, "99"))
    assert brief.score().value == 0.25 / 1.25
    with endpoint(lambda messages: "7") as url:
        theirs = asyncio.run(played("sums_taskset", url, tasks=8, seat="agent"))
    for found in theirs:
        (trace,) = found.traces
        ours = world()
        ours.index = trace.task.data.idx
        fh.run(replied(ours, "7"))
        assert ours.reward == trace.reward


async def replied(world, text):
    await world._begin()
    await world.act(fh.Action(text))


def test_a_conversation_is_led_by_its_env_and_paid_what_verifiers_pays(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, GUESSES, "guess_taskset")
    with pytest.raises(UserError, match="does not say how long: adopt it with turns=NUMBER"):
        adopt("guess_taskset")
    with pytest.raises(UserError, match="does not say when it is solved: adopt it with solved_at="):
        adopt("guess_taskset", turns=14)
    world = adopt("guess_taskset", turns=14, solved_at=2.0, expert=halving)
    assert world.unknown == ()
    assert not fh.check(world).problems
    episodes = fh.run(fh.rollout(EXPERT, fh.tasks(world.name, 10, split="eval")))
    assert [episode.reward for episode in episodes] == [1.0] * 10, episodes[0].error
    assert episodes[0].turns[0].observation.text == "Guess a number below 101.\n\nGo."
    idle = fh.Agent(model=fh.model("scripted:idle"))
    (spent,) = fh.run(fh.rollout(idle, fh.tasks(world.name, 1)))
    assert (spent.reward, len(spent.turns), str(spent.stop)) == (0.0, 14, "done")
    rows = list(vf.load_taskset(vf.TasksetConfig(id="guess_taskset")).take(2))
    told = [told_of(world, index) for index in range(len(rows))]
    with endpoint(same_replies(told)) as url:
        theirs = asyncio.run(taken("guess_taskset", url, len(rows)))
    for found, row in zip(theirs, rows, strict=True):
        (trace,) = found.traces
        assert found.ok, found.errors
        assert (trace.reward, trace.task.data.hidden) == (2.0, row.data.hidden)


async def taken(name, url, n):
    """Play the first tasks of an endless taskset; return its episodes."""
    runtime = {"harness": {"id": "null"}, "runtime": {"type": "subprocess"}}
    env = vf.load_environment(vf.resolve_env_config({"taskset": {"id": name}, "player": runtime}))
    client = vf.EvalClientConfig(base_url=url, api_key_var="FAKE_KEY")
    context = vf.ModelContext(model="scripted", client=client)
    async with env.serving():
        return [await env.run_episode(task, context) for task in env.taskset.take(n)]


def told_of(world, index):
    """Play one row well; return the episode as far as `same_replies` reads it."""

    async def run():
        ours = world()
        ours.index = index
        said, turns, moves = await ours._begin(), [], None
        ours.seen = said
        moves = halving(ours)
        while not ours.finished:
            action = fh.Action(next(moves))
            turns.append(SimpleNamespace(observation=fh.Observation(ours.seen), action=action))
            await ours.act(action)
        return SimpleNamespace(turns=turns)

    return fh.run(run())


JUDGED = SUMS.replace("class Row", "class Strict(vf.Judge[bool]):\n    pass\n\n\nclass Row", 1)
BOXED = SUMS.replace("(self, trace) -> float:", "(self, trace, runtime) -> float:", 1)
TOOLS = SUMS.replace(
    "class Sums(",
    "class Calculator(vf.Toolset):\n    pass\n\n\nclass Sums(",
).replace(
    "    def load(self):",
    "    @classmethod\n    def toolsets(cls, config):\n"
    "        return [Calculator(vf.ToolsetConfig())]\n\n    def load(self):",
)
IMAGE = SUMS.replace("answer=str(a + b))", "answer=str(a + b), image='python:3.12')")
UNSTEADY = SUMS.replace("import verifiers", "import random\nimport verifiers").replace(
    "What is {a} + {b}?", "What is {a} + {b}? ({random.random()})"
)
SEVERAL = GUESSES.replace(
    "    player: vf.AgentConfig = vf.AgentConfig()\n",
    "    player: vf.AgentConfig = vf.AgentConfig()\n    other: vf.AgentConfig = vf.AgentConfig()\n",
)
STOPS = SUMS.replace(
    "    @vf.reward\n",
    "    @vf.stop\n    async def enough(self, trace: vf.Trace) -> bool:\n        return False\n\n"
    "    @vf.reward\n",
    1,
)
BROKEN = SUMS.replace("0 < len(trace.last_reply) <= 3", "1 / len(trace.last_reply)")


@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        ("judged", JUDGED, "cannot be played as a chat: a model judges it"),
        ("boxed", BOXED, "cannot be played as a chat: right read a box"),
        ("tools", TOOLS, "cannot be played as a chat: it offers tools of MCP servers"),
        ("image", IMAGE, "cannot be played as a chat: its rows need a box"),
        ("unsteady", UNSTEADY, "loads other rows each time"),
        ("several", SEVERAL, "it has several agents, player, other"),
        ("stops", STOPS, "it stops or rewrites requests to a model"),
        ("broken", BROKEN, "verifiers reports TaskError: .*division by zero"),
        ("nothing", "__all__ = []", "does not load as a taskset of verifiers"),
    ],
)
def test_what_cannot_be_played_as_a_chat_is_refused_with_the_reason(
    name, source, says, monkeypatch, tmp_path
):
    installed(monkeypatch, tmp_path, source, f"{name}_taskset")
    with pytest.raises(UserError, match=says):
        adopt(f"{name}_taskset")


def test_the_tasksets_of_their_wheel_say_what_they_need():
    with pytest.raises(UserError, match="Harbor CLI"):
        adopt("harbor")
    with pytest.raises(UserError, match=r"told with config=\{\.\.\.\}"):
        adopt("openenv")
    with pytest.raises(UserError, match="taskset 'no_such_taskset' not found"):
        adopt("no_such_taskset")


def test_an_answer_that_is_not_paid_makes_no_expert(monkeypatch, tmp_path):
    source = SUMS.replace("answer=str(a + b)", "answer=f'It is {a + b}.'").replace(
        "== self.data.answer", "in self.data.answer"
    )
    installed(monkeypatch, tmp_path, source, "long_taskset")
    with pytest.raises(UserError, match=r"pays 1 for an empty reply"):
        adopt("long_taskset", solved_at=1.0)
    source = source.replace("in self.data.answer", "== self.data.answer.split()[2]")
    installed(monkeypatch, tmp_path, source, "wordy_taskset")
    with pytest.warns(PartialContract, match="It has no expert"):
        world = adopt("wordy_taskset")
    assert any("Solved is a reward of 1.25" in line for line in world.unknown)
    with pytest.raises(UserError, match="adopt it with expert=FUNCTION"):
        next(iter(world().expert()))
    boxed = SUMS.replace("trace.last_reply ==", "trace.last_reply[7:-1] ==").replace(
        "<= 3", "<= 11"
    )
    installed(monkeypatch, tmp_path, boxed, "mathematics_taskset")
    assert adopt("mathematics_taskset").well.form == "\\boxed{{{}}}"


def test_a_fork_of_a_conversation_goes_on_as_it_does(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, GUESSES, "fork_taskset")
    world = adopt("fork_taskset", turns=14, solved_at=2.0, expert=halving)

    async def forked():
        env, fork = world(), world()
        await env.reset(fh.tasks(world.name, 1)[0])
        await env.act(fh.Action("50"))
        fork.restore(env.snapshot())
        said = [(await one.act(fh.Action("60"))).text for one in (env, fork)]
        for one in (env, fork):
            await one.act(fh.Action(str(one.row.hidden)))
        said += [one.score().value for one in (env, fork)]
        await env.close()
        await fork.close()
        return said

    first, second, one, other = fh.run(forked())
    assert first == second and one == other == 1.0


def test_the_page(monkeypatch, tmp_path):
    (source,) = sections()["verifiers, out"]
    defined = run_section("verifiers, out")
    assert defined["__all__"] == ["Desk", "DeskEnv"]
    installed(monkeypatch, tmp_path, source, "my_desk")
    assert len(list(vf.load_taskset(vf.TasksetConfig(id="my_desk")))) == 64
    installed(monkeypatch, tmp_path, SUMS, "my_sums")
    assert run_section("verifiers, in")["solved"] == 10
