"""Masking a context inside somebody's request: the part of a system prompt that is on trial.

The context is found by two markers around it, or by its text. Between markers items are found by
their words, so that a template may have filled in others. A request that carries the context in
another form is refused: a run that was not masked as assigned must not count.
"""

import re
from collections.abc import Set
from typing import Any, NamedTuple, cast

from firsthand.errors import UserError
from firsthand.trial.context import Context
from firsthand.trial.pieces import Piece, distinct, join, split
from firsthand.trial.trial import Trial

BEGIN, END = "<!-- trial -->", "<!-- /trial -->"
MARKED = re.compile(rf"{re.escape(BEGIN)}\r?\n?(.*?){re.escape(END)}(\r?\n)?", re.DOTALL)
LONG = 24
"""Characters of an item by which a context is recognised that is not there as a whole."""
SYSTEM = ("system", "developer")


class Masked(NamedTuple):
    """A request as it is passed on, and how often the context was found in it."""

    body: Any
    found: int


class Masker:
    """Masks requests in the shape of chat completions and of responses.

    Raises `UserError` for skills: they are folders, and nothing of them is in a prompt as a whole.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        for context in trial.contexts:
            if context.form != "file":
                raise UserError(
                    f"{context.place} is a folder of skills: only files can be masked in a "
                    "prompt. Put skills on trial with `firsthand trial run`."
                )

    def request(self, body: Any, hidden: Set[str]) -> Masked:
        """Return a request without the hidden items. Raises `UserError` where it holds the context
        in a form that cannot be masked.
        """
        if not isinstance(body, dict):
            return Masked(body, 0)
        masked = dict(cast("dict[str, Any]", body))
        found = 0
        for field in ("messages", "input"):
            messages = masked.get(field)
            if isinstance(messages, list):
                pairs = [self._message(one, hidden) for one in cast("list[Any]", messages)]
                masked[field] = [message for message, _ in pairs]
                found += sum(n for _, n in pairs)
        if isinstance(masked.get("instructions"), str):
            masked["instructions"], n = self.text(masked["instructions"], hidden)
            found += n
        return Masked(masked, found)

    def _message(self, message: Any, hidden: Set[str]) -> tuple[Any, int]:
        if not isinstance(message, dict):
            return message, 0
        own = cast("dict[str, Any]", message)
        if own.get("role") not in SYSTEM:
            return own, 0
        content = own.get("content")
        if isinstance(content, str):
            text, found = self.text(content, hidden)
            return {**own, "content": text}, found
        if not isinstance(content, list):
            return own, 0
        parts, total = list[Any](), 0
        for part in cast("list[Any]", content):
            if isinstance(part, dict) and isinstance(part.get("text"), str):  # type: ignore[union-attr]
                held = cast("dict[str, Any]", part)
                text, found = self.text(held["text"], hidden)
                part, total = {**held, "text": text}, total + found
            parts.append(part)
        return {**own, "content": parts}, total

    def text(self, text: str, hidden: Set[str]) -> tuple[str, int]:
        """Mask one text; say how often the context was in it."""
        if BEGIN in text:
            return self._marked(text, hidden)
        found = 0
        for context in self.trial.contexts:
            whole = _whole(context)
            if whole in text:
                shown = {piece.item for piece in context.pieces if piece.item} - hidden
                text, found = text.replace(whole, context.text(shown).rstrip()), found + 1
            elif piece := _recognised(context, text):
                raise UserError(
                    f"The system prompt holds {context.place}, but not as it is on trial: it has "
                    f"{piece.text.strip()[:60]!r} in it. Send the file unchanged, or put "
                    f"{BEGIN} and {END} around it."
                )
        return text, found

    def _marked(self, text: str, hidden: Set[str]) -> tuple[str, int]:
        known = {item.id for item in self.trial.items}
        found = 0

        def masked(match: re.Match[str]) -> str:
            nonlocal found
            pieces = distinct(split(match[1], by=self.trial.config.context[0].by))
            ids = {piece.item for piece in pieces if piece.item}
            if not ids & known:
                raise UserError(
                    f"Nothing that is on trial stands between {BEGIN} and {END}: "
                    f"{match[1].strip()[:60]!r}."
                )
            found += 1
            return join([*pieces, *self._placebos()], (ids | known) - hidden)

        replaced = MARKED.sub(masked, text)
        if not found or BEGIN in replaced:
            raise UserError(f"{BEGIN} has no {END} behind it.")
        return replaced, found

    def _placebos(self) -> list[Piece]:
        pieces = [piece for context in self.trial.contexts for piece in context.pieces]
        return [piece for piece in pieces if piece.kind == "placebo"]


def _whole(context: Context) -> str:
    """Return the file's text, without placebo items."""
    own = {piece.item for piece in context.pieces if piece.item and piece.kind != "placebo"}
    return context.text(own).strip()


def _recognised(context: Context, text: str) -> Piece | None:
    for piece in context.pieces:
        words = piece.text.strip()
        if piece.item and len(words) >= LONG and words in text:
            return piece
    return None
