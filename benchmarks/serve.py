"""What serving costs, and that it changes nothing.

Two tables. The law: episodes of ten families are played in process, by their expert and at random,
then again over each wire; the content hash that the client computes from what it saw must be equal.
The load: 512 players at once on one server process; its CPU time per step, beside the same steps
played in process and beside a bare aiohttp server that answers the same bytes without any world.
MCP's rows need firsthand[serve].

    python benchmarks/serve.py [--quick]
"""

import argparse
import asyncio
import contextlib
import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from hall import SAID, SEEN, Hall

import firsthand as fh
from firsthand.episode import Episode
from firsthand.models.scripted import scripted
from firsthand.serve.client import Client, as_seen
from firsthand.serve.content import content_hash
from firsthand.serve.openenv import view_of
from firsthand.serve.server import Service, serving, without_mcp
from firsthand.serve.sessions import Rules
from firsthand.serve.wire import Open, View

FAMILIES = (
    "data/ledger",
    "embodied/household",
    "formal/calculus",
    "games/mastermind",
    "games/nim",
    "interfaces/shop_desk",
    "memory/errand",
    "office/calendar",
    "planning/strips",
    "rules/triage",
)
PLAYERS = ("expert", "random")
SESSIONS, STEPS, MOST_MS = 512, 20, 1.0
MCP_VERSION = "2026-07-28"
"""The protocol that SDKs of 2026 speak: over the one before, a step costs twice as much."""

Play = Callable[[Episode], Awaitable[list[View]]]


@contextlib.asynccontextmanager
async def plain(url: str, wire: str) -> AsyncIterator[Play]:
    """Play over the plain interface."""
    async with Client(url, wire=wire) as client:

        async def play(episode: Episode) -> list[View]:
            views = [await client.open(Open.of(episode.task))]
            views += [await client.act(action) for action in episode.actions]
            return views

        yield play


@contextlib.asynccontextmanager
async def openenv(url: str) -> AsyncIterator[Play]:
    """Play with the messages of OpenEnv's client."""
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}/ws") as socket:

        async def ask(kind: str, data: object) -> View:
            await socket.send_str(msgspec.json.encode({"type": kind, "data": data}).decode())
            answer = json.loads((await socket.receive()).data)["data"]
            return view_of(answer)

        async def play(episode: Episode) -> list[View]:
            views = [await ask("reset", Open.of(episode.task))]
            for action in episode.actions:
                views.append(await ask("step", action))
            return views

        yield play


@contextlib.asynccontextmanager
async def mcp(url: str) -> AsyncIterator[Play]:
    """Play with the client of MCP's SDK, over streamable HTTP."""
    import mcp as sdk

    async with sdk.Client(f"{url}/mcp") as client:

        async def ask(tool: str, arguments: dict[str, object]) -> View:
            answer = await client.call_tool(tool, arguments)
            return msgspec.convert(answer.structured_content, View)

        async def play(episode: Episode) -> list[View]:
            asked = msgspec.to_builtins(Open.of(episode.task))
            views = [await ask("start", {k: v for k, v in asked.items() if k != "agent"})]
            for action in episode.actions:
                said = msgspec.to_builtins(action)
                views.append(await ask("act", {**said, "session": views[0].session}))
            return views

        yield play


async def law(seeds: int) -> bool:
    """Print how many episodes were equal over each wire."""
    agents = {who: fh.Agent(model=scripted(who)) for who in PLAYERS}
    plays = [
        await fh.play(fh.make(name), agent, task)
        for name in FAMILIES
        for agent in agents.values()
        for task in fh.tasks(name, seeds, level=2, world=3)
    ]
    print(f"{'wire':<10} {'families':>8} {'episodes':>8} {'turns':>6} {'equal':>6}")
    right = True
    async with serving(Service(environments=FAMILIES, port=0, rules=Rules(sessions=8))) as url:
        wires = {"http": plain(url, "http"), "ws": plain(url, "ws"), "openenv": openenv(url)}
        if not without_mcp():
            wires["mcp"] = mcp(url)
        for name, wire in wires.items():
            equal = 0
            async with wire as play:
                for here in plays:
                    seen = as_seen(here.task, here.actions, await play(here))
                    equal += content_hash(seen) == content_hash(here)
            turns = sum(len(here.turns) for here in plays)
            row = f"{name:<10} {len(FAMILIES):>8} {len(plays):>8} {turns:>6} {equal:>6}"
            print(row, flush=True)
            right = right and equal == len(plays)
    if lacking := without_mcp():
        print(f"mcp: left out. {lacking}")
    return right


class Server:
    """A server in a process of its own, which tells its CPU time."""

    def __init__(self, what: str) -> None:
        command = [sys.executable, __file__, "--serve", what]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None and self._process.stdin is not None
        self._out, self._in = self._process.stdout, self._process.stdin
        self.url = self._out.readline().strip()

    def used(self) -> tuple[float, float]:
        """Return CPU seconds until now, and the most memory so far in MB."""
        self._in.write("\n")
        self._in.flush()
        seconds, memory = self._out.readline().split()
        return float(seconds), float(memory)

    def close(self) -> None:
        """End it."""
        self._in.close()
        self._process.wait(10)


async def serve(what: str) -> None:
    """Serve until the parent closes standard input; answer each line with the CPU time."""
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        if what == "bare":
            url = await stack.enter_async_context(bare())
        else:
            rules = Rules(sessions=2 * SESSIONS, messages_per_second=1e9)
            service = Service(environments=[what], port=0, rules=rules)
            url = await stack.enter_async_context(serving(service))
        print(url, flush=True)
        while await loop.run_in_executor(None, sys.stdin.readline):
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(time.process_time(), memory, flush=True)


