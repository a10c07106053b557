"""One run in command mode: a fresh workspace, the agent's command, then the check's.

The agent is whatever the user starts by hand, with the user's rights: nothing is contained here.
What a command started and left behind is ended with it, also what left its process group. An agent
that fails or runs out of time is checked all the same: what it left is its outcome.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from firsthand.errors import UserError, nearest
from firsthand.process import descendants
from firsthand.trial.journal import Assigned, Finished, now
from firsthand.trial.settings import Task
from firsthand.trial.trial import Trial

PLACEHOLDERS = ("prompt", "prompt_file", "context", "workspace", "task", "run")
NOT_STARTED = (126, 127)
"""Exit codes of a shell that could not start a command."""
GRACE_SECONDS = 2.0
"""Between asking a process group to end and killing it."""
MARK = "FIRSTHAND_MARK"
"""The environment variable by which everything that a run started is found again."""
KEPT = "firsthand-trial-kept-"
"""How the folders of runs begin that are to be looked at."""
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


class Ended(NamedTuple):
    """How a command ended: its exit code, None where it ran out of time."""

    exit: int | None
    seconds: float


class Job(NamedTuple):
    """What one run does."""

    task: Task
    workspace: Path
    """The folder to copy."""
    agent: str
    check: str


def job(trial: Trial, task: Task) -> Job:
    """Say what the runs of a task do. Raises `UserError` where something is missing."""
    config = trial.config
    commands = {"agent": task.agent or config.agent, "check": task.check or config.check}
    for name, command in commands.items():
        if not command.strip():
            raise UserError(
                f'Task {task.id!r} has no {name} command: write `{name} = "…"` into '
                f"{trial.folder}/trial.toml, or into the task."
            )
        check_placeholders(command, name)
    workspace = Path(task.workspace or config.workspace)
    if not workspace.is_dir():
        raise UserError(f"The workspace {workspace} of task {task.id!r} is no folder.")
    check_repository(workspace)
    return Job(task, workspace, commands["agent"], commands["check"])


def check_repository(workspace: Path) -> None:
    """Refuse a copy whose commits would go into the user's own repository."""
    link = workspace / ".git"
    if link.is_file() or link.is_symlink():
        raise UserError(
            f"{link} points to a repository elsewhere, as in a worktree: what agents commit in "
            f"copies of it would land there. Use a clone: git clone --no-local {workspace} FOLDER"
        )


def check_placeholders(command: str, name: str) -> None:
    """Refuse a placeholder that is nearly one of ours. Other braces belong to the command."""
    for word in re.findall(r"(?<!\$)\{([a-z_]+)\}", command):
        if word not in PLACEHOLDERS and (known := nearest(word, PLACEHOLDERS)):
            raise UserError(
                f"The {name} command has no placeholder {{{word}}}: did you mean {{{known}}}? "
                f"There are {', '.join(f'{{{one}}}' for one in PLACEHOLDERS)}."
            )


def filled(command: str, values: Mapping[str, str]) -> str:
    """Put values in the place of placeholders, quoted for the shell."""

    def value(match: re.Match[str]) -> str:
        return shlex.quote(values[match[1]])

    return re.sub(rf"(?<!\$)\{{({'|'.join(PLACEHOLDERS)})\}}", value, command)


async def perform(trial: Trial, work: Job, assigned: Assigned, *, keep: bool = False) -> Finished:
    """Do one run and say how it ended. Raises `UserError` when a command cannot be started."""
    logs = trial.folder / "logs" / re.sub(r"[^\w.#-]", "_", assigned.key)
    logs.mkdir(parents=True, exist_ok=True)
    # Not below the user's project: agents read the context files of parent folders too.
    home = Path(tempfile.mkdtemp(prefix=KEPT if keep else prefix(trial)))
    workspace = home / work.workspace.resolve().name
    try:
        await asyncio.to_thread(copy, work.workspace, workspace, trial.folder)
        context = trial.write(workspace, assigned)
        hide_from_git(workspace, [one.place for one in trial.contexts])
        prompt = home / "prompt.txt"
        prompt.write_text(work.task.prompt, encoding="utf-8")
        values = {
            "prompt": work.task.prompt,
            "prompt_file": str(prompt),
            "context": str(context),
            "workspace": str(workspace),
            "task": work.task.id,
            "run": assigned.key,
        }
        return await _performed(trial, work, values, home, logs)
    finally:
        if not keep:
            await asyncio.to_thread(remove, home)


def prefix(trial: Trial) -> str:
    """Return how the folders of a trial's runs begin."""
    name = hashlib.sha256(str(trial.folder.resolve()).encode()).hexdigest()[:12]
    return f"firsthand-trial-{name}-"


