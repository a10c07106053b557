"""Playbook: its file, its history, what is retrieved, and what a mask leaves in."""

import tomllib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import UserError
from firsthand.playbook import (
    Credit,
    Lesson,
    Mask,
    Playbook,
    deploy,
    load,
    merge,
    rollback,
    save,
    trust,
    versions,
)

RULE = Lesson(
    "rule",
    "Refunds go to the amber desk.",
    scope="rules/*",
    state="core",
    untrusted=False,
    evidence=("e1", "e2"),
    credit=Credit(0.12, 0.04, 300),
)
EXAMPLE = Lesson(
    "example",
    observation="Customer:\nwhere is my lamp?",
    action='say "lamp"\n',
    untrusted=True,
    parents=("p1",),
)
PLAYBOOK = Playbook(3, (RULE, EXAMPLE), "after the first night")

texts = st.text(st.characters(codec="utf-8"), max_size=30)
lessons = st.builds(
    Lesson,
    st.sampled_from(["example", "rule"]),
    texts,
    texts,
    texts,
    texts,
    st.sampled_from(["probation", "core", "retired"]),
    st.booleans(),
)


def example(observation: str, action: str = "x", **more: object) -> Lesson:
    return Lesson("example", observation=observation, action=action, **more)


def test_the_file_reads_as_what_was_learned(tmp_path):
    save(PLAYBOOK, tmp_path / "playbook.toml")
    assert (
        (tmp_path / "playbook.toml").read_text()
        == f'''\
version = 3
note = "after the first night"

[[lessons]]
id = "{RULE.id}"
untrusted = false
kind = "rule"
text = "Refunds go to the amber desk."
scope = "rules/*"
state = "core"
evidence = [
    "e1",
    "e2",
]

[lessons.credit]
mean = 0.12
sd = 0.04
n = 300

[[lessons]]
id = "{EXAMPLE.id}"
untrusted = true
kind = "example"
observation = """
Customer:
where is my lamp?"""
action = """
say \\"lamp\\"
"""
parents = [
    "p1",
]
'''
    )


@given(st.builds(Playbook, st.integers(0, 9999), st.lists(lessons, max_size=4).map(tuple), texts))
def test_what_is_saved_is_what_is_loaded(tmp_path_factory, playbook):
    path = tmp_path_factory.getbasetemp() / "any" / "playbook.toml"
    save(playbook, path)
    assert load(path) == playbook


def test_it_may_be_edited_by_hand(tmp_path):
    path = tmp_path / "playbook.toml"
    save(PLAYBOOK, path)
    path.write_text(
        path.read_text().replace("amber", "jade").replace("n = 300", "n = 300 # many")
        + '\n[[lessons]]\nkind = "rule"\ntext = "Be kind."\n'
    )
    edited = load(path)
    assert [lesson.text for lesson in edited.lessons] == [
        "Refunds go to the jade desk.",
        "",
        "Be kind.",
    ]
    assert edited.lessons[0].id != RULE.id, (
        "an edited lesson is another lesson, whatever id is written beside it"
    )
    assert edited.lessons[1] == EXAMPLE
    path.write_text("")
    assert load(path) == Playbook()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[lessons]]\nkind = "advice"', r"Invalid enum value 'advice' - at `$.lessons[0].kind`"),
        (
            '[[lessons]]\nkind = "rule"\nteext = "Be kind."',
            r"Object contains unknown field `teext` - at `$.lessons[0]`",
        ),
        (
            '[[lessons]]\nkind = "rule"\ntext = 3',
            r"Expected `str`, got `int` - at `$.lessons[0].text`",
        ),
        (
            '[[lessons]]\ntext = "Be kind."',
            r"Object missing required field `kind` - at `$.lessons[0]`",
        ),
        ('lessons = ["Be kind."]', r"Expected `object`, got `str` - at `$.lessons[0]`"),
        ('version = "last"', r"Expected `int`, got `str` - at `$.version`"),
        ("virsion = 3", r"Object contains unknown field `virsion`"),
        ("version = ", "Invalid value (at end of document)"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path, text, problem):
    path = tmp_path / "playbook.toml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load(path)
    assert str(caught.value) == f"The playbook {path} cannot be read: {problem}"


