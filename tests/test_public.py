"""The public face: what `import firsthand` offers and costs, and who may step an environment."""

import ast
import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import firsthand as fh

SOURCE = Path(fh.__file__).parent
HEAVY = (
    "torch ray numpy aiohttp http.server playwright rich typer jinja2 xllamacpp sqlite3 "
    "multiprocessing asyncio"
).split()


def python(code: str) -> str:
    """Run a program in a fresh process, where no coverage is measured."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_importing_is_cheap():
    """Seconds in a fresh process, best of five, without the interpreter's own start."""
    code = (
        "import time; start = time.perf_counter(); import firsthand; print(time.perf_counter() "
        "- start)"
    )
    assert min(float(python(code)) for _ in range(5)) < 0.150


def test_importing_loads_nothing_heavy():
    assert (
        python(f"import sys, firsthand; print([name for name in {HEAVY} if name in sys.modules])")
        == "[]"
    )


def test_the_core_loads_nothing_heavy_even_when_it_is_used():
    heavy = [name for name in HEAVY if name not in ("asyncio", "multiprocessing", "sqlite3")]
    code = (
        "import sys, firsthand as fh;episode = fh.run(fh.play(fh.make('control/null'), "
        "fh.Agent(model=fh.model('scripted:expert')), fh.tasks('control/null', 1)[0]));"
        f"print(episode.reward, [name for name in {heavy} if name in sys.modules])"
    )
    assert python(code) == "1.0 []"


def test_the_core_installs_in_110_megabytes():
    """All that `pip install firsthand` brings, byte code included, in units of 2**20 bytes: 68 are
    numpy, and 9 are firsthand."""
    sizes: dict[str, int] = {}

    def add(name: str) -> None:
        if (name := canonicalize_name(name)) in sizes:
            return
        found = distribution(name)
        sizes[name] = sum(
            path.stat().st_size
            for file in found.files or ()
            if (path := Path(str(file.locate()))).is_file()
        )
        for requirement in map(Requirement, found.requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                add(requirement.name)

    add("firsthand")
    sizes["firsthand"] = sum(path.stat().st_size for path in SOURCE.rglob("*") if path.is_file())
    assert {"numpy", "aiohttp", "msgspec", "rich", "typer"} <= sizes.keys()
    assert not {"torch", "ray", "pydantic", "xllamacpp", "zstandard"} & sizes.keys()
    assert sum(sizes.values()) / 2**20 <= 110, dict(
        sorted(sizes.items(), key=lambda item: -item[1])[:6]
    )


def test_every_public_name_resolves_and_says_what_it_is():
    assert {
        "Agent",
        "Environment",
        "Episode",
        "Journal",
        "Playbook",
        "Score",
        "Task",
        "evaluate",
        "make",
        "play",
        "rollout",
        "tool",
    } <= set(fh.__all__)
    for name in fh.__all__:
        assert getattr(fh, name).__doc__, name
        assert name in dir(fh)


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="^module 'firsthand' has no attribute 'Environmnt'$"):
        _ = fh.Environmnt


def test_a_function_is_not_hidden_by_the_folder_of_its_name():
    code = (
        "import firsthand.rollout, firsthand.evaluate.statistics, firsthand as fh;from "
        "firsthand.evaluate.statistics import wilson;from firsthand.rollout import pool;"
        "print(callable(fh.rollout), callable(fh.evaluate), pool.rollout is fh.rollout, "
        "callable(wilson))"
    )
    assert python(code) == "True True True True"


def test_the_version_is_that_of_the_distribution():
    assert distribution("firsthand").version == fh.__version__
    assert (SOURCE / "py.typed").exists()


def calls_of(method: str) -> set[str]:
    """The files, worlds excepted, that call a method of this name with arguments, or hand it on to
    be called.
    """
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        place = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                called = [node.func, *node.args]
                if any(isinstance(part, ast.Attribute) and part.attr == method for part in called):
                    found.add(place)
    return {place for place in found if not place.startswith("worlds/")}


def test_law_1_there_is_one_way_to_play():
    """Only `play` begins an episode and acts in a world. The auditor looks at instances, and acts
    after done, where nothing counts any more.
    """

    def players(method: str) -> set[str]:
        auditor = ("audit/", "check.py")
        return {place for place in calls_of(method) if not place.startswith(auditor)}

    assert players("reset") == {"rollout/play.py"}
    assert {
        place for place in players("act") if "environment.act" in (SOURCE / place).read_text()
    } == {"rollout/play.py"}


@pytest.mark.parametrize(
    "clocklike",
    [
        "random.random(",
        "random.choice(",
        "random.shuffle(",
        "random.seed(",
        "time.time(",
        "datetime.now(",
        "uuid4(",
    ],
)
def test_law_6_no_world_draws_from_anything_but_its_task(clocklike):
    assert [
        path.name for path in (SOURCE / "worlds").rglob("*.py") if clocklike in path.read_text()
    ] == []
