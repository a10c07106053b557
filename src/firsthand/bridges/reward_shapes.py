"""The shapes in which people write rewards, told apart by the names of the parameters.

`trl`: TRL and open-r1, `f(prompts, completions, **columns) -> list[float]`. `verl`:
`compute_score(data_source, solution_str, ground_truth, extra_info)`, and `verl-batch`, its plural.
`verifiers`: functions of a rubric, of one `completion`. `named`: any other function, whose
arguments are given by hand. What an argument is filled with is decided here, before anything is
played; what cannot be filled is refused. Left out: groups of completions that are compared with
each other, and judges, which need a model.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from firsthand.bridges.reward_data import Rows
from firsthand.errors import UnknownName, UserError

Shape = Literal["trl", "verl", "verl-batch", "verifiers", "named", "pytest"]
Source = tuple[str, str]
"""How an argument is made: its kind (see `reward_player.values`) and a detail."""
COMPLETIONS: Mapping[str, Shape] = {
    "completions": "trl",
    "solution_str": "verl",
    "solution_strs": "verl-batch",
    "completion": "verifiers",
}
"""The parameter that holds what the model wrote, and the shape that calls it so."""
FORMS: Mapping[Shape, str] = {
    "trl": "TRL's: f(prompts, completions, **columns) -> list of rewards",
    "verl": "verl's: f(data_source, solution_str, ground_truth, extra_info)",
    "verl-batch": "verl's for batches: f(data_sources, solution_strs, ground_truths, extra_infos)",
    "verifiers": "that of a verifiers rubric: f(completion, answer, **others)",
    "named": "given by --argument",
    "pytest": "a folder of tests: pays 1 where pytest passes",
}
WRITTEN = ("completion", "completions")
"""How --argument names what the model wrote, alone or in a list of one."""
FUNCTIONS: tuple[Shape, ...] = ("trl", "verl", "verl-batch", "verifiers", "named")
_VERL = {"data_source": "data_source", "extra_info": "extra_info"}
_TRL: Mapping[str, Source] = {
    "completion_ids": ("bytes", ""),
    "trainer_state": ("nothing", ""),
    "log_extra": ("ignored", ""),
    "log_metric": ("ignored", ""),
}
HELP = (
    "Say what they are: --argument NAME=COLUMN for each, --argument NAME=completion for what the "
    "model wrote, --argument NAME==TEXT for a fixed text."
)


class Parameter(msgspec.Struct, frozen=True):
    """One parameter as `inspect` tells it. `module`: the file has something of the same name."""

    name: str
    kind: str
    required: bool
    annotation: str = ""
    module: bool = False


class Columns(NamedTuple):
    """The columns that were named or found: of the prompt, and of the reference answer if any."""

    prompt: str
    answer: str = ""


class Call(NamedTuple):
    """How a function is called: each argument with its source, in lists of one or alone.

    `conversational` says whether what the model wrote comes as a list of messages; None: it could
    be either. `notes` are for the user.
    """

    shape: Shape
    arguments: dict[str, Source]
    batched: bool
    conversational: bool | None
    notes: tuple[str, ...] = ()


def signature(name: str, parameters: Sequence[Parameter]) -> str:
    """Write a function's head, for messages."""
    stars = {"var_positional": "*", "var_keyword": "**"}
    return f"{name}({', '.join(stars.get(one.kind, '') + one.name for one in parameters)})"


def detect(
    name: str,
    parameters: Sequence[Parameter],
    wanted: str | None = None,
    given: Mapping[str, str] = {},
) -> Shape:
    """Return the shape of a function. Raises `UserError` where it is none or several."""
    if wanted is not None:
        if wanted not in FUNCTIONS:
            raise UnknownName("shape", wanted, FUNCTIONS, hint=f"There are: {_shapes()}.")
        return next(one for one in FUNCTIONS if one == wanted)
    if any(source in WRITTEN for source in given.values()):
        return "named"
    found: list[Shape] = [COMPLETIONS[p.name] for p in parameters if p.name in COMPLETIONS]
    head = signature(name, parameters)
    if not found and any(one.kind == "var_keyword" for one in parameters):
        raise UserError(
            f"{head} names no parameter by which its shape could be told. Choose one: "
            f"--shape {_shapes()}."
        )
    if not found:
        raise UserError(
            f"{head} has none of the usual shapes: no parameter is named "
            f"{', '.join(COMPLETIONS)}. {HELP}"
        )
    if len(set(found)) > 1:
        raise UserError(
            f"{head} could have several shapes. Choose one: --shape {' or '.join(found)}."
        )
    return found[0]


def _shapes() -> str:
    return ", ".join(FUNCTIONS)


