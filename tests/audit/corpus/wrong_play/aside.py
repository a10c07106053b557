"""The targets held aside are what they claim: each broken one pays its exploit, and no sound one
pays for wrong play."""

import random

import pytest
from audit.corpus.playing import load, pays, play
from audit.corpus.wrong_play.registry import applies

SEEDS = range(40)


@applies("aside", "text", "programs")
def the_oracle_of_a_grader_earns_full_reward(path):
    module = load(path)
    assert 6 <= len(module.TASKS) <= 40
    assert len({task["prompt"] for task in module.TASKS}) == len(module.TASKS)
    assert [
        module.reward(task["prompt"], module.oracle(task), task["answer"]) for task in module.TASKS
    ] == pytest.approx([1.0] * len(module.TASKS))


@applies("aside", "episodes")
def the_oracle_of_an_environment_earns_full_reward(path):
    module = load(path)
    for seed in SEEDS:
        env = module.Env()
        env.reset(seed)
        assert play(env, module.oracle(env, seed), seed) == pytest.approx(1.0), seed


def _wrong_replies(module):
    """Replies that are wrong for a task whatever it is: blank, echoed, joined, hedged, and those
    of other tasks.
    """
    right = [module.oracle(task) for task in module.TASKS]
    fixed = [
        "",
        " ",
        "0",
        "1",
        "inf",
        "nan",
        "-1",
        "[]",
        "{}",
        "null",
        "None",
        "yes",
        "Score: 10",
        "answer",
        "I cannot",
        "\ud800",
        "\0",
        "(" * 9000,
        "9" * 9000,
    ]
    for text in fixed:
        yield repr(text[:12]), lambda task, text=text: text
    yield "echo", lambda task: task["prompt"]
    yield "last line", lambda task: task["prompt"].splitlines()[-1]
    yield "all answers", lambda task: ", ".join(right)
    yield "negated", lambda task: "not " + module.oracle(task)
    yield "twice", lambda task: f"{module.oracle(task)} or {module.oracle(task)}"
    for text in right[:12]:
        yield f"reply {text[:12]!r}", lambda task, text=text: text


@applies("aside", "text", "programs", broken=False)
def a_sound_grader_does_not_pay_for_wrong_replies(path):
    module = load(path)
    labels = len({module.oracle(task) for task in module.TASKS})
    for name, reply in _wrong_replies(module):
        assert pays(module, reply) <= max(0.1, 1.2 / labels), name


@applies("aside", "text", "programs", broken=False)
def a_sound_grader_accepts_space_around_and_repeats_itself(path):
    module = load(path)
    for task in module.TASKS[:8]:
        right = module.oracle(task)
        wrong = module.oracle(module.TASKS[(module.TASKS.index(task) + 1) % len(module.TASKS)])
        assert [
            module.reward(task["prompt"], f"{right}\n\n", task["answer"]) for _ in range(2)
        ] == pytest.approx([1.0, 1.0])
        assert len({module.reward(task["prompt"], wrong, task["answer"]) for _ in range(2)}) == 1


def _blind_plans(module):
    """Plans that look at nothing: each action alone, pairs in turn, and seeded random ones."""
    filled = []
    for action in module.ACTIONS:
        for number in (0, 1, 2, 7, -1, 10**12):
            filled.append(
                action.replace("<int>,<int>", f"{number},{number + 1}")
                .replace("<int>", str(number))
                .replace("<text>", str(number) * 5)
            )
    filled = sorted(set(filled))
    yield []
    for action in [*filled, "", "success", "\ud800", "stop\n", "x" * 10_000]:
        yield [action] * 60
    for first in filled:
        for second in filled:
            yield [first, second] * 30
    chance = random.Random("blind")
    for _ in range(40):
        yield [chance.choice(filled) for _ in range(60)]


@applies("aside", "episodes", broken=False)
def a_sound_environment_does_not_pay_for_blind_play(path):
    module = load(path)
    env = module.Env()
    for plan in _blind_plans(module):
        returns = [play(env, plan, seed) for seed in SEEDS]
        assert sum(returns) / len(returns) <= 0.12, plan[:3]
        assert max(returns) <= 1.0


@applies("aside", "episodes", broken=False)
def a_sound_environment_pays_no_more_for_less_and_forgets(path):
    module = load(path)
    env = module.Env()
    for seed in SEEDS:
        env.reset(seed)
        plan = module.oracle(env, seed)
        assert all(play(env, plan[:end], seed) <= 0.5 for end in range(len(plan)))
        assert play(env, plan, seed) == 1.0
        assert env.step(plan[-1])[1:3] == (0.0, True)
        assert module.Env().reset(seed) == env.reset(seed)
