"""What was registered is repeated nowhere, in no form that gives it away; ordinary text stays."""

import base64
import json

import msgspec
import pytest

from firsthand import secrets
from firsthand.environment import Action, Observation, ToolCall, ToolResult
from firsthand.episode import Episode, Failure, Stop, Turn, decode, encode, redacted
from firsthand.secrets import leaks, redact, redact_values, register
from firsthand.task import Task

KEY = "sk-proj-Zr81kQ-x7Lm0P_v3Nn5tYc2WbE9dHj4g"


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch):
    """Secrets of one test are not those of the next."""
    monkeypatch.setattr(secrets, "_parts", {})


def test_registered_secrets_are_redacted_in_text_and_bytes():
    assert register("hunter2-hunter2")
    assert redact("key=hunter2-hunter2; again hunter2-hunter2") == "key=[secret]; again [secret]"
    assert redact(b"key=hunter2-hunter2 \xff") == b"key=[secret] \xff"
    assert redact("nothing here") == "nothing here"


@pytest.mark.parametrize(
    "word", ["", "none", "EMPTY", "environment", "observation", "12345678", "interfaces"]
)
def test_placeholders_and_words_are_no_secrets(word):
    assert not register(word)
    text = f"{word} means none of the 123456789 environments"
    assert redact(text) == text


def test_a_long_key_of_letters_is_a_secret():
    assert register("qwertzuiopasdfghjklyxcvbnm")
    assert redact("<qwertzuiopasdfghjklyxcvbnm>") == "<[secret]>"


@pytest.mark.parametrize("start", range(0, len(KEY) - 12))
def test_any_part_that_gives_a_key_away_is_redacted(start):
    register(KEY)
    assert redact(f"({KEY[start : start + 12]})") == "([secret])"
    assert redact(f"({KEY[start:]})") == "([secret])"
    assert redact(f"({KEY[: start + 12]})") == "([secret])"


def test_a_key_in_another_encoding_is_redacted():
    register(KEY)
    for prefix in ("", "a", "ab", "Bearer ", "user:"):
        for suffix in ("", "x", "\n"):
            raw = (prefix + KEY + suffix).encode()
            for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
                left = redact(encoded.decode()).replace("[secret]", "")
                assert len(left) <= 24, (prefix, suffix, left)
    assert redact(KEY.encode().hex()) == "[secret]"
    register("sk/with+odd=signs&42")
    assert redact("sk%2Fwith%2Bodd%3Dsigns%2642") == "[secret]"


def test_what_public_keys_begin_with_is_no_part():
    register(KEY)
    assert redact("Keys begin with sk-proj-, then 40 letters.") == (
        "Keys begin with sk-proj-, then 40 letters."
    )


def test_values_are_redacted_as_values():
    register(KEY)
    assert leaks(f"x{KEY}") and not leaks("nothing")
    value = {"a": [KEY, 1, None, (f"<{KEY}>",)], KEY: True}
    assert redact_values(value) == {"a": ["[secret]", 1, None, ("<[secret]>",)], "[secret]": True}


def episode(text: str) -> Episode:
    call = ToolCall("read", {"path": text, "n": 1}, "c1")
    result = ToolResult("read", text, "c1")
    turn = Turn(Observation(text), Action(text, (call,)), choices={text: -0.5})
    return Episode(
        "id",
        Task("environment/observation", 0),
        "agent",
        (turn,),
        Observation(text, results=(result,)),
        None,
        {"schema": True},
        Stop.FAILED,
        Failure("environment", "Broken", text),
        aftermath=text,
        tags={"phase": text},
    )


def test_an_episode_is_redacted_without_touching_its_structure():
    key = 'sk-1","schema":"x9y8z7'
    register(key)
    found = decode(encode(redacted(episode(f"I saw {key}!"))))
    assert found == episode("I saw [secret]!")
    plain = episode("Nothing to hide.")
    assert redacted(plain) is plain


@pytest.mark.parametrize("word", ["environment", "observation", "schema", "interfaces/shop_desk"])
def test_a_key_that_is_a_word_of_the_format_breaks_no_record(word):
    register(word)
    found = episode("The observation of the environment.")
    assert decode(encode(redacted(found))).task == found.task
    assert msgspec.json.decode(json.dumps({"environment": 1}))
