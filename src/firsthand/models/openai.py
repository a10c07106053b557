"""Any OpenAI-compatible endpoint as a model.

A call that may succeed later (429, 5xx, a lost connection, a timeout, a reply that makes no sense)
is repeated with growing, jittered waits, and never sooner than the server asked. A setting that the
server refuses, such as a temperature, is left out from then on (`dialect`). Left out: streaming.
"""

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import msgspec

from firsthand.errors import ContextFull, EndpointError, ModelError, UserError
from firsthand.models import Endpoint, address, chat
from firsthand.models.body import Damaged
from firsthand.models.connection import Connection, NoReply, Reply
from firsthand.models.context import context_full
from firsthand.models.dialect import Dialect
from firsthand.prompt import Completion, Prompt, Sampling, Traits, usage_of
from firsthand.secrets import redact
from firsthand.usage import Usage

ANSWER_TOKENS = 4096
"""Reasoning models need thousands; more would not fit beside the prompt in many servers' 8 k."""

LATER = {408, 409, 425, 429}
"""Statuses below 500 after which another try may succeed."""

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

    `url` ends where `/chat/completions` begins. `key_env` names the variable with the key; without
    it the host decides (`address.key_variable`). `logprobs` asks for the log-probability of each
    sampled token. `concurrency` bounds the calls in flight in one event loop. `extra` is sent with
    every request and is part of the name, e.g. `{"reasoning_effort": "low"}`. Raises `UserError`.
    """

    traits = Traits(calls_tools=True, answer_tokens=ANSWER_TOKENS)

    def __init__(
        self,
        model: str,
        *,
        url: str | None = None,
        key_env: str | None = None,
        logprobs: bool = False,
        concurrency: int = 2048,
        extra: Mapping[str, Any] | None = None,
        patience: Patience = Patience(),
    ) -> None:
        self.url = address.checked_url(url) if url else address.default_url()
        self.official = self.url == address.OFFICIAL
        self.traits = msgspec.structs.replace(type(self).traits, paid=not address.is_here(self.url))
        self.key_env = address.key_variable(self.url, key_env)
        self.patience = patience
        self._check(model)
        added = address.checked_extra(dict(extra or {}))
        at = None if self.official else self.url
        self.name = f"openai:{address.written(model, added, at)}"
        named = {"model": model} if model else {}
        fixed = {**named, **({"logprobs": True} if logprobs else {}), **added}
        # only OpenAI itself has renamed the field, and its newer models refuse the old name
        limit = "max_completion_tokens" if self.official else "max_tokens"
        self.dialect = Dialect(self.name, fixed, limit=limit)
        self.connection = Connection(
            self.url, self.key_env, concurrency=concurrency, timeout=patience.timeout
        )
        self._random = random.Random()

    @classmethod
    def from_name(cls, name: str, endpoint: Endpoint = Endpoint()) -> "OpenAI":
        """Read `MODEL?FIELD=VALUE@URL`. Without a URL it is OPENAI_BASE_URL, else OpenAI's own."""
        found = address.parse(name)
        return cls(
            found.model,
            url=found.url,
            key_env=endpoint.key_env,
            extra={**found.extra, **endpoint.extra},
            patience=Patience(timeout=endpoint.timeout) if endpoint.timeout else Patience(),
        )

    def __repr__(self) -> str:
        return f"OpenAI({self.name!r})"

    async def probe(self) -> None:
        """Connect once, sending nothing. Raises `UserError` when nobody answers at the address."""
        await self.connection.probe()

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Ask for one assistant message. Raises `ModelError` when there is none.

        Raises `ContextFull` when the server says that the conversation does not fit.
        """
        call = _Call(prompt, sampling, self.traits.answer_tokens)
        try:
            return await self._answer(call)
        except ModelError as error:
            used = call.used + (error.usage or Usage())
            said = redact(str(error))
            raise type(error)(said, usage=used if used.calls else None) from None

    async def close(self) -> None:
        """Close the connections of the running loop; those of others close when their loop ends."""
        await self.connection.close()

    async def _answer(self, call: "_Call") -> Completion:
        """Try until there is an answer. Raises `ModelError`, its text not yet redacted."""
        attempt = 0
        while True:
            asked = 0.0
            try:
                reply = await self._try(call)
                if reply.status == 200:
                    return self._read(call, reply.payload)
                if full := self._full(call, reply):
                    if chat.too_many_tokens(reply.payload) and self._unlimited(call):
                        continue
                    raise full
                problem = self._problem(reply)
                if reply.status not in LATER and reply.status < 500:
                    if self._adapt(call, reply):
                        continue
                    kind = EndpointError if reply.status in (401, 403, 404) else ModelError
                    raise kind(f"{self.name} refused the request: {problem}")
                asked = retry_after(reply.retry_after)
            except (NoReply, Damaged) as error:
                problem = str(error)
            attempt += 1
            await self._wait(attempt, asked, redact(problem))

    async def _try(self, call: "_Call") -> Reply:
        dialect = self.dialect
        call.sent = dialect.settings(unlimited=call.unlimited)
        request = chat.encode(
            call.prompt, call.sampling, dialect.added, limit=dialect.limit, settings=call.sent
        )
        try:
            return await self.connection.post(request)
        except EndpointError as error:
            if isinstance(error, Damaged):
                raise
            raise type(error)(f"{self.name}: {error}") from None

    def _read(self, call: "_Call", payload: bytes) -> Completion:
        most = call.sampling.max_tokens
        try:
            found = chat.decode(payload, turn=len(call.prompt.messages), most=most)
        except Damaged:
            call.used += chat.usage_in(payload) or Usage()
            if full := self._full(call, Reply(200, None, payload)):
                raise full from None
            raise
        except ModelError as error:
            usage = error.usage or chat.usage_in(payload)
            raise type(error)(f"{self.name}: {error}", usage=usage) from None
        usage = call.used + usage_of(call.prompt, found)
        notes = self.dialect.notes(call.sampling, unlimited=call.unlimited)
        return msgspec.structs.replace(found, usage=usage, notes=tuple(notes))

    def _adapt(self, call: "_Call", reply: Reply) -> bool:
        """Do without a setting that the server objects to. False: it objects to something else."""
        if reply.status not in (400, 422):
            return False
        if not chat.too_many_tokens(reply.payload):
            return self.dialect.adapt(reply.payload, call.sent, call.sampling)
        return self._unlimited(call)

    def _full(self, call: "_Call", reply: Reply) -> ContextFull | None:
        """Return the error of a conversation that does not fit; None: that is not what is said.

        Where the answer alone was allowed more tokens than the context has, no shorter conversation
        would fit: that is refused like any other setting.
        """
        found = context_full(reply.status, reply.payload)
        if found is None:
            return None
        most = call.sampling.max_tokens or 0
        if call.given_limit and found.context is not None and most >= found.context:
            return None
        said = redact(f"{self.name}: {found} It said: {chat.complaint(reply.payload)}")
        return ContextFull(said, tokens=found.tokens, context=found.context)

    def _unlimited(self, call: "_Call") -> bool:
        """Leave out the default limit of an answer. False: it was asked for, or is left out."""
        if call.given_limit or call.unlimited or self.dialect.limit not in call.sent:
            return False
        call.unlimited = True
        return True

    def _check(self, model: str) -> None:
        key = address.checked_key(self.key_env) if self.key_env else ""
        if self.official and not key:
            raise UserError(
                f"{address.OFFICIAL} needs a key: set the environment variable "
                f"{address.OFFICIAL_KEY}, or name another endpoint: "
                "openai:MODEL@http://HOST:PORT/v1."
            )
        if self.official and not model:
            raise UserError(
                "Name a model: openai:MODEL, or openai:MODEL@http://HOST:PORT/v1 for "
                "another endpoint."
            )

    def _problem(self, reply: Reply) -> str:
        try:
            phrase = f"{reply.status} {HTTPStatus(reply.status).phrase}"
        except ValueError:
            phrase = str(reply.status)
        return f"{phrase}: {chat.complaint(reply.payload)}{self._hint(reply)}"

    def _hint(self, reply: Reply) -> str:
        if reply.status in (401, 403) and self.key_env:
            return f" The key comes from the environment variable {self.key_env}."
        if reply.status in (401, 403):
            variable = address.host_variables(self.url)[-1]
            return (
                f" No key was sent: set the environment variable {variable}, or name the one that "
                f"holds this host's key (--api-key-env)."
            )
        if reply.status in (400, 422) and chat.too_many_tokens(reply.payload):
            return " Allow fewer tokens for an answer (--max-tokens), or shorten the prompt."
        return ""

    async def _wait(self, attempt: int, asked: float, problem: str) -> None:
        """Sleep before the next attempt. Raises `EndpointError` when there should be none."""
        patience = self.patience
        if attempt > patience.retries:
            tries = f"{attempt} {'try' if attempt == 1 else 'tries'}"
            raise EndpointError(f"{self.name} gave no answer in {tries}; the last one: {problem}")
        if asked > patience.longest:
            raise EndpointError(
                f"{self.name} asks to wait {asked:g} s, more than the longest wait of "
                f"{patience.longest:g} s. It said: {problem}"
            )
        grown = min(patience.longest, patience.backoff * 2.0 ** (attempt - 1))
        seconds = asked + self._random.uniform(0.0, grown)
        _log.info("%s: %s; try %d follows in %.2f s", self.name, problem, attempt + 1, seconds)
        await asyncio.sleep(seconds)


class _Call:
    """One answer on its way: what was asked, what its tries took, the settings last sent."""

    def __init__(self, prompt: Prompt, sampling: Sampling, most: int) -> None:
        self.prompt = prompt
        self.given_limit = sampling.max_tokens is not None
        self.sampling = msgspec.structs.replace(sampling, max_tokens=sampling.max_tokens or most)
        self.used = Usage()
        self.unlimited = False
        """The default limit does not fit, so that the server's own holds."""
        self.sent: tuple[str, ...] = ()


def retry_after(header: str | None) -> float:
    """Read `Retry-After`, in seconds or as an HTTP date; 0 when missing, unreadable or past."""
    if not header:
        return 0.0
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
