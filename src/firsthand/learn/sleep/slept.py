"""What a sleep came to."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from firsthand.episode import Episode
from firsthand.evaluate.html import render
from firsthand.evaluate.statistics import Difference, bootstrap_by_task, t_quantile
from firsthand.evaluate.wording import interval, number
from firsthand.learn.life.stage import HeldOut, change
from firsthand.learn.sleep.compress import Confirmed, Rival
from firsthand.learn.sleep.ledger import Ledger
from firsthand.learn.sleep.remask import Effect
from firsthand.playbook import replace_file
from firsthand.retrieval import pattern
from firsthand.usage import Spent


class Diversity(msgspec.Struct, frozen=True):
    """How varied an agent's choices are; collapse shows as a fall in both."""

    entropy: float
    """Of the distribution over options, in nats, on average over turns."""
    ways: int
    """Different ways of acting, over all turns."""


class Retained(msgspec.Struct, frozen=True):
    """An earlier place, without lessons: with bare weights and with the adapter."""

    place: str
    before: HeldOut
    after: HeldOut

    @property
    def difference(self) -> Difference:
        """After - before, paired by task."""
        return change(self.before, self.after)


class Slept(msgspec.Struct, frozen=True, kw_only=True):
    """Playbook and adapter, one version, and what they do on held-out tasks."""

    model: str
    student: str
    places: tuple[str, ...]
    bare: HeldOut
    """Bare weights without lessons."""
    playbook: HeldOut
    """Bare weights with the playbook."""
    asleep: HeldOut
    """The adapter, without any lesson."""
    deployed: HeldOut
    """The adapter with the lessons that were kept."""
    tokens_saved: Effect
    """Prompt tokens of an episode: with the playbook - after sleep without it."""
    confirmed: tuple[Confirmed, ...]
    rivals: tuple[Rival, ...]
    lessons: tuple[int, int, int]
    """Active lessons: before, after compressing, and kept in the prompt."""
    ledger: Ledger
    retained: tuple[Retained, ...]
    diversity: tuple[Diversity, Diversity, Diversity]
    """Of the held-out plays: bare, with the playbook, asleep."""
    spent: tuple[Spent, ...] = ()

    @property
    def kept_share(self) -> float | None:
        """How much of the playbook's gain stays without it; None: it gained nothing."""
        gain = self.playbook.mean - self.bare.mean
        return (self.asleep.mean - self.bare.mean) / gain if gain > 0 else None


def diversity(episodes: Sequence[Episode]) -> Diversity:
    """Measure how varied choices are; turns without options count nothing to the entropy."""
    entropies: list[float] = []
    ways: set[str] = set()
    for episode in episodes:
        for turn in episode.turns:
            ways.add(pattern(turn.observation.full, turn.action.text))
            if turn.choices:
                entropies.append(_entropy(list(turn.choices.values())))
    mean = sum(entropies) / len(entropies) if entropies else 0.0
    return Diversity(round(mean, 4), len(ways))


def _entropy(logs: Sequence[float]) -> float:
    top = max(logs)
    weights = [math.exp(value - top) for value in logs]
    total = sum(weights)
    return -sum(w / total * math.log(w / total) for w in weights if w > 0.0)


def saved(before: Sequence[Episode], after: Sequence[Episode]) -> Effect:
    """Return before - after in prompt tokens of an episode, on average, with a t interval."""
    found: Any = np.array(
        [
            float(old.usage.prompt_tokens - new.usage.prompt_tokens)
            for old, new in zip(before, after, strict=True)
            if old.usage is not None and new.usage is not None
        ]
    )
    n = len(found)
    if n < 2:
        return Effect(float(found.mean()) if n else 0.0, -math.inf, math.inf, n)
    mean, half = float(found.mean()), t_quantile(0.95, n - 1) * float(found.std(ddof=1)) / n**0.5
    return Effect(round(mean, 2), round(mean - half, 2), round(mean + half, 2), n)


