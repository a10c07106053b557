import msgspec
import pytest

from firsthand.episode import Failure, Stop
from firsthand.errors import UserError
from firsthand.journal import Journal, Run
from firsthand.task import Task


@pytest.fixture
def journal(tmp_path, episode):
    journal = Journal(tmp_path)
    failed = {
        "reward": None,
        "checks": {},
        "stop": Stop.FAILED,
        "error": Failure("tool", "ValueError", "no"),
    }
    with journal.writer() as writer:
        writer.append(episode("a", run="mon", tags={"arm": "x"}))
        writer.append(
            episode(
                "b",
                run="mon",
                reward=0.0,
                checks={"lucky": False},
                task=Task("games/mastermind", 3, 2, 4, "eval"),
            )
        )
        writer.append(episode("c", run="tue", **failed))
        writer.append(
            episode("d", run="tue", reward=0.5, agent="human#2", tags={"arm": "x", "repeat": "1"})
        )
    return journal


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, "abcd"),
        ({"environment": "control/null"}, "acd"),
        ({"run": "mon"}, "ab"),
        ({"run": ""}, ""),
        ({"split": "eval"}, "b"),
        ({"agent": "human#2"}, "d"),
        ({"world": 2}, "b"),
        ({"world": 0}, "acd"),
        ({"level": 4}, "b"),
        ({"min_reward": 0.5}, "ad"),
        ({"min_reward": 0.0}, "abd"),
        ({"failed": True}, "c"),
        ({"failed": False}, "abd"),
        ({"tags": {"arm": "x"}}, "ad"),
        ({"tags": {"arm": "x", "repeat": "1"}}, "d"),
        ({"tags": {"arm": "y"}}, ""),
        ({"run": "tue", "min_reward": 0.1, "tags": {"arm": "x"}}, "d"),
    ],
)
def test_queries(journal, conditions, expected):
    assert "".join(found.id for found in journal.episodes(**conditions)) == expected


def test_what_comes_back_is_what_was_stored(journal, episode):
    assert journal.get("a") == episode("a", run="mon", tags={"arm": "x"})
    assert journal.get("c").error == Failure("tool", "ValueError", "no")


def test_worlds_may_have_long_seeds(journal, episode):
    with journal.writer() as writer:
        writer.append(episode("e", task=Task("control/null", 2**70, world=10**30)))
    assert [found.id for found in journal.episodes(world=10**30)] == ["e"]
    assert journal.get("e").task.seed == 2**70


def test_an_unknown_id_is_a_users_mistake(journal):
    with pytest.raises(UserError, match=r"No episode 'z' is in .*, which holds 4\."):
        journal.get("z")


def test_ids_and_runs(journal):
    assert journal.ids("mon") == {"a", "b"}
    assert journal.ids("wed") == set()
    assert journal.runs() == [Run("mon", 2, 0, 0.5), Run("tue", 2, 1, 0.5)]
    assert len(journal) == 4


def test_a_journal_that_is_not_there_is_empty_and_stays_away(tmp_path):
    journal = Journal(str(tmp_path / "nowhere"))
    assert (
        len(journal),
        list(journal.episodes()),
        journal.runs(),
        journal.ids("x"),
        journal.damage(),
    ) == (0, [], [], set(), [])
    assert not journal.path.exists()


def test_reading_goes_on_while_others_write(journal, episode):
    with journal.writer() as writer:
        writer.append(episode("e"))
        seen = []
        for found in journal.episodes():
            seen.append(found.id)
            writer.append(msgspec.structs.replace(found, id=f"{found.id}2"))
    assert seen == list("abcde")
    assert len(journal) == 10


def test_unknown_names_of_the_package_are_refused():
    import firsthand.journal

    with pytest.raises(
        AttributeError, match=r"module 'firsthand.journal' has no attribute 'Jornal'"
    ):
        _ = firsthand.journal.Jornal
