"""Prose lessons with models behind an API, from the command line to the deployed playbook.

    python benchmarks/prose_api.py            # 120 held-out tasks
    python benchmarks/prose_api.py --quick    # 30

A real HTTP server on loopback speaks the protocol of chat completions, with tool calls and
structured output. Its models need no weights, so that every figure is about the path and not about
a model: `reader` obeys the rules in its system message and else guesses, `deaf` never reads them,
`reviewer` reads episodes and proposes rules of which half are useless. Every row is one call of

    firsthand learn prose_api:Letters --model openai:reader@URL --reviewer openai:reviewer@URL

Two rows are controls that must gain nothing: a model that ignores rules, and `control/null`.
"""

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from rich.console import Console
from rich.table import Table

import firsthand as fh
from firsthand.task import digest

TOPICS = ("refund", "invoice", "warranty", "delivery", "complaint", "job")
DRAWERS = ("A1", "B2", "C3", "D4", "E5", "F6")
NAMES = ("Ann", "Bob", "Eve", "Joe", "Kim", "Lee", "Mia", "Tom")
THINGS = ("lamp", "kettle", "drum", "kite", "clock", "vase", "tent", "saw")
DAYS = ("Monday", "Tuesday", "Thursday", "Friday")
OPTIONS = "\n\nAnswer with exactly one of these lines:\n"
RULE = re.compile(r'about (\w+), call file with drawer \\?"(\w+)\\?"')
FILED = re.compile(r'file\(drawer=\\?"(\w+)\\?"\)')
SCORE = re.compile(r"Score: ([\d.]+)")


class Letters(fh.Environment):
    """File letters in drawers; which topic goes where is the house's secret."""

    name = "prose/letters"
    turns = 2
    laws = True
    base_rate = 1 / len(DRAWERS)
    statement = (
        "You sort the post of a shop. File each letter with the tool. There are the drawers "
        f"{', '.join(DRAWERS)}."
    )

    def reset(self, task: fh.Task) -> fh.Observation:
        """Draw a letter."""
        rng = task.rng("instance")
        self.law = _law(task)
        self.topic, self.filed = rng.choice(TOPICS), ""
        said = (
            f"Letter {rng.randrange(10_000)} from {rng.choice(NAMES)}, {rng.choice(DAYS)}: about "
            f"a {self.topic}, and the {rng.choice(THINGS)} that {rng.choice(NAMES)} ordered."
        )
        return fh.Observation(said)

    @classmethod
    def rules(cls, task: fh.Task) -> Sequence[tuple[str, str]]:
        """Tell the drawer of each topic."""
        return [
            (f"the letter is about {topic}", f'call file with drawer "{drawer}"')
            for topic, drawer in _law(task).items()
        ]

    @fh.tool
    def file(self, drawer: str) -> str:
        """Put the letter into a drawer. This is final."""
        self.filed = drawer
        self.finish()
        return f"Filed in {drawer}."

    def score(self) -> fh.Score:
        """Pay when the letter lies in the drawer of its topic."""
        return fh.Score(filed=self.filed == self.law[self.topic])

    def expert(self) -> Iterator[fh.Action]:
        """File it, knowing the law."""
        yield fh.Action(calls=(fh.ToolCall("file", {"drawer": self.law[self.topic]}),))


def _law(task: fh.Task) -> dict[str, str]:
    drawers = list(DRAWERS)
    task.rng("world").shuffle(drawers)
    return dict(zip(TOPICS, drawers, strict=True))


