"""The tokens that new messages add to a context: chat templates without rendering history again."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from firsthand.errors import ModelError
from firsthand.prompt import Prompt


def appended_tokens(
    prompt: Prompt,
    *,
    render: Callable[[Sequence[dict[str, Any]]], str],
    tokens: Callable[[str, bool], Sequence[int]],
    name: str,
) -> list[int]:
    """Tokenise what the chat template adds for the fresh messages. Raises `ModelError` if it
    rewrites earlier ones.

    The template is applied to marks that stand for the contents, so that special tokens written out
    in a content stay plain text: no observation can close its own message (law 12). `tokens` takes
    a text and whether special tokens are read in it.
    """
    fresh = prompt.fresh
    marked = [
        {"role": "user" if message.role == "tool" else message.role, "content": f"⟦{i}⟧"}
        for i, message in enumerate(prompt.messages)
    ]
    before = render(marked[: fresh - 1]) + marked[fresh - 1]["content"] if fresh else ""
    whole = render(marked)
    if not whole.startswith(before):
        raise ModelError(
            f"The chat template of {name} rewrites earlier messages: tokens cannot be kept as "
            "sampled."
        )
    template, *rest = re.split(r"⟦(\d+)⟧", whole[len(before) :])
    added = list(tokens(template, True))
    for index, template in zip(rest[::2], rest[1::2], strict=True):
        added += [*tokens(prompt.messages[int(index)].content, False), *tokens(template, True)]
    if prompt.prefix_ids and added and prompt.prefix_ids[-1] == added[0]:
        return added[1:]  # the answer's own end-of-turn token was sampled and is in the prefix
    return added
