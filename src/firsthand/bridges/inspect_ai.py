"""Our environments as tasks of Inspect: its models, its log and viewer, our score.

    inspect_ai.eval(evaluation("data/ledger", 20), model="openai/gpt-4o")

The solver plays each sample through `play`, with Inspect's model at the other end: what it is
asked, its retries, its cache and its limits are Inspect's, the conversation is that of every other
model here. A failed episode is an error of its sample and no score of 0, except where the agent
brought it about. The episode is kept in the sample's store, so that a log can be replayed.

Left out: other people's agents as solvers, which would call tools outside `play`; and models that
cannot call tools, in worlds that have them.
"""

from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from firsthand.agent import Agent
from firsthand.bridges.package import package
from firsthand.bridges.stepping import PATIENT, EpisodeFailed, keep
from firsthand.environment import ToolCall
from firsthand.episode import Episode
from firsthand.errors import ModelError, UserError
from firsthand.prompt import Completion, Message, Prompt, Sampling, Traits
from firsthand.registry import lookup, make, tasks
from firsthand.rollout.play import Limits, play
from firsthand.task import Split, Task
from firsthand.usage import Usage

KEPT = "firsthand_episode"
"""Where the store of a sample has its episode."""


def evaluation(
    environment: str,
    n: int,
    *,
    split: Split = "eval",
    level: int = 1,
    world: int = 0,
    instructions: str = "",
    limits: Limits = PATIENT,
    journal: Path | str | None = None,
) -> Any:
    """Return an Inspect task with one sample for each of `n` tasks of ours.

    `journal` is a folder that keeps the episodes. Raises `MissingExtra`, `UnknownName`,
    `InvalidTask`.
    """
    inspect = package("inspect_ai", extra="inspect")
    dataset = package("inspect_ai.dataset", extra="inspect")
    found = tasks(environment, n, split=split, level=level, world=world)
    samples = [
        dataset.Sample(
            id=task.id,
            input=lookup(environment).statement or task.id,
            target="1",
            metadata={"task": msgspec.to_builtins(task)},
        )
        for task in found
    ]
    return inspect.Task(
        dataset=dataset.MemoryDataset(samples, name=environment),
        solver=solver(instructions=instructions, limits=limits, journal=journal),
        scorer=scorer(),
        name=environment.replace("/", "_"),
        version=lookup(environment).version,
    )


def solver(
    *, instructions: str = "", limits: Limits = PATIENT, journal: Path | str | None = None
) -> Any:
    """Return the solver: it plays a sample's task with the model of the evaluation."""
    inspect = package("inspect_ai.solver", extra="inspect")

    @inspect.solver(name="firsthand_play")
    def play_sample() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            del generate  # the loop is that of play()
            task = _task(state)
            model = InspectModel()
            agent = Agent(model=model, instructions=instructions, sampling=Sampling())
            tags = {"play": f"{state.epoch}-{uuid4().hex[:8]}"}
            episode = await play(make(task.environment), agent, task, limits=limits, tags=tags)
            if journal is not None:
                keep(episode, Path(journal))
            state.messages = [*model.messages, *_last(episode, model)]
            if model.output is not None:
                state.output = model.output
            state.store.set(KEPT, msgspec.to_builtins(episode))
            if episode.counted is None:
                raise EpisodeFailed(episode)
            state.completed = True
            return state

        return solve

    return play_sample()


def scorer() -> Any:
    """Return the scorer: the value is that of our score, the explanation its checks."""
    scoring = package("inspect_ai.scorer", extra="inspect")

    @scoring.scorer(name="firsthand_score", metrics=[scoring.mean(), scoring.stderr()])
    def score_sample() -> Any:
        async def score(state: Any, target: Any) -> Any:
            del target
            episode = episode_of(state.store.get(KEPT))
            checks = ", ".join(f"{name}: {held}" for name, held in episode.checks.items())
            return scoring.Score(
                value=episode.counted,
                explanation=f"{episode.stop}; {checks or episode.error}",
                metadata={"checks": episode.checks, "stop": str(episode.stop), "id": episode.id},
            )

        return score

    return score_sample()


def episode_of(kept: Any) -> Episode:
    """Return the episode that a sample's store holds, e.g. `sample.store["firsthand_episode"]`."""
    if kept is None:
        raise UserError("The sample has no episode: play it with firsthand's solver.")
    return msgspec.convert(kept, Episode)


class InspectModel:
    """The model of the running evaluation, asked through Inspect; one for each episode."""

    traits = Traits(calls_tools=True, answer_tokens=4096)

    def __init__(self) -> None:
        self._model = package("inspect_ai.model", extra="inspect").get_model()
        self.name = f"inspect:{self._model}"
        self.messages: list[Any] = []
        self.output: Any = None

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Ask for one answer. Raises `ModelError` where there is none."""
        library = package("inspect_ai.model", extra="inspect")
        self.messages = [_message(library, message) for message in prompt.messages]
        options = {} if sampling == Sampling() else {"temperature": sampling.temperature}
        config = library.GenerateConfig(**options)
        self.output = await self._model.generate(self.messages, tools=_tools(prompt), config=config)
        if self.output.empty:
            raise ModelError(f"{self.name} gave no answer: {self.output.error}")
        said = self.output.choices[0].message
        self.messages = [*self.messages, said]
        calls = tuple(
            ToolCall(call.function, call.arguments, call.id) for call in said.tool_calls or ()
        )
        return Completion(
            said.text,
            calls,
            cut=self.output.stop_reason == "max_tokens",
            usage=_usage(self.output.usage),
        )

    async def close(self) -> None:
        """Inspect holds what there is to hold."""


def _task(state: Any) -> Task:
    if "task" not in (state.metadata or ()):
        raise UserError("The sample names no task: make the data set with evaluation(NAME, n).")
    return msgspec.convert(state.metadata["task"], Task)


def _message(library: Any, message: Message) -> Any:
    if message.role == "system":
        return library.ChatMessageSystem(content=message.content)
    if message.role == "user":
        return library.ChatMessageUser(content=message.content)
    if message.role == "tool":
        return library.ChatMessageTool(content=message.content, tool_call_id=message.call_id)
    call_type = package("inspect_ai.tool", extra="inspect").ToolCall
    calls = [
        call_type(id=call.id, function=call.name, arguments=call.arguments)
        for call in message.calls
    ]
    return library.ChatMessageAssistant(content=message.content, tool_calls=calls or None)


def _tools(prompt: Prompt) -> list[Any]:
    library = package("inspect_ai.tool", extra="inspect")
    told = [tool["function"] for tool in prompt.tools]
    return [
        library.ToolInfo(
            name=tool["name"],
            description=tool["description"] or tool["name"],
            parameters=library.ToolParams.model_validate(tool["parameters"]),
        )
        for tool in told
    ]


def _last(episode: Episode, model: InspectModel) -> list[Any]:
    """Return what the environment said last, for readers of the log; the model has not read it."""
    library = package("inspect_ai.model", extra="inspect")
    text = episode.final.full
    return [library.ChatMessageUser(content=text)] if text and model.messages else []


def _usage(usage: Any) -> Usage | None:
    return None if usage is None else Usage(1, usage.input_tokens, usage.output_tokens)
