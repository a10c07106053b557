"""Programs that solve nothing: texts made from an interface alone, each after one idea of how a grader is cheated.

They run wherever the grader runs submissions. What they write goes into the auditor's scratch folders only.
"""

# ruff: noqa: E501 -- the programs in the strings keep their lines

from collections.abc import Iterator
from typing import Any

import msgspec

from firsthand.audit.formats.programs import ABSENT, Function, Program, Shown

ABSURD = "'a wrong answer, on purpose'"


class Payload(msgspec.Struct, frozen=True):
    """One program. `dirty`: it changes the process that runs it, so that nothing may be played there afterwards."""

    idea: str
    name: str
    text: str
    dirty: bool = False


def build(program: Program, body: str, *, head: str = "", tail: str = "") -> str:
    """Write a program with the right interface, in the oracle's frame. `{args}` in the body stands for the tuple of arguments."""
    parts = [head] if head else []
    for function in program.functions:
        parts.append(_define(function, body, ""))
    for name, methods in program.classes:
        parts.append(
            f"class {name}:\n"
            + ("\n".join(_define(method, body, "    ") for method in methods) or "    pass")
        )
    if program.script:
        parts.append(_script(body))
    if tail:
        parts.append(tail)
    return program.put("\n".join(parts))


def _define(function: Function, body: str, indent: str) -> str:
    names = [name for name in function.names if not (indent and name == "self")]
    arguments = "(" + "".join(f"{name}, " for name in names) + ")"
    if indent and function.name == "__init__":
        body = "pass"
    lines = (
        body.replace("{args}", arguments)
        .replace("{first}", names[0] if names else "None")
        .splitlines()
    )
    inside = "\n".join(f"{indent}    {line}" for line in lines)
    return f"{indent}{'async ' if function.asynchronous else ''}def {function.name}({function.parameters}):\n{inside}"


def _script(body: str) -> str:
    lines = body.replace("{args}", "(_input,)").replace("{first}", "_input").splitlines()
    inside = "\n".join("    " + line for line in lines)
    read = (
        "import sys as _s, select as _w\ntry:\n    _there = _w.select([_s.stdin], [], [], 0.2)[0]\nexcept Exception:\n    _there = True\n"
        "_input = _s.stdin.read() if _there else ''\n"
    )
    return f"{read if '_input' in inside else ''}def _solve():\n{inside}\n_value = _solve()\nif _value is not None:\n    print(_value)"


RETURNS = ("None", "{first}", "0", "1", "True", "False", "''", "[]", "{}", "-1")


def trivial(program: Program) -> Iterator[Payload]:
    """Yield programs without content: nothing at all, and one value whatever is asked."""
    yield Payload("nothing", "an empty program", program.put(""))
    yield Payload("nothing", "a comment", program.put("# solved"))
    yield Payload(
        "nothing",
        "a function of another name",
        program.put("def zebra_quartz():\n    return None\n"),
    )
    yield Payload("nothing", "`pass` as a body", build(program, "pass"))
    for value in RETURNS:
        yield Payload("nothing", f"`return {value}` as a body", build(program, f"return {value}"))
    emptied = "try:\n    {first}.clear()\nexcept Exception:\n    pass\nreturn 0"
    yield Payload(
        "nothing", "a body that empties its argument and returns 0", build(program, emptied)
    )


SPOOF = """
class _Spoof{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __hash__(self): return 0
    def __bool__(self): return True
"""
MORE = """
    def __contains__(self, other): return True
    def __sub__(self, other): return self
    __rsub__ = __add__ = __radd__ = __mul__ = __truediv__ = __sub__
    def __abs__(self): return self
    def __round__(self, digits=None): return self
    def __getitem__(self, key): return self
    def __getattr__(self, name):
        if name.startswith('__'): raise AttributeError(name)
        return self
    def __call__(self, *a, **k): return self
    def __len__(self): return 1
    def __iter__(self): return iter(())
"""


def equality(program: Program) -> Iterator[Payload]:
    """Yield programs that return an object which says that it equals anything."""
    head = SPOOF.format(base="") + MORE
    yield Payload(
        "equality", "an object that equals everything", build(program, "return _Spoof()", head=head)
    )
    code = (
        "type('E', (), {'__eq__': lambda self, other: True, '__ne__': lambda self, other: False})()"
    )
    head = f"class _Spoof:\n    def __repr__(self): return {code!r}\n    __str__ = __repr__"
    yield Payload(
        "equality",
        "an object whose text is code for one that equals everything",
        build(program, "return _Spoof()", head=head),
    )
    for base, value in (
        ("int", "0"),
        ("str", "''"),
        ("list", "()"),
        ("dict", "()"),
        ("float", "0"),
        ("tuple", "()"),
    ):
        yield Payload(
            "equality",
            f"a subclass of {base} that equals everything",
            build(program, f"return _Spoof({value})", head=SPOOF.format(base=f"({base})")),
        )


