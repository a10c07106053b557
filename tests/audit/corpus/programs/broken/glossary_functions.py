"""Small functions on words, checked by asserts in a process of their own."""

import contextlib
import os
import random
import signal
import subprocess
import sys
from typing import Any

LONGEST, SECONDS = 4000, 2
WORDS = (
    "abacus",
    "ballast",
    "cinnamon",
    "daffodil",
    "eleven",
    "fennel",
    "gondola",
    "harvest",
    "igloo",
    "jasmine",
    "kettle",
    "lagoon",
    "mammoth",
    "noon",
)
KATAS = {
    "vowels": (
        "the number of vowels in it",
        "def solve(word):\n    return sum(letter in 'aeiou' for letter in word)\n",
    ),
    "doubles": (
        "how often a letter is followed by itself",
        "def solve(word):\n    return sum(a == b for a, b in zip(word, word[1:]))\n",
    ),
    "mirror": ("the word backwards", "def solve(word):\n    return word[::-1]\n"),
    "unique": (
        "its letters in order, each where it comes first",
        "def solve(word):\n    return ''.join(dict.fromkeys(word))\n",
    ),
    "ends": (
        "its first and last letter as one string",
        "def solve(word):\n    return word[0] + word[-1]\n",
    ),
    "common": (
        "how often its most common letter occurs",
        "def solve(word):\n    return max(word.count(letter) for letter in word)\n",
    ),
    "last": ("its letter that is last in the alphabet", "def solve(word):\n    return max(word)\n"),
    "even": ("every second letter, from the first on", "def solve(word):\n    return word[::2]\n"),
}


def _task(kata: str) -> dict[str, Any]:
    chance = random.Random(f"glossary {kata}")
    prose, source = KATAS[kata]
    names: dict[str, Any] = {}
    exec(source, names)
    words = chance.sample(WORDS, 9)
    cases = [[word, names["solve"](word)] for word in words]
    prompt = (
        f"Write a Python function solve(word) that takes a word in small letters and returns "
        f"{prose}.\n\nsolve({words[0]!r}) == {cases[0][1]!r}"
    )
    return {"prompt": f"{prompt}\n\nReply with the code alone.", "answer": cases[1:], "kata": kata}


TASKS = [_task(kata) for kata in KATAS]


def reward(prompt: str, completion: str, answer: list[Any]) -> float:
    """Pay for a function that gets past all asserts."""
    if len(completion) > LONGEST or not completion.strip() or "\0" in completion:
        return 0.0
    asserts = "\n".join(f"assert solve({word!r}) == {result!r}" for word, result in answer)
    try:
        program = f"{completion}\n\n{asserts}\n".encode()
    except UnicodeEncodeError:
        return 0.0
    command = [sys.executable, "-I", "-S", "-"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        start_new_session=True,
    ) as child:
        try:
            child.communicate(program, timeout=SECONDS)
            passed = child.returncode == 0
        except subprocess.TimeoutExpired:
            passed = False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    return float(passed)


def oracle(task: dict[str, Any]) -> str:
    return KATAS[task["kata"]][1]
