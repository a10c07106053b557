"""Taking a context apart: nothing is lost, and what remains reads well."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.trial.pieces import distinct, item_id, join, split

GUIDE = """\
---
name: guide
---
# How we work

Read this first.

## Rules

Always:

- Be brief.
  - Really.

  Even here.
- Test it:
  ```sh
  # no heading
  make test
  ```
* Say why.

## Commands

Run the tests.

```sh
- make test
```

Setext
------

| a | b |
| - | - |
| 1 | 2 |

<style>
1. Tabs.
2. Spaces.
</style>
"""

WORDS = (
    "# A|## B|text|more text:|- x|  y|    z|1. n|||```|~~~|---|===|***|<a>|</a>|<!-- c|-->|\t- t|"
    "* * *|- x\r|\f|+"
)
LINES = st.sampled_from(WORDS.split("|"))


def texts(text, **options):
    return [piece.text.strip() for piece in split(text, **options) if piece.item]


def items(pieces):
    return {piece.item for piece in pieces if piece.item}


def without(text, words):
    pieces = distinct(split(text))
    gone = {piece.item for piece in pieces if words in piece.text and piece.item}
    assert len(gone) == 1, gone
    return join(pieces, items(pieces) - gone)


@given(st.lists(LINES), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_joined_all_pieces_are_the_text(lines, newline, ends):
    text = newline.join(lines) + (newline if ends else "")
    for by in ("item", "section"):
        pieces = distinct(split(text, by=by))
        assert join(pieces, items(pieces)) == text
        assert len(items(pieces)) == sum(bool(piece.item) for piece in pieces)


def test_own_documents_come_back_byte_for_byte():
    pages = [*Path(__file__).parents[2].glob("*.md"), *Path(__file__).parents[2].glob("docs/*.md")]
    assert len(pages) > 10
    for page in pages:
        text = page.read_bytes().decode()
        pieces = distinct(split(text))
        assert join(pieces, items(pieces)) == text


def test_an_item_is_a_bullet_with_what_is_in_it_or_a_paragraph_with_its_code():
    assert texts(GUIDE) == [
        "Read this first.",
        "- Be brief.\n  - Really.\n\n  Even here.",
        "- Test it:\n  ```sh\n  # no heading\n  make test\n  ```",
        "* Say why.",
        "Run the tests.\n\n```sh\n- make test\n```",
        "| a | b |\n| - | - |\n| 1 | 2 |",
        "1. Tabs.",
        "2. Spaces.",
    ]


def test_by_section_an_item_is_a_heading_with_its_text():
    found = texts(GUIDE, by="section")
    assert [text.splitlines()[0] for text in found] == [
        "# How we work",
        "## Rules",
        "## Commands",
        "Setext",
    ]


def test_frames_go_when_nothing_is_left_in_them():
    pieces = distinct(split(GUIDE))
    assert join(pieces, set()) == "---\nname: guide\n---\n"
    only = {item_id("- Be brief.\n  - Really.\n\n  Even here.")}
    assert join(pieces, only).startswith(
        "---\nname: guide\n---\n# How we work\n\n## Rules\n\nAlways:\n\n- Be brief."
    )
    assert "## Commands" not in join(pieces, only)
    tagged = join(pieces, {item_id("1. Tabs.")})
    assert tagged.endswith("<style>\n1. Tabs.\n</style>\n")


def test_text_does_not_run_together_where_an_item_is_left_out():
    text = "- a\n- b\n\nA paragraph.\n"
    assert without(text, "- b") == "- a\n\nA paragraph.\n"
    assert without("One.\r\n\r\nTwo.\r\n\r\nThree.\r\n", "Two") == "One.\r\n\r\nThree.\r\n"


def test_ids_depend_on_the_words_alone():
    before = items(distinct(split("- a b\n- c\n")))
    after = items(distinct(split("# New\n\n- c\n- other\n-  a\n  b\n")))
    assert before < after
    assert len(after) == 3
    assert item_id("- a\n  b") == item_id("- a b")


def test_equal_items_have_ids_of_their_own():
    pieces = distinct(split("- same\n- same\n- same\n"))
    first = item_id("- same")
    assert [piece.item for piece in pieces] == [first, f"{first}-2", f"{first}-3"]
    assert join(pieces, {f"{first}-2"}) == "- same\n"


@pytest.mark.parametrize("text", ["", "\n\n", "---\na: 1\n---\n"])
def test_a_text_with_nothing_in_it_has_no_items(text):
    assert texts(text) == []


def test_a_heading_alone_is_an_item():
    assert texts("# Only a title\n") == ["# Only a title"]
