"""Play over one WebSocket, `/play`: cheaper than a request a turn, and closing it is leaving.

{"open": {"environment": "games/nim"}}  -> the first view
{"act": {"text": "take 2"}}             -> the next view
{"finish": true}                        -> the last view
"""

import msgspec
from aiohttp import WSMsgType, web

from firsthand.serve.http import RATE, SESSIONS, decoded, owner_of
from firsthand.serve.sessions import Session, Sessions
from firsthand.serve.wire import Act, NoSession, Open, Refusal, Refused, View

HEARTBEAT_SECONDS = 30.0
"""A client that does not answer a ping in half of this is gone."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may send: one of these."""

    open: Open | None = None
    act: Act | None = None
    finish: bool = False


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Message)


def socket_of(sessions: Sessions) -> web.WebSocketResponse:
    """Return a connection with the server's limits."""
    return web.WebSocketResponse(
        heartbeat=HEARTBEAT_SECONDS, max_msg_size=sessions.rules.message_bytes, compress=False
    )


async def play(request: web.Request) -> web.WebSocketResponse:
    """Play episodes, one after the other, until the client closes the connection."""
    sessions, owner = request.app[SESSIONS], owner_of(request)
    socket = socket_of(sessions)
    await socket.prepare(request)
    session: Session | None = None
    try:
        async for message in socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                break
            try:
                request.app[RATE].take(owner)
                asked = decoded(_decoder, message.data)
                if asked.open is not None:
                    if session is not None:
                        await sessions.leave(session)
                    session = await sessions.open(asked.open, owner, "ws")
                    answer = _encode(session.view)
                else:
                    answer = _encode(await _answered(sessions, session, asked))
            except Refusal as error:
                answer = _encode(Refused.of(error))
            await socket.send_str(answer.decode())
    finally:
        if session is not None:
            await sessions.leave(session)
    return socket


async def _answered(sessions: Sessions, session: Session | None, asked: Message) -> View:
    if session is None:
        raise NoSession('Nothing is played yet: send {"open": {...}} first.')
    if asked.act is not None:
        return await session.act(asked.act.action, asked.act.turn)
    if asked.finish:
        return await sessions.finish(session)
    raise Refusal('The message asks for nothing: expected "open", "act" or "finish".')
