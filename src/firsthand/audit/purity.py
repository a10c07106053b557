"""Is the reward a fact? The oracle must succeed, and the same play must earn the same wherever it is played.

Right, wrong and near-miss answers are all repeated: a reward that is noisy on wrong answers alone teaches
luck. Conditions that must not matter are a process's hash seed, time zone, locale, date, global random
state, and whatever was played before or at the same time.
"""

from concurrent.futures import ThreadPoolExecutor

import msgspec

from firsthand.audit.finding import Witness
from firsthand.audit.process.pool import Conditions, Lab
from firsthand.audit.session import FULL, NotRun, Session, shows, story, told
from firsthand.audit.target import UNKNOWN, Instance, Play, Trace
from firsthand.audit.wrong import wrong_plays

YEAR = 365.25 * 86400
ELSEWHERE = (
    Conditions(
        hash_seed=1,
        zone="Asia/Tokyo",
        locale="C",
        date=31 * YEAR + 86400 * 200 + 8 * 3600,
        random_seed=1,
    ),
    Conditions(
        hash_seed=77,
        zone="America/Lima",
        locale="POSIX",
        date=58.16 * YEAR + 23 * 3600,
        random_seed=2,
    ),
)


def oracle(session: Session) -> str | None:
    """Require that the oracle earns the most there is, on every instance, and that every reward seen is a finite number."""
    broken = [instance for instance in session.instances if instance.fault]
    if broken and {instance.fault for instance in session.instances} == {UNKNOWN}:
        raise NotRun("the target gives no reference answers")
    for instance in broken[:1]:
        session.accuse(
            f"The oracle fails on {len(broken)} of {len(session.instances)} instances: {instance.fault}",
            Witness("instances", (Play(instance.seed, ()),), digest=told([instance])),
            severity="major",
            advice="An instance without a known solution may have none: repair the oracle or drop the instance.",
        )
    solved = session.solved
    session.note([min(trace.paid, 1.0) for trace in solved.values()])
    session.outcome.upper95 = None
    top = max((trace.paid for trace in solved.values()), default=0.0)
    for seed, trace in solved.items():
        play = Play(seed, session.by_seed[seed].oracle)
        if trace.fault is not None:
            session.accuse(
                f"The right answer ends in a fault ({trace.fault.kind}): {trace.fault.detail}",
                Witness("fault", (play,), fault=trace.fault.kind),
                severity="major",
                advice="A reward is a finite number for every answer.",
            )
        elif (
            trace.paid <= 0
            or (session.facts.kind == "answer" and trace.paid < FULL * top)
            or (session.facts.proven and trace.paid < FULL)
        ):
            session.accuse(
                "The oracle's own answer is not paid in full on some instances.",
                Witness("refused", (play,), value=trace.paid),
                severity="major",
                values=[trace.paid for trace in solved.values()],
                advice="Either the grader rejects right answers, or the instance cannot be solved.",
            )
    if session.facts.kind == "answer" and top > 1.0 + 1e-9:
        worst = max(solved, key=lambda seed: solved[seed].paid)
        session.accuse(
            f"Rewards leave the range [0, 1]: {top:g}.",
            Witness("pays", (Play(worst, session.by_seed[worst].oracle),), value=top),
            severity="minor",
            advice="Scale rewards to [0, 1].",
        )
    return None


ADVICE = "A reward depends on the instance and the actions alone: keep no state between plays, draw no random numbers, read no clock."


PLAYING = {"quick": 1.0, "standard": 5.0, "deep": 60.0}
"""Seconds that repeating may take where plays are slow."""


def repeats(session: Session) -> str | None:
    """Repeat right, wrong and near-miss plays: in another order, in a fresh process, elsewhere, and interleaved."""
    plays, seeds = _repeated(session)
    with Lab(session.spec, workers=1) as alone:
        first = alone.run(plays)
        session.outcome.n, session.outcome.probes = len(plays), 5 + len(ELSEWHERE)
        for _ in range(max(2, min(60, int(0.5 / max(session.seconds_a_play * len(plays), 1e-4))))):
            if _compare(
                session, plays, first, alone.run(plays), "when it is repeated in the same process"
            ):
                break
        if session.outcome.findings:
            return None
        _compare(session, plays, first, alone.run(plays[::-1])[::-1], "after other plays")
    if session.outcome.findings:
        return None
    many = (
        session.options.budget != "quick"
        and session.start_seconds < 1.0
        and session.seconds_a_play < 0.01
    )
    dates = [
        Conditions(
            date=(52 + number) * YEAR + number * 31 * 86400 + number * 3.3 * 3600 + 977 * number,
            hash_seed=100 + number,
        )
        for number in range(1, 7 if many else 1)
    ]
    with ThreadPoolExecutor(session.options.workers) as pool:
        shuffled = pool.submit(_elsewhere, session, plays[::-1], [], Conditions())
        waiting = [
            (c, pool.submit(_elsewhere, session, plays, seeds if c in ELSEWHERE else [], c))
            for c in (*ELSEWHERE, *dates)
        ]
    _compare(session, plays, first, shuffled.result()[0][::-1], "when plays come in another order")
    for conditions, future in waiting:
        if session.outcome.findings:
            return None
        traces, instances = future.result()
        _compare(
            session,
            plays,
            first,
            traces,
            "in another process, with another hash seed, time zone, locale and date",
            conditions,
        )
        if instances:
            _same_instances(session, session.lab.instances(seeds), instances, conditions)
    if not session.outcome.findings:
        _alone(session, plays, first)
    if session.facts.kind == "episode":
        _interleaved(session, plays, first)
    return None


