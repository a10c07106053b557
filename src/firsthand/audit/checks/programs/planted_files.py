"""Files that the grader reads after the program ran, and that the program can write.

The grader is watched while it grades the right answer: which files in the program's folder does it
look for or read, and which scripts there does it run, after the first process that it started? The
files are then written by a program that solves nothing, with the text that they had on *another*
task, so that no right answer is in them. A grader that only reads what it wrote itself, after the
program ended, is not fooled; nor is one whose files the program cannot reach.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from firsthand.audit.checks.programs.payloads.payload import ABSURD, SCRATCH, Payload, build
from firsthand.audit.checks.programs.payloads.reports import TRUE_OF_ALL
from firsthand.audit.formats.programs import Program
from firsthand.audit.process import scratch
from firsthand.audit.process.pool import PLAY_SECONDS, Lab
from firsthand.audit.targets.protocol import Spec

TEXTS = ("1.0", TRUE_OF_ALL, "PASS", "")
"""What is written into a file that the grader looks for and that nobody wrote."""
MOST_FILES = 12
"""Files of one task that are looked at: a grader reads one to three after the program ran."""
MOST_MODULES = 200
"""Python files beside the grader that are copied with it, in case that it imports them."""
IDEA = "files that are read afterwards"

WATCHER = '''
"""A target whose oracle tells what another grader looks at while it grades the right answer."""
import importlib.util, inspect, json, os, subprocess, sys, tempfile
_spec = importlib.util.spec_from_file_location("watched", PATH)
_target = importlib.util.module_from_spec(_spec)
sys.modules["watched"] = _target
sys.path.insert(0, os.path.dirname(PATH))
_spec.loader.exec_module(_target)
TASKS = [{"prompt": "", "answer": place} for place in range(len(_target.TASKS))]
_stat = os.stat


def reward(prompt, completion, answer):
    return 0.0


class _Watch:
    def __init__(self):
        self.on, self.folder, self.files, self.written = True, None, {}, set()

    def place(self, path):
        """Where a path lies: relative to the program's folder, or to the scratch folder."""
        try:
            path = os.path.realpath(os.fsdecode(path))
        except (TypeError, ValueError):
            return None
        for base, folder in (("cwd", self.folder), ("tmp", tempfile.gettempdir())):
            if folder and path.startswith(os.path.realpath(folder) + os.sep):
                return base, os.path.relpath(path, os.path.realpath(folder)), path
        return None

    def look(self, path, script=False):
        found = self.place(path)
        if found is None or found[:2] in self.written:
            return
        text = self.files.get(found[:2], {}).get("text")
        try:
            with open(found[2], encoding="utf-8") as file:
                text = file.read(20_000)
        except (OSError, ValueError):
            if os.path.isdir(found[2]):
                return
        old = self.files.get(found[:2], {"script": False})
        self.files[found[:2]] = {"text": text, "script": script or old["script"]}

    def heard(self, event, arguments):
        if not self.on:
            return
        self.on = False
        try:
            if event == "subprocess.Popen":
                self.started(arguments[1], arguments[2])
            elif event == "open" and self.folder:
                self.opened(*arguments)
        finally:
            self.on = True

    def started(self, arguments, cwd):
        if self.folder:  # a later process: what it runs may have been rewritten by an earlier one
            for part in [arguments] if isinstance(arguments, (str, bytes)) else arguments:
                path = os.path.join(os.fsdecode(cwd or os.getcwd()), os.fsdecode(part))
                if os.path.isfile(path):
                    self.look(path, script=path.endswith(".py"))
        else:
            self.folder = os.fsdecode(cwd or os.getcwd())

    def opened(self, path, mode, flags):
        found = None if isinstance(path, int) else self.place(path)
        if found and flags & (os.O_WRONLY | os.O_RDWR):
            self.written.add(found[:2])
            self.files.pop(found[:2], None)
        elif found:
            self.look(path)


_watch = _Watch()
_watch.on = False


def _stated(path, *arguments, **named):
    if _watch.on and _watch.folder and not isinstance(path, int):
        _watch.on = False
        try:
            _watch.look(path)
        finally:
            _watch.on = True
    return _stat(path, *arguments, **named)


