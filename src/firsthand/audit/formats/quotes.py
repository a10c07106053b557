"""Texts that claims quote: a witness that is shortened has to show them still."""

import ast
import re
from collections.abc import Sequence

QUOTED = re.compile(r"""(?<!\w)(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]+`)(?!\w)""", re.DOTALL)
"""Text in quotation marks; an apostrophe within or behind a word opens none."""
LEFT_OUT = "…"
"""Stands for what is left out of a long text."""


def quoted(text: str) -> str:
    """Quote a text for a claim; of a long one its beginning and its end."""
    return repr(text if len(text) <= 80 else text[:60] + LEFT_OUT + text[-15:])


def quotes(claim: str) -> list[str]:
    """Return the texts that a claim quotes; of a long one the parts that are given."""
    said = [_read(match[0]) for match in QUOTED.finditer(claim)]
    return [part for text in said for part in text.split(LEFT_OUT) if part.strip()]


def still_quoted(claim: str, before: Sequence[str], after: Sequence[str]) -> bool:
    """Say whether shortened actions hold what the claim quotes of them.

    An action that is quoted whole has to be one of the shortened actions.
    """
    said = [text for text in quotes(claim) if any(text in action for action in before)]
    return all(
        text in after if text in before else any(text in action for action in after)
        for text in said
    )


def _read(literal: str) -> str:
    """Return what a quotation says, its escapes resolved."""
    if literal[0] == "`":
        return literal[1:-1]
    try:
        return ast.literal_eval(literal)
    except (ValueError, SyntaxError):
        return literal[1:-1]
