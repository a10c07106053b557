"""firsthand play."""

import pytest

from firsthand.cli.transcript import ending, transcript
from firsthand.environment import Action, Observation
from firsthand.episode import Episode, Stop, Turn
from firsthand.task import Task


def test_a_person_plays_in_the_terminal(cli):
    result = cli(
        "play",
        "parcels:Parcels",
        input="send town=Atlantis grams=5\nweigh\nsend town=Hamar grams=1\n",
    )
    assert "Send each parcel to the town that is written on it." in result.stdout
    assert "Atlantis gets 5 g, slow." in result.stdout
    assert result.stdout.endswith(
        "✗ all_sent\nscore 0.50 after 3 turns: the environment ended it\nafterwards: 2 of "
        "2 parcels left.\n"
    )


def test_a_person_may_leave(cli):
    result = cli("play", "control/null", input="quit\n", code=130)
    assert result.stderr == "Stopped.\n" and "score" not in result.stdout
    assert cli("play", "control/null", input="", code=130).stderr == "Stopped.\n"


def test_a_person_plays_several_episodes_with_a_running_score(cli):
    line = "send town={} grams=5\n"
    expert = cli.json("play", "parcels:Parcels", "--model", "scripted:expert", "-n", 2)
    towns = [turn["action"]["calls"][0]["arguments"]["town"] for turn in expert[0]["turns"]]
    typed = "".join(map(line.format, [*towns, "Atlantis", "Hamburg"]))
    shown = cli("play", "parcels:Parcels", "-n", 3, input=typed + "quit\n", code=130).stdout
    assert "episode 1 of 3: mean score so far 1.00\n" in shown
    assert "episode 2 of 3: mean score so far 0.50\n" in shown
    assert shown.endswith("episode 2 of 3: mean score so far 0.50\n\n")
    assert shown.count("Send each parcel to the town") == 1
    assert "test/parcels@1/w0/l1/train/0" in shown and "test/parcels@1/w0/l1/train/2" in shown


def test_several_episodes_are_watched(cli):
    words = ("play", "parcels:Parcels", "-n", 2, "--seed", 5, "--model")
    shown = cli(*words, "scripted:expert").stdout
    assert "/train/5  " in shown and "/train/6  " in shown
    assert shown.endswith("episode 2 of 2: mean score so far 1.00\n\n")
    found = cli.json("play", "parcels:Broken", "-n", 2, "--model", "scripted:expert", code=1)
    assert [one["reward"] for one in found] == [None, None]
    broken = cli("play", "parcels:Broken", "-n", 2, "--model", "scripted:expert", code=1).stdout
    assert "episode 2 of 2: mean score so far none, 2 failed\n" in broken


def test_a_policy_is_watched(cli):
    shown = cli(
        "play",
        "parcels:Parcels",
        "--model",
        "scripted:expert",
        "--seed",
        3,
        "--level",
        2,
        "--split",
        "eval",
    ).stdout
    lines = shown.splitlines()
    assert lines[0].startswith("test/parcels@1/w0/l2/eval/3  scripted:expert#")
    assert lines[1].startswith("On the table: parcels for ")
    assert lines[2].startswith('> send(town="') and lines[2].endswith("  +0.33")
    assert lines[-3:] == [
        "✓ all_sent",
        "score 1.00 after 3 turns: the environment ended it",
        "afterwards: 3 of 3 parcels left.",
    ]


def test_the_world_decides_the_laws(cli):
    said = {
        cli("play", "interfaces/shop_desk", "--model", "scripted:expert", "--world", world).stdout
        for world in (0, 1)
    }
    assert len(said) == 2


def test_json_is_the_episode(cli):
    episode = cli.json("play", "control/null", "--model", "scripted:expert")
    assert (
        episode["reward"] == 1.0
        and episode["task"]["environment"] == "control/null"
        and episode["schema"] == 1
    )
    assert (
        "--json leaves no room for a person to read"
        in cli("play", "control/null", "--json", code=2).stderr
    )


def test_an_episode_that_fails_exits_with_1(cli):
    shown = cli("play", "parcels:Broken", "--model", "scripted:expert", code=1).stdout
    assert "failed after 0 turns, tool: ZeroDivisionError: a parcel broke" in shown


def test_a_playbook_is_played_with(cli):
    said = cli(
        "play", "control/null", "--model", "scripted:idle", "--playbook", "lessons.toml", code=2
    ).stderr
    assert "There is no playbook at lessons.toml" in said


@pytest.mark.parametrize("escape", ["\x1b[2J", "\x9b2J", "\x07"])
def test_law_12_what_a_world_says_cannot_drive_the_terminal(escape):
    turn, final = (
        Turn(Observation(f"a{escape}b"), Action(f"c{escape}d")),
        Observation(f"e{escape}f", done=True),
    )
    episode = Episode(
        "e",
        Task("a/b", 0),
        "x",
        (turn,),
        final,
        0.0,
        {"a": False},
        Stop.TURNS,
        aftermath=f"g{escape}h",
    )
    shown = "\n".join(line.plain for line in (*transcript(episode), *ending(episode)))
    assert escape[0] not in shown and "a\\x" in shown and "the turn budget was spent" in shown
