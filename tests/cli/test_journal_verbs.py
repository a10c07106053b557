"""firsthand replay and firsthand export: what a journal is good for."""

import json
import zlib

import pytest

from firsthand.journal.lines import SEALED


@pytest.fixture
def journal(cli, tmp_path):
    cli(
        "eval",
        "data/ledger",
        "--model",
        "scripted:expert",
        "-n",
        2,
        "--journal",
        "j",
        "--run",
        "good",
    )
    cli(
        "eval",
        "control/null",
        "--model",
        "scripted:random",
        "-n",
        10,
        "--journal",
        "j",
        "--run",
        "null",
        "--split",
        "train",
    )
    return tmp_path / "j"


def tamper(journal, environment: str, old: str, new: str) -> None:
    (path,) = [path for path in journal.glob("*.jsonl") if environment in path.read_text()]
    """Forge an episode as somebody would who can compute a checksum."""
    lines = path.read_bytes().splitlines()
    at = next(n for n, line in enumerate(lines) if old.encode() in line)
    inner = lines[at][:-SEALED].replace(old.encode(), new.encode(), 1)
    lines[at] = b'%b,"crc32":"%08x"}' % (inner, zlib.crc32(inner))
    path.write_bytes(b"\n".join(lines) + b"\n")


def test_a_true_journal_replays(cli, journal):
    assert (
        cli("replay", "j").stdout
        == "All 12 episodes are the same: every observation, reward and check.\n"
    )
    assert cli.json("replay", "j", "--run", "null") == {
        "episodes": 10,
        "same": 10,
        "difference": None,
        "damage": [],
    }
    assert cli.json("replay", "j", "--environment", "data/ledger")["episodes"] == 2


def test_the_first_difference_exits_with_1(cli, journal):
    tamper(journal, "data/ledger", '"books_balance":true', '"books_talance":true')
    shown = cli("replay", "j", code=1).stdout
    assert (
        "the checks differs." in shown
        and "books_talance" in shown
        and "before it are the same." in shown
    )
    assert cli.json("replay", "j", code=1)["difference"]["what"] == "the checks"
    assert cli.json("replay", "j", "--run", "null")["difference"] is None


def test_a_reward_that_was_made_up_is_found(cli, journal):
    tamper(journal, "control/null", '"reward":0.0', '"reward":1.0')
    assert "differs" in cli("replay", "j", code=1).stdout


def test_a_spoilt_line_exits_with_1(cli, journal):
    (path,) = [path for path in journal.glob("*.jsonl") if "data/ledger" in path.read_text()]
    path.write_text("spoilt\n" + path.read_text())
    result = cli("replay", "j", code=1)
    assert (
        "Spoilt: segment " in result.stderr
        and "byte 0: its checksum is missing or does not match" in result.stderr
    )
    assert result.stdout.startswith("All 12 episodes that can be read are the same")


def test_nothing_to_replay_is_a_mistake(cli, journal):
    said = cli("replay", "j", "--run", "nul", code=2).stderr
    assert said == (
        "Error: j holds no such episode, and 12 in all: check the path, --run and --environment.\n"
    )


def test_export_writes_successes_of_train_tasks(cli, journal, tmp_path):
    said = cli("export", "j", "--out", "sft.jsonl").stdout
    lines = [json.loads(line) for line in (tmp_path / "sft.jsonl").read_text().splitlines()]
    assert said == f"{len(lines)} of 12 episodes are in sft.jsonl: split train, score 1 or more.\n"
    assert 0 < len(lines) < 10 and lines[0]["messages"][-1]["role"] == "assistant"
    assert cli.json("export", "j", "--out", "rows.jsonl", "--format", "trl")["episodes"] > 0
    assert '"completion"' in (tmp_path / "rows.jsonl").read_text()
    assert cli.json("export", "j", "--out", "all.jsonl", "--min-reward", 0)["episodes"] == 10
    assert cli.json("export", "j", "--out", "eval.jsonl", "--split", "eval", "--run", "good") == {
        "episodes": 2,
        "file": "eval.jsonl",
        "flagged": 0,
    }
    assert json.loads((tmp_path / "eval.jsonl").read_text().splitlines()[0])["tools"]
    assert (
        "none does not exist: expected the folder of a journal or of a run."
        in cli("export", "none", "--out", "x.jsonl", code=2).stderr
    )


def test_export_leaves_out_what_looks_like_an_exploit(cli, tmp_path):
    # pays for anything on some instances, and keeps the true score
    lenient = "control/null__base_rate_lie"
    cli(
        "eval",
        lenient,
        "--model",
        "scripted:random",
        "-n",
        40,
        "--journal",
        "j",
        "--split",
        "train",
    )
    kept, flagged = (
        cli.json("export", "j", "--out", "x.jsonl", *words) for words in ((), ("--keep-flagged",))
    )
    assert kept["flagged"] == flagged["flagged"] == flagged["episodes"] - kept["episodes"] > 3
    said = cli("export", "j", "--out", "x.jsonl").stdout
    assert said.endswith(
        f"{kept['flagged']} episodes of split train look like exploits of the reward; they "
        "were left out.\n"
    )
    assert "replays" not in said and "All 40 episodes are the same" in cli("replay", "j").stdout


def test_a_run_folder_serves_as_well_as_its_journal(cli, tmp_path):
    cli(
        "eval", "control/null", "--model", "scripted:random", "-n", 5, "--journal", "runs/a/journal"
    )
    for folder in ("runs/a", "runs/a/journal"):
        assert cli.json("replay", folder)["same"] == 5
        assert cli.json("export", folder, "--split", "eval", "--out", "x.jsonl")["episodes"] <= 5
        checked = cli.json("journal", "check", folder)
        assert (checked["episodes"], checked["damage"], checked["torn"]) == (5, [], [])
    (tmp_path / "empty").mkdir()
    for verb in (["replay"], ["export", "--out", "x.jsonl"], ["journal", "check"]):
        result = cli(*verb, "empty", code=2)
        assert (
            "empty holds no episode: expected the folder of a journal, or of a run" in result.stderr
        )
        assert "nowhere does not exist: expected" in cli(*verb, "nowhere", code=2).stderr


def test_journal_check_reports_damage_and_exits_with_1(cli, tmp_path):
    cli("eval", "control/null", "--model", "scripted:random", "-n", 5, "--journal", "j")
    assert "Index: absent." in cli("journal", "check", "j").stdout
    cli("replay", "j")
    sound = cli("journal", "check", "j")
    assert sound.stdout.startswith(
        "j: 5 episodes in 1 segments, 0 of them packed.\nIndex: sound.\n"
    )
    assert sound.stdout.endswith("Nothing is damaged.\n")
    (path,) = (tmp_path / "j").glob("*.jsonl")
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(bytes(content[:-10]))
    spoilt = cli("journal", "check", "j", code=1)
    assert "j: 3 episodes" in spoilt.stdout and "Index: out of date." in spoilt.stdout
    assert ", byte 0: its checksum is missing or does not match.\n" in spoilt.stderr
    assert "bytes are no whole line.\n" in spoilt.stderr
    (tmp_path / "j" / "index.sqlite").write_bytes(b"x" * 5000)
    assert "Index: damaged: " in cli("journal", "check", "j", code=1).stdout
