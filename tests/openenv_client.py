"""The messages of OpenEnv's `GenericEnvClient`, without its package: see tests/bridges for the real
one.
"""

import json
from typing import Any

import aiohttp

import firsthand as fh


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
