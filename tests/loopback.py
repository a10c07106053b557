"""An OpenAI-compatible server on loopback that answers, or misbehaves, as a script says."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Endpoint:
    """Answers in the order of a script, then with its last line for ever."""

    def __init__(self) -> None:
        self.script: list[Answer] = [say("Hi.")]
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.now = self.most = 0
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.times.append(time.monotonic())
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.json())
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await (self.script.pop(0) if len(self.script) > 1 else self.script[0])(request)
        finally:
            self.now -= 1

    @property
    def waits(self) -> list[float]:
        return [after - before for before, after in zip(self.times, self.times[1:], strict=False)]


def reply(message: dict[str, Any], **choice: Any) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(
            {
                "id": "x",
                "choices": [{"index": 0, "message": {"role": "assistant", **message}, **choice}],
                "usage": {},
            }
        )

    return answer


def say(text: str, **choice: Any) -> Answer:
    return reply({"content": text}, **choice)


def calling(*calls: dict[str, Any]) -> Answer:
    return reply({"content": None, "tool_calls": list(calls)}, finish_reason="tool_calls")


def status(code: int, body: str = '{"error": {"message": "busy"}}', **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(
            status=code,
            text=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def dawdle(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(0.5)
    return await say("late")(_request)


@asynccontextmanager
async def serving() -> AsyncIterator[Endpoint]:
    """Serve in this event loop."""
    found = Endpoint()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/v1/chat/completions", found.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield found
    finally:
        await runner.cleanup()


@contextmanager
def served_elsewhere() -> Iterator[Endpoint]:
    """Serve in a thread with a loop of its own, for tests that call the command line."""
    ready: list[Endpoint] = []
    started, ended = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with serving() as endpoint:
            ready.append(endpoint)
            started.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    started.wait()
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
