"""System prompt learning: wake, review, credit, gate, again and again; then the held-out difference.

The loop changes nothing but the playbook. Everything random comes from `LearnConfig.seed`, and every
episode goes through the journal under a name known before it is played: an interrupted run that is
started again with `resume` repeats its own history from the journal and goes on where it stopped.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.evaluate.evaluate import Comparison, Evaluation, compare, summarise
from firsthand.evaluate.report import CurvePoint
from firsthand.journal.journal import Journal
from firsthand.learn.lessons import gate
from firsthand.learn.lessons.credit import Credits, Prior, Trial, assign
from firsthand.learn.lessons.gate import GateRules, Verdict
from firsthand.learn.lessons.intake import admit
from firsthand.learn.lessons.review import Contrast, Reviewer
from firsthand.playbook import Lesson, Mask, Playbook, deploy, merge
from firsthand.prompt import Model
from firsthand.registry import tasks
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.task import Split, Task, digest

Watch = Callable[[str, int], Callable[[Episode], None]]
"""Told a phase and how many episodes it has; returns what is called with each."""


class LearnConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a playbook is learned."""

    rounds: int = 3
    """Times to wake, review and credit."""
    gate_every: int = 3
    """Rounds between gates; the last round always has one. Each gate spends some of the error budget."""
    tasks: int = 100
    """Train tasks of each environment in a round; no task comes twice."""
    plays: int = 2
    """Plays of each train task, each with its own mask."""
    eval_tasks: int = 200
    """Held-out tasks of each environment for the final comparison."""
    world: int = 0
    """The world whose laws are learned."""
    level: int = 1
    """The level of all tasks."""
    seed: int = 0
    """Decides tasks, masks and sampling."""
    concurrency: int = 8
    """Most episodes in flight."""
    temperature: float = 1.0
    """Sampling temperature while awake; gates and the final comparison use the agent's own."""
    drop_below: float = 0.1
    """A lesson is retired when P(effect > 0) falls below this."""
    promote_above: float = 0.8
    """A lesson is promoted to core when P(effect > 0) is at least this and the effect pays its tokens."""
    token_price: float = 1e-5
    """Score that one token in the prompt has to earn."""
    capacity: int = 400
    """Most lessons that are not retired; those with the least effect leave first."""
    mask: float = 0.5
    """Probability that a lesson on probation is shown while awake."""
    exclude_flagged: bool = True
    """Learn nothing from episodes that look like exploits of the reward, and count them as failed at the gate."""
    gate: GateRules = GateRules()
    """How strict the gate is."""
    prior: Prior = Prior()
    """What is believed of effects before evidence."""


class Learned(msgspec.Struct, frozen=True):
    """What learning came to: the deployed playbook, all lessons, and the held-out comparison with the start."""

    agent: Agent
    working: Playbook
    verdicts: tuple[Verdict, ...]
    curve: tuple[CurvePoint, ...]
    before: Evaluation
    after: Evaluation
    comparison: Comparison
    examples: tuple[Episode, ...]
    rollouts: int
    flagged: dict[str, int] = {}
    """Flagged episodes while awake, by reason."""

    @property
    def gain(self) -> float:
        """The claimed gain: mean paired difference on held-out tasks, 0 when nothing was deployed."""
        return self.comparison.overall.difference.mean if self.comparison.overall else 0.0


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
) -> Learned:
    """Learn lessons for one world of the environments and return the better agent with the evidence.

    `folder` gets the journal, `playbook.toml` and a history of every deployed version. `alter` changes the
    wake episodes before anything is learned from them: controls shuffle outcomes with it. Raises `UserError`
    when the folder holds a run and `resume` is not set.
    """
    names = [environments] if isinstance(environments, str) else list(environments)
    life = _Life(
        agent, names, folder, config, resume, watch or (lambda _phase, _n: lambda _episode: None)
    )
    reviewer = reviewer or Contrast(
        kinds=("example",)
        if isinstance(agent.model, Model) and agent.model.traits.few_shot
        else ("example", "rule")
    )
    for number in range(1, config.rounds + 1):
        episodes = await life.wake(number)
        kept = life.kept(episodes)
        seen = alter(kept) if alter else kept
        life.remember(seen)
        proposals = await reviewer.review(seen, known=life.working.lessons)
        life.settle(await life.admit(proposals, seen))
        deployed = (number % config.gate_every == 0 or number == config.rounds) and await life.gate(
            number
        )
        life.mark(number, episodes, deployed)
    return await life.result()


