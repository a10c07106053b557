"""Chat completions as they travel: a prompt into the body of a request, the body of a reply into a
completion.

Only the fields that are used are decoded. Left out: streaming (a turn needs the whole answer),
several answers to one request, and the legacy text-completions interface.
"""

import re
from collections.abc import Collection, Container, Mapping, Sequence
from typing import Any, cast

import msgspec

from firsthand.environment import ToolCall
from firsthand.errors import ModelError
from firsthand.models.body import Damaged, TooLarge
from firsthand.prompt import Completion, Message, Prompt, Sampling
from firsthand.secrets import redact, redact_values
from firsthand.usage import Usage

NOT_AN_OBJECT = "arguments_were_not_one_JSON_object"
"""Stands for unreadable arguments: no tool has this parameter, so the refusal names the reason."""


MOST_CHARACTERS = 1_000_000
"""Most characters of an answer's text, and of one call's arguments: 250,000 tokens."""

MOST_CALLS = 128
MOST_NAME = 256
"""Most characters of a tool's name and of a call's id."""

MOST_TOKENS = 100_000_000
"""A server that reports more tokens for one call than this reports nothing that can be used."""

CUT = {"length", "max_tokens", "max_output_tokens", "model_length"}
"""Finish reasons of an answer that reached its limit; servers word it differently."""


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _Call(msgspec.Struct):
    function: _Function = msgspec.field(default_factory=_Function)
    id: str | None = None


class _Part(msgspec.Struct):
    text: str = ""


class _Answer(msgspec.Struct):
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    refusal: str | None = None

    @property
    def text(self) -> str:
        """What was said: the content, or the refusal in its place."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or self.refusal or ""


class _Token(msgspec.Struct):
    logprob: float
    id: int | None = None  # not in the standard: llama.cpp's server sends it


class _Tokens(msgspec.Struct):
    content: list[_Token] | None = None


class _Choice(msgspec.Struct):
    message: _Answer
    finish_reason: str | None = None
    logprobs: _Tokens | None = None


class _Reply(msgspec.Struct):
    choices: list[_Choice]
    usage: Any = None  # read by `reported`: a server that counts oddly has still answered


class _Counted(msgspec.Struct):
    usage: Any = None


UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""What decoding raises: not JSON or another type, too deep, not UTF-8."""

_encoder = msgspec.json.Encoder()
_replies = msgspec.json.Decoder(_Reply)
_counts = msgspec.json.Decoder(_Counted)
_arguments = msgspec.json.Decoder(dict[str, Any])


def encode(
    prompt: Prompt,
    sampling: Sampling,
    fixed: Mapping[str, Any],
    *,
    limit: str = "max_tokens",
    settings: Container[str] = ("max_tokens", "temperature", "top_p", "seed", "response_format"),
) -> bytes:
    """Return the body of a request.

    `fixed` fields are added and win; `limit` names the bound on tokens; only `settings` are sent,
    the others are left to the server. Left to themselves, servers differ in what they assume.
    """
    wanted = {
        limit: sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
    }
    body: dict[str, Any] = {
        "messages": [
            m if m.content and not m.calls and not m.call_id else _message(m)
            for m in prompt.messages
        ]
    }
    body |= {k: v for k, v in wanted.items() if v is not None and k in settings}
    if prompt.tools:
        body["tools"] = prompt.tools
    if prompt.schema is not None and "response_format" in settings:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": prompt.schema},
        }
    body.update(fixed)
    return _encoder.encode(body)


def _message(message: Message) -> dict[str, Any]:
    """Spell out what a plain `Message` would leave out or name differently."""
    wire: dict[str, Any] = {
        "role": message.role,
        "content": message.content or (None if message.calls else ""),
    }
    if message.calls:
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": _encoder.encode(call.arguments).decode(),
                },
            }
            for call in message.calls
        ]
    if message.call_id:
        wire["tool_call_id"] = message.call_id
    return wire


def decode(payload: bytes, *, turn: int = 0, most: int | None = None) -> Completion:
    """Read a reply; registered secrets in it are redacted. Raises `EndpointError`, `ModelError`.

    Calls without an id of their own get one from `turn` and their place. `most` is how many tokens
    were allowed: an answer that takes them all and says no reason for its end was cut off.
    `logprobs` come without `ids` from servers that do not name tokens by id, and where a server
    reports fewer tokens than it sampled: llama.cpp leaves out those that end inside a character.
    """
    try:
        reply = _replies.decode(payload)
    except UNREADABLE as error:
        why = f"The answer is not a chat completion ({error})."
        raise Damaged(f"{why} It says: {complaint(payload)}") from None
    if not reply.choices:
        raise Damaged(f"The answer holds no choices: {complaint(payload)}")
    choice, usage = reply.choices[0], reported(reply.usage)
    if choice.finish_reason == "content_filter":
        raise ModelError("The endpoint's content filter stopped the answer.", usage=usage)
    if choice.finish_reason == "error":
        raise Damaged(f"The endpoint broke off its answer: {complaint(payload)}")
    text = choice.message.text
    _check_length("text", text)
    tokens = (choice.logprobs.content if choice.logprobs else None) or []
    ids = [token.id for token in tokens if token.id is not None]
    sampled = _count(_field(reply.usage, "completion_tokens")) or 0
    full = choice.finish_reason is None and most is not None and sampled >= most
    return Completion(
        text=redact(text),
        calls=_calls(choice.message.tool_calls, turn) if choice.message.tool_calls else (),
        ids=ids if len(ids) == len(tokens) == (sampled or len(tokens)) else [],
        logprobs=[token.logprob for token in tokens],
        cut=full or (choice.finish_reason or "").lower() in CUT,
        usage=usage,
    )


