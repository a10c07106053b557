"""The data sets of reasoning-gym as targets: entries follow from the seed alone, and examples stand
in where many answers are right.
"""

import asyncio
import sys
from collections.abc import Iterator

import pytest

from firsthand.audit.targets.protocol import UNKNOWN, Instance, Play, Spec
from firsthand.audit.targets.reasoning_gym import READING, ReasoningGym, library, names, reference
from firsthand.errors import MissingExtra, UnknownName

pytestmark = pytest.mark.filterwarnings("ignore")
"""The library's dependencies warn."""


def test_an_entry_without_an_answer_may_name_an_example():
    assert reference({"answer": "4", "metadata": {"example_answer": "5"}}) == "4"
    assert reference({"answer": None, "metadata": {"possible_answer": {0: 1}}}) == '{"0": 1}'
    assert (
        reference(
            {"answer": None, "metadata": {"example_correct_answer": "", "example_answer": "P"}}
        )
        == "P"
    )
    assert reference({"answer": None, "metadata": {}}) is None


def test_without_the_library_the_fix_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "reasoning_gym.factory", None)
    with pytest.raises(MissingExtra, match=r"firsthand\[reasoning-gym\]"):
        library()


@pytest.fixture
def installed() -> Iterator[None]:
    pytest.importorskip("reasoning_gym")
    yield


def _instance(target: ReasoningGym, seed: int) -> Instance:
    return asyncio.run(target.instance(seed))


def _paid(target: ReasoningGym, seed: int, answer: str) -> float:
    return asyncio.run(target.play(Play(seed, (answer,)))).paid


def test_an_unknown_data_set_is_named(installed: None):
    with pytest.raises(UnknownName, match="chain_sum"):
        ReasoningGym(Spec("reasoning-gym", "chain_sums"))
    assert "composite" not in names()


@pytest.mark.parametrize("name", ["chain_sum", "acre", "graph_color", "spell_backward"])
def test_the_right_answer_is_paid_on_any_seed(installed: None, name: str):
    target = ReasoningGym(Spec("reasoning-gym", name))
    for seed in (0, 12345, 999_999):
        instance = _instance(target, seed)
        assert not instance.fault
        assert _paid(target, seed, instance.oracle[0]) == 1.0
        assert _paid(target, seed, "zebra quartz") < 1.0


@pytest.mark.parametrize("name", [name for name in READING if name != "arc_agi"])
def test_a_data_set_that_is_told_the_seed_makes_the_entry_of_that_seed(installed: None, name: str):
    target = ReasoningGym(Spec("reasoning-gym", name))
    entries = [
        library().create_dataset(name, seed=seed, size=1)[0]["question"] for seed in (3, 997)
    ]
    assert [_instance(target, seed).prompt for seed in (3, 997)] == entries


def test_where_nothing_is_called_right_the_oracle_is_unknown(installed: None):
    target = ReasoningGym(Spec("reasoning-gym", "boxnet"))
    instance = _instance(target, 1)
    assert (instance.oracle, instance.fault) == ((), UNKNOWN)
    assert target.facts().version
