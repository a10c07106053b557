"""The connections to one endpoint: an aiohttp session for each event loop, and one exchange over
it.

The key is read from the environment when a session opens and lives nowhere else. Left out: proxies
and `.netrc`, which aiohttp would look up again for each call, and redirects, which could lead a key
away.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import NamedTuple

import aiohttp
from yarl import URL

from firsthand.errors import EndpointError, UserError
from firsthand.models import address, body
from firsthand.secrets import redact, register

PROBE_SECONDS = 10.0


class Reply(NamedTuple):
    """What came back: the status, the header `Retry-After`, and the unpacked body."""

    status: int
    retry_after: str | None
    payload: bytes


class NoReply(Exception):
    """Nothing readable came back; another try may succeed."""


class Connection:
    """An endpoint's address and the key that belongs to it; at most `concurrency` calls at once."""

    def __init__(self, url: str, key_env: str | None, *, concurrency: int, timeout: float) -> None:
        self.url, self.key_env = url, key_env
        self.concurrency, self.timeout = concurrency, timeout
        self.endpoint = URL(f"{url}/chat/completions")
        self.lines: dict[asyncio.AbstractEventLoop, _Line] = {}
        self.reached = False

    def __getstate__(self) -> dict[str, object]:
        """Leave out what belongs to this process: its sessions, with the key in them."""
        return {**self.__dict__, "lines": {}, "reached": False}

    async def probe(self) -> None:
        """Connect once, sending nothing. Raises `UserError` when nobody answers at the address."""
        if self.reached:
            return
        secure = self.endpoint.scheme == "https"
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                _, writer = await asyncio.open_connection(
                    self.endpoint.host, self.endpoint.port, ssl=secure
                )
        except (OSError, UnicodeError) as error:
            late = isinstance(error, TimeoutError)
            why = f"no answer within {PROBE_SECONDS:g} s" if late else redact(str(error))
            raise UserError(
                f"Nobody answers at {self.url} ({why}). Check the address, and that the server "
                f"is running."
            ) from None
        writer.transport.abort()
        await asyncio.sleep(0)  # lets the transport finish closing
        self.reached = True

    async def post(self, request: bytes) -> Reply:
        """Send one request. Raises `NoReply`, `Damaged`; `EndpointError` where to try is no use."""
        line = self.lines.get(asyncio.get_running_loop()) or await self._connect()
        try:
            async with (
                line.slots,
                line.session.post(self.endpoint, data=request, allow_redirects=False) as response,
            ):
                asked = response.headers.get("Retry-After")
                return Reply(response.status, asked, await body.read(response))
        except TimeoutError:
            raise NoReply(f"no answer within {self.timeout:g} s") from None
        except aiohttp.ClientConnectorSSLError as error:  # a wrong certificate is one, too
            raise EndpointError(f"{self.url} cannot be reached safely: {error}") from None
        except aiohttp.ClientError as error:
            raise NoReply(f"{type(error).__name__}: {error}") from None

    async def close(self) -> None:
        """Close the session of the running loop; those of others close when their loop ends."""
        line = self.lines.get(asyncio.get_running_loop())
        if line is not None:
            await line.hold.aclose()

    async def _connect(self) -> "_Line":
        hold = self._session()
        line = _Line(hold, await anext(hold), asyncio.Semaphore(self.concurrency))
        self.lines[asyncio.get_running_loop()] = line
        return line

    async def _session(self) -> AsyncGenerator[aiohttp.ClientSession, None]:
        """Keep the session of the running loop. A generator: a loop closes its own at its end."""
        loop = asyncio.get_running_loop()
        key = address.checked_key(self.key_env) if self.key_env else ""
        address.register_keys()
        register(key)
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the default of 100 would cap rollouts
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            headers={**headers, **({"Authorization": f"Bearer {key}"} if key else {})},
            auto_decompress=False,  # `body.read` does it, within bounds
        )
        try:
            yield session
        finally:
            self.lines.pop(loop, None)
            await session.close()
            await asyncio.sleep(0)  # lets the transports finish closing


class _Line(NamedTuple):
    """What one event loop holds: the generator with the session, the session, the free slots."""

    hold: AsyncGenerator[aiohttp.ClientSession, None]
    session: aiohttp.ClientSession
    slots: asyncio.Semaphore
