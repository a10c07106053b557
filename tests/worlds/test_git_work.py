"""What families of git refuse: the right files without the history, and copies of lost commits."""

import pytest

import firsthand as fh
from firsthand.agent import settled
from firsthand.sandbox import needs
from firsthand.worlds.git.checkout import call

pytestmark = pytest.mark.skipif(bool(needs.missing("git")), reason="needs git in a jail")


async def ended(name, level, *commands):
    """Play the expert's plan, with more commands before it is submitted."""
    (task,) = fh.tasks(name, 1, level=level)
    environment = fh.make(name)
    await settled(environment.reset(task))
    for action in environment.expert():
        if action.calls[0].name == "submit":
            for command in commands:
                await settled(environment.act(call("run", command=command)))
        await settled(environment.act(action))
    return {check for check, held in environment.score().checks.items() if not held}


async def test_the_right_files_without_the_history_earn_nothing():
    copy = "git reset -q --soft HEAD^1 && git commit -qm 'Merge it'"
    assert await ended("git/conflicts", 1, copy) == {"right_history"}
    squash = "git reset -q --soft main && git commit -qm all"
    assert "right_history" in await ended("git/conflicts", 3, squash)


async def test_a_copy_of_a_lost_commit_is_not_the_commit():
    copy = "git branch | grep -v main | grep -v notes | while read b; do git checkout -q $b; " + (
        "git commit -q --amend -m copy; done; git checkout -q main"
    )
    assert await ended("git/rescue", 1, copy) == {"lost_work_restored"}
    assert await ended("git/rescue", 1, "git branch -D notes") == {"other_branches_kept"}
    assert await ended("git/rescue", 1, "git commit -q --allow-empty -m x") == {"main_as_wanted"}
