"""What the Ray executor refuses where no Ray is; with the real one: `tests/bridges/real_ray.py`."""

import sys
from types import SimpleNamespace

import pytest
import rollout_worlds  # noqa: F401 - registers the worlds

from firsthand.agent import Agent
from firsthand.errors import MissingExtra, UnknownName, UserError
from firsthand.models import model
from firsthand.models.openai import OpenAI
from firsthand.registry import tasks
from firsthand.rollout import ray as ours
from firsthand.rollout.pool import rollout
from firsthand.rollout.ray import Ray

EXPERT = Agent(model=model("scripted:expert"))
ONE = tasks("testing/count", 1)


def of(address):
    return {"Alive": True, "NodeManagerAddress": address}


async def test_a_missing_ray_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'firsthand\[ray\]'"):
        await rollout(EXPERT, ONE, executor="ray")


@pytest.mark.parametrize("executor", ["ray", Ray(actors=2)])
async def test_a_ray_that_is_not_initialised_is_not_initialised_here(monkeypatch, executor):
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False))
    with pytest.raises(UserError, match=r"run ray.init\(num_cpus=4\) .*address='auto'"):
        await rollout(EXPERT, ONE, executor=executor)


async def test_executors_by_name():
    (here,), (there,) = [
        await rollout(EXPERT, ONE, executor=name, processes=n)
        for name, n in (("local", 0), ("processes", 1))
    ]
    assert here.actions == there.actions
    with pytest.raises(UnknownName, match="Did you mean 'ray'"):
        await rollout(EXPERT, ONE, executor="rays")
    for name in ("ray", "local"):
        with pytest.raises(UserError, match="processes=2 goes with executor='processes', got"):
            await rollout(EXPERT, ONE, executor=name, processes=2)


@pytest.mark.parametrize("bad", [{"actors": 0}, {"num_cpus": -1}, {"retries": -1}])
def test_settings_that_make_no_sense(bad):
    with pytest.raises(UserError, match="Expected at least 1 actor"):
        Ray(**bad)


def test_an_address_that_means_another_machine_on_every_node_is_refused(monkeypatch):
    nodes = [of("192.0.2.1"), of("192.0.2.2")]
    monkeypatch.setattr(ours, "connected", lambda: SimpleNamespace(nodes=lambda: nodes))
    agent = Agent(model=OpenAI("mock", url="http://127.0.0.1:8000/v1"))
    with pytest.raises(UserError, match="use an address that every node can reach"):
        ours._reachable([agent])
    nodes.pop()
    ours._reachable([agent])
