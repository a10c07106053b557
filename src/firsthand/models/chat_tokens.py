"""A tokenizer of Hugging Face with its chat template: conversations as tokens, appended only."""

import copy
from collections.abc import Sequence
from typing import Any

from firsthand.errors import ModelError
from firsthand.models.appended import appended_tokens
from firsthand.prompt import Prompt

PIECES = 65536
"""Texts whose tokens are kept: observations and options come again and again."""


class ChatTokens:
    """What a model's tokenizer and chat template make of prompts; `name` is told in errors."""

    def __init__(self, tokenizer: Any, *, name: str) -> None:
        self.tokenizer, self.name = tokenizer, name
        self._special: Any = tokenizer.backend_tokenizer
        self._plain: Any = copy.deepcopy(self._special)
        self._plain.encode_special_tokens = True
        self.end = int(tokenizer.eos_token_id)
        self._pieces: dict[str, tuple[int, ...]] = {}

    def tokens(self, text: str) -> tuple[int, ...]:
        """Tokenise text in which nothing is a special token."""
        found = self._pieces.get(text)
        if found is None:
            if len(self._pieces) > PIECES:
                self._pieces.clear()
            found = tuple(self._plain.encode(text, add_special_tokens=False).ids)
            self._pieces[text] = found
        return found

    def special_tokens(self, text: str, special: bool) -> tuple[int, ...]:
        """Tokenise text, reading special tokens in it only if `special`."""
        if not special:
            return self.tokens(text)
        return tuple(self._special.encode(text, add_special_tokens=False).ids)

    def appended(self, prompt: Prompt) -> list[int]:
        """Return the tokens that the fresh messages of a prompt add to its prefix."""
        return appended_tokens(
            prompt, render=self._render, tokens=self.special_tokens, name=self.name
        )

    def text(self, ids: Sequence[int]) -> str:
        """Return what tokens say, special ones left out."""
        return self._special.decode(list(ids), skip_special_tokens=True)

    def _render(self, messages: Sequence[dict[str, Any]]) -> str:
        if self.tokenizer.chat_template is None:
            raise ModelError(
                f"{self.name} has no chat template, so that it can choose but not converse. Put "
                "a chat_template.jinja into its folder."
            )
        return self.tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True
        )
