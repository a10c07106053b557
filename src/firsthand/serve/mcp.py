# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUntypedFunctionDecorator=false, reportUnknownParameterType=false
"""MCP, with the official SDK (2.3): any agent product plays, over standard input or HTTP.

Five tools: `list_environments`, `start`, `call` for one tool of the environment, `act` for a text
or several calls, `finish` for the score. The tools of an environment are listed by `start`: they
differ from episode to episode, and a product reads the list of MCP tools only once. Requests carry
the id of their session, so that the server needs no state of MCP's own.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
from aiohttp import web
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, TextContent

from firsthand import __version__
from firsthand.environment import Action, ToolCall, tools_of
from firsthand.models.human import signature
from firsthand.serve.access import LOCAL, Access
from firsthand.serve.asgi import answered
from firsthand.serve.http import ACCESS, SESSIONS, described
from firsthand.serve.sessions import Session, Sessions
from firsthand.serve.wire import Act, Open, Refusal, View
from firsthand.task import Split

INSTRUCTIONS = (
    "Play environments. Call start, read what is asked, then act until the episode is over: with "
    "call for one of the environment's tools, or with act for a text. finish ends the episode and "
    "shows the score; an episode that you leave without it counts as failed."
)


class Desk:
    """What the tools work on: the sessions, and who asks. Without `access` there is one client."""

    def __init__(self, sessions: Sessions, access: Access | None) -> None:
        self.sessions, self._access = sessions, access
        self.started: list[Session] = []
        """Of the one client of standard input."""

    def owner(self, headers: Mapping[str, str] | None) -> str:
        """Return which client asks. Raises `Refusal`."""
        return LOCAL if self._access is None else self._access.owner(headers or {})

    def session(self, id: str, headers: Mapping[str, str] | None) -> Session:
        """Return the session that is meant. Raises `Refusal`.

        The one client of standard input need not name its latest.
        """
        if not id and self.started:
            return self.started[-1]
        if not id:
            raise Refusal("Say which session: start returned its id.")
        return self.sessions.get(id, self.owner(headers))

    async def start(self, asked: Open, headers: Mapping[str, str] | None) -> Session:
        """Begin an episode. Raises `Refusal`."""
        session = await self.sessions.open(asked, self.owner(headers), "mcp")
        if self._access is None:
            self.started = [kept for kept in self.started if not kept.over] + [session]
        return session


def server(desk: Desk) -> MCPServer:
    """Return the MCP server of the sessions."""
    mcp = MCPServer(
        "firsthand", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING"
    )

    @mcp.tool(structured_output=False)
    def list_environments() -> list[dict[str, Any]]:
        """List what can be played here."""
        return [described(name) for name in desk.sessions.environments]

    @mcp.tool()
    async def start(
        ctx: Context,
        environment: str = "",
        level: int = 1,
        seed: int | None = None,
        split: Split = "train",
        world: int = 0,
        agent: str = "",
    ) -> CallToolResult:
        """Start an episode: what is asked, which tools there are, and what is seen first.

        environment: a name from list_environments; without it, the only one that is served.
        level: difficulty, 1 to 5. seed: which task; without it, the next one. split: train, gate or
        eval. world: decides hidden laws. agent: your name, for the journal.
        """
        with _refusing():
            asked = Open(environment, level, seed, split, world, agent)
            session = await desk.start(asked, ctx.headers)
            return _shown(session.view, _offered(session, desk.sessions))

    @mcp.tool()
    async def call(
        ctx: Context, name: str, arguments: dict[str, Any] | None = None, session: str = ""
    ) -> CallToolResult:
        """Call one of the environment's tools: its name, and its arguments as an object."""
        with _refusing():
            action = Action(calls=(ToolCall(name, arguments or {}),))
            return _shown(await desk.session(session, ctx.headers).act(action))

    @mcp.tool()
    async def act(
        ctx: Context, text: str = "", calls: list[dict[str, Any]] | None = None, session: str = ""
    ) -> CallToolResult:
        """Answer with a text, or with several calls of tools as {name, arguments} in one turn."""
        with _refusing():
            found = desk.session(session, ctx.headers)
            try:
                given = msgspec.convert({"text": text, "calls": calls or []}, Act)
            except msgspec.ValidationError as error:
                raise Refusal(str(error)) from None
            return _shown(await found.act(given.action))

    @mcp.tool()
    async def finish(ctx: Context, session: str = "") -> CallToolResult:
        """End the episode, if it is not over, and show the score."""
        with _refusing():
            found = desk.session(session, ctx.headers)
            return _shown(await desk.sessions.finish(found))

    return mcp


