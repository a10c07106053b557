"""fh.check: the contract of environments, and messages that name the fix."""

import importlib
import random
import time
from importlib.metadata import entry_points

import pytest

import firsthand as fh
from firsthand.errors import InvalidEnvironment
from firsthand.registry import GROUP


class Sound(fh.Environment):
    """Say the word."""

    name = "testing/word"
    levels = range(1, 3)
    turns = 4

    def reset(self, task):
        while True:
            self.word = f"word{task.rng('instance').randrange(10**6) + getattr(self, 'more', 0)}"
            if task.owns(self.word):
                break
            self.more = getattr(self, "more", 0) + 1
        self.said = False
        return fh.Observation(f"Say {self.word}.")

    def act(self, action):
        if not self.finished and action.text == self.word:
            self.said = True
            self.finish()
        return fh.Observation("Thank you." if self.said else "No.", done=self.finished)

    def score(self):
        return fh.Score(said=self.said)

    def expert(self):
        yield fh.Action(self.word)


def draws_from_the_global_generator(self, task):
    self.word, self.said = str(random.random()), False
    return fh.Observation(f"Say {self.word}.")


def is_the_same_for_every_seed(self, task):
    self.word, self.said = "please", False
    return fh.Observation("Say please.")


def forgets_the_split(self, task):
    self.word, self.said = f"word{task.seed}", False
    return fh.Observation(f"Say {self.word}.")


def wakes_up_after_done(self, action):
    self.said = action.text == self.word
    return fh.Observation("Well.", done=self.said)


def crashes_on_nonsense(self, action):
    if not action.text.startswith("word"):
        raise ValueError("what?")
    return Sound.act(self, action)


def pays_nonsense(self, action):
    self.said = True
    self.finish()
    return fh.Observation("Good.", done=True)


def shares_its_state(self):
    return self.__dict__


BROKEN = {
    "no determinism": ({"reset": draws_from_the_global_generator}, "draw everything from task.rng"),
    "one instance": ({"reset": is_the_same_for_every_seed}, "6 seeds give the same instance"),
    "no splits": ({"reset": forgets_the_split}, "Train and eval tasks of a seed are the same"),
    "not absorbing": ({"act": wakes_up_after_done}, "changes the score from 1.0 to"),
    "crashes": ({"act": crashes_on_nonsense}, "ends in a failure instead of an answer"),
    "pays nonsense": ({"act": pays_nonsense}, "is paid in full"),
    "paid at reset": ({"score": lambda self: fh.Score(said=True)}, "a score is 0 before anything"),
    "a weak expert": ({"expert": lambda self: iter([fh.Action("x")])}, "reaches 0 instead of 1"),
    "a slow expert": ({"turns": 1}, "takes 1 turns at level 1, more than half of turns = 1"),
    "no turns": ({"turns": None}, "turns must be an int of at least 1, got NoneType"),
    "no levels": ({"levels": [1, 2]}, "levels must be a range that starts at 1 or more"),
    "no name": ({"name": "word"}, "name must read 'domain/family', got 'word'"),
    "a text for an observation": (
        {"reset": lambda self, task: "x"},
        "must return Observation, got str 'x'",
    ),
    "never resets": ({"reset": lambda self, task: time.sleep(60)}, "LimitReached"),
    "forks share state": (
        {"snapshot": shares_its_state, "restore": lambda self, state: vars(self).update(state)},
        "Worlds restored from one snapshot end differently",
    ),
    "no snapshot": (
        {"snapshot": lambda self: 1 / 0},
        "A fork of a world failed while calling snapshot",
    ),
    "an exit": (
        {"close": lambda self: exit(0)},
        "environment failed while calling close: SystemExit",
    ),
}


def test_a_sound_environment_passes_wherever_it_is_defined():
    found = fh.check(Sound)
    assert found.problems == () and found.episodes > 10 and found.seconds < 2
    assert str(found).startswith("testing/word keeps the contract of environments (")


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_environment_is_told_what_to_change(what, monkeypatch):
    module = importlib.import_module("firsthand.check")
    monkeypatch.setattr(module, "LIMITS", fh.Limits(turn_seconds=0.3, episode_seconds=5))
    changes, words = BROKEN[what]
    with pytest.raises(InvalidEnvironment) as caught:
        fh.check(type("Broken", (Sound,), {"__doc__": "Broken.", **changes}))
    assert words in str(caught.value)


@pytest.mark.parametrize("name", sorted(entry_points(group=GROUP).names))
def test_every_environment_that_is_shipped_passes(name):
    assert fh.check(name).problems == ()


@pytest.mark.parametrize("wrong", [Sound(), 3, dict])
def test_what_is_no_environment_is_refused(wrong):
    with pytest.raises(InvalidEnvironment, match=r"^check\(\) takes a class derived from"):
        fh.check(wrong)


async def test_it_works_where_a_loop_is_running_as_in_a_notebook():
    assert fh.check(Sound).problems == ()
