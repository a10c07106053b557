"""A rollout stops cleanly: at its budget, and when the model does not answer."""

import pytest
import rollout_worlds  # noqa: F401 - registers the worlds

from firsthand.agent import Agent
from firsthand.errors import BudgetSpent, EndpointError, ModelUnavailable, RunStopped, UserError
from firsthand.evaluate.evaluate import evaluate
from firsthand.journal import Journal
from firsthand.prompt import Completion, Prompt, Sampling, Traits
from firsthand.registry import tasks
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.usage import Budget, Meter, Usage

TASKS = tasks("testing/count", 100)


class Counter:
    """A model that counts right and reports 100 tokens a call; an episode takes 4 calls.

    It fails in the calls numbered `failing`.
    """

    name, traits = "test:counter", Traits()

    def __init__(self, failing: range = range(0)) -> None:
        self.calls, self.failing = 0, failing

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        self.calls += 1
        if self.calls in self.failing:
            raise EndpointError("down for repairs", usage=Usage(1, 7, 0))
        right = prompt.messages[-1].content.splitlines()[-2]
        return Completion(right, usage=Usage(1, 80, 20))

    async def close(self) -> None:
        """Nothing is held."""


async def test_what_an_episode_takes_is_in_its_record():
    (episode,) = await rollout(Agent(model=Counter()), TASKS[:1])
    assert episode.usage == Usage(4, 320, 80)
    (failed,) = await rollout(Agent(model=Counter(range(3, 4))), TASKS[:1])
    assert failed.error is not None and len(failed.turns) == 2
    assert failed.usage == Usage(3, 167, 40), "what a failed call took counts too"


async def test_a_token_limit_holds_for_models_that_report_no_ids():
    (episode,) = await rollout(Agent(model=Counter()), TASKS[:1], limits=Limits(tokens=40))
    assert len(episode.turns) == 2


@pytest.mark.parametrize("concurrency", [1, 8, 64])
async def test_a_budget_stops_a_run_and_keeps_what_was_played(tmp_path, concurrency):
    meter, journal = Meter(Budget(tokens=4100)), Journal(tmp_path / "j")
    with pytest.raises(BudgetSpent) as stopped:
        await rollout(
            Agent(model=Counter()),
            TASKS,
            meter=meter,
            journal=journal,
            run="r",
            concurrency=concurrency,
        )
    assert str(stopped.value) == (
        "10 of 100 episodes were played: 4,000 of 4,100 tokens are spent, "
        "and the budget does not cover another one."
    )
    assert [episode.task for episode in stopped.value.episodes] == TASKS[:10]
    assert all(episode.success for episode in stopped.value.episodes)
    assert meter.total == Usage(40, 3200, 800)
    more = await rollout(Agent(model=Counter()), TASKS[:12], journal=journal, run="r", resume=True)
    assert len(more) == len(journal) == 12, "a run goes on where the budget stopped it"


async def test_an_evaluation_that_its_budget_stopped_says_so():
    result = await evaluate(Agent(model=Counter()), TASKS, meter=Meter(Budget(tokens=2000)))
    assert (result.episodes, result.score.mean, result.unavailable) == (5, 1.0, False)
    assert result.stopped.startswith("5 of 100 episodes were played: 2,000 of 2,000 tokens")
    assert result.usage == Usage(20, 1600, 400)


async def test_a_spent_budget_plays_nothing():
    meter = Meter(Budget(tokens=100))
    meter.add(Usage(1, 100, 0))
    with pytest.raises(RunStopped, match="0 of 100 episodes were played: 100 of 100 tokens"):
        await evaluate(Agent(model=Counter()), TASKS, meter=meter)


@pytest.mark.parametrize("concurrency", [1, 64])
async def test_a_model_that_never_answers_ends_the_run_with_the_reason(concurrency):
    model = Counter(range(10**6))
    with pytest.raises(ModelUnavailable) as stopped:
        await rollout(Agent(model=model), TASKS, concurrency=concurrency)
    assert str(stopped.value) == (
        "The model gave no answer in 10 episodes in a row. The last one: down for repairs"
    )
    assert len(stopped.value.episodes) == model.calls <= 10 + concurrency
    result = await evaluate(Agent(model=Counter(range(10**6))), TASKS, concurrency=concurrency)
    assert (result.score, result.failed, result.unavailable) == (None, model.calls, True)


async def test_failures_between_answers_do_not_end_a_run():
    class Flaky(Counter):
        async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
            self.calls += 1
            if self.calls % 10 > 1:
                raise EndpointError("busy")
            return Completion("wrong")

    limits = Limits(turns=1)
    episodes = await rollout(Agent(model=Flaky()), TASKS, limits=limits, concurrency=1)
    assert sum(episode.error is not None for episode in episodes) == 80


async def test_a_model_out_of_reach_is_told_before_anything_is_played():
    class Gone(Counter):
        async def probe(self) -> None:
            raise UserError("Nobody answers there.")

    model = Gone()
    with pytest.raises(UserError, match="Nobody answers there"):
        await rollout(Agent(model=model), TASKS)
    assert model.calls == 0
