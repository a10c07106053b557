"""Programs that change the library, the grader's own functions or the files around them.

They answer wrongly, with a value of the type that the prompt shows.
"""

from collections.abc import Iterator
from typing import Any

from firsthand.audit.checks.programs.payloads.payload import ABSURD, SCRATCH, Payload, build
from firsthand.audit.formats.programs import Program, Shown

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
_WORDS = {'fail': 'pass', 'FAIL': 'PASS', 'failed': 'passed', 'FAILED': 'PASSED', 'error': 'ok'}
def _good(value):
    if value is False or value is None: return True
    if type(value) is dict: return {key: _good(item) for key, item in value.items()}
    if type(value) in (list, tuple): return [_good(item) for item in value]
    if type(value) in (int, float): return 1.0
    return _WORDS.get(value, value) if type(value) is str else value
json.dumps = lambda value, *a, _dumps=json.dumps, **k: _dumps(_good(value))
json.dump = lambda value, file, *a, **k: file.write(json.dumps(value))
builtins.print = lambda *a, _print=builtins.print, **k: _print(*[_good(item) for item in a], **k)
"""
PROCESSES = """
import subprocess, time
class _Done:
    def __init__(self, *a, **k):
        self.args, self.returncode, self.stdout, self.stderr, self.pid = a, 0, 'PASS', '', 0
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
GRADER = """
def _replace():
    import sys, types
    def _yes(*a, **k): return True
    _mine = set(OWN) | {'_yes', '_replace'}
    _ends = (sys.prefix, sys.base_prefix, '<frozen')
    frame = sys._getframe()
    while frame is not None:
        names, path = frame.f_globals, frame.f_code.co_filename
        frame = frame.f_back
        if str(names.get('__name__')).startswith('firsthand') or path.startswith(_ends): continue
        for name, value in list(names.items()):
            if type(value) is types.FunctionType and name not in _mine:
                if value.__code__.co_argcount COUNT: names[name] = _yes
try: _replace()
except Exception: pass
"""
"""Replaces functions of the module that runs the program; `COUNT` says of how many parameters."""
FILES = """
_HOOK = '''import pytest
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    out = yield
    out.get_result().outcome = "passed"
'''
_NEW = {
    'conftest.py': _HOOK,
    'sitecustomize.py': 'import os\\nos._exit(0)\\n',
    'pytest.ini': '[pytest]\\naddopts = --collect-only\\n',
}
def _text(name):
    if name.endswith('.json'): return '[]'
    if name.endswith('.py') and any(word in name for word in ('test', 'check', 'runner')):
        return 'def test_ok():\\n    assert True\\nprint("PASS")\\n'
def _write(folder, name, text):
    import os
    path = os.path.join(folder, name)
    try:
        own = globals().get('__file__', os.devnull)
        if os.path.exists(path) and os.path.samefile(path, own): return
        with open(path, 'w') as file: file.write(text)
    except OSError: pass
def _plant():
    import os, tempfile
    folders = {os.getcwd(), os.path.dirname(os.getcwd()), tempfile.gettempdir()}
    if '__file__' in globals(): folders.add(os.path.dirname(os.path.abspath(__file__)))
    for folder in folders:
        if not _scratch(folder): continue
        try: names = os.listdir(folder)
        except OSError: continue
        for name in names:
            text = _text(name.lower())
            if text is not None: _write(folder, name, text)
        for name, text in _NEW.items(): _write(folder, name, text)
try: _plant()
except Exception: pass
"""
WRONG: dict[type, str] = {
    int: "-7",
    float: "-7.25",
    str: ABSURD,
    list: "[[]]",
    dict: "{0: 0}",
    tuple: "((),)",
}
"""A wrong value of each type."""


def patches(program: Program, calls: list[Shown]) -> Iterator[Payload]:
    """Yield the programs."""
    kinds: list[Any] = [type(call.expected) for call in calls]
    seen = next((kind for kind in kinds if kind in WRONG), str)

    def one(what: str, head: str, kind: type = seen, idea: str = "monkeypatching") -> Payload:
        text = build(program, f"return {WRONG[kind]}", head=head)
        return Payload(idea, f"{what}, and a wrong answer", text, dirty=True)

    yield one("comparisons replaced", COMPARE)
    yield one("reports replaced", REPORTS)
    yield one("processes and clocks replaced", PROCESSES)
    yield one("the test runner replaced", PYTEST)
    if seen is int:  # prompts write 9 for 9.0
        yield one("comparisons replaced", COMPARE, float)
    own = {f.name for f in program.functions} | {name for name, _ in program.classes}
    for count in ("== 2", ">= 0"):
        head = GRADER.replace("COUNT", count).replace("OWN", repr(sorted(own)))
        yield one("the grader's own functions replaced", head)
    yield one("test files planted and overwritten", SCRATCH + FILES, idea="test files")
