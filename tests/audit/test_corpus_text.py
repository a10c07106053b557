"""The text graders of the corpus are what they claim: each broken one pays its exploit, and all pay their oracles."""

import importlib.util
import sys
from pathlib import Path

import pytest

TEXT = Path(__file__).parent / "corpus" / "text"


def _exploits():
    spec = importlib.util.spec_from_file_location("corpus_text_exploits", TEXT / "exploits.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


text = _exploits()
BROKEN = [pytest.param(path, id=path.stem) for path in sorted((TEXT / "broken").glob("*.py"))]


def test_every_broken_grader_has_an_exploit_of_the_catalogue():
    assert {path.stem for path in (TEXT / "broken").glob("*.py")} == set(text.EXPLOITS)
    assert all(exploit.ids and set(exploit.ids) <= set(range(1, 61)) and exploit.what for exploit in text.EXPLOITS.values())


@pytest.mark.parametrize("path", BROKEN)
def test_the_exploit_pays(path):
    assert text.EXPLOITS[path.stem].proves(text.load(path)) is True


@pytest.mark.parametrize("path", BROKEN)
def test_the_oracle_earns_full_reward_and_nothing_earns_no_more_than_it_should(path):
    module = text.load(path)
    assert len({task["prompt"] for task in module.TASKS}) == len(module.TASKS)
    assert text.pays(module, module.oracle) == pytest.approx(1.0)
