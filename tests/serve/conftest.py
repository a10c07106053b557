"""A server in the loop of the test."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import msgspec
import pytest

from firsthand import registry
from firsthand.serve.client import Client
from firsthand.serve.server import Service, serving
from firsthand.serve.sessions import Rules


class Served:
    """A running server, with a client of each kind."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url, self.http = url, http

    def client(self, wire: str = "http", **options: Any) -> Client:
        return Client(self.url, wire=wire, **options)

    async def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        async with self.http.request(
            verb, self.url + path, data=data if body is not None else None, headers=headers
        ) as reply:
            raw = await reply.read()
            return reply.status, msgspec.json.decode(raw) if raw else None


Serve = Callable[..., contextlib.AbstractAsyncContextManager[Served]]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Serve environments: `async with serve("games/nim", idle_seconds=1) as served`."""
    monkeypatch.setattr(registry, "_registered", {})

    @contextlib.asynccontextmanager
    async def started(*environments: str, **options: Any) -> AsyncIterator[Served]:
        fields = set(Rules.__struct_fields__)
        rules = Rules(**{name: options.pop(name) for name in fields & set(options)})
        service = Service(environments=environments, port=0, rules=rules, **options)
        async with serving(service) as url, aiohttp.ClientSession() as http:
            yield Served(url, http)

    return started
