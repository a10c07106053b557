"""How a session begins and ends, and that its world is released whatever its player does."""

import asyncio

import pytest
from wires import in_process, played

import firsthand as fh
from firsthand.serve.client import Client
from firsthand.serve.content import content_hash
from firsthand.serve.sessions import Rules, Sessions
from firsthand.serve.wire import NoSession, Open, Refusal


class Counted(fh.Environment):
    """Count to the level; the world counts how many of it are open."""

    name = "test/counted"
    open = 0

    def reset(self, task: fh.Task) -> fh.Observation:
        self.said, self.wanted = 0, task.level
        Counted.open += 1
        return fh.Observation(f"Count to {task.level}.")

    async def act(self, action: fh.Action) -> fh.Observation:
        if action.text == "wait":
            await asyncio.sleep(0.2)
        if action.text == "break":
            raise KeyError("the answer is 42")
        if action.text == "cancel":
            asyncio.current_task().cancel()
            await asyncio.sleep(1)
        self.said += 1
        if self.said == self.wanted:
            self.finish()
        return fh.Observation(f"{self.said}", done=self.finished)

    def score(self) -> fh.Score:
        return fh.Score.potential(self.said / self.wanted, all=self.said == self.wanted)

    def expert(self):
        while not self.finished:
            yield fh.Action("next")

    def close(self) -> None:
        Counted.open -= 1


@pytest.fixture
def counted(serve):
    def start(**options):
        fh.register(Counted)
        Counted.open = 0
        return serve("test/counted", **options)

    return start


async def test_a_session_that_goes_silent_is_closed_and_its_world_released(counted, tmp_path):
    async with (
        counted(idle_seconds=0.2, journal=tmp_path) as served,
        served.client() as client,
    ):
        view = await client.open(Open())
        assert Counted.open == 1
        await asyncio.sleep(0.35)
        assert Counted.open == 0
        with pytest.raises(Refusal, match="The episode is over|No session of yours"):
            await client.act("next")
        await asyncio.sleep(0.4)
        status, said = await served.ask("GET", f"/sessions/{view.session}")
        assert status == 404 and said["error"]["code"] == "no_session"
    (episode,) = fh.Journal(tmp_path).episodes()
    assert episode.error.owner == "limits" and episode.reward is None
    assert episode.error.message == "The player was silent for over 0.2 s."
    assert episode.counted is None


async def test_who_leaves_is_counted_as_0(counted, tmp_path):
    async with counted(journal=tmp_path) as served:
        async with served.client("ws") as client:
            await client.open(Open(level=3))
            await client.act("next")
        async with served.client() as client:
            await client.open(Open(level=3))
            await client.leave()
        await asyncio.sleep(0.05)
        assert Counted.open == 0
    episodes = list(fh.Journal(tmp_path).episodes())
    assert sorted(episode.error.message for episode in episodes) == [
        "The player left after 0 turns.",
        "The player left after 1 turn.",
    ]
    assert {episode.error.owner for episode in episodes} == {"model"}
    assert {episode.counted for episode in episodes} == {0.0}


@pytest.mark.parametrize("wire", ["http", "ws"])
async def test_finishing_early_gives_the_score_as_it_stands(counted, wire):
    """It is the episode that the same actions make with so many turns as the budget."""
    async with counted() as served, served.client(wire) as client:
        await client.open(Open(level=4))
        await client.act("next")
        await client.act("next")
        last = await client.finish()
        assert last.over and last.reward == 0.5 and last.outcome.stop == "turns"
        assert last.outcome.rewards == [0.25, 0.25] and last.outcome.checks == {"all": False}
        assert Counted.open == 0
        assert (await client.finish()) == last
    (task,) = fh.tasks("test/counted", 1, level=4)
    here = await fh.play(
        Counted(), fh.Agent(model=fh.model("scripted:expert")), task, limits=fh.Limits(turns=2)
    )
    assert last.outcome.content == content_hash(here)


async def test_a_world_that_is_not_the_same_again_gives_no_score(counted, monkeypatch):
    shown = iter("ab")
    monkeypatch.setattr(
        Counted, "act", lambda self, action: fh.Observation(next(shown)), raising=True
    )
    async with counted() as served, served.client() as client:
        await client.open(Open(level=4))
        await client.act("next")
        last = await client.finish()
    assert last.reward is None and last.outcome.error.type == "NotReproducible"


async def test_what_the_world_raises_is_not_told(counted, tmp_path):
    async with counted(journal=tmp_path) as served, served.client() as client:
        await client.open(Open())
        last = await client.act("break")
    assert last.over and last.reward is None
    error = last.outcome.error
    assert (error.owner, error.type, error.message) == ("environment", "KeyError", "")
    (episode,) = fh.Journal(tmp_path).episodes()
    assert "42" in episode.error.message


async def test_a_world_that_cancels_its_own_task_has_failed(counted):
    async with counted() as served, served.client() as client:
        await client.open(Open())
        last = await client.act("cancel")
    assert last.outcome.error.owner == "environment"