def pooled(sides: Sequence[HeldOut]) -> HeldOut:
    """Join the held-out results of several places; one stays as it is."""
    if len(sides) == 1:
        return sides[0]
    scores = tuple(score for side in sides for score in side.scores)
    scored = [[score] for score in scores if score is not None]
    mean = sum(score for (score,) in scored) / len(scored) if scored else 0.0
    found = bootstrap_by_task(scored)
    tokens = sum(side.tokens * len(side.scores) for side in sides) / max(len(scores), 1)
    return HeldOut(mean, found.low, found.high, scores, tokens)


def last_lines(slept: Slept) -> list[str]:
    """The three lines that a sleep ends with."""
    tokens = slept.tokens_saved
    share = slept.kept_share
    kept = f"; {share:.0%} of the playbook's gain" if share is not None else ""
    return [
        f"with the playbook: {score(slept.playbook)} (bare weights {score(slept.bare)})",
        f"after sleep, without it: {score(slept.asleep)}{kept}",
        f"tokens saved per episode: {tokens.mean:.1f} [{tokens.low:.1f}, {tokens.high:.1f}] "
        f"(n = {tokens.n})",
    ]


def score(found: HeldOut) -> str:
    """Write a score with its interval and n."""
    return f"{number(found.mean)} [{number(found.low)}, {number(found.high)}] (n = {found.n})"


def lines(slept: Slept) -> list[str]:
    """Say what happened on the way, one line a fact."""
    found: list[str] = []
    for one in slept.confirmed:
        gain = f"{number(one.difference.mean, signed=True)} {_signed(one.difference)}"
        state = "confirmed" if one.holds else "shown to harm" if one.harms else "not confirmed"
        found.append(f"playbook {state} in {one.environment}: {gain} on {one.difference.n} tasks")
    for rival in slept.rivals:
        state = "replaces it" if rival.replaces else "is not shown to do as well"
        gain = f"{number(rival.difference.mean, signed=True)} {_signed(rival.difference)}"
        found.append(f"a playbook of {rival.lessons} lessons {state}: {gain}")
    before, small, kept = slept.lessons
    found.append(f"lessons: {before}, compressed to {small}, {kept} kept in the prompt")
    found.append(f"as deployed, the adapter with {kept} lessons: {score(slept.deployed)}")
    for one in slept.retained:
        gain = f"{number(one.difference.mean, signed=True)} {_signed(one.difference)}"
        sides = f"{number(one.before.mean)} -> {number(one.after.mean)}"
        found.append(f"retention in {one.place}: {sides}, {gain} (n = {one.difference.n})")
    names = ("bare", "with the playbook", "asleep")
    told = [
        f"{name} {one.entropy:.2f} nats, {one.ways} ways"
        for name, one in zip(names, slept.diversity, strict=True)
    ]
    found.append(f"diversity of choices: {'; '.join(told)}")
    return found


def _signed(difference: Difference) -> str:
    return interval(difference.interval, signed=True)


def summary(slept: Slept) -> dict[str, Any]:
    """Return everything for programs."""
    return {**msgspec.to_builtins(slept), "kept_share": slept.kept_share}


def report(slept: Slept, run: Path, *, seconds: float) -> Path:
    """Write `sleep.html` into the run's folder and return it. Raises `MissingExtra`."""
    from firsthand.learn.sleep.ledger import COLUMNS, rows, told

    values: dict[str, Any] = {
        "slept": slept,
        "last": last_lines(slept),
        "lines": [*lines(slept), f"took {seconds:.0f} s"],
        "columns": COLUMNS,
        "rows": rows(slept.ledger),
        "sides": [
            ("bare weights", slept.bare),
            ("with the playbook", slept.playbook),
            ("asleep, without it", slept.asleep),
            ("as deployed", slept.deployed),
        ],
        "number": number,
        "told": told,
    }
    path = run / "sleep.html"
    replace_file(path, render("firsthand.learn.sleep", "page", "sleep.html", values).encode())
    return path
