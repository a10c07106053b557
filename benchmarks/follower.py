"""A transformer that obeys rules: trained here in minutes, so that prose lessons matter to a model.

Its language is small: rules such as "when red big say alpha" in the system message, then words, and
one answer. In training every prompt holds other rules, drawn at random, and the answer is what the
most specific rule says whose words are all there; where none is, any answer is as good. So it
cannot know what a rule says: it must read. Words outside its language it skips.

The recipe is fixed, and the weights are kept in the user's cache under a hash of the recipe.

    python benchmarks/follower.py          # train it now, and say how well it obeys
"""

import hashlib
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from firsthand.models.batcher import Batcher
from firsthand.models.network import Network, Shape, fresh
from firsthand.models.weights import cache_folder
from firsthand.prompt import Completion, Prompt, Sampling, Traits

FAMILIES = {
    "colour": ("red", "blue", "green"),
    "size": ("big", "small", "medium"),
    "shape": ("round", "square", "oval"),
    "matter": ("wooden", "iron", "paper"),
    "age": ("new", "old", "ancient"),
    "place": ("north", "south", "east"),
}
PLAIN = ("apple", "river", "stone", "cloud", "candle", "window")
"""Words that no law is about."""
ANSWERS = ("alpha", "beta", "gamma", "delta")
SPECIAL = ("<pad>", "when", "<answer>")
NOUNS = [*(word for words in FAMILIES.values() for word in words), *PLAIN]
WORDS = (*SPECIAL, *ANSWERS, *NOUNS)
ID = {word: place for place, word in enumerate(WORDS)}
PAD, WHEN, ANSWER = range(3)
FIRST = ID[ANSWERS[0]]
SAID = len(NOUNS)
"""Words of an input are tokens of their own, so many places behind those of rules."""
OPTIONS = "\n\nAnswer with exactly one of these lines:\n"


class Recipe(msgspec.Struct, frozen=True):
    """All that decides the weights."""

    shape: Shape = Shape(width=96, layers=3, heads=2, context=1024)
    steps: tuple[int, ...] = (1200, 600)
    """Of each cycle; a cycle begins with a fresh optimizer and ends with a falling rate."""
    prompts: int = 16
    """Sets of rules in a batch."""
    inputs: int = 16
    """Inputs for each set of rules; they see the rules and not each other."""
    rate: float = 3e-3
    seed: int = 0
    version: int = 1

    @property
    def file(self) -> Path:
        """Where its weights are kept."""
        name = hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]
        return cache_folder() / f"follower-{name}.safetensors"


Rule = tuple[frozenset[str], str]


def obeyed(rules: Sequence[Rule], said: Sequence[str]) -> str | None:
    """Return what the first of the most specific rules says whose words are all said."""
    there = set(said)
    matching = [rule for rule in rules if rule[0] <= there]
    return max(matching, key=lambda rule: len(rule[0]))[1] if matching else None


class Stage(msgspec.Struct, frozen=True):
    """How hard prompts are at one point of the training."""

    rules: int
    size: int
    """Most words of a rule."""
    length: int
    """Most words of an input."""


STAGES = (
    Stage(6, 1, 1),
    Stage(8, 1, 2),
    Stage(8, 2, 2),
    Stage(8, 2, 3),
    Stage(10, 3, 4),
    Stage(12, 3, 5),
    Stage(14, 3, 6),
    Stage(16, 3, 8),
)
"""Finding one word is learned within one layer, and all else is built on that. Trained on long
inputs at once, or by a schedule that did not wait, 500 steps taught hardly anything."""
MASTERED = 0.9
"""Share of prompts that are obeyed from which the next stage begins."""


def drawn_rules(rng: random.Random, now: Stage) -> tuple[list[Rule], list[str]]:
    """Draw rules that share few words, as learned ones do; return them and those words."""
    pool = rng.sample(NOUNS, rng.randint(6, 16))
    answers = rng.sample(ANSWERS, rng.randint(2, len(ANSWERS)))
    found: dict[frozenset[str], str] = {}
    for _ in range(rng.randint(1, now.rules)):
        size = min(now.size, rng.choice((1, 2, 2, 2, 3)))
        found[frozenset(rng.sample(pool, size))] = rng.choice(answers)
    return list(found.items()), pool


