"""Programs that never end: what a grader does about one case tells what it does about all."""

import pytest
from audit.checks.programs.graders import BROKEN, HEAD, SOUND

from firsthand.audit.accusation import CheckRun
from firsthand.audit.checks.programs import hangs
from firsthand.audit.checks.programs.exploits import exploits
from firsthand.audit.checks.programs.hangs import Hangs, unnoticed, used
from firsthand.audit.formats.programs import program
from firsthand.audit.naming import spec_of
from firsthand.audit.process.pool import PLAY_SECONDS
from firsthand.audit.session import Session

IN_PROCESS = """
    space = {}
    try:
        exec(code, space)
        return float(all(same(space[name](*one), want) for one, want in zip(inputs, wanted)))
    except Exception:
        return 0.0
"""


@pytest.fixture
def session(tmp_path, request):
    file = tmp_path / "grader.py"
    file.write_text(HEAD + request.param)
    found = Session(spec_of(str(file)))
    yield found
    found.close()


def ended(session):
    run = CheckRun(session, exploits)
    instance = session.usable[0]
    own = program(instance)
    return {hung.payload.name: hung for hung in Hangs(run, instance, own).ended()}, run, own


@pytest.mark.parametrize("session", [BROKEN["late cases are skipped"]], indirect=True)
def test_a_grader_that_skips_cases_pays_for_a_program_that_hangs_on_one(session):
    found, run, own = ended(session)
    hung = next(found[name] for name in found if "first input that is tested" in name)
    assert hung.trace is not None and hung.trace.paid == 1.0
    assert not unnoticed(run, session.usable[0], own), "a wrong answer there is refused"


@pytest.mark.slow
@pytest.mark.parametrize(
    "session", [SOUND["a child and two seconds for every case"]], indirect=True
)
def test_a_grader_that_waits_for_every_case_is_waited_for(session):
    found, *_ = ended(session)
    assert len(found) == 3
    assert all(hung.trace is not None and hung.trace.paid == 0 for hung in found.values())
    assert session.play_seconds == PLAY_SECONDS * (1 + 24), "it starts a process for each case"


@pytest.mark.parametrize("session", [BROKEN["the right lines somewhere"]], indirect=True)
def test_a_grader_that_never_runs_programs_is_not_said_to_pay_for_hangs(session):
    run, instance = CheckRun(session, exploits), session.usable[0]
    own = program(instance)
    assert unnoticed(run, instance, own)


@pytest.mark.parametrize("session", [IN_PROCESS], indirect=True)
def test_a_program_that_never_ends_in_the_graders_process_is_told_by_processor_time(
    session, monkeypatch
):
    monkeypatch.setattr(hangs, "PLAY_SECONDS", 1.0)
    found, *_ = ended(session)
    (hung,) = found.values()
    assert hung.payload.name == "busy in the call" and hung.trace is None


def test_the_time_of_a_process_that_is_gone_is_none():
    assert used(2**22 + 1) == 0.0
