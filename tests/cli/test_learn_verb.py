"""firsthand learn: what it prints and writes, how it resumes, whom it refuses."""

import msgspec
import pytest

import firsthand as fh
from firsthand.cli.learn import _folder
from firsthand.learn.lessons.learner import LearnConfig, setup_of
from firsthand.learn.lessons.review import Contrast

SMALL = ("--rounds", 1, "--tasks", 4, "--eval-tasks", 4)


@pytest.mark.model
def test_learning_shows_before_and_after_and_resumes(cli, tmp_path):
    shown = cli("learn", "interfaces/shop_desk", *SMALL).stdout
    for part in (
        "round 1: score while exploring",
        "Paired by task",
        "The journal replays clean: 12 episodes.",
        "Playbook: none deployed",
    ):
        assert part in shown
    run = tmp_path / "runs" / "shop_desk-w0-s0"
    assert "<!doctype html>" in (run / "report.html").read_text(encoding="utf-8")
    refused = cli("learn", "interfaces/shop_desk", *SMALL, "--out", run, code=2)
    assert "already holds the run" in refused.output
    found = cli.json("learn", "interfaces/shop_desk", *SMALL, "--resume")  # the one in runs/
    assert found["gain"] == 0.0
    assert found["facts"]["deployed"] == "nothing"
    assert found["folder"] == "runs/shop_desk-w0-s0"


def test_a_script_cannot_learn(cli):
    refused = cli("learn", "control/null", "--model", "scripted:random", code=2)
    assert "Only a model can learn or review: name one such as llama:smollm2" in refused.output


def test_an_unknown_environment_is_refused_before_a_model_is_loaded(cli):
    refused = cli("learn", "rules/triagge", code=2)
    assert "Did you mean 'rules/triage'?" in refused.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rounds", -1), "rounds must be at least 1, got -1."),
        (("--tasks", 0), "tasks must be at least 1, got 0."),
        (("--eval-tasks", -5), "eval_tasks must be at least 1, got -5."),
        (("--seed", -1), "seed must be at least 0, got -1."),
    ],
)
def test_numbers_that_make_no_sense_are_refused(cli, options, said):
    assert said in cli("learn", "control/null", *options, code=2).output


NOBODY = ("--model", "openai:none@http://127.0.0.1:9/v1")


def test_going_on_needs_a_run_to_go_on_with(cli, tmp_path):
    refused = cli("learn", "control/null", *NOBODY, "--resume", code=2).output
    assert "No run in runs has these settings. Name the folder to go on with: --out" in refused
    refused = cli("learn", "control/null", *NOBODY, "--resume", "--out", "new", code=2).output
    assert "There is no run in new to go on with: leave --resume out to start one." in refused
    assert not (tmp_path / "new").exists()


def test_no_folder_is_named_with_a_colon(cli):
    model = fh.model("openai:none@http://127.0.0.1:9/v1")
    agent = fh.Agent(model=model)
    setup = setup_of(agent, ["rules/triage"], LearnConfig(), Contrast())
    names = ("package.worlds:Maze", "rules/triage")
    setup = msgspec.structs.replace(setup, environments=names)
    assert _folder(None, setup, resume=False).name == "package_worlds_Maze+triage-w0-s0"
