"""Functions are called in the jail with plain values, and judged here."""

import pytest

from firsthand.sandbox import jail
from firsthand.sandbox.bash import Bash
from firsthand.sandbox.protocol import File, Limits
from firsthand.sandbox.python import Call, call, plain, readable

pytestmark = pytest.mark.skipif(bool(jail.failure()), reason=jail.failure() or "works")

VALUES = [
    None,
    True,
    3,
    2**80,
    0.1,
    "é\ud83d",
    b"\x00",
    [1, (2, {3})],
    {"b": 1, "a": [None]},
    frozenset("ab"),
]


async def called(source, *inputs, **limits):
    tree = {"m.py": File(source.encode())}
    outcomes, _ = await call(tree, [Call("m", "f", inputs)], limits=Limits(**limits))
    return outcomes[0]


@pytest.mark.parametrize("value", VALUES)
async def test_values_go_and_come_back_with_their_types(value):
    outcome = await called("def f(x):\n    print('noise')\n    return x\n", value)
    assert outcome.equals(value) and outcome.value == plain(value)
    assert readable(outcome.value) == repr(value)


async def test_what_only_looks_equal_is_not():
    assert not (await called("def f(): return True")).equals(1)
    assert not (await called("def f(): return 1.0")).equals(1)
    assert not (await called("def f(): return (1,)")).equals([1])
    liar = "class A(int):\n    def __eq__(s, o): return True\ndef f(): return A()"
    assert not (await called(liar)).equals(0)


@pytest.mark.parametrize(
    "body",
    [
        "import os; os._exit(0)",
        "import sys; sys.stdout.write('[[]]'); raise SystemExit",
        "import os; os.write(3, b'[]'); os.write(4, b'[]'); os._exit(0)",
        "while True: pass",
        "import ctypes; ctypes.string_at(0)",
    ],
)
async def test_code_that_does_not_return_is_no_success(body):
    outcome = await called(f"def f():\n    {body}\n", seconds=0.5)
    assert not outcome.equals(1) and not outcome.equals(None)
    assert outcome.raised or outcome.value


async def test_an_exception_is_told():
    outcome = await called("def f(): raise KeyError('no')")
    assert (outcome.raised, outcome.said) == ("KeyError", "'no'")


async def test_bash_is_a_sandbox():
    bash = Bash({"a": File(b"1")})
    kept = bash.snapshot()
    assert (await bash.exec("cat a; echo $HOME > b")).output == "1"
    assert bash.read("b") == b"/home/agent\n" and bash.list() == ["a", "b"]
    bash.restore(kept)
    assert bash.list() == ["a"]
