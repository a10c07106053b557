"""The rewards whose audit docs/rewards.md shows: each can be audited, and each is in the table."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "rewards"))


def names():
    import audit_rewards

    files = (ROOT / "benchmarks" / "rewards").glob("*.py")
    return sorted(path.stem for path in files if path.stem not in audit_rewards.DATA)


def test_every_reward_has_rows_and_a_function():
    import audit_rewards

    for name in names():
        module = audit_rewards.loaded(name)
        rows = module.rows()
        assert len(rows) >= 8 and rows == module.rows(), name
        assert callable(getattr(module, audit_rewards.function_of(module))), name


def test_the_table_has_every_reward_and_its_summary_counts_them():
    table = (ROOT / "docs" / "rewards.md").read_text(encoding="utf-8").partition("<!-- table")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \(.*?\| (FAIL|PASS|INCOMPLETE) \|", table, re.MULTILINE))
    assert sorted(rows) == names()
    public = {name: verdict for name, verdict in rows.items() if not name.startswith("repaired_")}
    failed = list(public.values()).count("FAIL")
    assert f"Of {len(public)} reward functions {failed} fail" in table
    assert {rows[name] for name in rows.keys() - public.keys()} == {"PASS"}


def test_a_witness_is_shown_in_a_cell_of_its_own():
    import audit_rewards

    found = {"check": "echo", "severity": "critical", "claim": "a | b", "mean": 1.0, "witness": "x"}
    row = {"name": "f", "shape": "trl", "what": "w", "verdict": "FAIL", "n": 9}
    text = audit_rewards.markdown([{**row, "findings": [{**found, "replays": True}]}])
    assert "| `f` (trl): w | FAIL | 9 | `echo`: a \\| b | 'x' |" in text
