"""firsthand learn: what it prints and writes, how it resumes, whom it refuses."""

import pytest

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
    found = cli.json("learn", "interfaces/shop_desk", *SMALL, "--out", run, "--resume")
    assert found["gain"] == 0.0
    assert found["facts"]["deployed"] == "nothing"
    assert found["folder"] == str(run)


def test_a_script_cannot_learn(cli):
    refused = cli("learn", "control/null", "--model", "scripted:random", code=2)
    assert "Only a model can learn or review: name one such as llama:smollm2" in refused.output


def test_an_unknown_environment_is_refused_before_a_model_is_loaded(cli):
    refused = cli("learn", "rules/triagge", code=2)
    assert "Did you mean 'rules/triage'?" in refused.output
