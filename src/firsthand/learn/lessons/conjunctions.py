"""Rules over several words, proposed and edited without a language model.

`Contrast` looks at one word at a time. Where only words together decide, no single word tells
anything; here pairs are compared, and rules that are known already are edited by what they led to:

- narrowed: a rule that works on some of its episodes only gets one more word;
- replaced: where another answer does better on the same words, that rule is proposed as a rival;
- merged: two rules that differ in one word and say the same become one without it.

An edit never changes a rule. It is a new lesson with its parents named, and has to earn its place
beside them by credit and gate. Left out: negations, numbers, and the order of words.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from firsthand.actions import calls_as_json
from firsthand.episode import Episode
from firsthand.playbook import Kind, Lesson

SURE = 0.9
"""Rate of success from which a rule is left as it is."""
RARE = 20
"""Words are paired that at least one in so many episodes says; others tell too little."""


class Rule(NamedTuple):
    """Words that an observation must hold, and what to do then."""

    words: frozenset[str]
    way: str


class Play(NamedTuple):
    """One turn: the words that were shown, what was done, and what the episode was worth."""

    said: frozenset[str]
    way: str
    reward: float
    episode: str


class Conjunctions:
    """Propose rules such as `when red big say alpha` from success against failure.

    `wording` is how a rule is written: rules are read back from known lessons, so that a run that
    goes on needs no memory. A rule needs `support` plays and a success rate that is `deviations`
    standard deviations above that of its way elsewhere. At most `rules` new ones and as many edits
    are proposed in a round.
    """

    kinds: Sequence[Kind] = ("rule",)

    def __init__(
        self,
        *,
        wording: str = "when {words} say {way}",
        support: int = 6,
        deviations: float = 3.0,
        rules: int = 12,
    ) -> None:
        self.wording, self.support = wording, support
        self.deviations, self.rules = deviations, rules
        words, way = re.escape("{words}"), re.escape("{way}")
        pattern = re.escape(wording).replace(words, "(?P<words>.+?)").replace(way, "(?P<way>.+)")
        self._written = re.compile(pattern, re.DOTALL)

    async def review(self, episodes: Sequence[Episode], *, known: Sequence[Lesson]) -> list[Lesson]:
        """Return new rules and edits of the known ones, environment by environment."""
        found: list[Lesson] = []
        for environment in sorted({episode.task.environment for episode in episodes}):
            plays = _plays(e for e in episodes if e.task.environment == environment)
            own = {
                rule: lesson
                for lesson in known
                if lesson.in_scope(environment) and (rule := self.read(lesson))
            }
            edits = _first(
                self.rules,
                (*self._merged(own, plays), *self._narrowed(own, plays), *self._rivals(own, plays)),
            )
            fresh = {rule: () for rule in self._fresh(plays) if rule not in own}
            have = {self.read(lesson) for lesson in known}
            for rule, parents in {**fresh, **edits}.items():
                if rule not in have:
                    found.append(self._lesson(rule, parents, environment, plays))
        return found

    def read(self, lesson: Lesson) -> Rule | None:
        """Read a lesson as a rule; None: it is worded in another way."""
        match = self._written.fullmatch(lesson.text)
        if lesson.kind != "rule" or match is None:
            return None
        return Rule(frozenset(match["words"].split()), match["way"])

    def _lesson(
        self, rule: Rule, parents: tuple[str, ...], environment: str, plays: Sequence[Play]
    ) -> Lesson:
        text = self.wording.format(words=" ".join(sorted(rule.words)), way=rule.way)
        evidence = [play.episode for play in _obeying(plays, rule)][:20]
        return Lesson(
            "rule",
            text,
            scope=environment,
            evidence=tuple(dict.fromkeys(evidence)),
            parents=parents,
        )

    def _fresh(self, plays: Sequence[Play]) -> list[Rule]:
        """Return the pairs of words after which one way does best against that way elsewhere."""
        times: dict[str, int] = defaultdict(int)
        for play in plays:
            for word in play.said:
                times[word] += 1
        often = {word for word, n in times.items() if n * RARE >= len(plays)}
        tried: dict[Rule, list[float]] = defaultdict(list)
        by_way: dict[str, list[float]] = defaultdict(list)
        for play in plays:
            by_way[play.way].append(play.reward)
            for pair in combinations(sorted(play.said & often), 2):
                tried[Rule(frozenset(pair), play.way)].append(play.reward)
        ranked = [
            (self._strength(own, by_way[rule.way]), sorted(rule.words), rule)
            for rule, own in tried.items()
        ]
        ranked = [entry for entry in ranked if entry[0] >= self.deviations]
        ranked.sort(key=lambda entry: (-entry[0], entry[1], entry[2].way))
        return [rule for *_, rule in ranked[: self.rules]]

    def _strength(self, own: Sequence[float], every: Sequence[float]) -> float:
        """Say by how many standard deviations `own` rewards exceed the rest of `every`."""
        rest = len(every) - len(own)
        if len(own) < self.support or rest == 0:
            return 0.0
        elsewhere = (sum(every) - sum(own)) / rest
        pooled = sum(every) / len(every)
        spread = max(pooled * (1.0 - pooled), 0.01) * (1.0 / len(own) + 1.0 / rest)
        return (_mean(own) - elsewhere) / spread**0.5

    def _narrowed(self, known: dict[Rule, Lesson], plays: Sequence[Play]) -> "Edits":
        """Add the word that tells best where a rule works from where it does not."""
        for rule, lesson in known.items():
            obeying = _obeying(plays, rule)
            rewards = [play.reward for play in obeying]
            if len(rewards) < 2 * self.support or _mean(rewards) >= SURE:
                continue
            others = {word for play in obeying for word in play.said} - rule.words
            scored: list[tuple[float, str]] = []
            for word in sorted(others):
                own = [play.reward for play in obeying if word in play.said]
                if own and _mean(own) >= SURE:
                    scored.append((self._strength(own, rewards), word))
            if scored and max(scored)[0] >= self.deviations:
                best = max(scored)[1]
                yield Rule(rule.words | {best}, rule.way), (lesson.id,)

    def _rivals(self, known: dict[Rule, Lesson], plays: Sequence[Play]) -> "Edits":
        """Say what does better on the words of a rule, or on those and one more."""
        for rule, lesson in known.items():
            there = [play for play in plays if rule.words <= play.said]
            mine = [play.reward for play in there if play.way == rule.way]
            failing = bool(mine) and _mean(mine) < SURE
            if not failing:
                continue
            found: dict[Rule, list[float]] = defaultdict(list)
            for play in there:
                for word in (None, *sorted(play.said - rule.words)):
                    words = rule.words | ({word} if word else frozenset[str]())
                    found[Rule(words, play.way)].append(play.reward)
            for other, own in found.items():
                elsewhere = [play.reward for play in there if play.way == other.way]
                every = mine + own if other.words == rule.words else elsewhere
                better = _mean(own) >= SURE and other.way != rule.way
                if better and self._strength(own, every) >= self.deviations:
                    yield other, (lesson.id,)

    def _merged(self, known: dict[Rule, Lesson], plays: Sequence[Play]) -> "Edits":
        """Leave out the word in which two rules of one way differ, where that still works."""
        for (one, a), (other, b) in combinations(known.items(), 2):
            shared = one.words & other.words
            alike = one.way == other.way and len(one.words) == len(other.words)
            if not alike or not shared or len(shared) < len(one.words) - 1:
                continue
            merged = Rule(shared, one.way)
            rewards = [play.reward for play in _obeying(plays, merged)]
            if len(rewards) >= self.support and _mean(rewards) >= SURE:
                yield merged, (a.id, b.id)


Edits = Iterable[tuple[Rule, tuple[str, ...]]]
"""Rules with the ids of the lessons that they were made from."""


def _first(n: int, edits: Edits) -> dict[Rule, tuple[str, ...]]:
    found: dict[Rule, tuple[str, ...]] = {}
    for rule, parents in edits:
        if rule not in found and len(found) < n:
            found[rule] = parents
    return found


def _plays(episodes: Iterable[Episode]) -> list[Play]:
    return [
        Play(
            frozenset(re.findall(r"\w+", turn.observation.full.lower())),
            calls_as_json(turn.action),
            episode.reward,
            episode.id,
        )
        for episode in episodes
        if episode.reward is not None
        for turn in episode.turns
    ]


def _obeying(plays: Sequence[Play], rule: Rule) -> list[Play]:
    return [play for play in plays if rule.way == play.way and rule.words <= play.said]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
