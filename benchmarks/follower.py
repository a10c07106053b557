"""A transformer that obeys rules: trained here in minutes, so that prose lessons matter to a model.

Its language is small: rules such as "when red big say alpha" in the system message, then words, and
one answer. In training every prompt holds other rules, drawn at random, and the answer is what the
most specific rule says whose words are all there; where none is, any answer is as good. So it
cannot know what a rule says: it must read. Words outside its language it skips. Read from left to
right, rules before the input, such a network obeyed .82 of prompts after the same minutes; here
each rule sees the input.

The recipe is fixed, and the weights are kept in the user's cache under a hash of the recipe.

    python benchmarks/follower.py          # train it now, and say how well it obeys
"""

import hashlib
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from firsthand.evaluate.statistics import wilson
from firsthand.models.batcher import Batcher
from firsthand.models.network import SPAN, Network, Shape, fresh
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

    shape: Shape = Shape(width=64, layers=3, heads=2, context=1024)
    steps: int = 600
    prompts: int = 64
    """Prompts in a batch, each with rules of its own."""
    rate: float = 3e-3
    seed: int = 0
    version: int = 2

    @property
    def file(self) -> Path:
        """Where its weights are kept."""
        name = hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]
        return cache_folder() / f"follower-{name}.safetensors"


Rule = tuple[frozenset[str], str]


def most_specific(rules: Sequence[Rule], said: Sequence[str]) -> list[str]:
    """Return what the most specific rules say whose words are all said."""
    holding = [(len(words), answer) for words, answer in rules if words <= set(said)]
    most = max(holding, default=(0, ""))[0]
    return [answer for size, answer in holding if size == most]


class Stage(msgspec.Struct, frozen=True):
    """How hard prompts are at one point of the training."""

    rules: int
    size: int
    """Most words of a rule."""
    length: int
    """Most words of an input."""


STAGES = (Stage(6, 1, 2), Stage(8, 2, 3), Stage(24, 3, 8))
"""Few and short rules first. Asked for all at once, or for the answer alone, 1,000 steps taught
little: what a rule needs, whether each of its words is said and whether it holds, is asked too."""
MASTERED = 0.9
"""Share of prompts that are obeyed from which the next stage begins."""


def drawn_rules(rng: random.Random, n: int, now: Stage) -> tuple[list[Rule], list[str]]:
    """Draw n rules that share few words, as learned ones do; return them and those words."""
    pool = rng.sample(NOUNS, rng.randint(4, 14))
    answers = rng.sample(ANSWERS, rng.randint(2, len(ANSWERS)))
    found: list[Rule] = []
    for _ in range(n):
        size = min(now.size, rng.choice((1, 2, 2, 2, 3)))
        words = set(rng.sample(pool, size))
        if found and rng.random() < 0.2:  # the words of another rule, or one more
            words = set(rng.choice(found)[0])
            if len(words) < now.size and rng.random() < 0.6:
                words.add(rng.choice(pool))
        found.append((frozenset(words), rng.choice(answers)))
    return found, pool


