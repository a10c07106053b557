"""How servers say that a conversation does not fit into the model's context.

OpenAI sends the code `context_length_exceeded`, llama-server the type `exceed_context_size_error`
with two counts, vLLM and most others only a sentence. Status 413 says the same of a request's size.
"""

import re
from typing import Any, cast

import msgspec

from firsthand.errors import ContextFull

STATUSES = {200, 400, 413, 422, 500}
"""Where such a refusal was seen: some proxies send it with 200, older llama-server with 500."""

MOST = 64 << 10
"""How much of a body is looked at."""

NAMES = {
    "context_length_exceeded",
    "context_window_exceeded",
    "exceed_context_size_error",
    "string_above_max_length",
}
"""Codes and types of an error that mean it."""

SENTENCES = re.compile(
    r"maximum (context|model|prompt|sequence|input) (length|size|window)"
    r"|(exceed|longer than|larger than|greater than|too (long|large|big) for)"
    r"[^.]{0,60}\b(context|max_model_len|model length|input length|input tokens)"
    r"|(context|input|prompt|sequence) (length|size|window|limit|token count)[^.]{0,40}"
    r"(exceed|too small|not enough|reached|overflow)"
    r"|context[^.]{0,20}overflow"
    r"|(prompt|input|messages?|conversation)( tokens)? (is|are|was|were) too long"
    r"|inputs`? tokens|inputs` must have less than|tokens in the prompt cannot exceed"
    r"|context_(length|window|size)_exceeded|exceed_context_size|too many (input |prompt )?tokens"
    r"|reduce the length of",
    re.IGNORECASE,
)
RATE = re.compile(r"rate.?limit|per (minute|hour|day)|quota", re.IGNORECASE)
"""A limit of an account: time helps there, a shorter conversation need not."""

CONTEXT = re.compile(
    r"(?:context|model|sequence|input) (?:length|size|window)(?: is| of|:)? \(?(\d[\d,]*)"
    r"|max_model_len[ =:(]+(\d[\d,]*)"
    r"|> (\d[\d,]*) maximum"
    r"|limit (?:is|of) (\d[\d,]*)",
    re.IGNORECASE,
)
TOKENS = re.compile(
    r"(?:resulted in|you requested|request has|contains(?: at least)?) (\d[\d,]*)"
    r"|request \((\d[\d,]*) tokens"
    r"|too long: (\d[\d,]*)",
    re.IGNORECASE,
)


def context_full(status: int, payload: bytes) -> ContextFull | None:
    """Read a refusal; None: it says something else. The counts are None where it does not tell."""
    if status not in STATUSES:
        return None
    error = _error(payload)
    text = payload[:MOST].decode(errors="replace")
    named = bool(NAMES & {error.get("code"), error.get("type")})
    if not named and (RATE.search(text) or not (status == 413 or SENTENCES.search(text))):
        return None
    tokens, context = _whole(error.get("n_prompt_tokens")), _whole(error.get("n_ctx"))
    return ContextFull(
        "The conversation does not fit into the model's context.",
        tokens=_count(TOKENS, text) if tokens is None else tokens,
        context=_count(CONTEXT, text) if context is None else context,
    )


def _error(payload: bytes) -> dict[str, Any]:
    """Return the object of an error, whose names are texts; empty where there is none."""
    try:
        found: Any = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return {}
    for key in ("error", "detail"):
        inner = _fields(found).get(key)
        found = _fields(inner) or found
    return {name: value for name, value in _fields(found).items() if isinstance(value, str | int)}


def _fields(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _count(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    digits = next((group for group in found.groups() if group), "") if found else ""
    return int(digits.replace(",", "")[:12]) if digits else None
