"""A certificate is canonical, names its own hash, and tells when it was edited."""

import json

import msgspec
import pytest

from firsthand.audit.budget import Options
from firsthand.audit.finding import CheckResult, Finding, Witness
from firsthand.audit.report.certificate import Certificate, Seeds, load, root, sealed, verdict
from firsthand.audit.suite import load_failed
from firsthand.audit.targets.protocol import Facts, Play, Spec
from firsthand.errors import UserError

FINDING = Finding(
    "empty",
    "answer channel",
    "critical",
    "Nothing pays.",
    24,
    24,
    1.0,
    Witness("pays", (Play(3, ("",)),), 1.0),
    "Reject it.",
)


def check(status, name="empty", **more):
    return CheckResult(
        name, "answer channel", status, "Answers without content earn nothing.", **more
    )


def certificate(*checks, findings=(), spec=Spec("native", "control/null"), **more):
    made = Certificate(
        verdict=verdict(checks),
        target=Facts("answer", "grader.py", "ab" * 32),
        spec=spec,
        findings=findings,
        checks=checks,
        seeds=Seeds(24),
        budget="standard",
        base_rate={"declared": None, "measured": 1 / 3},
        diversity={},
        difficulty=(),
        bounds={},
        not_checked=("judges",),
        auditor={"version": "0"},
        platform="here",
        made="2026-01-01",
        seconds=1.5,
    )
    return sealed(msgspec.structs.replace(made, **more))


@pytest.mark.parametrize(
    ("statuses", "said", "code"),
    [
        ("PASS NA", "PASS", 0),
        ("PASS FAIL NOT_RUN", "FAIL", 1),
        ("PASS NOT_RUN NA", "INCOMPLETE", 2),
        ("NA", "PASS", 0),
    ],
)
def test_the_verdict_is_the_worst_status_and_decides_the_exit_code(statuses, said, code):
    made = certificate(*map(check, statuses.split()))
    assert made.verdict == said and made.exit_code == code


def test_json_is_canonical_in_one_line():
    text = certificate(check("FAIL"), findings=(FINDING,)).json()
    assert (
        text
        == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        and "\n" not in text
    )
    assert json.loads(text)["base_rate"]["measured"] == 0.333333
    assert json.loads(text)["findings"][0]["class"] == "answer channel"


def test_a_number_that_is_none_is_written_as_text():
    text = certificate(check("PASS", max=float("inf"))).json()
    assert json.loads(text)["checks"][0]["max"] == "inf"


def test_the_hash_leaves_out_what_no_one_can_repeat():
    first = certificate(check("PASS", seconds=1.0))
    again = certificate(check("PASS", seconds=2.0), made="2027-05-05", seconds=9.0)
    other = certificate(check("PASS", n=1))
    assert first.root_sha256 == again.root_sha256 == root(first)
    assert first.root_sha256 != other.root_sha256


def test_a_saved_certificate_is_read_back_whole(tmp_path):
    made = certificate(
        check("FAIL"), findings=(FINDING,), base_rate={"declared": 0.25, "measured": 0.5}
    )
    made.save(tmp_path / "deep" / "c.json")
    assert load(tmp_path / "deep" / "c.json") == made


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"status": "FAIL"', '"status": "PASS"'),
        ('"verdict": "FAIL"', '"verdict": "PASS"'),
        ('"seed": 3', '"seed": 4'),
        ("Nothing pays.", "It pays."),
    ],
)
def test_an_edit_is_detected(tmp_path, was, becomes):
    place = tmp_path / "c.json"
    certificate(check("FAIL"), findings=(FINDING,)).save(place)
    assert was in place.read_text()
    place.write_text(place.read_text().replace(was, becomes))
    with pytest.raises(
        UserError, match=r"c\.json was edited: its content does not have the hash that it names\."
    ):
        load(place)


def test_what_is_no_certificate_is_refused(tmp_path):
    (tmp_path / "c.json").write_text("[]")
    with pytest.raises(UserError, match="is no certificate of `firsthand audit`"):
        load(tmp_path / "c.json")
    with pytest.raises(UserError, match=r"cannot be read: No such file or directory\.$"):
        load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("here", "named"), [(".", "sub/grader.py"), ("sub", "grader.py"), ("other", "grader.py")]
)
def test_a_file_is_named_without_the_folders_of_the_machine(tmp_path, monkeypatch, here, named):
    (tmp_path / "sub").mkdir()
    (tmp_path / "other").mkdir()
    file = tmp_path / "sub" / "grader.py"
    file.write_text("raise ValueError")
    monkeypatch.chdir(tmp_path / here)
    made = load_failed(
        Spec("file", str(file)), Options(), f"{file} could not be loaded: ValueError"
    )
    told = json.loads(made.json())
    assert told["spec"]["name"] == named and str(tmp_path) not in made.json()
    assert (
        told["verdict"] == "FAIL"
        and told["findings"][0]["claim"] == "grader.py could not be loaded: ValueError"
    )


def test_a_certificate_whose_checks_do_not_give_its_verdict_is_refused(tmp_path):
    """The hash is no signature, so an edited verdict can be hashed again: it must still fit."""
    place = tmp_path / "c.json"
    certificate(check("FAIL"), findings=(FINDING,), verdict="PASS").save(place)
    with pytest.raises(UserError, match="contradicts itself"):
        load(place)


def test_a_certificate_is_the_same_on_every_platform():
    assert certificate(check("PASS"), platform="a").root_sha256 == (
        certificate(check("PASS"), platform="b").root_sha256
    )
