"""The episodic targets of the corpus are what they claim: each broken one pays its exploit, and
no sound one pays for blind play."""

import random

import pytest
from audit.corpus.playing import follow, load, play
from audit.corpus.wrong_play.registry import applies

SEEDS = range(20)
MOVES_COST = {"two_jugs"}
CHANCE = {"market_stall": 1 / 4, "race_results": 1 / 8}


@applies("episodic")
def the_oracle_earns_full_reward(path):
    module = load(path)
    for seed in SEEDS:
        env = module.Env()
        assert isinstance(env.reset(seed), str)
        plan = module.oracle(env, seed)
        assert len(plan) <= module.Env.max_steps
        full = 1.01 - 0.01 * len(plan) if path.stem in MOVES_COST else 1.0
        assert follow(env, plan) == pytest.approx(full), seed


def _blind_plans(module):
    """Plans that look at nothing: nothing, each action alone, two and three in turn, and seeded
    random ones.
    """
    filled = set()
    for action in module.ACTIONS:
        for number in (0, 1, 2, 50, -1, 10**12):
            filled.add(
                action.replace("<int>,<int>", f"{number},{number + 1}")
                .replace("<int>", str(number))
                .replace("<text>", str(number))
            )
    filled = sorted(filled)
    yield []
    for action in [*filled, "", "done", "success", "\ud800", "stop\n", "x" * 10_000]:
        yield [action] * 60
    for first in filled:
        for second in filled:
            yield [first, second] * 20
    chance = random.Random("blind")
    for _ in range(20):
        yield [*chance.choices(filled, k=3)] * 20
        yield chance.choices(filled, k=60)


@applies("episodic", broken=False)
def a_sound_environment_does_not_pay_for_blind_play(path):
    module = load(path)
    env = module.Env()
    allowed = 1.6 * CHANCE.get(path.stem, 0.05)
    for plan in _blind_plans(module):
        returns = [play(env, plan, seed) for seed in range(100, 130)]
        assert sum(returns) / len(returns) <= allowed, plan[:3]
        assert max(returns) <= 1.0


@applies("episodic", broken=False)
def another_seeds_oracle_pays_no_more_than_chance(path):
    module = load(path)
    env = module.Env()
    plans = []
    for seed in SEEDS:
        env.reset(seed)
        plans.append(module.oracle(env, seed))
    for plan in plans:
        returns = [play(env, plan, seed) for seed in range(100, 150)]
        assert sum(returns) / len(returns) <= 1.8 * CHANCE.get(path.stem, 0.1), plan


@applies("episodic", broken=False)
def a_sound_environment_pays_no_more_for_less_and_forgets(path):
    module = load(path)
    env = module.Env()
    for seed in SEEDS:
        env.reset(seed)
        plan = module.oracle(env, seed)
        assert all(play(env, plan[:end], seed) < 0.8 for end in range(len(plan)))
        first = play(env, plan, seed)
        assert env.step(plan[-1])[1:3] == (0.0, True)
        assert module.Env().reset(seed) == env.reset(seed)
        assert play(env, plan, seed) == first
