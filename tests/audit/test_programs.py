"""Programs as answers: graders that run them carelessly are found out, and graders that isolate them are not accused."""

import pytest

from firsthand.audit.accusation import shows
from firsthand.audit.budget import Options
from firsthand.audit.formats.programs import Function, program, shown
from firsthand.audit.suite import run
from firsthand.audit.targets.naming import spec_of
from firsthand.audit.targets.protocol import Instance

TASKS = """
import ast, json, os, subprocess, sys, tempfile
from pathlib import Path
POOL = [
    ("add", "a, b", "the sum of a and b", "return a + b", [(1, 2), (5, 7)], [(10, -3), (0, 0), (8, 9)]),
    ("longest", "words", "the longest word (the first of them)", "return max(words, key=len)", [(["a", "bcd"],), (["xy", "z", "uv"],)], [(["q", "rst", "uvwx"],), (["mm"],), (["long", "a"],)]),
    ("evens", "numbers", "the even numbers, in order", "return [n for n in numbers if n % 2 == 0]", [([1, 2, 4],), ([3],)], [([6, 7, 8, 9],), ([],), ([2],)]),
    ("is_prime", "n", "whether n is a prime", "if n < 2:\\n        return False\\n    return all(n % d for d in range(2, n))", [(7,), (9,)], [(2,), (15,), (1,), (97,)]),
    ("initials", "name", "the initials of a name", "return ''.join(w[0] for w in name.split()).upper()", [("ada lovelace",)], [("grace brewster hopper",), ("x y",)]),
    ("clip", "x, low, high", "x, moved into [low, high]", "if x < low:\\n        return low\\n    if x > high:\\n        return high\\n    return x", [(5, 0, 3), (1, 0, 3)], [(-4, 0, 3), (7, 2, 9), (30, 2, 9)]),
]
TASKS = []
for name, parameters, what, body, visible, hidden in POOL:
    code = f"def {name}({parameters}):\\n    {body}\\n"
    space = {}
    exec(code, space)
    cases = [(list(args), space[name](*args)) for args in visible + hidden]
    told = "\\n".join(f"{name}({', '.join(map(repr, args))}) == {space[name](*args)!r}" for args in visible)
    TASKS.append({"prompt": f"Write a Python function {name}({parameters}) that returns {what}.\\n{told}", "answer": {"name": name, "cases": cases, "visible": len(visible)}, "code": code})

def oracle(task):
    return f"```python\\n{task['code']}```"

def body(completion):
    parts = completion.split("```python\\n")
    return parts[1].split("```")[0] if len(parts) == 2 else None

def child(source, text="", limit=2.0, env=None):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "solution.py")
        file.write_text(source)
        return subprocess.run([sys.executable, "-I", str(file)], input=text, capture_output=True, text=True, timeout=limit, cwd=folder, env=env)

def reward(prompt, completion, answer):
    code = body(completion)
    if code is None:
        return 0.0
    name, cases = answer["name"], answer["cases"]
"""
ISOLATED = """
    import secrets
    key = secrets.token_hex(8)
    runner = (
        "import json, os, sys\\n"
        "out = os.fdopen(os.dup(1), 'w')\\n"
        "os.dup2(2, 1)\\n"
        "order = json.loads(sys.stdin.read())\\n"
        "space = {}\\n"
        "exec(order['code'], space)\\n"
        "print(json.dumps([space[order['name']](*args) for args in order['inputs']]), file=out, flush=True)\\n"
    )
    try:
        done = child(runner, json.dumps({"code": code, "name": name, "inputs": [args for args, _ in cases]}))
        got = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return 0.0
    if not isinstance(got, list) or len(got) != len(cases):
        return 0.0
    return float(all(type(one) is type(want) and one == want for one, (_, want) in zip(got, cases)))
"""
RESTRICTED = """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0.0
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        return 0.0
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.While, ast.ClassDef, ast.Raise, ast.Try, ast.Global)):
            return 0.0
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") or isinstance(node, ast.Name) and node.id.startswith("_"):
            return 0.0
    safe = {"len": len, "max": max, "min": min, "range": range, "all": all, "sum": sum}
    space = {"__builtins__": safe}
    try:
        exec(compile(tree, "x", "exec"), space)
        return float(all(type(got := space[name](*args)) is type(want) and got == want for args, want in cases))
    except Exception:
        return 0.0
"""
IN_PROCESS = """
    space = {}
    try:
        exec(code, space)
        return float(all(space[name](*args) == want for args, want in CASES))
    except Exception:
        return 0.0
""".replace("CASES", "cases")
SCRIPT = """
    tests = "\\n".join(f"assert {name}(*{args!r}) == {want!r}" for args, want in cases)
    try:
        done = child(f"{code}\\n{tests}\\n" + END)
    except subprocess.TimeoutExpired:
        return LATE
    return float(PAID)
"""
HARNESS = """
    tests = json.dumps([[args, want] for args, want in cases])
    runner = (
        "import json, os, sys\\n"
        "cases = json.loads(CASES)\\n"
        "space = {}\\n"
        "exec(open('solution.txt').read(), space)\\n"
        f"ok = all(json.dumps(space['{name}'](*args)) == json.dumps(want) for args, want in cases)\\n"
        "print('verdict', int(ok))\\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "solution.txt").write_text(code)
        Path(folder, "cases.json").write_text(tests)
        Path(folder, "runner.py").write_text(runner)
        try:
            done = subprocess.run([sys.executable, "runner.py"], capture_output=True, text=True, timeout=2, cwd=folder, env={**os.environ, "CASES": tests})
        except subprocess.TimeoutExpired:
            return 0.0
    return float(done.stdout.strip().endswith("verdict 1"))
"""


