"""Input that is meant to break the grader: long, deep, malformed, or hard on expressions.

A reward function answers everything with a finite number, in time, and leaves the process alone.
Hangs, exits, exhausted memory and rewards that are no numbers fail; an exception fails where
ordinary wrong answers raise it.
"""

from collections.abc import Iterator, Sequence

from firsthand.audit.accusation import CheckRun, as_it_is, check
from firsthand.audit.finding import Severity, Witness
from firsthand.audit.formats.actions import SLOT, fill
from firsthand.audit.formats.answers import mentions, same_answer
from firsthand.audit.formats.bad_plays import JUNK
from firsthand.audit.targets.protocol import Play, Trace
from firsthand.audit.thresholds import FULL

BREAKS = {
    "hang": "takes too long",
    "exit": "ends the process",
    "killed": "kills the process",
    "memory": "exhausts memory",
    "output": "floods the output",
}
DEEP = 3000
"""Brackets within brackets: three times as deep as Python's limit of recursion."""
PART = 16
"""Plays between which one looks whether the target hangs."""
ORDINARY = "an ordinary wrong answer"
LONG_RUN = 4000
"""Signs of one kind in a row, as many as a reply may have. Tried: 20,000 spaces, which accuse every
pattern of quadratic time, though no reply of a usual length is slow."""
FEW = (
    "`os._exit(3)` as an expression",
    "10,000 letters",
    "nested brackets",
    "nested parentheses",
    "control characters",
    "None",
    "null",
)
"""Hostile texts that are played where plays start processes."""


def texts() -> dict[str, str]:
    """Return hostile texts by name."""
    return {
        "`os._exit(3)` as an expression": "__import__('os')._exit(3)",
        "`os._exit(3)` as a YAML tag": "!!python/object/apply:os._exit [3]",
        "10,000 letters": "a" * 10_000,
        "a run of `a` and a wrong end": "a" * LONG_RUN + "!",
        "a run of spaces and a wrong end": " " * LONG_RUN + "x",
        "5,000 digits": "9" * 5000,
        "digits and a wrong end": "1" * LONG_RUN + "!",
        "nested brackets": "[" * DEEP,
        "nested parentheses": "(" * DEEP + ")" * DEEP,
        "nested JSON": '{"answer":' * DEEP,
        "many tags": "<answer>" * 2000,
        "boxes within boxes": "\\boxed{" * 2000,
        "control characters": "\x00\x01\x07\x1b[31m\x7f",
        "unicode": "\u202e\u200b٣é\u0301𝟜🔑\ufeff",
        "commas": "," * LONG_RUN,
        "line breaks": "\n" * LONG_RUN,
        "words": "so " * 30_000,
        "a power": "9**9**9",
        "a format": "%s%n{0}{x}$(id)",
        "None": "None",
        "null": "null",
        "a list": "[]",
        "an object": "{}",
        "true": "true",
        "a number in JSON": "7",
        "a string in JSON": '"x"',
    }


@check(
    "malformed_input",
    class_="contract",
    kinds=("answer", "episode"),
    claim="Hostile input is refused with a reward of 0, in time, without harm to the process.",
)
def malformed_input(run: CheckRun) -> str | None:
    """Play hostile texts, bare, in the target's own frame, or as actions; and wrong plays."""
    hostile = texts()
    if run.session.costly:
        hostile = {name: hostile[name] for name in FEW}
    usual = [
        (ORDINARY, play)
        for i in run.session.some(2 if run.session.costly else 12)
        for play in (Play(i.seed, (JUNK,)), *run.session.wrong_plays(i))
    ]
    write = _answers if run.session.facts.kind == "answer" else _actions
    made = usual + [
        (name, Play(instance.seed, actions))
        for instance in run.session.some(2 if run.session.costly else 3)
        for name, actions in write(run, hostile)
    ]
    for start in range(0, len(made), PART):
        if _hangs(run, made[start : start + PART]):
            break  # a grader that hangs on everything would hang for long
    run.outcome.probes = len(made)
    return None


def _answers(run: CheckRun, hostile: dict[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield hostile texts bare, and in the place of an answer."""
    for name, text in hostile.items():
        yield name, (text,)
    if not run.session.costly:
        for name, text in hostile.items():
            yield f"{name}, in the answer's place", (run.session.frame.put(text),)


def _actions(run: CheckRun, hostile: dict[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield hostile texts as actions and as arguments, and numbers that are seldom thought of."""
    templates = [action for action in run.session.facts.grammar if SLOT.search(action)]
    for name, text in hostile.items():
        yield name, (text,)
    for template in templates[:4]:
        for name, text in list(hostile.items())[:8]:
            yield f"{name} in {template}", (fill(template, text),)
    for template in templates[:8]:
        for number in ("-1", "999999999999", "1e400", "nan", "-0", ""):
            yield f"{number} in {template}", (fill(template, number),) * 2


def _hangs(run: CheckRun, part: Sequence[tuple[str, Play]]) -> bool:
    """Play a few, accuse what they show, and return whether one of them hung."""
    traces = run.play(play for _, play in part)
    values = [
        run.session.value(play.seed, trace) for (_, play), trace in zip(part, traces, strict=True)
    ]
    named = zip(part, values, strict=True)
    run.note([value for (name, _), value in named if name != ORDINARY])
    for (name, play), trace, value in zip(part, traces, values, strict=True):
        _judge(run, name, play, trace, value)
    return any(trace.fault is not None and trace.fault.kind == "hang" for trace in traces)


def _judge(run: CheckRun, name: str, play: Play, trace: Trace, value: float) -> None:
    """Accuse what one trace shows."""
    ordinary = name == ORDINARY
    if trace.fault is not None and trace.fault.kind != "late":
        kind = trace.fault.kind
        severity: Severity = "major"
        claim = f"{name[0].upper()}{name[1:]} {BREAKS.get(kind, 'ends in ' + trace.fault.detail)}."
        if kind == "raised":
            claim = f"{name[0].upper()}{name[1:]} raises an exception: {trace.fault.detail[:120]}."
            strict = run.session.facts.proven or (ordinary and run.session.facts.kind == "answer")
            severity = "major" if strict else "minor"
        if any(
            found.witness.fault == kind and found.severity == severity
            for found in run.outcome.findings
        ):
            return
        run.accuse(
            claim,
            Witness("fault", (play,), value=run.patience if kind == "hang" else 0.0, fault=kind),
            severity=severity,
            advice="Bound the input before parsing, catch what parsing raises, and answer 0.",
        )
    elif (
        value >= FULL
        and not ordinary
        and run.session.facts.kind == "answer"
        and not _right(run, play)
    ):
        run.pays(
            f"Hostile input is paid: {name}.",
            play,
            values=[value],
            advice="Parse with a full-match grammar of bounded length; the rest earns 0.",
            keeps=as_it_is,
        )
    if trace.printed and not any(found.class_ == "output" for found in run.outcome.findings):
        run.accuse(
            f"The target prints {trace.printed} bytes while it grades.",
            Witness("prints", (play,)),
            severity="minor",
            class_="output",
            advice="Log, or be silent.",
        )


def _right(run: CheckRun, play: Play) -> bool:
    instance = run.session.by_seed[play.seed]
    return same_answer(play.actions[0], instance) or mentions(play.actions[0], instance)
