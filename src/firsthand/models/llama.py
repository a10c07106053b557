"""The embedded model: any GGUF file through llama.cpp, with calibrated choice among legal moves.

A model of 135M parameters follows worked examples in the query's own format, as a plain transcript,
and ignores prose. Asked to choose, it mostly shows its prior towards one option; subtracting what
it says to content-free observations removes that (Zhao et al. 2021, arXiv 2102.09690). They are
asked without the worked examples: examples retrieved for an observation mostly agree, so that under
them even a content-free observation points to the right option, and subtracting that would take the
lesson away (docs/lessons.md has the measurement).
"""

import asyncio
import copy
import random
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from firsthand.models.adapter import adapter_name
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


class _Shared:
    """What a model and its bare twin have in common: the engine, and what the base says unasked."""

    def __init__(self) -> None:
        self.loading = threading.Lock()
        self.engine: Engine | None = None
        self.neutral: dict[tuple[Any, ...], list[float]] = {}


class Llama:
    """A GGUF model in this process, loaded when first asked.

    `source` is `smollm2` or the path of a GGUF file, `adapter` the path of a GGUF LoRA to play
    with; `slots` contexts are kept, of `context` tokens or of as many as the model was trained
    with, whichever is less; `calibrate=False` chooses by raw probability. Raises as `Engine` and
    `smollm2` do.
    """

    traits = Traits(chooses=True, few_shot=True)

    def __init__(
        self,
        source: str = "smollm2",
        *,
        adapter: Path | None = None,
        slots: int = 4,
        context: int = 8192,
        threads: int | None = None,
        calibrate: bool = True,
    ) -> None:
        self.source, self.adapter, self.calibrate = source, adapter, calibrate
        self.slots, self.context, self.threads = slots, context, threads
        self.scale = 0.0 if adapter is None else 1.0
        """How much of the adapter is added: 0 is the model without it."""
        self._shared = _Shared()

    @property
    def name(self) -> str:
        """`llama:` and the source, and the adapter if it plays; files by their names only, for
        paths differ between machines.
        """
        source = "smollm2" if self.source == "smollm2" else Path(self.source).stem
        if self.adapter is None or self.scale == 0.0:
            return f"llama:{source}"
        return f"llama:{source}+{adapter_name(self.adapter)}"

    def bare(self) -> "Llama":
        """Return the same model without its adapter, in the same engine: both may play at once."""
        other = copy.copy(self)
        other.scale = 0.0
        return other

    @property
    def engine(self) -> Engine:
        """The engine, loaded now if it was not."""
        with self._shared.loading:
            if self._shared.engine is None:
                path = smollm2() if self.source == "smollm2" else Path(self.source).expanduser()
                self._shared.engine = Engine(
                    path,
                    slots=self.slots,
                    context=self.context,
                    threads=self.threads,
                    adapter=self.adapter,
                )
            return self._shared.engine

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Choose among `prompt.choices` when there are any, else continue the conversation."""
        engine = self._shared.engine or await asyncio.to_thread(lambda: self.engine)
        work = self.choose if prompt.choices else self.continue_
        return await asyncio.get_running_loop().run_in_executor(
            engine.pool, partial(work, prompt, sampling)
        )

    async def close(self) -> None:
        """Unload the model; it is loaded again when asked again."""
        engine, self._shared.engine = self._shared.engine, None
        if engine is not None:
            await asyncio.to_thread(engine.close)

    def choose(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Score every option, calibrate, and draw one."""
        engine = self.engine
        asked = question(prompt, engine.tokens)
        with engine.slot(scale=self.scale) as slot:
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
        with engine.slot(scale=self.scale) as slot:
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
        """Score the options under a content-free transcript, the adapter left out.

        The same question is asked once, in whatever order its options come.
        """
        bare = msgspec.structs.replace(slot, scale=0.0)
        told_apart = distinct(options)
        order = in_order(told_apart)
        key = (ids, tuple(told_apart[place] for place in order))
        if key not in self._shared.neutral:
            if len(self._shared.neutral) > 4096:
                self._shared.neutral.clear()
            self._shared.neutral[key] = self._score(ids, [options[place] for place in order], bare)
        scores = dict(zip(order, self._shared.neutral[key], strict=True))
        return [scores[place] for place in range(len(options))]