class Server:
    """Answers chat completions; counts what it was asked, by model."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}
        self.structured = 0
        """Answers that were held to a schema."""
        self.url = ""

    async def complete(self, request: web.Request) -> web.Response:
        """Answer one request."""
        body = await request.json()
        model, messages = body["model"], body["messages"]
        self.asked[model] = self.asked.get(model, 0) + 1
        schema = body.get("response_format")
        if schema and model == "plain-reviewer":
            error = {"message": "response_format is not supported", "param": "response_format"}
            return web.json_response({"error": error}, status=400)
        rng = random.Random(digest(json.dumps([model, messages, body.get("seed")])))
        if "reviewer" in model:
            self.structured += schema is not None
            message: dict[str, Any] = {"content": json.dumps({"lessons": reviewed(messages, rng)})}
        else:
            message = acted(messages, rng, tools="tools" in body, obeys=model == "reader")
        usage = {
            "prompt_tokens": len(json.dumps(messages)) // 4,
            "completion_tokens": len(json.dumps(message)) // 4,
        }
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
        return web.json_response({"id": "x", "choices": [choice], "usage": usage})


def acted(
    messages: Sequence[dict[str, Any]], rng: random.Random, *, tools: bool, obeys: bool
) -> dict[str, Any]:
    """Do what the first rule about the letter says, else guess."""
    asked = messages[-1]["content"]
    if not tools:
        return {"content": rng.choice(asked.partition(OPTIONS)[2].split("\n"))}
    lessons = messages[0]["content"] if messages[0]["role"] == "system" else ""
    said = set(re.findall(r"\w+", asked))
    told = [drawer for word, drawer in RULE.findall(lessons) if word in said] if obeys else []
    drawer = told[0] if told else rng.choice(DRAWERS)
    call = {"name": "file", "arguments": json.dumps({"drawer": drawer})}
    return {"content": None, "tool_calls": [{"id": "c", "type": "function", "function": call}]}


def reviewed(messages: Sequence[dict[str, Any]], rng: random.Random) -> list[dict[str, str]]:
    """Propose a rule for each of four successes; every second one is about a word that is idle."""
    told = messages[-1]["content"]
    known = {word for word, _ in RULE.findall(told)}
    stories = [
        (re.findall(r"\w+", story), FILED.search(story), SCORE.search(story))
        for story in re.findall(r"<data>(.*?)</data>", told)
    ]
    good = [
        (said, filed[1]) for said, filed, score in stories if filed and score and score[1] == "1"
    ]
    found: dict[str, str] = {}
    for said, drawer in rng.sample(good, len(good)):
        idle = len(found) % 2 == 1
        words = [
            w for w in said if (w in (*NAMES, *THINGS)) is idle and w in {*TOPICS, *NAMES, *THINGS}
        ]
        word = next((w for w in words if w not in known and w not in found), None)
        if word is not None and len(found) < 4:
            found[word] = drawer
    return [
        {"lesson": f'When the letter is about {word}, call file with drawer "{drawer}".'}
        for word, drawer in found.items()
    ]


@contextmanager
def serving() -> Iterator[Server]:
    """Serve in a thread while the block runs."""
    server, loop = Server(), asyncio.new_event_loop()
    started, ended = threading.Event(), asyncio.Event()

    async def serve() -> None:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", server.complete)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        started.set()
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


class Ran(msgspec.Struct, frozen=True):
    """What one call of the command line came to."""

    code: int
    found: dict[str, Any]
    asked: int
    """Requests that the server got."""
    error: str


def learn(server: Server, *words: object, environment: str = "prose_api:Letters") -> Ran:
    """Call `firsthand learn` in a process of its own."""
    before = sum(server.asked.values())
    here = str(Path(__file__).parent)
    paths = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    command = [
        "-c",
        "from firsthand.cli.main import main; main()",
        *("learn", environment, "--json", *map(str, words)),
    ]
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    asked = sum(server.asked.values()) - before
    found = json.loads(done.stdout) if done.stdout.strip() else {}
    return Ran(done.returncode, found, asked, done.stderr)


def runs(server: Server, folder: Path, size: Sequence[object]) -> Iterator[tuple[str, Ran]]:
    """Yield every row: what it is, and what it came to."""

    def models(player: str = "reader", reviewer: str = "reviewer") -> tuple[str, ...]:
        asking = f"openai:{player}@{server.url}", f"openai:{reviewer}@{server.url}"
        return ("--model", asking[0], "--reviewer", asking[1], *map(str, size))

    yield "learner", learn(server, *models(), "--out", folder / "a")
    plain = models(reviewer="plain-reviewer")
    yield "a server without structured output", learn(server, *plain, "--out", folder / "b")
    deaf = learn(server, *models("deaf"), "--force", "--out", folder / "c")
    yield "null: a model that ignores rules", deaf
    null = learn(server, *models(), "--out", folder / "d", environment="control/null")
    yield "null: control/null", null
    bound = ("--budget-tokens", 400_000, "--concurrency", 1, "--out", folder / "e")
    yield "stopped by its budget", learn(server, *models(), *bound)
    yield "and resumed", learn(server, *models(), "--out", folder / "e", "--resume")


def row(what: str, ran: Ran) -> list[str]:
    """Tell a run in one line."""
    change = (ran.found.get("comparison") or {}).get("overall")
    if change is None:
        return [what, str(ran.code), "", "", "", "", str(ran.asked)]
    gain, before, after = change["difference"], change["before"], change["after"]
    interval = gain["interval"]
    return [
        what,
        str(ran.code),
        str(gain["n"]),
        f"{before['mean']:.2f}",
        f"{after['mean']:.2f}",
        f"{gain['mean']:+.2f} [{interval['low']:+.2f}, {interval['high']:+.2f}]",
        str(ran.asked),
    ]


def main() -> None:
    """Print one row a run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    size = ("--rounds", 6, "--tasks", 100, "--eval-tasks", 30 if options.quick else 120)
    table = Table(title="firsthand learn prose_api:Letters, over HTTP; score [95%]")
    for heading in ("run", "exit", "n", "before", "after", "paired gain", "requests"):
        table.add_column(heading)
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        for what, ran in runs(server, Path(folder), size):
            table.add_row(*row(what, ran))
            if not ran.found:
                print(ran.error, file=sys.stderr)
            for verdict in ran.found.get("facts", {}).get("gates", "").split("; gate"):
                print(f"{what}: {verdict}")
    Console(width=120).print(table)
    print(f"answers held to a schema: {server.structured}")


if __name__ == "__main__":
    main()
