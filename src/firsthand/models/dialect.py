"""Which settings a server accepts, learned from its refusals.

Some models take no temperature but 1, some servers know the bound on tokens by its older or newer
name, and some refuse the default bound because it does not fit. Each is learned once, logged, and
said in the record of every episode that it changed. Left out: a table of models and their quirks,
which ages.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from firsthand.models import chat
from firsthand.prompt import Sampling

SETTINGS = ("temperature", "top_p", "seed", "response_format")
"""What a server may refuse, and an answer can do without. The last is sent with a schema only."""

LIMITS = ("max_tokens", "max_completion_tokens")
"""The two names of the most tokens of an answer."""

_log = logging.getLogger(__name__)


class Dialect:
    """What one server accepts, as far as is known. `fixed`: the fields of every request."""

    def __init__(self, name: str, fixed: Mapping[str, Any], *, limit: str) -> None:
        self.name, self.fixed, self.limit = name, fixed, limit
        self.renamed = False
        self.without: set[str] = set()

    def settings(self, *, unlimited: bool) -> tuple[str, ...]:
        """Return the names of the settings to send, the one of the bound on tokens among them."""
        own = [] if unlimited or any(name in self.fixed for name in LIMITS) else [self.limit]
        return tuple(name for name in (*SETTINGS, *own) if name not in self.without)

    @property
    def added(self) -> dict[str, Any]:
        """The fields that every request has, without those that were refused."""
        return {field: value for field, value in self.fixed.items() if field not in self.without}

    def adapt(self, payload: bytes, sent: Sequence[str], sampling: Sampling) -> bool:
        """Do without what the body of a refusal objects to. False: it objects to something else.

        `sent` are the settings of the refused request; meanwhile, another call may have adapted.
        """
        fields = chat.refused(payload, sent)
        if not fields:
            return False
        # of two that exclude each other, leave out the one without an effect
        idle = sampling.top_p == 1.0 and {"top_p", "temperature"} <= set(fields)
        field = "top_p" if idle else fields[0]
        if field in LIMITS:
            return self._rename(field)
        if field not in self.without:
            said = chat.complaint(payload)
            _log.warning("%s refuses %s, left out from now on: %s", self.name, field, said)
        self.without.add(field)
        return True

    def notes(self, sampling: Sampling, *, unlimited: bool) -> Iterator[str]:
        """Say which settings that were asked for had no effect; 1 is what servers assume anyway."""
        for field, value in (("temperature", sampling.temperature), ("top_p", sampling.top_p)):
            if field in self.without and value != 1.0:
                yield f"The endpoint refuses {field} {value:g}: its own default was used"
        if "seed" in self.without and sampling.seed is not None:
            yield "The endpoint refuses seeds: sampling cannot be repeated"
        if unlimited:
            most = sampling.max_tokens
            yield f"The endpoint refuses {most:,} tokens for an answer: its own limit held"

    def _rename(self, refused: str) -> bool:
        if refused == self.limit:
            if self.renamed:
                return False
            self.renamed = True
            self.limit = next(name for name in LIMITS if name != refused)
            _log.warning("%s refuses %s, %s from now on", self.name, refused, self.limit)
        return True
