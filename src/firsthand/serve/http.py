"""The plain HTTP interface: JSON in, JSON out, one request a turn.

    POST   /sessions             {"environment": ..., "level": ..., "seed": ...} -> the first view
    POST   /sessions/ID/act      {"text": ...} or {"calls": [...]}              -> the next view
    POST   /sessions/ID/finish   the score as it stands                         -> the last view
    GET    /sessions/ID          what was shown last
    DELETE /sessions/ID          leave

`openapi.py` describes it for programs and people; `websocket.py` plays it over one connection.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from firsthand.errors import FirsthandError
from firsthand.registry import lookup
from firsthand.serve.access import Access, Rate
from firsthand.serve.sessions import Session, Sessions
from firsthand.serve.wire import (
    Act,
    Open,
    Refusal,
    Refused,
    Told,
    TooLarge,
)

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SESSIONS = web.AppKey("sessions", Sessions)
RATE = web.AppKey("rate", Rate)
ACCESS = web.AppKey("access", Access)

PUBLIC = ("/health", "/openapi.json", "/docs")
"""What can be read without a key."""

_encode = msgspec.json.Encoder().encode
_open = msgspec.json.Decoder(Open)
_act = msgspec.json.Decoder(Act)


def application(sessions: Sessions, access: Access) -> web.Application:
    """Return the server's routes; the other protocols add theirs."""
    rules = sessions.rules
    app = web.Application(middlewares=[_gate], client_max_size=rules.message_bytes)
    app[SESSIONS], app[ACCESS] = sessions, access
    app[RATE] = Rate(rules.messages_per_second)
    app.router.add_get("/environments", _environments)
    app.router.add_post("/sessions", _start)
    app.router.add_get("/sessions/{id}", _look)
    app.router.add_delete("/sessions/{id}", _leave)
    app.router.add_post("/sessions/{id}/act", _take_turn)
    app.router.add_post("/sessions/{id}/finish", _finish)
    return app


def answer(value: Any, status: int = 200) -> web.Response:
    """Return a value as JSON."""
    return web.Response(body=_encode(value), status=status, content_type="application/json")


def decoded(decoder: "msgspec.json.Decoder[T]", body: bytes | str) -> T:
    """Read a message. Raises `Refusal` with the path to what is wrong."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(f"The message cannot be read: {error}") from None


def described(name: str) -> dict[str, Any]:
    """Describe an environment in a list."""
    found = lookup(name)
    return {
        "name": name,
        "summary": found.summary(),
        "levels": list(found.levels),
        "turns": found.turns,
        "version": found.version,
    }


def owner_of(request: web.Request) -> str:
    """Return which client sent a request that was let in."""
    return request.app[ACCESS].owner(request.headers)


@web.middleware
async def _gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let in whoever may, not too often, and answer every mistake in the same form."""
    try:
        request.app[RATE].take(_client(request))
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        most = request.app[SESSIONS].rules.message_bytes
        refusal: Refusal = TooLarge(f"A message has at most {most:,} bytes.")
    except Refusal as error:
        refusal = error
    except web.HTTPException as error:
        said = f"{error.status} {error.reason}: {request.method} {request.path}"
        return _wrong("http", f"{said}; GET /docs lists what there is.", error.status)
    except FirsthandError as error:
        return _wrong("failed", str(error), 500)
    return answer(Refused.of(refusal), refusal.status)


def _wrong(code: str, message: str, status: int) -> web.Response:
    return answer(Refused(Told(code, message)), status)


def _client(request: web.Request) -> str:
    """Say whose messages to count; whoever has no key is counted by address. Raises `Refusal`."""
    if request.path in PUBLIC:
        return request.remote or ""
    try:
        return owner_of(request)
    except Refusal:
        request.app[RATE].take(request.remote or "")
        raise


def _session(request: web.Request) -> Session:
    return request.app[SESSIONS].get(request.match_info["id"], owner_of(request))


async def _environments(request: web.Request) -> web.Response:
    return answer([described(name) for name in request.app[SESSIONS].environments])


async def _start(request: web.Request) -> web.Response:
    asked = decoded(_open, await request.read() or b"{}")
    session = await request.app[SESSIONS].open(asked, owner_of(request), "http")
    return answer(session.view, 201)


async def _look(request: web.Request) -> web.Response:
    """Show the last view, with what is asked: enough to go on after a lost connection."""
    session = _session(request)
    return answer(msgspec.structs.replace(session.view, offer=session.offer))


async def _take_turn(request: web.Request) -> web.Response:
    session, act = _session(request), decoded(_act, await request.read())
    return answer(await session.act(act.action, act.turn))


async def _finish(request: web.Request) -> web.Response:
    return answer(await request.app[SESSIONS].finish(_session(request)))


async def _leave(request: web.Request) -> web.Response:
    await request.app[SESSIONS].leave(_session(request))
    return web.Response(status=204)
