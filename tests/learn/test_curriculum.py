"""Where the next tasks come from: by learnability, evenly, and the same again after a restart."""

from collections import Counter

import msgspec
import pytest
from apprentice import Apprentice

import firsthand as fh
from firsthand.errors import UnknownName, UserError
from firsthand.learn.curriculum import EXPLORATION, Curriculum, Place, places
from firsthand.learn.lab import Lab

DESK, TRIAGE = "interfaces/shop_desk", "rules/triage"
CELLS = [Place(DESK, 1), Place(DESK, 2), Place(TRIAGE, 1), Place(TRIAGE, 2)]


@pytest.fixture(scope="module")
def played():
    """One real episode, which tests give other tasks and outcomes."""
    agent = fh.Agent(model=Apprentice())
    return fh.run(fh.play(fh.make(DESK), agent, fh.tasks(DESK, 1)[0]))


def outcomes(played, place, rewards):
    task = msgspec.structs.replace(played.task, environment=place.environment, level=place.level)
    return [msgspec.structs.replace(played, task=task, reward=reward) for reward in rewards]


def taught(played, rates, **options):
    """A curriculum that has seen a hundred plays of each place with a fixed share of successes."""
    found = Curriculum(CELLS, **options)
    for place, rate in zip(CELLS, rates, strict=True):
        hits = [float((number * rate) % 1.0 + rate >= 1.0) for number in range(100)]
        found.learn(outcomes(played, place, hits))
    return found


def shares(curriculum, draws=400, n=50):
    counts = Counter(place for _ in range(draws) for place in curriculum.draw(n))
    return [counts[place] / (draws * n) for place in CELLS]


def test_places_are_drawn_in_proportion_to_learnability(played):
    curriculum = taught(played, (0.5, 0.9, 0.1, 0.0), exploration=0.0)
    expected = curriculum.probabilities()
    assert shares(curriculum) == pytest.approx(expected, abs=0.015)
    worth = [curriculum.rate(place) * (1 - curriculum.rate(place)) for place in CELLS]
    assert expected == pytest.approx([own / sum(worth) for own in worth])
    half, easy, hard, never = expected
    assert half > 2 * easy
    assert easy == pytest.approx(hard, rel=0.5)
    assert never < 0.1


def test_the_control_draws_evenly_whatever_was_played(played):
    curriculum = taught(played, (0.5, 0.9, 0.1, 0.0), rule="uniform")
    assert curriculum.probabilities() == [0.25] * 4
    assert shares(curriculum) == pytest.approx([0.25] * 4, abs=0.015)


def test_what_is_solved_is_left_to_exploration(played):
    curriculum = taught(played, (1.0, 0.5, 0.5, 0.5))
    floor = EXPLORATION / len(CELLS)
    assert floor < curriculum.probabilities()[0] < floor + 0.03
    before = curriculum.probabilities()[0]
    curriculum.learn(outcomes(played, CELLS[0], [0.0] * 30))  # the world has changed
    assert curriculum.probabilities()[0] > before + 0.1


def test_recent_plays_count_more_than_old_ones(played):
    forgets = Curriculum(CELLS)
    keeps = Curriculum(CELLS, decay=1.0)
    for curriculum in (forgets, keeps):
        curriculum.learn(outcomes(played, CELLS[0], [0.0] * 200 + [1.0] * 100))
    assert forgets.rate(CELLS[0]) > 0.8
    assert keeps.rate(CELLS[0]) == pytest.approx(1 / 3, abs=0.01)


def test_failed_plays_and_other_places_say_nothing(played):
    curriculum = Curriculum(CELLS)
    curriculum.learn(outcomes(played, CELLS[0], [None] * 9))
    curriculum.learn(outcomes(played, Place(DESK, 5), [1.0] * 9))
    assert [curriculum.rate(place) for place in CELLS] == [0.5] * 4


def test_the_same_seed_draws_the_same_and_another_does_not():
    draws = [[Curriculum(CELLS, seed=seed).draw(20) for _ in range(2)] for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    once = Curriculum(CELLS)
    assert once.draw(20) != once.draw(20)


def learned(folder, turns):
    """Play batches as a curriculum draws them, until the budget of turns is spent."""
    agent = fh.Agent(model=Apprentice(), sampling=fh.Sampling(temperature=1.0))
    lab = Lab(agent, [DESK, TRIAGE], folder=folder, budget=turns, curriculum=Curriculum(CELLS))

    async def go():
        seen = []
        while lab.left:
            seen += await lab.play(lab.agent, lab.tasks(4))
        return [episode.id for episode in seen], lab.curriculum.probabilities()

    return fh.run(go())


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(tmp_path):
    whole = learned(tmp_path / "whole", 48)
    learned(tmp_path / "stopped", 21)
    assert learned(tmp_path / "stopped", 48) == whole
    assert len(set(whole[0])) == len(whole[0])


def test_a_lab_without_a_curriculum_and_one_that_is_told_where_are_unchanged(tmp_path):
    agent = fh.Agent(model=Apprentice())
    plain = Lab(agent, [DESK, TRIAGE], folder=tmp_path / "a", budget=9)
    drawn = Lab(
        agent, [DESK, TRIAGE], folder=tmp_path / "b", budget=9, curriculum=Curriculum(CELLS)
    )
    assert [task.environment for task in plain.tasks(2)] == [DESK, TRIAGE] * 2
    assert {task.level for task in drawn.tasks(5, level=3)} == {3}
    assert {task.environment for task in drawn.tasks(3, split="gate")} == {DESK, TRIAGE}
    assert len(drawn.tasks(5)) == 10


def test_what_is_wrong_is_said():
    with pytest.raises(UnknownName, match="Did you mean 'uniform'"):
        Curriculum(CELLS, rule="unifrom")
    with pytest.raises(UserError, match="needs at least one environment and level"):
        Curriculum([])
    with pytest.raises(UserError, match="exploration must be between 0 and 1, got 1.5"):
        Curriculum(CELLS, exploration=1.5)
    with pytest.raises(UserError, match="has levels 1 to 5, got 7"):
        places([DESK], 7)
    assert places([DESK], 2) == CELLS[:2]
