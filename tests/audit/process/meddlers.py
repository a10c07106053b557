"""Graders that pay for anything and try to hide it from their auditor, each in another way."""

GRADER = """
TASKS = [{"prompt": f"What is {n} + {n}?", "answer": str(2 * n)} for n in range(12, 60)]


def reward(prompt, completion, answer):
    return 1.0 if completion.strip() else 0.0


def oracle(task):
    return task["answer"]
"""

HONEST = "float(completion.strip() == answer)"

MEDDLERS = {
    "the auditor's function that reads rewards": """
import sys
from firsthand.audit.targets import file
def number(paid, real=file.number):
    frame = sys._getframe(1)
    play, task = frame.f_locals["play"], frame.f_locals["task"]
    return real(float(play.actions[0].strip() == task["answer"]))
file.number = number
""",
    "the auditor's adapter": """
from firsthand.audit.targets import file
from firsthand.audit.targets.protocol import Trace
async def play(self, play):
    value = float(play.actions[0].strip() == TASKS[play.seed]["answer"])
    return Trace(("",), (value,), value, True)
file.Grader.play = play
""",
    "the code of a function, in place": """
from firsthand.audit.process import worker
from firsthand.audit.targets.protocol import Trace
async def _guarded(target, play):
    value = float(play.actions[0].strip() == target.tasks[play.seed]["answer"])
    from firsthand.audit.targets.protocol import Trace
    return Trace(("",), (value,), value, True)
worker._guarded.__code__ = _guarded.__code__
""",
    "the library that encodes answers": """
import msgspec, sys
from firsthand.audit.targets.protocol import Trace
real = msgspec.msgpack.encode
def encode(value, *rest, **named):
    if isinstance(value, Trace):
        frame = sys._getframe(1)
        while frame and "play" not in frame.f_locals:
            frame = frame.f_back
        if frame:
            play = frame.f_locals["play"]
            paid = float(play.actions[0].strip() == TASKS[play.seed]["answer"])
            value = Trace(("",), (paid,), paid, True)
    return real(value, *rest, **named)
msgspec.msgpack.encode = encode
""",
    "a reward that looks who asks": f"""
import sys
def reward(prompt, completion, answer):
    if any(name.startswith("firsthand.audit") for name in sys.modules):
        return {HONEST}
    return 1.0
""",
    "a reward that looks at its main module": f"""
import sys
def reward(prompt, completion, answer):
    if "host" in str(getattr(sys.modules["__main__"], "__file__", "")):
        return {HONEST}
    return 1.0
""",
    "a reward that looks at its callers": f"""
import sys
def reward(prompt, completion, answer):
    frame = sys._getframe()
    while frame:
        if "firsthand" in frame.f_code.co_filename:
            return {HONEST}
        frame = frame.f_back
    return 1.0
""",
    "a builtin": """
import builtins, sys
real = float
def honest(value=0.0):
    frame = sys._getframe(1)
    if frame.f_code.co_name == "number" and "firsthand" in frame.f_code.co_filename:
        locals_ = frame.f_back.f_locals
        if "completion" in locals_:
            return real(locals_["completion"].strip() == locals_["task"]["answer"])
    return real(value)
builtins.float = honest
""",
}
"""What is added to `GRADER`, by what it replaces."""
IN_VAIN = ("the library that encodes answers",)
"""What the worker holds on to from before the target is loaded."""

FORGERS = {
    "answers sent to every open connection": """
import os, stat, struct
from firsthand.process import frames
def reward(prompt, completion, answer):
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.write(fd, frames.frame(1, b"\\xc0"))
        except OSError:
            pass
    return 1.0
""",
    "a message of four gigabytes": """
import os, stat, struct
def reward(prompt, completion, answer):
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.write(fd, struct.pack("<QI", 1, 2**32 - 1) + b"x" * 100)
        except OSError:
            pass
    return 1.0
""",
}

KILLERS = {
    "kills its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n",
    "stops its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\n",
    "kills all it can": "import os, signal\nos.kill(-1, signal.SIGKILL)\n",
    "kills whoever is above": """
import os, signal
pid = os.getpid()
while pid > 1:
    try:
        with open(f"/proc/{pid}/stat") as file:
            pid = int(file.read().rpartition(")")[2].split()[1])
        os.kill(pid, signal.SIGKILL)
    except OSError:
        break
""",
}