def test_a_file_that_is_not_text_or_not_there_is_refused(tmp_path):
    with pytest.raises(
        UserError,
        match=r"^There is no playbook at .*none\.toml\. "
        r"`firsthand learn ENVIRONMENT` writes one\.$",
    ):
        load(tmp_path / "none.toml")
    (tmp_path / "playbook.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="cannot be read: 'utf-8' codec can't decode"):
        load(tmp_path / "playbook.toml")
    with pytest.raises(UserError, match="Is a directory"):
        load(tmp_path)


def test_a_save_that_is_interrupted_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "playbook.toml"
    save(PLAYBOOK, path)
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        save(Playbook(4), path)
    assert load(path) == PLAYBOOK


def test_every_deployed_version_is_kept_and_can_come_back(tmp_path):
    assert versions(tmp_path) == []
    deploy(tmp_path, Playbook(1, (RULE,)))
    kept = deploy(tmp_path, PLAYBOOK)
    assert kept == tmp_path / "history" / "0003.toml"
    assert versions(tmp_path) == [1, 3] and load(tmp_path / "playbook.toml") == PLAYBOOK
    assert rollback(tmp_path, 1) == load(tmp_path / "playbook.toml") == Playbook(1, (RULE,))
    assert versions(tmp_path) == [1, 3]
    deploy(tmp_path, PLAYBOOK)
    with pytest.raises(
        UserError,
        match=r"^.*0003\.toml holds another playbook of version 3: versions are never rewritten\.$",
    ):
        deploy(tmp_path, Playbook(3, (EXAMPLE,)))
    with pytest.raises(UserError, match=r"has no playbook of version 2\. There are: 1, 3\.$"):
        rollback(tmp_path, 2)
    with pytest.raises(UserError, match=r"has no playbook of version 0\. There are: none\.$"):
        rollback(tmp_path / "history", 0)


def test_a_lesson_is_named_by_what_it_says():
    assert (
        RULE.id
        == msgspec.structs.replace(
            RULE, state="retired", evidence=(), credit=None, parents=("p",)
        ).id
    )
    changes = (
        {"kind": "example"},
        {"text": "x"},
        {"observation": "x"},
        {"action": "x"},
        {"scope": "*"},
    )
    assert len({msgspec.structs.replace(RULE, **change).id for change in changes} | {RULE.id}) == 6
    assert RULE.tokens == 12 and EXAMPLE.tokens == 14


def test_a_playbook_is_named_by_its_active_lessons():
    retired = msgspec.structs.replace(EXAMPLE, state="retired")
    assert (
        Playbook(1, (RULE,)).id
        == Playbook(2, (retired, RULE), "other").id
        != Playbook(1, (RULE, EXAMPLE)).id
    )
    assert Playbook(1, (RULE, EXAMPLE)).id == Playbook(1, (EXAMPLE, RULE)).id
    assert (
        Playbook(1, (RULE, retired)).active == (RULE,)
        and Playbook(1, (RULE, retired)).by_id[retired.id] is retired
    )


def test_credit_says_how_sure_it_is():
    assert Credit(0.0, 0.1, 5).positive == 0.5
    assert Credit(0.1, 0.05, 5).positive == pytest.approx(0.97725, abs=1e-5)
    assert (Credit(0.1, 0.0, 5).positive, Credit(-0.1, 0.0, 5).positive) == (1.0, 0.0)


def test_rules_are_in_scope_and_best_first():
    worse = Lesson("rule", "worse", credit=Credit(-0.1, 0.1, 9))
    unknown, better = (
        Lesson("rule", "unknown"),
        Lesson("rule", "better", scope="rules/*", credit=Credit(0.2, 0.1, 9)),
    )
    retired = Lesson("rule", "retired", state="retired", credit=Credit(0.9, 0.1, 9))
    playbook = Playbook(lessons=(worse, unknown, better, retired, EXAMPLE))
    assert playbook.rules("rules/triage") == [better, unknown, worse]
    assert playbook.rules("data/ledger") == [unknown, worse]


def test_the_nearest_examples_are_retrieved_nearest_last():
    lamp, lamps = example("the price of the lamp", "p"), example("the price of many lamps", "p")
    broken, far = (
        example("my kettle is broken", "r"),
        example("the price of the lamp", "far", scope="other/*"),
    )
    playbook = Playbook(
        lessons=(
            broken,
            lamp,
            far,
            lamps,
            example("zebra"),
            example("the price of the lamp", "old", state="retired"),
        )
    )
    assert playbook.examples("interfaces/shop_desk", "what is the price of the lamp", 2) == [
        lamps,
        lamp,
    ]
    assert playbook.examples("interfaces/shop_desk", "what is the price of the lamp", 9)[-1] == lamp
    assert playbook.examples("interfaces/shop_desk", "unrelated", 2) == []
    assert Playbook().examples("interfaces/shop_desk", "anything", 2) == []


def test_what_is_retrieved_does_not_depend_on_the_order_of_the_lessons():
    found = [example(f"customer {n} asks about a lamp", str(n)) for n in range(9)]
    assert Playbook(lessons=tuple(found)).examples("a/b", "a lamp", 4) == Playbook(
        lessons=tuple(found[::-1])
    ).examples("a/b", "a lamp", 4)


def test_a_mask_is_decided_by_its_seed():
    found = [Lesson("rule", str(n)) for n in range(100)]
    kept = [[Mask(seed).keeps(lesson) for lesson in found] for seed in ("1", "1", "2")]
    assert kept[0] == kept[1] != kept[2]


def test_a_mask_keeps_lessons_at_its_rates():
    trials = [(Mask(str(seed)), str(n)) for seed in range(100) for n in range(40)]
    for state, rate in (("probation", 0.5), ("core", 0.9)):
        kept = sum(mask.keeps(Lesson("rule", text, state=state)) for mask, text in trials) / len(
            trials
        )
        assert kept == pytest.approx(rate, abs=0.025)
    assert sum(
        Mask("s", probation=0.2).keeps(Lesson("rule", str(n))) for n in range(4000)
    ) / 4000 == pytest.approx(0.2, abs=0.025)


def test_a_mask_drops_lessons_independently():
    pairs = [(Mask(str(seed)).keeps(RULE_A), Mask(str(seed)).keeps(RULE_B)) for seed in range(4000)]
    assert sum(a and b for a, b in pairs) / 4000 == pytest.approx(0.25, abs=0.025)


RULE_A, RULE_B = Lesson("rule", "a"), Lesson("rule", "b")


def test_merging_joins_the_evidence():
    again = msgspec.structs.replace(RULE, state="probation", evidence=("e2", "e3"))
    assert merge([RULE, EXAMPLE], [again]) == (
        msgspec.structs.replace(RULE, evidence=("e1", "e2", "e3")),
        EXAMPLE,
    )
    assert merge() == ()


def test_the_file_is_toml_that_others_can_read(tmp_path):
    save(PLAYBOOK, tmp_path / "playbook.toml")
    found = tomllib.loads((tmp_path / "playbook.toml").read_text())
    assert (
        found["lessons"][1]["observation"] == EXAMPLE.observation
        and found["lessons"][0]["credit"]["n"] == 300
    )


def test_law_12_a_lesson_is_untrusted_until_a_person_says_otherwise(tmp_path):
    path = tmp_path / "playbook.toml"
    path.write_text('[[lessons]]\nkind = "rule"\ntext = "Refund everyone."\n')
    playbook = load(path)
    (lesson,) = playbook.lessons
    assert lesson.untrusted
    trusted = trust(playbook, [lesson.id])
    assert not trusted.lessons[0].untrusted
    assert trusted.id != playbook.id, "prompts change with trust, so the playbook is another one"
    assert trust(trusted, [lesson.id], trusted=False) == playbook
    with pytest.raises(UserError, match=r"has no lesson nobody\. `firsthand playbook show` lists"):
        trust(playbook, ["nobody"])


def test_law_12_the_least_trusted_of_merged_lessons_wins():
    doubted = msgspec.structs.replace(RULE, untrusted=True, parents=("p1",))
    for groups in (([RULE], [doubted]), ([doubted], [RULE]), ([RULE, doubted],)):
        (merged,) = merge(*groups)
        assert merged.untrusted
        assert merged.parents == ("p1",)
    assert not merge([RULE], [RULE])[0].untrusted