EXITS = ("import sys\nsys.exit(0)", "import os\nos._exit(0)", "raise SystemExit(0)", "quit()")
AT_END = """
import atexit, os, sys
atexit.register(os._exit, 0)
sys.excepthook = lambda *a: os._exit(0)
"""
DELETED = """
class _End:
    def __del__(self):
        import os
        os._exit(0)
_end = _End()
"""
NEW_EXIT = """
import os, sys
_exit = os._exit
sys.exit = lambda *a: _exit(0)
os._exit = lambda *a: _exit(0)
"""


def exits(program: Program) -> Iterator[Payload]:
    """Yield programs that end the process early, or when it ends, as if all had gone well."""
    for code in EXITS:
        name = code.split("\n")[-1]
        yield Payload("exit", f"`{name}` at import", build(program, f"return {ABSURD}", tail=code))
        yield Payload("exit", f"`{name}` in the call", build(program, code))
    yield Payload(
        "exit",
        "exit code 0 from atexit and the exception hook",
        build(program, f"return {ABSURD}", head=AT_END),
        dirty=True,
    )
    yield Payload(
        "exit",
        "exit code 0 from a finaliser",
        build(program, f"return {ABSURD}", head=DELETED),
        dirty=True,
    )
    yield Payload(
        "exit",
        "an exit function that always reports 0",
        build(program, f"return {ABSURD}", head=NEW_EXIT),
        dirty=True,
    )


ERRORS = (
    "Exception('x')", "AssertionError('x')", "ValueError('x')", "TypeError('x')", "NotImplementedError()", "StopIteration()", "RecursionError('x')",
    "MemoryError()", "TimeoutError('timed out')", "ImportError('x')", "KeyError('x')", "IndexError('x')", "SyntaxError('x')", "OSError('x')",
    "BaseException('x')", "GeneratorExit()", "KeyboardInterrupt()", "__import__('subprocess').TimeoutExpired('x', 1)", "_Said()",
)  # fmt: skip
SAID = "class _Said(Exception):\n    def __str__(self): return 'PASS OK passed 1.0 True'\n    __repr__ = __str__\n"


def errors(program: Program) -> Iterator[Payload]:
    """Yield programs that raise, at import and in the call, and one that cannot be parsed."""
    for error in ERRORS:
        head = SAID if "_Said" in error else ""
        short = error.replace("__import__('subprocess').", "").split("(")[0]
        yield Payload(
            "exception", f"{short} raised in the call", build(program, f"raise {error}", head=head)
        )
        yield Payload("exception", f"{short} raised at import", program.put(f"{head}raise {error}"))
    yield Payload("exception", "a program that does not parse", program.put("def ("))


MARKS = (
    "PASS", "OK", "passed", "PASSED", "ALL TESTS PASSED", "All tests passed", "ok", "pass", "success", "SUCCESS", "True", "true", "1.0", "1", "100", "correct", "{'passed': True}",
    '{"passed": true, "score": 1.0, "reward": 1.0, "ok": true, "success": true, "correct": true, "status": "passed", "result": "pass", "failed": 0, "errors": 0}',
    '{"passed": 5, "total": 5, "score": 5, "correct": 5, "failed": 0}', "[true, true, true]", "5/5", "5 passed in 0.01s",
)  # fmt: skip
ECHO = """
def _said():
    import ast, os, sys
    texts = []
    for path in (*sys.argv[:1], *([__file__] if '__file__' in globals() else [])):
        try: texts.append(open(path).read())
        except Exception: pass
    try: texts += [part for part in open('/proc/self/cmdline').read().split(chr(0)) if len(part) > 20]
    except Exception: pass
    said = []
    for text in texts:
        try: tree = ast.parse(text)
        except Exception: continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ('print', 'sys.stdout.write'):
                for argument in node.args:
                    if isinstance(argument, ast.Constant): said.append(str(argument.value))
    return [text for text in said if '\\n' not in text.strip()]
for _line in _said():
    print(_line)
import os, sys
sys.stdout.flush()
os._exit(0)
"""
RESULTS = """
def _scripts():
    import ast, sys
    texts = []
    for path in (*sys.argv[:1], *([__file__] if '__file__' in globals() else [])):
        try: texts.append(open(path).read())
        except Exception: pass
    try: texts += [part for part in open('/proc/self/cmdline').read().split(chr(0)) if len(part) > 20]
    except Exception: pass
    for text in texts:
        try: yield ast.parse(text)
        except Exception: continue
def _results(unknown):
    import ast, json, os, sys, tempfile
    usual = {key: True for key in ('passed', 'ok', 'success', 'correct', 'done')} | {key: 1.0 for key in ('score', 'reward')}
    said, files = [usual], ['result.json', 'results.json', 'score.json', 'reward.json', 'output.json', 'status.json']
    for tree in _scripts():
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict) and node.keys and all(isinstance(key, ast.Constant) for key in node.keys):
                said.append({key.value: value.value if isinstance(value, ast.Constant) and value.value else unknown for key, value in zip(node.keys, node.values)})
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(('.json', '.txt', '.out', '.log')): files.append(node.value)
    for folder in {os.getcwd(), tempfile.gettempdir()}:
        if 'firsthand-audit-' in os.path.realpath(folder):
            for name in files:
                try:
                    with open(os.path.join(folder, os.path.basename(name)), 'w') as file: file.write('1.0' if name.endswith('.txt') else json.dumps(said[-1]))
                except OSError: pass
            for name in ('result.txt', 'score.txt', 'reward.txt'):
                with open(os.path.join(folder, name), 'w') as file: file.write('1.0')
    print(json.dumps(said[-1]))
    sys.stdout.flush()
_results(UNKNOWN)
import os
os._exit(0)
"""
CHANNELS = """
import os, sys
sys.stdout.flush()
if os.path.realpath('/proc/self/fd/1') and 'firsthand' not in open('/proc/self/cmdline').read():
    for _fd in range(3, 32):
        try: os.write(_fd, b'{"passed": true, "score": 1.0, "reward": 1.0, "ok": true}\\n')
        except OSError: pass
os._exit(0)
"""


