"""The embedded model: any GGUF file through llama.cpp, with calibrated choice among legal moves.

A model of 135M parameters follows worked examples in the query's own format, as a plain transcript,
and ignores prose. Asked to choose, it mostly shows its prior towards one option; subtracting what
it says to content-free observations removes that (Zhao et al. 2021, arXiv 2102.09690). They are
asked without the worked examples: examples retrieved for an observation mostly agree, so that under
them even a content-free observation points to the right option, and subtracting that would take the
lesson away (docs/lessons.md has the measurement).
"""

import asyncio
import random
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from firsthand.models.appended import appended_tokens
from firsthand.models.choice import (
    branchings,
    calibrated,
    distinct,
    in_order,
    picked,
    question,
)
from firsthand.models.engine import Engine, Slot
from firsthand.models.weights import smollm2
from firsthand.prompt import Completion, Prompt, Sampling, Traits


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
        asked = question(prompt, engine.tokens)
        with engine.slot() as slot:
            scores = self._score(asked.ids, asked.options, slot)
            if self.calibrate:
                neutral = [self._neutral_scores(ids, asked.options, slot) for ids in asked.neutral]
                scores = calibrated(scores, neutral)
        return picked(prompt, asked, scores, sampling)

    def continue_(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Append the fresh messages to the prefix and sample one assistant message."""
        engine = self.engine
        added = appended_tokens(prompt, render=engine.render, tokens=engine.tokens, name=self.name)
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

    def _score(
        self, ids: Sequence[int], options: Sequence[tuple[int, ...]], slot: Slot
    ) -> list[float]:
        """Return log P(option) [len(options)] under decoding constrained to the options."""
        scores = [0.0] * len(options)
        for point in branchings(options):
            odds = self.engine.odds([*ids, *point.prefix], list(point.branches), slot=slot)
            for value, members in zip(odds, point.branches.values(), strict=True):
                for member in members:
                    scores[member] += value
        return scores

    def _neutral_scores(
        self, ids: tuple[int, ...], options: Sequence[tuple[int, ...]], slot: Slot
    ) -> list[float]:
        """Score the options under a content-free transcript.

        The same question is asked once, in whatever order its options come.
        """
        told_apart = distinct(options)
        order = in_order(told_apart)
        key = (ids, tuple(told_apart[place] for place in order))
        if key not in self._neutral:
            if len(self._neutral) > 4096:
                self._neutral.clear()
            self._neutral[key] = self._score(ids, [options[place] for place in order], slot)
        scores = dict(zip(order, self._neutral[key], strict=True))
        return [scores[place] for place in range(len(options))]
