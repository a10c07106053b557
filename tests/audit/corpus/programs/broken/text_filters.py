"""Text filters are written in Python; a test script counts how many of the hidden cases they
pass."""

import json
import random
import subprocess
import sys

SOURCES = {
    "squeeze": "def squeeze(text):\n    return ' '.join(text.split())\n",
    "drop_vowels": "def drop_vowels(text):\n    return ''.join(c for c in text if c not in "
    "'aeiou')\n",
    "initials": "def initials(text):\n    return ''.join(word[0] for word in text.split())\n",
    "mirror_words": "def mirror_words(text):\n    return ' '.join(word[::-1] for word in "
    "text.split())\n",
    "long_words": "def long_words(text):\n    return [word for word in text.split() if len(word) "
    "> 4]\n",
    "letter_runs": "def letter_runs(text):\n    return sum(a == b for a, b in zip(text, "
    "text[1:]))\n",
    "dashes": "def dashes(text):\n    return '-'.join(text.split())\n",
    "last_word": "def last_word(text):\n    return (text.split() or [''])[-1]\n",
}
TEXTS = {
    "squeeze": "the text with single spaces between its words and none around",
    "drop_vowels": "the text without the letters a, e, i, o and u",
    "initials": "the first letters of the words, joined",
    "mirror_words": "the words, each reversed, with single spaces between",
    "long_words": "the list of the words longer than four letters",
    "letter_runs": "how many characters equal the one before them",
    "dashes": "the words joined by dashes",
    "last_word": "the last word, or '' without words",
}
TASKS = [
    {
        "prompt": f"Write a Python function {name}(text) that returns {about}; the text is small "
        f"letters and spaces. Code only.",
        "answer": name,
    }
    for name, about in TEXTS.items()
]
SCRIPT = """
import json, sys
from collections import Counter

def report(results):
    print(f"{results['passed']} passed, {results['failed']} failed")

job = json.load(sys.stdin)
scope = {"__name__": "submission"}
exec(job["source"], scope)
results = Counter()
for given, expected in job["cases"]:
    got = scope[job["name"]](given)
    results["passed" if type(got) is type(expected) and got == expected else "failed"] += 1
report(results)
"""


def _cases(name: str) -> list[tuple[str, object]]:
    chance = random.Random(f"filters {name}")
    scope: dict = {}
    exec(SOURCES[name], scope)
    texts = [
        "".join(chance.choice("aaeeioubbdllnrsst    ") for _ in range(chance.randint(0, 40)))
        for _ in range(30)
    ]
    return [(text, scope[name](text)) for text in texts]


def oracle(task: dict) -> str:
    """Write the filter."""
    return SOURCES[task["answer"]]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Run the test script and read its summary."""
    cases = _cases(answer)
    job = json.dumps({"source": completion, "name": answer, "cases": cases})
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", SCRIPT],
            input=job,
            capture_output=True,
            text=True,
            timeout=3,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return 0.0
    lines = done.stdout.splitlines()
    return float(bool(lines) and lines[-1] == f"{len(cases)} passed, 0 failed")
