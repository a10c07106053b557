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
            told = next(iter(follower.most_specific(rules, said)), None)
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


def test_the_most_specific_rules_are_obeyed(follower):
    rules = [(frozenset({"red"}), "alpha"), (frozenset({"red", "big"}), "beta")]
    assert follower.most_specific(rules, ["red", "small"]) == ["alpha"]
    assert follower.most_specific(rules, ["big", "red"]) == ["beta"]
    assert follower.most_specific(rules, ["blue"]) == []
    rival = (frozenset({"red"}), "beta")
    assert follower.most_specific([rival, *rules[:1]], ["red"]) == ["beta", "alpha"]


def test_a_prompt_is_read_in_the_words_of_the_language(follower):
    told = 'Lessons:\n- <data>"when red big say alpha"</data>\n- When iron, say beta.'
    asked = f"baknix red apple{follower.OPTIONS}alpha\nbeta"
    prompt = Prompt([Message("system", told), Message("user", asked)])
    read = follower.tokens(prompt)
    rules = [follower.WORDS[i] for i in read[:7]]
    assert rules == ["when", "red", "big", "alpha", "when", "iron", "beta"]
    assert read[7:] == follower.input_ids(["red", "apple"])
    assert follower.options(prompt) == ["alpha", "beta"]


def test_rules_see_the_input_and_not_each_other(follower):
    """So their order does not matter, nor who else is in the batch; the input does."""
    import torch

    network = follower.begun(follower.Recipe(shape=follower.Shape(width=16, layers=2, heads=2)))
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.3)
    red, big = (frozenset({"red", "big"}), "alpha"), (frozenset({"iron"}), "beta")

    def answers(*prompts):
        rows = [
            [*follower.rule_ids(random.Random(0), rules), *follower.input_ids(said)]
            for rules, said in prompts
        ]
        packed = follower.packed(rows)
        hidden, _ = network.hidden(*packed[:4])
        return follower.answer_logits(network, hidden, packed.last)

    said = ["red", "big", "old"]
    one, other, alone = answers(([red, big], said), ([big, red], said), ([red], ["iron"]))
    assert one.allclose(other, atol=1e-5) and one.allclose(answers(([red, big], said)), atol=1e-5)
    assert not one.allclose(alone, atol=1e-5)
    assert not one.allclose(answers(([red, big], ["red", "old"])), atol=1e-5)


def test_what_stands_behind_an_answer_is_asked_too(follower):
    """The losses of rules and words are about the right tokens."""
    stage = follower.Stage(5, 3, 6)
    prompts, asked = follower.batch(random.Random(0), follower.Recipe(prompts=20), stage)
    holds, there = iter(asked.holds.tolist()), iter(asked.there.tolist())
    for row in prompts.ids.tolist():
        words = [follower.WORDS[i] if i < len(follower.WORDS) else i for i in row]
        said = {follower.WORDS[i - follower.SAID] for i in row if i >= len(follower.WORDS)}
        rule = []
        for word in words:
            if word == "when":
                rule = []
            elif word in follower.NOUNS:
                rule.append(word in said)
                assert next(there) == rule[-1]
            elif word in follower.ANSWERS:
                assert next(holds) == all(rule)
    assert next(holds, None) is None and next(there, None) is None


def test_training_is_kept_by_recipe(follower, tmp_path, monkeypatch):
    monkeypatch.setenv("FIRSTHAND_CACHE", str(tmp_path))
    small = follower.Recipe(shape=follower.Shape(width=16, layers=1, heads=2), steps=2)
    first = follower.trained(small)
    assert small.file.is_file()
    monkeypatch.setattr(follower, "train", None)
    again = follower.trained(small)
    state = again.state_dict()
    assert all((value == state[name]).all() for name, value in first.state_dict().items())
    assert follower.Recipe(steps=3).file != follower.Recipe(steps=2).file
