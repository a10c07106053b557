"""One run of one check: what it played, what that earned, and whom it accuses.

An accusation is believed only when its witness shows the same in a process that has played nothing
else. One that no fresh process confirms leaves the check without a verdict.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from firsthand.audit.finding import Finding, Severity, Witness
from firsthand.audit.formats.answers import same_answer
from firsthand.audit.formats.quotes import still_quoted
from firsthand.audit.process.pool import (
    FAST_SECONDS,
    INTERFERES,
    PLAY_SECONDS,
    Conditions,
    Lab,
)
from firsthand.audit.process.recompute import differ, recompute
from firsthand.audit.session import Session
from firsthand.audit.stats.bounds import mean_upper
from firsthand.audit.targets.protocol import Instance, Play, Spec, Trace
from firsthand.audit.thresholds import (
    EXCESS,
    FULL,
    HANG_RUNAWAY,
    MOST_FINDINGS,
    MOST_UNCONFIRMED,
)
from firsthand.errors import UserError

Kind = str


class Check(msgspec.Struct, frozen=True):
    """One check: its id, what it is about, the kinds of target it is for, and what it claims."""

    id: str
    class_: str
    kinds: tuple[str, ...]
    claim: str
    """What holds of a target that passes."""
    examine: "Callable[[CheckRun], str | None]"

    def __call__(self, session: Session) -> "Outcome":
        """Run the check on a target and return what it saw. Raises `NotRun`, `Hangs`."""
        run = CheckRun(session, self)
        run.outcome.reason = self.examine(run) or ""
        return run.outcome


def check(
    id: str, *, class_: str, kinds: tuple[str, ...], claim: str
) -> "Callable[[Callable[[CheckRun], str | None]], Check]":
    """Make a check of a function that examines a target and returns why it does not apply."""

    def made(examine: "Callable[[CheckRun], str | None]") -> Check:
        return Check(id, class_, kinds, claim, examine)

    return made


class Attack(msgspec.Struct, frozen=True):
    """What one attack earned, each value from another instance."""

    values: tuple[float, ...]
    most: float = 1.0


class Outcome(msgspec.Struct):
    """What a check has seen; its numbers become the certificate's."""

    reason: str = ""
    """Why the check does not apply to this target."""
    n: int = 0
    probes: int = 0
    attacks: list[Attack] = []
    findings: list[Finding] = []
    unconfirmed: list[str] = []
    """Claims whose witness did not show them in a fresh process."""
    lowest: tuple[float, Play | None] = (0.0, None)
    highest: tuple[float, Play | None] = (0.0, None)
    measured: dict[str, Any] = {}
    """Descriptions of the target for the certificate: diversity, difficulty."""
    bounded: bool = True
    """Whether the attacks claim an upper bound on what they earn."""

    def upper95(self, *, alpha: float) -> float | None:
        """Return the highest upper bound of any attack, each at error `alpha`."""
        if not self.bounded or not self.attacks:
            return None
        return max(
            mean_upper([min(value, a.most) for value in a.values], alpha=alpha, most=a.most)
            for a in self.attacks
        )

    @property
    def hits(self) -> int:
        """Plays that were paid in full."""
        return sum(value >= FULL for attack in self.attacks for value in attack.values)

    @property
    def max(self) -> float:
        """The highest value of any play."""
        return max((value for a in self.attacks for value in a.values), default=0.0)

    @property
    def mean(self) -> float:
        """The highest mean value of any attack."""
        return max((sum(a.values) / len(a.values) for a in self.attacks), default=0.0)


Results = list[tuple[Instance, Play, Trace, float]]
"""Instance, play, trace and value (share of the oracle's reward) of each play of an attack."""


