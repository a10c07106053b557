"""A mistake must not be answered with the answer; finding out, and lists of what is possible, are
no leaks.
"""

import pytest
from small_worlds import BROKEN, SOUND
from world_sources import guessing

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import LEAKS as CHECKS
from firsthand.audit.suite import run

LEAKS = {
    **{name: source for name, (checks, source) in BROKEN.items() if checks[0] in CHECKS},
    "told at half pay": guessing(wrong='f"no, it was {self.n}"').replace(
        'return "yes", 1.0', 'return "yes", 1.0 if self.turn == 1 else 0.5'
    ),
}
TIGHT = {
    **{
        name: SOUND[name]
        for name in (
            "higher or lower",
            "a wrong guess ends it and is told",
            "the legal range is told",
            "an error lists the options",
            "an informative look",
        )
    },
    "the distance is told": guessing(wrong='f"{abs(self.n - n)} away"'),
    "a number that is not the answer": guessing(
        bad='f"error {self.n * 7 + 3}: not a number"',
        prompt='f"Guess my number. key={self.n // 10}"',
    ),
}


def audited(tmp_path, source):
    file = tmp_path / "target.py"
    file.write_text(source)
    return run(spec_of(str(file)), Options(only=CHECKS, seeds=60))


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_found_and_its_witness_holds_the_mistake(tmp_path, name):
    certificate = audited(tmp_path, LEAKS[name])
    assert certificate.verdict == "FAIL"
    (finding,) = (found for found in certificate.findings if found.severity != "minor")
    assert len(finding.witness.plays[-1].actions) >= (1 if "prompt" in name else 2)


@pytest.mark.parametrize("name", TIGHT)
def test_what_is_no_leak_is_not_accused(tmp_path, name):
    certificate = audited(tmp_path, TIGHT[name])
    assert (
        not [found for found in certificate.findings if found.severity != "minor"]
        and certificate.verdict == "PASS"
    )
