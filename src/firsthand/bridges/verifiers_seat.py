"""An episode of verifiers whose one agent is played from here, a reply at a time.

The taskset's own `Env` runs the episode, and its task scores the trace. What is replaced is the
agent: where verifiers would run a program against a model behind a server, the messages are handed
out and the reply is waited for. So nothing listens on a port, and no model is called. It is the
chat of their `null` harness: without tools, without a box.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

from firsthand.bridges.package import package
from firsthand.errors import FirsthandError


def library(module: str = "") -> Any:
    """Import verifiers, or a module of it. Raises `MissingExtra`."""
    return package(f"verifiers.v1{module and '.'}{module}", extra="verifiers")


class Conversation:
    """One episode on one task: `advance` until it is over, then `reward`; or `close`."""

    def __init__(self, env: Any, task: Any, *, most: int) -> None:
        self._env, self._task, self._most = env, task, most
        self._said: asyncio.Future[str] | None = None
        self._reply: asyncio.Future[str] | None = None
        self._run: asyncio.Task[Any] | None = None
        self.replies = 0

    async def advance(self, reply: str | None = None) -> str | None:
        """Give a reply, none at first; return what is said next, None when the episode is over.

        Raises `FirsthandError` where the episode failed.
        """
        self._said = asyncio.get_running_loop().create_future()
        if self._run is None:
            self._env._episode_agents = self._agents
            self._run = asyncio.create_task(self._env.run_episode(self._task, None))
        elif self._reply is not None:
            waiting, self._reply = self._reply, None
            waiting.set_result(reply or "")
        await asyncio.wait({self._said, self._run}, return_when=asyncio.FIRST_COMPLETED)
        if self._said.done():
            return self._said.result()
        self._run.result()
        return None

    @property
    def reward(self) -> float:
        """The reward of the episode that is over. Raises `FirsthandError` where it failed."""
        trace = self.trace
        if trace.extra_usage or trace.info.get("judge_calls"):
            raise FirsthandError("It was scored by a model, which is no fact that can be replayed.")
        if unscored := [name for name, value in trace.rewards.items() if value is None]:
            raise FirsthandError(f"It was not scored by {', '.join(unscored)}.")
        return float(trace.reward)

    @property
    def trace(self) -> Any:
        """The trace of the episode that is over. Raises `FirsthandError` where it failed."""
        assert self._run is not None
        episode = self._run.result()
        errors = [*episode.errors, *(error for one in episode.traces for error in one.errors)]
        if errors:
            raise FirsthandError(f"verifiers reports {errors[0].type}: {errors[0].message}")
        if len(episode.traces) != 1:
            raise FirsthandError(f"Its player ran {len(episode.traces)} times, not once.")
        return episode.traces[0]

    async def close(self) -> None:
        """Give up an episode that is not over."""
        if self._run is not None and not self._run.done():
            self._run.cancel()
            await asyncio.wait({self._run})

    async def ask(self, text: str) -> str | None:
        """Say something to the player and wait for the reply; None: there are no replies left."""
        if self.replies == self._most:
            return None
        if self._reply is not None:
            raise FirsthandError("It asks its player for two replies at once.")
        self.replies += 1
        self._reply = waiting = asyncio.get_running_loop().create_future()
        assert self._said is not None
        self._said.set_result(text)
        return await waiting

    def _agents(self, _context: Any, completed: list[Any], *_watching: Any) -> Any:
        def seated(name: str, config: Any) -> Any:
            return Seat(self, name, config, completed)

        return library("agent").Agents(self._env.config, seated)


class Seat:
    """What verifiers calls an agent: it runs a task, or is interacted with."""

    def __init__(self, conversation: Conversation, name: str, config: Any, done: list[Any]) -> None:
        self.name, self.config, self.trainable = name, config, True
        self._conversation, self._done = conversation, done

    async def run(self, task: Any) -> Any:
        """Reply once to the task's prompt, and return the scored trace."""
        async with self.interaction(task) as interaction:
            await interaction.turn()
        return interaction.trace

    @contextlib.asynccontextmanager
    async def interaction(self, task: Any) -> AsyncGenerator["Interaction"]:
        """Hold a conversation about a task open, and score its trace at the end."""
        interaction = Interaction(self._conversation, self, task)
        await _hook(task.setup, interaction.trace)
        yield interaction
        await _scored(task, interaction.trace)
        self._done.append(interaction.trace)