def drawn_input(
    rng: random.Random, rules: Sequence[Rule], pool: Sequence[str], now: Stage
) -> list[str]:
    """Draw an input: mostly the words of a rule, or all but one; then of the pool, and others."""
    said = set(rng.choice(rules)[0]) if rng.random() < 0.8 else set[str]()
    if len(said) > 1 and rng.random() < 0.25:
        said.remove(rng.choice(sorted(said)))
    length = rng.randint(max(1, now.length // 2), now.length)
    while len(said) < length:
        said.add(rng.choice(pool if rng.random() < 0.5 and len(pool) >= length else NOUNS))
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


class Packed(NamedTuple):
    """Prompts as a network takes them; the last token of each row that is no padding answers."""

    ids: Tensor
    positions: Tensor
    allowed: Tensor
    before: Tensor
    last: Tensor


def packed(rows: Sequence[Sequence[int]]) -> Packed:
    """Lay out prompts, rules first, so that every rule is read in the light of the input.

    A word sees its own rule and the input, and is counted from the start of its rule; the place of
    the answer sees all. So neither the order of rules nor their number matters.
    """
    length = max(map(len, rows))
    ids = torch.full((len(rows), length), PAD)
    for row, own in zip(ids, rows, strict=True):
        row[: len(own)] = torch.tensor(own)
    rule = (ids == WHEN).cumsum(1)
    rule[(ids >= ID[NOUNS[0]] + SAID) | (ids == ANSWER)] = 0
    rule[ids == PAD] = -1
    place = torch.arange(length)
    began = torch.where(ids == WHEN, place, 0).cummax(1).values
    positions = torch.where(rule > 0, place - began, 0)
    allowed = (rule[:, :, None] == rule[:, None]) | (rule == 0)[:, None]
    allowed |= (ids == ANSWER)[:, :, None] & (rule >= 0)[:, None]
    earlier = (place[:, None] - torch.arange(1, SPAN)[None]).expand(len(rows), -1, -1)
    theirs = rule.gather(1, earlier.clamp(min=0).flatten(1)).view_as(earlier)
    inside = (earlier >= 0) & (theirs == rule[:, :, None]) & (rule > 0)[:, :, None]
    before = torch.where(inside, earlier, -1)
    return Packed(
        ids, positions, allowed[:, None], before, torch.tensor([len(r) for r in rows]) - 1
    )


class Asked(NamedTuple):
    """What a batch of prompts asks for: [prompts, answers] chances, and what stands behind them."""

    chances: Tensor
    known: Tensor
    """Whether all of the most specific rules say the same."""
    holds: Tensor
    """For each rule, whether all of its words are said."""
    there: Tensor
    """For each word of a rule, whether it is said."""


def batch(rng: random.Random, recipe: Recipe, now: Stage) -> tuple[Packed, Asked]:
    """Draw a batch; its prompts have equally many rules, so that little is padding."""
    n = rng.randint(max(1, now.rules // 4), now.rules)
    rows: list[list[int]] = []
    chances, known, holds, there = [], [], [], []
    for _ in range(recipe.prompts):
        rules, pool = drawn_rules(rng, n, now)
        said = drawn_input(rng, rules, pool, now)
        told = rule_ids(rng, rules)
        rows.append([*told, *input_ids(said)])
        best = most_specific(rules, said) or list(ANSWERS)
        chances.append([best.count(answer) / len(best) for answer in ANSWERS])
        known.append(len(set(best)) == 1)
        holds += [int(words <= set(said)) for words, _ in rules]
        there += [int(WORDS[id] in said) for id in told if ID[NOUNS[0]] <= id]
    asked = Asked(*map(torch.tensor, (chances, known, holds, there)))
    return packed(rows), asked


def loss_of(network: Network, prompts: Packed, asked: Asked) -> tuple[Tensor, Tensor]:
    """Return the loss, and the logits [prompts, answers]."""
    ids = prompts.ids
    hidden, _ = network.hidden(*prompts[:4])
    answers = answer_logits(network, hidden, prompts.last)
    rule_ends = hidden[(ids >= FIRST) & (ids < FIRST + len(ANSWERS))]
    words = hidden[(ids >= ID[NOUNS[0]]) & (ids < ID[NOUNS[0]] + SAID)]
    loss = functional.cross_entropy(answers, asked.chances)
    for found, right in ((rule_ends, asked.holds), (words, asked.there)):
        loss = loss + functional.cross_entropy(network.logits(found)[:, :2], right)
    return loss, answers


def answer_logits(network: Network, hidden: Tensor, last: Tensor) -> Tensor:
    """Return logits [prompts, answers]."""
    logits = network.logits(hidden[torch.arange(len(last)), last])
    return logits[:, FIRST : FIRST + len(ANSWERS)]


def begun(recipe: Recipe) -> Network:
    """Return a fresh network in which words can meet from the start.

    A word of an input begins as that of a rule with a mark added, and the first layer compares
    words as they are: queries and keys are one rotation of them.
    """
    network, width = fresh(recipe.shape, recipe.seed), recipe.shape.width
    generator = torch.Generator().manual_seed(recipe.seed)
    first = ID[NOUNS[0]]
    with torch.no_grad():
        mark = 0.3 * torch.randn(width, generator=generator)
        table = network.embedding.weight
        table[first + SAID : first + 2 * SAID] = table[first : first + SAID] + mark
        turned = torch.linalg.qr(torch.randn(width, width, generator=generator))[0]
        network.blocks[0].qkv.weight[: 2 * width] = turned.repeat(2, 1)
    return network


def train(recipe: Recipe, *, tell: bool = False) -> Network:
    """Train a network by the recipe: each stage until it is mastered, and the last to the end."""
    torch.set_num_threads(1)
    network, rng = begun(recipe), random.Random(recipe.seed)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=recipe.rate, weight_decay=0.01, betas=(0.9, 0.98)
    )
    started, mastery, place = time.process_time(), 0.0, 0
    for step in range(recipe.steps):
        prompts, asked = batch(rng, recipe, STAGES[place])
        left = min(1.0, (step + 1) / 30, 2.5 * (1.0 - step / recipe.steps))
        optimizer.param_groups[0]["lr"] = recipe.rate * left
        loss, answers = loss_of(network, prompts, asked)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        hits = (answers.argmax(1) == asked.chances.argmax(1))[asked.known].float().mean()
        mastery = 0.9 * mastery + 0.1 * float(hits)
        if tell and step % 50 == 49:
            took = time.process_time() - started
            told = f"step {step + 1}: stage {place + 1}, obeys {mastery:.3f}"
            print(f"{told}, {took:.0f} s", flush=True)
        if mastery >= MASTERED and place < len(STAGES) - 1:
            place, mastery = place + 1, 0.0
    return network


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
        prompts = packed([tokens(prompt) for prompt, _ in asked])
        with torch.no_grad():
            hidden, _ = self.network.hidden(*prompts[:4])
            logits = answer_logits(self.network, hidden, prompts.last)
        return [
            _picked(options(prompt), own, sampling)
            for (prompt, sampling), own in zip(asked, logits, strict=True)
        ]


def options(prompt: Prompt) -> list[str]:
    """Return the answers that are listed and in the language."""
    listed = prompt.messages[-1].content.partition(OPTIONS)[2].split("\n")
    return [option for option in listed if option in ANSWERS] or list(ANSWERS)


def tokens(prompt: Prompt) -> list[int]:
    """Read a prompt: rules from the system message, and the words of the last message."""
    told = " ".join(message.content for message in prompt.messages if message.role == "system")
    known = [ID[word] for word in _words(told) if word in ID]
    rules = known[known.index(WHEN) :] if WHEN in known else []
    asked = prompt.messages[-1].content.partition(OPTIONS)[0]
    return [*rules, *input_ids([word for word in _words(asked) if word in NOUNS])]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _picked(found: Sequence[str], logits: Tensor, sampling: Sampling) -> Completion:
    scores = logits[[ANSWERS.index(option) for option in found]]
    if sampling.temperature == 0.0:
        return Completion(found[int(scores.argmax())])
    chances = (scores / sampling.temperature).softmax(0).tolist()
    return Completion(random.Random(sampling.seed).choices(found, chances)[0])


def obedience(network: Network, *, recipe: Recipe = Recipe(), seed: int = 1) -> tuple[int, int]:
    """Return how many of the hardest fresh prompts are obeyed where rules tell, and of how many."""
    rng, obeyed, n = random.Random(f"obedience {seed}"), 0, 0
    with torch.no_grad():
        for _ in range(16):
            prompts, asked = batch(rng, recipe, STAGES[-1])
            answers = loss_of(network, prompts, asked)[1]
            hits = (answers.argmax(1) == asked.chances.argmax(1))[asked.known]
            obeyed, n = obeyed + int(hits.sum()), n + len(hits)
    return obeyed, n


if __name__ == "__main__":
    obeyed, n = obedience(trained(Recipe(), tell=True))
    share = wilson(obeyed, n)
    print(f"obeys {obeyed / n:.3f} [{share.low:.3f}, {share.high:.3f}] of {n} prompts")
