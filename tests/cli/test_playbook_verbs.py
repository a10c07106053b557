"""firsthand playbook show, diff, rollback."""

import msgspec
import pytest

from firsthand.playbook import Credit, Lesson, Playbook, deploy, load

AMBER = Lesson("rule", "Refunds go to amber.", untrusted=False, credit=Credit(0.10, 0.05, 200))
JADE = Lesson(
    "example",
    observation="where is my lamp?",
    action="jade\x1b[2J",
    untrusted=True,
    state="core",
    credit=Credit(0.30, 0.05, 200, own=12.5, doubt=0.04),
)
RUBY = Lesson("rule", "Ruby is closed.", untrusted=False, state="retired")


@pytest.fixture
def run(tmp_path, cli):
    deploy(tmp_path / "run", Playbook(1, (AMBER,), "first night"))
    deploy(
        tmp_path / "run", Playbook(2, (msgspec.structs.replace(AMBER, state="core"), JADE, RUBY))
    )
    return tmp_path / "run"


def test_show_puts_the_best_first(cli, run):
    assert cli("playbook", "show", "run").stdout == (
        f"Version 2, 2 lessons in use\n{JADE.id} core example for *, untrusted, credit "
        "+0.30 [+0.20, +0.40] from 200 rollouts (12.5 of them tell about the lesson "
        "itself; probability that it does not help 0.04)\n    where is my lamp? => jade\\x1b[2J\n"
        f"{AMBER.id} core rule for *, credit +0.10 [+0.00, +0.20] from 200 rollouts "
        "(known of its kind only)\n    "
        f"Refunds go to amber.\n{RUBY.id} retired rule for *\n    Ruby is closed.\n"
    )
    found = cli.json("playbook", "show", "run/history/0001.toml")
    assert (found["version"], found["note"]) == (1, "first night")
    assert found["lessons"][0]["id"] == AMBER.id and found["lessons"][0]["credit"]["n"] == 200


def test_diff_shows_what_was_added_removed_and_changed(cli, run):
    shown = cli("playbook", "diff", "run").stdout
    assert shown.startswith("Version 1 to 2: 2 added, 0 removed, 1 changed\n")
    assert f"+ {JADE.id} core example" in shown and f"+ {RUBY.id} retired rule" in shown
    assert (
        f"~ {AMBER.id} core rule" in shown
        and "    before: probation rule for *, credit +0.10" in shown
    )
    back = cli("playbook", "diff", "run", "--old", 2, "--new", 1).stdout
    assert (
        back.startswith("Version 2 to 1: 0 added, 2 removed, 1 changed\n")
        and f"- {JADE.id}" in back
    )
    first = cli.json("playbook", "diff", "run", "--new", 1)
    assert (first["old"], first["new"], first["removed"], first["changed"]) == (0, 1, [], [])
    assert [lesson["id"] for lesson in first["added"]] == [AMBER.id]


def test_diff_sees_an_edit_by_hand(cli, run):
    path = run / "playbook.toml"
    path.write_text(path.read_text().replace("amber", "jade"))
    found = cli.json("playbook", "diff", "run/playbook.toml", "--old", 2)
    assert [lesson["text"] for lesson in found["added"]] == ["Refunds go to jade."]
    assert [lesson["text"] for lesson in found["removed"]] == ["Refunds go to amber."]


def test_rollback_goes_one_version_back_or_to_the_one_named(cli, run):
    assert (
        cli("playbook", "rollback", "run").stdout
        == "Version 1 with 1 lessons is the current one; it was version 2.\n"
    )
    assert load(run / "playbook.toml").version == 1
    assert (
        "Version 1 is the first in run: there is nothing to go back to."
        in cli("playbook", "rollback", "run", code=2).stderr
    )
    assert cli.json("playbook", "rollback", "run", "--to", 2) == {"from": 1, "to": 2, "lessons": 2}
    assert (
        "run has no playbook of version 7. There are: 1, 2."
        in cli("playbook", "rollback", "run", "--to", 7, code=2).stderr
    )


def test_law_12_trust_is_an_act_of_a_person_and_can_be_taken_back(cli, run):
    shown = cli("playbook", "trust", "run", JADE.id).stdout
    assert f"{JADE.id} core example for *, credit" in shown, "it is untrusted no more"
    assert shown.endswith("Version 3 is the current one.\n")
    found = load(run / "playbook.toml")
    assert not found.by_id[JADE.id].untrusted
    assert found.note == f"trusted by a person: {JADE.id}"
    assert load(run / "history" / "0002.toml").by_id[JADE.id].untrusted, "the history stays"
    assert cli.json("playbook", "trust", "run", JADE.id, "--revoke") == {
        "version": 4,
        "trusted": False,
        "lessons": [JADE.id],
    }
    assert load(run / "playbook.toml").by_id[JADE.id].untrusted
    cli("playbook", "trust", "run/playbook.toml", JADE.id)
    assert not load(run / "playbook.toml").by_id[JADE.id].untrusted
    refused = cli("playbook", "trust", "run", "nobody", code=2).stderr
    assert "The playbook has no lesson nobody." in refused


def test_what_is_not_there_is_a_mistake(cli, run):
    assert (
        "run has no playbook of version 9. There are: 1, 2."
        in cli("playbook", "diff", "run", "--old", 9, code=2).stderr
    )
    assert (
        "There is no playbook at none.toml. `firsthand learn ENVIRONMENT` writes one."
        in cli("playbook", "show", "none.toml", code=2).stderr
    )
    assert "does not exist" in cli("playbook", "rollback", "none", code=2).stderr
    assert "rollback" in cli("playbook", code=2).output, "without a verb it shows them"
