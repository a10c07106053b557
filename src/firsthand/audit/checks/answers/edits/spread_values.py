"""Edits of several values that the oracle renders as text: one exchanged for another."""

import re
from collections.abc import Iterator

from firsthand.audit.checks.answers.edits.edit import Edit, Source
from firsthand.audit.formats.json_values import record
from firsthand.audit.formats.values import leaves

MOST = 6
"""Values of one answer that are exchanged."""


def spread_values(source: Source) -> Iterator[Edit]:
    """Yield the answer with the value that belongs to one key exchanged for another key's."""
    answer, body = source.instance.answer, source.body
    if not isinstance(answer, dict) or not source.located or record(body) is not None:
        return
    pairs = [
        (str(path[-1]), value)
        for path, value in leaves(answer)
        if isinstance(value, str) and isinstance(path[-1], str)
    ]
    values = {value for _, value in pairs} | _elsewhere(source)
    for key, value in pairs[:MOST]:
        key_at = list(re.finditer(rf"\b{re.escape(key)}\b", body, re.IGNORECASE))
        start = key_at[-1].end() if key_at else 0
        found = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE).search(body, start)
        others = sorted(other for other in values if other.casefold() != value.casefold())
        if found and others:
            changed = body[: found.start()] + others[0] + body[found.end() :]
            yield Edit("another value for a key", changed, "which value belongs to a key")


def _elsewhere(source: Source) -> set[str]:
    answers = [other.answer for other in source.others(6)]
    return {value for one in answers for _, value in leaves(one) if isinstance(value, str)}