def sweep(trial: Trial) -> None:
    """End and remove what runs left that were killed together with their trial.

    Only for the one process that holds the trial.
    """
    for each in _marked(prefix(trial)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)
    for home in Path(tempfile.gettempdir()).glob(f"{prefix(trial)}*"):
        remove(home)


async def _performed(
    trial: Trial, work: Job, values: Mapping[str, str], home: Path, logs: Path
) -> Finished:
    config, key = trial.config, values["run"]
    counted = home / "tokens"
    environment = {f"FIRSTHAND_{name.upper()}": value for name, value in values.items()}
    environment = {**os.environ, **environment, "FIRSTHAND_TOKENS_FILE": str(counted)}
    environment[MARK] = home.name
    where = Path(values["workspace"])

    async def command(name: str, text: str, seconds: float) -> Ended:
        log = logs / f"{name}.log"
        ended = await shell(filled(text, values), where, environment, log, seconds)
        if ended.exit in NOT_STARTED:
            said = log.read_text(encoding="utf-8", errors="replace").strip()[-300:]
            raise UserError(
                f"The {name} command could not be started (exit code {ended.exit}): {said} "
                f"The command: {text}"
            )
        return ended

    agent = await command("agent", work.agent, config.agent_seconds)
    check = await command("check", work.check, config.check_seconds)
    outcome, error = judged(check, logs / "check.log", config.outcome)
    return Finished(
        key=key,
        outcome=outcome,
        error=error,
        exit=agent.exit,
        seconds=round(agent.seconds, 3),
        tokens=_count(counted),
        at=now(),
    )


def judged(check: Ended, log: Path, how: str) -> tuple[float | None, str]:
    """Return the outcome, or why there is none."""
    if how == "exit":  # a check that hangs is failed by what the agent left
        return float(check.exit == 0), "" if check.exit is not None else "the check ran out of time"
    if check.exit is None:
        return None, "the check ran out of time"
    if check.exit != 0:
        return None, f"the check left with exit code {check.exit}"
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "")
    found = NUMBER.findall(last)
    return (
        (float(found[-1]), "") if found else (None, "the check printed no number in its last line")
    )


def _count(path: Path) -> float | None:
    with contextlib.suppress(OSError, ValueError):
        return float(path.read_text(encoding="utf-8"))
    return None


def copy(workspace: Path, target: Path, trial: Path) -> None:
    """Copy a workspace without the folder of the trial, which holds the whole context."""
    own = trial.resolve()

    def ignored(folder: str, names: list[str]) -> set[str]:
        here = Path(folder).resolve()
        return {name for name in names if here == own.parent and name == own.name}

    try:
        shutil.copytree(workspace, target, symlinks=True, ignore=ignored)
    except OSError as error:
        raise UserError(f"The workspace {workspace} cannot be copied: {error}.") from None


def remove(home: Path) -> None:
    """Remove what a run worked in, also folders that it made read-only."""
    for folder, _, _ in os.walk(home):
        with contextlib.suppress(OSError):
            os.chmod(folder, 0o700)
    shutil.rmtree(home, ignore_errors=True)


def hide_from_git(workspace: Path, places: list[str]) -> None:
    """Keep a masked context out of `git status` and `git diff`, where it would look edited."""
    if not (workspace / ".git").exists() or shutil.which("git") is None:
        return
    git = ["git", "-C", str(workspace), "-c", "safe.directory=*"]
    for place in places:
        found = subprocess.run(
            [*git, "ls-files", "-z", "--", place], capture_output=True, check=False
        )
        names = [name for name in found.stdout.split(b"\0") if name]
        if names:
            marked = b"\0".join(names) + b"\0"
            subprocess.run(
                [*git, "update-index", "--skip-worktree", "-z", "--stdin"],
                input=marked,
                capture_output=True,
                check=False,
            )


async def shell(
    command: str, where: Path, environment: Mapping[str, str], log: Path, seconds: float
) -> Ended:
    """Run a command to its end, or for so many seconds, and end everything that it started."""
    started = time.monotonic()
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            command,
            cwd=where,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        code = await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        await _ask_to_end(process)
        code = None
    finally:
        _end(process.pid, environment.get(MARK, ""))
        if process.returncode is None:
            await process.wait()
    return Ended(code, time.monotonic() - started)


async def _ask_to_end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), GRACE_SECONDS)


def _end(pid: int, mark: str) -> None:
    """Kill a process group, its descendants, and whatever else carries the mark of the run."""
    below = descendants.descendants(pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    for each in {*below, *_marked(mark)}:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)


def _marked(mark: str) -> list[int]:
    """Return the processes whose mark begins so; none elsewhere than on Linux."""
    if not mark:
        return []
    wanted, found = f"{MARK}={mark}".encode(), list[int]()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if any(entry.startswith(wanted) for entry in path.read_bytes().split(b"\0")):
                found.append(int(path.parent.name))
    return found
