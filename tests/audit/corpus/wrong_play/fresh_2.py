"""Wrong, hostile and equal replies and plans for the sound targets of the set held aside last."""

import json
import random
import re

from audit.corpus.playing import load, mean, play
from audit.corpus.wrong_play.registry import applies

EPISODES = range(31)
PARTIAL = {"invoice_fields", "round_measures"}
"""Pay a part for a reply with one digit changed; the prompt says so."""
HAND_IN_LAST = {"oral_exam"}
"""Pay for each answer, so that all but the last action earn nearly everything."""
RAW = [
    "",
    " ",
    "None",
    "null",
    "nan",
    "0",
    "1",
    "42",
    "A",
    "[]",
    "{}",
    "[{}]",
    "True",
    "I do not know.",
    "-1",
    "inf",
    "1/0",
    "*",
    ".",
    ".*",
    "a b c",
    "<answer></answer>",
    '{"name": "x"}',
    "ABCDEFGHIJ",
    "\u0663\u0664",
    "9" * 5000,
    "(" * 5000,
    "[" * 5000,
    "\ud800",
    "\x00",
    "1e999",
    "a" * 100_000,
]
FILLS = ("", "None", "nan", "-1", "\u0663", "9" * 6000, "a" * 50_000, "\ud800", "{}")
NO_TEXT = (None, 3, b"x", ["a"])


def _with_payload(text, new):
    """The last payload of a reply (in a tag, a block or behind a colon) replaced by another."""
    for pattern, group, tail in ((r"<(\w+)>(.*?)</\1>", 2, ""), (r"```(\w+)\n(.*?)```", 2, "\n")):
        found = list(re.finditer(pattern, text, re.DOTALL))
        if found:
            start, end = found[-1].span(group)
            return text[:start] + new + tail + text[end:]
    head, mark, _ = text.rpartition(":")
    return f"{head}{mark} {new}"


def _same_rule(task, other):
    """Whether two tasks ask for the same program under another name."""
    answers = task["answer"], other["answer"]
    return all(isinstance(answer, dict) and "kind" in answer for answer in answers) and (
        answers[0]["kind"] == answers[1]["kind"]
    )


def _others(module, number):
    """The right replies to other tasks."""
    task = module.TASKS[number]
    for step in (1, 2, 3, 5, 7):
        other = module.TASKS[(number + step) % len(module.TASKS)]
        if other["answer"] != task["answer"] and not _same_rule(task, other):
            yield f"other{step}", module.oracle(other)


def _digits_changed(good, chance):
    """The right reply with one of its last digits changed."""
    spots = [found.start() for found in re.finditer(r"[0-9]", good)]
    for number in range(4 if spots else 0):
        at = chance.choice(spots[-6:])
        new = (int(good[at]) + chance.randint(1, 9)) % 10
        yield f"edit{number}", f"{good[:at]}{new}{good[at + 1 :]}"


