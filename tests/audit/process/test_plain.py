"""The ordinary process reads an action as the auditor does: else an environment is accused of what
its auditor did.
"""

import pytest

import firsthand as fh
from firsthand.actions import decoded
from firsthand.audit.process.plain import written

CALL = '{"calls":[{"name":"post","arguments":{"amount":%s}}]}'


@pytest.mark.parametrize(
    "number", ["1", "1.5", "-0.0", "1e308", "1e400", "-1e400", "NaN", "Infinity", str(10**30), "[]"]
)
def test_numbers_are_read_alike(number):
    assert written(fh, CALL % number) == decoded(CALL % number)


@pytest.mark.parametrize("text", ["", "post", '{"calls":', '{"calls":[1]}', '{"calls":[{"x":1}]}'])
def test_what_is_no_call_is_a_text_to_both(text):
    assert written(fh, text) == decoded(text) == fh.Action(text)
