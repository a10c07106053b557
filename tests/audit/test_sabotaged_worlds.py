"""Every native environment with every common flaw: the check that is there for the flaw catches it.

Only that check runs here; `benchmarks/sabotage.py` runs the whole battery on all flaws.
"""

import pytest

from firsthand.audit.budget import Options
from firsthand.audit.suite import run
from firsthand.audit.targets.protocol import Spec

CAUGHT_BY = {
    "leak_in_error": "listed_plans",
    "leak_in_observation": "stated_answers",
    "quit_pays": "passive",
    "constant_wins": "passive",
    "claims_pay": "passive",
    "invalid_pays": "passive",
    "forgets_reset": "determinism",
    "reads_clock": "determinism",
    "uses_hash_order": "determinism",
    "pays_after_done": "after_done",
    "expert_fails": "oracle",
    "base_rate_lie": "blind_plans",
}
NAMES = (
    "control/null",
    "data/ledger",
    "embodied/keys_and_rooms",
    "games/mastermind",
    "interfaces/shop_desk",
    "rules/triage",
)
CASES = [
    *((name, flaw, check) for name in NAMES for flaw, check in CAUGHT_BY.items()),
    *((name, "cycle_pays", "passive") for name in NAMES if name != "control/null"),
    ("data/ledger", "score_ignores_a_check", "plan_steps"),
    ("rules/triage", "few_instances", "instances"),
    ("rules/triage", "split_overlap", "instances"),
    ("rules/triage", "judge_obeys", "passive"),
    ("rules/triage", "raises_on_odd_input", "malformed_input"),
]


@pytest.mark.parametrize(("name", "flaw", "check"), CASES)
def test_the_flaw_is_caught(name, flaw, check):
    found = run(
        Spec("native", name, sabotage=flaw), Options(budget="quick", seeds=24, only=(check,))
    )
    assert found.verdict == "FAIL"
    assert {finding.check for finding in found.findings if finding.severity != "minor"} == {check}
    assert all(finding.witness.plays for finding in found.findings), (
        "every accusation comes with plays"
    )