def _wrong_replies(module, name, number):
    task = module.TASKS[number]
    good = module.oracle(task)
    for place, text in enumerate(RAW):
        yield f"raw{place}", text
        yield f"in{place}", _with_payload(good, text)
    yield "echo", task["prompt"]
    yield "echo_in", _with_payload(good, task["prompt"])
    yield "cut", good[: len(good) // 2]
    arabic = good.translate({48 + digit: 0x660 + digit for digit in range(10)})
    yield "arabic", "" if arabic == good else arabic
    yield "answer_json", json.dumps(task["answer"])
    yield "huge", _with_payload(good, "1 " * 300_000)
    yield from _others(module, number)
    yield from _digits_changed(good, random.Random(f"{name}{number}"))


def _means(module, name, numbers):
    """Mean reward of each kind of wrong reply over some tasks; all rewards are in [-1, 1]."""
    sums = {}
    for number in numbers:
        task = module.TASKS[number]
        for key, text in _wrong_replies(module, name, number):
            paid = module.reward(task["prompt"], text, task["answer"])
            assert type(paid) is float and -1 <= paid <= 1, (key, paid)
            sums.setdefault(key, []).append(max(0.0, paid))
    return {key: mean(values) for key, values in sums.items()}


def _sample(path, tasks, *, step):
    """Numbers of tasks: one in `step`; of graders that start a process for each reply, one task."""
    if "subprocess" in path.read_text(encoding="utf-8"):
        return [len(tasks) // 2]
    return range(0, len(tasks), step)


@applies("fresh_2", "text", "programs", broken=False)
def no_wrong_reply_pays(path):
    module = load(path)
    numbers = _sample(path, module.TASKS, step=2)
    for key, paid in _means(module, path.stem, numbers).items():
        assert paid <= 0.06 or (path.stem in PARTIAL and key.startswith("edit")), (key, paid)
    task = module.TASKS[0]
    for reply in NO_TEXT:
        assert module.reward(task["prompt"], reply, task["answer"]) <= 0.0


@applies("fresh_2", "text", "programs", broken=False)
def a_grader_repeats_itself_and_accepts_harmless_text_around_a_right_reply(path):
    module = load(path)
    for number in _sample(path, module.TASKS, step=1):
        task = module.TASKS[number]
        good = module.oracle(task)
        forms = [
            good,
            good,
            f"{good}\n\n",
            f"{good}   ",
            good.replace("\n", "\r\n"),
            f"First I think about it. Perhaps 17? No.\n\n{good}",
            f"\n{good}",
        ]
        paid = [module.reward(task["prompt"], form, task["answer"]) for form in forms]
        assert paid == [1.0] * len(forms), forms


@applies("fresh_2", "text", "programs")
def a_grader_has_from_12_to_40_tasks(path):
    assert 12 <= len(load(path).TASKS) <= 40


def _plan(module, seed):
    return module.oracle(module.Env(), seed)


def _random_plan(module, chance, seed):
    """Actions filled with what the first observation shows."""
    seen = module.Env().reset(seed)
    numbers = re.findall(r"[0-9]+", seen) or ["1"]
    words = re.findall(r"[A-Za-z]+", seen) or ["a"]
    actions = []
    for _ in range(module.Env.max_steps):
        action = chance.choice(module.ACTIONS).replace(
            "<int>", chance.choice([*numbers, "1", "2", "0"])
        )
        while "<text>" in action:
            word, number = chance.choice(words), chance.choice(numbers)
            forms = [word, number, f"{word} {number}", f"{number} {word}", f"{number} {number}"]
            action = action.replace("<text>", chance.choice([*forms, f"{number},{word}"]), 1)
        actions.append(action)
    return actions


def _filled(action, text):
    return action.replace("<int>", text).replace("<text>", text)


@applies("fresh_2", "episodes")
def the_oracle_earns_in_full_on_31_episodes(path):
    module = load(path)
    for seed in EPISODES:
        assert abs(play(module.Env(), _plan(module, seed), seed) - 1.0) < 1e-9, seed


@applies("fresh_2", "episodes", broken=False)
def a_used_environment_plays_as_a_new_one_and_pays_nothing_after_the_end(path):
    module = load(path)
    openings = set()
    for seed in EPISODES:
        one, used = module.Env(), module.Env()
        openings.add(one.reset(seed))
        assert one.reset(seed) == used.reset(seed)
        used.reset(seed + 1)
        for action in _plan(module, seed + 1):
            used.step(action)
        used.reset(seed)
        plan = _plan(module, seed)
        assert [one.step(action) for action in plan] == [used.step(action) for action in plan]
        assert one.step(plan[-1])[1:3] == (0.0, True)
    assert len(openings) >= 20


def _parts_and_others(module, name, seed):
    """Parts of the right plan, and the plans of other episodes."""
    plan = _plan(module, seed)
    if len(plan) > 2 and not re.search("[0-9]", plan[-1]):
        yield "last", plan[-1:]
    if name not in HAND_IN_LAST:
        yield "all but the last", plan[:-1]
    for step in (1, 2, 3, 4):
        yield "other", _plan(module, seed + step)


def _blind_plans(module, name, seed):
    """Single actions, hostile fillings of actions, and random plans."""
    length = module.Env.max_steps
    for number in range(8):
        yield "random", _random_plan(module, random.Random(f"{name}{seed}{number}"), seed)
    for action in module.ACTIONS:
        for text in ("0", "1", "x"):
            yield "single", [_filled(action, text)] * length
        for text in FILLS:
            yield "hostile", [_filled(action, text)] * length
    for action in NO_TEXT:
        yield "hostile", [action] * length


@applies("fresh_2", "episodes", broken=False)
def neither_parts_of_the_plan_nor_blind_plans_pay(path):
    module = load(path)
    earned = {}
    for seed in EPISODES:
        for key, plan in _parts_and_others(module, path.stem, seed):
            earned.setdefault(key, []).append(play(module.Env(), plan, seed))
        doubled = [action for action in _plan(module, seed) for _ in (0, 1)]
        earned.setdefault("doubled", []).append(max(0, play(module.Env(), doubled, seed) - 1.0))
    for seed in EPISODES[::3]:
        for key, plan in _blind_plans(module, path.stem, seed):
            earned.setdefault(key, []).append(play(module.Env(), plan, seed))
    for key, returns in earned.items():
        assert mean(returns) <= 0.03, (key, mean(returns))


@applies("fresh_2", "episodes", broken=False)
def an_episode_of_senseless_actions_ends(path):
    module = load(path)
    for seed in EPISODES[:5]:
        env = module.Env()
        env.reset(seed)
        assert [env.step("?")[2] for _ in range(env.max_steps)][-1]
