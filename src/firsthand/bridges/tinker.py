"""Training on a server that speaks tinker's API: its cloud, or SkyRL's own server by `base_url`.

    model = connect("Qwen/Qwen3-8B")
    lab = Lab(fh.Agent(model=model), ["data/ledger"], folder=Path("runs/far"), budget=2_000)
    await grpo(lab, TrainConfig())

Episodes are played by `play`, in this process; sampling, gradients and optimizer are the server's.
What it gets are our rows with our denominators folded into their advantages, so that its gradient
is the one that the trainer in this process computes. The recipes `sft`, `filtered_sft` and `grpo`
run on it.

Refused at the start, since the API tells the log-probabilities of given tokens and nothing of the
others: `loss.entropy` and `loss.kl`, distillation, another temperature than 1. `ratio="sequence"`:
the formula of its `gspo` is not written down. The model writes, also where there are legal moves,
which are listed for it then. Left out: its telemetry is its own (`TINKER_TELEMETRY=0`).
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from firsthand.bridges.package import package
from firsthand.bridges.tinker_datum import Loss, check, datum, gathered
from firsthand.errors import ModelError, UserError
from firsthand.learn.weights.rows import Row
from firsthand.learn.weights.settings import Aim, TrainConfig
from firsthand.models.chat_tokens import ChatTokens
from firsthand.playbook import replace_file
from firsthand.prompt import Completion, Prompt, Sampling, Traits

if TYPE_CHECKING:
    from firsthand.learn.weights.losses import Counts
    from firsthand.learn.weights.trainer import Metrics

__all__ = ["Loss", "TinkerModel", "TinkerTrainer", "connect", "datum"]

FILE = "tinker.json"

SECONDS = 3600.0
"""Longest wait for one answer: a server's queue may be long, and the SDK tries again meanwhile."""

KEPT_SECONDS = 30 * 24 * 3600
"""How long the server keeps what a step left to go on from; what `save` leaves stays."""

EPSILON = 1e-8
"""Of AdamW, torch's own as in this process; tinker's would be 1e-12."""

LOSSES: dict[Aim, Loss] = {"clip": "ppo", "cispo": "cispo", "reinforce": "cross_entropy"}


def connect(
    base_model: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    tokenizer: Any = None,
    rank: int = 32,
    seed: int | None = None,
) -> "TinkerModel":
    """Make a LoRA adapter of `base_model` on a server, and return the model that plays with it.

    Without `base_url` and `api_key`, `TINKER_BASE_URL` and `TINKER_API_KEY` say where and who. A
    key begins with tml-, also for servers of your own. `tokenizer` is a folder or one of Hugging
    Face; None: the SDK fetches the model's. Raises `MissingExtra`, and `UserError` with what the
    server said.
    """
    sdk = package("tinker", extra="tinker")
    try:
        service = sdk.ServiceClient(base_url=base_url, api_key=api_key)
        made = service.create_lora_training_client(base_model, rank=rank, seed=seed)
    except sdk.TinkerError as error:
        raise UserError(f"tinker cannot begin to train {base_model}: {error}") from error
    client = _waited(made, f"make an adapter of {base_model}")
    if tokenizer is None:
        tokenizer = client.get_tokenizer()
    elif isinstance(tokenizer, str | Path):
        tokenizer = package("transformers", extra="tinker").AutoTokenizer.from_pretrained(
            str(tokenizer)
        )
    return TinkerModel(service, client, tokenizer, base_model)


