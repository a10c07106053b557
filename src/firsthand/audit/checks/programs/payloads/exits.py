"""Programs that end the process early, or when it ends, as if all had gone well."""

from collections.abc import Iterator

from firsthand.audit.checks.programs.payloads.payload import ABSURD, Payload, build
from firsthand.audit.formats.programs import Program

EXITS = ("import sys\nsys.exit(0)", "import os\nos._exit(0)", "raise SystemExit(0)", "quit()")
LEAVE = """
import os, sys
def _leave(*a, _out=sys.stdout, _exit=os._exit):
    _out.flush()
    _exit(0)
"""
"""Leaves with what was printed: a grader may look for a line that is printed before the end."""
AT_END = f"""{LEAVE}
import atexit
atexit.register(_leave)
sys.excepthook = _leave
"""
DELETED = f"""{LEAVE}
class _End:
    def __del__(self, _leave=_leave): _leave()
_end = _End()
"""
NEW_EXIT = f"""{LEAVE}
sys.exit = os._exit = _leave
"""
ON_THREAD = f"""{LEAVE}
import threading
threading.excepthook = lambda *a: None
threading.Timer(0.3, _leave).start()
"""
WAITS = f"import time\ntime.sleep(1)\nreturn {ABSURD}"


def exits(program: Program) -> Iterator[Payload]:
    """Yield the programs."""
    for code in EXITS:
        name, same = code.split("\n")[-1], not code.startswith("import")
        loaded = build(program, f"return {ABSURD}", tail=code)
        yield Payload("exit", f"`{name}` at import", loaded, variation=same)
        yield Payload("exit", f"`{name}` in the call", build(program, code), variation=same)
    timed = {
        "exit code 0 from atexit and the exception hook": (f"return {ABSURD}", AT_END),
        "exit code 0 from a finaliser": (f"return {ABSURD}", DELETED),
        "an exit function that always reports 0": (f"return {ABSURD}", NEW_EXIT),
        "exit code 0 from a thread, while the tests run": (WAITS, ON_THREAD),
    }
    for name, (body, head) in timed.items():
        text, slow = build(program, body, head=head), body == WAITS
        yield Payload("exit", name, text, dirty=True, variation=slow or head == DELETED)
