"""firsthand compare and firsthand bench: what they print and write, and whom they refuse."""

import json

import pytest
from apprentice import Apprentice

import firsthand as fh
from firsthand.cli import players

WORDS = ("compare", "interfaces/shop_desk", "--arms", "base,retrieval,sft")
SMALL = ("--budget", 40, "--seeds", 1, "--eval-tasks", 20, "--curve-tasks", 5)


@pytest.fixture
def apprentice(monkeypatch):
    """Whatever model is named, an apprentice plays."""

    def made(name, **_):
        return fh.Agent(model=Apprentice(), sampling=fh.Sampling(temperature=0.0))

    monkeypatch.setattr(players, "agent", made)


def test_compare_prints_a_table_and_writes_a_page(cli, tmp_path, apprentice):
    shown = cli(*WORDS, *SMALL, "--controls", "lr0,null", "--set", "sft.learning_rate=0.1")
    assert "retrieval" in shown.stdout
    assert "Control sft (lr0): unmoved, .00" in shown.stdout
    page = (tmp_path / "runs" / "compare" / "compare.html").read_text("utf-8")
    assert "<polyline" in page
    assert "Controls: what must not gain" in page
    tables = (tmp_path / "runs" / "compare" / "compare.md").read_text("utf-8").splitlines()
    heading = "| arm | score | gain over base | turns | tokens | trained on | CPU s |"
    assert tables.count(heading) == 2  # the environment, and the controls
    [sft] = [row for row in tables if row.startswith("| sft | ")]
    assert sft.count("|") == heading.count("|")
    assert "- Control sft (lr0): unmoved, .00" in "\n".join(tables)
    again = cli.json(
        *WORDS, *SMALL, "--controls", "lr0,null", "--set", "sft.learning_rate=0.1", "--resume"
    )
    arms = {line["arm"]: line for line in again["arms"]}
    assert list(arms) == ["base", "retrieval", "sft"]
    wanted = {"n_seeds", "turns", "tokens", "cpu_s", "score", "ci95", "gain_vs_base", "gain_ci95"}
    assert wanted | {"curve"} <= set(arms["sft"])
    assert arms["sft"]["turns"] == 40
    assert {line["control"] for line in again["controls"]} == {"lr0", "null"}
    written = json.loads((tmp_path / "runs" / "compare" / "result.json").read_text())
    assert written["arms"] == again["arms"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--arms", "lesons"), "Did you mean 'lessons'?"),
        (("--controls", "nul"), "Did you mean 'null'?"),
        (("--set", "sft=1"), "--set takes ARM.FIELD=VALUE"),
        (("--model", "scripted:random"), "Only a model can learn"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_played(cli, tmp_path, words, said):
    assert said in cli("compare", "interfaces/shop_desk", *words, code=2).output
    assert not (tmp_path / "runs").exists()


def test_a_setting_that_does_not_exist_is_a_row_that_says_so(cli, apprentice):
    found = cli.json(*WORDS, *SMALL, "--controls", "none", "--set", "sft.learning_rat=1")
    [why] = {line["arm"]: line["failed"] for line in found["arms"]}["sft"]
    assert "learning_rat" in why


LEARNER = """
from firsthand.learn.rules.retrieval import retrieval


async def learn(lab):
    return await retrieval(lab) if lab.environments != ("control/null",) else lab.agent
"""


def test_bench_says_what_was_gained_of_what_is_possible(cli, tmp_path, apprentice):
    (tmp_path / "mine.py").write_text(LEARNER)
    words = ("bench", "mine.py", "--budget", 200, "--worlds", 1, "--eval-tasks", 60)
    found = cli.json(*words)
    desk, _, null = found["worlds"]
    assert desk["gain"] > 0.05
    assert desk["possible"] >= desk["gain"]
    assert desk["turns"] == 200
    assert (null["null"], null["claimed"], null["gain"]) == (True, False, 0.0)
    assert (found["nulls"], found["nulls_claimed"]) == (1, 0)
    assert "is not empty: go on with it (--resume)" in cli(*words, code=2).output
    assert cli.json(*words, "--resume") == found


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, "There is no file mine.py: name a Python file"),
        ("x = 1", "mine.py has no `learn`: write `async def learn(lab) -> Agent`."),
        ("def learn(lab): pass", "a `learn` that is no `async def`"),
        ("async def learn(): pass", "must take one argument, the lab."),
        ("import nowhere_at_all", "cannot be imported: ModuleNotFoundError"),
    ],
)
def test_a_file_that_is_no_learner_is_refused(cli, tmp_path, source, said):
    if source is not None:
        (tmp_path / "mine.py").write_text(source)
    assert said in " ".join(cli("bench", "mine.py", code=2).output.split())


def test_a_learner_that_fails_is_a_line_that_says_so(cli, tmp_path, apprentice):
    (tmp_path / "mine.py").write_text("async def learn(lab):\n    return 7\n")
    shown = cli("bench", "mine.py", "--worlds", 1, "--eval-tasks", 5, code=1).stdout
    assert shown.count("failed: learn returned int, expected an Agent.") == 3
