"""An OpenAI-compatible proxy that shows every conversation a random part of the context.

Point a client's base URL at `http://127.0.0.1:8765/c/KEY/v1`, with a key that names the
conversation; then post its outcome. Answers are passed through as they come, streams included. The
client's own key goes to the server behind; nothing of it is stored. Other programs of this machine
may talk to the proxy, other machines only where a token was set.
"""

import asyncio
import hmac
import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

import aiohttp
import msgspec
from aiohttp import web
from yarl import URL

from firsthand.errors import FirsthandError, UnknownName, UserError
from firsthand.trial.masking import Masker
from firsthand.trial.trial import Trial

LOOPBACK = ("127.0.0.1", "::1", "localhost")
LARGEST = 64 << 20
"""Bytes of a request: a long conversation with pictures."""
LONGEST_KEY = 200
CONNECT_SECONDS, SILENT_SECONDS = 30.0, 900.0
"""How long a server may take to be reached, and between two pieces of an answer."""
TAIL = 1 << 16
"""Bytes at the end of a stream in which its usage is looked for."""
HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization te trailer trailers "
    "transfer-encoding upgrade host content-length accept-encoding expect".split()
)
"""Headers between two neighbours only."""
KEY, TASK, TOKEN = "X-Trial-Key", "X-Trial-Task", "X-Trial-Token"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Where(NamedTuple):
    """Where a proxy listens, and the server behind it. `token`: what requests must carry."""

    upstream: str
    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""


class Spent:
    """The tokens of one conversation."""

    def __init__(self) -> None:
        self.tokens, self.untold, self.masked = 0, 0, 0

    def add(self, answer: bytes) -> None:
        """Count what an answer, or the end of a stream, says of its tokens."""
        if (found := total_tokens(answer)) is None:
            self.untold += 1
        else:
            self.tokens += found


