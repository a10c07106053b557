"""Whether an instance may have many right answers, each rule at its boundary."""

import pytest

from firsthand.audit.formats.answers import many_right_answers
from firsthand.audit.targets.protocol import Instance


def told(*answers, reference=None):
    return many_right_answers(
        [
            Instance(seed, "", answer=answer if reference is None else reference, oracle=(answer,))
            for seed, answer in enumerate(answers)
        ]
    )


@pytest.mark.parametrize(
    ("answers", "many"),
    [
        (("LLRU", "RULD"), True),
        (("LLR", "RUL"), False),  # three characters are a word
        (("ABCDEFGH",), True),
        (("ABCDEFGHI",), False),  # nine different ones are no signs for moves
        (("a cat sat", "grandmother"), True),
        (("a cat", "grandmother"), False),
        (("a cat sat", "grandmother", "windowpane"), False),
    ],
)
def test_sequences_of_signs_and_lists_may_have_others_beside_them(answers, many):
    assert told(*answers) is many


def test_answers_that_are_not_the_reference_may_have_others_beside_them():
    assert told("grandmother", reference="something else")
    assert not told("grandmother", reference="grandmother")