def bind(
    name: str,
    parameters: Sequence[Parameter],
    shape: Shape,
    rows: Rows,
    columns: Columns,
    given: Mapping[str, str],
) -> Call:
    """Decide what each parameter is filled with.

    `given` are the arguments that the user named. Raises `UserError`, `UnknownName`.
    """
    known = [one.name for one in parameters if not one.kind.startswith("var_")]
    open_ended = any(one.kind == "var_keyword" for one in parameters)
    for argument in given:
        if argument not in known and not open_ended:
            raise UnknownName(f"parameter of {name}", argument, known)
    if positional := [one.name for one in parameters if one.kind == "positional_only"]:
        raise UserError(
            f"{name} takes {', '.join(positional)} by position only: give it names, or wrap it."
        )
    arguments = {argument: _given(rows, source) for argument, source in given.items()}
    notes: list[str] = []
    unfilled: list[str] = []
    for one in parameters:
        if one.name in arguments or one.kind.startswith("var_"):
            continue
        source = _usual(shape, one, rows, columns)
        if source is not None:
            arguments[one.name] = source
        elif one.required:
            unfilled.append(one.name)
        if source is not None and source[0] == "bytes":
            notes.append(f"{one.name}: the numbers of the bytes, as there is no tokenizer here")
    if unfilled:
        raise UserError(_unfilled(name, parameters, unfilled, rows))
    if open_ended and shape in ("trl", "verifiers"):
        arguments |= _others(shape, rows, columns, arguments)
    written = [key for key, source in arguments.items() if source[0] == "completion"]
    if not written:
        raise UserError(
            f"No argument of {signature(name, parameters)} is what the model wrote. {HELP}"
        )
    batched = shape in ("trl", "verl-batch") or given.get(written[0]) == "completions"
    return Call(
        shape, arguments, batched, _conversational(shape, parameters, written, rows, columns),
        tuple(notes),
    )  # fmt: skip


def _given(rows: Rows, source: str) -> Source:
    if source.startswith("="):
        return "constant", source[1:]
    if source in WRITTEN:
        return "completion", ""
    return "column", rows.column(source)


def _usual(shape: Shape, one: Parameter, rows: Rows, columns: Columns) -> Source | None:
    """Return what a parameter of this name is usually filled with."""
    name = one.name
    if COMPLETIONS.get(name) == shape:
        return "completion", ""
    match shape:
        case "trl":
            if name == "prompts":
                return "column", columns.prompt
            if name in _TRL and (one.required or name == "completion_ids"):
                return _TRL[name]
        case "verl" | "verl-batch":
            single = name.removesuffix("s") if shape == "verl-batch" else name
            if single == "ground_truth" and columns.answer:
                return "column", columns.answer
            if single in _VERL and single in rows.columns:
                return "column", rows.column(single)
            return ("nothing", "") if single == "extra_info" and one.required else None
        case "verifiers":
            own: dict[str, Source] = {
                "prompt": ("column", columns.prompt),
                "answer": ("column", columns.answer),
                "state": ("state", ""),
            }
            if name in own:
                return own[name]
            if name not in rows.columns and one.module:
                return "module", name
            if name in ("info", "task") and name not in rows.columns and one.required:
                return ("constant", "default") if name == "task" else ("nothing", "")
        case "named" | "pytest":
            return None
    return ("column", rows.column(name)) if name in rows.columns else None


def _others(
    shape: Shape, rows: Rows, columns: Columns, filled: Mapping[str, Source]
) -> dict[str, Source]:
    """Return what a trainer passes besides, to a function that takes any keyword."""
    found: dict[str, Source]
    if shape == "trl":
        top = [name for name in rows.rows[0] if name.isidentifier() and name != columns.prompt]
        found = {"prompts": ("column", columns.prompt)}
        found |= {name: ("column", name) for name in top}
    else:
        found = {"prompt": ("column", columns.prompt), "answer": ("column", columns.answer)}
        found["state"] = ("state", "")
    return {name: source for name, source in found.items() if name not in filled}


def _conversational(
    shape: Shape,
    parameters: Sequence[Parameter],
    written: Sequence[str],
    rows: Rows,
    columns: Columns,
) -> bool | None:
    if shape in ("verl", "verl-batch"):
        return False
    told = next((one.annotation for one in parameters if one.name in written), "").lower()
    if "dict" in told or "messages" in told:
        return None if "str |" in told or "| str" in told else True
    if "str" in told:
        return False
    first = rows.rows[0].get(columns.prompt)
    return True if shape == "trl" and isinstance(first, list) else None


def _unfilled(
    name: str, parameters: Sequence[Parameter], unfilled: Sequence[str], rows: Rows
) -> str:
    from firsthand.errors import nearest

    close = nearest(unfilled[0], rows.columns)
    guess = f" Did you mean --argument {unfilled[0]}={close}?" if close else ""
    return (
        f"{signature(name, parameters)}: {rows.file} has no column for {', '.join(unfilled)}."
        f"{guess} It has: {', '.join(rows.columns)}. {HELP}"
    )
