"""`tiny`: a byte-level transformer trained from nothing, for tests and for curves in seconds.

It cannot read: all it knows it learns from rewards, examples or a teacher in this project. So it is
not calibrated, worked examples do not help it, and the system message, which never changes within
an environment, is left out unless asked for. Everything else is as in a large model: it samples in
batches with a KV cache, chooses among legal moves down their token tree, and can be saved.
"""

import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import torch
from torch import Tensor

from firsthand.episode import Turn
from firsthand.errors import ContextFull, UserError
from firsthand.models.batcher import Batcher
from firsthand.models.choice import Branching, Question, branchings, distinct, picked
from firsthand.models.network import SPAN, Cache, Network, Shape, fresh
from firsthand.models.tensor_file import read, write
from firsthand.models.trainable import IMPOSSIBLE, Context, Decision
from firsthand.prompt import Completion, Message, Prompt, Sampling, Traits

SYSTEM, USER, ASSISTANT, TOOL, END = range(256, 261)
ROLES = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT, "tool": TOOL}

MOST_ROWS = 64
"""Rows of one forward pass: more gain nothing on a core, and take memory."""

PADDING = 16
"""Rows of one pass are padded to a multiple of this, so that few are padded by much."""

FILE = "tiny.safetensors"


class Tiny:
    """A fresh network, drawn from `seed`, or a saved one.

    `system` says whether it reads system messages. Raises `UserError` where a folder holds none.
    """

    def __init__(
        self,
        shape: Shape = Shape(),
        *,
        seed: int = 0,
        system: bool = False,
        traits: Traits = Traits(chooses=True),
        name: str = "tiny",
    ) -> None:
        self.version = 0
        self.shape, self.system, self._traits, self._name = shape, system, traits, name
        torch.set_num_threads(1)  # two threads beside a busy process wait for each other
        self.network = fresh(shape, seed)
        self._base = self.state()
        self._base_network: Network | None = None
        self._lock = threading.Lock()
        self._batcher: Batcher[tuple[Prompt, Sampling], Completion] | None = None

    @classmethod
    def load(cls, folder: Path) -> "Tiny":
        """Return the model that `save` wrote. Raises `UserError`."""
        path = folder / FILE
        if not path.is_file():
            raise UserError(
                f"There is no {FILE} in {folder}: name a folder that `firsthand train --model "
                "tiny` wrote its weights to."
            )
        weights, metadata = read(path)
        model = cls(
            msgspec.json.decode(metadata["shape"], type=Shape),
            system=metadata["system"] == "true",
            traits=msgspec.json.decode(metadata["traits"], type=Traits),
            name=f"tiny:{folder.name}",
        )
        model.load_state(weights)
        model._base = model.state()
        model.version = int(metadata["version"])
        return model

    def save(self, folder: Path) -> None:
        """Write the weights, so that `tiny:FOLDER` plays with them."""
        metadata = {
            "shape": msgspec.json.encode(self.shape).decode(),
            "traits": msgspec.json.encode(self._traits).decode(),
            "system": "true" if self.system else "false",
            "version": str(self.version),
        }
        write(folder / FILE, self.state(), metadata)

    @property
    def name(self) -> str:
        """`tiny`, or `tiny:` and the name of the folder it came from."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What it can do."""
        return self._traits

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Continue the conversation, or choose. Raises `ContextFull`."""
        if self._batcher is None:
            self._batcher = Batcher(self._answers, most=MOST_ROWS)
        return await self._batcher.ask((prompt, sampling))

    async def close(self) -> None:
        """End the thread; the weights stay, and the next question starts another."""
        if self._batcher is not None:
            self._batcher.close()
            self._batcher = None

    def forced(self, prompt: Prompt, text: str) -> Completion:
        """Return the completion that says `text` in tokens."""
        if not prompt.choices:
            ids = [*text.encode(), END]
            return Completion(
                text, prompt_ids=self._added(prompt), ids=ids, logprobs=[0.0] * len(ids)
            )
        asked = self._question(prompt)
        ids = list(asked.options[list(prompt.choices).index(text)])
        odds = {option: 0.0 if option == text else IMPOSSIBLE for option in prompt.choices}
        zeros = [0.0] * len(ids)
        return Completion(text, prompt_ids=[*asked.ids], ids=ids, logprobs=zeros, choices=odds)

    def decision(self, turn: Turn, instructions: str) -> Decision:
        """Return the options of a turn; nothing is calibrated, so `instructions` do not matter."""
        options = distinct([_option(option) for option in turn.choices])
        return Decision(tuple(options), (0.0,) * len(options))

    def distributions(self, contexts: Sequence[Context], *, base: bool = False) -> list[Tensor]:
        """Return log-probabilities [units, outcomes]; `base`: of the weights it began with.

        Equal contexts, such as the plays of one task, are computed once.
        """
        network = self._frozen() if base else self.network
        alike: dict[tuple[object, ...], list[int]] = {}
        for place, context in enumerate(contexts):
            key = (tuple(context.ids), tuple(context.mask), context.decision)
            alike.setdefault(key, []).append(place)
        firsts = [places[0] for places in alike.values()]
        found: list[Tensor | None] = [None] * len(contexts)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not base):
            for chunk in _chunks([len(contexts[place].ids) for place in firsts]):
                chunk = [firsts[index] for index in chunk]
                chosen = [place for place in chunk if contexts[place].decision is not None]
                said = [place for place in chunk if contexts[place].decision is None]
                for part, work in ((chosen, _odds), (said, _spoken)):
                    results = work(network, [contexts[place] for place in part]) if part else []
                    for place, result in zip(part, results, strict=True):
                        found[place] = result
        for places in alike.values():
            for place in places[1:]:
                found[place] = found[places[0]]
        return cast("list[Tensor]", found)

    def parameters(self) -> list[Any]:
        """Return all weights."""
        return list(self.network.parameters())

    def state(self) -> dict[str, Tensor]:
        """Return a copy of all weights by name."""
        return {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Take over weights. Raises `UserError` where names or shapes differ."""
        try:
            self.network.load_state_dict(state)
        except RuntimeError as error:
            raise UserError(f"These are not weights of {self.name}: {error}") from None

    def _frozen(self) -> Network:
        if self._base_network is None:
            self._base_network = fresh(self.shape, 0).requires_grad_(False)
            self._base_network.load_state_dict(self._base)
        return self._base_network

    def _answers(self, asked: list[tuple[Prompt, Sampling]]) -> Sequence[Completion | Exception]:
        """Answer a batch: choices in one pass, texts token by token."""
        answers: list[Completion | Exception | None] = [None] * len(asked)
        with self._lock, torch.no_grad():
            for choosing, work in ((True, self._choose), (False, self._say)):
                places = [
                    i for i, (prompt, _) in enumerate(asked) if bool(prompt.choices) is choosing
                ]
                fitting: list[int] = []
                for place in places:
                    try:
                        self._check(asked[place][0])
                        fitting.append(place)
                    except ContextFull as error:
                        answers[place] = error
                if fitting:
                    batch = [asked[place] for place in fitting]
                    for place, answer in zip(fitting, work(batch), strict=True):
                        answers[place] = answer
        return cast("list[Completion | Exception]", answers)

    def _choose(self, asked: list[tuple[Prompt, Sampling]]) -> list[Completion]:
        questions = [self._question(prompt) for prompt, _ in asked]
        contexts = [
            _Asked(question.ids, Decision(tuple(distinct(question.options)), ()))
            for question in questions
        ]
        scores = self.distributions(contexts)
        return [
            picked(prompt, question, cast("list[float]", score[0].tolist()), sampling)
            for (prompt, sampling), question, score in zip(asked, questions, scores, strict=True)
        ]

    def _say(self, asked: list[tuple[Prompt, Sampling]]) -> list[Completion]:
        added = [self._added(prompt) for prompt, _ in asked]
        contexts = [
            [*prompt.prefix_ids, *fresh_ids]
            for (prompt, _), fresh_ids in zip(asked, added, strict=True)
        ]
        samplings = [sampling for _, sampling in asked]
        limits = [
            min(
                sampling.max_tokens or self.traits.answer_tokens,
                self.shape.context - len(context),
            )
            for sampling, context in zip(samplings, contexts, strict=True)
        ]
        sampled = _sampled(self.network, contexts, samplings, limits)
        return [_completion(ids, *drawn) for ids, drawn in zip(added, sampled, strict=True)]

    def _check(self, prompt: Prompt) -> None:
        if prompt.choices:
            question = self._question(prompt)
            tokens = len(question.ids) + max(map(len, question.options))
        else:
            tokens = len(prompt.prefix_ids) + len(self._added(prompt)) + 1
        if tokens > self.shape.context:
            raise ContextFull(
                f"The conversation has {tokens:,} tokens, and {self.name} holds "
                f"{self.shape.context:,}.",
                tokens=tokens,
                context=self.shape.context,
            )

    def _question(self, prompt: Prompt) -> Question:
        ids = tuple(token for message in prompt.messages for token in self._rendered(message))
        options = tuple(_option(option) for option in prompt.choices)
        return Question((*ids, ASSISTANT), options, ())

    def _added(self, prompt: Prompt) -> list[int]:
        fresh_ones = prompt.messages[prompt.fresh :]
        return [t for message in fresh_ones for t in self._rendered(message)] + [ASSISTANT]

    def _rendered(self, message: Message) -> Iterator[int]:
        if message.role == "system" and not self.system:
            return
        yield ROLES[message.role]
        yield from message.content.encode()
        if message.role == "assistant":
            yield END