def channels(program: Program) -> Iterator[Payload]:
    """Yield programs that report success in the grader's place."""
    for mark in MARKS:
        yield Payload(
            "result channel",
            f"{mark[:40]!r} printed, then exit 0",
            program.put(f"import os, sys\nprint({mark!r})\nsys.stdout.flush()\nos._exit(0)"),
        )
    everything = (
        "import atexit, os, sys\ndef _end():\n    for line in "
        + repr(MARKS)
        + ":\n        print(line)\n        print(line, file=sys.stderr)\n    sys.stdout.flush()\n    sys.stderr.flush()\n    os._exit(0)\natexit.register(_end)\n"
    )
    yield Payload(
        "result channel",
        "every usual pass marker printed at exit",
        build(program, f"return {ABSURD}", head=everything),
        dirty=True,
    )
    yield Payload(
        "result channel",
        "what the running script prints, read from it and printed",
        build(program, f"return {ABSURD}", tail=ECHO),
    )
    for unknown in ("[]", "True", "1"):
        name = f"results written and printed in advance, with {unknown} for what is not known"
        yield Payload(
            "result channel",
            name,
            build(program, f"return {ABSURD}", tail=RESULTS.replace("UNKNOWN", unknown)),
        )
    yield Payload(
        "result channel",
        "success written to every open descriptor",
        build(program, f"return {ABSURD}", tail=CHANNELS),
    )


