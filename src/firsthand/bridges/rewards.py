"""A reward function with its data, as it stands in a trainer's repository, made a target of the
audit.

Nothing of the function's file is rewritten. It is described in a contained process, its shape is
told from its parameters, a right completion is tried on some rows, and what was decided is written
into one file that the auditor plays (see `reward_player`). Every decision is told to the user, and
each has an option that makes it.
"""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from firsthand.audit.process import scratch
from firsthand.audit.process.pool import Conditions, Hangs, Interferes, Lab, environment
from firsthand.audit.report import certificate as certificates
from firsthand.audit.report.certificate import Certificate
from firsthand.audit.targets.protocol import Play, Spec, Trace
from firsthand.bridges import reward_player
from firsthand.bridges.reward_data import ANSWERS, PROMPTS, Row, Rows, filled, read, text, value
from firsthand.bridges.reward_shapes import (
    FORMS,
    Call,
    Columns,
    Parameter,
    Source,
    bind,
    detect,
)
from firsthand.errors import UnknownName, UserError
from firsthand.process.child import once

SECONDS = 120.0
"""Most seconds to import the file of a reward: some import torch."""
TESTS_SECONDS = 20.0
"""Most seconds that the tests of a folder may take for one program. The audit tries programs that
never end, and has itself 24 s for a play that starts a process."""
TRIED = 12
"""Rows on which ways to write a right completion are tried."""
SUFFIX = ".target.py"
WRITTEN = (
    "oracle",
    "gold",
    "completion",
    "response",
    "canonical_solution",
    "reference_solution",
    "solution",
    "reference",
)
"""Columns that may hold a whole right completion."""
THOUGHT = "This is worked out step by step."
TEMPLATES = (
    "{}",
    "\\boxed{{}}",
    "#### {}",
    f"{THOUGHT}\n#### {{}}",
    "<answer>{}</answer>",
    "<answer>\n{}\n</answer>",
    f"<think>{THOUGHT}</think> <answer> {{}} </answer>",
    f"<think>\n{THOUGHT}\n</think>\n<answer>\n{{}}\n</answer>",
    f"<think>\n{THOUGHT}\n</think>\n\\boxed{{{{}}}}",
    "Answer: {}",
    "The answer is {}.",
    "```python\n{}\n```",
)
"""Usual ways to write a right completion; `{}` is the place of the answer."""


class Wanted(msgspec.Struct, frozen=True):
    """What was asked for. `source` is `FILE.py:FUNCTION` or `MODULE:FUNCTION`; None: find out."""

    source: str
    data: Path
    prompt: str | None = None
    answer: str | None = None
    oracle: str | None = None
    """A column, or a template such as `#### {answer}`."""
    shape: str | None = None
    completions: str | None = None
    """`text` or `messages`."""
    arguments: Mapping[str, str] = {}
    file: str = "solution.py"
    """Of a folder of tests: the file that the model writes."""
    tests: str | None = None
    """Of a folder of tests: the column with a row's own tests, as code or as a path in the folder.
    """


class Reward(NamedTuple):
    """A target that was made of a reward function. `told` is what was decided, for the user."""

    spec: Spec
    name: str
    file: Path
    line: int
    told: tuple[str, ...]


class Described(msgspec.Struct, frozen=True):
    """What a contained process tells of a source."""

    functions: tuple[str, ...] = ()
    file: str = ""
    name: str = ""
    parameters: tuple[Parameter, ...] = ()
    line: int = 1
    error: str = ""


class _Way(NamedTuple):
    """One way to write right completions, how they are handed over, and what that earned."""

    label: str
    texts: list[str]
    messages: bool
    paid: list[float]
    fault: str

    @property
    def mean(self) -> float:
        return sum(self.paid) / len(self.paid)


def is_reward(source: str) -> bool:
    """Say whether a name has the form of a reward's: `FILE.py[:NAME]`, `MODULE:NAME`, a folder."""
    if Path(source).is_dir():
        return True
    path, colon, name = source.rpartition(":")
    return source.endswith(".py") or bool(colon and path and name and "/" not in name)


