"""Untrusted text, made safe to print in a terminal.

What environments, tools and models say is data (law 12): it must neither drive the terminal (escape
sequences), nor reorder or hide what stands beside it (direction marks, zero-width characters), nor
show a key. This is the only place that decides how such text is printed. Left out: look-alike
letters, which deceive a reader but not a terminal.
"""

import unicodedata

from firsthand.secrets import redact


def printable(text: str) -> str:
    r"""Escape what a terminal would obey or hide, and redact secrets; line breaks and tabs stay.

    Idempotent. Control and format characters, lone surrogates and unassigned code points become
    `\x1b`, `\u202e` and so on; spaces of any width stay. A Windows line break becomes a plain one.
    """
    return visible(redact(text))


def visible(text: str) -> str:
    """Escape like `printable` a text that is redacted already."""
    if text.isascii() and text.isprintable():  # nearly all text
        return text
    return text.replace("\r\n", "\n").translate(_SHOWN)


def inline(text: str) -> str:
    r"""Do the same for a name or a message within a line: line breaks and tabs become `\n` and
    `\t`.
    """
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


class _Shown(dict[int, str]):
    """Code points to what is shown for them, computed when first met."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if not (letter.isprintable() or letter in "\n\t" or unicodedata.category(letter) == "Zs"):
            letter = letter.encode("unicode_escape").decode("ascii")
        self[code] = letter
        return letter


_SHOWN = _Shown()