class CheckRun:
    """A check at work on a session: it plays, notes what attacks earn, and accuses."""

    def __init__(self, session: Session, check: Check) -> None:
        self.session, self.check = session, check
        self.outcome = Outcome()

    # --- playing -------------------------------------------------------------------------------

    def play(self, plays: Iterable[Play]) -> list[Trace]:
        """Play, and remember the plays that earned most and least."""
        plays = list(plays)
        traces = self.session.lab.run(plays)
        self.outcome.probes += 1
        self._mark_extremes(plays, traces)
        return traces

    def _mark_extremes(self, plays: Sequence[Play], traces: Sequence[Trace]) -> None:
        session, outcome = self.session, self.outcome
        for play, trace in zip(plays, traces, strict=True):
            if play.seed not in session.solved:
                continue
            least = -1.001 * max(1.0, session.best(play.seed))
            if session.facts.kind == "answer" and trace.paid < min(outcome.lowest[0], least):
                outcome.lowest = (trace.paid, play)
            most = max(outcome.highest[0], EXCESS * session.top)
            if not play.beyond and trace.paid > most:
                outcome.highest = (trace.paid, play)

    def attack(
        self,
        instances: Sequence[Instance],
        act: Callable[[Instance], Sequence[str] | str | None],
        *,
        note: bool = True,
    ) -> Results:
        """Play one attack on every instance for which `act` has something to do.

        Unless noted, it claims nothing about what the attack earns.
        """
        made: list[tuple[Instance, Play]] = []
        for instance in instances:
            actions = act(instance)
            if actions is not None:
                actions = (actions,) if isinstance(actions, str) else tuple(actions)
                made.append((instance, Play(instance.seed, actions)))
        traces = self.play(play for _, play in made)
        results = [
            (instance, play, trace, self.session.value(instance.seed, trace))
            for (instance, play), trace in zip(made, traces, strict=True)
        ]
        if note:
            self.note([value for *_, value in results])
        return results

    def note(self, values: Sequence[float], *, most: float = 1.0) -> None:
        """Add what an attack earned to the check's numbers."""
        if values:
            self.outcome.n = max(self.outcome.n, len(values))
            self.outcome.attacks.append(Attack(tuple(values), most))

    # --- accusing ------------------------------------------------------------------------------

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
        outcome = self.outcome
        if any(found.claim == claim for found in outcome.findings):
            return True
        full = len(outcome.findings) >= MOST_FINDINGS
        if full or len(outcome.unconfirmed) >= MOST_UNCONFIRMED:
            return False
        seed = witness.plays[-1].seed if witness.plays else None
        instance = self.session.by_seed.get(seed) if seed is not None else None
        instance = None if witness.level else instance
        witness = msgspec.structs.replace(witness, prompt=instance.prompt[:400] if instance else "")
        if not shows(self.session.spec, witness):
            outcome.unconfirmed.append(claim)
            return False
        outcome.findings.append(
            Finding(
                self.check.id,
                class_ or self.check.class_,
                severity,
                claim,
                n=len(values),
                hits=sum(value >= FULL for value in values),
                mean=sum(values) / len(values) if values else 0.0,
                witness=witness,
                advice=advice,
            )
        )
        return True

    def pays(
        self,
        claim: str,
        play: Play,
        *,
        severity: Severity = "critical",
        values: Sequence[float] = (),
        advice: str = "",
        class_: str = "",
        keeps: Callable[[Play], bool] = lambda _: True,
    ) -> bool:
        """Accuse with a play that pays, shortened while it pays as much.

        `keeps` says whether a shorter play still shows what the claim says. What the claim quotes
        is kept in any case.
        """

        def shows_it(shorter: Play) -> bool:
            return still_quoted(claim, play.actions, shorter.actions) and keeps(shorter)

        shorter, paid = self.shrink(play, keeps=shows_it)
        if self._right(shorter) and not self._right(play):
            # shortened until it was right, it would prove nothing
            shorter, paid = play, self.session.lab.run([play])[0].paid
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
        instance = self.session.by_seed.get(play.seed)
        if self.session.facts.kind != "answer" or instance is None or not instance.oracle:
            return False
        return same_answer(play.actions[0], instance)

    def shrink(
        self, play: Play, *, tries: int = 60, keeps: Callable[[Play], bool] = lambda _: True
    ) -> tuple[Play, float]:
        """Return the shortest play found that earns at least as much, and what it earns."""
        run = self.session.lab.run
        goal = run([play])[0].paid
        if goal <= 0:
            return play, goal
        tries = tries // (6 * self.session.weight) if self.session.costly else tries

        def pays_and_keeps(candidate: Play) -> bool:
            return keeps(candidate) and run([candidate])[0].paid >= goal - 1e-9

        for smaller in _smaller(play, tries, pays_and_keeps):
            play = smaller
        return play, goal

    @property
    def patience(self) -> float:
        """Seconds after which a play of this target counts as a hang in a witness."""
        return max(self.session.lab.seconds, FAST_SECONDS)


def as_it_is(_: Play) -> bool:
    """Keep a play from being shortened: its claim is about all of it."""
    return False


def _smaller(play: Play, tries: int, keeps: Callable[[Play], bool]) -> Iterator[Play]:
    """Yield ever smaller plays that `keeps` accepts: actions are left out, or, of a single one,
    lines, words and characters.
    """
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
    if witness.level:
        spec = msgspec.structs.replace(spec, level=witness.level)
    if not witness.plays and witness.fault == "load":
        return _does_not_load(spec)
    if not witness.plays and witness.fault == INTERFERES:
        return _interferes(spec)
    with Lab(
        spec,
        conditions=conditions[0],
        workers=1,
        seconds=(witness.value or PLAY_SECONDS) if witness.fault == "hang" else HANG_RUNAWAY,
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
        case "recomputed":
            again = recompute(spec, witness.plays)
            return last.value is not None and bool(again) and differ(last.value, again[-1])
        case _:
            return False


def _does_not_load(spec: Spec) -> bool:
    with Lab(spec, workers=1) as lab:
        try:
            lab.start()
        except UserError:
            return True
    return False


def _interferes(spec: Spec) -> bool:
    """Say whether a target meddles with its worker while it is loaded."""
    with Lab(spec, workers=1) as lab:
        lab.start()
        lab.instances([0], oracles=False)
        return bool(lab.interference)


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
