"""Quote untrusted text so that it cannot end its quotation, hide, or pass for other characters.

What a world said, and what a model wrote after reading it, is shown to models as one JSON string
inside `<data>` tags (law 12). Characters are escaped as JSON allows, so nothing is lost: decoding
gives the text back. Escaped is everything that does not print as what it is: control, format and
zero-width characters, invisible letters, variation selectors, full-width and other compatibility
forms, and every look-alike of an angle bracket.
"""

import json
import re
import unicodedata

_PLAIN = frozenset("“”‘’–—…•·×÷±≤≥≠≈→←°€£¥§¿¡")
"""Characters outside letters, digits and ASCII that people write with and that resemble no bracket.
"""
_DECEPTIVE = frozenset("\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u1438\u1433")
"""Letters and marks that are invisible, or drawn as an angle bracket."""
_ESCAPED = re.compile(r"[<>\x7f]|[^\x00-\x7f]")


def fenced(text: str) -> str:
    """Quote text as one JSON string inside <data> tags that it cannot close."""
    quoted = json.dumps(text, ensure_ascii=False)
    return f"<data>{_ESCAPED.sub(_escape, quoted)}</data>"


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    if _prints_as_itself(character):
        return character
    encoded = character.encode("utf-16-be", "surrogatepass")
    units = [encoded[i : i + 2].hex() for i in range(0, len(encoded), 2)]
    return "".join(f"\\u{unit}" for unit in units)


def _prints_as_itself(character: str) -> bool:
    if character in _PLAIN:
        return True
    if character in "<>\x7f" or character in _DECEPTIVE or _selects_a_variant(character):
        return False
    if unicodedata.normalize("NFKC", character) != character:
        return False
    return unicodedata.category(character)[0] in "LM" or character.isdecimal()


def _selects_a_variant(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
