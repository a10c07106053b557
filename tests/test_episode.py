"""Episode: rewards that telescope, failures as data, and the form on disk."""

import msgspec
import pytest
from parcels import Parcels, begun, call, send

import firsthand as fh
from firsthand.environment import ToolResult
from firsthand.episode import Failure, Stop, Turn, decode, encode
from firsthand.errors import Failed, ModelError
from firsthand.models.scripted import Scripted

TASK = fh.Task("test/parcels", 1, level=3)


def scripted(*actions: fh.Action) -> fh.Agent:
    """An agent that does these things, then nothing."""
    left = list(actions)
    return fh.Agent(
        model=Scripted(lambda *_: left.pop(0) if left else fh.Action(), name="scripted:test")
    )


async def played(*actions: fh.Action, task: fh.Task = TASK) -> fh.Episode:
    return await fh.play(Parcels(), scripted(*actions), task)


async def test_law_4_the_rewards_of_an_episode_telescope_to_its_score():
    towns = begun(3, 1).towns
    episode = await played(send(towns[0]), send("Atlantis"), send(towns[0]), send(towns[1]))
    assert [turn.reward for turn in episode.turns] == [0.25, 0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0]
    assert sum(turn.reward for turn in episode.turns) == episode.reward == 0.5
    assert (
        episode.stop is Stop.TURNS and not episode.success and episode.checks == {"all_sent": False}
    )


async def test_law_4_an_episode_pays_one_when_every_check_holds():
    episode = await fh.play(Parcels(), fh.Agent(model=fh.model("scripted:expert")), TASK)
    assert episode.success and episode.reward == 1.0 and episode.checks == {"all_sent": True}
    assert episode.stop is Stop.DONE and episode.aftermath == "4 of 4 parcels left."
    assert len(episode.actions) == 4 and episode.actions[0].calls[0].name == "send"


async def test_law_4_a_score_above_zero_at_reset_is_the_environments_failure():
    class Paid(Parcels):
        def score(self) -> fh.Score:
            return fh.Score(always=True)

    episode = await fh.play(Paid(), scripted(), TASK)
    assert episode.error == Failure(
        "environment",
        "InvalidScore",
        f"{TASK.id} scores 1 at reset; a score is 0 before anything was done.",
    )


async def test_law_8_a_failure_is_kept_with_its_owner_and_no_reward():
    towns = begun(3, 1).towns
    episode = await played(send(towns[0]), call("drop"), send(towns[1]))
    assert episode.error == Failure("tool", "ZeroDivisionError", "a parcel broke")
    assert (
        episode.reward is None
        and episode.checks == {}
        and episode.stop is Stop.FAILED
        and not episode.success
    )
    assert [turn.reward for turn in episode.turns] == [0.25], (
        "the turns before the failure are kept"
    )


@pytest.mark.parametrize(
    ("failing", "owner"),
    [
        ("scan", "sandbox"),
        (ModelError("no answer"), "model"),
        (RuntimeError("a bug in the script"), "model"),
        ("reset", "environment"),
    ],
)
async def test_law_8_every_failure_has_one_owner(failing, owner):
    def act(*_):
        if isinstance(failing, Exception):
            raise failing
        return call(failing)

    class Closed(Parcels):
        def reset(self, task):
            raise OSError("closed today")

    world = Closed() if failing == "reset" else Parcels()
    episode = await fh.play(world, fh.Agent(model=Scripted(act)), TASK)
    assert episode.error is not None and episode.error.owner == owner
    assert episode.reward is None


def test_a_failure_is_not_a_novel():
    failure = Failure.of(Failed("tool", ValueError("x" * 10_000)))
    assert (failure.owner, failure.type, failure.message) == ("tool", "ValueError", "x" * 2000)


def example() -> fh.Episode:
    first = Turn(
        fh.Observation("Go."),
        send("Hamar"),
        1.0,
        [1, 2],
        [3],
        [-0.5],
        True,
        {"a": -0.1},
        ("l1", "l2"),
        ("l1", "l2", "l3"),
        (0.25, 0.5),
    )
    second = Turn(
        fh.Observation(results=(ToolResult("send", "Gone."),)),
        fh.Action("done"),
        shown=("l2", "l4"),
        offered=("l4",),
    )
    return fh.Episode(
        "e1",
        TASK,
        "scripted:test#1",
        (first, second),
        fh.Observation("Over.", done=True),
        1.0,
        {"all_sent": True},
        Stop.DONE,
    )


def test_an_episode_survives_the_disk():
    episode = example()
    assert decode(encode(episode)) == episode
    failed = msgspec.structs.replace(
        episode,
        reward=None,
        checks={},
        stop=Stop.FAILED,
        error=Failure("model", "ModelError", "é\n"),
        tags={"a": "b"},
    )
    assert decode(encode(failed)) == failed
    assert b"\n" not in encode(failed)


def test_the_form_on_disk_is_fixed():
    """Journals outlive the code that wrote them: a change here needs another schema number."""
    episode = msgspec.structs.replace(
        example(), turns=(example().turns[1],), seconds=0.5, run="first"
    )
    assert encode(episode).decode() == (
        '{"schema":1,"id":"e1","task":{"environment":"test/parcels","seed":1,"world":0,"level":3,"split":"train","version":"1"},'
        '"agent":"scripted:test#1","turns":[{"observation":{"text":"","done":false,"results":[{"tool":"send","text":"Gone.","id":"","error":false}]},'
        '"action":{"text":"done","calls":[]},"shown":["l2","l4"],"offered":["l4"]}],"final":{"text":"Over.","done":true,"results":[]},'
        '"reward":1.0,"checks":{"all_sent":true},"stop":"done","run":"first","seconds":0.5}'
    )


def test_a_line_of_another_schema_or_a_torn_one_is_refused():
    line = encode(example())
    with pytest.raises(msgspec.ValidationError, match=r"^Invalid value 2 - at `\$\.schema`$"):
        decode(line.replace(b'"schema":1', b'"schema":2'))
    for end in (1, len(line) // 2, len(line) - 1):
        with pytest.raises(msgspec.DecodeError, match="Input data was truncated"):
            decode(line[:end])


def test_lessons_are_named_once_in_order():
    assert example().shown == ("l1", "l2", "l4")
    assert example().offered == ("l1", "l2", "l3", "l4")


def test_an_episode_is_frozen():
    with pytest.raises(AttributeError, match="immutable type: 'Episode'"):
        example().reward = 1.0
