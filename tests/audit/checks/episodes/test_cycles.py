"""Cycles: a paid step that can be undone and done again for reward."""

import pytest
from audit.corpus.index import TARGETS

from firsthand.audit.budget import Options
from firsthand.audit.formats.actions import refilled
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

SHOP = ("add:<int>", "move:<int> <text>", "drop:<int>", "leave")


@pytest.mark.parametrize(
    ("action", "others"),
    [
        ("add:5", ["drop:5", "move:5 5"]),
        ("move:5 shelf", ["add:5", "add:shelf", "drop:5", "drop:shelf"]),
        ("leave", []),
        ("sing", []),
    ],
)
def test_other_actions_take_the_arguments_of_one(action, others):
    assert sorted(refilled(action, SHOP)) == others


def test_taking_back_what_was_paid_and_doing_it_again_is_found():
    certificate = run(spec_of(str(TARGETS["basket_rewards"].path)), Options(only=("cycles",)))
    assert [finding.check for finding in certificate.findings] == ["cycles"]
    assert "A cycle of actions keeps paying" in certificate.findings[0].claim
