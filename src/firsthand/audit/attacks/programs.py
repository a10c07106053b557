"""Hand in programs that solve nothing where a program is asked for: a sound grader pays none of them.

Programs are written from the interface of the oracle's program, never from its body. Each is tried on a task
or two, and only what pays is looked at further. Left out: attacks on the operating system and on the network.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from firsthand.audit.attacks import payloads, searching
from firsthand.audit.attacks.payloads import Payload
from firsthand.audit.driver import examples, runnable
from firsthand.audit.finding import Witness
from firsthand.audit.process.pool import PLAY_SECONDS, Lab
from firsthand.audit.program import ABSENT, Program, program
from firsthand.audit.reference import domain, outcomes
from firsthand.audit.session import FULL, Session
from firsthand.audit.target import Instance, Play, Trace

Paid = tuple[Instance, Payload, float]
ADVICE = {
    "nothing": "Add hidden tests on which a fixed value is wrong, and pay nothing for a program that defines nothing.",
    "equality": "Serialise the result in the child process as JSON, and compare typed values in the grader's process.",
    "exit": "Do not judge by the exit code: require a result that only a finished run of the tests can give.",
    "exception": "A program that raises earns 0, whatever it raises, at import as in the call.",
    "hang": "A program that does not end in time earns 0.",
    "result channel": "Report results over a private channel with a key that the program is not told, and judge in the grader's process.",
    "monkeypatching": "Compare in the grader's process, where the program has never run.",
    "test files": "Write tests into a fresh folder after the program has ended, and compare in the grader's process.",
    "memory": "Keep expected values out of the process that runs the program.",
    "files and environment": "Keep expected values out of the files, arguments and environment that the program can read.",
    "visible tests": "Grade on hidden inputs; the prompt's examples are only examples.",
    "process": "Run submissions in a process of their own, with a time limit.",
}
DECIDED = 5.5
"""A play that has run so long without starting a child process is taken for one that hangs."""


def programs(session: Session) -> str | None:
    """Try every idea; accuse each that pays once."""
    pairs = [(instance, own) for instance in session.usable if (own := program(instance))]
    if not pairs:
        return "the oracle's text is no program"
    with ThreadPoolExecutor(2) as pool:
        waiting = (
            _start_hangs(session, pool, *pairs[0]) if session.options.budget != "quick" else []
        )
        try:
            _run(session, pairs)
        finally:
            ended = [(play, payload, future.result()) for play, payload, future in waiting]
    for play, payload, (trace, stuck) in ended:
        _hung(session, play, payload, trace, stuck)
    return None


def _run(session: Session, pairs: list[tuple[Instance, Program]]) -> None:
    few = pairs[: 2 if session.seconds_a_play > 0.004 else 4]
    base: dict[int, float] = {}
    nothing = _try(session, few, lambda own, _: list(payloads.trivial(own)))
    for instance, _, value in nothing:
        base[instance.seed] = max(base.get(instance.seed, 0.0), value)
    _nothing(session, few, nothing)
    first = [min(few, key=lambda pair: base[pair[0].seed])]
    clean = _try(
        session,
        first,
        lambda own, _: [
            *payloads.equality(own), *payloads.exits(own), *payloads.errors(own), *payloads.channels(own), *searching.searches(own),
        ],
        clean=True,
    )  # fmt: skip
    _judge(session, clean, base)
    _tables(session, pairs, base)
    for make in (payloads.exits, payloads.channels, _patches(first[0][0])):
        _judge(
            session,
            _try(session, first, lambda own, _, make=make: list(make(own)), clean=False),
            base,
        )


def _patches(instance: Instance) -> Callable[[Program], Iterator[Payload]]:
    return lambda own: payloads.patches(own, examples(own, instance.prompt))


def _try(
    session: Session,
    pairs: Sequence[tuple[Instance, Program]],
    make: Callable[[Program, Instance], list[Payload]],
    *,
    clean: bool | None = None,
) -> list[Paid]:
    """Play payloads on some tasks: all, or only those that leave the process as it was, or only those that do not."""
    made = [(i, p) for i, own in pairs for p in make(own, i) if clean is None or p.dirty != clean]
    plays = [Play(instance.seed, (payload.text,)) for instance, payload in made]
    if clean is False:
        traces: list[Trace] = []
        for play in plays:  # a process that a program has changed is not played in again
            traces += session.play([play])
            session.lab.fresh()
    else:
        traces = session.play(plays)
    _ended(session, made, traces)
    values = [
        session.value(instance.seed, trace)
        for (instance, _), trace in zip(made, traces, strict=True)
    ]
    session.note(values)
    session.outcome.probes += max(0, len(plays) // max(len(pairs), 1) - 1)
    return [
        (instance, payload, value) for (instance, payload), value in zip(made, values, strict=True)
    ]


def _ended(
    session: Session, made: Sequence[tuple[Instance, Payload]], traces: Sequence[Trace]
) -> None:
    """Accuse a grader whose own process a program can end, or whose caller a program's exception reaches."""
    for (instance, payload), trace in zip(made, traces, strict=True):
        fault = trace.fault
        if fault is None:
            continue
        witness = Witness("fault", (Play(instance.seed, (payload.text,)),), fault=fault.kind)
        if fault.kind in ("exit", "killed", "memory"):
            claim = "A submitted program ends the grader's own process."
            session.accuse(claim, witness, severity="major", advice=ADVICE["process"])
        elif fault.kind == "raised" and payload.idea in ("nothing", "exception"):
            claim = "A submitted program's exception leaves the grader: it answers with no reward at all."
            session.accuse(claim, witness, severity="major", advice=ADVICE["exception"])


