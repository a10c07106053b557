"""Sleep: confirm, compress, distil, measure every lesson again, and deploy what came of it.

A run that learned a playbook goes to sleep as a whole. All plays go to the journal of the night,
under names known before, so that a night that was interrupted goes on where it stopped. What comes
of it is a new version of the run: a playbook with the lessons that still have an effect, and the
adapter that belongs to it. The version before stays, and `firsthand playbook rollback` goes back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.journal.journal import Journal
from firsthand.learn.lessons.learner import Watch
from firsthand.learn.life.schedule import Place
from firsthand.learn.life.stage import HeldOut, held_out
from firsthand.learn.sleep import adapters, ledger, slept
from firsthand.learn.sleep.compress import Compressed, compress
from firsthand.learn.sleep.distilling import MOST_REPLAYED, distilled
from firsthand.learn.sleep.families import Family, families, way
from firsthand.learn.sleep.ledger import Entry, Gone, Ledger
from firsthand.learn.sleep.looking import first_observation
from firsthand.learn.sleep.nights import (
    RESULT,
    SOURCE,
    Night,
    begun,
    interrupted,
    last_ledger,
    night_in,
    retiring,
)
from firsthand.learn.sleep.player import Player
from firsthand.learn.sleep.remask import Effect, effects, measure, play_pairs
from firsthand.learn.sleep.settings import SleepConfig
from firsthand.learn.sleep.single import singles
from firsthand.learn.sleep.slept import Diversity, Retained, Slept
from firsthand.playbook import Playbook, deploy, load, replace_file, versions
from firsthand.registry import tasks
from firsthand.retrieval import pattern
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.task import Split, Task
from firsthand.usage import Meter

BARE = ""
"""The adapter that is none."""

NIGHT, REMASK, FOLLOW = 500_000, 600_000, 700_000
"""Where the gate tasks of confirming, of measuring again and of following begin."""


async def sleep(
    player: Player,
    places: Sequence[Place],
    *,
    run: Path,
    config: SleepConfig = SleepConfig(),
    revoke: Iterable[str] = (),
    resume: bool = False,
    limits: Limits = Limits(),
    watch: Watch | None = None,
    meter: Meter | None = None,
    tell: Callable[[str], None] | None = None,
) -> Slept:
    """Consolidate the playbook of a run, and deploy what came of it as its next version.

    `revoke` names lessons, or families of the last ledger: the night begins again from the playbook
    that slept then, without them. Raises `UserError` where there is nothing to sleep on, and for a
    night that was interrupted unless `resume` is set.
    """
    given = Night(
        source=0,
        model=player.agent.model.name,
        student=player.student.name,
        places=tuple(places),
        revoked=(),
        config=config,
    )
    folder = interrupted(run, given, resume=resume)
    if folder is None:
        folder = begun(run, given, list(revoke))
    night, source = night_in(folder), load(folder / SOURCE)
    night = msgspec.structs.replace(night, config=config)  # how much is in flight may change
    work = _Work(player, night, folder, run, limits, watch, meter or Meter())
    return await work.sleep(source, frozenset(night.revoked), tell or _untold)


def _untold(_line: str) -> None:
    """Nobody wants to know."""


class _Work:
    """One night."""

    def __init__(
        self,
        player: Player,
        night: Night,
        folder: Path,
        run: Path,
        limits: Limits,
        watch: Watch | None,
        meter: Meter,
    ) -> None:
        self.player, self.night, self.config = player, night, night.config
        self.folder, self.run, self.limits = folder, run, limits
        self.watch, self.meter = watch, meter
        self.journal = Journal(folder / "journal")

    async def sleep(
        self, source: Playbook, revoked: frozenset[str], tell: Callable[[str], None]
    ) -> Slept:
        """Go through the night."""
        kept = retiring(source, revoked)
        small = await self._compress(kept)
        tell(f"{len(source.active)} lessons, {len(small.playbook.active)} after compressing")
        adapter = await self._distil(small)
        tell(f"distilled into the adapter {adapter}")
        entries = await self._measure(small.playbook, adapter)
        if revoked:
            entries.append(await self._revoked(source, revoked, adapter))
        retired = {line.id for e in entries if e.fate == "retired" for line in e.lessons}
        deployed = self._deploy(retiring(small.playbook, retired, "absorbed"), adapter)
        told = Ledger(
            source=source.version,
            version=deployed.version,
            adapter=adapter,
            margin=self.config.margin,
            entries=tuple(entries),
        )
        ledger.save(told, self.folder / ledger.FILE)
        found = await self._result(kept, small, deployed, told)
        content = msgspec.json.format(msgspec.json.encode(found), indent=1)
        replace_file(self.folder / RESULT, content)
        return found

    async def _compress(self, playbook: Playbook) -> Compressed:
        tasks = self._tasks("gate", self.config.gate_tasks, NIGHT)

        async def play(agent: Agent, batch: Sequence[Task]) -> list[Episode]:
            return await self._roll("confirm and compress", agent, batch, BARE)

        agent = self.player.agent.with_playbook(msgspec.structs.replace(playbook, adapter=BARE))
        return await compress(agent, tasks, play=play, margin=self.config.margin)

    async def _distil(self, small: Compressed) -> str:
        """Train the student from bare weights and keep its adapter; a night does it once."""
        done = self.folder / "adapter"
        if done.exists() and (name := done.read_text(encoding="utf-8").strip()):
            adapters.path_of(self.run, name)
            return name
        holds = {one.environment for one in small.confirmed if one.holds}
        lessons = {
            place: small.playbook for place in self.night.places if place.environment in holds
        }
        if not lessons:
            raise UserError(
                "The playbook is not confirmed: on gate tasks it is not shown to help, so there "
                "is nothing to distil. Learn more first, or confirm on more tasks (--gate-tasks)."
            )
        self.player.bare()
        agent = msgspec.structs.replace(self.player.agent, model=self.player.student)
        tags = f"distil {self.config.distil_tasks} tasks, {self.config.epochs} epochs"
        self.meter.begin("distil")
        await distilled(
            agent,
            lessons,
            {place: Playbook() for place in self.config.retain},
            folder=self.folder / "distil",
            config=self.config,
            limits=self.limits,
            meter=self.meter,
            progress=self._watch(tags, self._dreams(len(lessons))),
        )
        name = adapters.keep(self.run, self.player.student)
        replace_file(done, name.encode())
        return name

    def _dreams(self, places: int) -> int:
        steps = -(-self.config.distil_tasks // self.config.batch)
        replayed = self.config.replay * min(len(self.config.retain), MOST_REPLAYED)
        return steps * (self.config.batch * places + replayed)

    async def _measure(self, playbook: Playbook, adapter: str) -> list[Entry]:
        """Measure every family again, shown or not: adapter off on some tasks, on on all."""
        found = families(playbook)
        agent = self.player.agent.with_playbook(msgspec.structs.replace(playbook, adapter=BARE))
        tasks = self._tasks("gate", self.config.remask_tasks, REMASK)
        sides: list[list[object]] = []

        async def play(
            agents: Sequence[Agent], batch: Sequence[Task], labels: Sequence[str]
        ) -> list[Episode]:
            name = adapter if len(sides) else BARE
            tags = [{"shown": label} for label in labels]
            return await self._roll("measure each lesson again", agents, batch, name, tags)

        first = tasks[: self.config.off_tasks * len(self.night.places)]
        off = await play_pairs(agent, found, first, play=play, seed=self.config.seed)
        sides.append([])
        on = await play_pairs(agent, found, tasks, play=play, seed=self.config.seed)
        measured = measure(found, off, on)
        return [
            ledger.entry(
                family,
                one,
                margin=self.config.margin,
                single=singles(family, place, off, on, price=max(one.tokens.mean, 0.0)),
            )
            for place, (family, one) in enumerate(zip(found, measured, strict=True))
        ]

    async def _revoked(self, source: Playbook, revoked: frozenset[str], adapter: str) -> Entry:
        """See whether revoked lessons are still followed without being shown."""
        own = tuple(lesson for lesson in source.active if lesson.id in revoked)
        family = Family("revoked: " + families(Playbook(0, own))[0].name, own)
        told, tasks = await self._spoken_to(source, revoked)
        last = last_ledger(self.run)
        before = last.adapter if last is not None else BARE
        bare = self.player.agent.with_playbook(Playbook())
        rest = self.player.agent.with_playbook(retiring(source, revoked))
        title = "see what is left of revoked lessons"
        sides = [
            await self._roll(title, who, tasks, name)
            for who, name in ((bare, BARE), (rest, BARE), (bare, before), (bare, adapter))
        ]
        follows = [[_follows(e, told[e.task.id]) for e in side] for side in sides]
        rates, scores = map(_mean, follows), [_mean([e.counted or 0.0 for e in s]) for s in sides]
        gone = Gone(
            _four(rates),
            _four(scores),
            _paired(follows[1], follows[2]),
            _paired(follows[1], follows[3]),
            len(tasks),
        )
        earlier = {e.id: e for e in last.entries} if last is not None else {}
        known = earlier.get(ledger.family_id(family))
        entry = ledger.entry(family, None, margin=self.config.margin)
        return msgspec.structs.replace(
            known or entry, fate="revoked", gone=gone, name=family.name, tokens=_price(known)
        )

    async def _spoken_to(
        self, source: Playbook, revoked: frozenset[str]
    ) -> tuple[Mapping[str, str], list[Task]]:
        """Return gate tasks whose nearest lesson was revoked, and what that lesson would do."""
        told: dict[str, str] = {}
        tasks: list[Task] = []
        for task in self._tasks("gate", 50 * self.config.follow_tasks, FOLLOW):
            near = source.examples(task.environment, await first_observation(task), 1)
            if near and near[0].id in revoked:
                told[task.id] = way(near[0])
                tasks.append(task)
            if len(tasks) == self.config.follow_tasks:
                break
        if not tasks:
            raise UserError(
                "No task was found to which the revoked lessons speak, so that their effect "
                "cannot be measured. Rules in prose cannot be revoked this way yet."
            )
        return told, tasks

    async def _result(
        self, source: Playbook, small: Compressed, deployed: Playbook, told: Ledger
    ) -> Slept:
        agent = self.player.agent
        start = msgspec.structs.replace(source, adapter=BARE)
        nothing = Playbook()
        bare = await self._held_out("eval: bare", agent.with_playbook(nothing), BARE)
        with_it = await self._held_out("eval: with the playbook", agent.with_playbook(start), BARE)
        asleep = await self._held_out("eval: asleep", agent.with_playbook(nothing), told.adapter)
        kept = asleep
        if deployed.active:
            lessons = msgspec.structs.replace(deployed, adapter=BARE)
            kept = await self._held_out(
                "eval: deployed", agent.with_playbook(lessons), told.adapter
            )
        return Slept(
            model=agent.model.name,
            student=self.player.student.name,
            places=tuple(place.name for place in self.night.places),
            bare=held_out(bare),
            playbook=held_out(with_it),
            asleep=held_out(asleep),
            deployed=held_out(kept),
            tokens_saved=slept.saved(with_it, asleep),
            confirmed=small.confirmed,
            rivals=small.rivals,
            lessons=(len(source.active), len(small.playbook.active), len(deployed.active)),
            ledger=told,
            retained=tuple([await self._retained(place) for place in self.config.retain]),
            diversity=_diversities(bare, with_it, asleep),
            spent=self.meter.spent(),
        )

    async def _retained(self, place: Place) -> Retained:
        played = tasks(
            place.environment,
            self.config.retain_tasks,
            split="eval",
            level=place.level,
            world=place.world,
        )
        agent = self.player.agent.with_playbook(Playbook())
        adapter = (self.folder / "adapter").read_text(encoding="utf-8")
        sides: list[HeldOut] = []
        for name, weights in (("before", BARE), ("after", adapter)):
            title = f"retention in {place.name}, {name}"
            sides.append(held_out(await self._roll(title, agent, played, weights)))
        return Retained(place.name, *sides)

    async def _held_out(self, title: str, agent: Agent, adapter: str) -> list[Episode]:
        played = self._tasks("eval", self.config.eval_tasks, 0)
        if adapter == BARE and (known := self._known(agent, played)):
            return known
        return await self._roll(title, agent, played, adapter)

    def _known(self, agent: Agent, played: Sequence[Task]) -> list[Episode]:
        """Return what the run itself played of these tasks, as this agent; empty: not all."""
        journal = Journal(self.run / "journal")
        found = {
            episode.task.id: episode for episode in journal.episodes(split="eval", agent=agent.id)
        }
        missing = any(task.id not in found for task in played)
        return [] if missing else [found[task.id] for task in played]

    async def _roll(
        self,
        title: str,
        agent: Agent | Sequence[Agent],
        played: Sequence[Task],
        adapter: str,
        tags: Sequence[Mapping[str, str]] | None = None,
    ) -> list[Episode]:
        """Play with the weights of an adapter, which are part of every episode's name."""
        model = await self.player.wearing(adapter)
        given = [agent] * len(played) if isinstance(agent, Agent) else list(agent)
        labels: Sequence[Mapping[str, str]] = tags or [dict[str, str]()] * len(played)
        self.meter.begin(title.partition(":")[0])
        return await rollout(
            [msgspec.structs.replace(own, model=model) for own in given],
            played,
            limits=self.limits,
            concurrency=self.config.concurrency,
            journal=self.journal,
            run="sleep",
            tags=[{"adapter": adapter or "none", **label} for label in labels],
            resume=True,
            progress=self._watch(title, len(played)),
            meter=self.meter,
        )

    def _watch(self, title: str, n: int) -> Callable[[Episode], None] | None:
        return self.watch(title, n) if self.watch else None

    def _tasks(self, split: Split, n: int, start: int) -> list[Task]:
        columns = [
            tasks(
                place.environment,
                n,
                split=split,
                level=place.level,
                world=place.world,
                start=start,
            )
            for place in self.night.places
        ]
        return [task for row in zip(*columns, strict=True) for task in row]

    def _deploy(self, playbook: Playbook, adapter: str) -> Playbook:
        """Deploy playbook and adapter as one version; a night that goes on deploys only once."""
        found = versions(self.run)
        note = f"slept, {self.folder.name}"
        last = load(self.run / "history" / f"{found[-1]:04d}.toml") if found else Playbook()
        version = last.version if last.note == note else max(found, default=0) + 1
        new = Playbook(version, playbook.lessons, note, adapter)
        deploy(self.run, new)
        return new


def _follows(episode: Episode, lesson: str) -> float:
    """Say whether the first action is what the lesson does."""
    if not episode.turns:
        return 0.0
    turn = episode.turns[0]
    return float(pattern(turn.observation.full, turn.action.text) == lesson)


def _paired(before: Sequence[float], after: Sequence[float]) -> Effect:
    import numpy as np

    ones = np.ones((len(before), 1))
    return effects(ones, np.array(after) - np.array(before))[0]


def _price(known: Entry | None) -> tuple[float, float]:
    return (known.tokens[0], 0.0) if known is not None else (0.0, 0.0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _four(values: Iterable[float]) -> tuple[float, float, float, float]:
    first, second, third, fourth = values
    return first, second, third, fourth


def _diversities(*sides: Sequence[Episode]) -> tuple[Diversity, Diversity, Diversity]:
    first, second, third = (slept.diversity(side) for side in sides)
    return first, second, third
