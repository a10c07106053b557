"""Who may talk to the server, and how fast.

With keys, whoever sends one of them in `Authorization: Bearer KEY`. Without keys only this machine,
and no web page that its user happens to look at: the request must name the server as this machine,
and must not come from another origin. Left out: accounts, and encryption, which a proxy in front
does better.
"""

import hmac
import ipaddress
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from firsthand.errors import UserError
from firsthand.secrets import register
from firsthand.serve.wire import Foreign, TooFast, Unauthorized
from firsthand.task import fingerprint

SHORTEST_KEY = 16
"""Characters: a key of random letters then has over 80 bits."""

BURST_SECONDS = 2.0
"""A client that was quiet may send the messages of so many seconds at once."""

MOST_CLIENTS = 10_000
"""Clients whose rate is remembered; those who were quiet for longest are forgotten."""

LOCAL = "local"
"""The one client of a server without keys."""


class Access:
    """Tells clients apart by their keys. Raises `UserError` where it would let in anybody."""

    def __init__(self, host: str, keys: Sequence[str] = ()) -> None:
        if not keys and not is_loopback(host):
            raise UserError(
                f"{host} can be reached from other machines: set a key for it, in the environment "
                "variable that --key-env names, or serve on 127.0.0.1."
            )
        for key in keys:
            if len(key) < SHORTEST_KEY or not key.isascii():
                raise UserError(
                    f"A key needs at least {SHORTEST_KEY} ASCII characters, got {len(key)}. Make "
                    "one: python -c 'import secrets; print(secrets.token_urlsafe())'"
                )
            register(key)
        self._owners = {key.encode(): fingerprint(key) for key in keys}

    def owner(self, headers: Mapping[str, str]) -> str:
        """Return the name of the client that sent these headers. Raises `Refusal`."""
        if not self._owners:
            self._check_local(headers)
            return LOCAL
        scheme, _, key = headers.get("Authorization", "").partition(" ")
        given, found = key.strip().encode(), ""
        for known, owner in self._owners.items():  # all of them: the time tells nothing
            if hmac.compare_digest(known, given):
                found = owner
        if not found or scheme.lower() != "bearer":
            raise Unauthorized("Send one of the server's keys: Authorization: Bearer KEY.")
        return found

    def _check_local(self, headers: Mapping[str, str]) -> None:
        host, origin = headers.get("Host", ""), headers.get("Origin")
        if not is_loopback(_hostname(host)):
            raise Foreign(f"This server is only for this machine; it is not named {host[:80]!r}.")
        if origin is not None and urlsplit(origin).netloc != host:
            raise Foreign("Pages of other sites may not play here.")


@lru_cache(maxsize=256)
def _hostname(host: str) -> str:
    """Return the name in a `Host` header, without its port; empty: it has none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class Rate:
    """Counts the messages of each client: a bucket that fills at the allowed rate."""

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self._most = per_second * BURST_SECONDS
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, owner: str) -> None:
        """Count one message. Raises `TooFast`."""
        now = time.monotonic()
        left, at = self._buckets.pop(owner, (self._most, now))
        left = min(self._most, left + (now - at) * self.per_second)
        allowed = left >= 1.0
        self._buckets[owner] = (left - 1.0 if allowed else left, now)
        if len(self._buckets) > MOST_CLIENTS:
            del self._buckets[next(iter(self._buckets))]
        if not allowed:
            raise TooFast(f"More than {self.per_second:g} messages a second: send fewer.")


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Say whether a name or an address can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