def _nothing(
    session: Session, pairs: Sequence[tuple[Instance, Program]], paid: Sequence[Paid]
) -> None:
    """Accuse programs without content: paid in full although wrong, or paid in part on every task alike."""
    own = {instance.seed: own for instance, own in pairs}
    full = [(instance, payload) for instance, payload, value in paid if value >= FULL]
    for instance, payload in full:
        empty = "return" not in payload.text or payload.name == "a function of another name"
        often = len({i.seed for i, other in full if other.name == payload.name}) >= 2
        if (
            (empty and not own[instance.seed].script)
            or often
            or _wrong(own[instance.seed], instance, payload)
        ):
            values = [value for _, other, value in paid if other.name == payload.name]
            _pays(session, instance, payload, values, "A program without content is paid in full")
            return
    for name in ("an empty program", "a comment"):
        values = [value for _, payload, value in paid if payload.name == name]
        if values and min(values) > 0.02 and (len(values) >= 2 or len(session.usable) == 1):
            instance, payload, _ = next(item for item in paid if item[1].name == name)
            _pays(session, instance, payload, values, "A program without content is paid in part")
            return


def _wrong(own: Program, instance: Instance, payload: Payload) -> bool:
    """Say whether a program differs from the reference on inputs like the prompt's."""
    known = domain(own, instance.prompt, instance.seed)
    if known is None or not payload.text.startswith(own.before):
        return False
    code = payload.text[len(own.before) : len(payload.text) - len(own.after)]
    rows = outcomes([runnable(own, code)], known.function.name, known.inputs)
    return bool(rows) and sum(
        one != two for one, two in zip(rows[0], known.outputs, strict=True)
    ) >= 0.1 * len(known.outputs)


def _judge(session: Session, paid: Sequence[Paid], base: dict[int, float]) -> None:
    """Accuse ideas that earn more than programs without content do on the same task."""
    for instance, payload, value in paid:
        if value > base[instance.seed] + 0.1:
            kind = "in full" if value >= FULL else "in part"
            if payload.idea == "result channel" and any(
                found.advice == ADVICE["exit"] for found in session.outcome.findings
            ):
                continue  # ending early pays, whatever is printed
            if (
                payload.idea == "result channel"
                and _script(instance)
                and not _again(session, instance, payload)
            ):
                continue  # a script may well be asked to print just that
            _pays(
                session,
                instance,
                payload,
                [value],
                f"A program that solves nothing is paid {kind} ({payload.idea})",
            )


def _script(instance: Instance) -> bool:
    own = program(instance)
    return own is not None and own.script


def _again(session: Session, instance: Instance, payload: Payload) -> bool:
    """Say whether a text that paid on one task pays on another one too."""
    others = [other for other in session.usable if other.seed != instance.seed][:1]
    return any(
        session.value(other.seed, trace) >= FULL
        for other in others
        for trace in session.play([Play(other.seed, (payload.text,))])
    )


