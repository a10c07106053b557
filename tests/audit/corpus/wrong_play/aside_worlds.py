"""The worlds and code graders held aside are what they claim: broken ones pay their exploit,
sound ones pay for nothing else than work."""

import itertools
import random
import re

import pytest
from audit.corpus.playing import load, play
from audit.corpus.wrong_play.registry import applies

SEEDS = range(40)
HOSTILE = [
    "",
    " ",
    "\0",
    "\ud800",
    "nan",
    "inf",
    "1e400",
    "x" * 10_000,
    "9" * 6_000,
    "(" * 6_000,
    "None",
    "[]",
    "true",
    "finish\n",
    "٣",
]


@applies("aside_worlds", "text", "programs")
def the_oracle_of_a_grader_earns_full_reward(path):
    module = load(path)
    assert 8 <= len(module.TASKS) <= 12
    assert len({task["prompt"] for task in module.TASKS}) == len(module.TASKS)
    assert [
        module.reward(task["prompt"], module.oracle(task), task["answer"]) for task in module.TASKS
    ] == [1.0] * len(module.TASKS)


@applies("aside_worlds", "episodes")
def the_oracle_of_an_environment_earns_full_reward(path):
    module = load(path)
    for seed in SEEDS:
        env = module.Env()
        env.reset(seed)
        plan = module.oracle(env, seed)
        assert len(plan) <= env.max_steps
        assert play(env, plan, seed) == pytest.approx(1.0), seed


def _wrong_programs(task):
    """Programs that solve nothing."""
    head = (
        "class Device:\n    def press(self, *given):"
        if "class Device" in task["prompt"]
        else f"def {task['answer']}(*given):"
    )
    yield from [
        "",
        "\ud800\0",
        "raise SystemExit(0)",
        "(" * 3000,
        "print('ok')\nimport os\nos._exit(0)",
        task["prompt"],
    ]
    yield from (
        f"{head} return {value}\n"
        for value in ("0", "True", "None", "float('nan')", "given[0]", "[]", "given")
    )
    yield f"{head} return __import__('sys')._getframe(1).f_locals.get('expected')\n"
    yield f"{head} return type('Same', (list,), {{'__eq__': lambda *pair: True}})()\n"


@applies("aside_worlds", "text", "programs", broken=False)
def a_sound_grader_does_not_pay_for_programs_that_solve_nothing(path):
    module = load(path)
    for number, task in enumerate(module.TASKS):
        for program in list(_wrong_programs(task))[number % 5 :: 5]:
            assert module.reward(task["prompt"], program, task["answer"]) == 0.0, program[:200]
    task = module.TASKS[0]
    assert module.reward(task["prompt"], "while True:\n    pass\n", task["answer"]) == 0.0
    assert module.reward(task["prompt"], module.oracle(module.TASKS[1]), task["answer"]) == 0.0


@applies("aside_worlds", "text", "programs", broken=False)
def a_sound_grader_pays_equal_programs_equally(path):
    module = load(path)
    for task in module.TASKS[:2]:
        right = module.oracle(task)
        for same in (
            f"\n\n{right}\n\n",
            f"# a remark\n{right}",
            f"import os\nprint('noise')\n{right}",
            right,
        ):
            assert module.reward(task["prompt"], same, task["answer"]) == 1.0


def _filled(module):
    """The actions, with numbers and words in the places of the templates."""
    filled = []
    for action in module.ACTIONS:
        for number in (0, 1, 2, 5, 31, -1, 10**12):
            filled.append(
                action.replace("<int>,<int>", f"{number},{number + 1}")
                .replace("<int>", str(number))
                .replace("<text>", f"word{number}")
            )
    return sorted(set(filled))


def _random_action(module, chance, seen):
    """Any action; the numbers of a template are small ones, or such as were seen."""
    action = chance.choice(module.ACTIONS)
    return re.sub(
        "<int>",
        lambda _: chance.choice([str(chance.randrange(9)), str(chance.randrange(99)), *seen]),
        action,
    )


@applies("aside_worlds", "episodes", broken=False)
def a_sound_environment_does_not_pay_for_cycles_or_hostile_text(path):
    module = load(path)
    env = module.Env()
    filled = _filled(module)
    chance = random.Random("cycles")
    cycles = [chance.sample(filled, size) for size in [2] * 30 + [3] * 30]
    for cycle in [*((action,) for action in [*filled, *HOSTILE]), *cycles]:
        returns = [play(env, list(cycle) * (90 // len(cycle)), seed) for seed in SEEDS[::2]]
        assert sum(returns) / len(returns) <= 0.1, cycle
        assert max(returns) <= 1.0
    assert [play(env, [], seed) for seed in SEEDS] == [0.0] * len(SEEDS)


@applies("aside_worlds", "episodes", broken=False)
def a_sound_environment_ends_without_pay_and_stays_ended(path):
    module = load(path)
    for seed in SEEDS:
        env = module.Env()
        env.reset(seed)
        steps = [
            env.step(text) for text in itertools.islice(itertools.cycle(HOSTILE), env.max_steps)
        ]
        assert [done for _, _, done, _ in steps] == [False] * (env.max_steps - 1) + [True]
        assert {reward for _, reward, _, _ in steps} == {0.0}
        env.reset(seed)
        plan = module.oracle(env, seed)
        assert play(env, plan, seed) == pytest.approx(1.0)
        assert {env.step(action)[1:3] for action in [*plan, *module.ACTIONS]} == {(0.0, True)}


@applies("aside_worlds", "episodes", broken=False)
def random_play_of_a_sound_environment_stays_at_the_level_of_chance(path):
    module = load(path)
    env = module.Env()
    chance = random.Random(f"random play {path.stem}")
    returns = []
    for _ in range(10):
        for seed in SEEDS:
            seen = re.findall(r"\d+", env.reset(seed))
            total, done = 0.0, False
            while not done:
                _, reward, done, _ = env.step(_random_action(module, chance, seen))
                total += reward
            returns.append(total)
    assert sum(returns) / len(returns) <= 0.05
    assert max(returns) <= 1.0


@applies("aside_worlds", "episodes", broken=False)
def a_sound_environment_differs_by_seed_and_pays_no_more_for_less(path):
    module = load(path)
    env = module.Env()
    plans = set()
    for seed in SEEDS:
        env.reset(seed)
        plan = module.oracle(env, seed)
        plans.add(tuple(plan))
        assert all(play(env, plan[:end], seed) <= 0.5 for end in range(len(plan)))
        assert sum(play(env, plan, other) for other in range(100, 120)) <= 2.0
    assert len(plans) >= 0.75 * len(SEEDS)


@applies("aside_worlds", "episodes", broken=False)
def a_sound_environment_forgets_and_does_not_mind_a_neighbour(path):
    module = load(path)
    for seed in SEEDS:
        first, second = module.Env(), module.Env()
        alone = module.Env()
        view = alone.reset(seed)
        plan = module.oracle(alone, seed)
        expected = [alone.step(action) for action in plan]
        assert alone.reset(seed) == view
        assert first.reset(seed) == view
        second.reset(seed + 1)
        other = itertools.cycle(module.oracle(second, seed + 1))
        together = []
        for action in plan:
            together.append(first.step(action))
            second.step(next(other))
        assert together == expected
        assert load(path).Env().reset(seed) == view if seed < 3 else True
