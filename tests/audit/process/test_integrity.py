"""Targets that attack their auditor, kill it, or flood it: none passes, every audit ends."""

import os
import resource
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import meddlers
import pytest

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.process.pool import Lab
from firsthand.audit.process.recompute import recompute
from firsthand.audit.suite import run
from firsthand.audit.targets.protocol import Play, Spec
from firsthand.process import bubblewrap, landlock

CHECKS = ("oracle", "empty", "recomputation")


@pytest.fixture(params=["contained", "bare"])
def tier(request, monkeypatch):
    """Contained in bubblewrap, or as on a machine without it."""
    if request.param == "bare":
        monkeypatch.setattr(bubblewrap, "failure", lambda: "bwrap is not installed")
    elif bubblewrap.failure():
        pytest.skip(bubblewrap.failure())
    return request.param


def grader(folder: Path, added: str, *, name: str = "grader.py") -> Spec:
    (folder / name).write_text(meddlers.GRADER + added)
    return spec_of(str(folder / name))


def audited(spec: Spec, *checks: str):
    return run(spec, Options(budget="quick", workers=1, only=checks or CHECKS))


@pytest.mark.parametrize("how", meddlers.MEDDLERS)
def test_a_grader_that_hides_from_its_auditor_what_it_pays_fails(how, tmp_path):
    certificate = audited(grader(tmp_path, meddlers.MEDDLERS[how]))
    assert certificate.verdict == "FAIL", certificate.checks
    finding = certificate.findings[0]
    if how in meddlers.IN_VAIN:
        assert finding.check == "empty", "what it replaced is not used: it was played as it is"
        return
    assert finding.check == "recomputation" and finding.class_ == "integrity"
    assert ("interferes with the auditor: it replaced firsthand." in finding.claim) or (
        "while it is audited and 1 in an ordinary process" in finding.claim
    ), finding.claim


def test_without_meddling_the_same_grader_is_accused_of_paying_for_anything(tmp_path):
    certificate = audited(
        grader(tmp_path, ""), "oracle", "constants", "odd_values", "recomputation"
    )
    assert certificate.verdict == "FAIL"
    assert "recomputation" not in {finding.check for finding in certificate.findings}


@pytest.mark.parametrize("how", meddlers.FORGERS)
def test_answers_out_of_protocol_are_a_finding_and_cost_no_memory(how, tmp_path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    certificate = audited(grader(tmp_path, meddlers.FORGERS[how]))
    assert certificate.verdict == "FAIL"
    assert any("interferes with the auditor" in found.claim for found in certificate.findings)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


AUDIT = """
import sys
from firsthand.process import bubblewrap
if {bare}:
    bubblewrap.failure = lambda: "off"
from firsthand.audit.budget import Options
from firsthand.audit.suite import run
from firsthand.audit.naming import spec_of
options = Options(budget="quick", workers=1, only={checks})
print(run(spec_of({path!r}), options).verdict)
"""


@pytest.mark.parametrize("how", meddlers.KILLERS)
@pytest.mark.parametrize("when", ["import", "reward"])
def test_a_target_cannot_end_or_stop_its_auditor(how, when, tier, tmp_path):
    if tier == "bare" and landlock.version() < landlock.SCOPES_SINCE:
        pytest.skip("this kernel has no Landlock scopes (Linux 6.12)")
    attack = meddlers.KILLERS[how]
    body = "def reward(prompt, completion, answer):\n" + textwrap.indent(attack, "    ")
    body += "    return float(completion.strip() == answer)\n"
    tried = "try:\n" + textwrap.indent(attack, "    ") + "except OSError: pass\n"
    spec = grader(tmp_path, body if when == "reward" else tried)
    program = AUDIT.format(bare=tier == "bare", checks=CHECKS, path=spec.name)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
        check=False,
    )
    assert done.returncode >= 0, f"the auditor died of signal {-done.returncode}"
    assert done.stdout.strip() in ("FAIL", "INCOMPLETE", "PASS") or "UserError" in done.stderr
    if when == "reward" and how.endswith("its parent"):
        assert done.stdout.strip() == "FAIL", "the oracle's play ends in a fault"


def test_a_target_sees_none_of_the_auditor_s_environment_and_stdout(tier, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-do-not-leak-this")
    looks = """
import glob, os
FOUND = [name for name, value in os.environ.items() if "leak" in value]
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        with open(path, "rb") as file:
            if b"sk-do-not-leak-this" in file.read():
                FOUND.append(path)
    except OSError:
        pass
def reward(prompt, completion, answer):
    return float(not FOUND)
"""
    if tier == "bare" and landlock.version() < landlock.SCOPES_SINCE:
        pytest.skip("this kernel has no Landlock scopes (Linux 6.12)")
    with Lab(grader(tmp_path, looks), workers=1) as lab:
        assert [trace.value for trace in lab.run([Play(0, ("1",))])] == [1.0]
    assert recompute(grader(tmp_path, looks), [Play(0, ("1",))]) == [1.0]


def test_children_in_sessions_of_their_own_end_with_the_audit(tier, tmp_path):
    spawns = """
import subprocess, sys
STARTED = [subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(987)"],
           start_new_session=True) for _ in range(100)]
"""
    with Lab(grader(tmp_path, spawns), workers=1) as lab:
        lab.start()
        worker = lab.workers[0]
        assert worker is not None
        started = worker.child.started()
        assert len(started) == 100
    until = time.monotonic() + 5
    while time.monotonic() < until and any(Path(f"/proc/{pid}").exists() for pid in started):
        time.sleep(0.02)
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def test_no_folders_stay_behind(tier, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Lab(grader(tmp_path, ""), workers=2) as lab:
        lab.start()
        assert lab.run([Play(0, ("24",))])[0].value == 1.0
    assert not list(tmp_path.glob("firsthand-*"))


@pytest.mark.parametrize("name", ["games/mastermind", "data/ledger", "rules/triage"])
def test_environments_are_recomputed_alike(name):
    with Lab(spec_of(name), workers=1) as lab:
        lab.start()
        instances = lab.instances(range(6))
        plays = [Play(instance.seed, instance.oracle) for instance in instances]
        plays += [Play(instance.seed, instance.oracle[:1]) for instance in instances]
        values = [trace.value for trace in lab.run(plays)]
    assert recompute(spec_of(name), plays) == pytest.approx(values)