def _tables(
    session: Session, pairs: Sequence[tuple[Instance, Program]], base: dict[int, float]
) -> None:
    """Hand in a table of the prompt's own examples where the function has other inputs as well."""
    written = [
        (instance, own, payloads.lookups(own, examples(own, instance.prompt)))
        for instance, own in pairs
    ]
    for kind in (0, 1):
        made = [
            (instance, own, tables[kind]) for instance, own, tables in written if len(tables) > kind
        ]
        made = made[: 8 if session.seconds_a_play > 0.004 else 60]
        results = session.attack(
            [instance for instance, *_ in made],
            lambda instance, made=made: next(p.text for i, _, p in made if i is instance),
        )
        paid = [
            (i, own, p)
            for (i, own, p), (*_, value) in zip(made, results, strict=True)
            if value >= FULL and base.get(i.seed, 0.0) < FULL
        ]
        proven = [
            (instance, payload)
            for instance, own, payload in paid
            if len(paid) >= 3 or _elsewhere(instance, own)
        ]
        if proven:
            instance, payload = proven[0]
            claim = f"A program that knows only the prompt's own examples is paid in full on {len(paid)} of {len(made)} tasks"
            _pays(session, instance, payload, [value for *_, value in results], claim)
            return


def _elsewhere(instance: Instance, own: Program) -> bool:
    """Say whether the reference answers calls that the prompt does not show with a value."""
    calls = examples(own, instance.prompt)
    known = domain(own, instance.prompt, instance.seed)
    tables = {repr(call.arguments) for call in calls if call.expected is not ABSENT}
    return (
        known is not None and sum(repr(arguments) not in tables for arguments in known.inputs) >= 3
    )


def _pays(
    session: Session, instance: Instance, payload: Payload, values: Sequence[float], claim: str
) -> None:
    play = Play(instance.seed, (payload.text,))
    if any(found.advice == ADVICE[payload.idea] for found in session.outcome.findings):
        return
    goal = (
        FULL * session.best(instance.seed)
        if max(values) >= FULL
        else 0.999 * values[0] * session.best(instance.seed)
    )
    session.accuse(
        f"{claim}: {payload.name}.",
        Witness("pays", (play,), value=goal),
        values=values,
        advice=ADVICE[payload.idea],
    )


# --- programs that never end -----------------------------------------------------------------------------------------


def _start_hangs(
    session: Session, pool: ThreadPoolExecutor, instance: Instance, own: Program
) -> list[tuple[Play, Payload, "Future[tuple[Trace, bool]]"]]:
    """Begin both, in processes of their own, while everything else is tried."""
    made = [(Play(instance.seed, (payload.text,)), payload) for payload in payloads.hangs(own)]
    return [(play, payload, pool.submit(_wait, session, play)) for play, payload in made]


def _wait(session: Session, play: Play) -> tuple[Trace, bool]:
    """Play, and give up early on a process that hangs itself and not in a child. Return what it showed, and whether it hung so."""
    with Lab(session.spec, workers=1) as lab:
        lab.start()
        worker = lab.workers[0]
        result: list[Trace] = []
        player = threading.Thread(target=lambda: result.extend(lab.run([play])), daemon=True)
        player.start()
        player.join(DECIDED)
        stuck = False
        if player.is_alive() and worker is not None and not children(worker.process.pid):
            stuck = True
            worker.kill()
        player.join(PLAY_SECONDS)
        return (result[0] if result else Trace()), stuck


def children(process: int) -> list[int]:
    """Return the child processes of a process."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError, ValueError):
            found += [int(word) for word in task.read_text().split()]
    return found


def _hung(session: Session, play: Play, payload: Payload, trace: Trace, stuck: bool) -> None:
    instance = session.by_seed[play.seed]
    value = session.value(play.seed, trace)
    session.note([value])
    if value >= FULL:
        _pays(
            session, instance, payload, [value], "A program that never ends is paid in full (hang)"
        )
    elif stuck and any(found.advice == ADVICE["process"] for found in session.outcome.findings):
        return  # that it runs programs in its own process is said already
    elif stuck or (trace.fault is not None and trace.fault.kind == "hang"):
        # a grader that waits for children of its own may have a longer limit than the auditor
        session.accuse(
            f"A program that never ends is not stopped within {PLAY_SECONDS:g} s.",
            Witness("fault", (play,), fault="hang"), severity="major" if stuck else "minor", advice=ADVICE["process"],
        )  # fmt: skip
