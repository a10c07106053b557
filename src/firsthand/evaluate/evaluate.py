"""Evaluation: what a set of episodes says about an agent, and the paired comparison of two agents.

Every number has its n and an interval. The unit is the task: repeats of a task are averaged first,
so that they never pass for independent evidence. Failed episodes have no reward; they are counted,
by whom they are to blame on (law 8). Those that the agent brought about itself, by a full context
or an endless answer, count as 0 in the headline, and `scored` tells the mean without them: leaving
them out would reward an agent for failing where it is weak. All others are in no mean.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import AnswerCut, ModelUnavailable, RunStopped, UserError
from firsthand.evaluate.statistics import (
    Difference,
    Estimate,
    bootstrap_by_task,
    effective_n,
    paired_difference,
    pass_at_k,
    wilson,
)
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.task import Task
from firsthand.usage import Meter, Usage

if TYPE_CHECKING:
    from firsthand.journal import Journal
    from firsthand.rollout.ray import Ray

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)


class Row(msgspec.Struct, frozen=True):
    """The result on one level of one environment. None: nothing was scored."""

    environment: str
    level: int
    tasks: int
    episodes: int
    failed: int
    score: Estimate | None
    success: Estimate | None


class Evaluation(msgspec.Struct, frozen=True):
    """How one agent did. None in place of an estimate: every episode failed."""

    agent: str
    environments: tuple[str, ...]
    tasks: int
    episodes: int
    failed: int
    failures: dict[str, int]
    """Failed episodes by owner: environment, tool, model, sandbox or limits."""
    score: Estimate | None
    """Mean score, with a bootstrap interval by task; failures of the agent's own making are 0."""
    success: Estimate | None
    """Share of plays in which every check held, with Wilson's interval."""
    pass_at: dict[int, Estimate]
    """pass@k for k = 1, 2, 4, …; empty when no task was played twice."""
    rows: tuple[Row, ...]
    turns: float
    """Mean turns of an episode, failed ones included."""
    usage: Usage
    """What the model calls took."""
    true: Estimate | None = None
    """Mean of the score that was meant, over the episodes that tell it apart; None: none does."""
    flagged: int = 0
    """Episodes that look like exploits of the reward; they are in every mean."""
    flags: dict[str, int] = {}
    """Flagged episodes by reason; one may have several."""
    cut: int = 0
    """Failed episodes that ended with an answer cut off at its most tokens."""
    notes: dict[str, int] = {}
    """How requests to the model differed from what was asked for, with the number of episodes."""
    stopped: str = ""
    """Why the run ended before its last episode; empty when it did not."""
    by_agent: int = 0
    """Failed episodes that the agent brought about itself."""
    scored: Estimate | None = None
    """Mean score without those; None where there are none."""
    unavailable: bool = False
    """Whether it ended because the model did not answer."""

    @property
    def graded(self) -> bool:
        """Whether some score lay between 0 and 1, so that mean score and success rate differ."""
        return any(
            row.score and row.success and row.score.mean != row.success.mean
            for row in (self, *self.rows)
        )


class Change(msgspec.Struct, frozen=True):
    """Before, after and their paired difference, over the tasks of one slice that both sides
    scored.
    """

    before: Estimate
    after: Estimate
    difference: Difference


class Comparison(msgspec.Struct, frozen=True):
    """Two agents on the same tasks. `overall` is None when they share no scored task."""

    before: str
    after: str
    overall: Change | None
    environments: dict[str, Change]
    only_before: tuple[str, ...]
    """Ids of tasks that only one side played; they are in no number."""
    only_after: tuple[str, ...]
    failed: tuple[str, ...]
    """Ids of tasks that both played and that at least one side only failed; they are in no number.
    """


class Options(TypedDict, total=False):
    """Options of `rollout`, passed on as they are."""

    limits: Limits
    concurrency: int
    journal: "Journal | None"
    run: str
    tags: Mapping[str, str]
    resume: bool
    processes: int
    executor: "str | Ray | None"
    progress: Callable[[Episode], None] | None
    meter: Meter | None


async def evaluate(
    agent: Agent, tasks: Sequence[Task], *, repeats: int = 1, **options: Unpack[Options]
) -> Evaluation:
    """Play every task `repeats` times and summarise; all other options are those of `rollout`.

    A run that is stopped by its budget or by a model that does not answer is summarised as far as
    it went, and says so in `stopped`. Raises `RunStopped` when no episode was played.
    """
    if repeats < 1:
        raise UserError(f"Each task is played at least once, got repeats={repeats}.")
    if repeats > 1 and agent.sampling.seed is not None:
        raise UserError(
            f"With sampling seed {agent.sampling.seed} all {repeats} repeats of a task "
            "would be the same episode: leave the seed unset, or play more tasks once."
        )
    played = [task for task in tasks for _ in range(repeats)]
    try:
        return summarise(await rollout(agent, played, **options))
    except RunStopped as stopped:
        if not stopped.episodes:
            raise
        return msgspec.structs.replace(
            summarise(stopped.episodes),
            stopped=str(stopped),
            unavailable=isinstance(stopped, ModelUnavailable),
        )


