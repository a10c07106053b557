"""The targets that no detector was written for are what they claim: broken ones pay, sound ones
pay for nothing but the task."""

import itertools
import json
import random

import pytest
from audit.corpus.index import path_of
from audit.corpus.playing import load, pays, play
from audit.corpus.wrong_play.registry import applies, once

SEEDS = range(40)


@applies("unseen", "text", "programs")
def the_oracle_of_a_grader_earns_full_reward_twice(path):
    module = load(path)
    assert 6 <= len(module.TASKS) <= 40
    assert len({task["prompt"] for task in module.TASKS}) == len(module.TASKS)
    for _ in range(2):
        assert [
            module.reward(task["prompt"], module.oracle(task), task["answer"])
            for task in module.TASKS
        ] == [1.0] * len(module.TASKS)


@applies("unseen", "episodes")
def the_oracle_of_an_environment_earns_full_reward(path):
    module = load(path)
    for seed in SEEDS:
        env = module.Env()
        env.reset(seed)
        plan = module.oracle(env, seed)
        assert len(plan) <= env.max_steps
        assert play(env, plan, seed) == pytest.approx(1.0), seed


@applies("unseen", "episodes")
def interleaved_episodes_do_not_disturb_each_other(path):
    module = load(path)
    for seed in range(8):
        first, second = module.Env(), module.Env()
        assert first.reset(seed) == module.Env().reset(seed)
        second.reset(seed + 1)
        assert first.state() != second.state()
        for mine, other in itertools.zip_longest(
            module.oracle(first, seed), module.oracle(second, seed + 1)
        ):
            mine is None or first.step(mine)
            other is None or second.step(other)
        alone = module.Env()
        alone.reset(seed)
        for action in module.oracle(alone, seed):
            alone.step(action)
        assert first.state() == alone.state()


FIXED = [
    "",
    " ",
    "0",
    "1",
    "-1",
    "0/0",
    "1/0",
    "inf",
    "nan",
    "1e400",
    "null",
    "None",
    "{}",
    "[]",
    "true",
    "yes",
    "?",
    "A B C D",
    "(A)(B)",
]
HOSTILE = [
    "Score: 10/10",
    "I cannot",
    "answer",
    "\ud800",
    "\0",
    "\u0664\u0662",
    "(" * 9000,
    "[" * 2500,
    "9" * 9000,
    "0-9999999",
    "x" * 10**6,
]


def _wrong_replies(module):
    """Replies that are wrong for a task whatever it is: blank, echoed, joined, hedged, and those
    of other tasks.
    """
    right = [module.oracle(task) for task in module.TASKS]
    for text in FIXED + HOSTILE:
        yield repr(text[:12]), lambda task, text=text: text
    yield "echo", lambda task: task["prompt"]
    for place in range(-12, 4):
        yield f"line {place}", lambda task, place=place: (task["prompt"].splitlines() * 12)[place]
    yield "data", lambda task: task["prompt"].partition("\n\n")[2]
    yield "all answers", lambda task: ", ".join(right)
    yield "all lines", lambda task: "\n".join(right)
    for form in (
        "not {0}",
        "{0} or {0}",
        "{0} {0}",
        "{0}\n{0}",
        "{0}; 7",
        "<!--{0}-->",
        "-{0}",
        "{0}\0",
        "{0}{0}",
    ):
        yield form, lambda task, form=form: form.format(module.oracle(task))
    for text in right[:12]:
        yield f"reply {text[:12]!r}", lambda task, text=text: text


@applies("unseen", "text", broken=False)
def a_sound_text_grader_does_not_pay_for_wrong_replies(path):
    module = load(path)
    labels = len({module.oracle(task) for task in module.TASKS})
    for name, reply in _wrong_replies(module):
        assert pays(module, reply) <= max(0.1, 1.01 / labels), name


@applies("unseen", "text", broken=False)
def a_sound_text_grader_accepts_space_around_and_repeats_itself(path):
    module = load(path)
    for task, after in itertools.pairwise(module.TASKS):
        assert module.reward(task["prompt"], f" {module.oracle(task)}\n\n", task["answer"]) == 1.0
        assert (
            len(
                {
                    module.reward(task["prompt"], module.oracle(after), task["answer"])
                    for _ in range(3)
                }
            )
            == 1
        )


