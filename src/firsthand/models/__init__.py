"""Models and policies by name: `scripted:expert`, `human`, `openai:MODEL@URL`, `llama:smollm2`."""

from pathlib import Path
from typing import Any

import msgspec

from firsthand.errors import MissingExtra, UnknownName, UserError
from firsthand.prompt import Model, Policy

KINDS = {
    "scripted": "scripted:expert | scripted:random | scripted:idle",
    "human": "human: you, in the terminal",
    "openai": "openai:MODEL or openai:MODEL@URL: any OpenAI-compatible endpoint; OPENAI_API_KEY "
    "goes to OpenAI only, other hosts get theirs from FIRSTHAND_KEY_HOST or --api-key-env",
    "llama": "llama:smollm2, or llama:PATH.gguf: embedded, on this machine; with a trained "
    "adapter: llama:smollm2+ADAPTER.gguf",
    "torch": "torch:smollm2, or torch:FOLDER with a Hugging Face model: can be trained; with a "
    "trained adapter: torch:smollm2+ADAPTER.gguf",
    "tiny": "tiny, or tiny:FOLDER: a byte-level transformer that is trained from nothing",
}


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model behind an HTTP endpoint needs beyond its name."""

    extra: dict[str, Any] = {}
    """Fields that are added to every request, e.g. `{"reasoning_effort": "low"}`."""
    key_env: str | None = None
    """The environment variable with the key; None: the variable that belongs to the host."""
    timeout: float | None = None
    """Most seconds for one call, connecting included; None: the default."""


def model(name: str, *, endpoint: Endpoint = Endpoint()) -> Model | Policy:
    """Return the model behind a name.

    Raises `UserError`, among them `UnknownName`, and `MissingExtra` naming what to install.
    """
    kind, _, rest = name.partition(":")
    if kind != "openai" and (endpoint.extra or endpoint.key_env):
        raise UserError(
            f"Extra fields and keys are for models behind an endpoint (openai:MODEL@URL), "
            f"and {name} is none."
        )
    if kind == "scripted":
        from firsthand.models.scripted import scripted

        return scripted(rest)
    if kind == "human":
        from firsthand.models.human import Human

        return Human()
    if kind == "openai":
        from firsthand.models.openai import OpenAI

        return OpenAI.from_name(rest, endpoint)
    if kind == "llama":
        from firsthand.models.adapter import split_adapter
        from firsthand.models.llama import Llama

        source, adapter = split_adapter(rest)
        return Llama(source or "smollm2", adapter=adapter)
    if kind == "torch":
        from firsthand.models.adapter import split_adapter
        from firsthand.models.torch import Torch

        source, adapter = split_adapter(rest)
        return Torch(source or "smollm2", adapter=adapter)
    if kind == "tiny":
        return _tiny(rest)
    raise UnknownName(
        "kind of model", kind, KINDS, hint=f"Write one of: {'; '.join(KINDS.values())}."
    )


def _tiny(folder: str) -> Model:
    try:
        from firsthand.models.tiny import Tiny
    except ImportError:
        raise MissingExtra("torch", extra="train") from None
    return Tiny.load(Path(folder).expanduser()) if folder else Tiny()
