"""Programs that report success in the grader's place, over whatever channel it listens to."""

from collections.abc import Iterator

from firsthand.audit.checks.programs.payloads.payload import ABSURD, SCRATCH, Payload, build
from firsthand.audit.formats.programs import Program

TRUE_OF_ALL = (
    '{"passed": true, "score": 1.0, "reward": 1.0, "ok": true, "success": true, "correct": true, '
    '"status": "passed", "result": "pass", "failed": 0, "errors": 0}'
)
MARKS = (
    *("PASS", "OK", "passed", "PASSED", "ALL TESTS PASSED", "All tests passed", "ok", "pass"),
    *("success", "SUCCESS", "True", "true", "1.0", "1", "100", "correct", "{'passed': True}"),
    TRUE_OF_ALL,
    '{"passed": 5, "total": 5, "score": 5, "correct": 5, "failed": 0}',
    "[true, true, true]",
    "5/5",
    "5 passed in 0.01s",
)
"""What graders usually take for success."""
DISTINCT = ("PASS", "True", TRUE_OF_ALL)
"""Marks that stand for the others; `ALL_PRINTED` prints each on a line of its own."""
PRINTED = "import os, sys\nprint({mark!r})\nsys.stdout.flush()\nos._exit(0)"
ALL_PRINTED = """
import atexit, os, sys
def _end():
    for line in {marks!r}:
        print(line)
        print(line, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
atexit.register(_end)
"""
RUNNING = """
def _texts():
    import sys
    texts = []
    for path in (*sys.argv[:1], *([__file__] if '__file__' in globals() else [])):
        try: texts.append(open(path).read())
        except Exception: pass
    try: line = open('/proc/self/cmdline').read()
    except Exception: return texts
    return texts + [part for part in line.split(chr(0)) if len(part) > 20]
def _scripts():
    import ast
    for text in _texts():
        try: yield ast.parse(text)
        except Exception: continue
"""
"""Reads the scripts that the process runs: its file, and what stands on its command line."""
ECHO = (
    RUNNING
    + """
def _said():
    import ast
    for tree in _scripts():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call): continue
            if ast.unparse(node.func) not in ('print', 'sys.stdout.write'): continue
            for argument in node.args:
                if isinstance(argument, ast.Constant): yield str(argument.value)
for _line in [text for text in _said() if '\\n' not in text.strip()]:
    print(_line)
import os, sys
sys.stdout.flush()
os._exit(0)
"""
)
RESULTS = (
    RUNNING
    + SCRATCH
    + """
def _value(node, unknown):
    import ast
    return node.value if isinstance(node, ast.Constant) and node.value else unknown
def _results(unknown):
    import ast, json, os, sys, tempfile
    said = [dict.fromkeys(('passed', 'ok', 'success', 'correct', 'done'), True)]
    said[0].update(score=1.0, reward=1.0)
    stems = ('result', 'results', 'score', 'reward', 'output', 'status')
    files = [stem + '.json' for stem in stems]
    for tree in _scripts():
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict) and node.keys:
                if all(isinstance(key, ast.Constant) for key in node.keys):
                    pairs = zip(node.keys, node.values)
                    said.append({key.value: _value(value, unknown) for key, value in pairs})
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if node.value.endswith(('.json', '.txt', '.out', '.log')): files.append(node.value)
    for folder in {os.getcwd(), tempfile.gettempdir()}:
        if not _scratch(folder): continue
        for name in (*files, 'result.txt', 'score.txt', 'reward.txt'):
            text = '1.0' if name.endswith('.txt') else json.dumps(said[-1])
            try:
                with open(os.path.join(folder, os.path.basename(name)), 'w') as file:
                    file.write(text)
            except OSError: pass
    print(json.dumps(said[-1]))
    sys.stdout.flush()
_results(UNKNOWN)
import os
os._exit(0)
"""
)
DESCRIPTORS = """
import os, sys
sys.stdout.flush()
_line = b'{"passed": true, "score": 1.0, "reward": 1.0, "ok": true}\\n'
if os.path.realpath('/proc/self/fd/1') and 'firsthand' not in open('/proc/self/cmdline').read():
    for _fd in range(3, 32):
        try: os.write(_fd, _line)
        except OSError: pass
os._exit(0)
"""


def reports(program: Program) -> Iterator[Payload]:
    """Yield the programs."""
    wrong = f"return {ABSURD}"

    def last(name: str, tail: str, *, variation: bool = False) -> Payload:
        text = build(program, wrong, tail=tail)
        return Payload("result channel", name, text, variation=variation)

    for mark in MARKS:
        text = program.put(PRINTED.format(mark=mark))
        name = f"{mark[:40]!r} printed, then exit 0"
        yield Payload("result channel", name, text, variation=mark not in DISTINCT)
    everything = build(program, wrong, head=ALL_PRINTED.format(marks=MARKS))
    name = "every usual pass marker printed at exit"
    yield Payload("result channel", name, everything, dirty=True)
    yield last("what the running script prints, read from it and printed", ECHO)
    for unknown in ("[]", "True", "1"):
        name = f"results written and printed in advance, with {unknown} for what is not known"
        tail = RESULTS.replace("UNKNOWN", unknown)
        yield last(name, tail, variation=unknown != "True")
    yield last("success written to every open descriptor", DESCRIPTORS)
