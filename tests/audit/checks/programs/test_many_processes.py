"""Graders that start a process for each of 60 cases: fewer plays, longer limits, same verdicts."""

import pytest
from audit.checks.programs.graders import HEAD

from firsthand.audit.budget import CHECK_SECONDS, MANY_PROCESSES, ORDINARY_PROCESSES, Options
from firsthand.audit.naming import spec_of
from firsthand.audit.process.pool import PLAY_SECONDS
from firsthand.audit.session import Session
from firsthand.audit.suite import run

SIXTY = """
    for _ in range(59):
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)  # as cheap as a process can be
"""
SOUND = f"""{SIXTY}
    got = results(code, name, inputs)
    return float(isinstance(got, list) and len(got) == len(wanted) and all(map(same, got, wanted)))
"""
EXIT_CODE = f"""{SIXTY}
    calls = "".join(
        f"assert {{name}}(*{{one!r}}) == {{want!r}}\\n"
        for one, want in answer["cases"]
    )
    return float(python(f"{{code}}\\n{{calls}}").returncode == 0)
"""
EACH_CASE = """
    inputs, wanted = (inputs * 30)[:60], (wanted * 30)[:60]
    right = [results(code, name, [one]) == [want] for one, want in zip(inputs, wanted)]
"""


def written(tmp_path, body):
    file = tmp_path / "grader.py"
    file.write_text(HEAD + body)
    return spec_of(str(file))


@pytest.mark.parametrize(("body", "verdict"), [(SOUND, "PASS"), (EXIT_CODE, "FAIL")])
def test_one_program_of_each_idea_is_played(tmp_path, body, verdict):
    for _ in range(3):  # on a busy machine a process ends that is not to blame: run it again then
        certificate = run(written(tmp_path, body), Options(only=("oracle", "exploits")))
        if certificate.verdict != "INCOMPLETE":
            break
    played = {check.id: check.plays for check in certificate.checks}
    assert certificate.verdict == verdict, certificate.checks
    assert 40 < played["exploits"] < 90, "about 150 where plays start few processes"


@pytest.mark.parametrize(
    ("processes", "weight", "many"),
    [
        (1, 1, False),
        (ORDINARY_PROCESSES, 1, False),
        (MANY_PROCESSES - 1, 2, False),
        (MANY_PROCESSES, 2, True),
        (60, 8, True),
    ],
)
def test_limits_grow_and_plays_shrink_with_the_processes_of_a_play(
    tmp_path, processes, weight, many
):
    body = SIXTY.replace("59", str(processes)) + "    return 1.0\n"
    session = Session(written(tmp_path, body), Options(workers=1))
    try:
        assert (session.processes, session.weight) == (processes, weight)
        assert session.many_processes is many
        assert session.check_seconds == CHECK_SECONDS["standard"] * weight
        assert session.play_seconds == min(PLAY_SECONDS * (1 + processes), 300.0)
        assert session.tries(quick=120, standard=480) == 480 // (12 * weight)
    finally:
        session.close()


def test_instances_with_few_cases_are_played_where_others_start_many_processes(tmp_path):
    body = SIXTY.replace("range(59)", "range(2 if name in ('add', 'clip') else 60)")
    session = Session(written(tmp_path, f"{body}    return 1.0\n"), Options(workers=1))
    try:
        chosen = [instance.answer["name"] for instance in session.some(2)]
        assert chosen == ["add", "clip"]
    finally:
        session.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verdict", "body"),
    [
        ("PASS", f"{EACH_CASE}    return float(all(right))\n"),
        ("FAIL", f"{EACH_CASE}    return float(all(right[:2]))\n"),
    ],
)
def test_a_child_for_each_of_sixty_cases_is_audited_to_the_end(tmp_path, verdict, body):
    certificate = run(written(tmp_path, body))
    states = [(check.id, check.status, check.reason) for check in certificate.checks]
    assert certificate.verdict == verdict, states
    assert not [state for state in states if state[1] == "NOT_RUN"]
