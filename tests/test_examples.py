"""The programs in examples/ run, are short, and print what they promise."""

import os
import re
import subprocess
import sys
from pathlib import Path

from local_endpoint import endpoint

EXAMPLES = Path(__file__).parents[1] / "examples"
LINES = 25


def printed(folder: Path, name: str, *arguments: object) -> str:
    """Run an example in an empty folder, as a user does, and return what it printed."""
    run = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / f"{name}.py", *map(str, arguments)],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if "KEY" not in key},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_there_are_seven_and_each_is_short():
    programs = sorted(EXAMPLES.glob("*.py"))
    assert len(programs) == 7
    for program in programs:
        lines = [line for line in program.read_text(encoding="utf-8").splitlines() if line.strip()]
        assert len(lines) <= LINES, program
        assert lines[0].startswith('"""')
        assert f"def test_{program.stem}(" in Path(__file__).read_text(encoding="utf-8")


def test_audit_a_grader(tmp_path):
    shown = printed(tmp_path, "audit_a_grader")
    assert shown.startswith("FAIL\n") and "enumeration: Listing many answers is paid" in shown


def test_an_environment(tmp_path):
    assert printed(tmp_path, "an_environment") == "The expert solves 100% of 50 tasks.\n"


def test_an_agent_behind_an_api(tmp_path):
    with endpoint(lambda messages: messages[-1]["content"].splitlines()[-1]) as url:
        shown = printed(tmp_path, "an_agent_behind_an_api", f"a-model@{url}")
    assert re.match(r"Success 0\.\d\d \[0\.\d\d, 0\.\d\d\], n = 40 tasks\n", shown)
    assert "0 of 40 episodes failed: {}\n" in shown and " tokens\n" in shown


def test_learner(tmp_path):
    """It is given to `firsthand bench`."""
    program = "from firsthand.cli.main import main; main()"
    words = ["--model", "tiny", "--budget", "20", "--worlds", "1", "--eval-tasks", "10"]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, "bench", EXAMPLES / "learner.py", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    desk, triage, null, said = run.stdout.splitlines()
    assert re.match(r"interfaces/shop_desk world \d+: \S+ to \S+, gain .* possible", desk)
    assert triage.startswith("rules/triage world ")
    assert null.endswith("a null: claimed a gain (n = 10, 20 turns)")
    assert said == "Nulls claimed: 1 of 1, where nothing can be learned."


def test_learn_from_python(tmp_path):
    """With a player that takes no computing; `test_learn_verb` runs the embedded model."""
    with endpoint(lambda messages: messages[-1]["content"].splitlines()[-1]) as url:
        shown = printed(tmp_path, "learn_from_python", f"openai:a-model@{url}", "run", 3)
    assert re.match(r"before \d\.\d\d, after \d\.\d\d on 6 tasks\n", shown)
    assert (tmp_path / "run" / "journal").is_dir()


def test_a_custom_model(tmp_path):
    shown = printed(tmp_path, "a_custom_model")
    assert re.fullmatch(r"\d+ of 40 customers were served\.\n", shown)


def test_a_custom_agent_loop(tmp_path):
    assert printed(tmp_path, "a_custom_agent_loop") == "20 of 20 codes found.\n"
