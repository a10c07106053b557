"""A clause of a step may be left out only where that has no effect."""

import pytest
from audit.checks.episodes.desks import desk

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

DESK = {
    "actions": '["tag:<text>", "close"]',
    "prompt": "f'Tag the mails from {self.site} with status {self.a} by tag:FILTERS, then close.'",
    "plan": '[f"tag:from:{env.site} status:{env.a}", "close"]',
}
COUNTED = "f'{100 - 30 * len(said.split())} mails.'"
TAG = "if word == 'tag': self.moved.append(said); return {reply}, 0.0, False, {{}}"
BOTH = "self.moved == [f'from:{self.site} status:{self.a}']"
FIRST = "bool(self.moved) and self.moved[0].split()[:1] == [f'from:{self.site}']"
CLOSE = "if action == 'close': return self.finish({right})"


@pytest.mark.parametrize(
    ("reply", "right", "accused"),
    [
        pytest.param(COUNTED, FIRST, True, id="an ignored filter"),
        pytest.param(COUNTED, BOTH, False, id="both filters count"),
        pytest.param("'Tagged.'", FIRST, False, id="nothing shows that it has an effect"),
    ],
)
def test_a_filter_that_has_an_effect_must_count(tmp_path, reply, right, accused):
    file = tmp_path / "target.py"
    file.write_text(desk(**DESK, rules=[TAG.format(reply=reply), CLOSE.format(right=right)]))
    found = run(spec_of(str(file)), Options(only=("oracle", "dropped_clauses"), seeds=24))
    assert (found.verdict == "FAIL") is accused
    assert [finding.check for finding in found.findings] == ["dropped_clauses"] * accused