sys.addaudithook(_watch.heard)
_communicate = subprocess.Popen.communicate


def _said(process, *arguments, **named):
    out, err = _communicate(process, *arguments, **named)
    _watch.out = out if isinstance(out, str) else (out or b"").decode("utf-8", "replace")
    return out, err


async def oracle(task):
    asked = _target.TASKS[task["answer"]]
    right = _target.oracle(asked)
    right = await right if inspect.isawaitable(right) else right
    _watch.__init__()
    os.stat, subprocess.Popen.communicate = _stated, _said
    try:
        paid = _target.reward(asked["prompt"], right, asked["answer"])
        if inspect.isawaitable(paid):
            await paid
    finally:
        os.stat, subprocess.Popen.communicate = _stat, _communicate
        _watch.on = False
    return json.dumps([
        {"base": base, "path": path, "said": getattr(_watch, "out", ""), **file}
        for (base, path), file in sorted(_watch.files.items())
    ])
'''
PLANT = """
def _plant():
    import os, tempfile
    for base, path, text in PLANTED:
        folder = os.getcwd() if base == 'cwd' else tempfile.gettempdir()
        if not _scratch(folder): continue
        path = os.path.join(folder, path)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w') as file: file.write(text)
        except OSError: pass
"""
NOW = "_plant()\n"
AND_LEAVE = "_plant()\nimport os\nos._exit(0)\n"
AT_EXIT = "import atexit\natexit.register(_plant)\n"


class Looked(msgspec.Struct, frozen=True):
    """A file that the grader looked for after the program ran, on one task."""

    base: str
    """`cwd`: `path` is relative to the program's folder; `tmp`: to the scratch folder."""
    path: str
    text: str | None
    """What stood in it; None where there was no such file."""
    script: bool
    """Whether a later process runs it."""
    said: str = ""
    """What the last process of the grader printed."""

    def forged(self) -> list[str]:
        """Return the texts to write into it."""
        if self.script:
            return [f"print({self.said!r}, end='')\n"]
        return list(TEXTS) if self.text is None else [self.text]


def looked_for(
    spec: Spec, seeds: Sequence[int], *, seconds: float = PLAY_SECONDS
) -> list[list[Looked]]:
    """Return the files that a grader in a file looks for after the program ran, task by task."""
    if spec.source != "file":
        return []
    with scratch.folder() as folder:
        for file in sorted(Path(spec.name).resolve().parent.glob("*.py"))[:MOST_MODULES]:
            shutil.copy(file, folder)
        target = Path(folder, Path(spec.name).name)
        watcher = Path(folder, f"watcher_of_{target.name}")
        watcher.write_text(WATCHER.replace("PATH", repr(str(target))))
        with Lab(Spec("file", str(watcher)), workers=1, seconds=seconds) as lab:
            lab.start()
            told = [instance.oracle for instance in lab.instances(list(seeds))]
    return [
        msgspec.convert(json.loads(one[0])[:MOST_FILES], list[Looked]) if one else []
        for one in told
    ]


def planted(program: Program, here: Sequence[Looked], there: Sequence[Looked]) -> Iterator[Payload]:
    """Yield programs that write what the grader looks for `here`, as it was on another task."""
    elsewhere = {(file.base, file.path): file for file in there}
    files = [
        elsewhere.get((file.base, file.path), file) if file.text is not None else file
        for file in here
        if file.text is None or (file.base, file.path) in elsewhere
    ]
    if not files:
        return
    texts = [file.forged() for file in files]
    for number in range(max(map(len, texts))):
        written = [
            (file.base, file.path, forged[min(number, len(forged) - 1)])
            for file, forged in zip(files, texts, strict=True)
        ]
        names = ", ".join(sorted({file.path for file in files}))[:60]
        name = f"{names}, written by the program itself"
        for when in (NOW, AND_LEAVE, AT_EXIT):
            head = SCRATCH + PLANT.replace("PLANTED", repr(written)) + when
            text = build(program, f"return {ABSURD}", head=head)
            yield Payload(IDEA, name, text, dirty=when != NOW)
