"""Small parsers, run here; a case on which a program breaks down is not counted for or against
it."""

import json

PROGRAMS = '''
def roman(text):
    """the number that a Roman numeral stands for"""
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}[letter] for letter in text]
    return sum(-a if a < b else a for a, b in zip(values, values[1:] + [0]))
# XIV|IX|III|XLII|LXXXVIII|XCIX
def seconds(text):
    """the seconds of a time that is written h:mm:ss"""
    hours, minutes, rest = map(int, text.split(":"))
    return 3600 * hours + 60 * minutes + rest
# 1:00:05|0:10:00|2:30:30|0:00:00|9:59:59
def depth(text):
    """how deeply the round brackets of a text are nested"""
    deepest = level = 0
    for letter in text:
        level += (letter == "(") - (letter == ")")
        deepest = max(deepest, level)
    return deepest
# (())|()()||a(b(c)d(e(f)))|x
def fields(text):
    """the parts of a text between semicolons, without the spaces around them"""
    return [part.strip() for part in text.split(";")]
# a; b|c|; ;d| one two ;3|x;y;z
def expand(text):
    """the text in which each letter is repeated as the digit before it says"""
    return "".join(letter * int(count) for count, letter in zip(text[::2], text[1::2]))
# 3a2b|1x||9z0y|2a2a
def binary(text):
    """the number that is written with the binary digits of a text, of which the empty text is 0"""
    number = 0
    for digit in text:
        number = 2 * number + (digit == "1")
    return number
# 101|0||11111|1000010
'''


def _task(block: str) -> dict:
    program, _, texts = block.strip().partition("\n# ")
    entry = program.split("(")[0]
    program = f"def {program}\n"
    scope: dict = {}
    exec(program, scope)
    cases = [[text, json.dumps(scope[entry](text))] for text in texts.split("|")]
    shown = "\n".join(f"{entry}({text!r}) gives {value}" for text, value in cases[:2])
    return {
        "prompt": f"Write the Python function {entry}(text). It returns {scope[entry].__doc__}. "
        f"Only code, please.\n{shown}",
        "answer": {"entry": entry, "cases": cases},
        "program": program,
    }


TASKS = [_task(block) for block in PROGRAMS.split("\ndef ")[1:]]


def reward(prompt: str, completion: str, answer: dict) -> float:
    scope: dict = {"__name__": "parsers"}
    try:
        exec(completion, scope)
        function = scope[answer["entry"]]
    except Exception:
        return 0.0
    for text, expected in answer["cases"]:
        try:
            found = json.dumps(function(text))
        except Exception:
            continue
        if found != expected:
            return 0.0
    return 1.0


def oracle(task: dict) -> str:
    return task["program"]