async def over_stdio(sessions: Sessions) -> None:
    """Serve one client on standard input and output, until it closes them."""
    desk = Desk(sessions, None)
    try:
        await server(desk).run_stdio_async()
    finally:
        for session in desk.started:
            await sessions.leave(session)


@contextlib.asynccontextmanager
async def mounted(app: web.Application) -> AsyncGenerator[None]:
    """Serve streamable HTTP at `/mcp`, beside the other protocols and under the same limits."""
    desk = Desk(app[SESSIONS], app[ACCESS])
    mcp = server(desk)
    mcp.streamable_http_app(
        stateless_http=True,
        json_response=True,
        max_request_body_size=desk.sessions.rules.message_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    manager = mcp.session_manager

    async def answer(request: web.Request) -> web.StreamResponse:
        return await answered(manager.handle_request, request)

    app.router.add_post("/mcp", answer)
    ready, ending = asyncio.Event(), asyncio.Event()

    async def held() -> None:
        async with manager.run():
            ready.set()
            await ending.wait()

    # in a task of its own: the SDK's would wrap every error of the server in an ExceptionGroup
    holding = asyncio.create_task(held())
    holding.add_done_callback(lambda _holding: ready.set())
    try:
        await ready.wait()
        yield
    finally:
        ending.set()
        await holding


@contextlib.contextmanager
def _refusing() -> Any:
    """Turn a refusal into the error of a tool, which the agent reads."""
    try:
        yield
    except Refusal as error:
        raise ToolError(str(error)) from None


def _offered(session: Session, sessions: Sessions) -> str:
    """Write what is asked, and the tools, for a reader."""
    offer = session.offer
    tools = tools_of(sessions.environments[session.task.environment]).values()
    lines = [f"Session {session.id}", f"Task {offer.task.id}, at most {offer.turns} turns"]
    lines += ["", offer.statement] if offer.statement else []
    if tools:
        lines += ["", "Tools, to be called with `call`:"]
        lines += [f"- {signature(tool)}: {tool.description}" for tool in tools]
    else:
        lines += ["", "Answer with `act(text=...)`."]
    return "\n".join([*lines, "", ""])


def _shown(view: View, before: str = "") -> CallToolResult:
    """Return a view twice: written for a reader, and as data."""
    seen = view.observation
    lines = [seen.text] if seen.text else []
    lines += [f"{result.tool}: {result.text}" for result in seen.results]
    if view.choices:
        lines += ["", "Answer with exactly one of these lines:", *view.choices]
    if view.outcome is not None:
        lines += ["", _ended(view)]
    elif view.reward is not None:
        lines += [f"(reward {view.reward:+g})"]
    text = TextContent(type="text", text=before + "\n".join(lines))
    return CallToolResult(content=[text], structured_content=msgspec.to_builtins(view))


def _ended(view: View) -> str:
    told = view.outcome
    assert told is not None
    turns = f"{view.turn} turn{'s' * (view.turn != 1)}"
    if told.error is not None:
        said = f": {told.error.message}" if told.error.message else ""
        return f"The episode failed after {turns}. {told.error.owner}: {told.error.type}{said}"
    held = [f"{'✓' if held else '✗'} {name}" for name, held in told.checks.items()]
    lines = [f"The episode is over. Score {told.reward:g} after {turns}.", *held]
    return "\n".join(lines + ([f"Afterwards: {told.aftermath}"] if told.aftermath else []))
