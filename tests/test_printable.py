"""Text that was not written here, in a terminal."""

import pytest

from firsthand import secrets
from firsthand.printable import inline, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("é 漢字 😀 עברית 1\u00a0000 \u3000x", "é 漢字 😀 עברית 1\u00a0000 \u3000x"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b]8;;http://a\x1b\\b", r"\x1b]8;;http://a\x1b\b"),
        ("\x9b31m\x90q\x9c", r"\x9b31m\x90q\x9c"),
        ("over\rwritten\x08", r"over\rwritten\x08"),
        ("nul\x00del\x7f", r"nul\x00del\x7f"),
        ("\u202eevil\u202c\u2066x\u2069\u200e\u061c", r"\u202eevil\u202c\u2066x\u2069\u200e\u061c"),
        ("hid\u200bden\ufeff\u00ad\U000e0041", r"hid\u200bden\ufeff\xad\U000e0041"),
        ("line\u2028para\u2029next\x85", r"line\u2028para\u2029next\x85"),
        ("lone \ud800 surrogate", r"lone \ud800 surrogate"),
        ("one\r\ntwo\n\tthree", "one\ntwo\n\tthree"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
    ],
)
def test_text_is_escaped_as_far_as_it_would_drive_a_terminal(text: str, shown: str):
    assert printable(text) == shown
    assert printable(shown) == shown


def test_a_name_stays_in_its_line():
    assert inline("ok\n✓ forged\t\x1b") == r"ok\n✓ forged\t\x1b"


def test_secrets_are_redacted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(secrets, "_parts", {})
    secrets.register("sk-0123456789")
    assert printable("my key is sk-0123456789\x1b") == r"my key is [secret]\x1b"
