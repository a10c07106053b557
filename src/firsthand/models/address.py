"""Where an endpoint is and whose key it gets: the names of API models, their URLs, the keys of
hosts.

A key goes to the host it belongs to and to no other. Left out: guessing a scheme for any machine
but this one, because a wrong guess would send prompts in the clear.
"""

import os
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from firsthand.errors import UserError
from firsthand.secrets import register

OFFICIAL = "https://api.openai.com/v1"
OFFICIAL_KEY = "OPENAI_API_KEY"
HOST_KEY = "FIRSTHAND_KEY_"

HERE = r"(localhost|127(\.\d{1,3}){3}|0\.0\.0\.0|\[::1\])(:\d+)?(/\S*)?"
"""An address on this machine, which needs no scheme."""

LIKE_AN_ADDRESS = re.compile(
    r"\S*:/\S*|https?\W\S*|\d{1,3}(\.\d{1,3}){3}\S*|\[[\d:a-f]+\]\S*"
    r"|[\w-]+(\.[\w-]+)*:\d{4,5}(/\S*)?|[\w-]+(\.[\w-]+)*\.[a-z]{2,}(:\d+(/\S*)?|/v\d\S*)",
    re.IGNORECASE,
)
"""No name of a model: a scheme, an IP address, HOST:PORT, or a domain with a version's path."""

RESERVED = {"messages", "model", "n", "stream", "stream_options", "tools"}
"""Fields that decide how a reply is read, so that they cannot be given as extra ones."""

SECRET_FIELD = re.compile(r"key|secret|password|credential|authorization", re.IGNORECASE)


class Name(NamedTuple):
    """What the name of an API model says: `MODEL?FIELD=VALUE@URL`, each part optional."""

    model: str
    extra: dict[str, Any]
    url: str | None


def parse(name: str) -> Name:
    """Read a name. Addresses off this machine need a scheme. Raises `UserError`."""
    found = re.fullmatch(r"(?:(?P<named>.*?)@)?(?P<url>https?://.*)", name, re.DOTALL | re.I)
    if found is not None:
        named, url = found["named"] or "", found["url"]
    elif "@" in name:
        named, _, url = name.rpartition("@")
        url = _schemed(url, name)
    elif LIKE_AN_ADDRESS.fullmatch(name):
        named, url = "", _schemed(name, name)
    else:
        named, url = name, None
    model, _, query = named.partition("?")
    if re.search(r"[\s\x00-\x1f]", model):
        raise UserError(f"The name of a model has no blanks, got {model!r}.")
    return Name(model, _fields(query, name), url)


def written(model: str, extra: dict[str, Any], url: str | None) -> str:
    """Return the name that `parse` reads as these parts."""
    fields = {key: _value_written(value) for key, value in sorted(extra.items())}
    query = f"?{urlencode(fields, quote_via=quote)}" if fields else ""
    at = f"@{url}" if url and (model or query) else url or ""
    return f"{model}{query}{at}"


def checked_extra(extra: dict[str, Any]) -> dict[str, Any]:
    """Return fields that may be added to every request. Raises `UserError`."""
    for field in extra:
        if field in RESERVED:
            raise UserError(f"The field {field!r} is decided by firsthand and cannot be extra.")
        if SECRET_FIELD.search(field):
            raise UserError(
                f"The field {field!r} looks like a secret, and extra fields are recorded: "
                f"put a key in the environment instead (--api-key-env)."
            )
    return extra


def checked_url(url: str) -> str:
    """Return the base of an endpoint, with `/v1` where it has no path. Raises `UserError`."""
    expected = f"An endpoint reads http://HOST:PORT/v1 or https://HOST/v1, got {url!r}."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UserError(f"{expected} {error}.") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UserError(
            f"The endpoint at {host} carries a login or a query; a URL is recorded, "
            f"so put the key in the environment instead."
        )
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\x00-\x1f]", url):
        raise UserError(expected)
    if parts.netloc.endswith(":") or "//" in parts.path or not re.fullmatch(r"[\w.:-]+", host):
        raise UserError(expected)
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    at = "" if port is None or port == usual else f":{port}"
    path = parts.path.removesuffix("/").removesuffix("/chat/completions").rstrip("/")
    return f"{parts.scheme}://{shown}{at}{path or '/v1'}"


def is_here(url: str) -> bool:
    """Say whether the endpoint is on this machine."""
    return bool(re.fullmatch(HERE, url.partition("://")[2]))


def default_url() -> str:
    """Return OPENAI_BASE_URL, else OpenAI's own address. Raises `UserError`."""
    return checked_url(os.environ.get("OPENAI_BASE_URL") or OFFICIAL)


def key_variable(url: str, named: str | None = None) -> str | None:
    """Return the environment variable whose key may go to this URL; None: no key belongs to it.

    It is `named`, where the caller named one; else FIRSTHAND_KEY_HOST_PORT or FIRSTHAND_KEY_HOST
    where set; else OPENAI_API_KEY at the address it belongs to: OPENAI_BASE_URL, or OpenAI's own.
    Raises `UserError` when a named variable is not set.
    """
    if named:
        if not os.environ.get(named, "").strip():
            raise UserError(f"The environment variable {named} should hold a key and is not set.")
        return named
    for variable in host_variables(url):
        if os.environ.get(variable, "").strip():
            return variable
    return OFFICIAL_KEY if _origin(url) == _origin(default_url()) else None


def host_variables(url: str) -> list[str]:
    """Return the variables that may hold this host's key, the one with the port first."""
    parts = urlsplit(url)
    names = [f"{parts.hostname}:{parts.port}"] if parts.port else []
    return [HOST_KEY + re.sub(r"\W", "_", name).upper() for name in (*names, str(parts.hostname))]


def checked_key(variable: str) -> str:
    """Return the key in a variable, "" where there is none. Raises `UserError` without repeating
    it.
    """
    key = os.environ.get(variable, "").strip()
    if not re.fullmatch(r"[!-~]*", key):
        raise UserError(
            f"The key in {variable} has blanks or characters that are not ASCII: copy it again."
        )
    return key


def register_keys() -> None:
    """Register the keys of all hosts as secrets, not only the one sent: none may be stored."""
    for variable, key in os.environ.items():
        if variable == OFFICIAL_KEY or variable.startswith(HOST_KEY):
            register(key.strip())


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _schemed(address: str, name: str) -> str:
    if re.fullmatch(HERE, address, re.IGNORECASE):
        return f"http://{address}"
    raise UserError(
        f"{address!r} in openai:{name} is not an address with a scheme: write "
        f"openai:MODEL@http://HOST:PORT/v1 or openai:MODEL@https://HOST/v1. "
        f"(A model whose name has an @ needs its URL behind it.)"
    )


def _fields(query: str, name: str) -> dict[str, Any]:
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise UserError(
            f"Fields of a model read MODEL?FIELD=VALUE&FIELD=VALUE, got {query!r} in openai:{name}."
        ) from None
    return {field: _value(text) for field, text in pairs}


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return text


def _value_written(value: Any) -> str:
    if isinstance(value, str) and _value(value) == value:
        return value
    return msgspec.json.encode(value, order="deterministic").decode()
