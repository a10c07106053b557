"""The messages of OpenEnv's `GenericEnvClient`, without its package: see tests/bridges for the real
one.
"""

import json
from typing import Any

import aiohttp

import firsthand as fh
from firsthand.environment import ToolResult
from firsthand.episode import Episode, Stop, Turn


class EnvClient:
    """Sends what their client sends, and raises what it raises."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def ask(self, type: str, data: Any = None) -> dict[str, Any]:
        await self.socket.send_str(json.dumps({"type": type, "data": data or {}}))
        answer = json.loads(await self.socket.receive_str())
        if answer["type"] == "error":
            raise RuntimeError(f"{answer['data']['message']} ({answer['data']['code']})")
        return answer["data"]

    async def reset(self, **data: Any) -> dict[str, Any]:
        return await self.ask("reset", data)

    async def step(self, data: dict[str, Any]) -> dict[str, Any]:
        return await self.ask("step", data)


def reset_of(task: fh.Task) -> dict[str, Any]:
    names = ("environment", "level", "seed", "split", "world")
    return {name: getattr(task, name) for name in names}


def step_of(action: fh.Action) -> dict[str, Any]:
    calls = [{"name": c.name, "arguments": c.arguments, "id": c.id} for c in action.calls]
    return {"text": action.text, "calls": calls}


def observed(data: dict[str, Any]) -> fh.Observation:
    """The observation inside an answer; `done` of the world is not on this wire until the end."""
    seen = data["observation"]
    results = tuple(ToolResult(**result) for result in seen["results"])
    return fh.Observation(seen["text"], done=data["done"], results=results)


def as_seen(here: Episode, answers: list[dict[str, Any]]) -> Episode:
    """The episode as its player can write it down."""
    last = answers[-1]["observation"]["outcome"]
    turns = [
        Turn(observed(answer), action, reward)
        for answer, action, reward in zip(answers[:-1], here.actions, last["rewards"], strict=True)
    ]
    final = observed(answers[-1])
    if last["stop"] != "done":
        final = fh.Observation(final.text, done=False, results=final.results)
    return Episode(
        id=last["episode"],
        task=here.task,
        agent="",
        turns=tuple(turns),
        final=final,
        reward=last["reward"],
        checks=last["checks"],
        stop=Stop(last["stop"]),
        aftermath=last["aftermath"],
    )
