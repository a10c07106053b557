"""Reward functions in the shapes of several trainers are audited as they stand."""

import json
import subprocess
import sys

import pytest

from firsthand.audit.process.pool import Lab
from firsthand.audit.targets.protocol import Play
from firsthand.bridges.rewards import Wanted, importable, prepare
from firsthand.errors import UnknownName, UserError

FUNCTIONS = """
import re
from typing import Any


def substring_reward(prompts, completions, solution, **kwargs):
    return [float(s in c[0]["content"]) for c, s in zip(completions, solution)]


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    found = re.search(r"#### (-?[0-9]+)\\Z", solution_str)
    return {"score": float(found is not None and found[1] == ground_truth)}


async def rubric(completion: list[dict[str, str]], answer: str, parser, **kwargs: Any) -> float:
    return float(parser(completion) == answer)


def parser(completion):
    return completion[-1]["content"].strip()


def own(pred, gold):
    return float(pred == gold)


def two_for_one(completions, **kwargs):
    return [1.0, 1.0]


def nothing(completion, answer):
    raise ZeroDivisionError("never paid")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "rewards.py").write_text(FUNCTIONS)
    rows = [
        {"question": f"What is {n} + {n + 1}?", "solution": str(2 * n + 1), "data_source": "sums"}
        for n in range(10, 34)
    ]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(project, function, **options):
    wanted = Wanted(f"rewards.py:{function}", project / "train.jsonl", **options)
    return prepare(wanted, project / "made.target.py")


@pytest.mark.parametrize(
    ("function", "options", "form", "right"),
    [
        ("substring_reward", {}, "TRL's", "column 'solution'"),
        ("compute_score", {}, "verl's", "'#### {solution}'"),
        ("rubric", {}, "verifiers", "column 'solution'"),
        ("own", {"arguments": {"pred": "completion", "gold": "solution"}}, "--argument", "column"),
    ],
)
def test_a_function_is_called_as_its_trainer_would(project, function, options, form, right):
    reward = made(project, function, **options)
    assert form in reward.told[0] and right in reward.told[3]
    assert reward.name == f"rewards.py:{function}"
    assert FUNCTIONS.splitlines()[reward.line - 1].startswith(("def ", "async def "))
    with importable(reward.file), Lab(reward.spec, workers=1) as lab:
        instance = lab.instances([3])[0]
        assert instance.prompt == "What is 13 + 14?" and instance.answer == "27"
        right, wrong = lab.run([Play(3, instance.oracle), Play(3, ("#### 999",))])
        assert (right.value, wrong.value) == (1.0, 0.0)


def test_what_cannot_be_audited_says_why(project):
    with pytest.raises(UnknownName, match="Did you mean 'compute_score'"):
        made(project, "compute_scor")
    with pytest.raises(UserError, match=r"It raises ValueError: 2 rewards came back for one"):
        made(project, "two_for_one")
    with pytest.raises(
        UserError, match=r"nothing: none of 13 usual ways.*ZeroDivisionError: never"
    ):
        made(project, "nothing")
    with pytest.raises(UserError, match=r"'#### \{nix\}' names no column"):
        made(project, "compute_score", oracle="#### {nix}")
    with pytest.raises(UserError, match="'Answer: {solution}' is paid nothing"):
        made(project, "compute_score", oracle="Answer: {solution}")
    (project / "broken.py").write_text("import nowhere_to_be_found\n")
    with pytest.raises(UserError, match="broken.py could not be imported: ModuleNotFoundError"):
        prepare(Wanted("broken.py:f", project / "train.jsonl"), project / "made.target.py")


def test_a_module_of_a_package_keeps_its_relative_imports(project):
    package = project / "library" / "inner"
    package.mkdir(parents=True)
    (project / "library" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "same.py").write_text("def same(a, b):\n    return float(a == b)\n")
    program = (
        "from .same import same\n\ndef f(completion, answer): return same(completion, answer)\n"
    )
    (package / "graded.py").write_text(program)
    wanted = Wanted("library/inner/graded.py:f", project / "train.jsonl")
    assert prepare(wanted, project / "made.target.py").name == "graded.py:f"


@pytest.mark.slow
def test_a_folder_of_tests_is_a_grader(project):
    folder = project / "graded"
    folder.mkdir()
    (folder / "test_double.py").write_text(
        "from answer import double\n\n\ndef test_double():\n    assert double(4) == 8\n"
    )
    row = {"prompt": "Write double.", "reference": "def double(n):\n    return 2 * n\n"}
    (project / "tasks.jsonl").write_text(json.dumps(row) + "\n")
    wanted = Wanted("graded", project / "tasks.jsonl", oracle="reference", file="answer.py")
    reward = prepare(wanted, project / "made.target.py")
    assert reward.name == "graded/" and "pays 1 where pytest passes" in reward.told[0]
    fenced = "Here it is.\n```python\ndef double(n):\n    return n + n\n```\n"
    wrong, left = "def double(n):\n    return n\n", "import os\nos._exit(0)\n"
    with importable(reward.file), Lab(reward.spec, workers=1) as lab:
        traces = lab.run([Play(0, (text,)) for text in (fenced, wrong, left)])
    assert [trace.value for trace in traces] == [1.0, 0.0, 1.0]  # as pytest's exit code has it


def firsthand(*arguments):
    command = [sys.executable, "-c", "from firsthand.cli.main import main; main()", "audit"]
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def test_the_audit_of_a_function_is_kept_and_replayed(project):
    options = ("--data", "train.jsonl", "--only", "oracle,enumeration", "--out", "c.json")
    said = firsthand("rewards.py:substring_reward", *options)
    assert said.returncode == 1, said.stderr
    assert said.stdout.startswith("FAIL  rewards.py:substring_reward  (24 instances")
    assert said.stderr.startswith("Shape: TRL's")
    assert (project / "c.target.py").is_file()
    assert str(project) not in (project / "c.json").read_text()
    assert str(project) not in (project / "c.target.py").read_text()
    again = firsthand("--replay", "c.json")
    assert again.returncode == 0 and "witnesses show again" in again.stdout
    (project / "rewards.py").write_text(FUNCTIONS + "\n# changed\n")
    changed = firsthand("--replay", "c.json")
    assert (
        changed.returncode == 2 and "rewards.py has changed since it was audited" in changed.stderr
    )
    mistaken = firsthand("control/null", "--oracle", "x")
    assert mistaken.returncode == 2 and "name their file with --data" in mistaken.stderr
