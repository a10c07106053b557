"""firsthand sleep: what it refuses before anything is played, and how its ledger is shown."""

import msgspec
import pytest

from firsthand.learn.lessons.folder import Setup
from firsthand.learn.lessons.settings import LearnConfig
from firsthand.learn.sleep import ledger
from firsthand.learn.sleep.families import Family
from firsthand.learn.sleep.ledger import Entry, Gone, Ledger, Line
from firsthand.learn.sleep.remask import Effect, Measured, Share
from firsthand.playbook import Lesson


@pytest.fixture
def run(tmp_path):
    """A folder that says it holds a run of an endpoint's model."""

    def made(model="openai:big@http://127.0.0.1:9/v1"):
        setup = Setup(
            environments=("interfaces/shop_desk",),
            model=model,
            playbook="",
            agent="",
            reviewer="contrast",
            config=LearnConfig(),
        )
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_bytes(msgspec.json.encode(setup))
        return folder

    return made


def test_a_folder_without_a_run_is_refused(cli, tmp_path):
    refused = cli("sleep", tmp_path, code=2).output
    assert "holds no run: `firsthand learn ENVIRONMENT --out" in refused


def test_a_model_without_weights_needs_a_student(cli, run):
    refused = cli("sleep", run(), code=2).output
    assert "has no weights that can be trained here" in refused
    assert "--student torch:FOLDER" in refused
    refused = cli("sleep", run(), "--student", "scripted:random", code=2).output
    assert "scripted:random has no weights" in refused


def test_numbers_and_places_are_checked_first(cli, run):
    assert "epochs must be at least 1, got 0." in cli("sleep", run(), "--epochs", 0, code=2).output
    refused = cli("sleep", run(), "--retain", "rules/triagge@0", code=2).output
    assert "Did you mean 'rules/triage'?" in refused


def effect(mean, half=0.03):
    return Effect(mean, mean - half, mean + half, 200)


def test_the_ledger_is_shown_without_sleeping_again(cli, run):
    folder = run()
    assert "has not slept yet" in cli("sleep", folder, "--ledger", code=2).output
    lesson = Lesson("example", observation="sell the lamp", action="AB::lamp!", scope="a/b")
    family = Family("AB::…!", (lesson,))
    own = (Share(0.2, 40), Share(1.0, 40), Share(0.95, 40), Share(1.0, 40))
    tokens = Effect(12.5, 12.0, 13.0, 200)
    retired = ledger.entry(
        family,
        Measured(family.name, effect(0.2), effect(0.01), effect(0.19), tokens, own),
        margin=0.05,
    )
    kept = ledger.entry(
        Family("CD::…!", (msgspec.structs.replace(lesson, action="CD::lamp!"),)),
        Measured("CD::…!", effect(0.2), effect(0.1), effect(0.1), tokens, own),
        margin=0.05,
    )
    gone = Gone((0.2, 0.1, 0.9, 0.1), (0.2, 0.0, 0.1, 0.2), effect(0.8), effect(0.0), 80)
    revoked = Entry(
        id="feedbeef", name="EF::…!", fate="revoked", lessons=(Line("aa", "bb"),), gone=gone
    )
    assert (retired.fate, kept.fate) == ("retired", "kept")
    assert retired.tokens == (12.5, 0.0)
    found = Ledger(
        source=1, version=2, adapter="abc", margin=0.05, entries=(retired, kept, revoked)
    )
    night = folder / "sleep" / "0001"
    ledger.save(found, night / "ledger.json")
    (night / "result.json").write_text("{}")
    shown = cli("sleep", folder, "--ledger").stdout
    for part in ("AB::…!", "retired", "kept", "revoked", "12.5"):
        assert part in shown
    told = cli.json("sleep", folder, "--ledger")
    assert [entry["fate"] for entry in told["entries"]] == ["retired", "kept", "revoked"]
