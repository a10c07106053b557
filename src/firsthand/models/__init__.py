"""Models and policies by name: `scripted:expert`, `human`, `openai:MODEL@URL`, `llama:smollm2`."""

from firsthand.errors import UnknownName
from firsthand.prompt import Model, Policy

KINDS = {
    "scripted": "scripted:expert | scripted:random | scripted:idle",
    "human": "human: you, in the terminal",
    "openai": "openai:MODEL@URL: any OpenAI-compatible endpoint; the key comes from OPENAI_API_KEY",
    "llama": "llama:smollm2, or llama:PATH.gguf: embedded, on this machine",
}


def model(name: str) -> Model | Policy:
    """Return the model behind a name. Raises `UnknownName`, or `MissingExtra` naming what to install."""
    kind, _, rest = name.partition(":")
    if kind == "scripted":
        from firsthand.models.scripted import scripted

        return scripted(rest)
    if kind == "human":
        from firsthand.models.human import Human

        return Human()
    if kind == "openai":
        from firsthand.models.openai import OpenAI

        return OpenAI.from_name(rest)
    if kind == "llama":
        from firsthand.models.llama import Llama

        return Llama(rest or "smollm2")
    raise UnknownName(
        "kind of model", kind, KINDS, hint=f"Write one of: {'; '.join(KINDS.values())}."
    )
