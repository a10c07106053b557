"""The command itself: help, mistakes, bugs, start-up."""

import importlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from firsthand.cli.main import VERBS

FIRSTHAND = Path(sys.executable).with_name("firsthand")
LEAKY = """
from parcels import Parcels

class Leaky(Parcels):
    "Leak."
    name = "test/leaky"

    def __init__(self):
        raise ZeroDivisionError("division by zero\\x1b[2J")
"""


def shell(folder: Path, *words: str, input: str = "") -> subprocess.CompletedProcess[str]:
    """Call it as a person does, in a process of its own, where no coverage is measured."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(
        [FIRSTHAND, *words],
        cwd=folder,
        env=environment,
        input=input,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_the_verbs_and_the_exit_codes(cli):
    words = " ".join(cli("--help").stdout.split())
    for name, summary in VERBS.items():
        assert f"{name} {summary}" in words
    assert "Exit codes: 0 done, 1 failed, 2 asked wrongly, 128 + N stopped by signal N." in words


@pytest.mark.parametrize("name", VERBS)
def test_the_help_of_every_verb_shows_an_example(cli, name):
    shown = cli(name, "--help").stdout
    assert (
        f"Example: firsthand {name} " in shown or shown.count(f"Example: firsthand {name}\n") == 1
    )
    assert VERBS[name].split(",")[0] in " ".join(shown.split())


def test_what_is_listed_is_what_a_verb_says_of_itself():
    for name, summary in VERBS.items():
        found = getattr(importlib.import_module(f"firsthand.cli.{name}"), name)
        said = found.info.help if isinstance(found, typer.Typer) else found.__doc__
        assert said.partition("\n")[0] == summary


def test_the_version(cli):
    assert cli("--version").stdout == "firsthand 0.1.0\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evl"], "No verb is named 'evl'. Did you mean 'eval'? `firsthand --help` lists them."),
        (["envs", "--jsn"], "No such option: --jsn"),
        (["eval", "control/null"], "Missing option '--model'"),
        (
            ["eval", "control/null", "--model", "scripted:expert", "-n", "many"],
            "'many' is not a valid",
        ),
        (
            ["eval", "control/nul", "--model", "scripted:expert"],
            "No environment is named 'control/nul'. Did you mean 'control/null'?",
        ),
        (
            ["eval", "control/null", "--model", "scripted:expret"],
            "No scripted policy is named 'expret'. Did you mean 'expert'?",
        ),
        (
            ["eval", "control/null", "--model", "lama:x"],
            "No kind of model is named 'lama'. Did you mean 'llama'?",
        ),
        (
            ["play", "control/null", "--model", "scripted:idle", "--level", "9"],
            "control/null has levels 1 to 5, got 9.",
        ),
        (["play", "nowhere:Nothing"], "cannot be imported: No module named 'nowhere'"),
        (["playbook", "show", "none"], "There is no playbook at none."),
        (["eval", "control/null", "--model", "llama:none.gguf"], "none.gguf"),
        (["replay", "none"], "none does not exist: expected the folder of a journal or of a run."),
    ],
)
def test_a_mistake_is_told_with_its_fix_and_exits_with_2(cli, words, said):
    result = cli(*words, code=2)
    assert said in result.stderr and "Traceback" not in result.output
    assert result.stdout == ""


def test_a_mistake_in_a_real_process(tmp_path):
    run = shell(tmp_path, "play", "contrl/null")
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr.startswith(
        "Error: No environment is named 'contrl/null'. Did you mean 'control/null'?"
    )
    assert run.stderr.count("\n") == 1


def test_a_bug_keeps_its_traceback_and_exits_with_1(tmp_path):
    (tmp_path / "leaky.py").write_text(LEAKY)
    (tmp_path / "parcels.py").write_text((Path(__file__).parents[1] / "parcels.py").read_text())
    run = shell(tmp_path, "play", "leaky:Leaky", "--model", "scripted:expert")
    assert run.returncode == 1
    assert "Traceback" in run.stderr
    assert r"ZeroDivisionError: division by zero\x1b[2J" in run.stderr and "\x1b" not in run.stderr


def test_it_starts_fast(tmp_path):
    """CPU time of `firsthand --help`, best of three: wall time depends on what else runs."""
    seconds: list[float] = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert shell(tmp_path, "--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < 0.4
