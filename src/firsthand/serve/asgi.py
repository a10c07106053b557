"""Answer one request of aiohttp with an ASGI application: the SDK of MCP brings one.

Left out: WebSockets, and telling the application that its client went away: answers are short.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Event, Receive, Send], Awaitable[None]]


async def answered(application: Application, request: web.Request) -> web.StreamResponse:
    """Run the application on the request and pass its answer on as it comes."""
    body = await request.read()
    asked: list[Event] = [{"type": "http.request", "body": body, "more_body": False}]
    answer = _Answer(request)

    async def receive() -> Event:
        if asked:
            return asked.pop()
        return await asyncio.get_running_loop().create_future()  # cancelled when all is said

    await application(_scope(request), receive, answer.send)
    return answer.response


class _Answer:
    """What the application sends: whole in one piece, as most answers are, or streamed."""

    def __init__(self, request: web.Request) -> None:
        self.response: web.StreamResponse = web.Response(status=500)
        self._request, self._status, self._streams = request, 200, False
        self._headers: list[tuple[str, str]] = []

    async def send(self, event: Event) -> None:
        """Take one event of ASGI."""
        if event["type"] == "http.response.start":
            sent = event.get("headers", ())
            self._status = event["status"]
            self._headers = [
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in sent
            ]
            return
        body, more = event.get("body", b""), event.get("more_body", False)
        if not self._streams and not more:
            headers = CIMultiDict(self._headers)
            headers.pop("Content-Length", None)  # aiohttp counts by itself
            self.response = web.Response(body=body, status=self._status, headers=headers)
            return
        if not self._streams:
            self._streams = True
            self.response = web.StreamResponse(
                status=self._status, headers=CIMultiDict(self._headers)
            )
            await self.response.prepare(self._request)
        if body:
            await self.response.write(body)
        if not more:
            await self.response.write_eof()


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
