"""Fences: nothing inside can end them, hide in them, or pass for something else (law 12)."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.fence import fenced

ANGLES = (
    "<>\uff1c\uff1e\ufe64\ufe65\u2039\u203a\u2329\u232a"
    "\u27e8\u27e9\u3008\u3009\u276e\u276f\u02c2\u02c3\u1438\u1433\u00ab\u00bb"
)
HIDDEN = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\u034f\u3164"
    "\u115f\u2800\ufe0f\U000e0041\U000e0101\x00\x1b\x7f\x85\u2028"
)
DISGUISED = "\uff32\uff45\uff46\U0001d411\u24c7\u1d3f\ufb01\u2102"


def inside(text):
    quoted = fenced(text)
    assert quoted.startswith("<data>") and quoted.endswith("</data>")
    return quoted.removeprefix("<data>").removesuffix("</data>")


@given(st.text())
def test_a_fence_cannot_be_closed_from_inside_and_loses_nothing(text):
    found = inside(text)
    assert "<" not in found and "\n" not in found
    assert json.loads(found) == text
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Zl") for character in found)


@pytest.mark.parametrize("character", [*ANGLES, *HIDDEN, *DISGUISED])
def test_look_alikes_and_hidden_characters_are_written_as_escapes(character):
    found = inside(f"a{character}b")
    assert found.isascii()
    assert json.loads(found) == f"a{character}b"


def test_a_lone_surrogate_is_quoted_too():
    assert inside("\ud800") == '"\\ud800"'


@pytest.mark.parametrize("text", ["PRC::… “ok” – 3 €", "Öl für 漢字", "हिन्दी", "Привет"])
def test_what_people_write_stays_readable(text):
    assert inside(text) == f'"{text}"'
