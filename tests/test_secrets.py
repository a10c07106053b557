"""What was registered is repeated nowhere."""

from firsthand.secrets import redact, register


def test_registered_secrets_are_redacted_in_text_and_bytes():
    register("hunter2-hunter2")
    assert redact("key=hunter2-hunter2; again hunter2-hunter2") == "key=[secret]; again [secret]"
    assert redact(b"key=hunter2-hunter2") == b"key=[secret]"
    assert redact("nothing here") == "nothing here"


def test_placeholders_are_no_secrets():
    for placeholder in ("", "none", "EMPTY"):
        register(placeholder)
    assert redact("EMPTY means none") == "EMPTY means none"