def summarise(episodes: Iterable[Episode]) -> Evaluation:
    """Summarise episodes, any number a task. Raises `UserError` without any."""
    episodes = list(episodes)
    if not episodes:
        raise UserError("There are no episodes to summarise: check the filter, or play some first.")
    slices = _grouped(episodes, lambda episode: (episode.task.environment, episode.task.level))
    failed = [episode for episode in episodes if episode.reward is None]
    own = [episode for episode in failed if episode.error and episode.error.by_agent]
    return Evaluation(
        agent=_agents(episodes),
        environments=tuple(sorted({episode.task.environment for episode in episodes})),
        tasks=len(_grouped(episodes, _task_id)),
        episodes=len(episodes),
        failed=len(failed),
        failures=dict(
            Counter(
                episode.error.owner if episode.error else "unknown" for episode in failed
            ).most_common()
        ),
        score=_score(episodes),
        success=_success(episodes),
        pass_at=_pass_at(episodes),
        rows=tuple(
            _row(environment, level, slices[environment, level])
            for environment, level in sorted(slices)
        ),
        turns=sum(len(episode.turns) for episode in episodes) / len(episodes),
        usage=sum(map(_usage, episodes), Usage()),
        true=_true(episodes),
        flagged=sum(bool(episode.flags) for episode in episodes),
        flags=dict(
            Counter(reason for episode in episodes for reason in episode.flags).most_common()
        ),
        cut=sum(
            episode.error is not None and episode.error.type == AnswerCut.__name__
            for episode in failed
        ),
        by_agent=len(own),
        scored=_score([episode for episode in episodes if episode.reward is not None])
        if own
        else None,
        notes=dict(Counter(note for episode in episodes for note in episode.notes).most_common()),
    )


def _usage(episode: Episode) -> Usage:
    """What an episode's model calls took; episodes of older journals keep only ids of tokens."""
    if episode.usage is not None:
        return episode.usage
    turns = [turn for turn in episode.turns if turn.prompt_ids or turn.ids]
    prompt, sampled = (
        sum(len(turn.prompt_ids) for turn in turns),
        sum(len(turn.ids) for turn in turns),
    )
    return Usage(len(turns), prompt, sampled)


def compare(before: Iterable[Episode], after: Iterable[Episode]) -> Comparison:
    """Compare two agents by task. Raises `UserError` when one side has no episodes.

    Repeats of a task are averaged over those that did not fail.
    """
    before, after = list(before), list(after)
    if not before or not after:
        raise UserError(
            f"A comparison needs episodes on both sides, got {len(before)} before and "
            f"{len(after)} after."
        )
    tasks = {episode.task.id: episode.task for episode in (*before, *after)}
    played = {episode.task.id for episode in before}, {episode.task.id for episode in after}
    scores = _scores_by_task(before), _scores_by_task(after)
    both = sorted(scores[0].keys() & scores[1].keys())
    environments = _grouped(both, lambda task: tasks[task].environment)
    return Comparison(
        before=_agents(before),
        after=_agents(after),
        overall=_change(both, *scores) if both else None,
        environments={name: _change(environments[name], *scores) for name in sorted(environments)},
        only_before=tuple(sorted(played[0] - played[1])),
        only_after=tuple(sorted(played[1] - played[0])),
        failed=tuple(sorted((played[0] & played[1]) - set(both))),
    )


def _agents(episodes: Iterable[Episode]) -> str:
    return ", ".join(sorted({episode.agent for episode in episodes}))


def _task_id(episode: Episode) -> str:
    return episode.task.id


def _grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    groups: dict[Key, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)


def _scores_by_task(episodes: Iterable[Episode]) -> dict[str, list[float]]:
    scores: dict[str, list[float]] = defaultdict(list)
    for episode in episodes:
        if episode.counted is not None:
            scores[episode.task.id].append(episode.counted)
    return dict(scores)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _estimate(values_by_task: Sequence[Sequence[float]]) -> Estimate | None:
    if not values_by_task:
        return None
    return Estimate(
        _mean([_mean(values) for values in values_by_task]),
        bootstrap_by_task(values_by_task),
        len(values_by_task),
    )


def _score(episodes: Sequence[Episode]) -> Estimate | None:
    return _estimate(list(_scores_by_task(episodes).values()))


def _true(episodes: Sequence[Episode]) -> Estimate | None:
    by_task: dict[str, list[float]] = defaultdict(list)
    for episode in episodes:
        if episode.reward is not None and episode.true is not None:
            by_task[episode.task.id].append(episode.true)
    return _estimate(list(by_task.values()))


def _successes(episodes: Sequence[Episode]) -> list[list[float]]:
    return [
        [float(score == 1.0) for score in scores] for scores in _scores_by_task(episodes).values()
    ]


def _success(episodes: Sequence[Episode]) -> Estimate | None:
    by_task = _successes(episodes)
    if not by_task:
        return None
    share, n = _mean([_mean(values) for values in by_task]), effective_n(by_task)
    return Estimate(share, wilson(share * n, n), len(by_task))


def _pass_at(episodes: Sequence[Episode]) -> dict[int, Estimate]:
    by_task = _successes(episodes)
    most = max((len(values) for values in by_task), default=0)
    found: dict[int, Estimate] = {}
    for k in (2**i for i in range(most.bit_length())) if most > 1 else ():
        chances = [
            [pass_at_k(len(values), round(sum(values)), k)]
            for values in by_task
            if len(values) >= k
        ]
        estimate = _estimate(chances)
        if estimate:
            found[k] = estimate
    return found


def _row(environment: str, level: int, episodes: Sequence[Episode]) -> Row:
    return Row(
        environment,
        level,
        len(_grouped(episodes, _task_id)),
        len(episodes),
        sum(episode.reward is None for episode in episodes),
        _score(episodes),
        _success(episodes),
    )


def _change(
    tasks: Sequence[str], before: dict[str, list[float]], after: dict[str, list[float]]
) -> Change:
    sides = [[scores[task] for task in tasks] for scores in (before, after)]
    first, second = ([_mean(values) for values in side] for side in sides)
    return Change(
        Estimate(_mean(first), bootstrap_by_task(sides[0]), len(tasks)),
        Estimate(_mean(second), bootstrap_by_task(sides[1]), len(tasks)),
        paired_difference(first, second),
    )
