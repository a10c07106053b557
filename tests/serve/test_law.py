"""An episode that is played through a server is the episode that is played in process."""

import pytest
from wires import FAMILIES, in_process, played

import firsthand as fh
from firsthand.sandbox.needs import missing
from firsthand.serve.client import as_seen
from firsthand.serve.content import content_hash


def test_the_families_are_of_eight_domains_or_more():
    assert len({name.partition("/")[0] for name in FAMILIES}) >= 8


@pytest.mark.parametrize("wire", ["http", "ws"])
@pytest.mark.parametrize("who", ["expert", "random"])
async def test_law_1_a_server_plays_as_this_process_does(serve, wire, who, tmp_path):
    """Same observations, rewards and content, as the client sees them and as the journal has it."""
    async with serve(*FAMILIES, journal=tmp_path) as served, served.client(wire) as client:
        for name in FAMILIES:
            for task in fh.tasks(name, 2, level=2, world=3):
                here = await in_process(task, who)
                views = await played(client, here)
                seen = as_seen(task, here.actions, views)
                assert content_hash(seen) == content_hash(here) == views[-1].outcome.content
    kept = {episode.task.id: episode for episode in fh.Journal(tmp_path).episodes()}
    assert len(kept) == 2 * len(FAMILIES)
    for episode in kept.values():
        here = await in_process(episode.task, who)
        assert content_hash(episode) == content_hash(here)
        assert episode.agent.startswith(f"{wire}#") and episode.run == "served"


async def test_what_is_told_of_the_rewards_of_turns_is_what_they_are(serve):
    (task,) = fh.tasks("data/ledger", 1, level=3)
    here = await in_process(task, "expert")
    async with serve(task.environment, rewards="turn") as served, served.client() as client:
        views = await played(client, here)
    assert [view.reward for view in views] == [None, *(turn.reward for turn in here.turns)]
    async with serve(task.environment) as served, served.client() as client:
        views = await played(client, here)
    assert [view.reward for view in views] == [None] * len(here.turns) + [1.0]


async def test_worlds_in_worker_processes_play_alike(serve):
    async with serve("games/nim", processes=1) as served, served.client("ws") as client:
        for task in fh.tasks("games/nim", 2):
            here = await in_process(task, "random")
            views = await played(client, here)
            assert views[-1].outcome.content == content_hash(here)


@pytest.mark.slow
async def test_law_1_every_environment_is_served_as_it_is(serve):
    """All that this machine has what they need for, by their experts."""
    names = [name for name in fh.environments() if not any(map(missing, fh.make(name).needs))]
    assert len(names) >= 20
    async with serve(*names) as served, served.client("ws") as client:
        for name in names:
            (task,) = fh.tasks(name, 1, world=2)
            here = await in_process(task, "expert")
            assert here.error is None, (name, here.error)
            views = await played(client, here)
            assert views[-1].outcome.content == content_hash(here), name
