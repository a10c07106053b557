"""Prose lessons over HTTP, from the command line: proposed, measured, gated, shown, deployed."""

import importlib
import sys
from pathlib import Path

import pytest

from firsthand.playbook import load

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SMALL = ("--rounds", 3, "--tasks", 60, "--eval-tasks", 30)


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("prose_api")
    sys.modules.pop("prose_api", None)


def test_the_whole_path_works_on_prose_and_a_resumed_run_pays_nothing_twice(bench, tmp_path):
    with bench.serving() as server:
        asking = ("--reviewer", f"openai:reviewer@{server.url}")
        words = ("--model", f"openai:reader@{server.url}", *asking, *SMALL)
        whole = bench.learn(server, *words, "--out", tmp_path / "a")
        assert whole.code == 0, whole.error
        bound = ("--budget-tokens", 150_000, "--concurrency", 1)
        stopped = bench.learn(server, *words, *bound, "--out", tmp_path / "b")
        assert stopped.code == 1
        assert "150," in stopped.found["stopped"]
        resumed = bench.learn(server, *words, "--out", tmp_path / "b", "--resume")
        deaf = ("--model", f"openai:deaf@{server.url}", *asking, *SMALL, "--force")
        null = bench.learn(server, *deaf, "--out", tmp_path / "c")
    assert whole.found["gain"] > 0.3
    lessons = load(tmp_path / "a" / "playbook.toml").active
    assert lessons
    assert all(bench.RULE.search(lesson.text) and lesson.untrusted for lesson in lessons)
    assert server.structured > 0
    assert resumed.found["gain"] == whole.found["gain"]
    assert stopped.asked + resumed.asked == whole.asked
    assert null.found["gain"] == 0.0
    assert null.found["facts"]["deployed"] == "nothing"
