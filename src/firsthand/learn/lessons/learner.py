"""System prompt learning: wake, review, credit, gate, again and again; then the held-out
difference.

The loop changes nothing but the playbook. Everything random comes from `LearnConfig.seed`, and
every episode goes through the journal under a name known before it is played: an interrupted run
that is started again with `resume` repeats its own history from the journal and goes on where it
stopped.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import ModelError, NoReaction, UserError
from firsthand.evaluate.curve import CurvePoint
from firsthand.evaluate.evaluate import Evaluation, compare, summarise
from firsthand.journal.journal import Journal
from firsthand.learn.lessons import gate
from firsthand.learn.lessons.credit import Trial, assign
from firsthand.learn.lessons.examples import Done, agreeing, turns_of
from firsthand.learn.lessons.folder import Reviewed, RunFolder, Setup
from firsthand.learn.lessons.forecast import ahead
from firsthand.learn.lessons.gate import Play, Verdict
from firsthand.learn.lessons.intake import admit
from firsthand.learn.lessons.learned import Learned
from firsthand.learn.lessons.promotion import judge
from firsthand.learn.lessons.reaction import Reaction, paid, react, reads
from firsthand.learn.lessons.review import Asked, Contrast, Reporting, Reviewer, kinds_of, name_of
from firsthand.learn.lessons.settings import TASKS_OF_A_SEED, LearnConfig
from firsthand.learn.lessons.vote import Vote
from firsthand.playbook import Lesson, Mask, Playbook, merge
from firsthand.prompt import Model
from firsthand.registry import lookup, tasks
from firsthand.rollout.pool import rollout
from firsthand.task import Split, Task, digest
from firsthand.usage import Meter, Usage

Watch = Callable[[str, int], Callable[[Episode], None]]
"""Told a phase and how many episodes it has; returns what is called with each."""


async def learn(
    agent: Agent,
    environments: str | Sequence[str],
    *,
    folder: Path,
    config: LearnConfig = LearnConfig(),
    reviewer: Reviewer | None = None,
    resume: bool = False,
    watch: Watch | None = None,
    alter: Callable[[list[Episode]], list[Episode]] | None = None,
    meter: Meter | None = None,
    tell: Callable[[str], None] | None = None,
    journal: Journal | None = None,
) -> Learned:
    """Learn lessons for one world of the environments and return the better agent with the
    evidence.

    `folder` gets the journal, `playbook.toml` and a history of every deployed version. `alter`
    changes the wake episodes before anything is learned from them: controls shuffle outcomes with
    it. `meter` counts what model calls take, by phase, and raises `RunStopped` when its budget is
    spent. `tell` is told, before anything is learned, what the run will take and whether the player
    reacts to lessons at all; `NoReaction` is raised when a paid one does not (`reaction`). Raises
    `UserError` when the folder holds another run, or this one and `resume` is not
    set, and when the reviewer cannot answer before anything was learned; every finished episode is
    kept. Runs may share a `journal`: what one of them has played, no other plays again.
    """
    given = [environments] if isinstance(environments, str) else environments
    reviewer = reviewer or reviewer_of(agent)
    setup = setup_of(agent, given, config, reviewer)
    names = setup.environments
    life = Life(
        agent,
        RunFolder(folder, setup, resume=resume, journal=journal),
        watch or _unwatched,
        meter or Meter(),
    )
    tell = tell or _untold
    if will_take := await ahead(agent, names, config, reviewer):
        played = len(life.folder.journal.ids(life.run))
        already = f" {played:,} of the episodes are played already." if played else ""
        tell(f"Forecast: {will_take.told(life.meter)}{already}")
    await life.check(reviewer, tell)
    for number in range(1, config.rounds + 1):
        episodes = await life.wake(number)
        kept = life.kept(episodes)
        seen = alter(kept) if alter else kept
        life.remember(seen)
        life.settle(await life.review(number, reviewer, seen))
        due = number % config.gate_every == 0 or number == config.rounds
        deployed = due and await life.gate(number)
        life.mark(number, episodes, deployed)
    return await life.result()


def reviewer_of(agent: Agent) -> Reviewer:
    """Return the reviewer that needs no model, with the kinds of lessons that the agent can use."""
    few_shot = isinstance(agent.model, Model) and agent.model.traits.few_shot
    return Contrast(kinds=("example",) if few_shot else ("example", "rule"))


def setup_of(
    agent: Agent, environments: Sequence[str], config: LearnConfig, reviewer: Reviewer
) -> Setup:
    """Return what decides the run of this agent.

    An environment named `MODULE:CLASS` goes by its own name, which lessons and tasks carry.
    """
    return Setup(
        environments=tuple(dict.fromkeys(lookup(name).name for name in environments)),
        model=agent.model.name,
        playbook=agent.playbook.id,
        agent=agent.id,
        reviewer=name_of(reviewer),
        config=config,
    )


def _more(now: Usage, before: Usage) -> Usage:
    counts = zip(msgspec.structs.astuple(now), msgspec.structs.astuple(before), strict=True)
    return Usage(*(after - earlier for after, earlier in counts))


def _unwatched(_phase: str, _n: int) -> Callable[[Episode], None]:
    return lambda _episode: None


def _untold(_line: str) -> None:
    """Nobody wants to know."""


class Life:
    """The state of one learner: the working playbook, the deployed one, and the evidence."""

    def __init__(self, agent: Agent, folder: RunFolder, watch: Watch, meter: Meter) -> None:
        self.start, self.folder, self.watch, self.meter = agent, folder, watch, meter
        self.config, self.run = folder.setup.config, folder.setup.run
        self.names = list(folder.setup.environments)
        self.working, self.deployed = agent.playbook, agent.playbook
        self.trials: list[Trial] = []
        self.done: list[Done] = []
        self.curve: list[CurvePoint] = []
        self.verdicts: list[Verdict] = []
        self.rollouts = 0
        self.examples: list[Episode] = []
        self.flagged = Counter[str]()
        self.problems: list[str] = []
        self.promoted: Mapping[str, frozenset[str]] = {}
        self.unidentified: tuple[str, ...] = ()
        self.reactions: tuple[Reaction, ...] = ()

    async def check(self, reviewer: Reviewer, tell: Callable[[str], None]) -> None:
        """See whether a player that reads lessons as prose reacts to any. Raises `NoReaction`."""
        if not self.config.reaction_pairs or not reads(self.start):
            return

        async def play(agents: Sequence[Agent], played: Sequence[Task]) -> list[Episode]:
            tags = [{"phase": "check"}] * len(played)
            return await self._roll("check: right and scrambled lessons", agents, played, tags)

        for name in self.names:
            found = await react(self.start, name, self.config, play, kinds=kinds_of(reviewer))
            tell(found.told())
            self.reactions = (*self.reactions, found)
        if not all(found.excluded for found in self.reactions) or self.config.force:
            return
        if not paid(self.start, self.meter):
            tell("Learning goes on all the same, because nobody pays for this player.")
            return
        said = " ".join(found.told() for found in self.reactions)
        raise NoReaction(
            f"{said} Nothing was learned: lessons would not help it. Try another model, or "
            "learn all the same: --force, or LearnConfig(force=True)."
        )

    async def wake(self, number: int) -> list[Episode]:
        """Play fresh train tasks, each play with its own random mask over the working lessons."""
        config = self.config
        fresh = self._tasks(
            "train", config.tasks, start=config.seed * TASKS_OF_A_SEED + (number - 1) * config.tasks
        )
        plays = [(task, play) for task in fresh for play in range(config.plays)]
        agents = [self.explorer(f"{config.seed}/{number}/{task.id}/{play}") for task, play in plays]
        tags = [{"phase": f"wake-{number}", "play": str(play)} for _, play in plays]
        self.rollouts += len(plays)
        return await self._roll(f"round {number}: wake", agents, [task for task, _ in plays], tags)

    def explorer(self, seed: str) -> Agent:
        """Return who plays: the working lessons under a mask that follows from `seed`."""
        sampling = msgspec.structs.replace(
            self.start.sampling, temperature=self.config.temperature, seed=digest(seed) % 2**31
        )
        awake = self.start.with_playbook(
            self.working, mask=Mask(seed, self.config.mask, hide=self.config.hide)
        )
        return msgspec.structs.replace(awake, sampling=sampling)

    def kept(self, episodes: list[Episode]) -> list[Episode]:
        """Count the flagged episodes, and return those that are learned from."""
        self.flagged.update(reason for episode in episodes for reason in episode.flags)
        return [
            episode for episode in episodes if not (episode.flags and self.config.exclude_flagged)
        ]

    def remember(self, episodes: Sequence[Episode]) -> None:
        """Keep what credit needs of each wake episode.

        A failure of the model's own making counts as 0; other failures tell nothing about lessons.
        """
        mask = Mask("", self.config.mask)
        keep = {lesson.id: mask.probability(lesson) for lesson in self.working.lessons}
        for episode in episodes:
            if episode.counted is not None:
                self.done += turns_of(episode, episode.counted)
                self.trials.append(
                    Trial(
                        episode.counted,
                        episode.task.id,
                        episode.task.environment,
                        {lesson: keep[lesson] for lesson in episode.offered},
                        frozenset(episode.shown),
                        self.config.hide,
                        self._near(episode),
                    )
                )
                if len(self.examples) < 2 and episode.success:
                    self.examples.append(episode)

    def _near(self, episode: Episode) -> tuple[tuple[str, ...], ...]:
        """For each prompt, the examples on offer, the nearest to its observation first."""
        found = [near for turn in episode.turns for near in turn.near]
        prompts = [(turn.observation.full, turn.offered) for turn in episode.turns if not turn.near]
        if episode.error is not None:
            prompts.append((episode.final.full, episode.error.offered))
        for observation, offered in prompts:
            examples = self.working.examples(
                episode.task.environment, observation, len(self.working.lessons)
            )
            ids = set(offered)
            found.append(tuple(lesson.id for lesson in reversed(examples) if lesson.id in ids))
        return tuple(found)

    async def review(
        self, number: int, reviewer: Reviewer, episodes: Sequence[Episode]
    ) -> list[Lesson]:
        """Ask the reviewer once in the life of a run, and take in what it proposes as untrusted.

        A reviewer that cannot answer costs its proposals and is told of; before anything was
        learned it ends the run, whose episodes stay.
        """
        reviewed = self.folder.reviewed(number)
        if reviewed is None:
            reviewed = await self._ask(number, reviewer, episodes)
            self.folder.keep_review(number, reviewed)
        self.problems += reviewed.problems
        lessons, refused = await admit(reviewed.lessons, episodes, self.working.lessons)
        if refused:
            self.problems.append(
                f"round {number}: {refused} proposed lessons were not taken in: "
                "their texts are too long, or their actions not legal"
            )
        return lessons

    async def _ask(self, number: int, reviewer: Reviewer, episodes: Sequence[Episode]) -> Reviewed:
        self.meter.begin("review")
        before = reviewer.usage if isinstance(reviewer, Asked) else Usage()
        try:
            return await self._asked(number, reviewer, episodes)
        finally:
            if isinstance(reviewer, Asked):
                self.meter.add(_more(reviewer.usage, before))

    async def _asked(
        self, number: int, reviewer: Reviewer, episodes: Sequence[Episode]
    ) -> Reviewed:
        told = len(reviewer.problems) if isinstance(reviewer, Reporting) else 0
        try:
            lessons = await reviewer.review(episodes, known=self.working.lessons)
            problems = list[str]()
        except (ModelError, TimeoutError, OSError) as error:
            if not self.working.lessons:
                raise UserError(
                    f"The reviewer {name_of(reviewer)} could not answer: {error} Nothing "
                    f"was learned yet. Every finished episode is in {self.folder.path}: go "
                    "on with --resume when it answers."
                ) from error
            lessons = []
            problems = [f"{name_of(reviewer)} could not answer: {error}"]
        if isinstance(reviewer, Reporting):
            problems = reviewer.problems[told:] or problems
        return Reviewed(tuple(lessons), tuple(f"round {number}: {said}" for said in problems))

    def settle(self, proposals: Sequence[Lesson]) -> None:
        """Credit every lesson, then drop, keep or promote it; proposals start on probation."""
        lessons = merge(self.working.lessons, proposals)
        kinds = {lesson.id: lesson.kind for lesson in lessons}
        agreed = agreeing(self.done, lessons)
        credits = assign(self.trials, kinds, agreed=agreed, prior=self.config.prior)
        self.unidentified = credits.unidentified
        judged = judge(lessons, credits, self.config)
        self.promoted = judged.promoted
        best = sorted(
            (lesson for lesson in judged.lessons if lesson.state != "retired"),
            key=lambda lesson: -lesson.effect,
        )
        beyond = _ids(best[self.config.capacity :])
        kept = tuple(
            msgspec.structs.replace(lesson, state="retired") if lesson.id in beyond else lesson
            for lesson in judged.lessons
        )
        self.working = msgspec.structs.replace(self.working, lessons=kept)

    async def gate(self, number: int) -> bool:
        """Test the core lessons against the deployed ones, and deploy them where they pass."""
        new = {name: self.core(name) for name in self.names}
        old = {name: _own(self.deployed, name) for name in self.names}
        changed = [name for name in self.names if _ids(new[name]) != _ids(old[name]) and new[name]]
        if not changed:
            return False
        rules = self.config.gate
        start = self.config.seed * TASKS_OF_A_SEED + len(self.verdicts) * rules.pairs
        fresh = self._tasks("gate", rules.pairs, start=start)
        verdict = await gate.test(
            self.start.with_playbook(self.joined(number, {**old, **{n: new[n] for n in changed}})),
            self.start.with_playbook(self.deployed),
            [task for task in fresh if task.environment in changed],
            gate=len(self.verdicts) + 1,
            rules=rules,
            play=self._gate_play(number),
        )
        self.verdicts.append(verdict)
        if verdict.deployed:
            chosen = {**old, **{name: new[name] for name in verdict.passed}}
            self.deployed = self.folder.deploy(self.joined(number, chosen))
        return verdict.deployed

    def core(self, name: str) -> list[Lesson]:
        """The lessons that earned their place in an environment.

        What was proposed about other environments too was not tested there, so a copy that speaks
        about this one is deployed. The lessons of the start keep the scope that they came with.
        """
        return [
            lesson if lesson.id in self.start.playbook.by_id else _bound(lesson, name)
            for lesson in self.working.lessons
            if lesson.state == "core" and lesson.in_scope(name) and self._earned(lesson, name)
        ]

    def _earned(self, lesson: Lesson, name: str) -> bool:
        """Whether a core lesson was promoted in this environment, or was never on offer in any."""
        somewhere = any(lesson.id in ids for ids in self.promoted.values())
        return not somewhere or lesson.id in self.promoted.get(name, ())

    def joined(self, number: int, lessons: dict[str, list[Lesson]]) -> Playbook:
        """Put the lessons of each environment together, and those about other environments.

        A lesson that some environments keep and others drop is bound to those that keep it.
        """

        def agreed(lesson: Lesson) -> bool:
            scoped = [name for name in lessons if lesson.in_scope(name)]
            return all(lesson.id in _ids(lessons[name]) for name in scoped)

        own = [
            lesson if agreed(lesson) else _bound(lesson, name)
            for name, found in lessons.items()
            for lesson in found
        ]
        others = [
            lesson
            for lesson in self.deployed.lessons
            if not any(lesson.in_scope(name) for name in self.names)
        ]
        joined = merge(others, own)
        note = f"{self.run}, round {number}"
        return Playbook(self.deployed.version + 1, joined, note, self.deployed.adapter)

    def _gate_play(self, number: int) -> Play:
        async def play(agent: Agent, batch: Sequence[Task]) -> list[Episode]:
            tags = [{"phase": f"gate-{number}"}] * len(batch)
            played = await self._roll(f"round {number}: gate", [agent] * len(batch), batch, tags)
            return [
                msgspec.structs.replace(episode, reward=None)
                if episode.flags and self.config.exclude_flagged
                else episode
                for episode in played
            ]

        return play

    def mark(self, number: int, episodes: Sequence[Episode], deployed: bool) -> None:
        """Add a point to the learning curve: the mean score of this round's wake episodes."""
        score = summarise(episodes).score
        if score is not None:
            label = f"v{self.deployed.version} deployed" if deployed else ""
            self.curve.append(
                CurvePoint(
                    self.rollouts, score.mean, score.interval.low, score.interval.high, label
                )
            )

    async def result(self) -> Learned:
        """Compare the agent at the start with the deployed one on `eval` tasks that nothing else
        touched.
        """
        held_out = self._tasks("eval", self.config.eval_tasks, start=0)
        tags = [{"phase": "eval"}] * len(held_out)
        before = await self._roll("eval: before", [self.start] * len(held_out), held_out, tags)
        better = self.start.with_playbook(self.deployed)
        after = before
        if self.deployed.id != self.start.playbook.id:
            after = await self._roll("eval: after", [better] * len(held_out), held_out, tags)
        return Learned(
            better,
            msgspec.structs.replace(self.working, version=self.deployed.version),
            tuple(self.verdicts),
            tuple(self.curve),
            summarise(before),
            summarise(after),
            compare(before, after),
            (*self.examples, *_mixed(before, after)),
            self.rollouts,
            dict(self.flagged.most_common()),
            tuple(self.problems),
            self.meter.spent(),
            await self._vote(held_out),
            self.reactions,
            self.unidentified,
        )

    async def _vote(self, held_out: Sequence[Task]) -> Evaluation | None:
        """Play the held-out tasks without a model; it costs nothing, so no journal keeps it."""
        if not any(lesson.kind == "example" for lesson in self.deployed.active):
            return None
        voting = Agent(model=Vote(self.deployed))
        return summarise(await rollout(voting, held_out, limits=self.config.limits))

    def _tasks(self, split: Split, n: int, *, start: int) -> list[Task]:
        """Return n tasks of each environment, interleaved."""
        config = self.config
        columns = [
            tasks(name, n, split=split, level=config.level, world=config.world, start=start)
            for name in self.names
        ]
        return list(chain.from_iterable(zip(*columns, strict=True)))

    async def _roll(
        self,
        phase: str,
        agents: Sequence[Agent],
        played: Sequence[Task],
        tags: Sequence[dict[str, Any]],
    ) -> list[Episode]:
        named = {"check": "check", "eval": "evaluation"}.get(phase.partition(": ")[0])
        self.meter.begin(named or phase.rpartition(": ")[2])
        return await rollout(
            agents,
            played,
            limits=self.config.limits,
            concurrency=self.config.concurrency,
            journal=self.folder.journal,
            run=self.folder.held_out if named == "evaluation" else self.run,
            tags=tags,
            resume=True,  # within a run no episode is played twice
            progress=self.watch(phase, len(played)),
            meter=self.meter,
        )


def _own(playbook: Playbook, environment: str) -> list[Lesson]:
    return [lesson for lesson in playbook.lessons if lesson.in_scope(environment)]


def _bound(lesson: Lesson, environment: str) -> Lesson:
    """Return the lesson, or a copy that speaks about this environment only."""
    if lesson.scope == environment:
        return lesson
    return msgspec.structs.replace(lesson, scope=environment, parents=(lesson.id,))


def _ids(lessons: Sequence[Lesson]) -> set[str]:
    return {lesson.id for lesson in lessons}


def _mixed(before: Sequence[Episode], after: Sequence[Episode]) -> list[Episode]:
    """Pick held-out episodes to look at: up to three gained, and two lost or still wrong."""
    changed = [
        (new.reward or 0.0) - (old.reward or 0.0) for old, new in zip(before, after, strict=True)
    ]
    gained = [new for new, change in zip(after, changed, strict=True) if change > 0]
    wrong = [new for new in after if new.reward == 0.0]
    return [*gained[:3], *wrong[:2]]
