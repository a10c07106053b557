"""Task: identity, random streams and splits."""

import os
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InvalidTask
from firsthand.task import SPLITS, Task, check_split, digest, fingerprint

TASK = Task("office/ledger", 17, world=3, level=2, split="eval", version="4")
GOLDEN = """
from firsthand.task import Task
task = Task("office/ledger", 17, world=3, level=2, split="eval")
draw = lambda stream: [rng.randrange(1000) for rng in [task.rng(stream)] for _ in range(5)]
print(draw("instance"), draw("world"), task.owns("a"), task.owns("b"))
"""


def test_the_id_names_everything_that_rebuilds_the_instance():
    assert TASK.id == "office/ledger@4/w3/l2/eval/17"


def test_a_task_is_a_frozen_value():
    with pytest.raises(AttributeError, match="immutable type: 'Task'"):
        TASK.seed = 3
    assert Task("a/b", 1) == Task("a/b", 1) and len({Task("a/b", 1), Task("a/b", 1)}) == 1
    assert msgspec.json.decode(msgspec.json.encode(TASK), type=Task) == TASK
    with pytest.raises(msgspec.ValidationError, match="Object contains unknown field `sead`"):
        msgspec.json.decode(b'{"environment": "a/b", "seed": 1, "sead": 2}', type=Task)
    with pytest.raises(msgspec.ValidationError, match=r"Invalid enum value 'test' - at `\$.split`"):
        msgspec.json.decode(b'{"environment": "a/b", "seed": 1, "split": "test"}', type=Task)


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_law_6_streams_are_the_same_in_every_process(hash_seed):
    """The numbers were written down once: whoever changes them changes every task there is."""
    run = subprocess.run(
        [sys.executable, "-c", GOLDEN],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[411, 158, 343, 521, 602] [704, 521, 934, 589, 251] False False\n"


def test_law_6_a_stream_depends_on_no_other():
    alone = [TASK.rng("noise").random() for _ in range(3)]
    TASK.rng("instance").random()
    assert [TASK.rng("noise").random() for _ in range(3)] == alone
    assert TASK.rng("noise").random() != TASK.rng("instance").random()


def test_law_6_the_world_stream_is_shared_by_the_whole_world():
    drawn = TASK.rng("world").random()
    for change in ({"seed": 18}, {"level": 5}, {"split": "train"}):
        assert msgspec.structs.replace(TASK, **change).rng("world").random() == drawn, change
    for change in ({"world": 4}, {"environment": "office/letters"}, {"version": "5"}):
        assert msgspec.structs.replace(TASK, **change).rng("world").random() != drawn, change


def test_law_6_every_part_of_a_task_changes_its_instance():
    changes = (
        {"seed": 18},
        {"level": 5},
        {"split": "train"},
        {"world": 4},
        {"environment": "office/letters"},
        {"version": "5"},
    )
    draws = {msgspec.structs.replace(TASK, **change).rng("instance").random() for change in changes}
    assert len(draws | {TASK.rng("instance").random()}) == len(changes) + 1


@given(st.text())
def test_splits_are_disjoint_by_content(content):
    owners = [split for split in SPLITS if msgspec.structs.replace(TASK, split=split).owns(content)]
    assert len(owners) == 1


def test_train_gets_half_of_all_contents_gate_and_eval_a_quarter_each():
    contents = [str(n) for n in range(4000)]
    shares = {
        split: sum(msgspec.structs.replace(TASK, split=split).owns(content) for content in contents)
        / 4000
        for split in SPLITS
    }
    assert shares == pytest.approx({"train": 0.5, "gate": 0.25, "eval": 0.25}, abs=0.03)


def test_who_owns_a_content_does_not_depend_on_seed_or_level():
    others = [
        msgspec.structs.replace(TASK, seed=seed, level=level)
        for seed in range(5)
        for level in (1, 5)
    ]
    for content in map(str, range(50)):
        assert len({task.owns(content) for task in others}) == 1


def test_hashes_are_fixed():
    assert digest("firsthand") == 340092851575225962408744100938453592703
    assert fingerprint("firsthand") == "ffdb802c0b95"
    assert fingerprint("firsthand", length=4) == "ffdb"


def test_an_unknown_split_is_refused():
    assert [check_split(split) for split in SPLITS] == list(SPLITS)
    with pytest.raises(
        InvalidTask, match=r"No split is named 'test': expected one of train, gate, eval\."
    ):
        check_split("test")