class _Asked(msgspec.Struct, frozen=True):
    """A context whose distributions are asked for."""

    ids: tuple[int, ...]
    decision: Decision | None
    mask: tuple[int, ...] = ()


def _option(text: str) -> tuple[int, ...]:
    return (*text.encode(), END)


def _completion(prompt_ids: list[int], ids: list[int], logprobs: list[float]) -> Completion:
    ended = ids[-1] == END
    said = bytes(token for token in ids if token < 256)
    return Completion(
        said.decode(errors="replace"),
        prompt_ids=prompt_ids,
        ids=ids,
        logprobs=logprobs,
        cut=not ended,
    )


def _chunks(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield places of rows that are padded to the same length, at most MOST_ROWS of them."""
    groups: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        groups.setdefault(-(-length // PADDING), []).append(place)
    for _, places in sorted(groups.items()):
        for start in range(0, len(places), MOST_ROWS):
            yield places[start : start + MOST_ROWS]


def _spoken(network: Network, contexts: Sequence[Context]) -> list[Tensor]:
    """Return [sampled tokens, vocabulary] for each context: what could have been said instead."""
    ids, positions = _padded([context.ids for context in contexts])
    hidden, _ = network.hidden(ids, positions)
    places = [
        [place - 1 for place, sampled in enumerate(context.mask) if sampled] for context in contexts
    ]
    rows = [row for row, found in enumerate(places) for _ in found]
    logits = network.logits(hidden[rows, [place for found in places for place in found]])
    sizes = [len(found) for found in places]
    return list(cast("Any", torch.log_softmax(logits, -1)).split(sizes))


def _odds(network: Network, contexts: Sequence[Context]) -> list[Tensor]:
    """Return [1, options] for each context: a choice down the token tree of its options.

    The tree is packed behind the context, each of its tokens once; a leaf needs no token.
    """
    decisions = [cast("Decision", context.decision) for context in contexts]
    trees = [branchings(decision.options) for decision in decisions]
    packed = [
        _packed(context.ids, [node.prefix for node in nodes])
        for context, nodes in zip(contexts, trees, strict=True)
    ]
    ids, positions = _padded([row.ids for row in packed], [row.positions for row in packed])
    allowed = before = None
    if any(row.parts for row in packed):
        allowed, before = _tree_masks(packed, ids.shape[1])
    hidden, _ = network.hidden(ids, positions, allowed, before)
    rows = [row for row, nodes in enumerate(trees) for _ in nodes]
    logits = network.logits(hidden[rows, [place for row in packed for place in row.places]])
    return _scores(logits, trees, decisions)


def _scores(
    logits: Tensor, trees: Sequence[Sequence[Branching]], decisions: Sequence[Decision]
) -> list[Tensor]:
    """Sum up the log-probabilities of the branches on each option's path; then calibrate."""
    width = max((len(node.branches) for nodes in trees for node in nodes), default=1)
    tokens = torch.zeros(len(logits), width, dtype=torch.long)
    closed = torch.ones(len(logits), width, dtype=torch.bool)
    paths: list[list[list[int]]] = []
    row = 0
    for nodes, decision in zip(trees, decisions, strict=True):
        path: list[list[int]] = [[] for _ in decision.options]
        for node in nodes:
            tokens[row, : len(node.branches)] = torch.tensor(list(node.branches))
            closed[row, : len(node.branches)] = False
            for column, options in enumerate(node.branches.values()):
                for option in options:
                    path[option].append(row * width + column)
            row += 1
        paths.append(path)
    odds = logits.gather(1, tokens).masked_fill(closed, -torch.inf).log_softmax(-1)
    flat = torch.cat([odds.flatten(), logits.new_zeros(1)])
    results: list[Tensor] = []
    deepest = max((len(path) for paths_ in paths for path in paths_), default=0)
    for path, decision in zip(paths, decisions, strict=True):
        places = [steps + [len(flat) - 1] * (deepest - len(steps)) for steps in path]
        score = flat[torch.tensor(places, dtype=torch.long)].sum(1)
        if any(decision.neutral):
            score = score - torch.tensor(decision.neutral)
        results.append(score.log_softmax(0)[None])
    return results


class _Packed(msgspec.Struct):
    """A context with a tree behind it: the parent of each token of the tree, by place."""

    ids: list[int]
    positions: list[int]
    places: list[int]
    """Where each branching is decided [branchings]."""
    parents: list[int]
    parts: bool
    """Whether two tokens of the tree have the same parent: then no causal mask will do."""


def _packed(context: Sequence[int], prefixes: Sequence[Sequence[int]]) -> _Packed:
    ids, start = list(context), len(context) - 1
    positions, parents, places = list(range(len(ids))), list[int](), list[int]()
    at: dict[tuple[int, ...], int] = {(): start}
    for prefix in prefixes:
        for depth in range(1, len(prefix) + 1):
            path = tuple(prefix[:depth])
            if path not in at:
                at[path] = len(ids)
                ids.append(path[-1])
                positions.append(start + depth)
                parents.append(at[path[:-1]])
        places.append(at[tuple(prefix)])
    parts = any(parent != start + step for step, parent in enumerate(parents))
    return _Packed(ids, positions, places, parents, parts)


def _tree_masks(packed: Sequence[_Packed], length: int) -> tuple[Tensor, Tensor]:
    """Return what each token sees [rows, 1, length, length], and the SPAN - 1 before each."""
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    allowed = causal.repeat(len(packed), 1, 1)
    steps = torch.arange(length)[:, None] - torch.arange(1, SPAN)[None]
    before = steps.clamp(min=-(SPAN - 1)).repeat(len(packed), 1, 1)
    for row, tree in enumerate(packed):
        start = len(tree.ids) - len(tree.parents)
        for offset, parent in enumerate(tree.parents):
            place = start + offset
            allowed[row, place] = allowed[row, parent]
            allowed[row, place, place] = True
            before[row, place, 0] = parent
            before[row, place, 1:] = before[row, parent, :-1]
    return allowed[:, None], before


def _padded(
    rows: Sequence[Sequence[int]], positions: Sequence[Sequence[int]] | None = None
) -> tuple[Tensor, Tensor]:
    """Return ids and positions [rows, tokens], padded on the right, where nobody looks."""
    length = -(-max(map(len, rows)) // PADDING) * PADDING
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    places = torch.arange(length).repeat(len(rows), 1)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = torch.tensor(list(tokens))
        if positions is not None:
            places[row, : len(tokens)] = torch.tensor(list(positions[row]))
    return ids, places


def _sampled(
    network: Network,
    contexts: Sequence[Sequence[int]],
    samplings: Sequence[Sampling],
    limits: Sequence[int],
) -> list[tuple[list[int], list[float]]]:
    """Sample answers token by token, each from a random stream of its own.

    Contexts are padded on the left, so that all answers grow at the same place.
    """
    streams = [random.Random(sampling.seed) for sampling in samplings]
    length = max(map(len, contexts))
    pads = [length - len(context) for context in contexts]
    ids = torch.tensor(
        [[0] * pad + list(context) for pad, context in zip(pads, contexts, strict=True)]
    )
    start = torch.tensor(pads)[:, None]
    real = torch.arange(length)[None] >= start
    allowed = torch.ones(length, length, dtype=torch.bool).tril() & real[:, None, :]
    allowed = allowed | torch.eye(length, dtype=torch.bool)  # a padding sees itself: no NaN
    positions = (torch.arange(length)[None] - start).clamp(min=0)
    before = (torch.arange(length)[:, None] - torch.arange(1, SPAN)[None])[None]
    before = torch.where(before < start[..., None], -1, before)
    hidden, cache = network.hidden(ids, positions, allowed[:, None], before)
    cache = _without_padding(cache, list(map(len, contexts)))
    answers: list[tuple[list[int], list[float]]] = [([], []) for _ in contexts]
    going = list(range(len(contexts)))
    for _step in range(max(limits)):
        logits = network.logits(hidden[:, -1]).double()
        tokens = torch.zeros(len(contexts), 1, dtype=torch.long)
        for row in going:
            token, logprob = _drawn(logits[row], samplings[row], streams[row])
            answers[row][0].append(token)
            answers[row][1].append(logprob)
            tokens[row] = token
        going = [
            row
            for row in going
            if answers[row][0][-1] != END and len(answers[row][0]) < limits[row]
        ]
        if not going:
            break
        real = torch.cat([real, torch.ones(len(contexts), 1, dtype=torch.bool)], 1)
        positions = positions[:, -1:] + 1
        hidden, cache = network.hidden(tokens, positions, real[:, None, None], None, cache)
    return answers


def _without_padding(cache: Cache, lengths: Sequence[int]) -> Cache:
    """Blank what convolutions would see of the padding before contexts shorter than their span."""
    places = torch.arange(1 - SPAN, 0)[None] + torch.tensor(lengths)[:, None]
    real = (places >= 0)[..., None]
    return [(keys, values, tail * real) for keys, values, tail in cache]


def _drawn(logits: Tensor, sampling: Sampling, stream: random.Random) -> tuple[int, float]:
    """Draw a token; its log-probability is that of the distribution it was drawn from."""
    if sampling.temperature == 0.0:
        token = int(logits.argmax())
        return token, float(logits.log_softmax(0)[token])
    logprobs = (logits / sampling.temperature).log_softmax(0)
    if sampling.top_p < 1.0:
        order = logprobs.argsort(descending=True)
        kept = logprobs[order].exp().cumsum(0) - logprobs[order].exp() < sampling.top_p
        logprobs = logprobs.masked_fill(~torch.zeros_like(kept).scatter(0, order, kept), -torch.inf)
        logprobs = logprobs.log_softmax(0)
    heap = logprobs.exp().cumsum(0)
    token = int(torch.searchsorted(heap, stream.random() * float(heap[-1]), right=True))
    return token, float(logprobs[token])
