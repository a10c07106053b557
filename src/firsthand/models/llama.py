"""The embedded model: any GGUF file through llama.cpp, with calibrated choice among legal moves.

A model of 135M parameters follows worked examples in the query's own format, as a plain transcript,
and ignores prose. Asked to choose, it mostly shows its prior towards one option; subtracting what
it says to content-free observations removes that (Zhao et al. 2021, arXiv 2102.09690). They are
asked without the worked examples: examples retrieved for an observation mostly agree, so that under
them even a content-free observation points to the right option, and subtracting that would take the
lesson away (docs/lessons.md has the measurement).
"""

import asyncio
import math
import random
import re
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from firsthand.errors import ModelError
from firsthand.models.engine import Engine, Slot
from firsthand.models.weights import smollm2
from firsthand.prompt import Completion, Message, Prompt, Sampling, Traits

CONTENT_FREE = ("thing?", "item?", "N/A?")
ANSWER = "Answer:"


class Llama:
    """A GGUF model in this process, loaded when first asked.

    `source` is `smollm2` or the path of a GGUF file; `slots` contexts are kept, of `context` tokens
    or of as many as the model was trained with, whichever is less; `calibrate=False` chooses by raw
    probability. Raises as `Engine` and `smollm2` do.
    """

    traits = Traits(chooses=True, few_shot=True)

    def __init__(
        self,
        source: str = "smollm2",
        *,
        slots: int = 4,
        context: int = 8192,
        threads: int | None = None,
        calibrate: bool = True,
    ) -> None:
        self.source, self.slots, self.context, self.threads, self.calibrate = (
            source,
            slots,
            context,
            threads,
            calibrate,
        )
        self._engine: Engine | None = None
        self._loading = threading.Lock()
        self._neutral: dict[tuple[Any, ...], list[float]] = {}

    @property
    def name(self) -> str:
        """`llama:` and the source; a file by its name only, for paths differ between machines."""
        return f"llama:{self.source if self.source == 'smollm2' else Path(self.source).stem}"

    @property
    def engine(self) -> Engine:
        """The engine, loaded now if it was not."""
        with self._loading:
            if self._engine is None:
                path = smollm2() if self.source == "smollm2" else Path(self.source).expanduser()
                self._engine = Engine(
                    path, slots=self.slots, context=self.context, threads=self.threads
                )
            return self._engine

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Choose among `prompt.choices` when there are any, else continue the conversation."""
        engine = self._engine or await asyncio.to_thread(lambda: self.engine)
        work = self.choose if prompt.choices else self.continue_
        return await asyncio.get_running_loop().run_in_executor(
            engine.pool, partial(work, prompt, sampling)
        )

    async def close(self) -> None:
        """Unload the model."""
        if self._engine is not None:
            await asyncio.to_thread(self._engine.close)
            self._engine = None

    def choose(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Score every option, calibrate, and draw one."""
        engine = self.engine
        *earlier, asked = prompt.messages
        context = [token for line in transcript(earlier) for token in engine.tokens(line)]
        options = [
            (*engine.tokens(f" {option}"), *engine.tokens("\n")) for option in prompt.choices
        ]
        cue = engine.tokens(ANSWER)
        ids = [*context, *engine.tokens(f"{asked.content}\n"), *cue]
        with engine.slot() as slot:
            raw = self._score(ids, options, slot)
            scores = raw
            if self.calibrate:
                bare = [
                    token
                    for line in transcript([m for m in earlier if m.role == "system"])
                    for token in engine.tokens(line)
                ]
                neutral = [
                    self._neutral_scores(bare, text, cue, options, slot)
                    for text in content_free(asked.content)
                ]
                scores = [
                    score - sum(column) / len(neutral)
                    for score, column in zip(raw, zip(*neutral, strict=True), strict=True)
                ]
        logprobs = _log_softmax([score / (sampling.temperature or 1.0) for score in scores])
        picked = (
            max(range(len(logprobs)), key=logprobs.__getitem__)
            if sampling.temperature == 0.0
            else _draw(logprobs, sampling.seed)
        )
        return Completion(
            prompt.choices[picked],
            prompt_ids=ids,
            ids=list(options[picked]),
            logprobs=[
                logprobs[picked],
                *[0.0] * (len(options[picked]) - 1),
            ],  # the rest of the option was forced
            choices=dict(zip(prompt.choices, logprobs, strict=True)),
        )

    def continue_(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Append the fresh messages to the prefix and sample one assistant message."""
        engine = self.engine
        added = self._added(prompt)
        if prompt.prefix_ids and added and prompt.prefix_ids[-1] == added[0]:
            added = added[1:]  # the answer's own end-of-turn token was sampled and is in the prefix
        seed = random.SystemRandom().randrange(2**31) if sampling.seed is None else sampling.seed
        with engine.slot() as slot:
            sampled = engine.sample(
                [*prompt.prefix_ids, *added],
                slot=slot,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=sampling.max_tokens or self.traits.answer_tokens,
                seed=seed,
                schema=prompt.schema,
            )
        return Completion(
            sampled.text,
            prompt_ids=added,
            ids=sampled.ids,
            logprobs=sampled.logprobs,
            cut=sampled.cut,
        )

    def _added(self, prompt: Prompt) -> list[int]:
        """Tokenise what the chat template adds for the fresh messages. Raises `ModelError` if it
        rewrites earlier ones.

        The template is applied to marks that stand for the contents, so that special tokens written
        out in a content stay plain text: no observation can close its own message (law 12).
        """
        engine, fresh = self.engine, prompt.fresh
        marked = [
            {"role": "user" if message.role == "tool" else message.role, "content": f"⟦{i}⟧"}
            for i, message in enumerate(prompt.messages)
        ]
        before = engine.render(marked[: fresh - 1]) + marked[fresh - 1]["content"] if fresh else ""
        whole = engine.render(marked)
        if not whole.startswith(before):
            raise ModelError(
                f"The chat template of {self.name} rewrites earlier messages: tokens "
                "cannot be kept as sampled."
            )
        template, *rest = re.split(r"⟦(\d+)⟧", whole[len(before) :])
        added = list(engine.tokens(template, True))
        for index, template in zip(rest[::2], rest[1::2], strict=True):
            added += [
                *engine.tokens(prompt.messages[int(index)].content),
                *engine.tokens(template, True),
            ]
        return added

    def _score(
        self, ids: Sequence[int], options: Sequence[tuple[int, ...]], slot: Slot
    ) -> list[float]:
        """Return log P(option) [len(options)] under decoding constrained to the options: a walk
        down their token tree.
        """
        scores = [0.0] * len(options)

        def walk(members: list[int], depth: int) -> None:
            while len(members) > 1:
                branches: dict[int, list[int]] = {}
                for member in members:
                    branches.setdefault(
                        options[member][depth] if depth < len(options[member]) else -1, []
                    ).append(member)
                if -1 in branches:
                    return  # identical options cannot be told apart
                if len(branches) > 1:
                    odds = self.engine.odds(
                        [*ids, *options[members[0]][:depth]], list(branches), slot=slot
                    )
                    for value, branch in zip(odds, branches.values(), strict=True):
                        for member in branch:
                            scores[member] += value
                        walk(branch, depth + 1)
                    return
                depth += 1

        walk(list(range(len(options))), 0)
        return scores

    def _neutral_scores(
        self,
        context: list[int],
        text: str,
        cue: Sequence[int],
        options: Sequence[tuple[int, ...]],
        slot: Slot,
    ) -> list[float]:
        """Score the options under a content-free observation.

        The same question is asked once, in whatever order its options come.
        """
        told_apart = distinct(options)
        order = sorted(range(len(options)), key=told_apart.__getitem__)
        key = (tuple(context), text, tuple(told_apart[place] for place in order))
        if key not in self._neutral:
            if len(self._neutral) > 4096:
                self._neutral.clear()
            ids = [*context, *self.engine.tokens(f"{text}\n"), *cue]
            self._neutral[key] = self._score(ids, [options[place] for place in order], slot)
        scores = dict(zip(order, self._neutral[key], strict=True))
        return [scores[place] for place in range(len(options))]


def transcript(messages: Sequence[Message]) -> list[str]:
    """Render messages as lines of a plain transcript, in the format of the query."""
    return [
        f"{ANSWER} {message.content}\n" if message.role == "assistant" else f"{message.content}\n"
        for message in messages
    ]


def content_free(text: str) -> list[str]:
    """Replace an observation by content-free ones, keeping a label such as `Customer:`."""
    label, colon, _ = text.partition(": ")
    prefix = f"{label}: " if colon and label.isalpha() else ""
    return [prefix + neutral for neutral in CONTENT_FREE]


def distinct(options: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Cut each option after the token that tells it from all others: what follows does not change
    its score.
    """
    cut: list[tuple[int, ...]] = []
    for i, option in enumerate(options):
        shared = max(
            (_common(option, other) for j, other in enumerate(options) if j != i), default=0
        )
        cut.append(option[: shared + 1])
    return cut


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    return next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )


def _log_softmax(scores: Sequence[float]) -> list[float]:
    top = max(scores)
    total = top + math.log(sum(math.exp(score - top) for score in scores))
    return [score - total for score in scores]


def _draw(logprobs: Sequence[float], seed: int | None) -> int:
    return random.Random(seed).choices(
        range(len(logprobs)), [math.exp(value) for value in logprobs]
    )[0]
