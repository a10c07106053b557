"""Real git in the jail, and repositories that are built and judged without it."""

import os
import zlib

import pytest

from firsthand.sandbox import git_objects, needs
from firsthand.sandbox.git import execute, without_times
from firsthand.sandbox.git_objects import Builder, Repository, Unreadable, reflog
from firsthand.sandbox.protocol import File

WHO = "Ada <ada@example.com>"
FILES = {"a.txt": b"a\n", "lib/run.sh": b"#!/bin/bash\necho 1\n"}
real = pytest.mark.skipif(bool(needs.missing("git")), reason="needs git in a jail")


def built():
    builder = Builder(author=WHO, start=1_900_000_000)
    first = builder.commit({}, "Begin")
    second = builder.commit(FILES, "Go on", [first], author="Ben <ben@example.com>")
    log = reflog([("", first, "commit"), (first, second, "commit")], who=WHO, start=1)
    refs = {"refs/heads/main": second, "refs/tags/v1": first}
    return builder.repository(refs, files=FILES, logs={"HEAD": log}), first, second


def test_what_is_built_is_read():
    tree, first, second = built()
    repository = Repository(tree)
    commit = repository.commit(second)
    assert (commit.parents, commit.author, commit.message) == (
        (first,), "Ben <ben@example.com>", "Go on",
    )  # fmt: skip
    assert repository.files(second) == FILES and repository.head == "main"
    assert repository.branch("main") == second and repository.refs["refs/tags/v1"] == first
    assert repository.first_parents(second, first) == [second]
    assert repository.first_parents(first, second) == []
    assert tree[".git/index"].content == without_times(tree[".git/index"].content)


def test_what_cannot_be_read_is_said(monkeypatch):
    tree, _, second = built()
    (pack,) = [path for path in tree if path.endswith(".pack")]
    with pytest.raises(Unreadable):
        Repository({**tree, pack: File(tree[pack].content[:-60])})
    with pytest.raises(Unreadable, match="no commit"):
        Repository({}).commit(second)
    bomb = File(zlib.compress(b"blob 9000\0" + bytes(9000)))
    monkeypatch.setattr(git_objects, "MOST", 2000)
    with pytest.raises(Unreadable, match="too large"):
        Repository({".git/objects/00/" + "0" * 38: bomb})


def test_what_an_agent_hands_in_is_bounded():
    entry = b"40000 a%d\0"
    builder = Builder(author=WHO, start=1)
    below = builder.tree({})
    for _ in range(8):
        inner = bytes.fromhex(below)
        below = builder.add("tree", b"".join(entry % i + inner for i in range(10)))
    bomb = builder.add("commit", f"tree {below}\n\nBomb\n".encode())
    damaged = builder.add("tree", b"100644")
    broken = builder.add("commit", f"tree {damaged}\n\nBroken\n".encode())
    repository = Repository(builder.repository({}, files={}))
    for name, why in ((bomb, "too many files"), (broken, "is damaged")):
        with pytest.raises(Unreadable, match=why):
            repository.files(name)


def test_an_object_counts_only_under_the_hash_of_its_content():
    tree, _, second = built()
    fake = File(zlib.compress(b"commit 3\0abc"))
    repository = Repository({**tree, f".git/objects/{second[:2]}/{second[2:]}": fake})
    assert repository.commit(second).message == "Go on"


@real
async def test_git_takes_what_was_built_and_equal_commands_make_equal_states():
    tree, _, second = built()
    result, same = await execute(tree, "git status --short; git fsck --full; git log --format=%H")
    assert same is tree and result.output.split()[0] == second and result.code == 0
    command = "echo b >> a.txt; git commit -qam more; git tag x; git gc -q; git rev-parse HEAD"
    (one, after), (two, again) = [await execute(tree, command) for _ in range(2)]
    assert one == two and after == again
    repository = Repository(after)
    assert repository.branch("main") == one.output.strip()
    assert repository.files(repository.branch("main")) == {**FILES, "a.txt": b"a\nb\n"}


@real
async def test_what_an_agent_plants_runs_in_the_jail_alone(tmp_path):
    mark = tmp_path / "mark"
    tree, _, second = built()
    script = f"#!/bin/sh\necho ran >> ran.txt; touch {mark}; cat\n"
    planted = {
        ".git/hooks/post-checkout": File(script.encode(), executable=True),
        ".git/x": File(script.encode(), executable=True),
        ".gitattributes": File(b"* filter=x diff=x\n"),
        ".git/config": File(
            tree[".git/config"].content
            + b'\tfsmonitor = ./.git/x\n[filter "x"]\n\tclean = ./.git/x\n\tsmudge = ./.git/x\n'
            b'[diff "x"]\n\ttextconv = ./.git/x\n'
        ),
    }
    _, after = await execute({**tree, **planted}, "git checkout -q -b new; git status; git diff")
    assert after["ran.txt"].content.startswith(b"ran") and not mark.exists()
    before = os.times()
    repository = Repository({**after, "ran.txt": File()})
    assert repository.branch("new") == second and repository.files(second) == FILES
    assert not mark.exists() and os.times().children_user == before.children_user
