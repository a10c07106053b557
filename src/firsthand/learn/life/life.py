"""Live: go through a schedule of worlds, learn and sleep in each, and see what is retained.

Whatever is played goes to one journal under a name known before it is played, and all arms share
it, so that nothing is played twice, not by a life that was killed and goes on, nor by two arms that
do the same. A stage is on disk as a whole or not at all; what it learned is deployed before it
counts as done. Left out: a learner that is not told where it is. The agent knows which place it is
in, as somebody knows in which shop they work; what transfers between places is measured.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.journal.journal import Journal
from firsthand.learn.lessons import gate
from firsthand.learn.lessons.folder import SHARED
from firsthand.learn.lessons.gate import GateRules, Play, Verdict
from firsthand.learn.lessons.learned import Learned
from firsthand.learn.lessons.learner import Watch, learn
from firsthand.learn.lessons.review import Reviewer
from firsthand.learn.lessons.settings import TASKS_OF_A_SEED
from firsthand.learn.life.moved import LOSS, Moved, retired, teaching
from firsthand.learn.life.schedule import Place, visits
from firsthand.learn.life.settings import (
    ARRIVAL,
    NIGHT,
    SLEEPERS,
    VISITS,
    Arm,
    LifeConfig,
    differences,
)
from firsthand.learn.life.stage import HeldOut, Night, Stage, change, held_out
from firsthand.learn.shuffled import shuffled
from firsthand.learn.sleep import adapters
from firsthand.learn.sleep.compress import compress
from firsthand.learn.sleep.distilling import distilled
from firsthand.learn.sleep.player import Own
from firsthand.models.trainable import Trainable
from firsthand.playbook import Playbook, deploy, load, merge, replace_file, versions
from firsthand.prompt import Model
from firsthand.registry import tasks
from firsthand.rollout.pool import rollout
from firsthand.task import Split, Task
from firsthand.usage import Meter


class Started(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What decides a life from its first episode on; kept in `life.json`."""

    model: str
    agent: str
    config: LifeConfig


class Lived(msgspec.Struct, frozen=True):
    """A life as far as it went: stages in the order in which they were lived, arm by arm."""

    model: str
    config: LifeConfig
    stages: tuple[Stage, ...]

    def of(self, arm: Arm) -> list[Stage]:
        """Return the stages of one arm, in order."""
        return [stage for stage in self.stages if stage.arm == arm]


async def live(
    agent: Agent,
    *,
    folder: Path,
    config: LifeConfig = LifeConfig(),
    reviewer: Reviewer | None = None,
    resume: bool = False,
    watch: Watch | None = None,
    meter: Meter | None = None,
    tell: Callable[[Stage], None] | None = None,
) -> Lived:
    """Live through the schedule with every arm, and return the stages.

    `folder` gets one journal, the playbooks of each arm and place with their history, and a file
    for each stage. `tell` hears of every stage when it is done, also of those that were done
    before. Raises `UserError` where the folder holds another life, or this one and `resume` is not
    set; `RunStopped` when the meter's budget is spent.
    """
    if config.distil_tasks and not isinstance(agent.model, Trainable):
        raise UserError(
            f"{agent.model.name} cannot be trained, so that its sleep keeps to lessons: leave "
            "distil_tasks (--distil-tasks) at 0, or name a model such as torch:smollm2."
        )
    started = Started(agent.model.name, agent.id, config)
    _open(folder, started, resume=resume)
    life = _Life(agent, folder, config, reviewer, watch or _unwatched, meter or Meter())
    for number, place in enumerate(config.schedule, start=1):
        for arm in config.arms:
            stage = life.done(arm, number) or await life.stage(arm, number, place)
            life.remember(stage)
            if tell:
                tell(stage)
    return Lived(agent.model.name, config, tuple(life.stages))


def started_in(folder: Path) -> Started | None:
    """Read what the life in a folder was started with; None: there is none, or it is torn."""
    try:
        return msgspec.json.decode((folder / "life.json").read_bytes(), type=Started)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def _open(folder: Path, now: Started, *, resume: bool) -> None:
    before = started_in(folder)
    if before is not None:
        changed = differences(before.config, now.config)
        if before.model != now.model:
            changed.insert(0, f"model={before.model!r}")
        elif before.agent != now.agent:
            changed.insert(0, "other instructions or sampling settings")
        if changed:
            raise UserError(
                f"{folder} holds a life that was started with {', '.join(changed)}. Resume it "
                "with the same, or choose another folder."
            )
    if not resume and (before is not None or (folder / "journal").exists()):
        raise UserError(
            f"{folder} already holds a life. Resume it (--resume), or choose another folder."
        )
    content = msgspec.json.format(msgspec.json.encode(now), indent=2)
    replace_file(folder / "life.json", content)


