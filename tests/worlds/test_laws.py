"""The laws that every installed environment keeps. An environment is added to these tests by being
installed.
"""

import copy
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import fmean

import msgspec
import pytest
from families import COSTLY, NAMES, played, story

import firsthand as fh
from firsthand.agent import settled
from firsthand.environment import Action, ToolCall, tools_of
from firsthand.episode import Stop
from firsthand.evaluate.statistics import wilson
from firsthand.registry import lookup
from firsthand.task import SPLITS, Task

HERE = Path(__file__).parent
OFTEN = (1, 5)
"""Levels at which `make test` checks almost everything; `make slow` does so at the others."""
EVERY = [(name, level) for name in NAMES for level in lookup(name).levels]


def each_time(levels):
    """Play every environment at some levels in `make test`, and at the others in `make slow`."""
    marks = {level: () if level in levels else pytest.mark.slow for _, level in EVERY}
    return pytest.mark.parametrize(
        ("name", "level"), [pytest.param(n, level, marks=marks[level]) for n, level in EVERY]
    )


every_environment = pytest.mark.parametrize("name", NAMES)
every_level = each_time(OFTEN)
at_the_first_level_each_time = each_time((1,))
at_all_levels_each_time = pytest.mark.parametrize(("name", "level"), EVERY)
untraced = pytest.mark.usefixtures("untraced")
interval = partial(wilson, confidence=0.998)
"""Wide, for there are hundreds of comparisons."""
QUICK_CASES = [(name, level) for name, level in EVERY if "browser" not in lookup(name).needs]


CHEAP_SECONDS = 0.02
"""A reset of level 5 takes 1 to 5 ms, and three to four times as long while coverage is traced."""


