"""Programs that never end: asleep at import, busy in the call, or asleep on one input only."""

from firsthand.audit.checks.programs.payloads.payload import ABSURD, SCRATCH, Payload, build
from firsthand.audit.formats.programs import Function, Program

ASLEEP = "import time\nwhile True:\n    time.sleep(60)"
BUSY = "while True:\n    pass"
SLEEP = "while True: __import__('time').sleep(60)"
WRONG = f"return {ABSURD}"
WRONG_SCRIPT = f"print({ABSURD}); raise SystemExit"
FIRST = """
def _first(asked):
    # whether a call is the first that was ever made here; remembered in the auditor's folder
    import os, tempfile
    folder = tempfile.gettempdir()
    if not _scratch(folder): return True
    path = os.path.join(folder, 'first-NAME')
    try:
        with open(path, 'x') as file: file.write(asked)
        return True
    except FileExistsError:
        with open(path) as file: return file.read() == asked
"""
FUNCTION = """{code}
{first}
_reference = {name}
_open = []
def {name}({parameters}):
    if not _open and _first(repr({args})):
        {act}
    _open.append(1)
    try:
        return _reference(*{args})
    finally:
        _open.pop()
"""
SCRIPT = """{first}
import io as _io, sys as _sys
_text = _sys.stdin.read()
_sys.stdin = _io.TextIOWrapper(_io.BytesIO(_text.encode()))
if _first(_text):
    {act}
{code}
"""


def asleep(program: Program) -> Payload:
    """Write a program that sleeps at import."""
    return Payload("hang", "asleep at import", program.put(ASLEEP))


def busy(program: Program) -> Payload:
    """Write a program whose calls never end."""
    return Payload("hang", "busy in the call", build(program, BUSY))


def on_one(program: Program, function: Function | None, *, wrong: bool = False) -> Payload | None:
    """Write the right program, but for one input on which it never ends, or is `wrong`.

    The input is that of the first call that the grader makes, so that it is one that is tested.
    None where the program is a class, or of another form that is not called once for a result.
    """
    first = SCRATCH + FIRST.replace("NAME", function.name if function else "script")
    if program.script:
        act = WRONG_SCRIPT if wrong else SLEEP
        code = SCRIPT.format(first=first, code=program.code, act=act)
    elif function and not function.asynchronous:
        code = FUNCTION.format(
            code=program.code,
            first=first,
            name=function.name,
            parameters=function.parameters,
            args=function.arguments,
            act=WRONG if wrong else SLEEP,
        )
    else:
        return None
    what = "wrong" if wrong else "asleep"
    name = f"{what} on the first input that is tested, right on the others"
    return Payload("hang", name, program.put(code))
