"""A server put together: sessions, worker processes, journal, and the protocols."""

import contextlib
import importlib.metadata
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import msgspec
from aiohttp import web

from firsthand.errors import MissingExtra, UserError
from firsthand.journal.journal import Journal
from firsthand.registry import lookup, make
from firsthand.rollout.garbage import rare_collections
from firsthand.serve import openapi, openenv, websocket
from firsthand.serve.access import Access
from firsthand.serve.http import application
from firsthand.serve.sessions import Rules, Sessions

MCP = (2, 3)
"""The least version of its SDK: `MCPServer` is new in 2."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What is served, to whom, and where it is kept."""

    environments: Sequence[str]
    host: str = "127.0.0.1"
    port: int = 8321
    """0: any that is free."""
    keys: Sequence[str] = ()
    journal: Path | None = None
    run: str = "served"
    processes: int = 0
    """Worker processes for the worlds; 0: they live in this one."""
    rules: Rules = Rules()
    complain: Callable[[str], None] = lambda _text: None
    """Told what the operator must know."""


@contextlib.asynccontextmanager
async def playing(service: Service) -> AsyncGenerator[Sessions]:
    """Keep the sessions of a service, without any wire. Raises `UserError` for what it lacks."""
    _check(service)
    async with contextlib.AsyncExitStack() as stack:
        make_one = make
        if service.processes:
            from firsthand.rollout.executors import Processes  # deferred: loads multiprocessing

            workers = await stack.enter_async_context(Processes(service.processes))
            make_one = workers.make
            for name in service.environments:
                workers.make(name)  # a class that cannot travel is told before anything is played
        writer = None
        if service.journal is not None:
            writer = stack.enter_context(Journal(service.journal).writer())
        yield await stack.enter_async_context(
            Sessions(
                service.environments,
                rules=service.rules,
                make=make_one,
                writer=writer,
                run=service.run,
                complain=service.complain,
            )
        )


@contextlib.asynccontextmanager
async def serving(service: Service) -> AsyncGenerator[str]:
    """Serve over HTTP and give the address, e.g. `http://127.0.0.1:8321`. Raises `UserError`."""
    access = Access(service.host, service.keys)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(rare_collections())
        sessions = await stack.enter_async_context(playing(service))
        app = application(sessions, access)
        app.router.add_get("/play", websocket.play)
        openapi.add(app)
        openenv.add(app)
        if not without_mcp():
            from firsthand.serve import mcp  # deferred: pydantic and starlette take a second

            await stack.enter_async_context(mcp.mounted(app))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, service.host, service.port).start()
        except OSError as error:
            raise UserError(
                f"{service.host}:{service.port} cannot be served on: {error.strerror}. Choose "
                "another --port; 0 takes any that is free."
            ) from None
        host = f"[{service.host}]" if ":" in service.host else service.host
        yield f"http://{host}:{runner.addresses[0][1]}"


def without_mcp() -> str:
    """Say why MCP cannot be served here, an empty text when it can."""
    try:
        found = importlib.metadata.version("mcp")
    except importlib.metadata.PackageNotFoundError:
        return str(MissingExtra("mcp", extra="serve"))
    if tuple(map(int, found.split(".")[:2])) >= MCP:
        return ""
    needed = ".".join(map(str, MCP))
    return f"mcp {found} is installed, {needed} is needed: pip install 'firsthand[serve]'"


def _check(service: Service) -> None:
    """Refuse what cannot be played here before anybody connects. Raises `UserError`."""
    if not service.environments:
        raise UserError("Name at least one environment to serve; `firsthand envs` lists them.")
    from firsthand.sandbox import needs  # deferred: most environments need nothing

    for name in service.environments:
        needs.check(lookup(name).needs)