def some(name, n):
    """A tenth of n where playing starts processes."""
    return max(2, n // 10) if name in COSTLY else n


def tasks(name, n, *, level=1, split="train"):
    """Tasks spread over two worlds where worlds differ."""
    if not lookup(name).laws:
        return fh.tasks(name, n, level=level, split=split)
    return [
        *fh.tasks(name, n - n // 2, level=level, split=split),
        *fh.tasks(name, n // 2, level=level, split=split, world=1),
    ]


async def begun(task):
    environment = fh.make(task.environment)
    return environment, await settled(environment.reset(task))


async def value(environment):
    return (await settled(environment.score())).value


def invalid_actions(name):
    """Things no environment accepts; calls with missing, unknown and mistyped arguments of each
    tool.
    """
    yield Action()
    yield Action("no such thing \x00 ' \" {} \\ %s é 🔑")
    yield Action("x" * 100_000)
    yield Action("1")
    yield Action(calls=(ToolCall("no_such_tool"),))
    for tool, declared in tools_of(lookup(name)).items():
        yield Action(calls=(ToolCall(tool, {"no_such_argument": 1}),))
        if parameters := declared.parameters["properties"]:
            yield Action(calls=(ToolCall(tool, {parameter: [] for parameter in parameters}),))
            yield Action(calls=(ToolCall(tool, dict.fromkeys(parameters, 2**70)),))


@every_environment
def test_what_is_declared_is_complete(name):
    environment = lookup(name)
    assert environment.name == name
    assert environment.summary().endswith(".")
    assert len(environment.statement) > 30
    assert list(environment.levels) == [1, 2, 3, 4, 5]
    assert environment.version and 0.0 <= environment.base_rate < 1.0


@every_environment
def test_tool_schemas_are_self_contained_and_described(name):
    for tool, declared in tools_of(lookup(name)).items():
        function = json.loads(msgspec.json.encode(declared.specification))["function"]
        assert function["name"] == tool and function["description"].endswith(".")
        assert function["parameters"]["type"] == "object"
        assert set(function["parameters"].get("required", ())) <= set(
            function["parameters"]["properties"]
        )
        assert not function["parameters"].get("additionalProperties", True)
        assert "#/" not in json.dumps(function["parameters"]) or "$defs" in function["parameters"]


@at_all_levels_each_time
async def test_the_expert_succeeds_within_half_of_the_turns(name, level):
    for split in SPLITS:
        for episode in await played("expert", tasks(name, 8, level=level, split=split)):
            assert episode.error is None, episode.error
            assert episode.reward == 1.0 and all(episode.checks.values()), episode.task.id
            assert episode.stop is Stop.DONE
            assert 2 * len(episode.turns) <= lookup(name).turns
            assert sum(turn.reward for turn in episode.turns) == pytest.approx(1.0)


@untraced
@every_level
async def test_policies_that_do_not_look_stay_at_the_declared_base_rate(name, level):
    declared = lookup(name).base_rate
    chosen = tasks(name, some(name, 120 if level == 1 else 40), level=level)
    rates = {}
    for policy in ("idle", "random"):
        episodes = await played(policy, chosen)
        assert not [episode.error for episode in episodes if episode.error]
        rates[policy] = sum(episode.reward for episode in episodes)
        assert interval(rates[policy], len(chosen)).low <= declared, policy
    if level == 1:
        best = interval(max(rates.values()), len(chosen))
        assert best.low <= declared <= best.high
    assert declared > 0 or not any(rates.values())


@untraced
@every_level
async def test_the_score_is_zero_at_reset_and_the_instance_cheap(name, level):
    seconds = []
    for task in tasks(name, some(name, 30), level=level):
        started = time.perf_counter()  # the least of 30: others may share the core
        environment, observation = await begun(task)
        seconds.append(time.perf_counter() - started)
        assert await value(environment) == 0.0
        assert observation.text and not observation.done and not environment.finished
    assert min(seconds) < (0.05 if name in COSTLY else CHEAP_SECONDS)


@every_level
async def test_invalid_actions_never_pay(name, level):
    (task,) = fh.tasks(name, 1, level=level)
    for action in invalid_actions(name):
        environment, _ = await begun(task)
        for _ in range(2):
            answer = await settled(environment.act(action))
            assert await value(environment) == 0.0
            assert answer.full, "an invalid action is told what was wrong"


@every_environment
async def test_a_wrong_call_is_answered_with_path_and_expectation(name):
    (task,) = fh.tasks(name, 1)
    environment, _ = await begun(task)
    known = tools_of(type(environment))
    for tool in known:
        answer = await settled(
            environment.act(Action(calls=(ToolCall(tool, {"no_such_argument": 1}, "a"),)))
        )
        assert answer.results[0].error and answer.results[0].id == "a"
        assert (
            f"Invalid arguments for '{tool}': Object contains unknown field `no_such_argument`"
            in answer.full
        )
    assert (
        not known
        or "Did you mean"
        in (await settled(environment.act(Action(calls=(ToolCall(f"{next(iter(known))}x"),))))).full
    )


@every_level
async def test_done_absorbs_everything(name, level):
    for policy in ("expert", "random"):
        for task in tasks(name, 2, level=level):
            (right,) = await played("expert", [task])
            environment, observation = await begun(task)
            act = fh.model(f"scripted:{policy}").start(environment, task)
            for _ in range(lookup(name).turns):
                if not observation.done:
                    observation = await settled(environment.act(await settled(act(observation))))
            if not observation.done:
                continue  # random play used up its turns
            final = await value(environment)
            for late in (*right.actions, *invalid_actions(name)):
                assert (await settled(environment.act(late))).done
                assert await value(environment) == final


@untraced
@every_level
async def test_the_same_task_plays_the_same(name, level):
    state = random.getstate()
    for policy in ("expert", "random"):
        chosen = tasks(name, 3, level=level)
        assert [story(a) for a in await played(policy, chosen)] == [
            story(b) for b in await played(policy, chosen)
        ]
    assert random.getstate() == state


PROBE = """
import asyncio, hashlib, sys
sys.path[:0] = sys.argv[1:]
from test_laws import told_in_a_process
print(asyncio.run(told_in_a_process()))
"""


async def told_in_a_process():
    """Hash how tasks of all environments begin and how expert and random play of them goes."""
    told = hashlib.blake2b()
    for name, level in QUICK_CASES:
        for task in tasks(name, 2, level=level):
            _, observation = await begun(task)
            told.update(msgspec.json.encode(observation))
        for policy in ("expert", "random"):
            (episode,) = await played(policy, tasks(name, 1, level=level))
            told.update(story(episode))
    return told.hexdigest()


@untraced
async def test_other_processes_hash_seeds_and_time_zones_tell_the_same():
    expected = await told_in_a_process()
    for seed, zone in (("1", "Asia/Tokyo"), ("77", "America/Lima")):
        environ = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
        said = subprocess.run(
            [sys.executable, "-c", PROBE, str(HERE), str(HERE.parent)],
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert said.stdout.strip() == expected, said.stderr


async def drawn(environment, task, rng):
    """An action that a random policy would take here."""
    policy = fh.model("scripted:random").start(environment, task)
    for _ in range(rng.randrange(3)):  # each policy starts alike: skip some of its draws
        await settled(policy(fh.Observation()))
    return await settled(policy(fh.Observation()))


@untraced
@every_level
async def test_forks_played_the_same_way_end_the_same(name, level):
    rng = random.Random(level)
    for task in tasks(name, 2, level=level):
        environment, observation = await begun(task)
        for _ in range(rng.randrange(4)):
            if not observation.done:
                observation = await settled(environment.act(await drawn(environment, task, rng)))
        if observation.done:
            environment, observation = await begun(task)
        kept = environment.snapshot()
        before = (await value(environment), environment.choices())
        forks = [fh.make(name), fh.make(name), copy.deepcopy(environment)]
        for fork in forks[:2]:
            fork.restore(kept)
        ends = [await continued(fork) for fork in forks]
        assert ends[0] == ends[1] == ends[2]
        assert (await value(environment), environment.choices()) == before, (
            "the original is untouched"
        )
        assert await continued(environment) == ends[0]
        environment.restore(kept)
        assert await continued(environment) == ends[0], "a state can be restored again"


async def continued(environment):
    """Play the expert from here, for as long as the episode lasts."""
    told = []
    for action in environment.expert():
        observation = await settled(environment.act(action))
        told.append((action, observation, await value(environment)))
        if observation.done:
            break
    return msgspec.json.encode(told)


@untraced
@at_the_first_level_each_time
async def test_splits_share_no_instance_and_there_are_a_thousand(name, level, monkeypatch):
    asked = []
    owns = Task.owns

    def recorded(task, instance):
        owned = owns(task, instance)
        asked.append((instance, owned))
        return owned

    monkeypatch.setattr(Task, "owns", recorded)
    found, shown = {}, {}
    for split, n in zip(SPLITS, (90, 80, 80), strict=True):
        found[split], shown[split] = set(), set()
        for task in fh.tasks(name, n, level=level, split=split):
            _, observation = await begun(task)
            instance, owned = asked[-1]
            assert owned, "the instance that is kept is one that the split owns"
            found[split].add(instance)
            shown[split].add((observation.text, instance))
    assert (
        not found["train"] & found["gate"]
        and not found["train"] & found["eval"]
        and not found["gate"] & found["eval"]
    )
    draws, distinct = 250, sum(map(len, found.values()))
    assert draws - distinct <= draws * (draws - 1) / 2 / 1000, (
        "of 1,000 equally likely instances two of 250 would be equal 31 times"
    )
    assert sum(map(len, shown.values())) == sum(map(len, found.values())), (
        "equal instances begin alike"
    )


@every_level
async def test_choices_are_never_empty(name, level):
    for task in tasks(name, 3, level=level):
        environment, observation = await begun(task)
        policy = fh.model("scripted:random").start(environment, task)
        while (
            not observation.done and (choices := await settled(environment.choices())) is not None
        ):
            assert choices and len(set(choices)) == len(choices)
            assert all(isinstance(choice, str) and choice == choice.strip() for choice in choices)
            observation = await settled(environment.act(await settled(policy(observation))))


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name != "control/null"]
)  # chance has no dial
@untraced
async def test_the_dial_works(name):
    rates, lengths = [], []
    for level in (1, 5):
        by_chance = some(name, 120) if lookup(name).base_rate else 0  # else it is 0 at all levels
        random_play = await played("random", tasks(name, by_chance, level=level))
        rates.append(fmean([0.0, *(episode.reward for episode in random_play)]))
        expert_play = await played("expert", tasks(name, some(name, 20), level=level))
        lengths.append(fmean(len(episode.turns) for episode in expert_play))
    assert rates[1] < rates[0] or lengths[1] > lengths[0]
    assert rates[1] <= rates[0] and lengths[1] >= lengths[0]


@every_environment
async def test_hindsight_comes_as_text(name):
    for policy in ("idle", "random", "expert"):
        for episode in await played(policy, tasks(name, 2, level=3)):
            assert episode.error is None
            assert episode.aftermath is None or len(episode.aftermath) > 10
