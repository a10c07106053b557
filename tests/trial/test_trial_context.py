"""Contexts: files and skills folders, written out with a part of their items."""

import pytest

from firsthand.errors import UnknownName, UserError
from firsthand.trial import Trial, create
from firsthand.trial.context import PLACEBOS, read
from firsthand.trial.pieces import item_id
from firsthand.trial.pruned import prune
from firsthand.trial.settings import TrialConfig


@pytest.fixture
def guide(tmp_path):
    path = tmp_path / "AGENTS.md"
    path.write_bytes(b"# Guide\r\n\r\n- one\r\n- two \xff\r\n")
    return path


@pytest.fixture
def skills(tmp_path):
    for name in ("cook", "sew"):
        folder = tmp_path / "skills" / name
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(f"---\nname: {name}\n---\nHow to {name}.\n")
        (folder / "more.txt").write_text("more")
    (tmp_path / "skills" / "README").write_text("about")
    return tmp_path / "skills"


def test_all_items_give_the_file_byte_for_byte_also_where_it_is_no_utf8(guide, tmp_path):
    context = read(guide, "AGENTS.md")
    ids = {item.id for item in context.items()}
    context.write(tmp_path / "out", ids)
    assert (tmp_path / "out").read_bytes() == guide.read_bytes()
    context.write(tmp_path / "out", {item_id("- one")})
    assert (tmp_path / "out").read_bytes() == b"# Guide\r\n\r\n- one\r\n"


def test_writing_leaves_the_original_alone_where_the_workspace_links_to_it(guide, tmp_path):
    link = tmp_path / "workspace" / "AGENTS.md"
    link.parent.mkdir()
    link.symlink_to(guide)
    before = guide.read_bytes()
    read(guide, "AGENTS.md").write(link, set())
    assert guide.read_bytes() == before
    assert link.read_bytes() == b""


def test_a_skill_is_one_item_and_goes_with_its_folder(skills, tmp_path):
    context = read(skills, "skills")
    cook, sew = context.items()
    assert (cook.kind, cook.text) == ("skill", "---\nname: cook\n---\nHow to cook.\n")
    target = tmp_path / "workspace" / "skills"
    context.write(target, {sew.id})
    context.write(target, {sew.id})
    assert sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()) == [
        "README",
        "sew/SKILL.md",
        "sew/more.txt",
    ]


def test_placebo_items_stand_at_the_end_and_never_in_a_pruned_file(guide, tmp_path):
    trial = create(tmp_path / "trial", [guide], config=TrialConfig(placebos=2))
    assert [item.placebo for item in trial.items] == [False, False, True, True]
    shown = {item.id for item in trial.items}
    assert trial.contexts[0].text(shown).endswith(f"\n{PLACEBOS[0]}\n\n{PLACEBOS[1]}\n")
    [pruned] = prune(trial, {trial.items[0].id, trial.items[2].id})
    assert pruned.path.read_bytes() == b"# Guide\r\n\r\n- two \xff\r\n"
    assert pruned.dropped == 1
    assert "-- one" in pruned.diff


def test_pruning_takes_the_original_as_it_is_now(guide, tmp_path):
    trial = create(tmp_path / "trial", [guide])
    guide.write_text("# Guide\n\n- new\n- two\n- one\n")
    [pruned] = prune(trial, {item_id("- one")})
    assert pruned.path.read_text() == "# Guide\n\n- new\n- two\n"
    assert guide.read_text().endswith("- one\n")
    guide.unlink()
    with pytest.raises(UserError, match="is gone: the trial's copy is in"):
        prune(trial, {item_id("- one")})


def test_pruning_skills_names_the_folders_that_go(skills, tmp_path):
    trial = create(tmp_path / "trial", [skills])
    [pruned] = prune(trial, {trial.items[0].id})
    assert pruned.diff == "- skills/cook\n"
    assert sorted(path.name for path in pruned.path.iterdir()) == ["README", "sew"]


def test_the_copy_is_on_trial_not_what_was_edited_since(guide, tmp_path):
    create(tmp_path / "trial", [guide])
    guide.write_text("- other\n")
    assert [item.text.strip()[:5] for item in Trial(tmp_path / "trial").items] == ["- one", "- two"]


def test_keep_takes_an_item_off_trial(guide, tmp_path):
    trial = create(tmp_path / "trial", [guide])
    path = tmp_path / "trial" / "trial.toml"
    path.write_text(path.read_text().replace("keep = false", "keep = true", 1))
    trial = Trial(tmp_path / "trial")
    assert [item.keep for item in trial.items] == [True, False]
    assert trial.assign("x", mode="none").text == "# Guide\r\n\r\n- one\r\n"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("seed = 0", "sead = 0"), "unknown field `sead`. Did you mean `seed`?"),
        (("probability = 0.5", "probability = 1.5"), "lies between .05 and .95, got 1.5"),
        (("ends = 0.1", "ends = 0.6"), "ends lies between 0 and .4, got 0.6"),
        (("agent_seconds = 900.0", "agent_seconds = 0.0"), "agent_seconds must be more than 0"),
        (('outcome = "exit"', 'outcome = "exits"'), "Invalid enum value 'exits'"),
        (("seed = 0", "seed = "), "cannot be read"),
    ],
)
def test_a_mistake_in_the_settings_is_named(guide, tmp_path, change, says):
    create(tmp_path / "trial", [guide])
    path = tmp_path / "trial" / "trial.toml"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(UserError) as refused:
        Trial(tmp_path / "trial")
    assert says in str(refused.value)
    assert "trial.toml" in str(refused.value)


def test_an_id_that_is_none_is_refused(guide, tmp_path):
    create(tmp_path / "trial", [guide])
    path, known = tmp_path / "trial" / "trial.toml", item_id("- one")
    path.write_text(path.read_text().replace(known, known[:-1] + "z"))
    with pytest.raises(UnknownName, match=f"Did you mean '{known}'"):
        Trial(tmp_path / "trial")


def test_what_cannot_be_on_trial_is_refused(tmp_path, guide, skills):
    (tmp_path / "empty.md").write_text("\n")
    with pytest.raises(UserError, match="nothing in it that could be left out"):
        create(tmp_path / "t", [tmp_path / "empty.md"])
    with pytest.raises(UserError, match=r"nothing\.md does not exist"):
        create(tmp_path / "t", [tmp_path / "nothing.md"])
    with pytest.raises(UserError, match="is a folder without skills"):
        create(tmp_path / "t", [skills / "cook"])
    with pytest.raises(UserError, match="A trial needs a context"):
        create(tmp_path / "t", [])
    with pytest.raises(UserError, match="Two contexts would stand at AGENTS.md"):
        create(tmp_path / "t", [guide, guide])
    with pytest.raises(UserError, match="0 to 8 placebo items, got 9"):
        create(tmp_path / "t", [guide], config=TrialConfig(placebos=9))
    with pytest.raises(UserError, match="Placebo items need a file among the contexts"):
        create(tmp_path / "s", [skills], config=TrialConfig(placebos=1))
    with pytest.raises(UserError, match="t holds no trial: `firsthand trial init"):
        Trial(tmp_path / "t")
    create(tmp_path / "t", [guide, skills])
    with pytest.raises(UserError, match="holds a trial already"):
        create(tmp_path / "t", [guide])
