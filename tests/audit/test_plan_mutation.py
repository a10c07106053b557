"""What the reward does not depend on is named: an argument, a step, the work before the end."""

import pytest
from small_worlds import BROKEN, TOLD
from world_sources import desk, guessing

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

SHEET = desk(
    "sum(row in self.rows for row in set(self.posted)) / max(1, len(set(self.posted)))",
    plan="[*(f'post:{row}' for row in env.rows), 'close']",
    prompt=TOLD,
).replace(
    "self.posted, self.log",
    "self.rows = [f'{rng.randrange(1000, 9999)}={place}' for place in range(3)]\n"
    "        self.posted, self.log",
)
FOUND = {
    "closing alone pays": (BROKEN["closing alone pays"][1], "The last step alone earns"),
    "any post pays": (BROKEN["any post pays"][1], "Any value will do in `post`"),
    "the amount is ignored": (
        BROKEN["the amount is ignored"][1],
        "Argument 2 of `post` does not matter",
    ),
    "the post is not checked": (BROKEN["the post is not checked"][1], "Leaving out `post`"),
    "finishing costs": (BROKEN["finishing costs"][1], "earns more than the whole"),
    "one row of three is enough": (SHEET, "One step of `post` is paid like all of them."),
    "the second row is not looked at": (
        SHEET.replace(
            "sum(row in self.rows for row in set(self.posted)) / max(1, len(set(self.posted)))",
            "{self.rows[0], self.rows[2]} <= set(self.posted)",
        ),
        "One step of `post`, the one at the same place",
    ),
    "empty text is a prefix": (
        BROKEN["empty text is a prefix"][1],
        "In `post`, '' instead of the right argument",
    ),
}


def audited(tmp_path, source):
    file = tmp_path / "target.py"
    file.write_text(source)
    return run(spec_of(str(file)), Options(only=("plan_steps", "plan_arguments"), seeds=60))


@pytest.mark.parametrize("name", FOUND)
def test_what_does_not_matter_is_named(tmp_path, name):
    source, claim = FOUND[name]
    certificate = audited(tmp_path, source)
    assert [
        finding.claim
        for finding in certificate.findings
        if finding.severity != "minor" and claim in finding.claim
    ], certificate.findings


def test_all_rows_of_a_sheet_are_needed(tmp_path):
    certificate = audited(tmp_path, SHEET.replace("max(1, len(set(self.posted)))", "3"))
    assert certificate.verdict == "PASS" and certificate.checks[0].probes > 100


def test_a_search_that_the_oracle_plays_out_is_no_work_to_check(tmp_path):
    halves = guessing().replace(
        '[f"guess:{env.n}"]',
        (
            '[f"guess:{env.n // 4}", f"guess:{env.n // 2}", f"guess:{env.n}"] if env.n > 8 '
            'else [f"guess:{env.n}"]'
        ),
    )
    assert audited(tmp_path, halves).verdict == "PASS"
