"""What an OpenEnv server (0.10) speaks: one connection to `/ws` plays one episode at a time.

Spoken directly, because their package brings a web server, pandas and MCP to send four kinds of
JSON. Left out: HTTP `/reset` and `/step`, which make a new world for every request, and MCP.
"""

import asyncio
import contextlib
import socket
import sys
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import aiohttp
import msgspec

from firsthand.errors import FirsthandError, UserError

ANSWER_SECONDS = 60.0
"""Most wait for one answer; below the 120 s that a turn may take, so that this error is shown."""

REACH_SECONDS = 5.0
"""Most wait for a connection where a contained process tries whether it has a network."""

PAUSE_SECONDS = 0.1
TRIES_WHEN_FULL = 300
"""Times that a full server is asked again: half a minute. Many play one episode at a time."""

MOST_BYTES = 16 * 2**20
"""The longest message that is read."""


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a server is, and what it wants to be told with every connection and every reset."""

    url: str
    """Such as `http://127.0.0.1:8000`, with the path before `/ws` where it has one."""
    headers: dict[str, str] = {}
    """Sent with every request, such as a key."""
    reset: dict[str, Any] = {}
    """Sent with every reset, beside the seed."""
    split_by: str = "observation"
    """What decides the split of an instance: the first "observation", or the "seed"."""

    def __reduce__(self) -> Any:
        return _arrived, (self.url, self.headers, self.reset, self.split_by)


class Told(msgspec.Struct, frozen=True):
    """What a reset or a step tells."""

    observation: dict[str, Any]
    reward: float | bool | None = None
    done: bool = False


class Facts(NamedTuple):
    """What a server says of itself."""

    name: str
    version: str
    action: dict[str, Any]
    """The JSON Schema of an action, with its references resolved at the top; empty: not told."""


class ServerFailed(FirsthandError):
    """A server that went away, or answered with an error; `code` is OpenEnv's, where it has one."""

    owner = "environment"

    def __init__(self, message: str, code: str = "") -> None:
        self.code = code
        super().__init__(message)


class _Answer(msgspec.Struct, frozen=True):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _Fault(msgspec.Struct, frozen=True):
    message: str = ""
    code: str = ""


class Connection:
    """One session with a server, opened by the first reset and again after `close`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http: aiohttp.ClientSession | None = None
        self.socket: aiohttp.ClientWebSocketResponse | None = None

    async def begin(self, seed: int) -> Told:
        """Begin an episode; while the server is full, wait. Raises `ServerFailed`, `UserError`."""
        full = ""
        for _ in range(TRIES_WHEN_FULL):
            try:
                return await self._ask("reset", {**self.server.reset, "seed": seed})
            except ServerFailed as failed:
                await self.close()
                if failed.code != "CAPACITY_REACHED":
                    raise
                full = str(failed)
            await asyncio.sleep(PAUSE_SECONDS)
        raise ServerFailed(f"{full} It stayed full: play with concurrency=1.")

    async def step(self, action: dict[str, Any]) -> Told:
        """Take one step. Raises `ServerFailed`; code VALIDATION_ERROR: the action was not taken."""
        return await self._ask("step", action)

    async def close(self) -> None:
        """Hang up, which releases the server's world."""
        http, connected, self.http, self.socket = self.http, self.socket, None, None
        if connected is not None:
            await connected.close()
        if http is not None:
            await http.close()

    async def _ask(self, type: str, data: dict[str, Any]) -> Told:
        connected = await self._connected()
        url = self.server.url
        # a full server says so and hangs up before it is asked: its word is still to be read
        with contextlib.suppress(ConnectionError):
            await connected.send_str(msgspec.json.encode({"type": type, "data": data}).decode())
        try:
            message = await connected.receive(ANSWER_SECONDS)
        except TimeoutError:
            raise ServerFailed(f"{url} did not answer {type} in {ANSWER_SECONDS:g} s.") from None
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ServerFailed(
                f"{url} hung up when it was asked to {type} ({connected.close_code})."
            )
        return _told(cast("str", message.data), type, url)

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        if self.socket is None:
            self.http = aiohttp.ClientSession(headers=self.server.headers)
            try:
                self.socket = await self.http.ws_connect(
                    f"{self.server.url}/ws", max_msg_size=MOST_BYTES
                )
            except (aiohttp.ClientError, OSError) as error:
                await self.close()
                raise _unreachable(f"{self.server.url}/ws", error) from None
        return self.socket


def _arrived(*fields: Any) -> Server:
    """Return a server in another process. Raises `UserError` where an audit cannot reach it."""
    server = Server(*fields)
    _refuse_audits(server)
    return server


def _refuse_audits(server: Server) -> None:
    """Raise `UserError` in a contained process, as of an audit: every episode would fail there, and
    the audit would blame the environment.
    """
    told = getattr(sys.modules["__main__"], "__spec__", None)
    if told is None or told.name != "firsthand.process.host":
        return
    place = urlsplit(server.url)
    port = place.port or (443 if place.scheme == "https" else 80)
    try:
        socket.create_connection((place.hostname or "", port), REACH_SECONDS).close()
    except OSError as error:
        raise UserError(
            f"{server.url} cannot be reached by the processes of an audit, which have no "
            f"network ({error}): fh.check and rollouts play it, an audit cannot."
        ) from None


async def facts(server: Server) -> Facts:
    """Ask a server what it is. Raises `UserError` where none answers, or another kind of server."""
    _refuse_audits(server)
    limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(headers=server.headers, timeout=limit) as http:
        schema = await _document(http, f"{server.url}/schema")
        if schema is None or "action" not in schema:
            raise UserError(
                f"{server.url} is no OpenEnv server: GET /schema should tell the schema of an "
                "action. The address is what precedes /ws."
            )
        said = await _document(http, f"{server.url}/metadata") or {}
    action = cast("dict[str, Any]", schema["action"])
    definitions = action.get("$defs", {})
    if (reference := action.get("$ref", "")).startswith("#/$defs/"):
        action = {**definitions.get(reference.removeprefix("#/$defs/"), {}), "$defs": definitions}
    return Facts(str(said.get("name") or ""), str(said.get("version") or "1"), action)


async def _document(http: aiohttp.ClientSession, url: str) -> dict[str, Any] | None:
    """Return a JSON object, or None where the server has none there. Raises `UserError`."""
    try:
        async with http.get(url) as reply:
            if reply.status in (401, 403):
                raise UserError(f"{url} answers {reply.status}: adopt Server(url, headers=KEY).")
            if reply.status != 200:
                return None
            return msgspec.json.decode(await reply.read(), type=dict[str, Any])
    except msgspec.DecodeError:
        return None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _unreachable(url, error) from None


def _unreachable(url: str, error: Exception) -> UserError:
    return UserError(f"No OpenEnv server answers at {url}: {str(error) or type(error).__name__}")


def _told(text: str, asked: str, url: str) -> Told:
    try:
        answer = msgspec.json.decode(text, type=_Answer)
        if answer.type == "observation":
            return msgspec.json.decode(answer.data, type=Told)
        fault = msgspec.json.decode(answer.data, type=_Fault)
    except msgspec.DecodeError as error:
        raise ServerFailed(f"{url} answered {asked} in another protocol: {error}") from None
    if answer.type != "error":
        raise ServerFailed(f"{url} answered {asked} with {answer.type!r}, not an observation.")
    raise ServerFailed(f"{url} refused {asked}: {fault.message} ({fault.code})", fault.code)
