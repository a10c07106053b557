"""The challenges of TextWorld, played as environments of ours, where jericho is not installed."""

import importlib.util
import os
import random
import subprocess
import sys
from types import SimpleNamespace

import pytest

import firsthand as fh
from bridges.pages import run_section
from firsthand.bridges import textworld_in
from firsthand.bridges.textworld_in import LEVELS, adopt, made
from firsthand.bridges.textworld_words import Words
from firsthand.errors import FirsthandError, UnknownName, UserError

EXPERT = fh.Agent(model=fh.model("scripted:expert"))

FINGERPRINT = """
import hashlib
from firsthand.bridges.textworld_in import LEVELS, _content, made
from firsthand.bridges.textworld_words import Words
seen = []
for challenge in LEVELS:
    game = made(challenge, 1, 11)
    seen += [_content(game), game.objective, Words(game, game.world.facts).look()]
print(hashlib.sha256("".join(seen).encode()).hexdigest())
"""


def test_it_runs_without_jericho_which_is_neither_installed_nor_left_behind(tmp_path):
    made("coin_collector", 1, 0)
    assert importlib.util.find_spec("jericho") is None
    assert "jericho" not in sys.modules
    import textworld

    (tmp_path / "game.z8").touch()
    with pytest.raises(AttributeError, match="jericho is not installed, and plays compiled games"):
        textworld.envs.JerichoEnv().load(str(tmp_path / "game.z8"))


@pytest.mark.parametrize("challenge", LEVELS)
@pytest.mark.parametrize("split", ["train", "eval"])
def test_the_walkthrough_wins_at_every_level(challenge, split):
    world = adopt(challenge)
    for level in world.levels:
        tasks = fh.tasks(world.name, 2, split=split, level=level)
        for episode in fh.run(fh.rollout(EXPERT, tasks)):
            assert episode.reward == 1.0, episode.error or episode.final.text
            assert episode.final.text.endswith("You have won.")


@pytest.mark.parametrize("challenge", LEVELS)
def test_the_contract_holds_and_splits_share_no_game(challenge):
    world = adopt(challenge)
    assert not fh.check(world).problems
    shown = {split: set() for split in ("train", "gate", "eval")}
    for split, starts in shown.items():
        for task in fh.tasks(world.name, 20, split=split):
            env = world()
            env.reset(task)
            starts.add(textworld_in._content(env.game))
    assert not shown["train"] & shown["eval"] and not shown["train"] & shown["gate"]


def test_a_game_is_the_same_in_processes_that_hash_differently():
    told = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


@pytest.mark.parametrize("challenge", LEVELS)
def test_the_library_plays_a_game_as_its_own_backend_does(challenge, tmp_path):
    """The same commands, the same admissible commands, points and end as its JSON backend has."""
    import textworld

    world = adopt(challenge)
    for task in fh.tasks(world.name, 3):
        env = world()
        env.reset(task)
        env.game.save(str(tmp_path / "game.json"))
        theirs = textworld.start(str(tmp_path / "game.json"))
        state, rng, done = theirs.reset(), random.Random(task.seed), False
        for _ in range(30):
            assert env.choices() == list(state["admissible_commands"])
            if done:
                break
            command = rng.choice(env.choices())
            state, points, done = theirs.step(command)
            seen = env.act(fh.Action(command))
            assert (seen.done, env.play.score) == (done, points)
            assert env.score().checks == {"won": state["won"]}


def test_a_challenge_has_one_name_for_every_process():
    assert fh.tasks("textworld:coin_collector", 1)[0].environment == "textworld/coin_5Fcollector"
    world = adopt("tw-coin_collector")
    assert world.name == "textworld/coin_collector" and fh.tasks(world.name, 1)
    with pytest.raises(UnknownName, match="It takes none"):
        fh.tasks("textworld:simple?size=3", 1)


def test_points_are_told_and_what_is_not_admissible_changes_nothing():
    world = adopt("textworld/simple")
    env = world()
    opening = env.reset(fh.tasks(world.name, 1, split="eval", level=2)[0]).text
    assert opening.startswith("The dinner is almost ready!") and "-= Bedroom =-" in opening
    before = env.choices()
    assert "not possible here" in env.act(fh.Action("go east")).text
    assert env.choices() == before and env.score().value == 0.0
    steps = env.game.metadata["walkthrough"]
    told = [env.act(fh.Action(command.upper())).text for command in steps]  # letters of any case
    assert "In it: an old key." in told[0]
    assert any(text.endswith("Your score is 1 of 4.") for text in told)
    assert env.act(fh.Action("look")).text == "The game is over."


def test_a_fork_of_a_game_goes_on_as_the_game_does():
    world = adopt("tw-cooking")
    env, fork = world(), world()
    env.reset(fh.tasks(world.name, 1, level=3)[0])
    steps = env.game.metadata["walkthrough"]
    for command in steps[:6]:
        env.act(fh.Action(command))
    fork.restore(env.snapshot())
    assert fork.score().value == env.score().value and fork.turns == env.turns
    for command in steps[6:]:
        assert fork.act(fh.Action(command)) == env.act(fh.Action(command))
    assert fork.finished and fork.score().value == 1.0


def test_a_text_of_an_unknown_form_is_refused_not_shown_wrong():
    words = Words.__new__(Words)
    words.facts = {("open", ("d_0",)), ("on", ("o_0", "s_0"))}
    words.infos = {"o_0": SimpleNamespace(name="old key", indefinite=None)}
    text = "[if d_0 is locked]a locked[else if d_0 is open]an open[otherwise]a closed[end if] door"
    assert words.told(text, "d_0") == "an open door"
    text = "[if there is something on the s_0]On it: [a list of things on the s_0].[end if]"
    assert words.told(text, "s_0") == "On it: an old key."
    with pytest.raises(FirsthandError, match="asks 'd_0 is red', which is not known"):
        words.told("[if d_0 is red]red[end if]", "d_0")
    with pytest.raises(FirsthandError, match=r"has \[a picture\], which is not known"):
        words.told("[a picture]", "d_0")


def test_refusals_come_at_the_start_and_say_why(monkeypatch):
    with pytest.raises(UnknownName, match="Did you mean 'coin_collector'"):
        adopt("textworld/coin_colector")
    monkeypatch.delitem(sys.modules, "textworld")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install --no-deps textworld"):
        textworld_in._library("challenges")


def test_the_page():
    assert run_section("TextWorld, in")["solved"] == 10