def _unwatched(_phase: str, _n: int) -> Callable[[Episode], None]:
    return lambda _episode: None


class _Life:
    """What all arms know so far."""

    def __init__(
        self,
        agent: Agent,
        folder: Path,
        config: LifeConfig,
        reviewer: Reviewer | None,
        watch: Watch,
        meter: Meter,
    ) -> None:
        self.agent, self.folder, self.config = agent, folder, config
        self.reviewer, self.watch, self.meter = reviewer, watch, meter
        self.journal = Journal(folder / "journal")
        self.visits = visits(config.schedule)
        self.stages: list[Stage] = []
        self.known: dict[tuple[Arm, Place], Playbook] = {}
        self.origin: dict[tuple[Arm, str], str] = {}
        self.adapter: dict[Arm, str] = {}
        self.taught: dict[tuple[Arm, Place], Playbook] = {}
        model = agent.model
        self.body: Own | None = None
        if config.distil_tasks and isinstance(model, Trainable):
            self.body = Own(agent, model, folder)

    def done(self, arm: Arm, number: int) -> Stage | None:
        """Return a stage that was finished before; None: it was not, or its file is torn."""
        try:
            return msgspec.json.decode(self._file(arm, number).read_bytes(), type=Stage)
        except (OSError, msgspec.MsgspecError, ValueError):
            return None

    def remember(self, stage: Stage) -> None:
        """Go on from a stage: its playbook is what the arm knows of the place."""
        self.stages.append(stage)
        history = self._place(stage.arm, stage.place) / "history"
        if stage.version:
            known = load(history / f"{stage.version:04d}.toml")
            self.known[stage.arm, stage.place] = known
            self.taught[stage.arm, stage.place] = teaching(known, stage.taught)
        self.adapter[stage.arm] = stage.adapter
        for lesson in stage.new:
            self.origin.setdefault((stage.arm, lesson), _called(stage.number, stage.place))

    async def stage(self, arm: Arm, number: int, place: Place) -> Stage:
        """Arrive, learn, sleep, and see what is retained; then write it down."""
        start, brought, arrival = await self._arrive(arm, number, place)
        learned = await self._learn(arm, number, place, start)
        after = learned.agent.playbook
        before = await self._held_out(arm, number, place, start)
        awake = await self._held_out(arm, number, place, after)
        rested, night, plays, moved = after, None, 0, Moved()
        if arm in SLEEPERS and after.active:
            rested, night, plays = await self._sleep(arm, number, place, after)
            moved = await self._move(arm, number, place, rested, night)
        taught = self._all_of(arm, place, rested)
        if moved.out_of_prompt:
            rested = msgspec.structs.replace(rested, lessons=retired(rested.lessons))
        version = self._deploy(arm, place, rested, f"stage {number}, {place.name}")
        self.known[arm, place] = rested
        new = [lesson.id for lesson in rested.lessons if (arm, lesson.id) not in self.origin]
        told = sum(2 * (verdict.pairs + verdict.failed) for verdict in learned.verdicts)
        found = Stage(
            arm=arm,
            number=number,
            place=place,
            visit=self.visits[number - 1],
            arrival=arrival,
            brought=brought,
            before=before,
            after=awake,
            asleep=await self._held_out(arm, number, place, rested),
            gate=learned.verdicts,
            version=version,
            new=tuple(new),
            origins=self._origins(arm, taught, number, place),
            night=night,
            adapter=self.adapter.get(arm, ""),
            moved=moved.said,
            taught=tuple(lesson.id for lesson in taught.active),
            retention=await self._retention(arm, number),
            plays=learned.rollouts
            + told
            + plays
            + moved.plays
            + (2 * arrival.pairs if arrival else 0),
            problems=learned.problems,
        )
        content = msgspec.json.format(msgspec.json.encode(found), indent=1)
        replace_file(self._file(arm, number), content)
        return found

    async def _arrive(
        self, arm: Arm, number: int, place: Place
    ) -> tuple[Playbook, tuple[str, ...], Verdict | None]:
        """Return what the arm begins with, where that is from, and how the arrival test went.

        In a place that it knows an arm goes on with what it left with. In a new one the lessons of
        other worlds of the same environment are used only if they pass a gate here.
        """
        if arm == "fresh":
            return self.agent.playbook, (), None
        if (known := self.known.get((arm, place))) is not None:
            return known, (place.name,), None
        others = {
            other: playbook
            for (whose, other), playbook in self.known.items()
            if whose == arm and other.environment == place.environment and playbook.active
        }
        if not others:
            return self.agent.playbook, (), None
        lessons = merge(self.agent.playbook.lessons, *(own.active for own in others.values()))
        brought = Playbook(0, lessons, f"brought to {place.name}")
        verdict = await gate.test(
            self._agent(arm, brought),
            self._agent(arm, self.agent.playbook),
            self._tasks(place, "gate", self.config.arrival_pairs, number, ARRIVAL),
            gate=1,  # each place is a question of its own, and errs in that place only
            rules=GateRules(pairs=self.config.arrival_pairs, batch=self.config.arrival_pairs),
            play=self._play(arm, number, place, "arrival"),
        )
        if verdict.deployed:
            return brought, tuple(other.name for other in others), verdict
        return self.agent.playbook, (), verdict

    async def _learn(self, arm: Arm, number: int, place: Place, start: Playbook) -> Learned:
        alter = partial(_dealt, seed=self.config.seed) if arm == "shuffled" else None
        who = self._agent(arm, start)
        await self._wear(who)
        return await learn(
            who,
            place.environment,
            folder=self._arm(arm) / "stages" / f"{number:03d}",
            config=self.config.learning(place, visit=self.visits[number - 1]),
            reviewer=self.reviewer,
            resume=True,
            watch=lambda phase, n: self.watch(self._titled(arm, number, place, phase), n),
            alter=alter,
            meter=self.meter,
            journal=self.journal,
        )

    async def _sleep(
        self, arm: Arm, number: int, place: Place, playbook: Playbook
    ) -> tuple[Playbook, Night, int]:
        found = await compress(
            self._agent(arm, playbook),
            self._tasks(place, "gate", self.config.sleep_tasks, number, NIGHT),
            play=self._play(arm, number, place, "sleep"),
            margin=self.config.margin,
        )
        rested = found.playbook
        night = Night(
            found.confirmed,
            found.rivals,
            (found.lessons, len(rested.active)),
            (found.tokens, sum(lesson.tokens for lesson in rested.active)),
        )
        return rested, night, found.plays

    async def _move(
        self, arm: Arm, number: int, place: Place, playbook: Playbook, night: Night
    ) -> Moved:
        """Move a place's lessons into the weights, and take those over where nothing is lost.

        The student goes on from the arm's own adapter; earlier places are replayed with what was
        known there. The new weights are refused where an earlier place loses more than `LOSS`.
        """
        if self.body is None or not any(found.holds for found in night.confirmed):
            return Moved()
        old = self.adapter.get(arm, "")
        others = {
            other: self.taught.get((arm, other), Playbook())
            for other in dict.fromkeys(self.config.schedule[: number - 1])
            if other != place
        }
        self.meter.begin("distil")
        self.body.begin(old)
        await distilled(
            msgspec.structs.replace(self.agent, model=cast("Model", self.body.student)),
            {place: self._all_of(arm, place, playbook)},
            others,
            folder=self._arm(arm) / "stages" / f"{number:03d}" / "distil",
            config=self.config.sleeping(),
            limits=self.config.limits,
            meter=self.meter,
        )
        new = adapters.keep(self.folder, self.body.student)
        return await self._weighed(arm, number, place, playbook, list(others), old, new)

    async def _weighed(
        self,
        arm: Arm,
        number: int,
        place: Place,
        playbook: Playbook,
        others: Sequence[Place],
        old: str,
        new: str,
    ) -> Moved:
        """Decide on new weights by paired plays on gate tasks, here and in every earlier place."""
        plays = 0

        async def scores(where: Place, with_: Playbook, adapter: str, n: int) -> HeldOut:
            nonlocal plays
            plays += n
            fresh = self._tasks(where, "gate", n, number, NIGHT)
            who = self.agent.with_playbook(msgspec.structs.replace(with_, adapter=adapter))
            return held_out(await self._play(arm, number, where, "sleep")(who, fresh))

        for other in others:
            known = self.known.get((arm, other), self.agent.playbook)
            before = await scores(other, known, old, self.config.arrival_pairs)
            lost = change(before, await scores(other, known, new, self.config.arrival_pairs))
            if lost.mean < -LOSS:
                said = f"weights refused: {lost.mean:+.2f} in {other.name} on {lost.n} tasks"
                return Moved(False, said, plays)
        before = await scores(place, playbook, old, self.config.sleep_tasks)
        after = await scores(place, Playbook(), new, self.config.sleep_tasks)
        found = change(before, after)
        self.adapter[arm] = new
        without = f"{found.mean:+.2f} without lessons on {found.n} tasks"
        if found.interval.low >= -LOSS:
            return Moved(True, f"moved into weights: {without}", plays)
        return Moved(False, f"weights taken, lessons stay: {without}", plays)

    def _all_of(self, arm: Arm, place: Place, playbook: Playbook) -> Playbook:
        """Return all lessons of a place: those in the prompt, and those the weights know."""
        before = self.taught.get((arm, place), Playbook()) if arm != "fresh" else Playbook()
        return Playbook(0, merge(playbook.active, before.active))

    def _agent(self, arm: Arm, playbook: Playbook) -> Agent:
        adapter = self.adapter.get(arm, "")
        return self.agent.with_playbook(msgspec.structs.replace(playbook, adapter=adapter))

    async def _wear(self, agent: Agent) -> None:
        if self.body is not None:
            await self.body.wearing(agent.playbook.adapter)

    async def _retention(self, arm: Arm, number: int) -> dict[str, HeldOut]:
        """Play the held-out tasks of every place that the arm has been to, with what it knows."""
        if arm == "fresh":
            return {}  # it begins everything anew
        been = dict.fromkeys(self.config.schedule[:number])
        return {
            place.name: await self._held_out(
                arm, number, place, self.known.get((arm, place), self.agent.playbook)
            )
            for place in been
        }

    async def _held_out(self, arm: Arm, number: int, place: Place, playbook: Playbook) -> HeldOut:
        played = tasks(
            place.environment,
            self.config.eval_tasks,
            split="eval",
            level=place.level,
            world=place.world,
        )
        title = self._titled(arm, number, place, "eval")
        agent = self._agent(arm, playbook)
        return held_out(await self._roll(agent, played, SHARED, "eval", title))

    def _play(self, arm: Arm, number: int, place: Place, phase: str) -> Play:
        run = self.config.learning(place, visit=self.visits[number - 1])
        name = f"{place.environment}-w{place.world}-l{place.level}-s{run.seed}"

        async def play(agent: Agent, batch: Sequence[Task]) -> list[Episode]:
            title = self._titled(arm, number, place, phase)
            return await self._roll(agent, batch, name, phase, title)

        return play

    async def _roll(
        self, agent: Agent, played: Sequence[Task], run: str, phase: str, title: str
    ) -> list[Episode]:
        self.meter.begin("evaluation" if phase == "eval" else phase)
        await self._wear(agent)
        return await rollout(
            agent,
            played,
            limits=self.config.limits,
            concurrency=self.config.concurrency,
            journal=self.journal,
            run=run,
            tags={"phase": phase},
            resume=True,
            progress=self.watch(title, len(played)),
            meter=self.meter,
        )

    def _tasks(self, place: Place, split: Split, n: int, number: int, start: int) -> list[Task]:
        seed = self.config.seed * VISITS + self.visits[number - 1]
        return tasks(
            place.environment,
            n,
            split=split,
            level=place.level,
            world=place.world,
            start=seed * TASKS_OF_A_SEED + start,
        )

    def _deploy(self, arm: Arm, place: Place, playbook: Playbook, note: str) -> int:
        """Keep what the arm knows of a place as its next version, and return that; once only."""
        folder = self._place(arm, place)
        found = versions(folder)
        last = load(folder / "history" / f"{found[-1]:04d}.toml") if found else Playbook()
        adapter = self.adapter.get(arm, "")
        if found and (last.lessons, last.adapter) == (playbook.lessons, adapter):
            deploy(folder, last)  # again: the life may have been killed between its two files
            return last.version
        version = found[-1] + 1 if found else 1
        deploy(folder, Playbook(version, playbook.lessons, note, adapter))
        return version

    def _origins(self, arm: Arm, playbook: Playbook, number: int, place: Place) -> dict[str, int]:
        here, found = _called(number, place), dict[str, int]()
        for lesson in playbook.active:
            source = self.origin.get((arm, lesson.id), here)
            found[source] = found.get(source, 0) + 1
        return found

    def _titled(self, arm: Arm, number: int, place: Place, phase: str) -> str:
        total = len(self.config.schedule)
        return f"stage {number} of {total}, {place.name}, {arm}: {phase.rpartition(': ')[2]}"

    def _arm(self, arm: Arm) -> Path:
        return self.folder / "arms" / arm

    def _place(self, arm: Arm, place: Place) -> Path:
        return self._arm(arm) / "places" / place.folder

    def _file(self, arm: Arm, number: int) -> Path:
        return self._arm(arm) / "stages" / f"{number:03d}.json"


def _called(number: int, place: Place) -> str:
    return f"stage {number}, {place.name}"


def _dealt(episodes: list[Episode], *, seed: int) -> list[Episode]:
    return shuffled(episodes, seed=seed)
