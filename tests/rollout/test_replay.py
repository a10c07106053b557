import msgspec
import pytest
import rollout_worlds  # noqa: F401 - registers the worlds

from firsthand.agent import Agent
from firsthand.environment import Action, Observation
from firsthand.episode import decode, encode
from firsthand.errors import ModelError, UnknownName
from firsthand.journal import Journal
from firsthand.models import model
from firsthand.models.scripted import Scripted
from firsthand.registry import tasks
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.rollout.replay import replay, replay_journal

EXPERT = Agent(model=model("scripted:expert"))
RANDOM = Agent(model=model("scripted:random"))


def changed(episode, turn, **changes):
    turns = list(episode.turns)
    turns[turn] = msgspec.structs.replace(turns[turn], **changes)
    return msgspec.structs.replace(episode, turns=tuple(turns))


@pytest.fixture
async def episode():
    (played,) = await rollout(EXPERT, tasks("testing/count", 1))
    return played


async def test_law_2_what_was_played_replays_also_from_disk():
    wanted = [*tasks("testing/count", 20), *tasks("testing/lamp", 3), *tasks("control/null", 20)]
    for agent in (EXPERT, RANDOM):
        for played in await rollout(agent, wanted):
            assert await replay(decode(encode(played))) is None


@pytest.mark.parametrize(
    ("change", "turn", "what"),
    [
        (lambda e: changed(e, 2, reward=0.5), 3, "the reward"),
        (
            lambda e: changed(e, 1, observation=Observation("2 right.")),
            2,
            "the observation before the action",
        ),
        (lambda e: changed(e, 3, action=Action("no")), 4, "the reward"),
        (
            lambda e: msgspec.structs.replace(e, final=Observation("5 right.", done=True)),
            None,
            "the last observation",
        ),
        (lambda e: msgspec.structs.replace(e, reward=0.0), None, "the score"),
        (
            lambda e: msgspec.structs.replace(e, checks={"counted": True, "neatly": True}),
            None,
            "the checks",
        ),
        (lambda e: msgspec.structs.replace(e, aftermath="Nothing."), None, "the aftermath"),
        (
            lambda e: msgspec.structs.replace(e, task=msgspec.structs.replace(e.task, seed=99)),
            1,
            "the observation before the action",
        ),
        (lambda e: msgspec.structs.replace(e, turns=(*e.turns, e.turns[-1])), 5, "the outcome"),
        (
            lambda e: msgspec.structs.replace(e, task=msgspec.structs.replace(e.task, version="0")),
            None,
            "the version of testing/count",
        ),
    ],
)
async def test_the_first_difference_is_named(episode, change, turn, what):
    difference = await replay(change(episode))
    assert (difference.turn, difference.what) == (turn, what)
    assert difference.expected != difference.got


async def test_a_difference_reads_as_a_sentence(episode):
    difference = await replay(changed(episode, 2, reward=0.5))
    assert str(difference) == (
        f"Episode {episode.id} ({episode.task.id}), turn 3: the reward differs.\n  "
        "recorded: 0.5\n  replayed: 0.25"
    )
    old = msgspec.structs.replace(episode, task=msgspec.structs.replace(episode.task, version="0"))
    assert "recorded: version 0\n  replayed: version 1 is installed" in str(await replay(old))


async def test_failed_episodes_are_compared_up_to_their_failure():
    turns = []

    def gives_up(_observation, environment, _rng):
        turns.append(1)
        if len(turns) % 3 == 0:
            raise ModelError("overloaded")
        return environment.choices()[0]

    (broken,) = await rollout(Agent(model=Scripted(gives_up)), tasks("testing/count", 1))
    assert broken.error.owner == "model"
    assert await replay(broken) is None
    assert (await replay(changed(broken, 1, reward=0.0))).turn == 2
    assert (
        await replay(msgspec.structs.replace(broken, final=Observation("9 right.")))
    ).what == "the last observation"


async def test_a_failure_of_the_environment_is_not_provoked_again():
    wanted = [
        *tasks("testing/bad_act", 1),
        *tasks("testing/bad_reset", 1),
        *tasks("testing/slow", 1),
    ]
    broken = await rollout(EXPERT, wanted, limits=Limits(turn_seconds=0.05))
    assert [len(episode.turns) for episode in broken] == [1, 0, 0]
    assert [await replay(episode) for episode in broken] == [None, None, None]
    assert (await replay(changed(broken[0], 0, reward=1.0))).what == "the reward"


async def test_a_replay_that_fails_is_a_difference(episode):
    other = msgspec.structs.replace(episode, task=tasks("testing/bad_reset", 1)[0])
    difference = await replay(other)
    assert (difference.turn, difference.got) == (
        1,
        "environment failed while calling reset: ValueError: no world today",
    )


async def test_an_unknown_environment_is_refused(episode):
    with pytest.raises(UnknownName, match="No environment is named 'testing/nowhere'"):
        await replay(
            msgspec.structs.replace(
                episode, task=msgspec.structs.replace(episode.task, environment="testing/nowhere")
            )
        )


async def test_a_whole_journal(tmp_path):
    journal = Journal(tmp_path)
    episodes = await rollout(RANDOM, tasks("testing/count", 10), journal=journal, run="r")
    seen = []
    assert await replay_journal(journal, progress=seen.append) is None
    assert seen == list(journal.episodes())
    with journal.writer() as writer:
        writer.append(
            msgspec.structs.replace(changed(episodes[3], 0, reward=1.0), id="forged", run="forged")
        )
    assert (await replay_journal(journal)).episode == "forged"
    assert await replay_journal(journal, run="r") is None
    assert await replay_journal(journal, environment="control/null") is None
