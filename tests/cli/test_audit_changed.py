"""`firsthand audit --changed`: only what has no certificate of this code is audited again."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.bridges.listed_rewards import listed
from firsthand.cli.audit import _stale
from firsthand.cli.auditing import Subject, unchanged
from firsthand.errors import UnknownName, UserError

ROOT = Path(__file__).parents[2]
FUNCTION = """
def f(completion, answer):
    return float(answer in completion)
"""
LISTED = """
[[tool.firsthand.audit]]
target = "rewards.py:f"
data = "train.jsonl"
oracle = "It is {answer}."
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "rewards.py").write_text(FUNCTION)
    rows = [{"prompt": f"{n} + 1?", "answer": str(n + 1)} for n in range(40, 64)]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "pyproject.toml").write_text(LISTED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed(*options):
    command = [sys.executable, "-c", "from firsthand.cli.main import main; main()", "audit"]
    return subprocess.run(
        [*command, "--changed", "--only", "oracle,enumeration", *options],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_what_pyproject_lists_is_audited_until_it_changes_no_more(project):
    first = changed("--sarif", "f.sarif")
    assert first.returncode == 1, first.stderr
    assert first.stdout.startswith("FAIL  rewards.py:f  (24 instances")
    (place,) = json.loads((project / "f.sarif").read_text())["runs"][0]["results"][0]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "rewards.py"
    assert place["physicalLocation"]["region"]["startLine"] == 2
    again = changed()
    assert again.returncode == 1 and again.stdout == "unchanged  FAIL       rewards.py:f\n"
    (project / "rewards.py").write_text(FUNCTION.replace("in completion", "== completion"))
    assert "is paid nothing on any of 12 rows" in changed().stderr


def test_an_environment_is_stale_when_its_certificate_is_of_other_code(tmp_path):
    subject = Subject(spec_of("control/null"))
    certificates = ROOT / "certificates"
    found = unchanged(subject, certificates, Options())
    assert found is not None and found.target.name == "control/null"
    assert _stale([subject], Options(), certificates, "", quiet=True)[0].certificate == found
    assert unchanged(subject, tmp_path, Options()) is None
    other = found.json().replace(found.target.sha256, "0" * 64)
    (tmp_path / "control_null.json").write_text(other)
    assert unchanged(subject, tmp_path, Options()) is None
    with pytest.raises(UserError, match="git knows no revision 'nowhere'"):
        unchanged(subject, certificates, Options(), "nowhere")


def test_a_certificate_of_some_checks_is_not_one_of_all(tmp_path):
    from firsthand.audit.suite import run

    subject = Subject(spec_of("control/null"))
    few = Options(seeds=8, budget="quick", only=("oracle",))
    run(subject.spec, few).save(tmp_path / "control_null.json")
    assert unchanged(subject, tmp_path, few) is not None
    assert unchanged(subject, tmp_path, Options()) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[tool", "is not TOML"),
        ("[tool.firsthand.audit]\ntarget = 'a'", "with two brackets"),
        ("[[tool.firsthand.audit]]\ndata = 'a'", "has no target"),
        ("[[tool.firsthand.audit]]\ntarget = 'a/b'\ndata = 'a'", "is no FILE.py:FUNCTION"),
        ("[[tool.firsthand.audit]]\ntarget = 'a.py:b'\ndata = 'a'\nfile = 3", "Expected `str`"),
        ("[[tool.firsthand.audit]]\ntarget = 'a.py:b'\ndata = 3", "Expected a path as text"),
    ],
)
def test_mistakes_in_the_list_are_said(tmp_path, content, said):
    file = tmp_path / "pyproject.toml"
    file.write_text(content)
    with pytest.raises(UserError, match=said):
        listed(file)


def test_a_misspelt_key_suggests_the_nearest(tmp_path):
    file = tmp_path / "pyproject.toml"
    file.write_text("[[tool.firsthand.audit]]\ntarget = 'a.py:b'\ndata = 'a'\noracel = 'x'")
    with pytest.raises(UnknownName, match="Did you mean 'oracle'"):
        listed(file)
    file.write_text("[[tool.firsthand.audit]]\ntarget = 'control/null'")
    assert listed(file) == ["control/null"]
    assert listed(tmp_path / "none.toml") == []


def test_the_action_runs_what_the_command_line_knows():
    action = (ROOT / "action.yml").read_text(encoding="utf-8")
    known = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"run: (firsthand audit .*)", action)
    for option in re.findall(r"--\w+", command):
        assert f"`{option}" in known, option
    for name in re.findall(r"inputs\.([\w-]+)", action):
        assert f"\n  {name}:\n" in action, name
