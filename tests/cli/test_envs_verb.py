"""firsthand envs."""

import re

import pytest

import firsthand as fh
from firsthand import registry
from firsthand.catalogue import listing
from firsthand.catalogue.listing import certificate_of


@pytest.mark.parametrize("columns", [30, 60, 80, 200])
def test_every_environment_is_listed_and_no_name_is_cut(cli, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = cli("envs").stdout
    lines = shown.splitlines()
    assert max(map(len, lines)) <= columns
    for name in fh.environments():
        assert any(line.startswith(name) for line in lines), shown
    assert "…" not in shown


def test_what_is_said_of_an_environment(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "99")
    lines = cli("envs").stdout.splitlines()
    desk = lines.index("interfaces/shop_desk")
    assert lines[desk + 1].startswith(
        "    Answer each customer with one line of a command language"
    )
    assert lines[desk + 2] == (
        "    levels 1-5, 2 turns, choices, hidden laws of --world, base rate 0.20, audit pass"
    )
    assert "    levels 1-5, 20 turns, 6 tools, audit pass" in lines


def test_a_wide_terminal_gets_a_table(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    shown = cli("envs").stdout.splitlines()
    (desk,) = [line for line in shown if line.startswith("interfaces/shop_desk")]
    assert desk.split()[-4:] == ["choices", "hidden", "0.20", "pass"]
    assert re.fullmatch(
        r"\d+ environments in \d+ domains; \d+ with a certificate that passed .+", shown[-1]
    )


def test_a_certificate_about_other_code_is_stale_and_none_is_none(cli, monkeypatch, tmp_path):
    found = {one["name"]: one for one in cli.json("envs")}
    assert found["rules/triage"]["certificate"] == "PASS"
    assert found["rules/triage"]["domain"] == "rules"
    shipped = certificate_of("rules/triage").read_text()
    monkeypatch.setattr(listing, "PLACES", (tmp_path,))
    (tmp_path / "data_ledger.json").write_text(shipped)
    (tmp_path / "control_null.json").write_text("{")
    states = {one["name"]: one["certificate"] for one in cli.json("envs")}
    assert states["data/ledger"] == "STALE"
    assert states["rules/triage"] == states["control/null"] == "NONE"


def test_show_plays_one_that_succeeds_and_one_that_fails(cli):
    shown = cli("envs", "show", "games/mastermind", "--level", "1").stdout
    assert "An expert's episode" in shown and "score 1.00" in shown
    assert "Random play, which fails" in shown and "score 0.00" in shown
    both = cli.json("envs", "show", "games/mastermind")
    assert both["solved"]["reward"] == 1.0 and both["failed"]["reward"] == 0.0
    mistake = cli("envs", "show", "games/mastermnd", code=2)
    assert "Did you mean 'games/mastermind'" in mistake.stderr


def test_json_has_what_is_declared(cli):
    found = {one["name"]: one for one in cli.json("envs")}
    assert list(found) == fh.environments()
    assert found["games/mastermind"]["actions"] == "text" and found["data/ledger"]["tools"][:2] == [
        "schema",
        "query",
    ]
    desk = found["interfaces/shop_desk"]
    assert (desk["levels"], desk["turns"], desk["laws"], desk["base_rate"], desk["actions"]) == (
        [1, 2, 3, 4, 5],
        2,
        True,
        0.2,
        "choices",
    )


def test_a_broken_package_is_a_warning(cli, monkeypatch):
    monkeypatch.setattr(
        registry,
        "_declared",
        lambda _group: {
            "control/null": ["firsthand.worlds.control.null:Null"],
            "a/b": ["missing_package:B"],
        },
    )
    result = cli("envs")
    assert "control/null" in result.stdout and "a/b" not in result.stdout
    assert result.stderr.startswith(
        "Warning: The environment 'a/b' is declared as missing_package:B but cannot be imported"
    )


def test_stats_count_what_is_listed(cli):
    found = cli.json("envs", "stats")
    assert found["environments"] == len(fh.environments())
    assert sum(found["domains"].values()) == found["environments"]
    assert sum(map(len, found["clusters"])) == found["environments"] - len(found["left_out"])
    shown = cli("envs", "stats").stdout
    assert "Effective number of families by words" in shown and "induce" in shown