class TinkerModel:
    """A model on a server, which writes its answers; `client` is the SDK's training client."""

    traits = Traits(paid=True)

    def __init__(self, service: Any, client: Any, tokenizer: Any, base_model: str) -> None:
        self.service, self.client = service, client
        self.name = f"tinker:{base_model}"
        self.version = 0
        self.tokens = ChatTokens(tokenizer, name=self.name)
        self._sampler: tuple[int, Future[Any]] | None = None

    name: str
    version: int
    """Optimizer steps that its weights have seen."""

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Continue the conversation under the weights as they are now; tokens are kept."""
        if prompt.schema is not None:
            raise ModelError(f"{self.name} cannot be held to a schema.")
        sdk = package("tinker", extra="tinker")
        added = self.tokens.appended(prompt)
        asked = sdk.SamplingParams(
            max_tokens=sampling.max_tokens or self.traits.answer_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=sampling.seed,
            stop=[self.tokens.end],
        )
        context = sdk.ModelInput.from_ints([*prompt.prefix_ids, *added])
        try:
            async with asyncio.timeout(SECONDS):
                # shielded: one play that is cancelled must not end the wait of the others
                sampler = await asyncio.shield(asyncio.wrap_future(self._sampling()))
                answer = await sampler.sample(context, 1, asked)
        except (sdk.TinkerError, ValueError, TimeoutError) as error:
            raise ModelError(f"{self.name} could not be sampled: {error}") from error
        return self._completed(added, answer.sequences[0])

    def forced(self, prompt: Prompt, text: str) -> Completion:
        """Return the completion that says `text`, in tokens; see `Trainable`."""
        ids = [*self.tokens.tokens(text), self.tokens.end]
        added = self.tokens.appended(prompt)
        return Completion(text, prompt_ids=added, ids=ids, logprobs=[0.0] * len(ids))

    def trainer(self, config: TrainConfig) -> "TinkerTrainer":
        """Return who trains it. Raises `UserError` for what the API cannot express."""
        return TinkerTrainer(self, config)

    async def close(self) -> None:
        """End the session on the server, and with it what was not saved."""
        async with asyncio.timeout(SECONDS):
            await self.service.close("success")

    def _sampling(self) -> "Future[Any]":
        """Return the future of the sampling client of the present weights."""
        if self._sampler is None or self._sampler[0] != self.version:
            saved = self.client.save_weights_and_get_sampling_client()
            self._sampler = self.version, saved.future()
        return self._sampler[1]

    def _completed(self, added: list[int], said: Any) -> Completion:
        ids, logprobs = list(said.tokens), said.logprobs
        if logprobs is None or len(logprobs) != len(ids):
            raise ModelError(f"{self.name} was sampled without a log-probability for each token.")
        cut = said.stop_reason == "length"
        if not cut and (not ids or ids[-1] != self.tokens.end):
            raise ModelError(
                f"{self.name} stopped, and left the token out at which it did: rows would not hold "
                "what was sampled."
            )
        return Completion(
            self.tokens.text(ids), prompt_ids=added, ids=ids, logprobs=list(logprobs), cut=cut
        )


class TinkerTrainer:
    """The verbs of training, each a request to the server; see `Trainer`.

    Rows that the present weights sampled have a ratio of 1 here, too: what these weights say is
    asked first, in one forward pass more. `aim="reinforce"` has the same gradient without it.
    """

    def __init__(self, model: TinkerModel, config: TrainConfig = TrainConfig()) -> None:
        _check_settings(config)
        self.model, self.config = model, config
        self.data: dict[str, int] = {}

    @property
    def step(self) -> int:
        """Optimizer steps that the weights have seen."""
        return self.model.version

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Continue a conversation under the weights as they are now."""
        return await self.model.sample(prompt, sampling)

    def logprobs(self, rows: Sequence[Row]) -> list[tuple[float, ...]]:
        """Return for each row [units] the log-probability of what was taken, as of now."""
        if not rows:
            return []
        data = [datum(row, loss="cross_entropy") for row in rows]
        told = _waited(self.model.client.forward(data, "cross_entropy"), "tell log-probabilities")
        return _logprobs(rows, told)

    def forward_backward(
        self, rows: Sequence[Row], *, anchors: Sequence[tuple[float, ...]] | None = None
    ) -> "Metrics":
        """Add the gradient of the rows of one optimizer step; see `LocalTrainer`.

        `Metrics.loss` is what the server says. The entropy is estimated from the sampled tokens.
        """
        from firsthand.learn.weights.losses import counts

        for row in rows:
            check(row)
        config, per = self.config.loss, counts(rows, self.config.loss)
        old = list(anchors) if anchors is not None else self._anchors(rows)
        named: dict[Loss, list[int]] = {}
        for place, row in enumerate(rows):
            loss = "cross_entropy" if row.component == "sft" else LOSSES[config.aim]
            named.setdefault(loss, []).append(place)
        asked: dict[Loss, Any] = {}
        for loss, places in named.items():
            data = [
                datum(
                    rows[place],
                    loss=loss,
                    scale=self._scale(rows[place], per, old[place]),
                    anchor=old[place],
                )
                for place in places
            ]
            asked[loss] = self.model.client.forward_backward(data, loss, self._thresholds(loss))
        total, now = 0.0, dict[int, tuple[float, ...]]()
        for loss, future in asked.items():
            told = _waited(future, f"compute the gradient of {loss}")
            total += float(told.metrics.get("loss:sum", math.nan))
            own = [rows[place] for place in named[loss]]
            now |= zip(named[loss], _logprobs(own, told), strict=True)
        return self._metrics(rows, [now[place] for place in range(len(rows))], total)

    def optim_step(self, *, learning_rate: float | None = None) -> float:
        """Take one step of AdamW, forget the gradient, and return the gradient's length.

        Not a number where the server does not tell it.
        """
        from firsthand.learn.weights.trainer import BETAS

        rate = self.config.learning_rate if learning_rate is None else learning_rate
        params = package("tinker", extra="tinker").AdamParams(
            learning_rate=rate,
            beta1=BETAS[0],
            beta2=BETAS[1],
            eps=EPSILON,
            weight_decay=0.0,
            grad_clip_norm=self.config.clip_norm,
        )
        told = _waited(self.model.client.optim_step(params), "take an optimizer step")
        self.model.version += 1
        metrics: Mapping[str, float] = told.metrics or {}
        return next((float(n) for name, n in metrics.items() if "grad_norm" in name), math.nan)

    def save(self, folder: Path) -> None:
        """Let the server keep weights and optimizer for good, and write down where."""
        self._keep(folder, f"final-{self.step}", None)

    def checkpoint(self, folder: Path) -> None:
        """Let the server keep weights and optimizer for a month, and write down where."""
        self._keep(folder, f"step-{self.step}", KEPT_SECONDS)

    def kept(self, folder: Path) -> bool:
        """Say whether there is something in the folder to go on from."""
        return (folder / FILE).exists()

    def load(self, folder: Path) -> None:
        """Go on from what was saved. Raises `UserError` where it was saved with other settings."""
        from firsthand.learn.weights.trainer import check_settings

        place = msgspec.json.decode((folder / FILE).read_bytes(), type=_Place)
        check_settings(folder, place.settings, self.config)
        loaded = self.model.service.create_training_client_from_state_with_optimizer(place.path)
        self.model.client = _waited(loaded, f"load {place.path}")
        self.model.version, self.data = place.step, place.data

    def _keep(self, folder: Path, name: str, seconds: int | None) -> None:
        from firsthand.learn.weights.trainer import decisive

        client = self.model.client
        told = _waited(client.save_state(name, ttl_seconds=seconds, overwrite=True), f"save {name}")
        place = _Place(told.path, self.step, self.data, decisive(self.config))
        replace_file(folder / FILE, msgspec.json.encode(place))

    def _anchors(self, rows: Sequence[Row]) -> list[tuple[float, ...]]:
        """Return what ratios are taken to: the present weights for rows that they sampled."""
        found = [row.logprobs for row in rows]
        config = self.config.loss
        if config.aim == "reinforce" and config.cap is None:
            return found
        fresh = [
            place
            for place, row in enumerate(rows)
            if row.component == "rl" and row.version == self.step
        ]
        for place, told in zip(fresh, self.logprobs([rows[place] for place in fresh]), strict=True):
            found[place] = told
        return found

    def _scale(self, row: Row, per: "Counts", anchor: Sequence[float]) -> list[float]:
        """Return for each unit all that multiplies its advantage: denominators, and the cap."""
        config, n = self.config.loss, len(row.taken)
        if row.component == "sft":
            return [config.sft / per.sft] * n
        if row.even:
            return [0.0] * n
        share = 1.0 / per.policy / (n if config.norm == "sequence" else 1)
        if config.cap is None:
            return [share] * n
        pairs = zip(anchor, row.logprobs, strict=True)
        return [share * min(config.cap, math.exp(old - sampled)) for old, sampled in pairs]

    def _thresholds(self, loss: Loss) -> dict[str, float] | None:
        if loss == "cross_entropy":
            return None
        config = self.config.loss
        return {
            "clip_low_threshold": 1 - config.clip_low,
            "clip_high_threshold": 1 + config.clip_high,
        }

    def _metrics(
        self, rows: Sequence[Row], now: Sequence[tuple[float, ...]], total: float
    ) -> "Metrics":
        from firsthand.learn.weights.trainer import Metrics

        config = self.config.loss
        pairs = [
            (new, old)
            for row, told in zip(rows, now, strict=True)
            if row.component == "rl"
            for new, old in zip(told, row.logprobs, strict=True)
        ]
        ratios = [math.exp(new - old) for new, old in pairs]
        apart = [math.exp(new - old) - 1 - (new - old) for new, old in pairs]
        outside = [not 1 - config.clip_low <= r <= 1 + config.clip_high for r in ratios]
        n = max(1, len(pairs))
        return Metrics(
            loss=total,
            entropy=-sum(new for new, _ in pairs) / n,
            mismatch_kl=sum(apart) / n,
            clip_fraction=sum(outside) / n,
            rows=len(rows),
            units=sum(len(row.taken) for row in rows),
        )