class _Life:
    """The state of one learner: the working playbook, the deployed one, and the evidence."""

    def __init__(
        self,
        agent: Agent,
        names: list[str],
        folder: Path,
        config: LearnConfig,
        resume: bool,
        watch: Watch,
    ) -> None:
        self.start, self.names, self.folder, self.config, self.resume, self.watch = (
            agent,
            names,
            folder,
            config,
            resume,
            watch,
        )
        self.journal = Journal(folder / "journal")
        self.run = f"{'+'.join(names)}-w{config.world}-l{config.level}-s{config.seed}"
        if not resume and self.journal.ids(self.run):
            raise UserError(
                f"{folder} already holds the run {self.run}. Resume it (--resume), or choose another folder."
            )
        self._keep_config()
        self.working, self.deployed = agent.playbook, agent.playbook
        self.trials: list[Trial] = []
        self.curve: list[CurvePoint] = []
        self.verdicts: list[Verdict] = []
        self.rollouts = 0
        self.examples: list[Episode] = []
        self.flagged = Counter[str]()
        self.refused = 0

    def _keep_config(self) -> None:
        """Write the config beside the journal. Raises `UserError` when the run was started with another one."""
        kept = self.folder / "config.json"
        if self.resume and kept.exists():
            started = msgspec.json.decode(kept.read_bytes(), type=LearnConfig)
            fields = [
                name
                for name in started.__struct_fields__
                if getattr(started, name) != getattr(self.config, name)
            ]
            if fields:
                told = ", ".join(f"{name}={getattr(started, name)!r}" for name in fields)
                raise UserError(
                    f"The run in {self.folder} was started with {told}. Resume it with the same, or choose another folder."
                )
        self.folder.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(msgspec.json.format(msgspec.json.encode(self.config), indent=2))

    async def wake(self, number: int) -> list[Episode]:
        """Play fresh train tasks, each play with its own random mask over the working lessons."""
        config = self.config
        fresh = self._tasks(
            "train", config.tasks, start=config.seed * 1_000_000 + (number - 1) * config.tasks
        )
        plays = [(task, play) for task in fresh for play in range(config.plays)]
        agents = [
            self._explorer(f"{config.seed}/{number}/{task.id}/{play}") for task, play in plays
        ]
        tags = [{"phase": f"wake-{number}", "play": str(play)} for _, play in plays]
        self.rollouts += len(plays)
        return await self._roll(f"round {number}: wake", agents, [task for task, _ in plays], tags)

    def _explorer(self, seed: str) -> Agent:
        sampling = msgspec.structs.replace(
            self.start.sampling, temperature=self.config.temperature, seed=digest(seed) % 2**31
        )
        awake = self.start.with_playbook(self.working, mask=Mask(seed, self.config.mask))
        return msgspec.structs.replace(awake, sampling=sampling)

    def kept(self, episodes: list[Episode]) -> list[Episode]:
        """Count the flagged episodes, and return those that are learned from."""
        self.flagged.update(reason for episode in episodes for reason in episode.flags)
        return [
            episode for episode in episodes if not (episode.flags and self.config.exclude_flagged)
        ]

    def remember(self, episodes: Sequence[Episode]) -> None:
        """Keep what credit needs of each wake episode; failed ones tell nothing about lessons."""
        mask = Mask("", self.config.mask)
        keep = {lesson.id: mask.probability(lesson) for lesson in self.working.lessons}
        for episode in episodes:
            if episode.reward is not None:
                offered = {lesson: keep[lesson] for lesson in episode.offered}
                self.trials.append(
                    Trial(
                        episode.reward,
                        episode.task.id,
                        episode.task.environment,
                        offered,
                        frozenset(episode.shown),
                    )
                )
                if len(self.examples) < 2 and episode.success:
                    self.examples.append(episode)

    async def admit(self, proposals: Sequence[Lesson], episodes: Sequence[Episode]) -> list[Lesson]:
        """Take in what was proposed as untrusted lessons; count what was refused."""
        lessons, refused = await admit(proposals, episodes, self.working.lessons)
        self.refused += refused
        return lessons

    def settle(self, proposals: Sequence[Lesson]) -> None:
        """Credit every lesson, then drop, keep or promote it; proposals start on probation."""
        lessons = merge(self.working.lessons, proposals)
        credits = assign(
            self.trials, {lesson.id: lesson.kind for lesson in lessons}, prior=self.config.prior
        )
        judged = [self._judge(lesson, credits) for lesson in lessons]
        active = sorted(
            (lesson for lesson in judged if lesson.state != "retired"),
            key=lambda lesson: -lesson.effect,
        )
        beyond = {lesson.id for lesson in active[self.config.capacity :]}
        kept = tuple(
            msgspec.structs.replace(lesson, state="retired") if lesson.id in beyond else lesson
            for lesson in judged
        )
        self.working = Playbook(self.working.version, kept)

    def _judge(self, lesson: Lesson, credits: Credits) -> Lesson:
        credit = credits.overall.get(lesson.id)
        if lesson.state == "retired" or credit is None:
            return lesson
        pays = credit.mean > self.config.token_price * lesson.tokens
        state = "probation"
        if credit.positive < self.config.drop_below:
            state = "retired"
        elif credit.positive >= self.config.promote_above and pays:
            state = "core"
        return msgspec.structs.replace(lesson, state=state, credit=credit)

    async def gate(self, number: int) -> bool:
        """Test the core lessons against the deployed playbook, and deploy them if they pass."""
        core = tuple(lesson for lesson in self.working.lessons if lesson.state == "core")
        candidate = Playbook(self.deployed.version + 1, core, f"{self.run}, round {number}")
        if not core or candidate.id == self.deployed.id:
            return False
        rules, config = self.config.gate, self.config
        start = config.seed * 1_000_000 + len(self.verdicts) * rules.pairs
        fresh = self._tasks("gate", rules.pairs, start=start)

        async def play(agent: Agent, batch: Sequence[Task]) -> list[Episode]:
            played = await self._roll(
                f"round {number}: gate",
                [agent] * len(batch),
                batch,
                [{"phase": f"gate-{number}"}] * len(batch),
            )
            return [
                msgspec.structs.replace(episode, reward=None)
                if episode.flags and config.exclude_flagged
                else episode
                for episode in played
            ]

        verdict = await gate.test(
            self.start.with_playbook(candidate),
            self.start.with_playbook(self.deployed),
            fresh,
            gate=len(self.verdicts) + 1,
            rules=rules,
            play=play,
        )
        self.verdicts.append(verdict)
        if verdict.deployed:
            self.deployed = candidate
            deploy(self.folder, candidate)
        return verdict.deployed

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
        """Compare the agent at the start with the deployed one on `eval` tasks that nothing else touched."""
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
        )

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
        return await rollout(
            agents,
            played,
            limits=Limits(),
            concurrency=self.config.concurrency,
            journal=self.journal,
            run=self.run,
            tags=tags,
            resume=True,  # within a run no episode is played twice
            progress=self.watch(phase, len(played)),
        )


def _mixed(before: Sequence[Episode], after: Sequence[Episode]) -> list[Episode]:
    """Pick held-out episodes to look at: up to three gained, and two lost or still wrong."""
    changed = [
        (new.reward or 0.0) - (old.reward or 0.0) for old, new in zip(before, after, strict=True)
    ]
    gained = [new for new, change in zip(after, changed, strict=True) if change > 0]
    wrong = [new for new in after if new.reward == 0.0]
    return [*gained[:3], *wrong[:2]]
