"""firsthand new: what it writes works as it is."""

import os
import re
import subprocess
import sys
import tomllib

import pytest


def test_the_test_that_it_writes_passes(cli, tmp_path):
    said = cli("new", "office/letter_box").stdout
    assert (
        said.startswith("Wrote office_letter_box/")
        and "firsthand play office_letter_box:LetterBox " in said
    )
    folder = tmp_path / "office_letter_box"
    assert "python test_office_letter_box.py " in said
    run = subprocess.run(
        [sys.executable, "-W", "error", "test_office_letter_box.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0 and run.stdout.count("passed: ") == 5, run.stderr
    assert "pytest" not in (folder / "test_office_letter_box.py").read_text().partition("import")[2]


@pytest.mark.parametrize(
    ("old", "new", "fails"),
    [
        ("rng.randrange(1000)", "random.randrange(1000)", "keeps the contract"),
        ("if task.owns(", "if True or task.owns(", "splits share no instance"),
        ("MOST * (task.level - 1), MOST * task.level", "0, MOST", "higher level"),
        ("self.counter += amount", "self.counter += amount + 1", "keeps the contract"),
        ("on_goal=self.counter == self.goal", "on_goal=True", "does not look"),
        ("self.counter += amount", "TOTAL[0] = self.counter = TOTAL[0] + amount", "contract"),
        ("self.stopped = False\n", "self.stopped, self.lock = False, open('a', 'w')\n", "contract"),
    ],
)
def test_the_test_that_it_writes_finds_faults(cli, tmp_path, old, new, fails):
    """What is in the skeleton's test is checked: each planted fault fails one of its tests."""
    cli("new", "office/letters")
    module = tmp_path / "office_letters" / "office_letters.py"
    text = module.read_text()
    assert old in text
    faulty = text.replace(old, new).replace(
        "import firsthand as fh\n", "import random\n\nimport firsthand as fh\n\nTOTAL = [0]\n", 1
    )
    module.write_text(faulty)
    run = subprocess.run(
        [sys.executable, "test_office_letters.py"],
        cwd=module.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout
    assert "AssertionError" in run.stderr or "breaks the contract" in run.stderr, run.stderr
    failed = re.findall(r"in test_(\w+)", run.stderr)[0].replace("_", " ")
    assert fails in failed, failed


def test_it_can_be_played_before_it_is_installed(cli, tmp_path, monkeypatch):
    cli("new", "office/letters")
    monkeypatch.syspath_prepend(tmp_path / "office_letters")
    result = cli.json(
        "eval", "office_letters:Letters", "--model", "scripted:expert", "-n", 10, "--level", 5
    )
    assert result["score"]["mean"] == 1.0 and result["environments"] == ["office/letters"]
    assert (
        cli.json("eval", "office_letters:Letters", "--model", "scripted:random", "-n", 10)["score"][
            "mean"
        ]
        == 0.0
    )


def test_the_package_declares_the_environment(cli, tmp_path):
    cli("new", "office/letters")
    project = tomllib.loads((tmp_path / "office_letters" / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["firsthand.environments"] == {
        "office/letters": "office_letters:Letters"
    }
    assert project["project"]["name"] == "office-letters"
    assert sorted(os.listdir(tmp_path / "office_letters")) == [
        "office_letters.py",
        "pyproject.toml",
        "test_office_letters.py",
    ]


def test_what_it_writes_is_formatted(cli, tmp_path):
    cli("new", "office/letters")
    run = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", "--line-length", "100", tmp_path],
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    "name",
    [
        "office",
        "Office/letters",
        "office/",
        "office/my-letters",
        "a/b/c",
        "office/letters_",
        "../x/y",
        "1a/b",
    ],
)
def test_a_name_that_is_none_is_refused(cli, tmp_path, name):
    said = cli("new", name, code=2).stderr
    assert (
        "An environment is named domain/family, in small letters, digits and single "
        f"underscores, got {name!r}."
    ) in said
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(cli, tmp_path):
    assert (
        "There is an environment named 'control/null' already"
        in cli("new", "control/null", code=2).stderr
    )
    cli("new", "office/letters")
    (tmp_path / "office_letters" / "office_letters.py").write_text("mine")
    assert (
        "office_letters exists already: nothing was written."
        in cli("new", "office/letters", code=2).stderr
    )
    assert (tmp_path / "office_letters" / "office_letters.py").read_text() == "mine"
