"""Who plays and what it may take: the values behind the options that verbs share."""

from pathlib import Path

import msgspec

from firsthand.agent import Agent
from firsthand.errors import UserError
from firsthand.models import Endpoint, model
from firsthand.playbook import Playbook, load
from firsthand.prompt import Model, Policy, Sampling
from firsthand.rollout.play import Limits
from firsthand.usage import Budget, Meter, Prices

TIMEOUT = 120.0
"""Seconds for one answer: a reasoning model that writes 4,096 tokens at 35 a second."""


def agent(
    name: str,
    *,
    playbook: Path | None = None,
    sampling: Sampling = Sampling(temperature=0.0),
    endpoint: Endpoint = Endpoint(),
) -> Agent:
    """Return an agent that is ready to play.

    An embedded model is loaded now: weights that cannot be fetched are then one message, not the
    failure of every episode. A playbook that slept brings its adapter along. Raises `UserError`.
    """
    lessons = lessons_in(playbook)
    found = model(name, endpoint=endpoint)
    if playbook and lessons.adapter:
        run = playbook if playbook.is_dir() else playbook.parent
        found = _wearing(found, run, lessons.adapter)
    if name.partition(":")[0] == "llama":
        from firsthand.models.llama import Llama

        _ = found.engine if isinstance(found, Llama) else None
    return Agent(model=found, playbook=lessons, sampling=sampling)


def learner(name: str, *, sampling: Sampling, endpoint: Endpoint = Endpoint()) -> Agent:
    """Return an agent that can learn. Raises `UserError` for a script or a person, too."""
    found = agent(name, sampling=sampling, endpoint=endpoint)
    if not isinstance(found.model, Model):
        raise UserError(
            "Only a model can learn: name one such as llama:smollm2 or openai:NAME@URL, not a "
            "script or a person."
        )
    return found


def _wearing(found: Model | Policy, run: Path, adapter: str) -> Model | Policy:
    """Return the model with the adapter that belongs to a playbook."""
    from firsthand.learn.sleep.player import wearing

    if not isinstance(found, Model):
        raise UserError(
            f"The playbook in {run} belongs to the adapter {adapter}, and {found.name} has no "
            "weights to put it in."
        )
    return wearing(found, run, adapter)


def lessons_in(playbook: Path | None) -> Playbook:
    """Return the playbook in a file or in the folder of a run; None: an empty one."""
    if playbook is None:
        return Playbook()
    return load(playbook / "playbook.toml" if playbook.is_dir() else playbook)


def endpoint(
    extra: str | None = None, key_env: str | None = None, timeout: float = TIMEOUT
) -> Endpoint:
    """Return what `--extra`, `--api-key-env` and `--timeout` say. Raises `UserError`."""
    fields = {}
    if extra is not None:
        try:
            fields = msgspec.json.decode(extra, type=dict[str, object])
        except msgspec.MsgspecError as error:
            raise UserError(
                f'--extra takes one JSON object, such as {{"reasoning_effort": "low"}}, '
                f"got {extra!r}: {error}."
            ) from None
    return Endpoint(extra=fields, key_env=key_env, timeout=timeout)


def limits(turns: int | None = None, timeout: float = TIMEOUT) -> Limits:
    """Return what `--turns` and `--timeout` say; a turn has time for repeated calls."""
    turn = 3.0 * timeout
    usual = Limits()
    return Limits(
        turns=turns, turn_seconds=turn, episode_seconds=max(usual.episode_seconds, 5.0 * turn)
    )


def meter(
    price: str | None = None,
    tokens: int | None = None,
    dollars: float | None = None,
    minutes: float | None = None,
) -> Meter:
    """Return what `--price` and the `--budget-…` options say. Raises `UserError`."""
    seconds = None if minutes is None else 60.0 * minutes
    budget = Budget(tokens=tokens, cost=dollars, seconds=seconds)
    return Meter(budget, Prices.parse(price) if price is not None else None)
