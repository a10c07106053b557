"""firsthand live: what it prints and writes, how it resumes, whom it refuses."""

import pytest

from firsthand.learn.life.settings import LifeConfig

TINY = ("--rounds", 1, "--tasks", 4, "--gate-pairs", 4, "--sleep-tasks", 4, "--eval-tasks", 4)
PLACES = ("--schedule", "control/null@0,rules/triage@0,control/null@0")
NOBODY = ("--model", "openai:none@http://127.0.0.1:9/v1")


@pytest.mark.model
def test_a_life_shows_its_stages_and_resumes(cli, tmp_path):
    words = ("live", *PLACES, *TINY, "--arms", "life,fresh")
    shown = cli(*words)
    assert "stage 3 control/null@0 life" in shown.output
    assert "retention: places left behind, at the end - when left" in shown.stdout
    assert "<!doctype html>" in (tmp_path / "runs" / "life" / "life.html").read_text("utf-8")
    found = cli.json(*words, "--resume")
    assert [stage["number"] for stage in found["stages"]] == [1, 1, 2, 2, 3, 3]
    assert found["worlds"] == 2
    assert found["folder"] == "runs/life"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "scripted:random"), "Only a model can learn"),
        (("--arms", "life,immortal"), "No arm of a life is named 'immortal': there are life, "),
        (("--arms", "fresh"), "`life` among them; got fresh."),
        (("--schedule", "rules/triagge@0"), "Did you mean 'rules/triage'?"),
        ((*NOBODY, "--resume"), "There is no life in runs to go on with: leave --resume out."),
        ((*NOBODY, "--resume", "--out", "new"), "There is no life in new to go on with"),
        (("--tasks", "0"), "tasks must be at least 1, got 0."),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_played(cli, tmp_path, words, said):
    assert said in cli("live", *words, code=2).output
    assert not (tmp_path / "runs").exists()


def test_the_help_tells_how_many_stages_there_are(cli):
    places = LifeConfig().schedule
    worlds = len({(place.environment, place.world) for place in places})
    shown = " ".join(cli("live", "--help").output.replace("│", " ").split())
    assert f"{len(places)} stages in {worlds} worlds" in shown
