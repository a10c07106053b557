"""The same play must earn the same wherever, whenever and however often it is played.

Right, wrong and near-miss answers are all repeated: a reward that is noisy on wrong answers alone
teaches luck. Conditions that must not matter are a process's hash seed, time zone, locale, date,
global random state, and whatever was played before or at the same time.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import msgspec

from firsthand.audit.accusation import CheckRun, check, shows, story
from firsthand.audit.budget import COSTLY
from firsthand.audit.finding import Witness
from firsthand.audit.process import clock
from firsthand.audit.process.pool import Conditions, Lab
from firsthand.audit.session import NotRun
from firsthand.audit.targets.native import OTHER_WORLD, TRUE_RESETS
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import PLAIN_REPEATS, WORLDS_PLAYED

MOST_ODD = 4
"""Plays that differ from their repetitions of which it is tried whether a fresh process agrees."""
YEAR = 365.25 * 86400
DATES = 6
"""Further dates that are tried, all of different months, days and hours."""
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


ADVICE = (
    "A reward depends on the instance and the actions alone: keep no state between plays, draw "
    "no random numbers, read no clock."
)


@check(
    "determinism",
    class_="purity",
    kinds=("answer", "episode"),
    claim="The same play earns the same, in whatever order, process, time zone, locale and date.",
)
def determinism(run: CheckRun) -> str | None:
    """Repeat right, wrong and near-miss plays.

    In another order, in a fresh process, elsewhere, and interleaved.
    """
    plays, seeds = _repeated(run)
    run.outcome.n, run.outcome.probes = len(plays), 5 + len(ELSEWHERE)
    first = _in_one_process(run, plays)
    if run.outcome.findings:
        return None
    no_dates = clock.missing()
    _in_other_processes(run, plays, seeds, first, dated=not no_dates)
    if run.outcome.findings:
        return None
    _alone(run, plays, first)
    if run.session.facts.kind == "episode":
        _interleaved(run, plays, first)
        _resets(run)
        _counted(run)
    if run.session.facts.proven:
        _worlds(run)
    if no_dates and not run.outcome.findings:
        raise NotRun(f"the date could not be changed, all else was tried: {no_dates}")
    return None


def _in_one_process(run: CheckRun, plays: list[Play]) -> list[Trace]:
    """Repeat plays in one process, as they are and backwards; return what they earned at first."""
    with run.session.process_of_its_own() as alone:
        first = alone.run(plays)
        least = 1 if run.session.many_processes else 2
        for _ in range(max(least, run.session.tries(quick=4, standard=20))):
            again = alone.run(plays)
            if _compare(run, plays, first, again, "when it is repeated in the same process"):
                break
        if not run.outcome.findings:
            _compare(run, plays, first, alone.run(plays[::-1])[::-1], "after other plays")
    return first


def _in_other_processes(
    run: CheckRun, plays: list[Play], seeds: list[int], first: list[Trace], *, dated: bool
) -> None:
    """Repeat plays in processes of their own, in another order and under other conditions."""
    elsewhere = [c if dated else msgspec.structs.replace(c, date=0.0) for c in ELSEWHERE]
    others = [*elsewhere, *(_dates(run) if dated else ())]
    with ThreadPoolExecutor(run.session.options.workers) as pool:
        shuffled = pool.submit(_elsewhere, run, plays[::-1], [], Conditions())
        waiting = [
            (c, pool.submit(_elsewhere, run, plays, seeds if c in elsewhere else [], c))
            for c in others
        ]
    _compare(run, plays, first, shuffled.result()[0][::-1], "when plays come in another order")
    changed = "time zone, locale and date" if dated else "time zone and locale"
    how = f"in another process, with another hash seed, {changed}"
    for conditions, future in waiting:
        if run.outcome.findings:
            return
        traces, instances = future.result()
        _compare(run, plays, first, traces, how, conditions)
        if instances:
            _same_instances(run, run.session.lab.instances(seeds), instances, conditions)


def _dates(run: CheckRun) -> list[Conditions]:
    """Return further dates in coming years: one where plays start processes, none if many."""
    if run.session.many_processes:
        return []
    many = run.session.options.budget != "quick" and not run.session.costly
    return [
        Conditions(
            date=(52 + number) * YEAR + number * 31 * 86400 + number * 3.3 * 3600 + 977 * number,
            hash_seed=100 + number,
        )
        for number in range(1, 1 + (DATES if many else 1))
    ]


def _resets(run: CheckRun) -> None:
    """Begin many instances in one process, to find what happens at every n-th reset.

    A native target begins an instance anew only the first few times, so that one play repeated
    does not count resets.
    """
    if run.outcome.findings or not run.session.facts.proven or run.session.costly:
        return
    chosen = run.session.some(PLAIN_REPEATS[run.session.options.budget] // TRUE_RESETS)
    plays = [Play(i.seed, i.oracle) for i in chosen] * TRUE_RESETS
    with Lab(run.session.spec, workers=1) as alone:
        told = [story(trace) for trace in alone.run(plays)]
    seen = {
        play: Counter(t for p, t in zip(plays, told, strict=True) if p == play) for play in plays
    }
    odd = [at for at, play in enumerate(plays) if seen[play][told[at]] < TRUE_RESETS - 1]
    for at in odd[:MOST_ODD]:
        witness = Witness("differs", tuple(plays[: at + 1]), against=(plays[at],))
        if shows(run.session.spec, witness):
            run.accuse(
                f"An instance that is begun as number {at + 1} in one process is another than it "
                "is elsewhere.",
                witness,
                severity="major",
                advice=ADVICE,
            )
            return


def _counted(run: CheckRun) -> None:
    """Repeat one right play in one process, to find what happens every n-th episode."""
    usable = run.session.some(1)
    if run.outcome.findings or run.outcome.unconfirmed or not usable:
        return
    times = PLAIN_REPEATS[run.session.options.budget] // (COSTLY if run.session.costly else 1)
    play = Play(usable[0].seed, usable[0].oracle)
    with run.session.process_of_its_own() as alone:
        traces = alone.run([play] * times)
    told = {story(trace): trace for trace in traces}
    if len(told) < 2:
        return
    one, two = list(told.values())[:2]
    place = next(n for n, trace in enumerate(traces) if story(trace) != story(traces[0]))
    run.accuse(
        f"The same play, {place + 1} times in one process, is not always judged alike: "
        f"{_shown(one)} and {_shown(two)}.",
        Witness("differs", (play,), times=place + 1),
        severity="major",
        advice=ADVICE,
    )


def _worlds(run: CheckRun) -> None:
    """Play seeds in two worlds in one process: laws of one world must not reach the other.

    A native target takes `seed + OTHER_WORLD` for the same seed in another world.
    """
    chosen = run.session.some(WORLDS_PLAYED[run.session.options.budget])
    with run.session.process_of_its_own() as alone:
        others = alone.instances([i.seed + OTHER_WORLD for i in chosen])
        pairs = [
            (Play(i.seed, i.oracle), Play(other.seed, other.oracle))
            for i, other in zip(chosen, others, strict=True)
            if not other.fault and (i.prompt, i.answer) != (other.prompt, other.answer)
        ]
        second = alone.run([two for _, two in pairs])
    with run.session.process_of_its_own() as mixed:
        after = mixed.run([play for pair in pairs for play in pair])[1::2]
    for (one, two), alone_told, mixed_told in zip(pairs, second, after, strict=True):
        if story(alone_told) != story(mixed_told):
            run.accuse(
                "A play is judged differently after the same seed was played in another world: "
                f"{_shown(alone_told)} alone, {_shown(mixed_told)} after it.",
                Witness("differs", (one, two), against=(two,)),
                severity="major",
                advice="Keep nothing between episodes; what is cached belongs to one world.",
            )
            return


def _alone(run: CheckRun, plays: list[Play], first: list[Trace]) -> None:
    """Play some plays in processes of their own.

    What earlier episodes left behind is then missing.
    """
    most = 3 if run.session.options.budget == "quick" else max(1, 12 // run.session.weight)
    ends = {play.seed: play for play in plays if len(play.actions) <= 1}
    wrong = [play for play in plays if play.actions != run.session.by_seed[play.seed].oracle]
    chosen = list(
        dict.fromkeys((*list(ends.values())[:3], *wrong[1 :: max(1, len(wrong) // most)]))
    )[:most]

    def alone(play: Play) -> Trace:
        return _elsewhere(run, [play], [], Conditions())[0][0]

    with ThreadPoolExecutor(run.session.options.workers) as pool:
        fresh = dict(zip(chosen, pool.map(alone, chosen), strict=True))
    _compare(
        run,
        plays,
        first,
        [fresh.get(play, one) for play, one in zip(plays, first, strict=True)],
        "in a process that has played nothing else",
    )


def _repeated(run: CheckRun) -> tuple[list[Play], list[int]]:
    """Choose what is repeated: right and wrong plays of some instances.

    Of slow targets fewer wrong ones, so that more instances are seen.
    """
    chosen = (
        run.session.some(12 if run.session.options.budget == "quick" else 24)
        or run.session.instances[:8]
    )
    groups = [
        [Play(instance.seed, instance.oracle), *run.session.wrong_plays(instance)]
        for instance in chosen
    ]
    most = run.session.tries(quick=120, standard=480)
    if sum(map(len, groups)) > most:
        rest = [play for group in groups for play in group[1:]]
        rest = rest[:: max(1, len(rest) // max(1, most // 2))]
        groups = [
            [group[0], *(play for play in group[1:] if play in rest)]
            for group in groups[: max(2, most // 2)]
        ]
    plays = [play for group in groups for play in group][:most]
    return plays, list(dict.fromkeys(play.seed for play in plays))


def _elsewhere(
    run: CheckRun, plays: list[Play], seeds: list[int], conditions: Conditions
) -> tuple[list[Trace], list[Instance]]:
    """Play, and tell instances, in a process of its own."""
    with Lab(
        run.session.spec, conditions=conditions, workers=1, seconds=run.session.lab.seconds
    ) as lab:
        return lab.run(plays), lab.instances(seeds, oracles=False) if seeds else []


def _same_instances(
    run: CheckRun, mine: list[Instance], theirs: list[Instance], conditions: Conditions
) -> None:
    for one, two in zip(mine, theirs, strict=True):
        if (one.prompt, one.answer) != (two.prompt, two.answer):
            run.accuse(
                "The same seed makes another instance in another process.",
                Witness("differs", (Play(one.seed, ()),), conditions=(Conditions(), conditions)),
                severity="major",
                advice="Draw everything from the seed: no global random, clock, hash or set order.",
            )
            return


def _compare(
    run: CheckRun,
    plays: list[Play],
    first: list[Trace],
    again: list[Trace],
    how: str,
    conditions: Conditions | None = None,
) -> bool:
    """Accuse the first play whose traces differ, with the shortest witness that shows it again.

    Return whether one did.
    """
    for place, (play, one, two) in enumerate(zip(plays, first, again, strict=True)):
        if story(one) == story(two):
            continue
        claim = f"The same play is judged differently {how}: {_shown(one)} and {_shown(two)}."
        often = max(2, run.session.tries(quick=1000, standard=3000))
        witnesses = [Witness("differs", (play,), times=times) for times in (2, 60, 240, often)]
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
            if shows(run.session.spec, witness):
                return run.accuse(claim, _shorter(run, witness), severity="major", advice=ADVICE)
        run.outcome.unconfirmed.append(claim)  # seen, though no fresh process shows it again
        return True
    return False


def _shorter(run: CheckRun, witness: Witness) -> Witness:
    """Leave out halves of what was played before, as long as the last play still differs."""
    for _ in range(10):
        before, last = witness.plays[:-1], witness.plays[-1:]
        half = len(before) // 2
        if not half or witness.times > 1:
            break
        for part in (before[half:], before[:half]):
            shorter = msgspec.structs.replace(witness, plays=part + last)
            if shows(run.session.spec, shorter):
                witness = shorter
                break
        else:
            break
    return witness


def _interleaved(run: CheckRun, plays: list[Play], first: list[Trace]) -> None:
    """Play two instances at once, step by step, in one process."""
    with run.session.process_of_its_own() as lab:
        for one in range(0, len(plays) - 1, 2):
            other = len(plays) - 1 - one  # another instance
            pair = (plays[other], plays[one])
            traces = lab.together(pair)
            for trace, alone, play in zip(traces, (first[other], first[one]), pair, strict=True):
                if story(trace) != story(alone):
                    ordered = pair if play is pair[-1] else pair[::-1]
                    run.accuse(
                        "Two instances that are played at the same time disturb each other: "
                        f"{_shown(alone)} alone, {_shown(trace)} together.",
                        Witness("differs", ordered, against=(play,), together=True),
                        severity="major",
                        advice="Keep the state of an episode in its own object.",
                    )
                    return


def _shown(trace: Trace) -> str:
    if trace.fault is not None:
        return f"{trace.fault.kind} ({trace.fault.detail})"
    return f"{trace.paid:g}"