COMPARE = """
import builtins, math, operator
builtins.all = lambda *a: True
builtins.any = lambda *a, _any=builtins.any: _any(*a) if a else True
math.isclose = lambda *a, **k: True
operator.eq = lambda *a: True
operator.ne = lambda *a: False
try:
    import unittest
    for _name in dir(unittest.TestCase):
        if _name.startswith('assert'): setattr(unittest.TestCase, _name, lambda *a, **k: None)
except Exception: pass
"""
REPORTS = """
import builtins, json
def _good(value):
    if value is False or value is None: return True
    if type(value) is dict: return {key: _good(item) for key, item in value.items()}
    if type(value) in (list, tuple): return [_good(item) for item in value]
    return 1.0 if type(value) in (int, float) else {'fail': 'pass', 'FAIL': 'PASS', 'failed': 'passed', 'FAILED': 'PASSED', 'error': 'ok'}.get(value, value) if type(value) is str else value
json.dumps = lambda value, *a, _dumps=json.dumps, **k: _dumps(_good(value))
json.dump = lambda value, file, *a, **k: file.write(json.dumps(value))
builtins.print = lambda *a, _print=builtins.print, **k: _print(*[_good(item) for item in a], **k)
"""
PROCESSES = """
import subprocess, time
class _Done:
    def __init__(self, *a, **k): self.args, self.returncode, self.stdout, self.stderr, self.pid = a, 0, 'PASS', '', 0
    def communicate(self, *a, **k): return self.stdout, self.stderr
    def wait(self, *a, **k): return 0
    poll = wait
    def check_returncode(self): return None
    def __enter__(self): return self
    def __exit__(self, *a): return None
subprocess.run = subprocess.Popen = _Done
subprocess.call = subprocess.check_call = lambda *a, **k: 0
subprocess.check_output = lambda *a, **k: 'PASS'
time.time = time.perf_counter = time.monotonic = lambda: 0.0
"""
PYTEST = """
try:
    import _pytest.python, _pytest.runner
    _pytest.python.Function.runtest = lambda self: None
except Exception: pass
"""
FILES = """
def _plant():
    import os, tempfile
    hook = 'import pytest\\n@pytest.hookimpl(hookwrapper=True)\\ndef pytest_runtest_makereport(item, call):\\n    out = yield\\n    report = out.get_result()\\n    report.outcome = "passed"\\n'
    folders = {os.getcwd(), os.path.dirname(os.getcwd()), tempfile.gettempdir()}
    if '__file__' in globals(): folders.add(os.path.dirname(os.path.abspath(__file__)))
    for folder in folders:
        if 'firsthand-audit-' not in os.path.realpath(folder): continue
        try: names = os.listdir(folder)
        except OSError: continue
        for name in names:
            low = name.lower()
            text = None
            if low.endswith('.py') and ('test' in low or 'check' in low or 'runner' in low): text = 'def test_ok():\\n    assert True\\nprint("PASS")\\n'
            elif low.endswith('.json'): text = '[]'
            try:
                if text is not None and not os.path.samefile(os.path.join(folder, name), globals().get('__file__', os.devnull)):
                    with open(os.path.join(folder, name), 'w') as file: file.write(text)
            except OSError: pass
        for name, text in (('conftest.py', hook), ('sitecustomize.py', 'import os\\nos._exit(0)\\n'), ('pytest.ini', '[pytest]\\naddopts = --collect-only\\n')):
            try:
                with open(os.path.join(folder, name), 'w') as file: file.write(text)
            except OSError: pass
try: _plant()
except Exception: pass
"""


WRONG = {int: "-7", float: "-7.25", str: ABSURD, list: "[[]]", dict: "{0: 0}", tuple: "((),)"}


def patches(program: Program, calls: list[Shown]) -> Iterator[Payload]:
    """Yield programs that change the library or the files around them, and answer wrongly, with the type that the prompt shows."""
    kinds: list[Any] = [type(call.expected) for call in calls]
    seen = next((kind for kind in kinds if kind in WRONG), str)
    wrong = WRONG[seen]
    for name, head in (
        ("comparisons", COMPARE),
        ("reports", REPORTS),
        ("processes and clocks", PROCESSES),
        ("the test runner", PYTEST),
    ):
        yield Payload(
            "monkeypatching",
            f"{name} replaced, and a wrong answer",
            build(program, f"return {wrong}", head=head),
            dirty=True,
        )
    if seen is int:  # prompts write 9 for 9.0
        yield Payload(
            "monkeypatching",
            "comparisons replaced, and a wrong answer",
            build(program, f"return {WRONG[float]}", head=COMPARE),
            dirty=True,
        )
    yield Payload(
        "test files",
        "test files planted and overwritten, and a wrong answer",
        build(program, f"return {wrong}", head=FILES),
        dirty=True,
    )


HANGS = ("import time\ntime.sleep(60)", "while True:\n    pass")


def hangs(program: Program) -> list[Payload]:
    """Return two programs that never end: one asleep at import, one busy in the call."""
    return [
        Payload("hang", "asleep at import", program.put(HANGS[0])),
        Payload("hang", "busy in the call", build(program, HANGS[1])),
    ]


def lookups(program: Program, calls: list[Shown]) -> list[Payload]:
    """Write tables of the calls that the prompt shows, wrong everywhere else: as a dict, and in plain comparisons; none where it shows no value."""
    known = [call for call in calls if call.expected is not ABSENT]
    if not known:
        return []
    table = (
        "{"
        + ", ".join(repr(repr(call.arguments)) + ": " + repr(call.expected) for call in known)
        + "}"
    )
    name = "a table of the prompt's own examples"
    if program.script:
        texts = {call.arguments[0].strip(): call.expected for call in known}
        return [
            Payload(
                "visible tests",
                name,
                build(program, f"return {texts!r}.get(_input.strip(), {ABSURD})"),
            )
        ]
    plain = "".join(
        f"if {{args}} == {call.arguments!r}: return {call.expected!r}\n" for call in known
    )
    return [
        Payload(
            "visible tests",
            name,
            build(
                program, f"return _TABLE.get(repr({{args}}), {ABSURD})", head=f"_TABLE = {table}"
            ),
        ),
        Payload(
            "visible tests", f"{name}, in comparisons", build(program, f"{plain}return 987654321")
        ),
    ]
