"""Calls a reward function as its trainer would: the text of this file is part of every target.

A target of `firsthand audit` made from a reward function is one file: a plan, the rows, and this
text, so that it runs again without firsthand, and a certificate's hash covers all that was played.
Hence the standard library alone. The function's own file stays where it is; its hash is in the
plan, and another content is refused.
"""

import hashlib
import importlib
import importlib.util
import inspect
import json
import operator
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from types import ModuleType
from typing import Any

HERE = os.path.dirname(os.path.abspath(globals().get("__file__", "")))


class Prompt(str):
    """A prompt that knows its row: graders are handed the prompt alone."""

    row: dict[str, Any]


def imported(source: str, sha256: str = "") -> ModuleType:
    """Import a Python file, as part of its package where it is in one, or a module by its name.

    Raises `RuntimeError` when its content has another hash.
    """
    if source.endswith(".py"):
        path = os.path.abspath(os.path.join(HERE, source))
        module = None
    else:
        module = importlib.import_module(source)
        path = module.__file__ or ""
    with open(path, "rb") as file:
        if sha256 and hashlib.sha256(file.read()).hexdigest() != sha256:
            raise RuntimeError(f"{os.path.basename(path)} has changed since it was audited")
    return module or _from_file(path)


def _from_file(path: str) -> ModuleType:
    folder, name = os.path.dirname(path), os.path.splitext(os.path.basename(path))[0]
    if os.path.exists(os.path.join(folder, "__init__.py")):
        while os.path.exists(os.path.join(folder, "__init__.py")):
            folder, package = os.path.split(folder)
            name = f"{package}.{name}"
        sys.path.insert(0, folder)
        return importlib.import_module(name)
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{path} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def described(order: dict[str, str]) -> dict[str, Any]:
    """Tell the functions that a source defines, and the parameters of the one that is named."""
    module = imported(order["source"])
    own = [
        name
        for name, value in vars(module).items()
        if callable(value)
        and not inspect.isclass(value)
        and not name.startswith("_")
        and getattr(value, "__module__", module.__name__) == module.__name__
    ]
    told: dict[str, Any] = {"functions": own, "file": module.__file__}
    name = order["function"] or (own[0] if len(own) == 1 else "")
    if not name:
        return told
    try:
        function = operator.attrgetter(name)(module)
    except AttributeError:
        return told
    if not callable(function):
        return told
    parameters = [
        {
            "name": one.name,
            "kind": one.kind.name.lower(),
            "required": one.default is one.empty,
            "annotation": "" if one.annotation is one.empty else str(one.annotation),
            "module": hasattr(module, one.name),
        }
        for one in inspect.signature(function).parameters.values()
    ]
    bare = inspect.unwrap(function) if inspect.isroutine(function) else type(function)
    code = getattr(bare, "__code__", None)
    line = code.co_firstlineno if code is not None else 1
    return {**told, "name": name, "parameters": parameters, "line": line}


def values(plan: dict[str, Any], module: ModuleType) -> Callable[[str, str, Any], Any]:
    """Return what makes one argument: from its kind, its detail, and a row with a completion."""

    def said(completion: str) -> Any:
        return [{"role": "assistant", "content": completion}] if plan["messages"] else completion

    def made(kind: str, detail: str, row: dict[str, Any], completion: str) -> Any:
        match kind:
            case "completion":
                return said(completion)
            case "column":
                return column(row, detail)
            case "row":
                return row
            case "bytes":
                return list(completion.encode())
            case "constant":
                return detail
            case "module":
                return operator.attrgetter(detail)(module)
            case "state":
                prompt, answer = column(row, plan["prompt"]), column(row, plan["answer"])
                shown = {"prompt": prompt, "completion": said(completion), "answer": answer}
                return {**shown, "info": row.get("info") or {}, "task": row.get("task", "default")}
            case "ignored":
                return lambda *_given, **_named: None  # pyright: ignore
            case _:
                return None

    def value(name: str, completion: str, row: Any) -> Any:
        kind, detail = plan["call"][name]
        one = made(kind, detail, row, completion)
        alone = kind in ("ignored", "nothing", "constant", "module")
        return [one] if plan["batched"] and not alone else one

    return value


