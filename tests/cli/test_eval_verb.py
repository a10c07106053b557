"""firsthand eval."""

import io
import sys

import msgspec
import pytest

from firsthand.cli import progress
from firsthand.journal import Journal
from firsthand.playbook import Lesson, Playbook, deploy

NULL = ("eval", "control/null", "--model", "scripted:random")


def test_the_table_has_n_and_intervals(cli):
    shown = cli(*NULL, "-n", 40).stdout
    row = next(
        line.split() for line in shown.splitlines() if line.strip().startswith("control/null")
    )
    assert (
        row[:5] == ["control/null", "1", "40", "40", "0"]
        and row[6].startswith("[")
        and row[7].endswith("]")
    )
    assert "Brackets: 95% intervals." in shown


def test_json_is_the_evaluation(cli):
    found = cli.json(*NULL, "-n", 40, "--level", 2, "--split", "gate")
    assert (found["tasks"], found["episodes"], found["failed"]) == (40, 40, 0)
    assert found["rows"][0]["level"] == 2 and 0.2 < found["success"]["mean"] < 0.8
    assert (
        found["success"]["interval"]["low"]
        < found["success"]["mean"]
        < found["success"]["interval"]["high"]
    )


def test_every_episode_is_kept_and_a_run_goes_on_where_it_stopped(cli, tmp_path):
    cli(*NULL, "-n", 10, "--journal", "j", "--run", "first")
    journal = Journal(tmp_path / "j")
    assert len(journal) == 10 and len(journal.ids("first")) == 10
    first = {episode.id: episode.reward for episode in journal.episodes()}
    found = cli.json(*NULL, "-n", 25, "--journal", "j", "--run", "first", "--resume")
    assert found["episodes"] == 25 and len(Journal(tmp_path / "j")) == 25
    assert first.items() <= {episode.id: episode.reward for episode in journal.episodes()}.items()
    assert (
        "--resume needs the --journal of the run that it goes on with."
        in cli(*NULL, "--resume", code=2).stderr
    )


def test_repeats_give_pass_at_k(cli):
    found = cli.json(*NULL, "-n", 20, "--repeats", 4)
    assert (found["tasks"], found["episodes"]) == (20, 80)
    assert list(found["pass_at"]) == ["1", "2", "4"]
    model = "openai:tiny@http://127.0.0.1:9/v1"
    said = cli("eval", "control/null", "--model", model, "--repeats", 3, code=2).stderr
    assert (
        "At temperature 0 all 3 repeats of a task are the same: add --temperature 1, or "
        "leave --repeats out."
    ) in said


def test_the_report_is_one_file(cli, tmp_path):
    said = cli(*NULL, "-n", 20, "--html", "out/report.html").stdout
    assert "Report: out/report.html" in said
    page = (tmp_path / "out" / "report.html").read_text()
    assert "control/null" in page and page.count("<html") == 1
    cli(*NULL, "-n", 20, "--journal", "j")
    cli(*NULL, "-n", 20, "--journal", "j", "--resume", "--html", "resumed.html")
    assert "Round " in (tmp_path / "resumed.html").read_text(), (
        "episodes of the journal are shown when none was played now"
    )


def test_when_nothing_could_be_scored_it_says_why_and_exits_with_1(cli):
    result = cli("eval", "parcels:Broken", "--model", "scripted:expert", "-n", 3, code=1)
    assert (
        result.stderr
        == "3 of 3 episodes failed, the first by tool: ZeroDivisionError: a parcel broke\n"
    )
    assert cli.json("eval", "parcels:Broken", "--model", "scripted:expert", "-n", 3, code=1)[
        "failures"
    ] == {"tool": 3}


def test_a_playbook_makes_another_agent(cli, tmp_path):
    deploy(tmp_path / "run", Playbook(1, (Lesson("rule", "Say amber."),)))
    plain = cli.json(*NULL, "-n", 2)["agent"]
    assert (
        cli.json(*NULL, "-n", 2, "--playbook", "run")["agent"]
        == cli.json(*NULL, "-n", 2, "--playbook", "run/playbook.toml")["agent"]
        != plain
    )


def test_worker_processes_give_the_same_result(cli):
    assert cli.json(*NULL, "-n", 6, "--processes", 1)["score"] == cli.json(*NULL, "-n", 6)["score"]


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


async def episodes(n: int):
    import firsthand as fh

    agent = fh.Agent(model=fh.model("scripted:expert"))
    return [
        await fh.play(fh.make("control/null"), agent, task) for task in fh.tasks("control/null", n)
    ]


async def test_the_bar_shows_rate_score_and_time_left_on_a_terminal(monkeypatch):
    found = await episodes(3)
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    with progress.bar("null", 4) as step:
        for episode in found:
            step(episode)
        step(msgspec.structs.replace(found[0], reward=None))
    shown = sys.stderr.getvalue()
    assert "4/4" in shown and "/s" in shown and "score 1.00" in shown and "0:00:00" in shown


@pytest.mark.parametrize("terminal", [True, False])
async def test_the_bar_is_not_shown_for_what_is_fast_or_not_watched(monkeypatch, terminal):
    found = await episodes(1)
    monkeypatch.setattr(sys, "stderr", Terminal() if terminal else io.StringIO())
    with progress.bar("null", 1) as step:
        step(found[0])
    assert sys.stderr.getvalue().strip("\x1b[?25h\r\n") == ""
