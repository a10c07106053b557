"""The shell in memory: its state is a value, its results can be repeated, and nothing gets out."""

import pytest

import firsthand as fh
from firsthand.errors import ToolError
from firsthand.sandbox import needs
from firsthand.sandbox.protocol import File, Folder, Limits, Link
from firsthand.sandbox.shell import Shell, execute, texts

pytestmark = pytest.mark.skipif(bool(needs.missing("shell")), reason="needs the shell")
TREE = texts({"a.txt": "b\na\n", "d/c.txt": "c\n"})


async def test_a_command_changes_the_tree_and_leaves_the_old_one_alone():
    result, tree = await execute(
        TREE, "sort a.txt > s; rm d/c.txt; mkdir -p e/f; ln -s a.txt l; chmod +x a.txt"
    )
    assert result.code == 0 and texts({"a.txt": "b\na\n", "d/c.txt": "c\n"}) == TREE
    assert tree == {
        "a.txt": File(b"b\na\n", executable=True), "d": Folder(), "e/f": Folder(),
        "l": Link("a.txt"), "s": File(b"a\nb\n"),
    }  # fmt: skip
    assert (await execute(tree, "cat l; cat e; exit 3"))[0].code == 3


async def test_what_only_looks_returns_the_same_tree_and_reads_its_input():
    result, tree = await execute(TREE, "cat; ls", stdin=b"in\n")
    assert tree is TREE and result.output == "in\na.txt\nd\n"
    assert (await execute(TREE, ["printf", "%s", "two words; ls"]))[0].output == "two words; ls"


async def test_time_and_chance_repeat_whatever_ran_before():
    command = (
        "date; echo $RANDOM $SRANDOM; mktemp; touch q r s t; du -a; ls -l; "
        "declare -A m=([x]=1 [y]=2 [z]=3); echo ${!m[@]}; head -c 8 /dev/urandom | od; uptime"
    )
    first, _ = await execute(TREE, command)
    await execute({}, "echo $RANDOM; awk 'BEGIN{srand(); print rand()}'; time sleep 3")
    second, _ = await execute(TREE, command)
    assert first == second and "2031" in first.output


async def test_what_runs_away_is_ended_and_the_tree_kept():
    result, tree = await execute(TREE, "rm a.txt; while :; do :; done")
    assert "maximum command count" in result.text and "a.txt" not in tree
    bomb = "rm a.txt; f() { f | f & }; f"
    stopped, kept = await execute(TREE, bomb, limits=Limits(seconds=0.2))
    assert kept is TREE and stopped.limit == "seconds" and "over the limit" in stopped.text
    cut, _ = await execute({}, "seq 20000", limits=Limits(output=100))
    assert len(cut.output) == 100 and cut.limit == "output"


async def test_nothing_of_this_machine_is_seen():
    result, _ = await execute({}, "cat /etc/hostname /proc/self/environ; ls /home; curl localhost")
    assert "firsthand" not in result.text and "network access not configured" in result.text


async def test_the_shell_as_a_sandbox():
    shell = Shell(TREE)
    kept = shell.snapshot()
    shell.write("d/new/x", b"1")
    assert (await shell.exec("cat d/new/x")).output == "1"
    assert shell.list("d") == ["d/c.txt", "d/new/x"]
    with pytest.raises(fh.ToolError, match="Did you mean 'a.txt'"):
        shell.read("a.tx")
    for outside in ("/etc/x", "../x", "a.txt/x", ""):
        with pytest.raises(fh.ToolError):
            shell.write(outside, b"")
    shell.restore(kept)
    assert shell.tree == TREE
    await shell.close()


def test_a_folder_with_files_is_not_overwritten_by_a_file():
    shell = Shell({"a/b": File(b"kept")})
    with pytest.raises(ToolError, match="'a' is a folder"):
        shell.write("a", b"")
    assert shell.read("a/b") == b"kept"


async def test_files_that_cannot_be_laid_out_are_said_however_often():
    odd = {f"{'x' * 5000}/\n{i}": File(b"") for i in range(20)}
    for _ in range(200):
        result, tree = await execute(odd, "ls")
        assert tree is odd and result.code == 1 and result.errors.startswith("bash: ")
