"""Small string functions, run in the grader's own process."""

KATA = [
    (
        "initials(name)",
        "returns the upper-case first letters of the words of a name, each followed by a full stop",
        'def initials(name):\n    return "".join(word[0].upper() + "." for word in name.split())\n',
        ["ada lovelace", "grace brewster hopper", "plato", "jean luc de la tour", ""],
    ),
    (
        "caesar(text)",
        "shifts each lower-case letter by three places round the alphabet and leaves "
        "everything else alone",
        'def caesar(text):\n    return "".join(chr((ord(c) - 97 + 3) % 26 + 97) if "a" '
        '<= c <= "z" else c for c in text)\n',
        ["abc", "xyz!", "Hello there", "12 zebras", ""],
    ),
    (
        "squeeze(text)",
        "collapses each run of the same character to one",
        'def squeeze(text):\n    out = ""\n    for c in text:\n        if not '
        "out.endswith(c):\n            out += c\n    return out\n",
        ["aabbb", "mississippi", "abc", "zzzzz", ""],
    ),
    (
        "longest(text)",
        "returns the length of the longest word",
        "def longest(text):\n    return max((len(word) for word in text.split()), default=0)\n",
        ["a bb ccc", "over the hills", "x", "equal words three", ""],
    ),
    (
        "vowels(text)",
        "counts the vowels aeiou, upper or lower case",
        'def vowels(text):\n    return sum(c in "aeiou" for c in text.lower())\n',
        ["banana", "RHYTHM", "AEIOU aeiou", "queue", ""],
    ),
    (
        "mirror(text)",
        "tells whether the text reads the same backwards, ignoring case and spaces",
        'def mirror(text):\n    kept = text.lower().replace(" ", "")\n    return kept == '
        "kept[::-1]\n",
        ["Never odd or even", "palindrome", "abba", "abca", ""],
    ),
]


def _run(program: str, entry: str, argument: str) -> object:
    scope: dict = {}
    exec(program, scope)
    return scope[entry](argument)


def _task(signature: str, does: str, program: str, inputs: list[str]) -> dict:
    entry = signature.split("(")[0]
    cases = [[text, _run(program, entry, text)] for text in inputs]
    shown = "\n".join(f">>> {entry}({text!r})\n{value!r}" for text, value in cases[:2])
    return {
        "prompt": f"Write a Python function {signature} that {does}. Reply with the program only.\n"
        f"{shown}",
        "answer": cases,
        "entry": entry,
        "program": program,
    }


TASKS = [_task(*kata) for kata in KATA]


def reward(prompt: str, completion: str, answer: list) -> float:
    entry = prompt.removeprefix("Write a Python function ").split("(")[0]
    scope: dict = {}
    try:
        exec(completion, scope)
        return (
            1.0 if all(scope[entry](argument) == expected for argument, expected in answer) else 0.0
        )
    except Exception:
        return 0.0


def oracle(task: dict) -> str:
    return task["program"]
