"""Native environments as targets: plays go through `play`, actions survive being written, and kept
states change nothing.
"""

import asyncio

import pytest

from firsthand.actions import decoded, encoded
from firsthand.agent import Agent
from firsthand.audit.accusation import story
from firsthand.audit.targets.native import TRUE_RESETS, Native
from firsthand.audit.targets.protocol import Play, Spec
from firsthand.environment import Action, ToolCall, tools_of
from firsthand.models.scripted import Expert
from firsthand.registry import make
from firsthand.rollout.play import play

NAMES = [
    "control/null",
    "data/ledger",
    "embodied/keys_and_rooms",
    "games/mastermind",
    "interfaces/shop_desk",
    "rules/triage",
]


def native(name, **kwargs):
    return Native(Spec("native", name, **kwargs))


@pytest.mark.parametrize(
    "action",
    [
        Action(""),
        Action("go north"),
        Action('{"calls":'),
        Action("{}"),
        Action("", (ToolCall("post", {"amount": -5, "party": 'a "b" <int>'}, "0"),)),
        Action(
            "both", (ToolCall("schema", {}, "0"), ToolCall("query", {"sql": "SELECT 'é'\n"}, "1"))
        ),
    ],
)
def test_an_action_survives_being_written(action):
    assert decoded(encoded(action)) == action


@pytest.mark.parametrize("name", NAMES)
def test_the_oracle_is_paid_what_the_expert_is_paid_by_play(name):
    target = native(name)
    instance = asyncio.run(target.instance(3))
    episode = asyncio.run(play(make(name), Agent(model=Expert()), target.task(3)))
    trace = asyncio.run(target.play(Play(3, instance.oracle)))
    assert not instance.fault and trace.fault is None
    assert trace.value == episode.reward == 1.0 and trace.done == episode.final.done
    assert trace.observations == (
        *(turn.observation.full for turn in episode.turns),
        episode.final.full,
    )
    assert (
        len(trace.observations) == len(instance.oracle) + 1
        and trace.observations[0] == instance.prompt
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_play_from_a_kept_state_equals_one_from_a_true_reset(name):
    target = native(name)
    instance = asyncio.run(target.instance(5))
    plays = [
        Play(5, instance.oracle),
        Play(5, ("", "zebra")),
        Play(5, instance.oracle[:1], beyond=True),
    ]
    true = [story(asyncio.run(native(name).play(asked))) for asked in plays]
    for _ in range(TRUE_RESETS + 2):
        assert [story(asyncio.run(target.play(asked))) for asked in plays] == true
    assert target.task(5) in target.kept and target.resets[target.task(5)] == TRUE_RESETS + 1


def test_what_is_done_after_done_is_told_apart():
    target = native("rules/triage")
    instance = asyncio.run(target.instance(1))
    wrong = next(move for move in instance.moves if move not in instance.oracle)
    trace = asyncio.run(target.play(Play(1, (wrong, *instance.oracle), beyond=True)))
    assert trace.done and trace.value == 0.0 and trace.late == 0.0
    assert len(trace.observations) == 3, "the action after done was taken"
    assert len(asyncio.run(target.play(Play(1, (wrong, *instance.oracle)))).observations) == 2


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_those_of_the_class_and_templates_can_be_filled(name):
    target, environment = native(name), type(make(name))
    facts = target.facts()
    assert (facts.kind, facts.name, facts.version, facts.base_rate) == (
        "episode",
        name,
        environment.version,
        environment.base_rate,
    )
    assert facts.proven and facts.levels == tuple(environment.levels) and len(facts.sha256) == 64
    called = {decoded(template.replace("<int>", "1")).calls[0].name for template in facts.grammar}
    assert called == set(tools_of(environment))


def test_instances_are_told_apart_and_the_same_again():
    target = native("games/mastermind")
    seen = [asyncio.run(target.instance(seed)) for seed in range(4)]
    assert len({instance.answer for instance in seen}) == 4
    assert asyncio.run(native("games/mastermind").instance(2)) == seen[2]


def test_a_sabotaged_environment_is_another_target():
    flawed = native("rules/triage", sabotage="forgets_reset")
    assert flawed.facts().name != "rules/triage"
    assert flawed.facts().sha256 != native("rules/triage").facts().sha256
