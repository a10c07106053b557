"""Prose that matters: the path from episodes to deployed rules, and the reader of the benchmark."""

import asyncio
import importlib
import random
import re
import sys
from pathlib import Path

import msgspec
import pytest

from firsthand.learn.lessons.conjunctions import Conjunctions
from firsthand.prompt import Completion, Message, Prompt

pytest.importorskip("torch")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def prose(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("prose")
    for name in ("prose", "follower"):
        sys.modules.pop(name, None)


@pytest.fixture
def follower(prose):
    return sys.modules["follower"]


def perfect(follower):
    """A player that obeys its rules without exception, and guesses where none tells."""

    class Perfect(follower.Follower):
        name = "perfect"

        async def sample(self, prompt, sampling):
            rules, words = [], set[str]()
            for message in prompt.messages[:-1]:
                for word in re.findall("[a-z]+", message.content.lower()):
                    if word == "when":
                        words = set()
                    elif word in follower.NOUNS:
                        words.add(word)
                    elif word in follower.ANSWERS:
                        rules.append((frozenset(words), word))
            said = re.findall("[a-z]+", prompt.messages[-1].content)
            told = follower.obeyed(rules, said)
            rng = random.Random(f"{sampling.seed}{said}")
            return Completion(told or rng.choice(follower.options(prompt)))

    return Perfect(None)


def test_rules_are_proposed_measured_edited_gated_and_matter(prose, follower):
    config = msgspec.structs.replace(prose.settings(0, 100), rounds=3, gate_every=3, tasks=300)
    learned, found = asyncio.run(prose.run(perfect(follower), config))
    scores = {how: played.score.mean for how, played in found.items()}
    assert scores["learner"] > 0.6
    assert max(scores["vote"], scores["no rules"], scores["scrambled"]) < 0.5
    reader, lessons = Conjunctions(), learned.agent.playbook.active
    law = prose.law(prose.fh.tasks(prose.Words.name, 1)[0].rng("world")).answers
    right = [law.get(rule.words) == rule.way for one in lessons if (rule := reader.read(one))]
    assert sum(right) >= 0.7 * len(lessons) > 0
    assert any(lesson.parents for lesson in learned.working.lessons), "nothing was edited"


def test_the_law_cannot_be_told_from_one_word(prose):
    for world in range(5):
        law = prose.law(prose.fh.tasks(prose.Words.name, 1, world=world)[0].rng("world")).answers
        pairs = {words: answer for words, answer in law.items() if len(words) == 2}
        assert len(pairs) == 9
        for word in {word for words in pairs for word in words}:
            answers = {answer for words, answer in pairs.items() if word in words}
            assert len(answers) == 3
        assert len(law) == 9 + prose.EXCEPTIONS


def test_the_most_specific_rule_is_obeyed_and_of_two_the_first(follower):
    rules = [(frozenset({"red"}), "alpha"), (frozenset({"red", "big"}), "beta")]
    assert follower.obeyed(rules, ["red", "small"]) == "alpha"
    assert follower.obeyed(rules, ["big", "red"]) == "beta"
    assert follower.obeyed(rules, ["blue"]) is None
    assert follower.obeyed([(frozenset({"red"}), "beta"), *rules[:1]], ["red"]) == "beta"


def test_a_prompt_is_read_in_the_words_of_the_language(follower):
    told = 'Lessons:\n- <data>"when red big say alpha"</data>\n- When iron, say beta.'
    asked = f"baknix red apple{follower.OPTIONS}alpha\nbeta"
    prompt = Prompt([Message("system", told), Message("user", asked)])
    rules, said = follower.tokens(prompt)
    read = [follower.WORDS[i] for i in rules]
    assert read == ["when", "red", "big", "alpha", "when", "iron", "beta"]
    assert said == follower.input_ids(["red", "apple"])
    assert follower.options(prompt) == ["alpha", "beta"]


def test_packed_inputs_are_answered_as_they_are_alone(follower):
    """Behind shared rules, every input sees the rules and itself only."""
    import torch

    recipe = follower.Recipe(shape=follower.Shape(width=16, layers=2, heads=2), steps=(2, 1))
    network = follower.train(recipe)
    rules = follower.rule_ids(random.Random(0), [(frozenset({"red", "big"}), "alpha")])
    inputs = [
        follower.input_ids(said) for said in (["red", "big"], ["iron"], ["new", "red", "big"])
    ]
    together, _ = network.hidden(*follower.packed([(rules, inputs)]))
    end = len(rules)
    for own in inputs:
        end += len(own)
        alone, _ = network.hidden(*follower.packed([(rules, [own])]))
        assert torch.allclose(alone[0, -1], together[0, end - 1], atol=1e-5)


def test_training_is_kept_by_recipe(follower, tmp_path, monkeypatch):
    monkeypatch.setenv("FIRSTHAND_CACHE", str(tmp_path))
    small = follower.Recipe(shape=follower.Shape(width=16, layers=1, heads=2), steps=(2,))
    first = follower.trained(small)
    assert small.file.is_file()
    monkeypatch.setattr(follower, "train", None)
    again = follower.trained(small)
    state = again.state_dict()
    assert all((value == state[name]).all() for name, value in first.state_dict().items())
    assert follower.Recipe(steps=(3,)).file != follower.Recipe(steps=(2,)).file
