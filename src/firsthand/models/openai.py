"""Any OpenAI-compatible endpoint as a model, over one aiohttp session per event loop.

A call that may succeed later (429, 5xx, a lost connection, a timeout) is repeated with growing, jittered
waits, and never sooner than the server asked. The key is read from the environment when a session opens
and lives nowhere else. Left out: proxies and `.netrc`, which aiohttp would look up again for each call.
"""

import asyncio
import logging
import os
import random
import re
import time
from collections.abc import AsyncGenerator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import msgspec
from yarl import URL

from firsthand.errors import ModelError, UserError
from firsthand.models import Endpoint, chat
from firsthand.prompt import Completion, Prompt, Sampling, Traits
from firsthand.secrets import redact, register

OFFICIAL = "https://api.openai.com/v1"

ANSWER_TOKENS = 4096
"""Reasoning models need thousands; more would not fit beside the prompt in many servers' 8 k."""

_log = logging.getLogger(__name__)


class Patience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long to wait for an answer, and how often to ask again. Times are in seconds."""

    timeout: float = 60.0
    """Most time for one call, connecting included."""
    retries: int = 5
    """Most further calls after one that failed but may succeed later."""
    backoff: float = 0.5
    """The n-th wait is drawn from [0, backoff · 2ⁿ]; what the server asks for comes on top."""
    longest: float = 60.0
    """Most time for one wait; a server that asks for more ends the attempt."""


class OpenAI:
    """A model behind an OpenAI-compatible endpoint that offers chat completions.

    `url` ends where `/chat/completions` begins. `logprobs` asks for the log-probability of each sampled
    token. `concurrency` bounds the calls in flight in one event loop. `extra` is sent with every request, for
    what a server offers beyond the standard, e.g. `{"top_k": 0}`. Raises `UserError`.
    """

    traits = Traits(calls_tools=True, answer_tokens=ANSWER_TOKENS)

    def __init__(
        self,
        model: str,
        *,
        url: str | None = None,
        key_env: str = "OPENAI_API_KEY",
        logprobs: bool = False,
        concurrency: int = 2048,
        extra: Mapping[str, Any] | None = None,
        patience: Patience = Patience(),
    ) -> None:
        self.url = checked_url(url or os.environ.get("OPENAI_BASE_URL") or OFFICIAL)
        self.official = self.url == OFFICIAL
        self.key_env, self.concurrency, self.patience = key_env, concurrency, patience
        if self.official and not os.environ.get(key_env):
            raise UserError(
                f"{OFFICIAL} needs a key: set the environment variable {key_env}, or name another endpoint: openai:MODEL@http://HOST:PORT/v1."
            )
        if self.official and not model:
            raise UserError(
                "Name a model: openai:MODEL, or openai:MODEL@http://HOST:PORT/v1 for another endpoint."
            )
        self.name = (
            f"openai:{model}" if self.official else f"openai:{model}@{self.url}".replace(":@", ":")
        )
        self._fixed = {
            **({"model": model} if model else {}),
            **({"logprobs": True} if logprobs else {}),
            **(extra or {}),
        }
        # only OpenAI itself has renamed the field, and its newer models refuse the old name
        self._limit = "max_completion_tokens" if self.official else "max_tokens"
        self._endpoint = URL(f"{self.url}/chat/completions")
        self._random = random.Random()
        self._lines: dict[asyncio.AbstractEventLoop, _Line] = {}

    @classmethod
    def from_name(cls, name: str, endpoint: Endpoint = Endpoint()) -> "OpenAI":
        """Read `MODEL@URL`, `MODEL` or `URL`. Without a URL it is OPENAI_BASE_URL, else OpenAI's own."""
        found = re.fullmatch(r"(?P<model>.*?)@?(?P<url>https?://.*)?", name, re.DOTALL)
        assert found is not None  # both parts may be empty
        patience = Patience(timeout=endpoint.timeout) if endpoint.timeout else Patience()
        key_env = endpoint.key_env or "OPENAI_API_KEY"
        return cls(
            found["model"],
            url=found["url"],
            key_env=key_env,
            extra=endpoint.extra,
            patience=patience,
        )

    def __repr__(self) -> str:
        return f"OpenAI({self.name!r})"

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Ask for one assistant message. Raises `ModelError` when the server refuses or stays silent."""
        asked = msgspec.structs.replace(
            sampling, max_tokens=sampling.max_tokens or self.traits.answer_tokens
        )
        body = chat.encode(prompt, asked, self._fixed, limit=self._limit)
        payload = await self._post(body)
        try:
            return chat.decode(payload, turn=len(prompt.messages))
        except ModelError as error:
            raise ModelError(redact(f"{self.name}: {error}")) from None

    async def close(self) -> None:
        """Close the connections of the running event loop; those of others close when their loop ends."""
        line = self._lines.get(asyncio.get_running_loop())
        if line is not None:
            await line.hold.aclose()

    async def _post(self, body: bytes) -> bytes:
        line = self._lines.get(asyncio.get_running_loop()) or await self._connect()
        attempt = 0
        while True:
            asked = 0.0
            try:
                async with (
                    line.slots,
                    line.session.post(self._endpoint, data=body, allow_redirects=False) as response,
                ):
                    payload = await response.read()
                if response.status == 200:
                    return payload
                problem = self._problem(response.status, payload)
                if response.status not in (408, 429) and response.status < 500:
                    raise ModelError(f"{self.name} refused the request: {problem}")
                asked = retry_after(response.headers.get("Retry-After"))
            except TimeoutError:
                problem = f"no answer within {self.patience.timeout:g} s"
            except aiohttp.ClientError as error:
                problem = redact(f"{type(error).__name__}: {error}")
            attempt += 1
            await self._wait(attempt, asked, problem)

    async def _wait(self, attempt: int, asked: float, problem: str) -> None:
        """Sleep before the next attempt. Raises `ModelError` when there should be none."""
        patience = self.patience
        if attempt > patience.retries:
            raise ModelError(
                f"{self.name} gave no answer in {attempt} {'try' if attempt == 1 else 'tries'}; the last one: {problem}"
            )
        if asked > patience.longest:
            raise ModelError(
                f"{self.name} asks to wait {asked:g} s, more than the longest wait of {patience.longest:g} s. It said: {problem}"
            )
        seconds = asked + self._random.uniform(
            0.0, min(patience.longest, patience.backoff * 2.0 ** (attempt - 1))
        )
        _log.info("%s: %s; try %d follows in %.2f s", self.name, problem, attempt + 1, seconds)
        await asyncio.sleep(seconds)

    def _problem(self, status: int, payload: bytes) -> str:
        try:
            phrase = f"{status} {HTTPStatus(status).phrase}"
        except ValueError:
            phrase = str(status)
        hint = ""
        if status in (401, 403):
            hint = f" The key comes from the environment variable {self.key_env}, which is {'set' if os.environ.get(self.key_env) else 'not set'}."
        return redact(f"{phrase}: {chat.complaint(payload)}{hint}")

    async def _connect(self) -> "_Line":
        hold = self._session()
        line = _Line(hold, await anext(hold), asyncio.Semaphore(self.concurrency))
        self._lines[asyncio.get_running_loop()] = line
        return line

    async def _session(self) -> AsyncGenerator[aiohttp.ClientSession, None]:
        """Keep the session of the running loop. A generator, because a loop closes its own when it ends."""
        loop, key = asyncio.get_running_loop(), os.environ.get(self.key_env, "").strip()
        register(key)
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the default of 100 would cap rollouts
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self.patience.timeout),
            headers={
                "Content-Type": "application/json",
                **({"Authorization": f"Bearer {key}"} if key else {}),
            },
        )
        try:
            yield session
        finally:
            self._lines.pop(loop, None)
            await session.close()
            await asyncio.sleep(0)  # lets the transports finish closing


class _Line(NamedTuple):
    """What one event loop holds: the generator that keeps the session, the session, the free slots."""

    hold: AsyncGenerator[aiohttp.ClientSession, None]
    session: aiohttp.ClientSession
    slots: asyncio.Semaphore


def checked_url(url: str) -> str:
    """Return the base of an endpoint, with `/v1` where it has no path. Raises `UserError`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(f"An endpoint reads http://HOST:PORT/v1 or https://HOST/v1, got {url!r}.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UserError(
            f"The endpoint at {parts.hostname} carries a login or a query; a URL is recorded, so put the key in the environment instead."
        )
    return url.rstrip("/") if parts.path.strip("/") else f"{parts.scheme}://{parts.netloc}/v1"


def retry_after(header: str | None) -> float:
    """Read `Retry-After`, in seconds or as an HTTP date; 0 when it is missing, unreadable or past."""
    if not header:
        return 0.0
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return 0.0