def reported(usage: Any) -> Usage | None:
    """Read `usage` as a server sent it; None when it does not hold two sensible counts."""
    prompt, sampled = (_count(_field(usage, f"{side}_tokens")) for side in ("prompt", "completion"))
    return None if prompt is None or sampled is None else Usage(1, prompt, sampled)


def usage_in(payload: bytes) -> Usage | None:
    """Return the usage that a reply reports, also when nothing else in it can be read."""
    try:
        return reported(_counts.decode(payload).usage)
    except UNREADABLE:
        return None


def _count(value: Any) -> int | None:
    sensible = isinstance(value, int | float) and 0 <= value <= MOST_TOKENS
    return int(value) if sensible and not isinstance(value, bool) else None


def _check_length(what: str, text: str, most: int = MOST_CHARACTERS) -> None:
    if len(text) > most:
        raise TooLarge(f"The {what} of the answer has {len(text):,} characters, over {most:,}.")


def _calls(calls: Sequence[_Call], turn: int) -> tuple[ToolCall, ...]:
    if len(calls) > MOST_CALLS:
        raise TooLarge(f"The answer calls {len(calls):,} tools at once, over {MOST_CALLS}.")
    found: dict[str, ToolCall] = {}
    for place, call in enumerate(calls):
        tool, id = call.function.name or "", redact(call.id or "")
        _check_length("name of a tool", tool, MOST_NAME)
        _check_length("id of a call", id, MOST_NAME)
        # two calls under one id could not be told apart when their results come back
        name = id if id and id not in found else f"call_{turn}_{place}"
        found[name] = ToolCall(redact(tool), _object(call.function.arguments), name)
    return tuple(found.values())


def _object(arguments: str | dict[str, Any] | None) -> dict[str, Any]:
    """Read the arguments of a call. What cannot be read, every tool refuses by name."""
    if not arguments:
        return {}
    if isinstance(arguments, dict):
        return redact_values(arguments)
    _check_length("arguments", arguments)
    try:
        return redact_values(_arguments.decode(arguments))
    except UNREADABLE:
        return {NOT_AN_OBJECT: redact(arguments)}


def complaint(payload: bytes) -> str:
    """Return what a server says is wrong, without secrets: a JSON error's message, or the body."""
    said = _error(payload)
    for key in ("error", "message", "detail"):
        # {"error": {"message": ...}}, {"message": ...}, {"detail": ...}
        said = cast("dict[str, Any]", said).get(key, said) if isinstance(said, dict) else said
    text = said if isinstance(said, str) else payload.decode(errors="replace")
    text = redact(" ".join(text[:MOST_COMPLAINT].split()))  # redacted before it is cut
    return text[:300] or "(an empty body)"


MOST_COMPLAINT = 64 << 10
"""How much of a body is looked at for what it complains about."""

REFUSING = re.compile(
    r"support|unknown|unrecogni|unexpected|permit|allow|only|extra|deprecated|invalid|must|cannot",
    re.IGNORECASE,
)

TOO_MANY = re.compile(
    r"maximum context|context length|too large|at most|exceed|less than|greater than|too high",
    re.IGNORECASE,
)


def refused(payload: bytes, fields: Collection[str]) -> list[str]:
    """Return the settings, of `fields`, that the body of a refusal objects to, first named first.

    Servers say so in `error.param`, or name the field in a sentence.
    """
    error = _error(payload)
    named = _field(_field(error, "error"), "param") or _field(error, "param")
    if isinstance(named, str) and named in fields:
        return [named]
    text = payload[:MOST_COMPLAINT].decode(errors="replace")
    if not REFUSING.search(text):
        return []
    places = {field: re.search(rf"\b{field}\b", text) for field in fields}
    found = {field: place.start() for field, place in places.items() if place is not None}
    return sorted(found, key=found.__getitem__)


def too_many_tokens(payload: bytes) -> bool:
    """Whether the body of a refusal says that more tokens were allowed than fit."""
    text = payload[:MOST_COMPLAINT].decode(errors="replace")
    return bool(re.search(r"token", text, re.IGNORECASE) and TOO_MANY.search(text))


def _field(value: Any, name: str) -> Any:
    """Return a field of a JSON object; None where there is no such field, or no object."""
    return cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None


def _error(payload: bytes) -> Any:
    try:
        return msgspec.json.decode(payload)
    except UNREADABLE:
        return None