class _Place(msgspec.Struct, frozen=True):
    """What a folder says of weights that are on a server."""

    path: str
    step: int
    data: dict[str, int]
    settings: dict[str, Any]


def _check_settings(config: TrainConfig) -> None:
    """Raise `UserError` for what the API cannot express."""
    loss = config.loss
    wrong = {
        "temperature": config.temperature != 1.0 and "its losses know temperature 1 only",
        "loss.entropy": loss.entropy and "it tells nothing of tokens that were not sampled",
        "loss.kl": loss.kl and "it tells nothing of tokens that were not sampled",
        "loss.ratio": loss.ratio != "token" and "the formula of its gspo is not written down",
    }
    for name, why in wrong.items():
        if why:
            raise UserError(
                f"{name} is set, and tinker's API cannot express it: {why}. Take "
                "TrainConfig(temperature=1.0, loss=LossConfig(entropy=0.0, kl=0.0, ratio='token'))."
            )


def _logprobs(rows: Sequence[Row], told: Any) -> list[tuple[float, ...]]:
    """Return for each row [units] what a server says of what was taken."""
    outputs = told.loss_fn_outputs
    return [
        gathered(row, output["logprobs"].tolist())
        for row, output in zip(rows, outputs, strict=True)
    ]


def _waited(asked: Any, doing: str) -> Any:
    """Wait for an answer. Raises `UserError` with what the server said."""
    future: Future[Any] = asked.future()
    try:
        return future.result(SECONDS)
    except Exception as error:
        raise UserError(f"The server of tinker's API did not {doing}: {error}") from error
