"""What a run will take, said before it: the expert plays a few tasks and its prompts are counted.

Prompts are rendered as the model would be shown them, so that the whole history that an endpoint is
sent again in every turn is counted. Left out: how much a model thinks, and how many turns more than
the expert it needs; `most` bounds both.
"""

import inspect
from collections.abc import Sequence
from typing import cast

import msgspec

from firsthand.agent import Agent, Conversation
from firsthand.environment import Action, Environment, Observation
from firsthand.prompt import Act, Completion, Model, Prompt, Sampling, usage_of
from firsthand.registry import lookup
from firsthand.rollout.play import play
from firsthand.task import Task
from firsthand.usage import Prices, Usage, dollars, duration, rounded

SAMPLE = 3
"""Tasks that the expert plays."""

USUAL_ANSWER = 100
"""Tokens of an answer where the expert's own is shorter: models explain themselves."""

SECONDS_PER_CALL, TOKENS_PER_SECOND = 1.0, 50.0
"""What a hosted endpoint usually takes; the forecast of time is no better than this guess."""


class Forecast(msgspec.Struct, frozen=True):
    """What a run will take if the model plays like the expert, and at most."""

    usage: Usage
    seconds: float
    most: Usage
    """With every turn used and every answer at its limit."""

    def told(self, prices: Prices | None = None) -> str:
        """Say it in one line: about 1.3 M tokens, 40 minutes."""
        parts = [f"{rounded(self.usage.tokens)} tokens", duration(self.seconds)]
        most = f"{rounded(self.most.tokens)} tokens"
        if prices is not None:
            parts.insert(1, dollars(prices.cost(self.usage)))
            most += f", {dollars(prices.cost(self.most))}"
        return f"about {', '.join(parts)} if it plays like the expert; at most {most}"


async def forecast(
    agent: Agent, tasks: Sequence[Task], *, turns: int | None = None, concurrency: int = 64
) -> Forecast | None:
    """Say what playing the tasks will take. None: the expert could play none of a few."""
    some = [tasks[i * len(tasks) // SAMPLE] for i in range(min(SAMPLE, len(tasks)))]
    used, most, played = Usage(), Usage(), 0
    for task in some:
        environment = lookup(task.environment)
        rehearsal = _Rehearsal(agent)
        episode = await play(environment(), Agent(model=rehearsal), task)
        if not rehearsal.usage.calls or episode.error is not None:
            continue
        played, used = played + 1, used + rehearsal.usage
        most += _at_most(rehearsal.usage, agent, turns or environment.turns)
    if not played:
        return None
    factor = len(tasks) / played
    expected = used.times(factor)
    seconds = expected.calls * SECONDS_PER_CALL + expected.sampled_tokens / TOKENS_PER_SECOND
    lanes = max(1, min(concurrency, len(tasks)))
    return Forecast(expected, seconds / lanes, most.times(factor))


def _at_most(expert: Usage, agent: Agent, turns: int) -> Usage:
    """Bound an episode: every turn used, every answer at its limit and sent again later."""
    model = cast("Model", agent.model)
    answer = agent.sampling.max_tokens or model.traits.answer_tokens
    prompt = turns * expert.prompt_tokens // expert.calls + answer * turns * (turns - 1) // 2
    return Usage(turns, prompt, turns * answer)


class _Rehearsal:
    """Plays the expert's actions through an agent's prompts, and counts what they would take."""

    name = "forecast"

    def __init__(self, agent: Agent) -> None:
        self.agent, self.usage = agent, Usage()

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode: the expert acts, the conversation is rendered beside it."""
        model = _Counting(cast("Model", self.agent.model))
        conversation = Conversation(self.agent, model, environment, task)
        actions = iter(environment.expert())

        async def act(observation: Observation) -> Action:
            action = next(actions, Action())
            model.action = await action if inspect.isawaitable(action) else action
            await conversation.act(observation)
            self.usage = conversation.usage or Usage()
            return model.action

        return act

    async def close(self) -> None:
        """Nothing is held."""


class _Counting:
    """Stands for a model: says what it is told to say, and counts the tokens of the prompt."""

    name = "forecast"

    def __init__(self, model: Model) -> None:
        self.traits, self.action = model.traits, Action()

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Return the next action of the expert."""
        said = Completion(self.action.text, self.action.calls)
        counted = usage_of(prompt, said)
        limit = sampling.max_tokens or self.traits.answer_tokens
        sampled = min(max(counted.sampled_tokens, USUAL_ANSWER), limit)
        return msgspec.structs.replace(
            said, usage=msgspec.structs.replace(counted, sampled_tokens=sampled)
        )

    async def close(self) -> None:
        """Nothing is held."""
