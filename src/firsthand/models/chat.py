"""Chat completions as they travel: a prompt into the body of a request, the body of a reply into a completion.

Only the fields that are used are decoded. Left out: streaming (a turn needs the whole answer), several
answers to one request, and the legacy text-completions interface.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from firsthand.environment import ToolCall
from firsthand.errors import ModelError
from firsthand.prompt import Completion, Message, Prompt, Sampling

NOT_AN_OBJECT = "arguments_were_not_one_JSON_object"
"""The parameter that stands for unreadable arguments: no tool has it, so that the refusal names the reason."""


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _Call(msgspec.Struct):
    function: _Function = msgspec.field(default_factory=_Function)
    id: str | None = None


class _Answer(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_Call] | None = None


class _Token(msgspec.Struct):
    logprob: float
    id: int | None = None  # not in the standard: llama.cpp's server sends it


class _Tokens(msgspec.Struct):
    content: list[_Token] | None = None


class _Choice(msgspec.Struct):
    message: _Answer
    finish_reason: str | None = None
    logprobs: _Tokens | None = None


class _Usage(msgspec.Struct):
    completion_tokens: float | None = None


class _Reply(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


_encoder = msgspec.json.Encoder()
_replies = msgspec.json.Decoder(_Reply)
_arguments = msgspec.json.Decoder(dict[str, Any])


def encode(
    prompt: Prompt, sampling: Sampling, fixed: Mapping[str, Any], *, limit: str = "max_tokens"
) -> bytes:
    """Return the body of a request. `fixed` fields are added to it and win; `limit` names the token bound.

    `top_p` and `temperature` are always sent: servers differ in what they assume.
    """
    body: dict[str, Any] = {
        "messages": [
            m if m.content and not m.calls and not m.call_id else _message(m)
            for m in prompt.messages
        ],
        limit: sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
    }
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if prompt.tools:
        body["tools"] = prompt.tools
    if prompt.schema is not None:
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


def decode(payload: bytes, *, turn: int = 0) -> Completion:
    """Read a reply. Calls without an id of their own get one from `turn` and their place.

    `logprobs` come without `ids` from servers that do not name tokens by id, and where a server reports fewer
    tokens than it sampled: llama.cpp leaves out those that end inside a character. Raises `ModelError` when the
    payload is not a chat completion.
    """
    try:
        reply = _replies.decode(payload)
    except msgspec.MsgspecError as error:
        raise ModelError(
            f"The answer is not a chat completion ({error}). It says: {complaint(payload)}"
        ) from None
    if not reply.choices:
        raise ModelError(f"The answer holds no choices: {complaint(payload)}")
    choice, sampled = reply.choices[0], reply.usage.completion_tokens if reply.usage else None
    tokens = (choice.logprobs.content if choice.logprobs else None) or []
    ids = [token.id for token in tokens if token.id is not None]
    return Completion(
        text=choice.message.content or "",
        calls=_calls(choice.message.tool_calls, turn) if choice.message.tool_calls else (),
        ids=ids if len(ids) == len(tokens) == (sampled or len(tokens)) else [],
        logprobs=[token.logprob for token in tokens],
        cut=choice.finish_reason == "length",
    )


def _calls(calls: Sequence[_Call], turn: int) -> tuple[ToolCall, ...]:
    found: dict[str, ToolCall] = {}
    for place, call in enumerate(calls):
        # two calls under one id could not be told apart when their results come back
        name = call.id if call.id and call.id not in found else f"call_{turn}_{place}"
        found[name] = ToolCall(call.function.name or "", _object(call.function.arguments), name)
    return tuple(found.values())


def _object(arguments: str | dict[str, Any] | None) -> dict[str, Any]:
    """Read the arguments of a call. What cannot be read becomes arguments that every tool refuses by name."""
    if not arguments:
        return {}
    if isinstance(arguments, dict):
        return arguments
    try:
        return _arguments.decode(arguments)
    except msgspec.MsgspecError:
        return {NOT_AN_OBJECT: arguments}


def complaint(payload: bytes) -> str:
    """Return what a server says is wrong: the message inside a JSON error, or the beginning of the body."""
    try:
        said: Any = msgspec.json.decode(payload)
    except msgspec.MsgspecError:
        said = None
    for key in (
        "error",
        "message",
        "detail",
    ):  # {"error": {"message": ...}}, {"message": ...}, {"detail": ...}
        said = cast("dict[str, Any]", said).get(key, said) if isinstance(said, dict) else said
    text = said if isinstance(said, str) else payload.decode(errors="replace")
    return " ".join(text.split())[:300] or "(an empty body)"
