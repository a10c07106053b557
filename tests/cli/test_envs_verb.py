"""firsthand envs."""

import firsthand as fh
from firsthand import registry


def test_the_table_has_every_environment(cli):
    shown = cli("envs").stdout
    for name in fh.environments():
        assert name in shown
    row = next(line.split() for line in shown.splitlines() if "interfaces/shop_desk" in line)
    assert row == ["interfaces/shop_desk", "1-5", "2", "yes", "0.20", "choices"]
    assert next(line.split() for line in shown.splitlines() if "data/ledger" in line)[-2:] == [
        "6",
        "tools",
    ]
    assert max(map(len, shown.splitlines())) <= 80


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
