"""Helpers for strings; asserts are put below the code and the whole is run as a script."""

import random
import re
import subprocess
import sys

_BODY = {
    "caesar": (
        "shifts each lower-case letter by k places in the alphabet, around the end",
        "s, k",
        "return ''.join(chr((ord(c) - 97 + k) % 26 + 97) if 'a' <= c <= 'z' else c for c in s)",
    ),
    "squeeze": (
        "replaces each run of more than k equal characters by exactly k of them",
        "s, k",
        "out = ''\n    for c in s:\n        if out[-k:] != c * k:\n"
        "            out += c\n    return out",
    ),
    "chunks": (
        "splits s into pieces of k characters (the last may be shorter), as a list",
        "s, k",
        "return [s[i:i + k] for i in range(0, len(s), k)]",
    ),
    "every": (
        "returns the characters at positions 0, k, 2k, ... in reverse order",
        "s, k",
        "return s[::k][::-1]",
    ),
    "frequent": (
        "returns the k most frequent characters, ties in alphabetical order, as a string",
        "s, k",
        "return ''.join(sorted(set(s), key=lambda c: (-s.count(c), c))[:k])",
    ),
}


def _asserts(kind, name):
    chance = random.Random(f"asserts{kind}")
    space = {}
    exec(f"def f({_BODY[kind][1]}):\n    {_BODY[kind][2]}", space)
    lines = []
    for _ in range(10):
        text = "".join(chance.choice("aabbcxyz ") for _ in range(chance.randint(3, 14)))
        k = chance.randint(1, 4)
        lines.append(f"assert {name}({text!r}, {k}) == {space['f'](text, k)!r}")
    return lines


TASKS = [
    {
        "prompt": f"Write the Python function {name}({_BODY[kind][1]}) that {_BODY[kind][0]}. "
        "Reply with one ```python block.",
        "answer": {"kind": kind, "name": name, "asserts": _asserts(kind, name)},
    }
    for kind in _BODY
    for name in (kind, f"{kind}_text", f"do_{kind}")
]


def oracle(task):
    args, body = _BODY[task["answer"]["kind"]][1:]
    return f"```python\ndef {task['answer']['name']}({args}):\n    {body}\n```"


def reward(prompt, completion, answer):
    found = re.findall(r"```python\s*\n(.*?)```", completion, re.DOTALL)
    if not found:
        return 0.0
    script = found[-1] + "\n\n" + "\n".join(answer["asserts"]) + "\n"
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-"],
            input=script.encode("utf-8", "replace"),
            capture_output=True,
            timeout=3,
        )
    except subprocess.TimeoutExpired:
        return 0.0
    return 1.0 if done.returncode == 0 else 0.0
