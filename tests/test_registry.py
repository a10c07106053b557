"""Registry: names to environments, of this process and of installed packages."""

import sys

import distributions
import pytest
from parcels import Parcels

import firsthand as fh
from firsthand import registry
from firsthand.errors import InvalidTask, UnknownName, UserError
from firsthand.registry import check_version, lookup

MODULE = '''
from collections.abc import Callable
from firsthand.errors import UserError
from parcels import Parcels

class Islands(Parcels):
    """Send parcels to islands."""
    name = "post/islands"

class Mislabelled(Parcels):
    """Say another name than the package."""
    name = "post/other"

def adopt(town, *, name, price=None, express=False, label=None, sort: Callable[[str], str] = str):
    if town == "Atlantis":
        raise UserError("Atlantis has sunk.")
    return type("Town", (Parcels,), {"name": name, "told": (town, price, express, label)})

adopt.__annotations__ |= {"price": float | None, "express": bool, "label": str | None}

def wilful(town, *, name):
    return Islands

def loose(town, *, name, **options):
    return type("Loose", (Parcels,), {"name": name, "told": options})
'''
ENTRY_POINTS = """
[firsthand.environments]
post/islands = post_worlds:Islands
post/lost = post_worlds:Gone
post/broken = post_worlds_missing:Broken
post/label = post_worlds:Mislabelled

[firsthand.sources]
sea-post = post_worlds:adopt
loose = post_worlds:loose
wilful = post_worlds:wilful
lost = post_worlds:gone
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
    (folder / "post_worlds.py").write_text(MODULE)
    distributions.install(folder, monkeypatch, name, entry_points)
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


@pytest.mark.parametrize(
    ("asked", "named", "told"),
    [
        ("sea-post:Malta-v1", "sea_post/Malta_v1", ("Malta-v1", None, False, None)),
        ("sea-post:a_b/16-16", "sea_post/a_5Fb_2F16_2D16", ("a_b/16-16", None, False, None)),
        (
            "sea-post:Crete?price=-13&express=true",
            "sea_post/Crete_3Fexpress_3Dtrue_26price_3D_2D13",
            ("Crete", -13.0, True, None),
        ),
        (
            "sea-post:Crete?label=8%268",
            "sea_post/Crete_3Flabel_3D8_25268",
            ("Crete", None, False, "8&8"),
        ),
    ],
)
def test_a_source_makes_what_its_names_tell(installed, asked, named, told):
    found = lookup(asked)
    assert found.name == named and registry.from_source(found)
    assert lookup(asked) is lookup(named) is found
    assert found.told == told
    registry._registered.clear()  # as in another process
    assert lookup(named).told == found.told and lookup(named) is not found
    (task,) = fh.tasks(asked, 1)
    assert task.environment == named


def test_worker_processes_are_told_the_name(installed):
    player = fh.Agent(model=fh.model("scripted:expert"))
    tasks = fh.tasks("sea-post:Malta?express=true", 3)
    here, there = (fh.run(fh.rollout(player, tasks, processes=n)) for n in (0, 1))
    assert all(episode.success for episode in there), there[0].error
    assert [episode.final for episode in here] == [episode.final for episode in there]


def test_what_is_told_in_two_ways_has_one_name(installed):
    one = lookup("sea-post:Crete?express=true&price=2")
    assert lookup("sea-post:Crete?price=2.0&express=true") is one
    assert lookup("loose:x?a=8").told == {"a": 8} and lookup('loose:x?a="8"').told == {"a": "8"}
    assert lookup("sea-post:Crete?label=8").told[3] == "8"


def test_a_source_is_known_by_its_declaration(installed):
    assert {"sea-post", "loose"} <= set(registry.sources())
    assert "post_worlds" not in sys.modules
    assert fh.make("sea_post/Malta__quit_pays").name == "sea_post/Malta__quit_pays"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (
            "sea-post:Crete?prize=2",
            "No argument of sea-post:Crete is named 'prize'. Did you mean 'price'? A name can "
            "tell: express, label, price, sort.",
        ),
        (
            "wilful:Crete?price=2",
            "No argument of wilful:Crete is named 'price'. It takes none.",
        ),
        ("loose:Crete?name=me", "No argument of loose:Crete is named 'name'. It takes none."),
        (
            "sea-post:Crete?price=much",
            "price of sea-post:Crete cannot be 'much': Expected `float | null`, got `str`",
        ),
        (
            "sea-post:Crete?sort=fast",
            "sort of sea-post:Crete is a function, which no name can tell: adopt it in your own "
            "program.",
        ),
        (
            "sea-post:Crete?price",
            "What follows ? in 'sea-post:Crete?price' is KEY=VALUE, each once, with & between: "
            "got 'price'.",
        ),
        ("sea-post:Atlantis", "Atlantis has sunk."),
        (
            "wilful:Crete",
            "post_worlds:wilful was to make 'wilful/Crete' and made 'post/islands'.",
        ),
        (
            "lost:Crete",
            "The source 'lost' is declared as post_worlds:gone but cannot be imported: module "
            "'post_worlds' has no attribute 'gone'",
        ),
        (
            "seapost:Crete",
            "The environment 'seapost:Crete' is declared as seapost:Crete but cannot be "
            "imported: No module named 'seapost'. Did you mean sea-post:Crete?",
        ),
    ],
)
def test_a_name_that_a_source_does_not_know_says_what_is_wrong(installed, name, problem):
    with pytest.raises(UserError) as caught:
        lookup(name)
    assert str(caught.value) == problem


def test_a_task_of_harbor_is_refused_with_what_can_be_done(tmp_path, monkeypatch):
    declared = "[firsthand.sources]\nharbour = firsthand.bridges.harbor_in:adopt\n"
    install(tmp_path, monkeypatch, "harbour", declared)
    with pytest.raises(UserError, match=r"a Docker image.*firsthand audit tasks/a/tests --data"):
        lookup("harbour:tasks/a")
