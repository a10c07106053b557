"""The corpus is what its index says: each broken target can be cheated, no sound one pays wrong
play."""

import importlib
from collections import Counter

import pytest

pytest.register_assert_rewrite("audit.corpus.wrong_play")

from audit.corpus.index import HERE, SETS, TARGETS  # noqa: E402
from audit.corpus.playing import follow, load  # noqa: E402
from audit.corpus.wrong_play.registry import CASES  # noqa: E402

PROOFS = {name: importlib.import_module(f"audit.corpus.proofs.{name}").PROOFS for name in SETS}
for _name in SETS:
    importlib.import_module(f"audit.corpus.wrong_play.{_name}")

COUNTS = {  # broken, sound
    "text": (25, 13),
    "code": (13, 5),
    "episodic": (21, 10),
    "aside": (24, 12),
    "aside_text": (18, 12),
    "aside_worlds": (20, 12),
    "unseen": (18, 10),
    "fresh_text": (12, 6),
    "fresh_2": (36, 35),
    "fresh_3": (22, 22),
}
MOVES_COST = {"two_jugs"}
DRAWS_AGAIN = {"raffle_drum"}
"""Each reset draws by chance, so that the oracle's plan holds only for the episode it was made
in."""
pytestmark = pytest.mark.usefixtures("untraced")
BROKEN = [pytest.param(t, id=name) for name, t in TARGETS.items() if t.broken]
EVERY = [pytest.param(t, id=name) for name, t in TARGETS.items()]


def test_the_index_names_every_file_and_each_lies_where_its_kind_says():
    files = {path for kind in ("text", "programs", "episodes") for path in HERE.glob(f"{kind}/*/*")}
    files = {path for path in files if path.suffix == ".py"}
    assert files == {target.path for target in TARGETS.values()}
    for name, target in TARGETS.items():
        status = "broken" if target.broken else "sound"
        assert target.path == HERE / target.kind / status / f"{name}.py"
        is_world = "\nclass Env" in target.path.read_text(encoding="utf-8")
        assert is_world is (target.kind == "episodes"), name


def test_every_set_has_the_targets_that_it_came_with():
    found = Counter((target.set, target.broken) for target in TARGETS.values())
    assert {name: (found[name, True], found[name, False]) for name in SETS} == COUNTS


def test_every_broken_target_has_a_flaw_of_the_catalogue_and_a_proof():
    for name, target in TARGETS.items():
        assert bool(target.ids and target.what) is target.broken, name
        assert set(target.ids) <= set(range(1, 61)), name
    for set_, proofs in PROOFS.items():
        broken = {t.name for t in TARGETS.values() if t.set == set_ and t.broken}
        assert set(proofs) == broken, set_


@pytest.mark.parametrize("target", BROKEN)
def test_the_proof_pays(target):
    assert PROOFS[target.set][target.name](load(target.path)) is True


@pytest.mark.parametrize("target", EVERY)
def test_the_oracle_earns_in_full(target):
    module = load(target.path)
    if target.kind != "episodes":
        tasks = module.TASKS[:: 4 if target.kind == "programs" else 1]
        assert len(module.TASKS) >= 6
        for task in tasks:
            paid = module.reward(task["prompt"], module.oracle(task), task["answer"])
            assert paid == pytest.approx(1.0)
        return
    for seed in range(10):
        env = module.Env()
        env.reset(seed)
        plan = module.oracle(env, seed)
        assert len(plan) <= env.max_steps
        if target.name not in DRAWS_AGAIN:
            env.reset(seed)
        full = 1.01 - 0.01 * len(plan) if target.name in MOVES_COST else 1.0
        assert follow(env, plan) == pytest.approx(full), seed


@pytest.mark.parametrize(
    ("check", "path"),
    [
        pytest.param(check, path, id=f"{set_}-{check.__name__}-{path.stem if path else 'once'}")
        for set_, check, path in CASES
    ],
)
def test_wrong_play(check, path):
    check(path) if path else check()