def column(row: dict[str, Any], name: str) -> Any:
    """Return what a row has under a name, or under a path with points."""
    if not name:
        return None
    if name in row:
        return row[name]
    found: Any = row
    for part in name.split("."):
        found = found[part]
    return found


def shown(prompt: Any) -> str:
    """Return a prompt as text; of messages the contents, one below the other."""
    if isinstance(prompt, list) and all(isinstance(one, dict) for one in prompt):  # pyright: ignore
        return "\n\n".join(str(one.get("content", "")) for one in prompt)  # pyright: ignore
    return prompt if isinstance(prompt, str) else json.dumps(prompt, ensure_ascii=False)


def score(paid: Any, *, batched: bool) -> Any:
    """Return the number that was paid: alone, in a list of one, or under "score"."""
    if batched:
        if len(paid) != 1:
            raise ValueError(f"{len(paid)} rewards came back for one completion")
        paid = paid[0]
    return paid["score"] if isinstance(paid, dict) else paid  # pyright: ignore


# --- a folder of tests ----------------------------------------------------------------------------


def tree_sha256(folder: str) -> str:
    """Hash the files of a folder with their paths; caches and hidden files are left out."""
    sha = hashlib.sha256()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if not _passing(one))
        for name in sorted(one for one in files if not _passing(one)):
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                content = hashlib.sha256(file.read()).hexdigest()
            sha.update(f"{os.path.relpath(path, folder)}\0{content}\0".encode())
    return sha.hexdigest()


def _passing(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__" or name.endswith(".pyc")


def tested(plan: dict[str, Any]) -> Callable[..., float]:
    """Return what pays 1 where pytest leaves with 0 in a copy of the folder with the program in it.

    Raises `RuntimeError` when the folder has another hash.
    """
    folder = os.path.abspath(os.path.join(HERE, str(plan["source"])))
    if plan["sha256"] != tree_sha256(folder):
        raise RuntimeError(f"{os.path.basename(folder)} has changed since it was audited")

    def passes(completion: str, tests: str = "") -> float:
        with tempfile.TemporaryDirectory() as room:
            shutil.copytree(
                folder, room, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*", "__pycache__")
            )
            _write(room, plan["file"], program(completion))
            chosen = [tests] if tests and os.path.exists(os.path.join(room, tests)) else []
            if tests and not chosen:
                _write(room, "test_of_this_row.py", tests)
                chosen = ["test_of_this_row.py"]
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
            return float(_ends_well(command, room, plan["seconds"]))

    return passes


def program(completion: str) -> str:
    """Return the last fenced block of a completion, or all of it where there is none."""
    fenced = re.findall(r"```(?:python|py)?[ \t]*\n(.*?)```", completion, re.DOTALL)
    return fenced[-1] if fenced else completion


def _write(room: str, name: str, content: str) -> None:
    path = os.path.join(room, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="replace") as file:
        file.write(content)


def _ends_well(command: list[str], room: str, seconds: float) -> bool:
    ignored = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, cwd=room, stdin=ignored, stdout=ignored, stderr=ignored, timeout=seconds,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


# --- the target -----------------------------------------------------------------------------------


def target(
    plan: dict[str, Any], rows: list[dict[str, Any]], oracles: list[str]
) -> tuple[list[dict[str, Any]], Callable[[str, str, Any], Any], Callable[[dict[str, Any]], str]]:
    """Return what a grader's file has: TASKS, reward and oracle."""
    if plan["function"]:
        module = imported(plan["source"], plan["sha256"])
        function = operator.attrgetter(plan["function"])(module)
    else:
        module, function = sys.modules[__name__], tested(plan)
    value = values(plan, module)
    tasks: list[dict[str, Any]] = []
    for row, right in zip(rows, oracles, strict=True):
        prompt = Prompt(shown(column(row, plan["prompt"])))
        prompt.row = row
        tasks.append({"prompt": prompt, "answer": column(row, plan["answer"]), "right": right})

    async def later(paid: Any) -> Any:
        return score(await paid, batched=plan["batched"])

    def reward(prompt: Any, completion: str, answer: Any) -> Any:
        given = {name: value(name, completion, prompt.row) for name in plan["call"]}
        paid = function(**given)
        return later(paid) if inspect.isawaitable(paid) else score(paid, batched=plan["batched"])

    return tasks, reward, lambda task: task["right"]
