"""firsthand envs."""

import pytest

import firsthand as fh
from firsthand import registry


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
    monkeypatch.setenv("COLUMNS", "100")
    lines = cli("envs").stdout.splitlines()
    desk = lines.index("interfaces/shop_desk")
    assert lines[desk + 1].startswith(
        "    Answer each customer with one line of a command language"
    )
    assert lines[desk + 2] == (
        "    levels 1-5, 2 turns, choices, hidden laws of --world, base rate 0.20"
    )
    assert "    levels 1-5, 20 turns, 6 tools" in lines


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
        lambda: {
            "control/null": ["firsthand.worlds.control.null:Null"],
            "a/b": ["missing_package:B"],
        },
    )
    result = cli("envs")
    assert "control/null" in result.stdout and "a/b" not in result.stdout
    assert result.stderr.startswith(
        "Warning: The environment 'a/b' is declared as missing_package:B but cannot be imported"
    )
