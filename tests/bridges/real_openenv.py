"""The audit of a reward is a report that OpenEnv's models take, with the verdict of its policy."""

import json

from openenv.validation import Lane, ValidationReport, apply_policy, load_policy

from firsthand.audit.budget import Options
from firsthand.audit.suite import run
from firsthand.bridges.rewards import Wanted, importable, named, prepare
from firsthand.bridges.rfc008 import text

FUNCTION = """
def correct(completions, answer, **kwargs):
    return [float(gold in said) for said, gold in zip(completions, answer)]
"""


def test_the_report_of_a_reward_is_theirs(tmp_path):
    (tmp_path / "rewards.py").write_text(FUNCTION)
    rows = [{"prompt": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(40, 64)]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    wanted = Wanted(f"{tmp_path}/rewards.py:correct", tmp_path / "train.jsonl")
    reward = prepare(wanted, tmp_path / "correct.target.py")
    with importable(reward.file):
        options = Options(budget="quick", only=("oracle", "empty", "enumeration"))
        certificate = named(run(reward.spec, options), reward)
    report = ValidationReport.model_validate_json(text([certificate]))
    assert report.target == "rewards.py:correct" and report.verdict.value == "fail"
    policy = load_policy(report.policy_version)
    assert apply_policy(report.results, policy, Lane.HUB) == report.verdict
    found = {result.check_id: result.status.value for result in report.results}
    assert found["semantic.oracle_max"] == "pass"
    assert found["statistical.adversarial_floor"] == "fail"