async def test_actions_come_one_at_a_time_and_can_be_repeated_safely(counted):
    async with counted() as served, served.client() as client, served.client() as other:
        view = await client.open(Open(level=3))
        other._session = view.session
        slow = asyncio.create_task(client.act("wait", turn=0))
        await asyncio.sleep(0.05)
        with pytest.raises(Refusal, match="still being carried out"):
            await other.act("next")
        with pytest.raises(Refusal, match="still being carried out"):
            await other.finish()
        assert (await slow).turn == 1
        with pytest.raises(Refusal, match="for turn 0, but turn 1 is to be played"):
            await client.act("wait", turn=0)
        status, seen = await served.ask("GET", f"/sessions/{view.session}")
        assert status == 200 and seen["turn"] == 1 and seen["offer"]["turns"] == 12


async def test_an_action_that_no_journal_can_keep_is_refused_and_costs_no_turn(counted):
    deep = []
    for _ in range(60):
        deep = [deep]
    async with counted() as served, served.client() as client:
        await client.open(Open(level=3))
        call = fh.ToolCall("x", {"deep": deep})
        with pytest.raises(Refusal, match="nested deeper than 50 levels"):
            await client.act(fh.Action(calls=(call,)))
        assert (await client.act("next")).turn == 1


async def test_there_are_no_more_sessions_than_allowed(counted):
    async with (
        counted(sessions=2) as served,
        served.client() as one,
        served.client() as two,
        served.client() as three,
    ):
        await one.open(Open(level=3))
        await two.open(Open(level=3))
        with pytest.raises(Refusal, match="All 2 sessions are in use"):
            await three.open(Open())
        await one.leave()
        await three.open(Open())


async def test_without_a_seed_everybody_gets_the_next_task(counted):
    async with counted() as served:
        seeds = []
        for _ in range(3):
            async with served.client() as client:
                seeds.append((await client.open(Open())).offer.task.seed)
        assert seeds == [0, 1, 2]
        async with served.client() as client:
            assert (await client.open(Open(split="eval"))).offer.task.seed == 0


async def test_mistakes_in_what_is_asked_for_name_what_there_is(counted):
    async with counted(splits=("train",)) as served, served.client() as client:
        for asked, words in (
            (Open("test/count"), "Did you mean 'test/counted'"),
            (Open("games/nim"), "No environment 'games/nim' is served here"),
            (Open(level=9), "levels 1 to 5, got 9"),
            (Open(seed=-1), "count from 0"),
            (Open(split="eval"), "'eval' is not served here: expected train"),
            (Open(agent="a b"), "agent is a name of at most 80"),
        ):
            with pytest.raises(Refusal, match=words):
                await client.open(asked)


async def test_stopping_the_server_releases_every_world_and_blames_nobody(counted, tmp_path):
    async with counted(journal=tmp_path) as served:
        clients = [served.client() for _ in range(3)]
        for client in clients:
            await client.__aenter__()
            await client.open(Open(level=3))
        assert Counted.open == 3
        for client in clients:
            await client.__aexit__(None, None, None)
    assert Counted.open == 0
    assert len(fh.Journal(tmp_path)) == 0


async def test_hindsight_is_told_in_training_only(serve):
    async with serve("games/nim") as served, served.client() as client:
        for split, told in (("train", True), ("eval", False)):
            (task,) = fh.tasks("games/nim", 1, split=split)
            here = await in_process(task, "expert")
            outcome = (await played(client, here))[-1].outcome
            assert (outcome.aftermath is not None) is told
            assert outcome.content == content_hash(here)


async def test_an_episode_that_cannot_be_kept_is_not_acknowledged(counted, tmp_path, monkeypatch):
    told = []
    async with (
        counted(journal=tmp_path, complain=told.append) as served,
        served.client() as client,
    ):
        from firsthand.journal.segments import Writer

        def refuse(_self, _lines):
            raise fh.JournalError("the disk is full")

        monkeypatch.setattr(Writer, "_write", refuse)
        await client.open(Open())
        last = await client.act("next")
    assert last.reward is None and last.outcome.error.owner == "host"
    assert told == ["the disk is full"]


async def test_a_session_that_breaks_in_the_server_itself_holds_no_place(counted, tmp_path):
    with fh.Journal(tmp_path).writer() as writer:
        fh.register(Counted)
        rules = Rules(sessions=1)
        async with Sessions(["test/counted"], rules=rules, writer=writer) as sessions:
            session = await sessions.open(Open(), "me", "http")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(type(writer), "append", lambda *_: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    await session.act(fh.Action("next"))
            assert len(sessions) == 0 and Counted.open == 0
            with pytest.raises(NoSession):
                sessions.get(session.id, "me")
            again = await sessions.open(Open(), "me", "http")
            assert (await again.act(fh.Action("next"))).reward == 1.0


async def test_a_client_is_told_when_nobody_answers_on_its_wire(serve):
    async with serve("games/nim", host="127.0.0.1", keys=["k" * 20]) as served:
        with pytest.raises(Refusal, match="does not let this client play"):
            async with Client(served.url, wire="ws"):
                pass
