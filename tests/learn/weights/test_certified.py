"""Training refuses what has no passing certificate for the code as it is."""

from pathlib import Path

import msgspec
import pytest

from firsthand.audit.report.certificate import load, sealed
from firsthand.errors import UserError
from firsthand.learn.weights.certified import require_certificate

SHIPPED = Path(__file__).parents[3] / "certificates"


@pytest.mark.parametrize("name", [load(path).target.name for path in SHIPPED.glob("*.json")])
def test_shipped_environments_are_certified_as_they_are(name):
    found = require_certificate(name, [SHIPPED])
    assert (found.target.name, found.verdict) == (name, "PASS")


def test_nothing_there_says_where_it_looked(tmp_path):
    with pytest.raises(UserError) as caught:
        require_certificate("rules/triage", [tmp_path])
    assert str(caught.value) == (
        "rules/triage has no passing certificate, and a policy that is trained finds every hole "
        f"of its reward. Looked at:\n  {tmp_path}/rules_triage.json: not there\nMake one with "
        "`firsthand audit rules/triage --out certificates/`, or train all the same with "
        "--allow-uncertified."
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": "0"}, "it is for version 0, and this is version 1"),
        ({"sha256": "00"}, "the environment's code was changed since"),
        ({"name": "games/mastermind"}, "it is that of games/mastermind"),
    ],
)
def test_a_certificate_of_something_else_does_not_count(tmp_path, changed, said):
    own = load(SHIPPED / "rules_triage.json")
    target = msgspec.structs.replace(own.target, **changed)
    other = sealed(msgspec.structs.replace(own, target=target))
    other.save(tmp_path / "rules_triage.json")
    with pytest.raises(UserError, match=said):
        require_certificate("rules/triage", [tmp_path])
    assert require_certificate("rules/triage", [tmp_path, SHIPPED])


def test_partial_failed_and_edited_ones_do_not_count(tmp_path):
    own, path = load(SHIPPED / "rules_triage.json"), tmp_path / "rules_triage.json"
    sealed(msgspec.structs.replace(own, partial=True)).save(path)
    with pytest.raises(UserError, match="its audit was stopped before its end"):
        require_certificate("rules/triage", [tmp_path])
    checks = tuple(
        msgspec.structs.replace(check, status="NOT_RUN") if not place else check
        for place, check in enumerate(own.checks)
    )
    sealed(msgspec.structs.replace(own, checks=checks, verdict="INCOMPLETE")).save(path)
    with pytest.raises(UserError, match="its verdict is INCOMPLETE"):
        require_certificate("rules/triage", [tmp_path])
    text = (SHIPPED / "rules_triage.json").read_text()
    path.write_text(text.replace(own.budget, "a larger one"))
    with pytest.raises(UserError, match="rules_triage.json was edited"):
        require_certificate("rules/triage", [tmp_path])
