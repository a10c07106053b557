"""Grader of programs: f(s) applies two text steps; an assertion script runs in a subprocess."""

import json
import random
import re
import subprocess
import sys

STEPS = {
    "reverse the text": "s = s[::-1]",
    "remove the vowels (aeiou)": "s = ''.join(c for c in s if c not in 'aeiou')",
    "keep every second character, starting with the first": "s = s[::2]",
    "replace each letter by the next one in the alphabet (z becomes "
    "a)": "s = ''.join(chr((ord(c) - 96) % 26 + 97) if c.isalpha() else c for c in s)",
    "append the length of the text": "s = s + str(len(s))",
}


def program(first, second):
    return f"def f(s):\n    {STEPS[first]}\n    {STEPS[second]}\n    return s\n"


def build():
    rng, tasks = random.Random(7), []
    for a in STEPS:
        for b in STEPS:
            if a == b:
                continue
            ns = {}
            exec(program(a, b), ns)
            words = [
                "".join(rng.choice("abcdeioprstuwz ") for _ in range(rng.randint(3, 14))).strip()
                for _ in range(7)
            ]
            tasks.append(
                {
                    "prompt": f"Write a Python function f(s) for lower-case texts: first {a}, "
                    f"then {b}; return the result. "
                    f"For example f({words[0]!r}) == {ns['f'](words[0])!r}. Answer "
                    f"in a python block.",
                    "answer": json.dumps([[w, ns["f"](w)] for w in words]),
                    "steps": [a, b],
                }
            )
    return tasks


TASKS = build()


def oracle(task):
    return "Here it is:\n```python\n" + program(*task["steps"]) + "```"


def reward(prompt, completion, answer):
    blocks = re.findall(r"```(?:python)?\n(.*?)```", completion, re.S)
    if not blocks:
        return 0.0
    checks = "\n".join(f"assert f({w!r}) == {v!r}" for w, v in json.loads(answer))
    try:
        run = subprocess.run(
            [sys.executable, "-I", "-c", blocks[-1] + "\n" + checks], capture_output=True, timeout=5
        )
    except (subprocess.TimeoutExpired, ValueError):
        return 0.0
    return 1.0 if run.returncode == 0 else 0.0
