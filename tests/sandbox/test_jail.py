"""The jail: real programs on files that are a value, and each run on nothing but its own."""

import asyncio

import pytest

from firsthand.sandbox import jail
from firsthand.sandbox.files import Files
from firsthand.sandbox.jail import execute
from firsthand.sandbox.protocol import File, Folder, Limits, Link

pytestmark = pytest.mark.skipif(bool(jail.failure()), reason=jail.failure() or "works")

TREE = {"a/b.txt": File(b"one\n"), "link": Link("a/b.txt"), "empty": Folder()}


async def test_a_command_gets_the_tree_and_gives_back_the_next():
    change = "cat link; echo two >> a/b.txt; rmdir empty; mkdir -p x/y; touch run; chmod +x run"
    result, after = await execute(TREE, ["bash", "-c", change])
    assert (result.code, result.output, result.errors) == (0, "one\n", "")
    assert after == {
        "a/b.txt": File(b"one\ntwo\n"), "link": Link("a/b.txt"), "run": File(b"", True),
        "x/y": Folder(),
    }  # fmt: skip
    assert TREE["a/b.txt"] == File(b"one\n")


async def test_a_command_that_changes_nothing_gives_back_the_same_object():
    _, after = await execute(TREE, ["bash", "-c", "cat a/b.txt; touch a/b.txt; chmod 600 a/b.txt"])
    assert after is TREE


async def test_every_jail_shows_the_same():
    async def listed(tree):
        return (await execute(tree, ["bash", "-c", "find . -printf '%p %m %s %T@\\n'"]))[0]

    _, after = await execute(TREE, ["bash", "-c", "mv a b; echo 1 > c; echo 2 > a"])
    said = await asyncio.gather(*(listed(tree) for tree in [after, dict(after)] * 4))
    assert len(set(said)) == 1 and len(said[0].output.splitlines()) == 7


async def test_python_runs_as_the_interpreter_would():
    tree = {"m.py": File(b"def f():\n    return 1 / 0\n"), "run.py": File(b"import m\nm.f()\n")}
    result, _ = await execute(tree, ["python", "run.py"])
    assert (
        result.code == 1 and result.errors.splitlines()[0] == "Traceback (most recent call last):"
    )
    assert "line 2, in f" in result.errors and "jailed" not in result.errors
    result, _ = await execute(
        tree, ["python", "-c", "import sys; print(sys.argv); sys.exit(7)", "x"]
    )
    assert (result.code, result.output) == (7, "['-c', 'x']\n")
    result, _ = await execute({}, ["python", "-c", "print(input())"], stdin=b"told")
    assert result.output == "told\n"


async def test_what_cannot_be_started_is_said():
    result, _ = await execute({}, ["no-such-program"])
    assert (result.code, result.errors) == (127, "no-such-program: command not found\n")
    assert (await execute({}, ["bash", "-c", "\0"]))[0].code == 2


async def test_a_command_over_its_time_changes_nothing():
    result, after = await execute(
        TREE, ["bash", "-c", "rm -r a; sleep 9"], limits=Limits(seconds=0.2)
    )
    assert result.limit == "seconds" and after is TREE
    assert (await execute(TREE, ["cat", "link"]))[0].output == "one\n"


def test_files_are_written_inside_only():
    files = Files({"a": File(b"1", True)})
    files.write("a", b"2")
    assert files.tree["a"] == File(b"2", True)
    for path in ("../x", "/x", "", "a/b", "x\0"):
        with pytest.raises(Exception, match="inside|not a folder"):
            files.write(path, b"")