class Interaction:
    """A conversation as an `Env` of verifiers leads it, and its trace."""

    def __init__(self, conversation: Conversation, seat: Seat, task: Any) -> None:
        vf, traces = library(), library("trace")
        self._conversation, self._prompt = conversation, _opening(task.data)
        self._started = False
        self.trace: Any = traces.Trace(
            task=traces.TraceTask(
                type=type(task).__name__, data=task.data, key=task.key, hash=task.hash
            ),
            state=library("state").state_cls(type(task))(),
            agent=traces.AgentInfo(config=seat.config, name=seat.name, trainable=seat.trainable),
        )
        self._vf = vf

    async def turn(self, message: Any = None) -> Any:
        """Say a user's message, or the task's prompt where there is none; return the reply."""
        segment = library("agent").Segment
        prompted = not self._started and self.trace.task.data.prompt is not None
        if (message is None) != prompted:
            raise FirsthandError("A task's prompt opens its conversation, and only that.")
        said = [*([] if self._started else self._prompt), *self._typed(message)]
        self._started = True
        for one in said:
            self._keep(one)
        reply = await self._conversation.ask(written(said))
        if reply is None:
            self.trace.stop("max_turns")
            return segment(messages=[], terminated=True)
        answer = library("types").AssistantMessage(content=reply)
        self._keep(answer, sampled=True)
        return segment(messages=[answer])

    def _typed(self, message: Any) -> list[Any]:
        if message is None:
            return []
        if isinstance(message, str):
            return [self._vf.UserMessage(content=message)]
        parse = library("dialects").parse_message
        messages = cast("Sequence[Any]", message)
        return [parse(one) if isinstance(one, dict) else one for one in messages]

    def _keep(self, message: Any, *, sampled: bool = False) -> None:
        nodes = self.trace.nodes
        parent = len(nodes) - 1 if nodes else None
        node = library("graph").MessageNode(parent=parent, message=message, sampled=sampled)
        nodes.append(node)


def written(messages: Sequence[Any]) -> str:
    """Write messages as one text. Raises `FirsthandError` for what is no text."""
    texts = [_text(message) for message in messages]
    if sum(message.role != "system" for message in messages) < 2:
        return "\n\n".join(texts)
    return "\n\n".join(
        text if message.role == "system" else f"{message.role.title()}: {text}"
        for message, text in zip(messages, texts, strict=True)
    )


def _text(message: Any) -> str:
    content = message.content
    if content is None or isinstance(content, str):
        return content or ""
    if any(part.type != "text" for part in content):
        raise FirsthandError("It shows pictures, which are not shown here.")
    return "\n".join(part.text for part in content)


def _opening(data: Any) -> list[Any]:
    """Return the messages with which a task begins."""
    vf = library()
    system = [vf.SystemMessage(content=data.system_prompt)] if data.system_prompt else []
    prompt = data.prompt
    if isinstance(prompt, str):
        return [*system, vf.UserMessage(content=prompt)]
    return [*system, *(prompt or [])]


async def _scored(task: Any, trace: Any) -> None:
    """End a conversation as their rollout does: `finalize`, then the task's own scoring."""
    trace.stop("user_closed")
    await _hook(task.finalize, trace)
    await task.score(trace, None)
    trace.ok = True


async def _hook(hook: Any, trace: Any) -> None:
    await library("utils.decorators").invoke(hook, {"trace": trace, "runtime": None})
