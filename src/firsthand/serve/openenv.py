"""OpenEnv (0.10): what its `GenericEnvClient` speaks over `/ws`, so that their trainers play here.

One connection plays one episode at a time; `reset` starts the next one. Where several
environments are served, the base URL names one, `URL/openenv/DOMAIN/FAMILY`, or the data of `reset`
does. Refused with the reason: HTTP `/reset`, `/step` and `/state`, which in OpenEnv make a new
world for every request; and JSON-RPC on this socket, because MCP has its own address.
"""

from typing import Any, NamedTuple

import msgspec
from aiohttp import WSMsgType, web

from firsthand import __version__
from firsthand.environment import Action, Observation, ToolCall, ToolResult
from firsthand.episode import Stop
from firsthand.serve.http import RATE, SESSIONS, answer, owner_of
from firsthand.serve.sessions import Session, Sessions
from firsthand.serve.websocket import socket_of
from firsthand.serve.wire import (
    Full,
    Offer,
    Open,
    Outcome,
    Refusal,
    View,
)
from firsthand.task import fingerprint

ENVIRONMENT = "/openenv/{domain}/{family}"
STATELESS = (
    "An episode needs a connection: over HTTP, OpenEnv makes a new world for every request. "
    "Connect to /ws, as GenericEnvClient does."
)
NO_TOOL_LIST = "The tools are in the observation of reset; call one with call_tool."
SPEAK_MCP = "MCP is served at /mcp (streamable HTTP), not inside this connection."


class Reset(Open, frozen=True, forbid_unknown_fields=True):
    """The data of `reset`. What is not known is refused: a misspelt seed would be ignored."""

    episode_id: str | None = None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data of `step`: a text, calls of tools, or one call as OpenEnv's MCP actions write it."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    type: str = ""
    tool_name: str = ""
    arguments: dict[str, Any] = {}
    metadata: dict[str, Any] = {}

    @property
    def action(self) -> Action:
        """The action as environments take it. Raises `Refusal`."""
        if self.type == "list_tools":
            raise Refusal(NO_TOOL_LIST)
        if self.type not in ("", "call_tool"):
            raise Refusal(f"No type of action is named {self.type!r}: expected call_tool, or none.")
        if self.type == "call_tool":
            return Action(calls=(ToolCall(self.tool_name, self.arguments),))
        return Action(self.text, self.calls)


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """An observation as OpenEnv carries it; `reward` and `done` stand beside it there."""

    text: str
    results: list[dict[str, Any]]
    choices: list[str] | None
    turn: int
    offer: Offer | None = None
    outcome: Outcome | None = None


class State(msgspec.Struct, frozen=True):
    """What `state` tells: nothing that the player has not been told."""

    episode_id: str | None
    step_count: int
    environment: str
    level: int
    seed: int
    split: str
    world: int


class Stateless(Refusal):
    """What OpenEnv has over HTTP, where every request makes a new world."""

    status, code = 501, "stateless"


class Received(msgspec.Struct, frozen=True):
    """A message; its data is read when its type is known."""

    type: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Client(NamedTuple):
    """One connection: who it is, and the environment that its address names."""

    sessions: Sessions
    owner: str
    environment: str


_encode = msgspec.json.Encoder().encode
_received = msgspec.json.Decoder(Received)
_reset = msgspec.json.Decoder(Reset)
_step = msgspec.json.Decoder(Step)


def add(app: web.Application) -> None:
    """Add OpenEnv's addresses, at the root and for each environment."""
    for root in ("", ENVIRONMENT):
        app.router.add_get(f"{root}/ws", connected)
        app.router.add_get(f"{root}/health", _health)
        app.router.add_get(f"{root}/metadata", _metadata)
        app.router.add_get(f"{root}/schema", _schema)
        app.router.add_get(f"{root}/state", _stateless)
        app.router.add_post(f"{root}/reset", _stateless)
        app.router.add_post(f"{root}/step", _stateless)


async def connected(request: web.Request) -> web.WebSocketResponse:
    """Play episodes over one connection until the client closes it."""
    client = Client(request.app[SESSIONS], owner_of(request), _named(request))
    socket = socket_of(client.sessions)
    await socket.prepare(request)
    player = _Player(client)
    try:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            try:
                request.app[RATE].take(client.owner)
                said = await player.answer(_received.decode(message.data))
            except msgspec.ValidationError as error:
                said = _error(str(error), "VALIDATION_ERROR")
            except (msgspec.DecodeError, RecursionError) as error:
                said = _error(f"Invalid JSON: {error}", "INVALID_JSON")
            except Full as error:
                await socket.send_str(_error(str(error), "CAPACITY_REACHED").decode())
                break
            except Refusal as error:
                code = "VALIDATION_ERROR" if type(error) is Refusal else "EXECUTION_ERROR"
                said = _error(str(error), code)
            if said is None:
                break
            await socket.send_str(said.decode())
    finally:
        await player.leave()
    await socket.close()
    return socket


