"""When two written answers may be meant as the same.

Attacks use it to leave out what may be right after all. It is generous on purpose: it hides a flaw
sooner than it accuses a right answer.
"""

import re
import unicodedata
from functools import lru_cache

from firsthand.audit.thresholds import CLOSE

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


@lru_cache(maxsize=20000)
def normal(text: str) -> str:
    """Return a text without case, space and punctuation."""
    kept = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
    return kept or text.strip()


@lru_cache(maxsize=20000)
def quantity(text: str) -> float | None:
    """Return the one number that a text consists of, else None."""
    text = unicodedata.normalize("NFKC", text).replace("_", "")
    match = re.fullmatch(r"\s*\$?([-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*%?\s*", text)
    return float(match[1].replace(",", "")) if match else None


def worth(text: str) -> float | None:
    """Return the number that a text is, a fraction included."""
    parts = re.fullmatch(r"\s*([-+]?\d{1,12})\s*/\s*(\d{1,12})\s*", text)
    return int(parts[1]) / int(parts[2]) if parts and int(parts[2]) else quantity(text)


def alike(one: str, two: str) -> bool:
    """Say whether two answers may be meant as the same: equal text, or numbers that are close."""
    a, b = worth(one), worth(two)
    if a is not None and b is not None:
        return abs(a - b) <= CLOSE * max(abs(a), abs(b))
    return normal(one) == normal(two)
