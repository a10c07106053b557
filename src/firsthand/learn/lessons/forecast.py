"""What a run of learning will take, before its first play: episodes, turns, tokens, money, time.

Each environment's episode is rehearsed by its expert (`rollout/forecast`) and counted as often as
the run plays it. Lessons make prompts longer once there are some: their most tokens are added to
every prompt after the first round. Left out: gates that end early, which make a run cheaper.
"""

from collections.abc import Sequence

import msgspec

from firsthand.agent import Agent
from firsthand.learn.lessons.reaction import reads
from firsthand.learn.lessons.review import Asked, Reviewer
from firsthand.learn.lessons.settings import LearnConfig
from firsthand.prompt import Reachable
from firsthand.registry import lookup, tasks
from firsthand.rollout.forecast import SECONDS_PER_CALL, TOKENS_PER_SECOND, Forecast, forecast
from firsthand.usage import Meter, Usage, dollars, rounded

REVIEW_TOKENS = 1000
"""Tokens of one episode as a reviewer that is a model reads it: its story has 4,000 characters."""

ANSWER_TOKENS = 400
"""Tokens of a reviewer's answer: four lessons of 60 words, in JSON."""


class Ahead(msgspec.Struct, frozen=True):
    """What a run plays, as far as its settings say: most episodes by phase, and what they take."""

    episodes: dict[str, int]
    forecast: Forecast

    def told(self, meter: Meter) -> str:
        """Say it in one line, and whether the budget does not cover it."""
        plays = ", ".join(f"{n:,} {phase}" for phase, n in self.episodes.items() if n)
        usage = self.forecast.usage
        said = (
            f"{sum(self.episodes.values()):,} episodes ({plays}), {usage.calls:,} calls with "
            f"{rounded(usage.prompt_tokens)} prompt and {rounded(usage.sampled_tokens)} sampled "
            f"tokens: {self.forecast.told(meter.prices)}."
        )
        budget = meter.budget
        if budget.tokens is not None and usage.tokens > budget.tokens:
            said += f" The budget of {budget.tokens:,} tokens may stop it before its end."
        elif budget.cost is not None and meter.prices and meter.prices.cost(usage) > budget.cost:
            said += f" The budget of {dollars(budget.cost)} may stop it before its end."
        elif budget.seconds is not None and self.forecast.seconds > budget.seconds:
            said += f" The budget of {budget.seconds / 60:g} minutes may stop it before its end."
        return said


def episodes(agent: Agent, environment: str, config: LearnConfig) -> dict[str, int]:
    """Return the most episodes of each phase that a run plays in one environment."""
    laws = reads(agent) and lookup(environment).laws
    gates = -(-config.rounds // config.gate_every)
    return {
        "to check the player": 2 * config.reaction_pairs if laws else 0,
        "while exploring": config.rounds * config.tasks * config.plays,
        "at gates": 2 * gates * config.gate.pairs,
        "held out": 2 * config.eval_tasks,
    }


async def ahead(
    agent: Agent, environments: Sequence[str], config: LearnConfig, reviewer: Reviewer
) -> Ahead | None:
    """Say what a run will take. None: the model costs nothing, or no expert could be rehearsed."""
    if not isinstance(agent.model, Reachable):
        return None
    counts: dict[str, int] = {}
    usage, most, lanes = Usage(), Usage(), config.concurrency
    longer = agent.lesson_tokens if reads(agent) else 0
    for name in environments:
        own = episodes(agent, name, config)
        first = config.tasks * config.plays + config.eval_tasks
        fresh = tasks(name, 3, level=config.level, world=config.world)
        one = await forecast(agent, fresh, turns=config.limits.turns, concurrency=1)
        if one is None:
            return None
        plays = sum(own.values())
        usage += _with_lessons(one.usage.times(plays / 3), longer, 1.0 - first / plays)
        most += _with_lessons(one.most.times(plays / 3), longer, 1.0)
        counts = {phase: counts.get(phase, 0) + n for phase, n in own.items()}
    if isinstance(reviewer, Asked):
        calls = config.rounds * len(environments)
        read = calls * 2 * reviewer.groups * REVIEW_TOKENS
        usage += Usage(calls, read, calls * ANSWER_TOKENS)
        answer = reviewer.sampling.max_tokens or reviewer.model.traits.answer_tokens
        most += Usage(2 * calls, 2 * read, 2 * calls * answer)
    seconds = usage.calls * SECONDS_PER_CALL + usage.sampled_tokens / TOKENS_PER_SECOND
    return Ahead(counts, Forecast(usage, seconds / lanes, most))


def _with_lessons(usage: Usage, longer: int, share: float) -> Usage:
    added = round(usage.calls * longer * max(share, 0.0))
    return msgspec.structs.replace(usage, prompt_tokens=usage.prompt_tokens + added)
