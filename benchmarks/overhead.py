"""What a rollout costs on top of a bare HTTP client: CPU per model turn against a local mock
endpoint.

The endpoint answers at once from another process, so that what is left is the client's own work.
Each row plays the same conversations twice in one process and one event loop: as firsthand
episodes, and as a plain aiohttp loop that posts the same messages. Connections are opened before
the clock starts. The figure is CPU time of the client's process, the least of several interleaved
rounds (noise only adds). The rollout makes garbage collections rare while it runs; the bare loop
keeps Python's default, which is why it can cost more.

    python benchmarks/overhead.py [--quick]
"""

import argparse
import asyncio
import gc
import resource
import subprocess
import sys
import time
from collections.abc import Coroutine

import aiohttp
from hall import SAID, SEEN, Hall

import firsthand as fh
from firsthand.models.openai import OpenAI
from firsthand.rollout.pool import rollout

CONCURRENCY = (64, 512, 2048)
TURNS = (1, 5)
MOST_RATIO, MOST_GROWTH = 2.5, 1.5
REPLY = (
    b'{"id":"chatcmpl-0","object":"chat.completion","created":0,"model":"mock","choices":[{"index":0,"message":{"role":"assistant","content":"'
    + SAID.encode()
    + b'"},"logprobs":null,"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":30,"completion_tokens":14,"total_tokens":44}}'
)


class Mock(asyncio.Protocol):
    """An HTTP server reduced to what the clients here send: POST with a Content-Length."""

    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % len(REPLY)
        + REPLY
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer each request once its body is whole."""
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            header = self.received[:end].lower()
            start = header.index(b"content-length:") + 15
            whole = end + 4 + int(header[start:].split(b"\r\n", 1)[0])
            if len(self.received) < whole:
                return
            self.received = self.received[whole:]
            self.transport.write(self.answer)


async def serve() -> None:
    """Serve until the parent closes standard input."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Mock, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


async def bare(
    session: aiohttp.ClientSession, url: str, episodes: int, turns: int, concurrency: int
) -> None:
    """Hold the same conversations with nothing but aiohttp."""
    slots = asyncio.Semaphore(concurrency)

    async def converse() -> None:
        async with slots:
            messages = []
            for _ in range(turns):
                messages.append({"role": "user", "content": SEEN})
                body = {
                    "messages": messages,
                    "max_tokens": 256,
                    "temperature": 1.0,
                    "top_p": 1.0,
                    "model": "mock",
                }
                async with session.post(url, json=body) as response:
                    answer = await response.json()
                messages.append(
                    {"role": "assistant", "content": answer["choices"][0]["message"]["content"]}
                )

    await asyncio.gather(*(converse() for _ in range(episodes)))


async def play(agent: fh.Agent, episodes: int, turns: int, concurrency: int) -> None:
    """Play the conversations as episodes, and check that none failed."""
    played = await rollout(
        agent, fh.tasks(Hall.name, episodes, level=turns), concurrency=concurrency
    )
    assert all(episode.success for episode in played), next(
        episode.error for episode in played if not episode.success
    )


async def cpu(work: Coroutine[None, None, None], turns: int) -> float:
    """Return CPU milliseconds of this process per turn."""
    gc.collect()
    started = time.process_time()
    await work
    return 1e3 * (time.process_time() - started) / turns


async def compare(
    url: str, turns: int, concurrency: int, calls: int, rounds: int
) -> tuple[float, float]:
    """Measure one row: the bare client's cost and firsthand's, and print them."""
    episodes = max(concurrency, calls // turns)
    agent, endpoint = fh.Agent(model=OpenAI("mock", url=url)), f"{url}/chat/completions"
    floors, ours = list[float](), list[float]()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await bare(session, endpoint, concurrency, 1, concurrency)
        await play(agent, concurrency, 1, concurrency)
        for _ in range(rounds):
            floors.append(
                await cpu(bare(session, endpoint, episodes, turns, concurrency), episodes * turns)
            )
            ours.append(await cpu(play(agent, episodes, turns, concurrency), episodes * turns))
    await agent.model.close()
    print(
        (
            f"{turns:5} {concurrency:10} {episodes:8} {min(floors):8.3f} {min(ours):12.3f} "
            f"{min(ours) / min(floors):6.2f}"
        ),
        flush=True,
    )
    return min(floors), min(ours)


async def table(url: str, calls: int, rounds: int) -> None:
    """Print all rows, and whether the targets hold."""
    print(f"CPU of the client per model turn, least of {rounds} rounds\n")
    print(
        f"{'turns':>5} {'concurrent':>10} {'episodes':>8} {'bare ms':>8} "
        f"{'firsthand ms':>12} {'ratio':>6}"
    )
    costs = {
        (turns, n): await compare(url, turns, n, calls, rounds)
        for turns in TURNS
        for n in CONCURRENCY
    }
    ratio = max(ours / floor for floor, ours in costs.values())
    few, many = CONCURRENCY[0], CONCURRENCY[-1]
    bare_growth, growth = (
        max(costs[turns, many][column] / costs[turns, few][column] for turns in TURNS)
        for column in (0, 1)
    )
    print(f"\nhighest ratio {ratio:.2f}, target {MOST_RATIO}: {verdict(ratio <= MOST_RATIO)}")
    print(
        f"from {few} to {many} concurrent ×{growth:.2f}, target {MOST_GROWTH}: "
        f"{verdict(growth <= MOST_GROWTH)}; bare client ×{bare_growth:.2f}"
    )


def verdict(holds: bool) -> str:
    return "holds" if holds else "MISSED"


def main() -> None:
    """Start the endpoint and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer calls: under half a minute, noisier"
    )
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 16384 if hard == resource.RLIM_INFINITY else min(16384, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    if arguments.serve:
        asyncio.run(serve())
        return
    calls, rounds = (2048, 2) if arguments.quick else (8192, 3)
    with subprocess.Popen(
        [sys.executable, __file__, "--serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as endpoint:
        assert endpoint.stdout is not None
        asyncio.run(table(f"http://127.0.0.1:{int(endpoint.stdout.readline())}/v1", calls, rounds))


if __name__ == "__main__":
    main()