@contextlib.asynccontextmanager
async def bare() -> AsyncIterator[str]:
    """A server that answers every message with the same view."""
    view = msgspec.json.encode(View("x" * 32, 1, fh.Observation(SEEN)))

    async def answer(request: web.Request) -> web.Response:
        msgspec.json.decode(await request.read())
        return web.Response(body=view, content_type="application/json")

    async def socket(request: web.Request) -> web.WebSocketResponse:
        connected = web.WebSocketResponse(compress=False)
        await connected.prepare(request)
        async for message in connected:
            msgspec.json.decode(message.data)
            await connected.send_str(view.decode())
        return connected

    app = web.Application()
    app.router.add_post("/sessions", answer)
    app.router.add_post("/sessions/{id}/act", answer)
    app.router.add_get("/play", socket)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Calls(Client):
    """Calls MCP's tools with nothing but their JSON-RPC: the SDK's client costs far more."""

    async def _ask(self, verb: str, path: str, value: Any, kind: str) -> View:
        assert self._http is not None
        arguments = msgspec.to_builtins(value)
        arguments.pop("turn", None)
        if kind == "act":
            arguments["session"] = self._session
        tool = "start" if kind == "open" else kind
        told = {"protocolVersion": MCP_VERSION, "clientCapabilities": {}}
        meta = {f"io.modelcontextprotocol/{name}": value for name, value in told.items()}
        call = {"name": tool, "arguments": arguments, "_meta": meta}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": MCP_VERSION,
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }
        data = msgspec.json.encode(body)
        async with self._http.post(f"{self.url}/mcp", data=data, headers=headers) as reply:
            answer = msgspec.json.decode(await reply.read())
        return msgspec.convert(answer["result"]["structuredContent"], View)


class Figures(msgspec.Struct):
    """One row: CPU of the server, wall time of a step as its player sees it, memory."""

    cpu_ms: float
    steps_per_second: float
    median_ms: float
    p99_ms: float
    memory_mb: float


async def loaded(what: str, wire: str, steps: int) -> Figures:
    """Have all players play at once and measure their steps: opening is not counted."""
    server, waits = Server(what), list[float]()
    if wire == "mcp":
        players: list[Client] = [Calls(server.url) for _ in range(SESSIONS)]
    else:
        players = [Client(server.url, wire=wire) for _ in range(SESSIONS)]
    try:
        for player in players:
            await player.__aenter__()
        for player in players:
            view = await player.open(Open(Hall.name, level=steps + 1))
            assert not view.over

        async def play(player: Client) -> None:
            for _ in range(steps):
                started = time.perf_counter()
                await player.act(SAID)
                waits.append(time.perf_counter() - started)

        gc.collect()
        before, started = server.used()[0], time.perf_counter()
        await asyncio.gather(*map(play, players))
        wall = time.perf_counter() - started
        after, memory = server.used()
    finally:
        for player in players:
            await player.__aexit__(None, None, None)
        server.close()
    waits.sort()
    n = len(waits)
    return Figures(
        1e3 * (after - before) / n,
        n / wall,
        1e3 * waits[n // 2],
        1e3 * waits[int(n * 0.99)],
        memory,
    )


async def in_process(steps: int) -> float:
    """Return CPU milliseconds of a step of the same play in this process."""
    agent = fh.Agent(model=scripted("expert"))
    tasks = fh.tasks(Hall.name, SESSIONS, level=steps)
    started = time.process_time()
    episodes = await fh.rollout(agent, tasks, concurrency=SESSIONS)
    assert all(episode.success for episode in episodes)
    return 1e3 * (time.process_time() - started) / (SESSIONS * steps)


async def load(steps: int, rounds: int) -> bool:
    """Print what steps cost, and whether the target holds."""
    print(f"\n{SESSIONS} players at once, {steps} steps each, least CPU of {rounds} rounds")
    alone = min([await in_process(steps) for _ in range(rounds)])
    print(f"in process: {alone:.3f} ms CPU a step\n")
    print(
        f"{'server':<11} {'wire':<5} {'CPU ms/step':>11} {'steps/s':>8} {'median ms':>9} "
        f"{'p99 ms':>7} {'MB':>5}"
    )
    right = True
    rows = [("bare", "http"), (Hall.name, "http"), ("bare", "ws"), (Hall.name, "ws")]
    rows += [] if without_mcp() else [(Hall.name, "mcp")]
    for what, wire in rows:
        best = min(
            [await loaded(what, wire, steps) for _ in range(rounds)], key=lambda row: row.cpu_ms
        )
        print(
            f"{what:<11} {wire:<5} {best.cpu_ms:>11.3f} {best.steps_per_second:>8.0f} "
            f"{best.median_ms:>9.1f} {best.p99_ms:>7.1f} {best.memory_mb:>5.0f}",
            flush=True,
        )
        right = right and best.cpu_ms <= MOST_MS
    print(f"\ntarget {MOST_MS:g} ms a step: {'holds' if right else 'MISSED'}")
    return right


def main() -> int:
    """Measure; return 1 when an episode differs or a step costs too much."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer episodes, steps and rounds")
    parser.add_argument("--serve", metavar="WHAT", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = 16384 if hard == resource.RLIM_INFINITY else min(16384, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if arguments.serve:
        asyncio.run(serve(arguments.serve))
        return 0
    seeds, steps, rounds = (2, 10, 1) if arguments.quick else (11, STEPS, 2)
    equal = asyncio.run(law(seeds))
    cheap = asyncio.run(load(steps, rounds))
    return 0 if equal and cheap else 1


if __name__ == "__main__":
    sys.exit(main())