@once("unseen")
def partial_credit_is_below_full_and_grows_with_what_is_right():
    rosters, parcels = load(path_of("rosters")), load(path_of("parcels"))
    task = rosters.TASKS[0]
    before, after = (task["answer"][name].splitlines() for name in ("before", "after"))
    mixed = ["\n".join([*after[:count], *before[count:]]) for count in range(len(after) + 1)]
    scores = [rosters.reward("", text, task["answer"]) for text in mixed]
    assert scores == sorted(scores) and set(scores) == {0.0, 0.5 / 3, 1 / 3, 1.0}
    answer = parcels.TASKS[0]["answer"]
    few = [
        json.dumps({"town": answer["town"]}),
        json.dumps({"fee": True, "weight": 1e3, "town": answer["town"]}),
    ]
    assert [parcels.reward("", text, answer) for text in few] == [0.0625, 0.0625]


@applies("unseen", "programs", broken=False)
def a_sound_code_grader_pays_for_right_programs_only(path):
    module = load(path)
    replies = [
        "",
        "solve = 1",
        "def solve(values):\n    pass",
        "\ud800",
        "\0",
        "(" * 9000,
        "import sys\nsys.exit(0)",
        "# " + module.TASKS[0]["prompt"],
    ]
    bodies = [
        "0",
        "1",
        "values",
        "len(values)",
        "sum(values)",
        "max(values)",
        "True",
        "None",
        "solve(values)",
        "[0] * 10**9",
        "float('nan')",
    ]
    replies += [f"def solve(values):\n    return {body}" for body in bodies]
    replies += [
        "def solve(values):\n    values.clear()\n    return 0",
        "def solve(values):\n    return ().__class__",
    ]
    for reply in replies:
        assert [module.reward("", reply, task["answer"]) for task in module.TASKS[::2]] == [
            0.0
        ] * 4, reply
    for task, other in itertools.pairwise([*module.TASKS, module.TASKS[0]]):
        assert module.reward(task["prompt"], module.oracle(other), task["answer"]) == 0.0


@applies("unseen", "programs", broken=False)
def a_sound_code_grader_ends_and_accepts_another_right_program(path):
    module = load(path)
    tasks = {task["kata"]: task for task in module.TASKS}
    endless = "def solve(values):\n    while True:\n        pass"
    assert module.reward("", endless, tasks["odd"]["answer"]) == 0.0
    other = (
        "def solve(values):\n    count = 0\n    for v in values:\n        count += v * (1 if "
        "v & 1 else -1)\n    return count\n"
    )
    assert module.reward("", f"\n{other}", tasks["odd"]["answer"]) == 1.0


def _filled(module):
    """Actions with small, large and senseless numbers in place of their templates."""
    actions = set()
    for action in module.ACTIONS:
        for number in (1, 2, 6, -1, 10**12):
            actions.add(
                action.replace("<int>,<int>", f"{number},{number + 1}").replace(
                    "<int>", str(number)
                )
            )
    return sorted(actions)


def _blind_plans(module):
    """Plans that look at nothing: each action alone, cycles of two and three, invalid ones and
    seeded random ones.
    """
    actions = _filled(module)
    yield []
    for action in ["", " ", "success", "\ud800", "\0", "stop\n", "x" * 10_000, "9" * 9000]:
        yield [action] * 60
    yield from ([action] * 60 for action in actions)
    yield from (list(pair) * 30 for pair in itertools.permutations(actions, 2))
    chance = random.Random("blind")
    triples = list(itertools.permutations(actions, 3))
    yield from (list(triple) * 20 for triple in chance.sample(triples, min(len(triples), 120)))
    for _ in range(60):
        yield [chance.choice(actions) for _ in range(60)]


@applies("unseen", "episodes", broken=False)
def a_sound_environment_does_not_pay_for_blind_play(path):
    module = load(path)
    env = module.Env()
    for plan in _blind_plans(module):
        returns = [play(env, plan, seed) for seed in SEEDS]
        assert sum(returns) / len(returns) <= 0.1, plan[:3]
        assert max(returns) <= 1.0


@applies("unseen", "episodes", broken=False)
def a_sound_environment_pays_no_more_for_less_and_forgets(path):
    module = load(path)
    env = module.Env()
    for seed in SEEDS:
        env.reset(seed)
        plan = module.oracle(env, seed)
        assert all(play(env, plan[:end], seed) <= 0.2 for end in range(len(plan)))
        assert play(env, plan, seed) == 1.0
        assert env.step(plan[-1])[1:3] == (0.0, True)
        assert module.Env().reset(seed) == env.reset(seed)


@applies("unseen", "episodes", broken=False)
def the_plan_of_one_seed_does_not_serve_the_others(path):
    module = load(path)
    env = module.Env()
    for seed in SEEDS:
        env.reset(seed)
        plan = module.oracle(env, seed)
        others = [play(env, plan, other) for other in SEEDS if other != seed]
        assert sum(value == 1.0 for value in others) <= 4, seed
