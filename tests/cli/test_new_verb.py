"""firsthand new: what it writes works as it is."""

import os
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
    plugins = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0 and "18 passed" in run.stdout, run.stdout


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
        [sys.executable, "-m", "ruff", "format", "--check", "--line-length", "150", tmp_path],
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
        f"An environment is named domain/family, in small letters, digits and single underscores, got {name!r}."
        in said
    )
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
