"""firsthand train: what it prints and writes, how it goes on, what it refuses."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import firsthand as fh

pytest.importorskip("torch")

TRIAGE = ("train", "rules/triage", "--model", "tiny")
QUICK = ("--budget", 24, "--eval-tasks", 6, "--curve-tasks", 4)


def test_a_run_shows_before_and_after_and_keeps_everything(cli, tmp_path):
    shown = cli(*TRIAGE, *QUICK, "--learning-rate", 0.005)
    assert "Paired by task" in shown.stdout
    assert "after 24 turns and 15 steps" in shown.stdout
    folder = tmp_path / "runs" / "sft-triage-w0-s0"
    assert "<!doctype html>" in (folder / "report.html").read_text("utf-8").lower()
    assert cli("eval", "rules/triage", "--model", f"tiny:{folder / 'weights'}", "-n", 2).stdout
    again = cli.json(*TRIAGE, *QUICK, "--learning-rate", 0.005, "--resume")
    kept = json.loads((folder / "result.json").read_text())
    assert again["folder"] == "runs/sft-triage-w0-s0"
    for name in ("before", "after", "gain", "gain_ci95", "rollouts", "tokens", "steps", "curve"):
        assert again[name] == kept[name]
    assert again["rollouts"] == 24
    assert again["cpu_s"] > 0


def test_reinforcement_learning_and_its_options(cli):
    found = cli.json(
        *TRIAGE, *QUICK, "--recipe", "grpo", "--plays", 2, "--batch", 4, "--entropy", 0.2
    )
    assert found["steps"] == 3
    assert found["plan"]["config"]["loss"]["entropy"] == 0.2
    assert found["plan"]["config"]["learning_rate"] == 2e-3


def test_a_curriculum_draws_and_evaluates_all_levels(cli, tmp_path):
    rest = ("--recipe", "grpo", "--plays", 2, "--batch", 4, "--curriculum", "learnability")
    found = cli.json(*TRIAGE, *QUICK, *rest, "--level", 3)
    assert found["plan"]["curriculum"] == "learnability"
    assert found["n"] == 6  # two held-out tasks of each level
    journal = fh.Journal(tmp_path / found["folder"] / "journal")
    played = [episode.task.level for episode in journal.episodes(run="learn")]
    assert len(played) == 24
    assert {own.task.level for own in journal.episodes(run="before")} == {1, 2, 3}
    assert len(set(played)) > 1


def test_a_teacher_is_imitated(cli, tmp_path):
    cli(*TRIAGE, *QUICK, "--out", "taught")
    found = cli.json(
        *TRIAGE, *QUICK, "--recipe", "distil", "--epochs", 1, "--teacher", "tiny:taught/weights"
    )
    assert found["steps"] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--recipe", "grpp"), "No recipe is named 'grpp'. Did you mean 'grpo'?"),
        (("--model", "scripted:random"), "cannot be trained here: name torch:smollm2"),
        (("--recipe", "distil"), "distil needs a teacher that knows what the student does not"),
        (("--curriculum", "learnable"), "No curriculum is named 'learnable'."),
        (("--curriculum", "learnability"), "sft plays as the expert, whose success does not say"),
        (("--curriculum", "uniform", "--level", "9"), "rules/triage has levels 1 to 5, got 9."),
        (("--resume",), "No training run in runs has these settings."),
        (("--resume", "--out", "new"), "There is no training run in new to go on with"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_played(cli, tmp_path, words, said):
    shown = cli(
        "train", "rules/triage", *(() if "--model" in words else TRIAGE[2:]), *words, code=2
    )
    assert said in shown.output
    assert not (tmp_path / "runs").exists()


OWN = '''
from firsthand.worlds.control.null import Null
class Own(Null):
    """Pure chance."""
    name = "my/own"
'''


def test_an_environment_without_a_certificate_needs_a_word(cli, tmp_path, monkeypatch):
    (tmp_path / "own_world.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    words = ("train", "own_world:Own", "--model", "tiny", *QUICK)
    refused = cli(*words, code=2).output
    assert "own_world:Own has no passing certificate" in refused
    assert f"{tmp_path}/certificates/my_own.json: not there" in refused
    assert "--allow-uncertified" in refused
    assert cli.json(*words, "--allow-uncertified")["rollouts"] == 24


def test_ctrl_c_says_how_to_go_on(tmp_path):
    code = "from firsthand.cli.main import main; main()"
    words = [sys.executable, "-c", code, *TRIAGE, "--recipe", "grpo", "--out", "run"]
    child = subprocess.Popen(
        words, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    until = time.monotonic() + 60
    while not (tmp_path / "run" / "training.jsonl").exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Every finished episode and step is in run. Go on with: firsthand train" in told
    assert told.rstrip().endswith("--resume\nStopped.")
    assert Path(tmp_path / "run" / "weights" / "trainer.safetensors").exists()
