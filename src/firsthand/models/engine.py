"""The llama.cpp engine inside this process: tokens in, tokens and log-probabilities out.

xllamacpp runs llama.cpp's server in threads of this process and lets it be called directly. Each
slot keeps the keys and values of its last context, so that a prompt that begins alike is prefilled
once. A small model runs as one single-threaded copy a core: two threads that wait for each other at
every layer are no faster on idle cores and half as fast on busy ones (docs/log.md). Left out:
grammars written by hand (a JSON Schema is enough) and streaming.
"""

import json
import math
import os
import queue
import urllib.error
import urllib.request
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from firsthand.errors import ContextFull, MissingExtra, ModelError, UserError

SMALL = 1 << 30
"""Bytes of a file below which a model runs as one copy a core."""
FORCE = 60.0
"""Added to the logits of the tokens asked about: the rest keeps less than e^-40 of the probability.
"""

_ALL_TOKENS = {"return_tokens": True, "verbose": True, "response_fields": ["tokens"]}
"""Asks for the ids of all sampled tokens: log-probabilities come without those that end inside a
character.
"""
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Reaches this machine whatever the proxy settings say."""


class Sampled(msgspec.Struct, frozen=True):
    """What the engine continued with: text, token ids and their log-probabilities in nats."""

    text: str
    ids: list[int]
    logprobs: list[float]
    cut: bool


class Slot(msgspec.Struct, frozen=True):
    """A place for one context: a copy of the model, and a number in it.

    `scale` of the adapter holds for every request in it; llama.cpp forgets what it has cached of a
    context when the scale changes.
    """

    copy: int
    number: int
    scale: float = 0.0


class Engine:
    """A GGUF model loaded in this process, with `slots` contexts of `context` tokens each.

    No more than the model was trained with: `context` is then what it holds. An `adapter` is loaded
    beside it, to be switched on and off by slot.

    All methods block and may be called from any thread; `pool` has a thread for each slot. Raises
    `MissingExtra` without xllamacpp, `UserError` when the file is not there, `ModelError` when it
    cannot be loaded.
    """

    def __init__(
        self,
        path: Path,
        *,
        slots: int,
        context: int,
        threads: int | None = None,
        adapter: Path | None = None,
    ) -> None:
        try:
            import xllamacpp
        except ImportError:
            raise MissingExtra("xllamacpp", extra="local") from None
        library: Any = xllamacpp  # compiled, without types
        if not path.is_file():
            raise UserError(
                f"There is no GGUF file at {path}. Write llama:smollm2, or llama:PATH.gguf."
            )
        cores = threads or available_cores()
        small = path.stat().st_size < SMALL
        copies = min(cores, slots) if small else 1
        each = -(-slots // copies)
        self._adapted = adapter is not None
        self._servers: list[Any] = []
        for _ in range(copies):
            parameters = library.CommonParams()
            parameters.model.path = str(path)
            parameters.n_parallel = each
            parameters.n_ctx = context * each
            parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = (
                1 if small else cores
            )
            parameters.verbosity = 0
            parameters.warmup = False
            parameters.cache_ram_mib = 0
            if adapter is not None:
                parameters.lora_adapters = [library.CommonAdapterLoraInfo(str(adapter), 0.0)]
            with _silence():
                try:
                    self._servers.append(library.Server(parameters))
                except Exception as error:
                    given = f"{path} with {adapter}" if adapter else path
                    raise ModelError(f"llama.cpp could not load {given}: {error}") from error
            _await_loop(self._servers[-1])
        self.url: str = self._servers[0].listening_address
        self.context = min(context, self._trained())
        self.pool = ThreadPoolExecutor(slots, thread_name_prefix="llama")
        self._free: queue.SimpleQueue[Slot] = queue.SimpleQueue()
        for slot in range(slots):
            self._free.put(Slot(slot % copies, slot // copies))
        self.tokens = lru_cache(maxsize=65536)(self._tokens)

    @contextmanager
    def slot(self, *, scale: float = 0.0) -> Generator[Slot]:
        """Hold one slot, so that calls with a common prefix reuse its cache.

        `scale` is that of the adapter: 0 leaves it out.
        """
        slot = self._free.get()
        try:
            yield msgspec.structs.replace(slot, scale=scale)
        finally:
            self._free.put(slot)

    def _tokens(self, text: str, special: bool = False) -> tuple[int, ...]:
        """Tokenise text. Special tokens written out in it are read as such only on request: what an
        environment says never is.
        """
        return tuple(
            self._post(
                "/tokenize", {"content": text, "add_special": False, "parse_special": special}
            )["tokens"]
        )

    def render(self, messages: Sequence[dict[str, Any]]) -> str:
        """Apply the model's own chat template, up to where the assistant speaks."""
        return self._post("/apply-template", {"messages": list(messages)})["prompt"]

    def sample(
        self,
        ids: Sequence[int],
        *,
        slot: Slot,
        temperature: float,
        top_p: float,
        max_tokens: int,
        seed: int,
        schema: dict[str, Any] | None = None,
    ) -> Sampled:
        """Continue the tokens. Log-probabilities are those of the distribution that was sampled
        from, a schema left aside.
        """
        tempered = temperature not in (0.0, 1.0) or top_p < 1.0
        answer = self._complete(
            slot,
            {
                "prompt": list(ids),
                "n_predict": max_tokens,
                "temperature": temperature,
                "samplers": ["top_p", "temperature"] if top_p < 1.0 else ["temperature"],
                "top_p": top_p,
                "seed": seed,
                "n_probs": 1,
                "post_sampling_probs": tempered,
                **_ALL_TOKENS,
                **({"json_schema": schema} if schema else {}),
            },
        )
        choice: dict[str, Any] = answer["choices"][0]
        sampled: list[int] = answer["__verbose"]["tokens"]
        logprobs = [
            _log(step["prob"]) if tempered else float(step["logprob"]) for step in _steps(choice)
        ]
        reported = _aligned(sampled, [int(step["id"]) for step in _steps(choice)])
        for place in sorted(set(range(len(sampled))) - set(reported)):
            logprobs.insert(
                place,
                self._unreported(
                    [*ids, *sampled[:place]], sampled[place], slot, temperature or 1.0, top_p
                ),
            )
        return Sampled(choice["text"], sampled, logprobs, choice["finish_reason"] == "length")

    def _unreported(
        self, ids: Sequence[int], token: int, slot: Slot, temperature: float, top_p: float
    ) -> float:
        """Return the log-probability of a token that ends inside a character: llama.cpp reports
        nothing for it.
        """
        if temperature == 1.0 == top_p and token in (some := self._next(ids, slot, 2000)):
            return some[token]
        likely = sorted(self._next(ids, slot).items(), key=lambda pair: -pair[1])
        before = accumulate([0.0, *(math.exp(value) for _, value in likely)])
        kept = {
            other: value / temperature
            for (other, value), share in zip(likely, before, strict=False)
            if share < top_p or other == token
        }
        return kept[token] - math.log(sum(math.exp(value) for value in kept.values()))

    def _next(self, ids: Sequence[int], slot: Slot, n: int = 1 << 20) -> dict[int, float]:
        """Return the log-probabilities of the `n` likeliest next tokens. Listing a whole vocabulary
        takes a second.
        """
        (newline,) = self.tokens(
            "\n"
        )  # sampled by force, so that the sampled token never ends inside a character
        request = {
            "prompt": list(ids),
            "n_predict": 1,
            "n_probs": 1 << 20,
            "samplers": ["temperature"],
            "logit_bias": [[newline, 2 * FORCE]],
            "seed": 0,
        }
        (step,) = _steps(self._complete(slot, request)["choices"][0])
        return {int(one["id"]): float(one["logprob"]) for one in step["top_logprobs"]}

    def odds(self, ids: Sequence[int], tokens: Sequence[int], *, slot: Slot) -> list[float]:
        """Return log-probabilities [len(tokens)] of the next token being each of `tokens`, given
        that it is one of them.
        """
        answer = self._complete(
            slot,
            {
                "prompt": list(ids),
                "n_predict": 1,
                "temperature": 1.0,
                "samplers": ["temperature"],
                "n_probs": len(tokens),
                "post_sampling_probs": True,
                "logit_bias": [[token, FORCE] for token in tokens],
                "seed": 0,
            },
        )
        steps = _steps(answer["choices"][0])
        if not steps:  # it sampled a token that ends inside a character
            found = self._next(ids, slot)
            total = math.log(sum(math.exp(found[token]) for token in tokens))
            return [found[token] - total for token in tokens]
        chances = {int(step["id"]): float(step["prob"]) for step in steps[0]["top_probs"]}
        return [_log(chances.get(token, 0.0)) for token in tokens]

    def close(self) -> None:
        """Stop the threads and free the memory."""
        self.pool.shutdown()
        self._servers.clear()

    def _complete(self, slot: Slot, request: dict[str, Any]) -> dict[str, Any]:
        tokens, follow = len(request["prompt"]), request["n_predict"]
        if tokens + follow > self.context:
            raise ContextFull(
                f"The prompt has {tokens} tokens and {follow} may follow: "
                f"the context holds {self.context}.",
                tokens=tokens + follow,
                context=self.context,
            )
        place: dict[str, Any] = {"id_slot": slot.number, "cache_prompt": True, "stream": False}
        if self._adapted:
            place["lora"] = [{"id": 0, "scale": slot.scale}]
        answer: Any = self._servers[slot.copy].handle_completions({**request, **place})
        if "choices" not in answer:
            raise ModelError(f"llama.cpp refused the request: {answer.get('error', answer)}")
        return answer

    def _trained(self) -> int:
        """Return the context length that the model was trained with."""
        with _direct.open(self.url + "/v1/models", timeout=60) as answer:
            about = json.load(answer)["data"][0]["meta"]
        return int(about["n_ctx_train"])

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with _direct.open(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.URLError as error:
            raise ModelError(f"llama.cpp did not answer {path}: {error}") from error


def _await_loop(server: Any) -> None:
    """Wait until a server works off requests: one that is destroyed before its loop has begun never
    ends.
    """
    server.handle_completions(
        {"prompt": [0], "n_predict": 1, "cache_prompt": False, "stream": False}
    )


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _log(probability: float) -> float:
    return math.log(max(probability, 1e-38))


def _steps(choice: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is reported of the sampled tokens; nothing is of those that end inside a
    character.
    """
    reported: Any = choice.get("logprobs")
    return reported["content"] if reported else []


def _aligned(sampled: Sequence[int], reported: Sequence[int]) -> list[int]:
    """Return the places in `sampled` of the tokens `reported`: the last possible ones, for a
    character is reported where it ends.
    """
    places: list[int] = []
    place = len(sampled)
    for token in reversed(reported):
        place = next(i for i in reversed(range(place)) if sampled[i] == token)
        places.append(place)
    return places


@contextmanager
def _silence() -> Generator[None]:
    """Keep llama.cpp's start-up chatter, written by C code, off standard error."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