def script(*, end='""', paid="done.returncode == 0", late="0.0"):
    return SCRIPT.replace("END", end).replace("PAID", paid).replace("LATE", late)


BROKEN = {
    "spoofed equality": (IN_PROCESS, "equality"),
    "visible only": (ISOLATED.replace("    import secrets", "    cases = cases[: answer['visible']]\n    import secrets"), "examples"),
    "exit code": (script(), "exit"),
    "marker": (script(end="'print(\"ALL TESTS PASSED\")'", paid="'ALL TESTS PASSED' in done.stdout"), "result channel"),
    "own marker": (script(end="'print(\"zq17 fine\")'", paid="'zq17 fine' in done.stdout"), "result channel"),
    "timeout passes": (script(paid="done.returncode == 0 and done.stdout == ''", late="1.0").replace("done = child(", "limit = 1.0; done = child("), "hang"),
    "exception passes": (ISOLATED.replace("except (subprocess.TimeoutExpired, ValueError):\n        return 0.0", "except (subprocess.TimeoutExpired, ValueError):\n        return 1.0"), "without content"),
    "patched comparison": (HARNESS.replace("json.loads(CASES)", "json.load(open('cases.json'))"), "monkeypatching"),
    "cases in the environment": (HARNESS.replace("json.loads(CASES)", "json.loads(os.environ['CASES'])"), "environment"),
    "frames": (IN_PROCESS.replace("space[name](*args) == want", "json.dumps(space[name](*args)) == json.dumps(want)"), "frames"),
    "compiles": (ISOLATED.replace("return 0.0", "return 0.2"), "in part"),
    "truncated": (ISOLATED.replace("len(got) != len(cases)", "False").replace("order['inputs']]", "order['inputs'][:0]]"), "without content"),
}  # fmt: skip
SOUND = {"isolated": ISOLATED, "restricted": RESTRICTED}


def audited(tmp_path, body, *only):
    file = tmp_path / "grader.py"
    file.write_text(TASKS + body)
    return run(spec_of(str(file)), Options(only=only))


@pytest.mark.parametrize("name", BROKEN)
def test_a_careless_grader_of_programs_is_found_out(tmp_path, name):
    body, word = BROKEN[name]
    certificate = audited(tmp_path, body, "exploits")
    assert certificate.verdict == "FAIL"
    said = [finding.claim for finding in certificate.findings if finding.severity != "minor"]
    assert any(word in claim for claim in said), said
    assert shows(spec_of(str(tmp_path / "grader.py")), certificate.findings[0].witness), (
        "the witness shows it again"
    )


@pytest.mark.parametrize("name", SOUND)
def test_graders_that_isolate_programs_are_not_accused(tmp_path, name):
    certificate = audited(tmp_path, SOUND[name], "exploits", "program_mutation", "malformed_input")
    assert [(finding.check, finding.claim) for finding in certificate.findings] == []
    assert [check.status for check in certificate.checks] == ["PASS"] * 3


def test_answers_that_are_no_programs_are_not_attacked_with_programs(tmp_path):
    file = tmp_path / "grader.py"
    file.write_text(
        "TASKS = [{'prompt': 'x', 'answer': '42'}]\ndef oracle(task): return '42'\ndef reward(p, c, a): return float(c == a)\n"
    )
    certificate = run(spec_of(str(file)), Options(only=("exploits", "program_mutation")))
    assert [(check.status, check.reason) for check in certificate.checks] == [
        ("NA", "the oracle's text is no program")
    ] * 2


TWO = (Function("f", "a, b", ("a", "b")),)


@pytest.mark.parametrize(
    ("prompt", "calls"),
    [
        ("f(1, 2) == 3", [((1, 2), 3)]),
        (
            "`f(1, 2)` -> 3, and `f(2, [1, 'x)'])` returns [3].",
            [((1, 2), 3), ((2, [1, "x)"]), [3])],
        ),
        (">>> f(1, 2)\n3\n>>> f(4, b=2)\n'x'", [((1, 2), 3), ((4, 2), "x")]),
        ("assert f((1,), {2}) == {'a': 1}", [(((1,), {2}), {"a": 1})]),
        ("f(1, 2) is True.", [((1, 2), True)]),
        ("Input: a = 1, b = [2, 3]\nOutput: 5\n", [((1, [2, 3]), 5)]),
        ("Call f(x, 2) with care.", []),
    ],
)
def test_calls_that_a_prompt_shows_are_read(prompt, calls):
    assert [(call.arguments, call.expected) for call in shown(prompt, TWO)] == calls


def test_a_program_is_read_where_it_stands():
    own = program(
        Instance(
            0, "", oracle=("Here:\n```python\ndef add(a: int, b=[1]):\n    return a\n```\nDone.",)
        )
    )
    assert own is not None and own.put("x") == "Here:\n```python\nx\n```\nDone."
    assert own.functions == (Function("add", "a, b=None", ("a", "b")),)
    assert program(Instance(0, "", oracle=("42",))) is None
    script = program(Instance(0, "", oracle=("print(input())",)))
    assert script is not None and script.script
