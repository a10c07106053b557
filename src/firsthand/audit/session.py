"""One audit under way: the target's processes, its instances, and the few moves that all checks are made of.

A check asks the session to play, gets traces, and accuses. An accusation is believed only when its witness
shows the same in a process that has played nothing else; one that does not is left to the purity check.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal

import msgspec

from firsthand.audit import grammar
from firsthand.audit.bounds import mean_upper
from firsthand.audit.finding import Finding, Severity, Witness
from firsthand.audit.process.pool import FAST_SECONDS, PLAY_SECONDS, Conditions, Lab
from firsthand.audit.target import Facts, Instance, Play, Spec, Trace
from firsthand.errors import UserError
from firsthand.task import digest

Budget = Literal["quick", "standard", "deep"]
FULL = 0.999
"""A play whose value is this share of the oracle's or more is paid in full."""
SIMULTANEOUS = 40
"""Attacks over which the 5% of error is divided."""


MOST = 6
"""Findings of one check, and accusations of it that come to nothing; more say nothing new."""


class NotRun(Exception):
    """A check that applies cannot run; the text says why."""


class Options(msgspec.Struct, frozen=True):
    """How an audit is run."""

    seeds: int = 700
    """Instances, where the target makes as many as are asked for."""
    budget: Budget = "standard"
    key: str = ""
    """Seed key, so that an author cannot have tuned to the seeds."""
    only: tuple[str, ...] = ()
    """Checks to run; empty: all."""
    workers: int = 2


SECONDS = {"quick": 2.0, "standard": 15.0, "deep": 120.0}
"""Wall time that playing may take, after which checks see fewer instances."""
SEEDS = {"quick": 24, "standard": 10**9, "deep": 10**9}
"""Most instances that an attack is played on."""
TASKS = {"quick": 300, "standard": 300, "deep": 2000}
"""Most tasks of a grader with many that are looked at, spread by the seed key."""


class Outcome(msgspec.Struct):
    """What a check has seen so far; its numbers become the certificate's."""

    n: int = 0
    probes: int = 0
    hits: int = 0
    max: float = 0.0
    mean: float = 0.0
    """Highest mean value of any attack."""
    upper95: float | None = None
    findings: list[Finding] = []
    unshown: int = 0
    """Accusations whose witness did not show them in a fresh process."""