def drawn_input(
    rng: random.Random, rules: Sequence[Rule], pool: Sequence[str], now: Stage
) -> list[str]:
    """Draw an input: mostly the words of a rule, then words of the pool and any others."""
    said = set(rng.choice(rules)[0]) if rng.random() < 0.8 else set[str]()
    length = rng.randint(max(1, now.length // 2), now.length)
    while len(said) < length:
        said.add(rng.choice(pool if rng.random() < 0.4 else NOUNS))
    found = sorted(said)
    rng.shuffle(found)
    return found


def rule_ids(rng: random.Random, rules: Sequence[Rule]) -> list[int]:
    """Write rules in tokens, the words of each in any order."""
    found: list[int] = []
    for words, answer in rules:
        order = sorted(words)
        rng.shuffle(order)
        found += [WHEN, *(ID[word] for word in order), ID[answer]]
    return found


def input_ids(said: Sequence[str]) -> list[int]:
    """Write an input in tokens, up to the place where the answer follows."""
    return [*(ID[word] + SAID for word in said), ANSWER]


class Batch(msgspec.Struct):
    """Sets of rules, each with many inputs packed behind it."""

    ids: Tensor
    positions: Tensor
    allowed: Tensor
    before: Tensor
    rows: list[int]
    places: list[int]
    answers: list[int]
    known: list[bool]


def packed(prompts: Sequence[tuple[list[int], list[list[int]]]]) -> tuple[Tensor, ...]:
    """Pack inputs behind their rules: return ids, positions, what each token sees, what is before.

    Every input begins at the position that follows the rules, and sees the rules and itself; its
    convolutions begin with it.
    """
    length = max(len(rules) + sum(map(len, inputs)) for rules, inputs in prompts)
    ids = torch.full((len(prompts), length), PAD)
    positions = torch.zeros(len(prompts), length, dtype=torch.long)
    block = torch.full((len(prompts), length), -1)
    for row, (rules, inputs) in enumerate(prompts):
        at = len(rules)
        ids[row, :at], positions[row, :at] = torch.tensor(rules, dtype=torch.long), torch.arange(at)
        block[row, :at] = 0
        for number, own in enumerate(inputs, start=1):
            end = at + len(own)
            ids[row, at:end] = torch.tensor(own)
            positions[row, at:end] = torch.arange(len(own)) + len(rules)
            block[row, at:end] = number
            at = end
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    allowed = ((block[:, None, :] == 0) | (block[:, None, :] == block[:, :, None])) & causal
    allowed |= torch.eye(length, dtype=torch.bool)
    steps = torch.arange(length)[:, None] - torch.arange(1, 4)[None]
    inside = (steps >= 0)[None] & (
        block.gather(1, steps.clamp(min=0).flatten()[None].expand(len(prompts), -1)).view(
            len(prompts), length, 3
        )
        == block[:, :, None]
    )
    before = torch.where(inside, steps[None], -1)
    return ids, positions, allowed[:, None], before


def batch(rng: random.Random, recipe: Recipe, now: Stage) -> Batch:
    """Draw a batch."""
    prompts: list[tuple[list[int], list[list[int]]]] = []
    rows, places, answers, known = [], [], [], []
    for row in range(recipe.prompts):
        rules, pool = drawn_rules(rng, now)
        ids, inputs = rule_ids(rng, rules), []
        at = len(ids)
        for _ in range(recipe.inputs):
            said = drawn_input(rng, rules, pool, now)
            own = input_ids(said)
            inputs.append(own)
            at += len(own)
            right = obeyed(rules, said)
            rows.append(row)
            places.append(at - 1)
            known.append(right is not None)
            answers.append(ID[right or rng.choice(ANSWERS)] - FIRST)
        prompts.append((ids, inputs))
    return Batch(*packed(prompts), rows, places, answers, known)


def answer_logits(network: Network, found: Batch) -> Tensor:
    """Return logits [inputs, answers]."""
    hidden, _ = network.hidden(found.ids, found.positions, found.allowed, found.before)
    logits = network.logits(hidden[found.rows, found.places])
    return logits[:, FIRST : FIRST + len(ANSWERS)]


def begun(recipe: Recipe) -> Network:
    """Return a fresh network in which words can meet from the start.

    A word of an input begins as that of a rule with a mark added, and convolutions begin open. With
    everything at 0 a rule finds its words only once both sides have learned to look: 450 steps of
    the first stage taught nothing then.
    """
    network = fresh(recipe.shape, recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    first = ID[NOUNS[0]]
    with torch.no_grad():
        mark = torch.randn(recipe.shape.width, generator=generator)
        table = network.embedding.weight
        table[first + SAID : first + 2 * SAID] = table[first : first + SAID] + mark
        for block in network.blocks:
            block.mix.copy_(torch.randn(block.mix.shape, generator=generator) * 0.5)
            block.mix[0] += 0.5
    return network


def train(recipe: Recipe, *, tell: bool = False) -> Network:
    """Train a network by the recipe: each stage until it is mastered, and the last to the end."""
    torch.set_num_threads(1)
    network, place = begun(recipe), 0
    for cycle in range(len(recipe.steps)):
        place = train_on(network, recipe, cycle, place, tell=tell)
    return network


def train_on(network: Network, recipe: Recipe, cycle: int, place: int, *, tell: bool) -> int:
    """Train for one cycle from a stage on; return the stage that was reached."""
    rng, steps = random.Random(recipe.seed + cycle), recipe.steps[cycle]
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=0.01)
    started, mastery = time.process_time(), 0.0
    for step in range(steps):
        found = batch(rng, recipe, STAGES[place])
        left = min(1.0, (step + 1) / 30, 4.0 * (1.0 - step / steps))
        optimizer.param_groups[0]["lr"] = recipe.rate * left
        logits = answer_logits(network, found)
        right = torch.tensor(found.answers)
        loss = functional.cross_entropy(logits, right)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        hits = (logits.argmax(1) == right)[torch.tensor(found.known)].float().mean()
        mastery = 0.9 * mastery + 0.1 * float(hits)
        if tell and step % 50 == 49:
            took = time.process_time() - started
            told = f"cycle {cycle + 1}, step {step + 1}: stage {place + 1}, obeys {mastery:.3f}"
            print(f"{told}, {took:.0f} s", flush=True)
        if mastery >= MASTERED and place < len(STAGES) - 1:
            place, mastery = place + 1, 0.0
    return place


def trained(recipe: Recipe, *, tell: bool = False) -> Network:
    """Return the network of a recipe, from the cache where it was trained before."""
    torch.set_num_threads(1)
    network = fresh(recipe.shape, recipe.seed)
    if not recipe.file.is_file():
        network = train(recipe, tell=tell)
        recipe.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = recipe.file.with_suffix(".part")
        save_file(network.state_dict(), unfinished)
        unfinished.replace(recipe.file)
    network.load_state_dict(load_file(recipe.file))
    return network.requires_grad_(False).eval()


class Follower:
    """The network as a model: it reads rules in the system message, and picks a listed answer."""

    name = "follower"
    traits = Traits()

    def __init__(self, network: Network) -> None:
        self.network = network
        self._batcher: Batcher[tuple[Prompt, Sampling], Completion] | None = None

    @classmethod
    def trained(cls, recipe: Recipe = Recipe(), *, tell: bool = False) -> "Follower":
        """Return the player of a recipe; the first call trains it, which takes minutes."""
        return cls(trained(recipe, tell=tell))

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Answer with one of the listed options."""
        if self._batcher is None:
            self._batcher = Batcher(self._answers, most=64)
        return await self._batcher.ask((prompt, sampling))

    async def close(self) -> None:
        """End the thread."""
        if self._batcher is not None:
            self._batcher.close()
            self._batcher = None

    def _answers(self, asked: list[tuple[Prompt, Sampling]]) -> list[Completion | Exception]:
        read = [tokens(prompt) for prompt, _ in asked]
        ids, positions, allowed, before = packed([(rules, [own]) for rules, own in read])
        last = [len(rules) + len(own) - 1 for rules, own in read]
        with torch.no_grad():
            hidden, _ = self.network.hidden(ids, positions, allowed, before)
            logits = self.network.logits(hidden[range(len(read)), last])
        return [
            _picked(options(prompt), own, sampling)
            for (prompt, sampling), own in zip(asked, logits, strict=True)
        ]


def options(prompt: Prompt) -> list[str]:
    """Return the answers that are listed and in the language."""
    listed = prompt.messages[-1].content.partition(OPTIONS)[2].split("\n")
    return [option for option in listed if option in ANSWERS] or list(ANSWERS)


def tokens(prompt: Prompt) -> tuple[list[int], list[int]]:
    """Read a prompt: rules from the system message, and the words of the last message."""
    told = " ".join(message.content for message in prompt.messages if message.role == "system")
    known = [ID[word] for word in re.findall(r"[a-z]+", told.lower()) if word in ID]
    asked = prompt.messages[-1].content.partition(OPTIONS)[0]
    return known, input_ids([w for w in re.findall(r"[a-z]+", asked.lower()) if w in NOUNS])


def _picked(found: Sequence[str], logits: Tensor, sampling: Sampling) -> Completion:
    scores = logits[[ID[option] for option in found]]
    if sampling.temperature == 0.0:
        return Completion(found[int(scores.argmax())])
    chances = (scores / sampling.temperature).softmax(0).tolist()
    return Completion(random.Random(sampling.seed).choices(found, chances)[0])


def obedience(network: Network, *, recipe: Recipe = Recipe(), seed: int = 1) -> tuple[float, int]:
    """Return how often the hardest fresh prompts are obeyed where a rule tells, and of how many."""
    rng = random.Random(seed)
    with torch.no_grad():
        found = [batch(rng, recipe, STAGES[-1]) for _ in range(4)]
        hits = [
            bool(answer == right)
            for one in found
            for answer, right, known in zip(
                answer_logits(network, one).argmax(1), one.answers, one.known, strict=True
            )
            if known
        ]
    return sum(hits) / len(hits), len(hits)


if __name__ == "__main__":
    share, n = obedience(trained(Recipe(), tell=True))
    print(f"obeys {share:.3f} of {n} prompts")
