"""The audit says of targets what it said before: a fixed fast part of the corpus, and how it is
kept.

`python benchmarks/audit.py --corpus` compares all of it (in `make bench`).
"""

import json

import pytest
from audit.corpus import snapshot
from audit.corpus.index import SETS, TARGETS

FAST = (
    "bank_balance",
    "review_queue",
    "sensor_reading",
    "canal_routes",
    "loan_dates",
    "parsers",  # a grader of programs, the slowest here
    "spare_key",
    "shelf_count",
    "two_jugs",
    "delivery_note",
    "unit_quiz",
    "multiples",
    "coin_tray",
    "reading_room",
    "seed_order",
    "herb_pots",
    "shares",
    "mixtures",
    "gear_trains",
    "gauge_readings",
    "boxed_linear",
    "small_sudoku",
    "pick_all",
    "reach_total",
    "prime_factor_set",
)
RECORD = {
    "verdict": "FAIL",
    "failed": ["empty"],
    "findings": [["empty", "answers", "critical", "pays"]],
}


def test_the_fast_part_spans_sets_and_kinds():
    chosen = [TARGETS[name] for name in FAST]
    assert {target.set for target in chosen} == set(SETS)
    assert {target.kind for target in chosen} == {"text", "programs", "episodes"}
    assert sum(target.broken for target in chosen) >= 12
    assert sum(not target.broken for target in chosen) >= 8


def test_the_snapshot_has_the_fast_part_and_no_stranger():
    """That it has all of the corpus is what `python benchmarks/audit.py --corpus` exits by."""
    kept = set(snapshot.read())
    missing, extra = sorted(set(FAST) - kept), sorted(kept - set(TARGETS))
    message = f"run {snapshot.WRITE}; not in the snapshot: {missing}; not in the corpus: {extra}"
    assert not missing and not extra, message
    assert snapshot.SNAPSHOT.stat().st_size < 150_000


@pytest.mark.parametrize("name", FAST)
def test_the_audit_says_what_it_said(name):
    kept = snapshot.read().get(name)
    assert kept is not None, f"{name} is not in the snapshot: run {snapshot.WRITE}"
    now, _ = snapshot.audited(TARGETS[name].path)
    assert (now["verdict"], now["failed"]) == (kept["verdict"], kept["failed"]), "\n".join(
        snapshot.differences(name, kept, now)
    )


def test_records_are_written_one_a_line_and_read_again(tmp_path):
    path = tmp_path / "snapshot.json"
    assert snapshot.read(path) == {}
    snapshot.write({"b": RECORD, "a": RECORD}, path)
    assert snapshot.read(path) == {"a": RECORD, "b": RECORD}
    assert len(path.read_text().splitlines()) == 4
    assert list(json.loads(path.read_text())) == ["a", "b"]


@pytest.mark.parametrize(
    ("kept", "now", "lines"),
    [
        (RECORD, RECORD, []),
        (None, RECORD, [f"a: is not in snapshot.json; run {snapshot.WRITE}"]),
        (
            RECORD,
            {"verdict": "PASS", "failed": [], "findings": []},
            [
                "a: verdict was FAIL, now PASS",
                "a: checks that fail: no longer empty",
                "a: findings: no longer empty / answers / critical / pays",
            ],
        ),
        (
            {**RECORD, "failed": []},
            RECORD,
            ["a: checks that fail: new: empty"],
        ),
    ],
)
def test_differences_are_said_in_one_line_each(kept, now, lines):
    assert snapshot.differences("a", kept, now) == lines
