"""Rows and advantages: T4, T9 and T10 of the design; episodes of others get tokens by `retold`."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lamps import NAME, SPOKEN

import firsthand as fh
from firsthand.environment import Action, Observation, ToolCall
from firsthand.episode import Episode, Failure, Turn
from firsthand.errors import ModelError, UserError
from firsthand.learn.weights.advantages import advantages, grouped
from firsthand.learn.weights.retold import retold, said
from firsthand.learn.weights.rows import rows_of
from firsthand.learn.weights.settings import TrainConfig
from firsthand.models.network import Shape
from firsthand.models.scripted import Expert
from firsthand.models.tiny import Tiny
from firsthand.playbook import Lesson, Playbook
from firsthand.prompt import Sampling
from firsthand.task import Task

MODEL = Tiny(Shape(width=16, layers=1, heads=2), system=True)

PLAYER = fh.Agent(model=MODEL, sampling=Sampling(temperature=1.0, max_tokens=12))
BROKEN = Failure("environment", "ValueError", "broken")
TASK = Task(SPOKEN, 0, 0, 1, "train", "1")


def episode(turns=(), *, id="e", reward=1.0, task=TASK, **more) -> Episode:
    seen = Observation("done", done=True)
    return Episode(id, task, "tiny", tuple(turns), seen, reward, {}, "done", **more)


def turn(prompt_ids, ids, *, restart=False) -> Turn:
    text = bytes(token for token in ids if token < 256).decode(errors="replace")
    return Turn(
        Observation("o"), Action(text), 0.0, list(prompt_ids), list(ids), [-1.0] * len(ids), restart
    )


async def babbled() -> Episode:
    """An episode in which a fresh network said what it liked, and came to an end."""
    talker = msgspec.structs.replace(PLAYER, sampling=Sampling(temperature=1.0, seed=1))
    played = await fh.rollout(talker, fh.tasks(SPOKEN, 8))
    await MODEL.close()
    return next(own for own in played if own.error is None and len(own.turns[0].ids) > 20)


tokens = st.lists(st.integers(0, 260), min_size=1, max_size=6)
turns = st.lists(st.builds(turn, tokens, tokens, restart=st.booleans()), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(turns)
def test_t9_a_row_is_the_tokens_of_its_turns_and_ends_where_a_context_begins(turns):
    rows = rows_of(episode(turns), PLAYER)
    assert len(rows) == 1 + sum(turn.restart for turn in turns[1:])
    ids = [token for turn in turns for token in (*turn.prompt_ids, *turn.ids)]
    assert [token for row in rows for token in row.ids] == ids
    for row in rows:
        sampled = tuple(t for t, mask in zip(row.ids, row.mask, strict=True) if mask)
        assert sampled == row.taken
        assert len(row.logprobs) == len(row.taken)


async def test_t9_what_no_text_can_hold_is_trained_on_as_it_was_sampled():
    played = await babbled()
    (row,) = rows_of(played, PLAYER)
    sampled = played.turns[0].ids
    assert any(token >= 128 for token in sampled)  # not UTF-8: the text has replacement characters
    assert row.taken == tuple(token for turn in played.turns for token in turn.ids)


def test_t4_episodes_of_a_part_of_the_distribution_are_refused():
    narrow = msgspec.structs.replace(PLAYER, sampling=Sampling(temperature=1.0, top_p=0.9))
    with pytest.raises(UserError, match=r"sampled with top_p 1, got 0\.9"):
        rows_of(episode([turn([1], [2])]), narrow)


def test_rows_need_tokens_and_a_model_that_can_be_trained():
    with pytest.raises(UserError, match="has no tokens to train on"):
        rows_of(episode([turn([], [])]), PLAYER)
    with pytest.raises(UserError, match="cannot be trained: name tiny or torch:smollm2"):
        rows_of(episode([turn([1], [2])]), fh.Agent(model=Expert()))


def test_t10_failed_and_flagged_plays_are_no_rows_and_in_no_baseline():
    own = [turn([1], [2])]
    rewards = (1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0)
    plays = [episode(own, id=str(n), reward=reward) for n, reward in enumerate(rewards)]
    failed = episode(own, id="failed", reward=None, error=BROKEN)
    flagged = episode(own, id="flagged", reward=1.0, flags=("too fast",))
    found = grouped([*plays, failed, flagged], PLAYER, TrainConfig(), version=4)
    assert [row.episode for row in found.rows] == list("0123456")
    assert sum(row.advantage for row in found.rows) == pytest.approx(0.0)
    assert found.rows[0].advantage == pytest.approx(1 - 3 / 7)
    assert {(row.version, row.group, row.component) for row in found.rows} == {(4, TASK.id, "rl")}
    assert (found.groups, found.dropped, found.even) == (1, 0, 0)
    assert found.reward == pytest.approx(3 / 7)


def test_t10_below_the_floor_the_group_is_dropped():
    own = [turn([1], [2])]
    one, failed = episode(own), episode(own, reward=None, error=BROKEN)
    found = grouped([one, failed], PLAYER, TrainConfig())
    assert (found.rows, found.groups, found.dropped) == ((), 0, 1)
    assert rows_of(failed, PLAYER) == []


def test_groups_without_variance_are_even():
    own = [turn([1], [2])]
    found = grouped([episode(own), episode(own)], PLAYER, TrainConfig())
    assert [row.even for row in found.rows] == [True, True]
    assert found.frac_zero_std == 1.0
    assert grouped([], PLAYER, TrainConfig()).frac_zero_std == 0.0


def test_baselines():
    assert advantages([1.0, 0.0, 0.0, 0.0]) == pytest.approx([0.75, -0.25, -0.25, -0.25])
    alone = advantages([1.0, 0.0, 0.0, 0.0], baseline="leave_one_out")
    assert alone == pytest.approx([1.0, -1 / 3, -1 / 3, -1 / 3])
    assert advantages([1.0, 0.0], std=True) == pytest.approx([0.707, -0.707], abs=1e-3)
    assert advantages([0.5], baseline="leave_one_out", std=True) == [0.0]


async def test_an_experts_episode_gets_the_students_tokens():
    played = await fh.rollout(fh.Agent(model=Expert()), [*fh.tasks(NAME, 2), *fh.tasks(SPOKEN, 2)])
    for own in played:
        told = await retold(own, PLAYER)
        assert (told.id, told.reward) == (own.id, 1.0)
        assert [turn.action.text for turn in told.turns] == [turn.action.text for turn in own.turns]
        (row,) = rows_of(told, PLAYER, component="sft")
        assert len(row.taken) == (1 if row.decision else len(own.turns[0].action.text) + 1)


async def test_a_teacher_with_lessons_for_parts_tells_about_whole_choices():
    """A combination of parts is one unit for who learns it, however its teacher would choose."""
    tasks = fh.tasks("interfaces/shop_desk", 12, level=4)
    played = await fh.rollout(fh.Agent(model=Expert()), tasks)
    lessons = tuple(
        Lesson("example", observation=own.turns[0].observation.text, action=said(turn.action))
        for own in played
        for turn in own.turns[:1]
    )
    taught = PLAYER.with_playbook(Playbook(lessons=lessons))
    by_parts = await fh.rollout(taught, tasks[:1])
    assert by_parts[0].turns[0].near
    told = await retold(played[0], taught)
    (row, *_) = rows_of(told, taught)
    assert row.decision
    assert len(row.decision.options) > len(by_parts[0].turns[0].choices)
    await MODEL.close()


async def test_what_no_longer_scores_the_same_is_refused():
    (own,) = await fh.rollout(fh.Agent(model=Expert()), fh.tasks(NAME, 1))
    other = msgspec.structs.replace(own, reward=0.25)
    with pytest.raises(UserError, match=r"it scored 0\.25, and now there is a score of 1\.0"):
        await retold(other, PLAYER)
    silent = msgspec.structs.replace(own, turns=())
    with pytest.raises(UserError, match="has no more actions"):
        await retold(silent, PLAYER)
    strange = msgspec.structs.replace(own.turns[0], action=Action("fly"))
    with pytest.raises(UserError, match="said 'fly', which is no choice"):
        await retold(msgspec.structs.replace(own, turns=(strange,)), PLAYER)
    with pytest.raises(UserError, match="cannot be trained"):
        await retold(own, fh.Agent(model=Expert()))


async def test_verbatim_keeps_the_tokens_that_were_sampled():
    own = await babbled()
    told = await retold(own, PLAYER, verbatim=True)
    assert [turn.ids for turn in told.turns] == [turn.ids for turn in own.turns]


def test_a_call_is_said_as_json():
    call = ToolCall("look", {"at": 1}, "1")
    assert said(Action("", (call,))) == '{"name":"look","arguments":{"at":1}}'
    with pytest.raises(ModelError, match="One turn has 2 calls"):
        said(Action("", (call, call)))
