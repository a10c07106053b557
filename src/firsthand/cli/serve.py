"""`firsthand serve`: environments for other people's agents and trainers."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from firsthand.cli.terminal import tell
from firsthand.errors import UserError
from firsthand.registry import lookup
from firsthand.serve.server import Service, playing, serving, without_mcp
from firsthand.serve.sessions import Rules
from firsthand.shell import run as run_async

KEY = "FIRSTHAND_SERVE_KEY"
STDIO_IDLE_SECONDS = 24 * 3600.0
"""One agent, on this machine, whose user may be asked before every call."""


def serve(
    environments: Annotated[
        list[str], typer.Argument(metavar="ENVIRONMENT...", help="Names, or MODULE:CLASS.")
    ],
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Speak MCP on standard input and output, nothing else.")
    ] = False,
    host: Annotated[str, typer.Option(help="The address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0: any free one.")] = 8321,
    key_env: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Environment variable with the keys of clients, one a word; other machines need "
            "one.",
        ),
    ] = KEY,
    journal: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder that keeps every episode.")
    ] = None,
    run: Annotated[str, typer.Option(help="Name of the run in the journal.")] = "served",
    rewards: Annotated[
        Literal["end", "turn"],
        typer.Option(help="Tell the rewards of turns at the end, or after each turn."),
    ] = "end",
    idle: Annotated[
        float | None,
        typer.Option(min=0.1, help="Most seconds of silence.  [default: 300; with --stdio a day]"),
    ] = None,
    sessions: Annotated[int, typer.Option(min=1, help="Most episodes at once.")] = 1024,
    rate: Annotated[
        float, typer.Option(min=0.1, help="Most messages of a client a second.")
    ] = 2000,
    processes: Annotated[
        int, typer.Option(min=0, help="Worker processes for worlds that are heavy on the CPU.")
    ] = 0,
) -> None:
    """Let other programs play: over HTTP, WebSocket, OpenEnv and MCP.

    Example: firsthand serve games/nim interfaces/shop_desk --journal runs/served
    """
    silent = idle or (STDIO_IDLE_SECONDS if stdio else Rules().idle_seconds)
    rules = Rules(sessions=sessions, idle_seconds=silent, messages_per_second=rate, rewards=rewards)
    service = Service(
        environments=environments,
        host=host,
        port=port,
        keys=os.environ.get(key_env, "").split(),
        journal=journal,
        run=run,
        processes=processes,
        rules=rules,
        complain=lambda text: tell(f"Error: {text}", err=True),
    )
    run_async(_over_stdio(service) if stdio else _over_http(service))


async def _over_http(service: Service) -> None:
    async with serving(service) as url:
        names = ", ".join(lookup(name).name for name in service.environments)
        tell(f"Serving {names} on {url}; {url}/docs says how to play.")
        tell(f"OpenEnv: {url}, or {url}/openenv/DOMAIN/FAMILY")
        lacking = without_mcp()
        tell(f"MCP is not served: {lacking}" if lacking else f"MCP: {url}/mcp")
        if service.journal is None:
            tell("No episode is kept: with --journal DIR they are.")
        tell("Ctrl-C stops.")
        await asyncio.Event().wait()


async def _over_stdio(service: Service) -> None:
    if lacking := without_mcp():
        raise UserError(f"--stdio speaks MCP. {lacking}")
    from firsthand.serve import mcp  # deferred: pydantic and starlette take a second

    async with playing(service) as sessions:
        await mcp.over_stdio(sessions)
