"""Hidden laws can be found out: what a world shows determines them, and nothing else decides."""

import itertools

import pytest
from families import COSTLY, NAMES, played, story

import firsthand as fh
from firsthand.catalogue.ceiling import curve, unseen_combinations, used
from firsthand.registry import lookup

LAWS = [name for name in NAMES if lookup(name).laws]
COMBINING = [name for name in LAWS if name not in ("interfaces/shop_desk", "rules/triage")]
"""All but the two that were there first: in these, eval tasks combine laws that never met in train.
"""
WORLDS, SEEDS = 6, 12
pytestmark = pytest.mark.usefixtures("untraced")
every_law_family = pytest.mark.parametrize("name", LAWS)


@every_law_family
@pytest.mark.parametrize("level", [1, 5])
async def test_every_task_names_the_laws_that_it_depends_on(name, level):
    known = {}
    for split, seed in itertools.product(("train", "eval"), range(20)):
        (task,) = fh.tasks(name, 1, split=split, level=level, start=seed)
        laws = await used(task)
        assert laws and all(values >= 2 for _, values in laws.values()), task.id
        for law, (value, _) in laws.items():
            assert known.setdefault(law, value) == value, "a law is the same all over a world"
        assert lookup(name).rules(task), "a world with laws can tell them"


@every_law_family
@pytest.mark.parametrize("level", [1, 4])
async def test_what_an_episode_shows_determines_the_laws_that_it_used(name, level):
    """Same task, two worlds: the episode, with its hindsight, differs if and only if a law does."""
    compared = 0
    for seed in range(SEEDS):
        told = []
        for world in range(WORLDS):
            (task,) = fh.tasks(name, 1, level=level, world=world, start=seed)
            (episode,) = await played("expert", [task])
            laws = {law: value for law, (value, _) in (await used(task)).items()}
            told.append((laws, story(episode), episode.turns[0].observation))
        for (laws, shown, first), (others, other_shown, other_first) in itertools.combinations(
            told, 2
        ):
            if laws != others:
                assert shown != other_shown, (name, seed, laws, others)
                compared += 1
            elif first == other_first:
                assert shown == other_shown, "nothing but the laws and what is shown decides"
    assert compared > 20


@every_law_family
@pytest.mark.parametrize("level", [1, 5])
async def test_an_ideal_learner_starts_low_and_ends_at_one(name, level):
    start, late = await curve(name, level=level, episodes=(0, 400), held_out=60)
    assert start <= 0.5 and late >= 0.99


@pytest.mark.parametrize("name", COMBINING)
async def test_eval_combines_laws_that_never_met_in_train(name):
    n = 120 if name in COSTLY else 300
    shares = [await unseen_combinations(name, level=level, n=n) for level in (1, 3)]
    assert max(shares) >= 0.9, "at some level; where one asks for much, its parts may meet again"