class Session:
    """Everything checks share."""

    def __init__(
        self, spec: Spec, options: Options = Options(), *, tick: Callable[[int], None] | None = None
    ) -> None:
        self.spec, self.options = spec, options
        self.lab = Lab(spec, workers=options.workers, tick=tick)
        started = time.perf_counter()
        try:
            self.facts: Facts = self.lab.start()
        except BaseException:
            self.lab.close()
            raise
        self.start_seconds = time.perf_counter() - started
        self.outcome = Outcome()
        self.check = ""
        self.class_ = ""
        self._told_hang = False
        self._told_lowest = False
        self._lowest: tuple[float, Play | None] = (0.0, None)
        self._told_highest = False
        self._highest: tuple[float, Play | None] = (0.0, None)
        self.diversity: dict[str, Any] = {}
        self.difficulty: list[dict[str, Any]] = []

    def close(self) -> None:
        """End the target's processes."""
        self.lab.close()

    # --- instances -----------------------------------------------------------------------------------------------

    def stream(self, name: str, n: int) -> list[int]:
        """Return `n` seeds; streams with different names share none. A target with few instances gives each at most once."""
        if self.facts.instances is not None:
            places = list(range(self.facts.instances))
            random.Random(digest(f"{self.options.key}#{name}")).shuffle(places)
            return places[:n]
        part = digest(name) % 997
        first = digest(f"{self.options.key}#seeds") % 2**20 if self.options.key else 0
        return [(first + index) * 997 + part for index in range(n)]

    @cached_property
    def instances(self) -> list[Instance]:
        """The instances that attacks are played on: all of a grader's tasks, or as many seeds as were asked for."""
        most = min(self.options.seeds, SEEDS[self.options.budget])
        if self.facts.instances is not None:
            most = min(self.facts.instances, max(most, 24), TASKS[self.options.budget])
        return self.lab.instances(sorted(self.stream("certify", most)))

    @cached_property
    def by_seed(self) -> dict[int, Instance]:
        """The instances by seed."""
        return {instance.seed: instance for instance in self.instances}

    @cached_property
    def solved(self) -> dict[int, Trace]:
        """Seed to what the oracle's play showed."""
        asked = [instance for instance in self.instances if not instance.fault]
        traces = self.lab.run([Play(instance.seed, instance.oracle) for instance in asked])
        return {instance.seed: trace for instance, trace in zip(asked, traces, strict=True)}

    @cached_property
    def usable(self) -> list[Instance]:
        """The instances whose oracle earns something; only these are attacked."""
        return [
            instance
            for instance in self.instances
            if instance.seed in self.solved and self.solved[instance.seed].paid > 0
        ]

    @cached_property
    def actions(self) -> list[str]:
        """Concrete actions of an episodic target: its grammar filled in, and what its oracles do."""
        return grammar.actions(self.instances[:200], self.facts.grammar)

    @cached_property
    def seconds_a_play(self) -> float:
        """What one play costs, from playing a few oracles again."""
        some = self.usable[:4]
        if not some:
            return 0.001
        times: list[float] = []
        while len(times) < 4 and (
            not times or min(times) > 0.001
        ):  # a busy machine makes fast plays look slow
            started = time.perf_counter()
            self.lab.run([Play(instance.seed, instance.oracle) for instance in some])
            times.append((time.perf_counter() - started) / len(some))
        return min(times)

    def effort(self, quick: float, standard: float) -> float:
        """Return the seconds, or the tries, that a search may take under this budget; `deep` searches eight times as long as `standard`."""
        return (
            quick
            if self.options.budget == "quick"
            else standard * SECONDS[self.options.budget] / SECONDS["standard"]
        )

    def best(self, seed: int) -> float:
        """Return what the oracle earns on an instance."""
        return self.solved[seed].paid

    def value(self, seed: int, trace: Trace) -> float:
        """Return a play's return as a share of the oracle's on the same instance."""
        best = self.solved[seed].paid if seed in self.solved else 0.0
        return trace.paid / best if best > 0 else trace.paid

    def some(self, n: int, *, share: float = 0.05) -> list[Instance]:
        """Return up to `n` usable instances, fewer when plays are slow: one probe may take `share` of the time for playing."""
        affordable = int(
            share
            * SECONDS[self.options.budget]
            * self.options.workers
            / max(self.seconds_a_play, 1e-6)
        )
        n = max(2, min(n, affordable, SEEDS[self.options.budget]))
        step = max(1, len(self.usable) // n)
        return self.usable[::step][:n]

    # --- playing -------------------------------------------------------------------------------------------------

    def play(self, plays: Iterable[Play]) -> list[Trace]:
        """Play and note the highest value seen."""
        plays = list(plays)
        started = time.perf_counter()
        traces = self.lab.run(plays)
        self.outcome.probes += 1
        self._mark_extremes(plays, traces)
        seconds = (time.perf_counter() - started) / max(len(plays), 1)
        if len(plays) >= 8 and seconds > max(0.02, 10 * self.seconds_a_play):
            self.__dict__["seconds_a_play"] = (
                seconds  # wrong plays cost more than right ones: attacks have to choose
            )
        return traces

    def _mark_extremes(self, plays: Sequence[Play], traces: Sequence[Trace]) -> None:
        for play, trace in zip(plays, traces, strict=True):
            if play.seed not in self.solved:
                continue
            if self.facts.kind == "answer" and trace.paid < min(
                self._lowest[0], -1.001 * max(1.0, self.best(play.seed))
            ):
                self._lowest = (trace.paid, play)
            if not play.beyond and trace.paid > max(self._highest[0], 1.1 * self._top):
                self._highest = (trace.paid, play)

    @cached_property
    def _top(self) -> float:
        """What the oracle earns at most on any instance, or 1."""
        return max(1.0, *(trace.paid for trace in self.solved.values()))

    def attack(
        self,
        instances: Sequence[Instance],
        act: Callable[[Instance], Sequence[str] | str | None],
        *,
        note: bool = True,
    ) -> list[tuple[Instance, Play, Trace, float]]:
        """Play one attack on every instance for which it has something to do: instance, play, trace, value. Unless noted, it claims nothing."""
        made: list[tuple[Instance, Play]] = []
        for instance in instances:
            actions = act(instance)
            if actions is not None:
                made.append(
                    (
                        instance,
                        Play(
                            instance.seed,
                            (actions,) if isinstance(actions, str) else tuple(actions),
                        ),
                    )
                )
        traces = self.play(play for _, play in made)
        results = [
            (instance, play, trace, self.value(instance.seed, trace))
            for (instance, play), trace in zip(made, traces, strict=True)
        ]
        if note:
            self.note([value for *_, value in results])
        return results

    def note(self, values: Sequence[float], *, most: float = 1.0) -> None:
        """Add what an attack earned to the check's numbers."""
        if not values:
            return
        outcome, mean = self.outcome, sum(values) / len(values)
        outcome.n = max(outcome.n, len(values))
        outcome.hits += sum(value >= FULL for value in values)
        outcome.max = max(outcome.max, *values)
        outcome.mean = max(outcome.mean, mean)
        bound = mean_upper(
            [min(value, most) for value in values], alpha=0.05 / SIMULTANEOUS, most=most
        )
        outcome.upper95 = max(outcome.upper95 or 0.0, bound)

    # --- accusing ------------------------------------------------------------------------------------------------

    def accuse(
        self,
        claim: str,
        witness: Witness,
        *,
        severity: Severity = "critical",
        values: Sequence[float] = (),
        advice: str = "",
        class_: str = "",
    ) -> bool:
        """Record a finding if its witness shows it in a fresh process; return whether it did."""
        if any(found.claim == claim for found in self.outcome.findings):
            return True
        if len(self.outcome.findings) >= MOST or self.outcome.unshown >= MOST:
            return False
        prompt = (
            self.by_seed[witness.plays[-1].seed].prompt[:400]
            if witness.plays and witness.plays[-1].seed in self.by_seed
            else ""
        )
        witness = msgspec.structs.replace(witness, prompt=prompt)
        if not shows(self.spec, witness):
            self.outcome.unshown += 1
            return False
        values = list(values)
        self.outcome.findings.append(
            Finding(
                self.check,
                class_ or self.class_,
                severity,
                claim,
                n=len(values),
                hits=sum(value >= FULL for value in values),
                mean=sum(values) / len(values) if values else 0.0,
                upper95=mean_upper([min(value, 1.0) for value in values], alpha=0.05 / SIMULTANEOUS)
                if values
                else 1.0,
                witness=witness,
                advice=advice,
            )
        )
        return True

    @property
    def patience(self) -> float:
        """Seconds after which a play of this target counts as a hang in a witness."""
        return PLAY_SECONDS if self.lab.seconds > FAST_SECONDS else FAST_SECONDS

    def hangs(self) -> None:
        """Accuse, once in an audit, the shortest play that hung."""
        if self._told_hang:
            return
        play = min(self.lab.hung, key=lambda play: sum(map(len, play.actions)))
        seconds = self.patience
        self._told_hang = any(found.witness.fault == "hang" for found in self.outcome.findings) or self.accuse(
            f"A play takes more than {seconds:g} s: {' / '.join(play.actions)[:80]!r}.",
            Witness("fault", (play,), value=seconds, fault="hang"),
            severity="major", class_="contract", advice="Bound the input before parsing it, and avoid patterns that backtrack.",
        )  # fmt: skip

    def falls(self) -> None:
        """Accuse, once in an audit, a reward further below 0 than the right answer's is above it."""
        lowest, play = self._lowest
        if play is not None and not self._told_lowest:
            self._told_lowest = self.accuse(
                f"A reward falls to {lowest:g}, where the right answer earns {self.best(play.seed):g}.", Witness("refused", (play,), value=lowest),
                severity="major", class_="contract", advice="Keep rewards in [0, 1]: bound what a wrong answer can cost.",
            )  # fmt: skip

    def rises(self) -> None:
        """Accuse, once in an audit, a play that earns more than the oracle does on any instance; a check that found out why has told it better."""
        highest, play = self._highest
        if play is None or self._told_highest:
            return
        self._told_highest = any(found.witness.value > 1.1 * self._top for found in self.outcome.findings) or self.accuse(
            f"A play that is not the oracle's earns {highest:g}, where the oracle earns {self._top:g} at most.",
            Witness("pays", (play,), value=highest),
            severity="major", class_="contract", advice="Nothing may earn more than solving the task: bound the reward.",
        )  # fmt: skip

    def pays(
        self,
        claim: str,
        play: Play,
        *,
        severity: Severity = "critical",
        values: Sequence[float] = (),
        advice: str = "",
        class_: str = "",
    ) -> bool:
        """Accuse with a play that pays, shortened while it pays as much."""
        shorter, paid = self.shrink(play)
        if self._right(shorter) and not self._right(play):
            shorter, paid = (
                play,
                self.lab.run([play])[0].paid,
            )  # shortened until it was right, it would prove nothing
        return self.accuse(
            claim,
            Witness("pays", (shorter,), value=paid),
            severity=severity,
            values=values,
            advice=advice,
            class_=class_,
        )

    def _right(self, play: Play) -> bool:
        """Say whether a single action gives the right answer of its instance."""
        from firsthand.audit.answers import same_answer  # it reads sessions too

        instance = self.by_seed.get(play.seed)
        return (
            self.facts.kind == "answer"
            and instance is not None
            and bool(instance.oracle)
            and same_answer(play.actions[0], instance)
        )

    def shrink(self, play: Play, *, tries: int = 60) -> tuple[Play, float]:
        """Return the shortest play found that earns at least as much, and what it earns."""
        (trace,) = self.lab.run([play])
        goal = trace.paid
        tries = min(tries, int(2.0 / max(self.seconds_a_play, 1e-6)))
        if goal <= 0:
            return play, goal
        for smaller in _smaller(
            play, tries, lambda candidate: self.lab.run([candidate])[0].paid >= goal - 1e-9
        ):
            play = smaller
        return play, goal


def _smaller(play: Play, tries: int, keeps: Callable[[Play], bool]) -> Iterator[Play]:
    """Yield ever smaller plays that `keeps` accepts: actions are left out, or, of a single one, lines, words and characters."""
    single = len(play.actions) == 1
    parts: list[str] = _pieces(play.actions[0]) if single else list(play.actions)
    size = max(1, len(parts) // 2)
    while tries > 0 and len(parts) > 1:
        start, cut = 0, False
        while start < len(parts) and tries > 0 and len(parts) > 1:
            left = parts[:start] + parts[start + size :]
            candidate = msgspec.structs.replace(
                play, actions=("".join(left),) if single else tuple(left)
            )
            tries -= 1
            if left and keeps(candidate):
                parts, cut = left, True
                yield candidate
            else:
                start += size
        if not cut and size == 1:
            return
        size = max(1, size // 2)


def _pieces(text: str) -> list[str]:
    if len(text) <= 40:
        return list(text)
    if "\n" in text:
        return text.splitlines(keepends=True)
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + words[-1:]


def shows(spec: Spec, witness: Witness) -> bool:
    """Run a witness in fresh processes and say whether it still shows what it claims."""
    conditions = witness.conditions or (Conditions(),)
    if not witness.plays and witness.fault == "load":
        return _does_not_load(spec)
    with Lab(
        spec,
        conditions=conditions[0],
        workers=1,
        seconds=witness.value if witness.fault == "hang" and witness.value else PLAY_SECONDS,
    ) as lab:
        lab.start()
        if witness.shows == "instances":
            return told([lab.instances([play.seed])[0] for play in witness.plays]) == witness.digest
        traces = lab.together(witness.plays) if witness.together else lab.run(witness.plays)
        if witness.times > 1:
            traces += lab.run([witness.plays[-1]] * (witness.times - 1))
            return len({story(trace) for trace in traces[len(witness.plays) - 1 :]}) > 1
    last = traces[-1]
    match witness.shows:
        case "pays":
            return last.fault is None and last.paid >= witness.value - 1e-9
        case "refused":
            return last.paid <= witness.value + 1e-9
        case "late":
            return last.late >= witness.value - 1e-9
        case "prints":
            return last.printed > 0
        case "fault":
            return last.fault is not None and last.fault.kind == witness.fault
        case "differs":
            return _differs(spec, witness, last)
        case _:
            return False


def _does_not_load(spec: Spec) -> bool:
    with Lab(spec, workers=1) as lab:
        try:
            lab.start()
        except UserError:
            return True
    return False


def _differs(spec: Spec, witness: Witness, last: Trace) -> bool:
    against = witness.against or witness.plays
    other = witness.conditions[-1] if witness.conditions else Conditions()
    with Lab(spec, conditions=other, workers=1) as lab:
        lab.start()
        return story(lab.run(against)[-1]) != story(last)


def story(trace: Trace) -> tuple[object, ...]:
    """Return what must be equal between two plays of the same actions."""
    return (
        trace.observations,
        trace.rewards,
        trace.value,
        trace.done,
        trace.fault.kind if trace.fault else None,
    )


def told(instances: Sequence[Instance]) -> str:
    """Hash what instances show and hide."""
    return hashlib.blake2b(
        msgspec.msgpack.encode([(i.prompt, i.answer, i.oracle) for i in instances]), digest_size=12
    ).hexdigest()