def _alone(session: Session, plays: list[Play], first: list[Trace]) -> None:
    """Play some plays in processes of their own: what earlier episodes left behind is then missing."""
    most = 3 if session.options.budget == "quick" else 12
    most = max(2, min(most, int(4.0 / max(session.start_seconds, 0.1))))
    ends = {play.seed: play for play in plays if len(play.actions) <= 1}
    wrong = [play for play in plays if play.actions != session.by_seed[play.seed].oracle]
    chosen = list(
        dict.fromkeys((*list(ends.values())[:3], *wrong[1 :: max(1, len(wrong) // most)]))
    )[:most]

    def alone(play: Play) -> Trace:
        return _elsewhere(session, [play], [], Conditions())[0][0]

    with ThreadPoolExecutor(session.options.workers) as pool:
        fresh = dict(zip(chosen, pool.map(alone, chosen), strict=True))
    _compare(
        session,
        plays,
        first,
        [fresh.get(play, one) for play, one in zip(plays, first, strict=True)],
        "in a process that has played nothing else",
    )


def _repeated(session: Session) -> tuple[list[Play], list[int]]:
    """Choose what is repeated: right and wrong plays of some instances; of slow targets fewer wrong ones, so that more instances are seen."""
    chosen = (
        session.some(12 if session.options.budget == "quick" else 24, share=1.0)
        or session.instances[:8]
    )
    groups = [
        [Play(instance.seed, instance.oracle), *wrong_plays(session, instance)]
        for instance in chosen
    ]
    a_round = (
        session.seconds_a_play * session.options.workers
    )  # one process, where several played side by side
    most = max(8, int(PLAYING[session.options.budget] / max(6 * a_round, 1e-6)))
    if sum(map(len, groups)) > most:
        rest = [play for group in groups for play in group[1:]]
        rest = rest[:: max(1, len(rest) // max(1, most // 2))]
        groups = [
            [group[0], *(play for play in group[1:] if play in rest)]
            for group in groups[: max(2, most // 2)]
        ]
    plays = [play for group in groups for play in group][: max(most, 8)]
    return plays, list(dict.fromkeys(play.seed for play in plays))


def _elsewhere(
    session: Session, plays: list[Play], seeds: list[int], conditions: Conditions
) -> tuple[list[Trace], list[Instance]]:
    """Play, and tell instances, in a process of its own."""
    with Lab(session.spec, conditions=conditions, workers=1, seconds=session.lab.seconds) as lab:
        return lab.run(plays), lab.instances(seeds, oracles=False) if seeds else []


def _same_instances(
    session: Session, mine: list[Instance], theirs: list[Instance], conditions: Conditions
) -> None:
    for one, two in zip(mine, theirs, strict=True):
        if (one.prompt, one.answer) != (two.prompt, two.answer):
            session.accuse(
                "The same seed makes another instance in another process.",
                Witness("differs", (Play(one.seed, ()),), conditions=(Conditions(), conditions)),
                severity="major", advice="Draw everything from the seed: no global random, clock, hash or set order.",
            )  # fmt: skip
            return


def _compare(
    session: Session,
    plays: list[Play],
    first: list[Trace],
    again: list[Trace],
    how: str,
    conditions: Conditions | None = None,
) -> bool:
    """Accuse the first play whose traces differ, with the shortest witness that shows it again; return whether one did."""
    for place, (play, one, two) in enumerate(zip(plays, first, again, strict=True)):
        if story(one) == story(two):
            continue
        claim = f"The same play is judged differently {how}: {_shown(one)} and {_shown(two)}."
        often = max(2, min(3000, int(1.5 / max(session.seconds_a_play, 1e-5))))
        witnesses = [Witness("differs", (play,), times=2), Witness("differs", (play,), times=often)]
        if conditions:
            witnesses.insert(0, Witness("differs", (play,), conditions=(Conditions(), conditions)))
        else:
            before = plays[: place + 1]
            for sequence in (
                (*before, play),
                (*before, *plays, play),
                tuple(plays[place:][::-1]),
                (*plays, *plays, *plays[place:][::-1]),
            ):
                witnesses.append(Witness("differs", sequence, against=(play,)))
        for witness in witnesses:
            if shows(session.spec, witness):
                return session.accuse(
                    claim, _shorter(session, witness), severity="major", advice=ADVICE
                )
        return False
    return False


def _shorter(session: Session, witness: Witness) -> Witness:
    """Leave out halves of what was played before, as long as the last play still differs."""
    for _ in range(10):
        before, last = witness.plays[:-1], witness.plays[-1:]
        half = len(before) // 2
        if not half or witness.times > 1:
            break
        for part in (before[half:], before[:half]):
            shorter = msgspec.structs.replace(witness, plays=part + last)
            if shows(session.spec, shorter):
                witness = shorter
                break
        else:
            break
    return witness


def _interleaved(session: Session, plays: list[Play], first: list[Trace]) -> None:
    """Play two instances at once, step by step, in one process."""
    with Lab(session.spec, workers=1) as lab:
        for one, two in zip(range(0, len(plays) - 1, 2), range(1, len(plays), 2), strict=False):
            other = len(plays) - 1 - one  # another instance
            pair = (plays[other], plays[one])
            traces = lab.together(pair)
            _ = two
            for trace, alone, play in zip(traces, (first[other], first[one]), pair, strict=True):
                if story(trace) != story(alone):
                    ordered = pair if play is pair[-1] else pair[::-1]
                    session.accuse(
                        f"Two instances that are played at the same time disturb each other: {_shown(alone)} alone, {_shown(trace)} together.",
                        Witness("differs", ordered, against=(play,), together=True),
                        severity="major",
                        advice="Keep the state of an episode in its own object.",
                    )
                    return


def _shown(trace: Trace) -> str:
    if trace.fault is not None:
        return f"{trace.fault.kind} ({trace.fault.detail})"
    return f"{trace.paid:g}"
