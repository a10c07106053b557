"""Secrets seen by this process, so that nothing that is stored or logged repeats one.

Whoever reads a key registers it; whoever writes text out redacts it. Encrypted storage is left out:
a key comes from the environment each time.
"""

from typing import TypeVar

Text = TypeVar("Text", str, bytes)

SHORTEST = 8
"""Placeholders such as `EMPTY` or `none` are shorter: redacting those would mangle ordinary text."""

_secrets: set[str] = set()


def register(secret: str) -> None:
    """Remember a secret for the rest of the process; one under 8 characters is taken for a placeholder."""
    if len(secret) >= SHORTEST:
        _secrets.add(secret)


def redact(text: Text) -> Text:
    """Replace every registered secret by `[secret]`."""
    for secret in _secrets:
        text = (
            text.replace(secret, "[secret]")
            if isinstance(text, str)
            else text.replace(secret.encode(), b"[secret]")
        )
    return text
