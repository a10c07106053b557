"""Every installed environment ships a certificate that is intact, is about the code that is there,
and passes again.
"""

from importlib.metadata import entry_points
from pathlib import Path

import pytest
from families import COSTLY

from firsthand.audit.budget import Options
from firsthand.audit.environment_hash import environment_sha256
from firsthand.audit.naming import digest_now, spec_of
from firsthand.audit.report.certificate import auditor, load, root
from firsthand.audit.suite import run
from firsthand.errors import UserError
from firsthand.registry import GROUP, lookup

FOLDER = Path(__file__).parent.parent.parent / "certificates"
NAMES = sorted(entry_points(group=GROUP).names)


def place(name):
    return FOLDER / f"{name.replace('/', '_')}.json"


@pytest.mark.parametrize("name", NAMES)
def test_the_certificate_passed_at_700_seeds_and_is_about_this_code(name):
    certificate = load(place(name))
    assert certificate.verdict == "PASS" and certificate.seeds.n == 700
    assert certificate.root_sha256 == root(certificate)
    assert certificate.auditor == auditor(), "the auditor changed: make the certificates again"
    assert certificate.target.sha256 == environment_sha256(lookup(name)), (
        "the environment changed: audit it again"
    )


def test_another_process_computes_the_same_hash():
    name = NAMES[0]
    assert digest_now(spec_of(name)) == environment_sha256(lookup(name))


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in COSTLY)) for name in NAMES],
)
def test_the_environment_passes_again_at_the_quick_budget(name):
    certificate = run(spec_of(name), Options(budget="quick"))
    assert certificate.verdict == "PASS", [
        (found.check, found.claim) for found in certificate.findings
    ]


def test_an_edited_certificate_is_refused(tmp_path):
    text = place(NAMES[0]).read_text()
    assert '"n": 700' in text
    (tmp_path / "c.json").write_text(text.replace('"n": 700', '"n": 701'))
    with pytest.raises(UserError, match="was edited"):
        load(tmp_path / "c.json")
