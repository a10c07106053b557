"""Whether a player reacts to lessons at all: checked before anything is spent on learning.

The player is told the laws of the world in lessons of the kinds that may be learned: the
environment's own rules, and worked examples of its expert. Beside it plays the same player with the
same lessons scrambled, each condition paired with the consequence of another. Whoever does no
better when told the truth cannot be taught by lessons. Three outcomes, by the 95% interval of the
paired difference:

- above 0: the player reacts, and learning begins;
- below `LEAST` throughout: there is nothing to gain that would be worth it, and learning stops
  where somebody pays for the player (`paid`); a player that costs nothing but time is warned of;
- neither: no reaction was shown, which is told as a warning, and learning begins.

What was told is used for nothing else, and the tasks are train tasks that learning does not reach.
Left out: models that learn from examples shown as earlier turns, which do not read prose.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from statistics import fmean

import msgspec

from firsthand.agent import Agent
from firsthand.environment import Environment
from firsthand.episode import Episode
from firsthand.errors import Failed, boundary
from firsthand.evaluate.statistics import Difference, paired_difference
from firsthand.evaluate.wording import interval, number
from firsthand.learn.lessons.review import worked_examples
from firsthand.learn.lessons.settings import TASKS_OF_A_SEED, LearnConfig
from firsthand.models.scripted import Expert
from firsthand.playbook import Kind, Lesson, Playbook
from firsthand.prompt import Model
from firsthand.registry import lookup, tasks
from firsthand.retrieval import pattern
from firsthand.rollout.pool import rollout
from firsthand.task import Task
from firsthand.usage import Meter

Plays = Callable[[Sequence[Agent], Sequence[Task]], Awaitable[list[Episode]]]

EXAMPLES = 40
"""Tasks whose expert's play is shown; the prompt holds as many examples as it has room for."""

LEAST = 0.25
"""A difference between right and scrambled lessons below which learning stops. With 20 pairs a
player whose answers do not change at all has the interval [-.14, .14]; one whose answers change at
random has about .27 on either side, so that it is warned of and not stopped."""


class Reaction(msgspec.Struct, frozen=True):
    """What the check found in one environment."""

    environment: str
    difference: Difference | None = None
    """Score with the right lessons less that with the scrambled ones; None: no check was made."""
    right: float = 0.0
    scrambled: float = 0.0
    failed: int = 0
    """Tasks that an endpoint or the machine kept a side from scoring."""
    reason: str = ""
    """Why no check was made."""

    @property
    def shown(self) -> bool:
        """Whether the player was shown to react."""
        return self.difference is not None and self.difference.interval.low > 0.0

    @property
    def excluded(self) -> bool:
        """Whether a reaction that would be worth it was excluded."""
        return self.difference is not None and self.difference.interval.high < LEAST

    def told(self) -> str:
        """Say it in one line."""
        if self.difference is None:
            return f"{self.environment}: no check whether the player reacts: {self.reason}."
        found = self.difference
        if self.shown:
            said = "the player reacts to lessons"
        elif self.excluded:
            said = "the player does not react to lessons"
        else:
            said = "no reaction to lessons was shown; learning may be of no use"
        failed = f", {self.failed} more failed" if self.failed else ""
        return (
            f"{self.environment}: {said}: it scores {number(self.right)} with the right lessons, "
            f"{number(self.scrambled)} with scrambled ones, {number(found.mean, signed=True)} "
            f"{interval(found.interval, signed=True)} (95% interval, {found.n} pairs{failed})."
        )


def reads(agent: Agent) -> bool:
    """Say whether lessons are shown to the agent as prose."""
    return isinstance(agent.model, Model) and not agent.model.traits.few_shot


def paid(agent: Agent, meter: Meter) -> bool:
    """Say whether learning costs money: prices were given, or the model is on another machine."""
    far = isinstance(agent.model, Model) and agent.model.traits.paid
    return far or meter.prices is not None


async def react(
    agent: Agent,
    environment: str,
    config: LearnConfig,
    play: Plays,
    *,
    kinds: Sequence[Kind] = ("example", "rule"),
) -> Reaction:
    """Play the right lessons of these kinds against the scrambled ones on the same tasks."""
    own = lookup(environment)
    if not own.laws:
        return Reaction(environment, reason="it declares no laws of the world that could be told")
    pairs, top = config.reaction_pairs, (config.seed + 1) * TASKS_OF_A_SEED

    def ahead(n: int, start: int) -> list[Task]:
        return tasks(environment, n, level=config.level, world=config.world, start=start)

    try:
        right = await lessons(own, ahead(EXAMPLES, top - pairs - EXAMPLES), config, kinds)
    except Failed as failed:
        return Reaction(environment, reason=f"calling rules failed: {failed}")
    wrong = scrambled(right)
    if not right and "example" not in kinds:
        return Reaction(environment, reason="it tells no rules, and examples are not learned here")
    if not right or wrong == right:
        return Reaction(environment, reason="its expert shows nothing that could be scrambled")
    told = [
        agent.with_playbook(Playbook(0, tuple(_lesson(*one, environment) for one in said)))
        for said in (right, wrong)
    ]
    fresh = ahead(pairs, top - pairs)
    played = await play(told * pairs, [task for task in fresh for _ in told])
    scores = [
        (after.counted, before.counted)
        for after, before in zip(played[::2], played[1::2], strict=True)
    ]
    whole = [(a, b) for a, b in scores if a is not None and b is not None]
    if not whole:
        return Reaction(environment, failed=pairs, reason="one side or both failed in every pair")
    after, before = zip(*whole, strict=True)
    found = paired_difference(before, after)
    return Reaction(environment, found, fmean(after), fmean(before), pairs - len(whole))


Statement = tuple[str, str, bool]
"""A condition, its consequence, and whether it is a worked example: observation and action."""


async def lessons(
    environment: type[Environment],
    shown: Sequence[Task],
    config: LearnConfig,
    kinds: Sequence[Kind] = ("example", "rule"),
) -> list[Statement]:
    """Return the laws of the tasks' world: the rules, and what the expert did, each once.

    Only `kinds` of lessons are returned.

    Raises `Failed` when the environment's `rules` do.
    """
    found: list[Statement] = []
    if "rule" in kinds:
        with boundary("environment", "calling rules"):
            for condition, consequence in environment.rules(shown[0]):
                found.append((str(condition), str(consequence), False))
    experts = shown if "example" in kinds else ()
    for episode in await rollout(Agent(model=Expert()), experts, limits=config.limits):
        if episode.success:
            found += [(one.observation, one.action, True) for one in worked_examples(episode)]
    return list(dict.fromkeys(found))


def scrambled(statements: Sequence[Statement]) -> list[Statement]:
    """Pair each condition with the consequence of another that says something else.

    Rules stay rules and examples stay examples. Where one consequence belongs to more than half of
    the conditions, some of them keep it.
    """
    found = list(statements)
    for example in (False, True):
        places = [place for place, one in enumerate(statements) if one[2] is example]
        ways = {place: pattern(*statements[place][:2]) for place in places}
        places.sort(key=ways.__getitem__)
        shift = max(Counter(ways.values()).values(), default=0)
        for rank, place in enumerate(places):
            other = places[(rank + shift) % len(places)]
            found[place] = (statements[place][0], statements[other][1], example)
    return found


def _lesson(condition: str, consequence: str, example: bool, environment: str) -> Lesson:
    if example:
        return Lesson("example", observation=condition, action=consequence, scope=environment)
    return Lesson("rule", f"When {condition}, {consequence}.", scope=environment)
