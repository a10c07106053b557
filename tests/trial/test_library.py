"""The library's face, and the journal under it."""

import math

import pytest

from firsthand.errors import JournalError, UnknownName, UserError
from firsthand.trial import Trial, create
from firsthand.trial.journal import Finished, TrialJournal, now
from firsthand.trial.report import report


@pytest.fixture
def trial(tmp_path):
    (tmp_path / "prompt.txt").write_text("Be brief.\n\nBe kind.\n\nNever guess.\n")
    return create(tmp_path / "trial", [tmp_path / "prompt.txt"])


def test_a_key_is_always_shown_the_same_also_by_another_process(trial):
    first = trial.assign("a")
    assert trial.assign("a").text == first.text
    assert Trial(trial.folder).assign("a").text == first.text
    assert len({trial.assign(f"k{n}").text for n in range(60)}) == 8


def test_an_assignment_outlives_a_change_of_settings(trial):
    shown = {f"k{n}": trial.assign(f"k{n}").text for n in range(9)}
    path = trial.folder / "trial.toml"
    path.write_text(path.read_text().replace("seed = 0", "seed = 1"))
    again = Trial(trial.folder)
    assert {key: again.assign(key).text for key in shown} == shown
    assert {again.assign(f"n{n}").text for n in range(9)}


def test_outcomes_count_once(trial):
    trial.assign("a").record(True, tokens=120, seconds=1.5)
    with pytest.raises(UserError, match="'a' has an outcome already"):
        trial.assign("a").record(0.0)
    with pytest.raises(UserError, match="An outcome is a finite number, got nan"):
        trial.assign("b").record(math.nan)
    with pytest.raises(UnknownName, match=r"No run is named 'c'.* Assign it first"):
        trial.finish(Finished(key="c", outcome=1.0, at=now()))
    with pytest.raises(UserError, match="A run needs a key"):
        trial.assign("")
    [run] = Trial(trial.folder).runs()
    assert (run.finished.outcome, run.finished.tokens, run.assigned.key) == (1.0, 120, "a")


def test_what_an_item_does_is_reported_from_a_few_lines_of_code(trial):
    kind = next(item for item in trial.items if "kind" in item.text)
    trial.plan(200)
    for n in range(200):
        assignment = trial.assign(f"conversation {n}", task=f"t{n % 4}")
        helps = "kind" in assignment.text or n % 3 == 0
        assignment.record(helps, tokens=len(assignment.text) + n % 5)
    found = report(trial)
    line = next(line for line in found.lines if line.item.id == kind.id)
    assert line.verdict == "keep"
    assert line.effect.mean == pytest.approx(0.67, abs=0.1)
    assert line.spent.mean == pytest.approx(len(kind.text), abs=2)
    assert line.price == pytest.approx(line.spent.mean / (100 * line.effect.mean))
    assert [own.judgement.verdict for own in found.lines].count("keep") == 1
    assert found.whole.mean == pytest.approx(0.67, abs=0.35)


def test_a_report_says_which_tasks_tell_nothing(trial):
    for n in range(40):
        assignment = trial.assign(f"{n}", task=f"t{n % 4}")
        assignment.record(n % 4 == 0 or (n % 4 == 1 and n % 3 == 0))
    assert "3 of 4 tasks always had the same outcome: they tell nothing" in report(trial).notes


def test_before_the_plan_is_done_there_are_no_verdicts(trial):
    trial.plan(90)
    trial.plan(80)
    for n in range(89):
        assignment = trial.assign(f"{n}")
        assignment.record("kind" in assignment.text)
    found = report(trial)
    assert {line.judgement.verdict for line in found.lines} == {"undecided"}
    assert found.notes[0].startswith("So far: 89 of 90 planned runs")
    last = trial.assign("last")
    last.record("kind" in last.text)
    assert "keep" in {line.judgement.verdict for line in report(trial).lines}


def test_a_torn_line_is_passed_over_and_ended_by_the_next_writer(trial):
    trial.assign("a").record(1.0)
    path = trial.folder / "journal.jsonl"
    whole = path.read_bytes()
    for cut in range(len(whole.splitlines()[0]) + 2, len(whole)):
        path.write_bytes(whole[:cut])
        again = Trial(trial.folder)
        if cut < len(whole) - 1:
            assert again.runs() == []
            again.assign("a").record(0.0)
        else:
            again.assign("b").record(0.0)
        assert len(Trial(trial.folder).runs()) == 1 + (cut >= len(whole) - 1)


def test_a_damaged_line_is_named(trial):
    trial.assign("a").record(1.0)
    path = trial.folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"finished"', b'"finnished"'))
    with pytest.raises(JournalError, match="is damaged in line 2"):
        TrialJournal(trial.folder).runs()
