"""Command mode: fresh copies, outcomes, and nothing that outlives its run."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from firsthand.errors import RunStopped, UserError
from firsthand.trial import Trial, create
from firsthand.trial.command import prefix
from firsthand.trial.running import FAILURES, alone, run
from firsthand.trial.settings import Task, TrialConfig, read_tasks

TASKS = [Task("t", prompt='it\'s $HOME; "done"'), Task("u", prompt="other")]


@pytest.fixture
def made(tmp_path):
    """Makes a trial of two items over a workspace with a file in it."""
    workspace = tmp_path / "work"
    workspace.mkdir()
    (workspace / "AGENTS.md").write_text("- red\n- blue\n")
    (workspace / "note").write_text("old\n")

    def make(agent="true", check="true", folder="trial", **settings):
        config = TrialConfig(agent=agent, check=check, workspace=str(workspace), **settings)
        return create(tmp_path / folder, [workspace / "AGENTS.md"], config=config)

    return make


def ran(trial, n=4, tasks=TASKS, **options):
    asyncio.run(run(trial, tasks, n, **options))
    return trial.runs()


def outcomes(runs):
    return [found.finished.outcome for found in runs]


def test_the_agent_sees_its_items_in_a_copy_and_the_check_what_it_left(made, tmp_path):
    trial = made(
        "cp AGENTS.md seen; echo $FIRSTHAND_TASK >> note", "cat seen note >&2; grep -q red seen"
    )
    runs = ran(trial, 16, concurrency=3)
    assert len(runs) == 16
    for found in runs:
        shown = {item.text for item in trial.items if item.id in found.assigned.shown}
        log = (trial.folder / "logs" / found.assigned.key / "check.log").read_text()
        assert log == "".join(sorted(shown, reverse=True)) + f"old\n{found.assigned.task}\n"
        assert found.finished.outcome == ("- red\n" in shown)
    assert {found.assigned.mode for found in runs} >= {"random"}
    assert (tmp_path / "work" / "note").read_text() == "old\n"
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["AGENTS.md", "note"]


def test_placeholders_are_quoted_and_also_in_the_environment(made):
    agent = (
        'printf "%s|" {prompt} {task} {run} > out; cat {prompt_file} >> out; '
        'test "$FIRSTHAND_PROMPT" = {prompt} && test {context} -ef AGENTS.md && '
        "test {workspace} -ef . && echo '|{x} ${HOME:+y} {\"prompt\":1}' >> out; "
        "echo 42 > $FIRSTHAND_TOKENS_FILE"
    )
    trial = made(agent, "cat out", ends=0.0)
    [found] = ran(trial, 1, TASKS[:1])
    log = (trial.folder / "logs" / "t#0" / "check.log").read_text()
    assert log == """it's $HOME; "done"|t|t#0|it's $HOME; "done"|{x} ${HOME:+y} {"prompt":1}\n"""
    assert (found.finished.exit, found.finished.tokens) == (0, 42.0)


@pytest.mark.parametrize(
    ("check", "outcome", "error"),
    [
        ("echo tests: 3 of 7; echo score 2.5e-1; echo", 0.25, ""),
        ("echo -3", -3.0, ""),
        ("echo none", None, "the check printed no number in its last line"),
        ("echo 5; exit 3", None, "the check left with exit code 3"),
        ("sleep 9", None, "the check ran out of time"),
    ],
)
def test_an_outcome_may_be_a_number(made, check, outcome, error):
    trial = made(check=check, outcome="number", check_seconds=0.3)
    [found] = ran(trial, 1, TASKS[:1])
    assert (found.finished.outcome, found.finished.error) == (outcome, error)


def test_an_agent_that_runs_out_of_time_is_ended_with_all_it_started_and_checked(made):
    agent = (
        "echo made > made; setsid sh -c 'trap \"\" TERM; sleep 60; echo late >> made' & "
        "sh -c 'trap \"\" TERM; sleep 61' & sleep 62"
    )
    trial = made(agent, "grep -qx made made", agent_seconds=0.4)
    started = time.monotonic()
    [found] = ran(trial, 1, TASKS[:1])
    assert time.monotonic() - started < 8
    assert (found.finished.outcome, found.finished.exit) == (1.0, None)
    assert marked() == []


def test_what_an_agent_leaves_behind_is_ended_too(made):
    trial = made("(setsid sleep 60 &) ; exit 3", "true")
    [found] = ran(trial, 1, TASKS[:1])
    assert (found.finished.outcome, found.finished.exit) == (1.0, 3)
    assert marked() == []


def marked():
    """The processes of any run that are still there."""
    mark, found = b"FIRSTHAND_MARK=firsthand-trial-", []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes():
                found.append(path.parent.joinpath("cmdline").read_text())
        except OSError:
            continue
    return found


def test_a_context_that_git_knows_does_not_look_edited(made, tmp_path):
    git = ["git", "-C", str(tmp_path / "work"), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    trial = made("git status --porcelain > seen; git diff >> seen", "cat seen")
    runs = ran(trial, 3)
    assert any(found.assigned.hidden for found in runs)
    said = (trial.folder / "logs" / runs[0].assigned.key / "check.log").read_text()
    assert said == "?? seen\n"


def test_the_trial_itself_is_never_in_the_workspace(made, tmp_path):
    trial = made("find . > seen", "cat seen; ! grep -q trial.toml seen", folder="work/trial")
    assert outcomes(ran(trial, 2)) == [1.0, 1.0]


def test_runs_go_on_where_they_stopped_and_none_is_done_twice(made, monkeypatch):
    trial = made("echo {run} >> $LOG", "true")
    log = trial.folder / "done.txt"
    monkeypatch.setenv("LOG", str(log))
    ran(trial, 3)
    ran(Trial(trial.folder), 8, concurrency=2)
    assert asyncio.run(run(Trial(trial.folder), TASKS, 8)) == 0
    done = log.read_text().split()
    assert len(done) == len(set(done)) == 8
    assert sorted(done) == sorted(f"{task}#{n}" for task in "tu" for n in range(4))
    assert trial.journal.plans() == [3, 8]


def test_what_an_agent_made_read_only_goes_too(made, monkeypatch):
    trial = made("mkdir -p a/b; touch a/b/c; chmod 500 a/b a; pwd > $LEFT", "true")
    monkeypatch.setenv("LEFT", str(trial.folder / "left"))
    ran(trial, 1)
    assert not Path((trial.folder / "left").read_text().strip()).parent.exists()


def test_a_workspace_that_cannot_be_copied_is_named(made, tmp_path):
    os.mkfifo(tmp_path / "work" / "pipe")
    with pytest.raises(UserError, match="The workspace .*work cannot be copied: .*pipe"):
        ran(made())


def test_copies_that_would_change_the_original_are_refused(made, tmp_path):
    work = tmp_path / "work"
    (work / ".git").write_text("gitdir: /elsewhere\n")
    with pytest.raises(UserError, match=r"as in a worktree.*git clone --no-local"):
        ran(made())
    (work / ".git").unlink()
    trial = made(folder="b")
    (tmp_path / "docs").mkdir()
    (work / "docs").symlink_to(tmp_path / "docs")
    path = trial.folder / "trial.toml"
    path.write_text(path.read_text().replace('place = "AGENTS.md"', 'place = "docs/AGENTS.md"'))
    (trial.folder / "context" / "docs").mkdir()
    (trial.folder / "context" / "AGENTS.md").rename(trial.folder / "context/docs/AGENTS.md")
    with pytest.raises(UserError, match="docs leads out of the workspace by a link"):
        ran(Trial(trial.folder))
    assert not list((tmp_path / "docs").iterdir())


def test_hidden_skills_are_not_in_the_workspace(tmp_path):
    for name in ("cook", "sew"):
        folder = tmp_path / "work" / "skills" / name
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(f"How to {name}.\n")
    config = TrialConfig(agent="true", check="ls skills", workspace=str(tmp_path / "work"))
    trial = create(tmp_path / "trial", [tmp_path / "work" / "skills"], config=config)
    assert trial.contexts[0].place == "skills"
    for found in ran(trial, 8):
        said = (trial.folder / "logs" / found.assigned.key / "check.log").read_text().split()
        shown = [item.text[7:-2] for item in trial.items if item.id in found.assigned.shown]
        assert said == shown


def test_killed_at_any_moment_nothing_is_lost_and_nothing_counts_twice(made):
    trial = made("(setsid sleep 77 &); sleep 0.05; echo {run} >> $LOG", "true")
    log = trial.folder / "done.txt"
    (trial.folder / "tasks.toml").write_text('[[task]]\nid = "t"\n[[task]]\nid = "u"\n')
    program = "from firsthand.cli.main import main; main()"
    words = [sys.executable, "-c", program, "trial", "run", str(trial.folder), "-n", "10"]
    seen: set[str] = set()
    for _ in range(2):
        process = subprocess.Popen(words, env={**os.environ, "LOG": str(log)})
        until = time.monotonic() + 30
        while len(Trial(trial.folder).runs()) < len(seen) + 2 and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        keys = {found.assigned.key for found in Trial(trial.folder).runs()}
        assert seen < keys
        seen = keys
    subprocess.run(words, env={**os.environ, "LOG": str(log)}, check=True, capture_output=True)
    runs = Trial(trial.folder).runs()
    assert sorted(found.assigned.key for found in runs) == sorted(
        f"{task}#{n}" for task in "tu" for n in range(5)
    )
    assert outcomes(runs) == [1.0] * 10
    assert marked() == []
    assert not list(Path(tempfile.gettempdir()).glob(f"{prefix(trial)}*"))


def test_a_command_that_cannot_start_stops_the_trial(made):
    with pytest.raises(
        UserError, match=r"The agent command could not be started \(exit code 127\)"
    ):
        ran(made("no-such-agent {prompt}"))
    with pytest.raises(UserError, match="The check command could not be started"):
        ran(made(check="./note", folder="other"))


def test_checks_that_never_have_an_outcome_stop_the_trial(made):
    trial = made(check="echo nothing", outcome="number")
    with pytest.raises(RunStopped, match="8 runs in a row had no outcome: the check printed no"):
        ran(trial, 50)
    assert len(trial.runs()) == FAILURES


def test_what_is_missing_or_misspelt_is_said_before_anything_runs(made, tmp_path):
    with pytest.raises(UserError, match="Task 't' has no agent command: write `agent ="):
        ran(made(agent=""))
    with pytest.raises(UserError, match=r"no placeholder \{promt\}: did you mean \{prompt\}\?"):
        ran(made("echo {promt}", folder="b"))
    with pytest.raises(UserError, match="is no folder"):
        ran(made(folder="c"), tasks=[Task("t", workspace=str(tmp_path / "none"))])
    trial = made(folder="d")
    with alone(trial.folder), pytest.raises(UserError, match="Another process is running"):
        ran(trial)
    path = tmp_path / "d" / "trial.toml"
    path.write_text(path.read_text().replace("keep = false", "keep = true"))
    with pytest.raises(UserError, match="Every item is kept: nothing is on trial"):
        ran(Trial(tmp_path / "d"))


def test_tasks_are_read_and_mistakes_in_them_named(tmp_path):
    path = tmp_path / "tasks.toml"
    with pytest.raises(UserError, match="There are no tasks at"):
        read_tasks(path)
    path.write_text('[[task]]\nid = "a"\npromt = "x"\n')
    with pytest.raises(UserError, match="unknown field `promt`.*Did you mean `prompt`"):
        read_tasks(path)
    path.write_text('[[task]]\nid = "a"\n[[task]]\nid = "a"\n')
    with pytest.raises(UserError, match="two tasks with the id 'a'"):
        read_tasks(path)
    path.write_text("task = []\n")
    with pytest.raises(UserError, match="names no task"):
        read_tasks(path)
