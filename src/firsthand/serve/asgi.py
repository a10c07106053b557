"""Answer one request of aiohttp with an ASGI application: the SDK of MCP brings one.

Left out: WebSockets, and telling the application that its client went away: answers are short.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from aiohttp import web

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Event, Receive, Send], Awaitable[None]]


async def answered(application: Application, request: web.Request) -> web.StreamResponse:
    """Run the application on the request and pass its answer on as it comes."""
    body = await request.read()
    asked: list[Event] = [{"type": "http.request", "body": body, "more_body": False}]
    response = web.StreamResponse()

    async def receive() -> Event:
        if asked:
            return asked.pop()
        return await asyncio.get_running_loop().create_future()  # cancelled when all is said

    async def send(event: Event) -> None:
        if event["type"] == "http.response.start":
            response.set_status(event["status"])
            for name, value in event.get("headers", ()):
                response.headers.add(name.decode("latin-1"), value.decode("latin-1"))
            await response.prepare(request)
        elif event.get("body"):
            await response.write(event["body"])

    await application(_scope(request), receive, send)
    await response.write_eof()
    return response


def _scope(request: web.Request) -> Event:
    headers = [(name.lower(), value) for name, value in request.raw_headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.rel_url.raw_path.encode(),
        "query_string": request.query_string.encode(),
        "root_path": "",
        "headers": headers,
        "client": (request.remote or "", 0),
        "server": None,
        "state": {},
    }
