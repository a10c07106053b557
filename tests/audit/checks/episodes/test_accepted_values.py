"""A wrong value that is accepted like the right one must not be paid; one of several right may."""

import pytest
from audit.checks.episodes.desks import desk

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

ASK = "if action == 'ask': return f'It goes to the {self.site}.', 0.0, False, {}"
KNOWN = "if word == 'send' and said.split(' ')[-1] not in ('yard', 'hall', 'dock', 'barn'): "
UNKNOWN = KNOWN + "return 'There is no such place.', 0.0, False, {}"
SEND = "if word == 'send': self.moved.append(said); return 'Sent.', 0.0, False, {}"
CLOSE = "if action == 'close': return self.finish({right})"
RIGHT = "self.moved == [f'{self.order} {self.site}']"
ANY_PLACE = "[one.split(' ')[0] for one in self.moved] == [str(self.order)]"
REFUSED = (
    "if word == 'send' and said.split(' ')[-1] == self.site: "
    "self.moved.append(said); return 'Sent.', 0.0, False, {}"
)
DESK = {
    "actions": '["ask", "send:<int> <word>", "close"]',
    "prompt": "f'Send order {self.order} to the place that `ask` names, then close.'",
    "plan": '["ask", f"send:{env.order} {env.site}", "close"]',
}


def audited(tmp_path, *rules):
    file = tmp_path / "target.py"
    file.write_text(desk(**DESK, rules=rules))
    return run(spec_of(str(file)), Options(only=("oracle", "accepted_values"), seeds=60))


def test_any_known_place_is_paid(tmp_path):
    found = audited(tmp_path, ASK, UNKNOWN, SEND, CLOSE.format(right=ANY_PLACE))
    (finding,) = found.findings
    assert finding.severity == "major" and "Argument 2 of `send` does not matter" in finding.claim


@pytest.mark.parametrize("send", [SEND, REFUSED], ids=["accepted and not paid", "refused"])
def test_a_place_that_matters_accuses_nobody(tmp_path, send):
    found = audited(tmp_path, ASK, UNKNOWN, send, CLOSE.format(right=RIGHT))
    assert found.verdict == "PASS"


def test_any_of_several_that_are_told_may_be_paid(tmp_path):
    """All free places are right, and told; the oracle takes the first."""
    told = ASK.replace("{self.site}.", "{self.site}, or to yard, hall, dock or barn.")
    found = audited(tmp_path, told, UNKNOWN, SEND, CLOSE.format(right=ANY_PLACE))
    assert found.verdict == "PASS"
