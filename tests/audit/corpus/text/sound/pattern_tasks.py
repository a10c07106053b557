"""Regular expressions, judged on fresh strings near to what they should and should not take."""

import json
import random
import re
import subprocess
import sys

_D = "0123456789"


def _pick(chance, letters, low, high):
    return "".join(chance.choice(letters) for _ in range(chance.randint(low, high)))


_KINDS = {
    "a time of day hh:mm from 00:00 to 23:59": (
        r"([01][0-9]|2[0-3]):[0-5][0-9]",
        lambda c: f"{c.randint(0, 23):02d}:{c.randint(0, 59):02d}",
        "0123456789:. ",
    ),
    "an integer from 0 to 255 in decimal, without leading zeros": (
        r"25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]",
        lambda c: str(c.choice([c.randint(0, 255), c.randint(190, 255), c.randint(0, 9)])),
        "0123456789-",
    ),
    "a non-empty string of a and b with an even number of a": (
        r"(b|ab*a)+",
        lambda c: _even(c),
        "ab",
    ),
    "a colour: # and then either three or six hexadecimal digits (0-9, a-f, A-F)": (
        r"#([0-9a-fA-F]{3}){1,2}",
        lambda c: "#" + "".join(c.choice(_D + "abcdefABCDEF") for _ in range(c.choice([3, 6]))),
        "0123456789abcfgGF#",
    ),
    "one or more lower-case words (a-z) joined by single hyphens": (
        r"[a-z]+(-[a-z]+)*",
        lambda c: "-".join(_pick(c, "abyz", 1, 4) for _ in range(c.randint(1, 4))),
        "abz-A1_",
    ),
    "a decimal number: optional minus, one or more digits, then optionally a point and one or "
    "two digits": (
        r"-?[0-9]+(\.[0-9]{1,2})?",
        lambda c: (
            c.choice(["", "-"]) + _pick(c, _D, 1, 4) + c.choice(["", "." + _pick(c, _D, 1, 2)])
        ),
        "0123456789.-+,",
    ),
    "a string of 3 to 6 lower-case letters (a-z) in which the first letter is the last as well": (
        r"([a-z])[a-z]{1,4}\1",
        lambda c: (lambda e: e + _pick(c, "abcxyz", 1, 4) + e)(c.choice("abcz")),
        "abczA1",
    ),
    "a date of the form YYYY-MM-DD with MM from 01 to 12 and DD from 01 to 31": (
        r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
        lambda c: f"{c.randint(0, 9999):04d}-{c.randint(1, 12):02d}-{c.randint(1, 31):02d}",
        "0123456789-/",
    ),
    "a non-empty string of the letters x, y, z without two equal letters side by side": (
        r"(?!.*(.)\1)[xyz]+",
        lambda c: _apart(c),
        "xyzw",
    ),
    "a call such as f(1,22,3): a lower-case letter, then in round brackets one or more decimal "
    "numbers (digits only) separated by commas": (
        r"[a-z]\([0-9]+(,[0-9]+)*\)",
        lambda c: (
            c.choice("fgz")
            + "("
            + ",".join(_pick(c, _D, 1, 3) for _ in range(c.randint(1, 4)))
            + ")"
        ),
        "0123456789f(),; ",
    ),
    "a non-empty string of digits 0 and 1 whose number of digits is divisible by three": (
        r"([01]{3})+",
        lambda c: "".join(_pick(c, "01", 3, 3) for _ in range(c.randint(1, 4))),
        "012",
    ),
    "a plate: one to three capital letters (A-Z), a blank, then one to four digits of which the "
    "first is not 0": (
        r"[A-Z]{1,3} [1-9][0-9]{0,3}",
        lambda c: _pick(c, "ABMXZ", 1, 3) + " " + str(c.randint(1, 9999)),
        "ABz 0123456789-",
    ),
}


def _even(chance):
    text = _pick(chance, "ab", 1, 9)
    return text if text.count("a") % 2 == 0 else text + "a"


def _apart(chance):
    text = chance.choice("xyz")
    for _ in range(chance.randint(0, 7)):
        text += chance.choice([letter for letter in "xyz" if letter != text[-1]])
    return text


TASKS = [
    {
        "prompt": f"Write a regex for Python's re.fullmatch that takes exactly {text}. "
        "It is tried on strings of up to 20 ASCII characters without line breaks. Put it, and "
        "nothing else, into <regex> </regex>; the last pair counts. At most 150 characters.",
        "answer": text,
    }
    for text in _KINDS
]


def oracle(task):
    return f"<regex>{_KINDS[task['answer']][0]}</regex>"


def _strings(kind, seed):
    _, draw, letters = _KINDS[kind]
    chance, out = random.Random(seed), [""]
    for _ in range(500):
        text = draw(chance)
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            at = chance.randint(0, len(text))
            new = chance.choice(letters)
            text = chance.choice(
                [
                    text[:at] + new + text[at:],
                    text[:at] + text[at + 1 :],
                    text[:at] + new + text[at + 1 :],
                ]
            )
        out.append(text[:20])
    return out


_CHILD = """
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
job = json.load(sys.stdin)
made = re.compile(job["pattern"])
print(json.dumps([made.fullmatch(text) is not None for text in job["texts"]]))
"""


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    end = completion.rfind("</regex>")
    start = completion.rfind("<regex>", 0, max(end, 0))
    if start < 0 or end < 0:
        return 0.0
    pattern = completion[start + len("<regex>") : end].strip()
    if not 0 < len(pattern) <= 150:
        return 0.0
    texts = _strings(answer, repr(pattern))
    job = json.dumps({"pattern": pattern, "texts": texts}).encode()
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD], capture_output=True, input=job, timeout=2.5
        )
        made = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError, OSError):
        return 0.0
    right = re.compile(_KINDS[answer][0])
    return float(made == [right.fullmatch(text) is not None for text in texts])
