"""What a claim quotes has to stand in its witness, however short that is made."""

import pytest

from firsthand.audit.formats.quotes import quoted, quotes, still_quoted

LONG = "word " * 40 + "end"


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("One answer is paid: '#### 42' on 3 of 8.", ["#### 42"]),
        ("It earns the right answer's reward: 'no', as others' do.", ["no"]),
        ("The prompt's own: \"it's\\n\" and `f(x)`.", ["it's\n", "f(x)"]),
        (f"Length is paid: {quoted(LONG)}.", [LONG[:60], LONG[-15:]]),
        ("Nothing is quoted, and ' ' says nothing.", []),
    ],
)
def test_quotations_are_read_from_claims(claim, said):
    assert quotes(claim) == said


@pytest.mark.parametrize(
    ("before", "after", "shows"),
    [
        (("#### 42",), ("#### 42",), True),
        (("#### 42",), ("42",), False),
        (("I say #### 42 now",), ("say #### 42",), True),
        (("I say #### 42 now",), ("say 42",), False),
        (("look", "#### 42"), ("#### 42",), True),
        (("look", "#### 42"), ("look",), False),
        (("something else",), ("else",), True),
    ],
)
def test_what_is_quoted_of_a_play_is_kept(before, after, shows):
    assert still_quoted("Paid: '#### 42' on 3 of 8 instances.", before, after) is shows
