"""What a run will take, from the expert's play."""

import pytest
import rollout_worlds  # noqa: F401 - registers the worlds

from firsthand.agent import Agent
from firsthand.models.openai import OpenAI
from firsthand.prompt import Sampling
from firsthand.registry import tasks
from firsthand.rollout.forecast import forecast
from firsthand.usage import Prices


@pytest.fixture
def agent():
    return Agent(model=OpenAI("m", url="http://127.0.0.1:9/v1"), sampling=Sampling(max_tokens=1000))


async def test_a_forecast_counts_turns_and_the_history_that_is_sent_again(agent):
    found = await forecast(agent, tasks("testing/count", 100), concurrency=10)
    assert found is not None
    assert found.usage.calls == 400, "the expert counts to four"
    assert found.usage.sampled_tokens == 400 * 100
    assert 400 * 10 < found.usage.prompt_tokens < 400 * 100
    assert found.seconds == pytest.approx((400 + 40_000 / 50) / 10)
    assert (found.most.calls, found.most.sampled_tokens) == (1000, 1_000_000)
    assert found.told(Prices(1.0, 1.0)).startswith("about ")
    one = await forecast(agent, tasks("testing/count", 100), turns=1)
    assert one is not None and one.most.sampled_tokens == 100_000


async def test_a_forecast_says_nothing_where_the_expert_cannot_play(agent):
    assert await forecast(agent, []) is None


async def test_tools_are_counted(agent):
    found = await forecast(agent, tasks("testing/lamp", 3))
    assert found is not None and found.usage.prompt_tokens > 3 * 20
