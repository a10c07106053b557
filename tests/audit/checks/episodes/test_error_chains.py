"""An error must not begin a chain that solves; finding out by legal steps is the task."""

import pytest
from audit.checks.episodes.desks import desk
from audit.corpus.index import TARGETS

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

DESK = {
    "actions": '["list", "case:<int>", "box:<word>", "open:<int>"]',
    "prompt": "'Find the code of the safe, then open:CODE. Cases have numbers, boxes have names.'",
    "plan": '[f"open:{env.code}"]',
}
BAD_CASE = "if word == 'case' and said != str(self.order): "
ERROR = BAD_CASE + "return f'Expected case {self.order}.', 0.0, False, {}"
REFUSED = BAD_CASE + "return 'There is no such case.', 0.0, False, {}"
CASE = "if word == 'case': return f'It lies in box {self.site}{self.a}.', 0.0, False, {}"
BOX = (
    "if word == 'box' and said == f'{self.site}{self.a}': "
    "return f'A note: {self.code}.', 0.0, False, {}"
)
NO_BOX = "if word == 'box': return 'There is no such box.', 0.0, False, {}"
OPEN = "if word == 'open': return self.finish(said == str(self.code))"
LIST = "if action == 'list': return f'Case {self.order}.', 0.0, False, {}"


def audited(tmp_path, *rules, **changed):
    file = tmp_path / "target.py"
    file.write_text(desk(**(DESK | changed), rules=rules))
    return run(spec_of(str(file)), Options(only=("oracle", "error_chains"), seeds=60))


def test_an_error_that_leads_to_the_code_is_found(tmp_path):
    """The error names a case, the case a box, and the box holds the code."""
    found = audited(tmp_path, ERROR, CASE, BOX, NO_BOX, OPEN)
    (finding,) = found.findings
    assert finding.check == "error_chains" and finding.severity == "critical"
    kinds = [action.partition(":")[0] for action in finding.witness.plays[0].actions]
    assert kinds == ["case", "case", "box", "open"]


def test_a_mistake_that_tells_more_when_it_is_made_again_is_found():
    found = run(spec_of(str(TARGETS["five_letters"].path)), Options(only=("error_chains",)))
    (finding,) = found.findings
    one, two, last = finding.witness.plays[0].actions
    assert one == two and last.startswith("guess:")


def test_a_closing_step_ends_the_chain(tmp_path):
    """The code is entered, and then the plan has to be closed."""
    enter = "if word == 'open': self.moved.append(said); return 'Entered.', 0.0, False, {}"
    close = "if action == 'close': return self.finish(self.moved == [str(self.code)])"
    found = audited(
        tmp_path,
        ERROR,
        CASE.replace("It lies in box {self.site}{self.a}.", "A note: {self.code}."),
        enter,
        close,
        actions='["case:<int>", "open:<int>", "close"]',
        plan='[f"open:{env.code}", "close"]',
    )
    assert [finding.check for finding in found.findings] == ["error_chains"]


@pytest.mark.parametrize(
    ("rules", "plan"),
    [
        pytest.param((REFUSED, CASE, BOX, NO_BOX, OPEN), DESK["plan"], id="the error says no more"),
        pytest.param((LIST, ERROR, CASE, BOX, NO_BOX, OPEN), DESK["plan"], id="list tells it, too"),
        pytest.param(
            (LIST, ERROR, CASE, BOX, NO_BOX, OPEN),
            '["list", f"case:{env.order}", f"box:{env.site}{env.a}", f"open:{env.code}"]',
            id="the plan goes the same way",
        ),
    ],
)
def test_what_legal_steps_tell_accuses_nobody(tmp_path, rules, plan):
    found = audited(tmp_path, *rules, plan=plan)
    assert found.verdict == "PASS" and not found.findings, found.findings