def prepare(wanted: Wanted, place: Path) -> Reward:
    """Write the target's file to `place`. Raises `UserError`, `UnknownName`, `MissingExtra`."""
    if Path(wanted.source).is_dir():
        return _of_tests(wanted, Path(wanted.source), place)
    source, _, function = (
        (wanted.source, "", "") if wanted.source.endswith(".py") else wanted.source.rpartition(":")
    )
    if source.endswith(".py"):
        if not Path(source).is_file():
            raise UserError(f"There is no file {source}.")
        source = str(Path(source).resolve())
    found = described(source, function)
    name = f"{Path(source).name}:{found.name}"
    rows = read(wanted.data)
    columns = _columns(wanted, rows)
    shape = detect(found.name, found.parameters, wanted.shape, wanted.arguments)
    call = bind(found.name, found.parameters, shape, rows, columns, wanted.arguments)
    sha256 = hashlib.sha256(Path(found.file).read_bytes()).hexdigest()
    plan = _plan(source, found.name, sha256, call, columns)
    made = Reward(Spec("file", ""), name, Path(found.file), found.line, ())
    return _written_to(place, made, wanted, plan, rows, columns, call)


def _of_tests(wanted: Wanted, folder: Path, place: Path) -> Reward:
    """Make a target of a folder of tests: what the model writes is a file of it."""
    rows = read(wanted.data)
    columns = _columns(wanted, rows)
    arguments: dict[str, Source] = {"completion": ("completion", "")}
    if wanted.tests is not None:
        arguments["tests"] = ("column", rows.column(wanted.tests))
    call = Call("pytest", arguments, batched=False, conversational=False)
    source = str(folder.resolve())
    plan = _plan(source, "", reward_player.tree_sha256(source), call, columns)
    plan |= {"file": wanted.file, "seconds": TESTS_SECONDS}
    made = Reward(Spec("file", ""), f"{folder.name}/", folder.resolve(), 1, ())
    return _written_to(place, made, wanted, plan, rows, columns, call)