class Proxy:
    """Serves one trial."""

    def __init__(self, trial: Trial, where: Where, session: aiohttp.ClientSession) -> None:
        self.trial, self.where, self.session = trial, where, session
        self.masker = Masker(trial)
        self.spent: dict[str, Spent] = defaultdict(Spent)

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Mask a request, pass it on, and pass its answer back as it comes."""
        key = request.match_info.get("key") or request.headers.get(KEY, "")
        task = request.match_info.get("task") or request.headers.get(TASK, "")
        body = await request.read()
        if request.method == "POST":
            if not key:
                raise UserError(
                    "The proxy does not know which conversation this is: use the base URL "
                    f"{request.url.origin()}/c/KEY/v1, or send the header {KEY}."
                )
            body = self._masked(_limited(key), task, body)
        url = URL(f"{self.where.upstream.rstrip('/')}/{request.match_info['rest']}")
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in HOP and not name.lower().startswith("x-trial-")
        }
        headers["Accept-Encoding"] = "identity"
        async with self.session.request(
            request.method,
            url.with_query(request.query_string),
            headers=headers,
            data=body or None,
            allow_redirects=False,
        ) as answer:
            return await self._passed_back(request, answer, key)

    def _masked(self, key: str, task: str, body: bytes) -> bytes:
        try:
            asked: Any = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return body  # no JSON, such as an upload: there is no prompt in it
        hidden = frozenset(self.trial.assign(key, task=task).assigned.hidden)
        masked = self.masker.request(asked, hidden)
        self.spent[key].masked += masked.found
        return msgspec.json.encode(masked.body) if masked.found else body

    async def _passed_back(
        self, request: web.Request, answer: aiohttp.ClientResponse, key: str
    ) -> web.StreamResponse:
        headers = {n: v for n, v in answer.headers.items() if n.lower() not in HOP}
        response = web.StreamResponse(status=answer.status, headers=headers)
        if key:
            response.headers[KEY] = key
        await response.prepare(request)
        tail = b""
        try:
            async for piece in answer.content.iter_any():
                await response.write(piece)
                tail = (tail + piece)[-TAIL:]
        except (aiohttp.ClientError, TimeoutError):
            # An answer that broke off must not look whole to the client.
            if request.transport is not None:
                request.transport.abort()
            return response
        await response.write_eof()
        if request.method == "POST" and answer.status == 200:
            self.spent[key].add(tail)
        return response

    async def outcome(self, request: web.Request) -> web.StreamResponse:
        """Take `{"key": …, "outcome": …}`."""
        try:
            told = msgspec.json.decode(await request.read(), type=Outcome)
        except msgspec.MsgspecError as error:
            raise UserError(f'An outcome is {{"key": "…", "outcome": 1.0}}: {error}.') from None
        known = self.trial.assigned(told.key)
        if known is None:
            raise UnknownName("conversation", told.key, self.trial.keys())
        spent = self.spent[told.key]
        if not spent.masked and not told.anyway:
            raise UserError(
                f"No request of {told.key!r} had the context in its system prompt, so that its "
                'outcome tells nothing. Add "anyway": true where the proxy was restarted meanwhile.'
            )
        counted = float(spent.tokens) if spent.tokens and not spent.untold else None
        tokens = told.tokens if told.tokens is not None else counted
        known.record(told.outcome, tokens=tokens)
        del self.spent[told.key]
        return web.json_response({"key": told.key, "finished": self.trial.finished})

    async def assignment(self, request: web.Request) -> web.StreamResponse:
        """Say what a conversation is shown."""
        known = self.trial.assigned(request.match_info["key"])
        if known is None:
            raise UnknownName("conversation", request.match_info["key"], self.trial.keys())
        return web.json_response(msgspec.to_builtins(known.assigned))


class Outcome(msgspec.Struct, forbid_unknown_fields=True):
    """How a conversation went: more is better."""

    key: str
    outcome: float
    tokens: float | None = None
    anyway: bool = False


def _limited(key: str) -> str:
    if len(key) > LONGEST_KEY:
        raise UserError(f"A key has at most {LONGEST_KEY} characters, got {len(key)}.")
    if not key.isprintable():  # it goes back in a header
        raise UserError(f"A key is printable text, got {key!r}.")
    return key


def total_tokens(answer: bytes) -> int | None:
    """Return the tokens that an answer says it took; the last word of a stream counts."""
    found: int | None = None
    lines = [answer, *(line.removeprefix(b"data:").strip() for line in answer.split(b"\n"))]
    for line in lines:
        if b'"usage"' in line:
            try:
                told = msgspec.json.decode(line, type=_Told)
            except msgspec.MsgspecError:
                continue
            usage = told.usage or (told.response.usage if told.response else None)
            if usage and usage.total_tokens:
                found = usage.total_tokens
    return found


class _Usage(msgspec.Struct):
    total_tokens: int = 0


class _Response(msgspec.Struct):
    usage: _Usage | None = None


class _Told(msgspec.Struct):
    usage: _Usage | None = None
    response: _Response | None = None


def _words(where: Where) -> Any:
    """Turn mistakes into errors of the shape that clients know, and let only the right ones in."""

    @web.middleware
    async def words(request: web.Request, handler: Handler) -> web.StreamResponse:
        if where.token:
            given = request.headers.get(TOKEN, "")
            if not hmac.compare_digest(given.encode(), where.token.encode()):
                return _refusal(401, f"The header {TOKEN} is missing or wrong.")
        elif not _local(request.host):  # a page in a browser that renamed this machine
            return _refusal(403, f"This proxy serves this machine only, not {request.host!r}.")
        try:
            return await handler(request)
        except UnknownName as error:
            return _refusal(404, str(error))
        except FirsthandError as error:
            return _refusal(422, str(error))
        except (aiohttp.ClientError, TimeoutError) as error:
            said = str(error) or type(error).__name__
            return _refusal(502, f"{where.upstream} did not answer: {said}.")

    return words


def _local(host: str) -> bool:
    return re.sub(r":\d+$", "", host).strip("[]") in LOOPBACK


def _refusal(status: int, message: str) -> web.Response:
    error = {"message": message, "type": "firsthand_trial", "param": None, "code": status}
    return web.json_response({"error": error}, status=status)


def check(where: Where) -> None:
    """Refuse what would be open to others, and what is no server. Raises `UserError`."""
    if where.host not in LOOPBACK and not where.token:
        raise UserError(
            f"Whoever reaches {where.host} could use the proxy: set FIRSTHAND_TRIAL_TOKEN, which "
            f"requests must then carry as {TOKEN}, or listen on 127.0.0.1."
        )
    if not re.match(r"https?://[^/]+", where.upstream):
        raise UserError(
            f"The server behind is given as its base URL, such as http://127.0.0.1:8000/v1; got "
            f"{where.upstream!r}."
        )


@asynccontextmanager
async def serving(trial: Trial, where: Where) -> AsyncGenerator[str]:
    """Serve while the block runs; yields the URL without a path. Raises `UserError`."""
    check(where)
    timeout = aiohttp.ClientTimeout(None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
        proxy = Proxy(trial, where, session)
        app = web.Application(middlewares=[_words(where)], client_max_size=LARGEST)
        app.router.add_post("/trial/outcome", proxy.outcome)
        app.router.add_get("/trial/assignment/{key}", proxy.assignment)
        for prefix in ("/v1", "/c/{key}/v1", "/t/{task}/c/{key}/v1"):
            app.router.add_route("*", prefix + "/{rest:.*}", proxy.forward)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, where.host, where.port).start()
            address = cast("tuple[str, int]", runner.addresses[0])
            host = f"[{address[0]}]" if ":" in address[0] else address[0]
            yield f"http://{host}:{address[1]}"
        except OSError as error:
            raise UserError(f"{where.host}:{where.port} cannot be used: {error}.") from None
        finally:
            await runner.cleanup()


async def serve(trial: Trial, where: Where, tell: Callable[[str], None]) -> None:
    """Serve until this is cancelled."""
    async with serving(trial, where) as url:
        tell(url)
        await asyncio.Event().wait()