class _Player:
    """The episode of one connection."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.session: Session | None = None
        self.episode_id: str | None = None

    async def answer(self, message: Received) -> bytes | None:
        """Answer one message; None: the client says goodbye. Raises `Refusal`."""
        match message.type:
            case "reset":
                return await self.begin(_reset.decode(message.data))
            case "step":
                action = _step.decode(message.data).action
                return _observation(await self._current().act(action))
            case "state":
                return _encode({"type": "state", "data": self.state()})
            case "close":
                return None
            case "mcp":
                return _error(SPEAK_MCP, "UNKNOWN_TYPE")
            case _:
                return _error(f"Unknown message type: {message.type[:80]}", "UNKNOWN_TYPE")

    async def begin(self, asked: Reset) -> bytes:
        """Start an episode; one that is not over is left."""
        await self.leave()
        environment = asked.environment or self.client.environment
        opened = msgspec.structs.replace(asked, environment=environment)
        self.episode_id = asked.episode_id
        self.session = await self.client.sessions.open(opened, self.client.owner, "openenv")
        return _observation(self.session.view)

    def state(self) -> State:
        """Return where the episode stands. Raises `Refusal`."""
        session = self._current()
        task = session.task
        id = self.episode_id or fingerprint(session.id)
        return State(
            id, session.view.turn, task.environment, task.level, task.seed, task.split, task.world
        )

    async def leave(self) -> None:
        """Leave the episode, if there is one."""
        session, self.session = self.session, None
        if session is not None:
            await self.client.sessions.leave(session)

    def _current(self) -> Session:
        if self.session is None:
            raise Refusal("No episode has begun: reset() first.")
        return self.session


def _observation(view: View) -> bytes:
    seen = Seen(
        text=view.observation.text,
        results=[msgspec.structs.asdict(result) for result in view.observation.results],
        choices=view.choices,
        turn=view.turn,
        offer=view.offer,
        outcome=view.outcome,
    )
    data = {"observation": seen, "reward": view.reward, "done": view.over}
    return _encode({"type": "observation", "data": data})


def view_of(answer: dict[str, Any]) -> View:
    """Read an answer of this wire, for a client: an `observation`, and `reward` and `done` beside.

    `done` is told of the episode; the world ended it unless the outcome says what else did.
    """
    seen = msgspec.convert(answer["observation"], Seen)
    ended = seen.outcome is not None and seen.outcome.stop == Stop.DONE
    results = tuple(msgspec.convert(seen.results, list[ToolResult]))
    observation = Observation(seen.text, done=ended, results=results)
    return View(
        session="",
        turn=seen.turn,
        observation=observation,
        choices=seen.choices,
        reward=answer["reward"],
        over=answer["done"],
        outcome=seen.outcome,
        offer=seen.offer,
    )


def _error(message: str, code: str) -> bytes:
    return _encode({"type": "error", "data": {"message": message, "code": code}})


def _named(request: web.Request) -> str:
    """Return the environment that the address names; empty: it names none."""
    match = request.match_info
    return f"{match['domain']}/{match['family']}" if "domain" in match else ""


async def _health(request: web.Request) -> web.Response:
    return answer({"status": "healthy"})


async def _metadata(request: web.Request) -> web.Response:
    served = request.app[SESSIONS].environments
    name = _named(request)
    names = [name] if name in served else list(served)
    described = "\n".join(f"{name}: {served[name].summary()}" for name in names)
    version = served[name].version if name in served else __version__
    return answer({"name": name or "firsthand", "description": described, "version": version})


async def _schema(request: web.Request) -> web.Response:
    schemas, definitions = msgspec.json.schema_components(
        [Step, Seen, State], ref_template="#/$defs/{name}"
    )
    named = zip(("action", "observation", "state"), schemas, strict=True)
    return answer({what: {**schema, "$defs": definitions} for what, schema in named})


async def _stateless(_request: web.Request) -> web.Response:
    raise Stateless(STATELESS)