def _written_to(
    place: Path,
    made: Reward,
    wanted: Wanted,
    plan: dict[str, Any],
    rows: Rows,
    columns: Columns,
    call: Call,
) -> Reward:
    """Find how right completions are written, and write the target's file."""
    way = _tried(wanted, plan, rows, columns, call)
    plan["messages"] = way.messages
    plan["source"] = _relative(plan["source"], place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(_program(plan, rows.rows, way.texts, made.name), encoding="utf-8")
    told = _told(rows, columns, call, way)
    return made._replace(spec=Spec("file", str(place.resolve())), told=told)


def named(certificate: Certificate, reward: Reward) -> Certificate:
    """Return a certificate that calls its target by the function's name, not the file's."""
    target = msgspec.structs.replace(certificate.target, name=reward.name)
    return certificates.sealed(msgspec.structs.replace(certificate, target=target))


@contextlib.contextmanager
def importable(file: Path) -> Generator[None]:
    """Let the processes that play a target see the folder of a file that it imports."""
    folder = str(_root(file))
    added = folder not in map(os.path.abspath, sys.path)
    if added:
        sys.path.append(folder)
    try:
        yield
    finally:
        if added:
            sys.path.remove(folder)


def imports_of(target: Path) -> Path | None:
    """Return the file of the function that a target's file plays; None where it is no such file."""
    for line in target.read_text(encoding="utf-8").splitlines():
        if line.startswith(_PLAN):
            source = json.loads(json.loads(line.removeprefix(_PLAN).rstrip(")")))["source"]
            found = (target.parent / source).resolve()
            return found if found.exists() else None
    return None


def described(source: str, function: str) -> Described:
    """Import a source in a contained process and tell what is in it.

    Raises `UserError` when that fails or no function was named where there are several, and
    `UnknownName`.
    """
    program = Path(reward_player.__file__).read_text(encoding="utf-8") + _DESCRIBE
    order = json.dumps({"source": source, "function": function}).encode()
    file = Path(source)
    said = once(
        [sys.executable, "-P", "-c", program],
        order,
        seconds=SECONDS,
        environment=environment(Conditions()),
        visible=[str(_root(file)), *map(os.path.abspath, sys.path)],
    )
    if not said:
        raise UserError(f"{file.name} left its process, or took {SECONDS:g} s, while imported.")
    told = msgspec.json.decode(said, type=Described)
    if told.error:
        raise UserError(f"{file.name} could not be imported: {told.error}")
    if told.name:
        return told
    if function:
        raise UnknownName(f"function of {file.name}", function, told.functions)
    listed = " or ".join(f"{file.name}:{name}" for name in told.functions)
    raise UserError(
        f"{file.name} defines {len(told.functions)} functions: name one"
        + (f", as {listed}." if listed else ", as FILE.py:NAME.")
    )


_DESCRIBE = """

out = os.fdopen(os.dup(1), "w")
nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(nowhere, 1)
os.dup2(nowhere, 2)
try:
    told = described(json.load(sys.stdin))
except BaseException as error:
    told = {"error": f"{type(error).__name__}: {error}"[:300]}
out.write(json.dumps(told))
out.flush()
"""
_PLAN = "PLAN = json.loads("


def _root(file: Path) -> Path:
    """Return the folder from which a file is imported: above all packages that it is in."""
    folder = file.resolve() if file.is_dir() else file.resolve().parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    return folder


def _relative(source: str, place: Path) -> str:
    here = place.parent.resolve()
    return os.path.relpath(source, here) if os.path.isabs(source) else source


def _columns(wanted: Wanted, rows: Rows) -> Columns:
    prompt = rows.usual(wanted.prompt, PROMPTS)
    if prompt is None:
        raise UserError(
            f"{rows.file}: which column is the prompt? Say --prompt COLUMN. It has: "
            f"{', '.join(rows.columns)}."
        )
    others = [name for name in ANSWERS if name != prompt]
    return Columns(prompt, rows.usual(wanted.answer, others) or "")


def _plan(source: str, function: str, sha256: str, call: Call, columns: Columns) -> dict[str, Any]:
    return {
        "source": source,
        "sha256": sha256,
        "function": function,
        "call": call.arguments,
        "batched": call.batched,
        "messages": False,
        "prompt": columns.prompt,
        "answer": columns.answer,
    }


def _program(plan: Mapping[str, Any], rows: list[Row], oracles: list[str], name: str) -> str:
    """Write the file of a target."""
    listed = "".join(f"    {json.dumps(row, default=str)!r},\n" for row in rows)
    return (
        f"# The reward function {name} on {len(rows)} rows, as `firsthand audit` plays it.\n"
        f"# Made by `firsthand audit`: change the function or its data, and audit again.\n"
        f"{Path(reward_player.__file__).read_text(encoding='utf-8')}\n\n"
        f"{_PLAN}{json.dumps(json.dumps(plan))})\n"
        f"ROWS = [\n{listed}]\n"
        f"ORACLES = {oracles!r}\n"
        "TASKS, reward, oracle = target(PLAN, [json.loads(row) for row in ROWS], ORACLES)\n"
    )


# --- how a right completion is written ------------------------------------------------------------


def _tried(wanted: Wanted, plan: dict[str, Any], rows: Rows, columns: Columns, call: Call) -> _Way:
    """Return the way that is paid best. Raises `UserError` if none is."""
    candidates = _candidates(wanted, rows, columns)
    fixed = {"text": False, "messages": True, None: call.conversational}
    if wanted.completions not in fixed:
        raise UnknownName("form of completions", str(wanted.completions), ("text", "messages"))
    chosen = fixed[wanted.completions]
    forms = (False, True) if chosen is None else (chosen,)
    ways = [way for messages in forms for way in _played(plan, rows, candidates, messages)]
    best = max(ways, key=lambda way: way.mean)
    if best.mean <= 0:
        raise UserError(_unpaid(wanted, plan, ways))
    return best


def _candidates(wanted: Wanted, rows: Rows, columns: Columns) -> dict[str, list[str]]:
    """Return what may be right completions of all rows, by how they are said to the user."""
    if wanted.oracle is not None:
        return {f"--oracle {wanted.oracle!r}": _asked(wanted.oracle, rows)}
    known = rows.columns
    found: dict[str, list[str]] = {}
    for name in WRITTEN:
        if name in known and name != columns.prompt:
            found[f"column {name!r}"] = [text(value(row, rows.column(name))) for row in rows.rows]
    if columns.answer:
        answers = [_written(value(row, columns.answer)) for row in rows.rows]
        for template in TEMPLATES:
            label = repr(template.replace("{}", f"{{{columns.answer}}}"))
            found[label] = [template.replace("{}", answer) for answer in answers]
    if not found:
        raise UserError(
            f"{rows.file}: how is a right completion written? Name its column with --oracle, or "
            "a template such as --oracle '#### {COLUMN}'."
        )
    return found


def _asked(oracle: str, rows: Rows) -> list[str]:
    if "{" in oracle:
        known = rows.columns
        texts = [filled(oracle, row, known) for row in rows.rows]
        if all(one == oracle for one in texts):
            raise UserError(f"--oracle {oracle!r} names no column. There are: {', '.join(known)}.")
        return texts
    return [text(value(row, rows.column(oracle))) for row in rows.rows]


def _written(answer: Any) -> str:
    """Write an answer; of several accepted ones the first."""
    several = isinstance(answer, list) and answer and all(isinstance(one, str) for one in answer)  # pyright: ignore
    return text(answer[0] if several else answer)


def _played(
    plan: dict[str, Any], rows: Rows, candidates: Mapping[str, list[str]], messages: bool
) -> list[_Way]:
    """Play every candidate on some rows, spread over the file."""
    step = max(1, len(rows.rows) // TRIED)
    places = list(range(0, len(rows.rows), step))[:TRIED]
    some = [rows.rows[place] for place in places]
    with scratch.folder() as folder, importable(Path(plan["source"])):
        file = folder / "trial.target.py"
        tried = {**plan, "messages": messages}
        file.write_text(_program(tried, some, ["" for _ in some], "tried"), encoding="utf-8")
        plays = [
            Play(seed, (texts[place],))
            for texts in candidates.values()
            for seed, place in enumerate(places)
        ]
        with Lab(Spec("file", str(file)), workers=1) as lab:
            try:
                traces = lab.run(plays)
            except (Hangs, Interferes) as error:
                raise UserError(
                    f"{plan['function'] or 'The folder'} hung, or meddled with its process, when "
                    f"it was tried: {type(error).__name__}."
                ) from None
    n = len(places)
    return [
        _way(label, texts, messages, traces[order * n : (order + 1) * n])
        for order, (label, texts) in enumerate(candidates.items())
    ]


def _way(label: str, texts: list[str], messages: bool, traces: Sequence[Trace]) -> _Way:
    faults = [trace.fault.detail for trace in traces if trace.fault is not None]
    return _Way(label, texts, messages, [trace.paid for trace in traces], (faults or [""])[0])


def _unpaid(wanted: Wanted, plan: Mapping[str, Any], ways: Sequence[_Way]) -> str:
    what = (
        f"{ways[0].label} is paid nothing"
        if wanted.oracle is not None
        else f"none of {len({way.label for way in ways})} usual ways to write the answer is paid"
    )
    fault = next((way.fault for way in ways if way.fault), "")
    because = f" It raises {fault}." if fault else ""
    return (
        f"{plan['function'] or 'The folder'}: {what} on any of {len(ways[0].paid)} rows.{because} "
        "Say how a right completion is written: --oracle COLUMN, or a template such as "
        "--oracle '#### {answer}'. "
        f"Tried first: {ways[0].texts[0][:80]!r}."
    )


def _told(rows: Rows, columns: Columns, call: Call, way: _Way) -> tuple[str, ...]:
    """Say what was decided, and which option decides otherwise."""
    some = f", of which {len(rows.rows)} are kept" if rows.total > len(rows.rows) else ""
    answer = f", answers in {columns.answer!r}" if columns.answer else ", without answers"
    handed = "messages" if way.messages else "texts"
    top = max(way.paid)
    full = sum(paid >= top for paid in way.paid)
    how = "" if way.label.startswith("--oracle") else ", the best of those tried (--oracle)"
    filled_with = ", ".join(
        f"{name}={detail or kind}" for name, (kind, detail) in sorted(call.arguments.items())
    )
    return (
        *_called(call, filled_with, handed),
        f"{rows.file}: {rows.total} rows{some}; prompts in {columns.prompt!r}{answer}.",
        f"A right completion: {way.label}, paid {top:g} on {full} of {len(way.paid)} rows{how}.",
        *call.notes,
    )


def _called(call: Call, filled_with: str, handed: str) -> tuple[str, ...]:
    if call.shape == "pytest":
        return (f"Shape: {FORMS['pytest']}, within {TESTS_SECONDS:g} s.",)
    return (
        f"Shape: {FORMS[call.shape]} (--shape). Called with {filled_with} (--argument).",
        f"Completions are handed over as {handed} (--completions).",
    )
