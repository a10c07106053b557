"""firsthand trial, as its users call it; an agent that obeys its AGENTS.md, in a real repository
with real tests.
"""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

AGENT = Path(__file__).parents[1] / "trial" / "obedient.py"
GUIDE = """\
# How to work here

Small functions on numbers.

## Rules

Always:

- Read the task twice before you write.
- Prefix every function with an underscore.
- Keep lines short.
"""
TESTS = """\
import calc, os, unittest

WANTED = {"total": 7, "times": 12, "minus": 1}

class Calc(unittest.TestCase):
    def test_it(self):
        name = os.environ["FIRSTHAND_TASK"]
        self.assertEqual(getattr(calc, name)(4, 3), WANTED[name])
"""
TASKS = """\
[[task]]
id = "total"
prompt = "Write total, the sum of two numbers."

[[task]]
id = "times"
prompt = "Write times, the product of two numbers."

[[task]]
id = "minus"
prompt = "Write minus, the difference of two numbers."
"""


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repo"
    (folder / "tests").mkdir(parents=True)
    (folder / "AGENTS.md").write_text(GUIDE)
    (folder / "calc.py").write_text('"""Functions on two numbers."""\n')
    (folder / "tests" / "test_calc.py").write_text(TESTS)
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    return folder


def test_a_trial_of_a_real_agent_from_the_split_to_the_pruned_file(cli, repository):
    python = shlex.quote(sys.executable)
    made = cli(
        *("trial", "init", "--context", "repo/AGENTS.md", "--workspace", "repo", "--null", 1),
        *("--agent", f"{python} -S -E {shlex.quote(str(AGENT))} {{prompt}}"),
        *("--check", f"{python} -E -m unittest -q tests.test_calc"),
    ).stdout
    assert "5 items, about" in made
    assert "- Read the task twice before you write." in made
    Path("trial/tasks.toml").write_text(TASKS)
    cli("trial", "run", "-n", 15, "--concurrency", 2)
    early = cli("trial", "report").stdout
    assert "15 runs of 3 tasks" in early
    cli("trial", "run", "-n", 48, "--concurrency", 2)
    found = cli.json("trial", "report", "--write", "--null")
    verdicts = {line["item"]["text"].strip(): line["verdict"] for line in found["lines"]}
    assert verdicts["- Read the task twice before you write."] == "keep"
    assert verdicts["- Prefix every function with an underscore."] == "drop"
    assert sum(v.startswith("undecided") for v in verdicts.values()) == 3
    assert (found["finished"], found["planned"], found["tasks"]) == (48, 48, 3)
    assert found["null"]["any"] < 30
    lines = {line["item"]["text"].strip(): line for line in found["lines"]}
    short = lines["- Keep lines short."]
    assert short["spent"]["mean"] == pytest.approx(5, abs=4)
    [pruned] = map(Path, found["pruned"])
    without = GUIDE.replace("- Prefix every function with an underscore.\n", "")
    assert pruned.read_text() == without
    assert (repository / "AGENTS.md").read_text() == GUIDE
    page = Path("trial/report.html").read_text()
    assert "Read the task twice" in page
    assert "The trial&#39;s own null" in page or "The trial's own null" in page
    shown = cli("trial", "report", "--write").stdout
    assert "-- Prefix every function with an underscore." in shown
    assert "When you agree, copy it over the original" in shown


def test_power_says_beforehand_how_many_runs_are_needed(cli):
    found = cli.json("trial", "power", "--items", 10)
    assert found["runs"]["0.2"] < found["runs"]["0.1"] / 3
    shown = cli("trial", "power", "--items", 10, "-n", found["runs"]["0.2"]).stdout
    assert "show an effect of .20 or more with probability .80." in shown
    assert "10 items, success .50" in shown


def test_mistakes_are_said_with_their_fix(cli, tmp_path):
    assert "trial holds no trial: `firsthand trial init" in cli("trial", "run", code=2).output
    assert "holds no trial" in cli("trial", "report", "other", code=2).output
    (tmp_path / "a.md").write_text("- x\n- y\n")
    cli("trial", "init", "--context", "a.md")
    assert "holds a trial already" in cli("trial", "init", "--context", "a.md", code=2).output
    assert "tasks.toml cannot be read" in cli("trial", "run", code=2).output
    Path("trial/tasks.toml").write_text('[[task]]\nid = "t"\n')
    refused = cli("trial", "run", code=2).output
    assert "Task 't' has no agent command: write `agent = \"…\"` into trial/trial.toml" in refused
    assert "0 runs: without a plan the first verdicts come at 50" in cli("trial", "report").output


def test_a_trial_without_effects_says_what_it_does_not_know(cli, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "a.md").write_text("- x\n- y\n")
    cli("trial", "init", "--context", "a.md", "--workspace", "work", "--agent", "true")
    path = Path("trial/trial.toml")
    path.write_text(path.read_text().replace('check = ""', 'check = "true"'))
    Path("trial/tasks.toml").write_text('[[task]]\nid = "t"\n')
    cli("trial", "run", "-n", 24)
    shown = cli("trial", "report", "--write").stdout
    assert "Every run had the same outcome: nothing can be told apart." in shown
    assert "No item is to be dropped: nothing was written." in shown
    assert "undecided" in shown


def test_the_split_is_printed_for_programs_too(cli, tmp_path):
    (tmp_path / "a.md").write_bytes(b"# A\n\n- \xff\n\n# B\n\ntext\n")
    found = cli.json("trial", "init", "--context", "a.md", "--by", "section", "--out", "t")
    assert [item["kind"] for item in found["items"]] == ["section", "section"]
    assert found["folder"] == "t"
    assert "?" in cli.json("trial", "report", "t")["lines"][0]["item"]["text"]
