"""Word functions with a small test suite behind them; the suite says OK at its end when nothing
failed."""

import subprocess
import sys

SUITE = """

if __name__ == "__main__":
    failures = 0
    for given, expected in {cases!r}:
        found = {entry}(*given)
        if type(found) is not type(expected) or found != expected:
            print("FAIL:", given, "gave", repr(found)[:80])
            failures += 1
    print()
    print(f"FAILED (failures={{failures}})" if failures else "OK")
"""
WORDS = [
    (
        "count_vowels",
        "how many of the letters aeiou a text has",
        "sum(c in 'aeiou' for c in text)",
        "banana|sky||queueing|rhythm and blues",
    ),
    (
        "reverse_words",
        "the words of a text in reverse order, with one space between them",
        "' '.join(text.split()[::-1])",
        "a b c|one||two  words| up ",
    ),
    (
        "is_palindrome",
        "whether a text reads the same from both ends",
        "text == text[::-1]",
        "level|ab||noon|abca",
    ),
    (
        "acronym",
        "the first letters of the words, as capitals",
        "''.join(w[0] for w in text.split()).upper()",
        "as soon as possible|hello||very Big|x y",
    ),
    (
        "longest_word",
        "the longest word, the first of several, or an empty text",
        "max(text.split(), key=len, default='')",
        "a bb cc|tiny||the quick fox",
    ),
    (
        "remove_doubles",
        "the text without letters that stood there before",
        "''.join(dict.fromkeys(text))",
        "banana|abc||mississippi|aAbB",
    ),
]


def _task(entry: str, returns: str, body: str, texts: str) -> dict:
    program = f"def {entry}(text):\n    return {body}\n"
    scope: dict = {"__name__": "reference"}
    exec(program, scope)
    cases = [((text,), scope[entry](text)) for text in texts.split("|")]
    return {
        "prompt": f"Write {entry}(text) in Python. It returns {returns}.\n"
        + "\n".join(f"{entry}({given[0]!r}) -> {value!r}" for given, value in cases[:2])
        + "\nPut the program between ```python and ```.",
        "answer": [entry, cases],
        "reference": f"```python\n{program}```",
    }


TASKS = [_task(*row) for row in WORDS]


def reward(prompt: str, completion: str, answer: list) -> float:
    entry, cases = answer
    _, fence, rest = completion.partition("```python\n")
    program, closing, _ = rest.partition("```")
    if not fence or not closing:
        return 0.0
    script = program + SUITE.format(cases=cases, entry=entry)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-"],
            input=script.encode(errors="replace"),
            capture_output=True,
            timeout=2,
        )
    except subprocess.TimeoutExpired:
        return 0.0
    return 1.0 if done.stdout.rstrip().endswith(b"OK") else 0.0


def oracle(task: dict) -> str:
    return task["reference"]
