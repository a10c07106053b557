"""The seat of a player outside: what it is shown, and how it is answered or ended."""

import asyncio

import firsthand as fh
from firsthand.errors import LimitReached
from firsthand.models.seat import Seat

(NIM,) = fh.tasks("games/nim", 1)


async def played(seat, answers):
    """Play with these answers; an exception ends the play in place of an answer."""
    playing = asyncio.create_task(fh.play(fh.make("games/nim"), fh.Agent(model=seat), NIM))
    for answer in answers:
        while not seat.waiting:
            await asyncio.sleep(0.001)
        if isinstance(answer, Exception):
            seat.end(answer)
        else:
            seat.answer(answer)
    return await playing


async def test_a_player_outside_is_shown_what_an_agent_sees_with_the_choices_and_rewards():
    here = await fh.play(fh.make("games/nim"), fh.Agent(model=fh.model("scripted:expert")), NIM)
    shown = []
    there = await played(Seat("me", shown.append, telling_rewards=True), here.actions)
    assert [seen.observation for seen in shown] == [turn.observation for turn in here.turns]
    assert [seen.turn for seen in shown] == list(range(len(here.turns)))
    rewards = [turn.reward for turn in here.turns]
    assert [seen.reward for seen in shown] == [None, *rewards[:-1]]
    assert all(shown[turn].choices for turn in range(len(here.turns)))
    assert there.reward == here.reward and there.agent.startswith("me#")


async def test_an_error_in_place_of_an_answer_is_the_failure_of_the_episode():
    shown = []
    seat = Seat("me", shown.append)
    episode = await played(seat, [LimitReached("The player was silent.")])
    assert episode.error.owner == "limits" and episode.error.message == "The player was silent."
    assert episode.reward is None and not seat.waiting
    seat.end(LimitReached("Too late."))
    assert [seen.reward for seen in shown] == [None]
