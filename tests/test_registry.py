"""Registry: names to environments, of this process and of installed packages."""

import sys

import pytest
from parcels import Parcels

import firsthand as fh
from firsthand import registry
from firsthand.errors import InvalidTask, UnknownName, UserError
from firsthand.registry import check_version, lookup

MODULE = '''
from parcels import Parcels

class Islands(Parcels):
    """Send parcels to islands."""
    name = "post/islands"

class Mislabelled(Parcels):
    """Say another name than the package."""
    name = "post/other"
'''
ENTRY_POINTS = """
[firsthand.environments]
post/islands = post_worlds:Islands
post/lost = post_worlds:Gone
post/broken = post_worlds_missing:Broken
post/label = post_worlds:Mislabelled
"""


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(registry, "_registered", {})
    registry._declared.cache_clear()
    yield
    registry._declared.cache_clear()


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A distribution with environments, as pip would leave it."""
    return install(tmp_path, monkeypatch, "post_worlds", ENTRY_POINTS)


def install(folder, monkeypatch, name, entry_points):
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(entry_points)
    (folder / "post_worlds.py").write_text(MODULE)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "post_worlds", raising=False)
    return folder


def test_an_installed_package_adds_environments(installed):
    assert "post/islands" in fh.environments() and "data/ledger" in fh.environments()
    world = fh.make("post/islands")
    assert type(world).__name__ == "Islands" and isinstance(world, Parcels)
    (task,) = fh.tasks("post/islands", 1)
    episode = fh.run(fh.play(world, fh.Agent(model=fh.model("scripted:expert")), task))
    assert episode.success


def test_nothing_is_imported_before_it_is_made(installed):
    fh.environments()
    assert "post_worlds" not in sys.modules


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (
            "post/lost",
            (
                "declared as post_worlds:Gone but cannot be imported: module 'post_worlds' has "
                "no attribute 'Gone'"
            ),
        ),
        (
            "post/broken",
            (
                "declared as post_worlds_missing:Broken but cannot be imported: No module "
                "named 'post_worlds_missing'"
            ),
        ),
        ("post/label", "declared as post_worlds:Mislabelled but is named 'post/other' there"),
    ],
)
def test_a_broken_declaration_says_what_is_wrong(installed, name, problem):
    with pytest.raises(UserError) as caught:
        fh.make(name)
    assert str(caught.value).startswith(f"The environment {name!r} is {problem}")


def test_a_name_that_two_packages_declare_is_refused(installed, tmp_path_factory, monkeypatch):
    install(
        tmp_path_factory.mktemp("second"),
        monkeypatch,
        "rival",
        "[firsthand.environments]\npost/islands = rival:Islands\n",
    )
    registry._declared.cache_clear()
    with pytest.raises(
        UserError,
        match=r"^The name 'post/islands' is declared by two packages, "
        r"as post_worlds:Islands and as rival:Islands: uninstall one\.$",
    ):
        fh.make("post/islands")
    assert "post/islands" in fh.environments()


def test_a_class_can_be_registered_or_named_by_its_place():
    with pytest.raises(UnknownName, match="No environment is named 'test/parcels'"):
        lookup("test/parcels")
    assert fh.register(Parcels) is Parcels is fh.register(Parcels)
    assert lookup("test/parcels") is Parcels and "test/parcels" in fh.environments()
    assert lookup("parcels:Parcels") is Parcels
    with pytest.raises(
        UserError, match="'parcels:Nothing' is declared as parcels:Nothing but cannot be imported"
    ):
        lookup("parcels:Nothing")


def test_a_taken_name_is_refused():
    fh.register(Parcels)
    with pytest.raises(
        UserError, match=r"^The name 'test/parcels' is taken by parcels\.Parcels\.$"
    ):
        fh.register(type("Rival", (Parcels,), {}))


def test_an_unknown_environment_suggests_the_nearest():
    count = len(fh.environments())
    with pytest.raises(UnknownName) as caught:
        fh.make("data/leger")
    assert str(caught.value) == (
        "No environment is named 'data/leger'. Did you mean 'data/ledger'? `firsthand "
        f"envs` lists all {count}."
    )


def test_tasks_have_consecutive_seeds():
    fh.register(Parcels)
    assert fh.tasks("test/parcels", 2, split="gate", level=3, world=7, start=5) == [
        fh.Task("test/parcels", 5, 7, 3, "gate"),
        fh.Task("test/parcels", 6, 7, 3, "gate"),
    ]
    assert fh.tasks("test/parcels", 0) == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"level": 6}, "test/parcels has levels 1 to 5, got 6."),
        ({"n": -1}, "n, start and world count from 0, got n=-1, start=0, world=0."),
        ({"world": -1}, "n, start and world count from 0, got n=1, start=0, world=-1."),
        ({"split": "test"}, "No split is named 'test': expected one of train, gate, eval."),
    ],
)
def test_tasks_that_cannot_be_are_refused(options, problem):
    fh.register(Parcels)
    with pytest.raises(InvalidTask) as caught:
        fh.tasks("test/parcels", **{"n": 1, **options})
    assert str(caught.value) == problem


def test_a_task_of_another_version_is_refused():
    fh.register(Parcels)
    check_version(fh.Task("test/parcels", 0))
    with pytest.raises(
        InvalidTask,
        match=r"^test/parcels@9/w0/l1/train/0 was made for version 9 of test/parcels; "
        r"installed is version 1\.$",
    ):
        check_version(fh.Task("test/parcels", 0, version="9"))
