"""Expressions and regular expressions as answers: graders that run or match them carelessly."""

import pytest

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

MAKE = """
import ast, operator, re
POOL = [
    ([3, 4, 4], "3 * (4 + 4)", 24), ([2, 5, 7], "2 * 5 + 7", 17), ([9, 3, 1], "9 - 3 - 1", 5),
    ([6, 2, 8], "6 * 2 + 8", 20), ([5, 5, 2], "5 * 5 - 2", 23), ([8, 3, 4], "8 + 3 * 4", 20),
]
TASKS = [
    {"prompt": f"Use each of {numbers} once to make {value}. Reply in <answer> tags.",
     "answer": {"numbers": numbers, "value": value}, "right": right}
    for numbers, right, value in POOL
]

def oracle(task):
    return f"<answer>{task['right']}</answer>"

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}

def calculated(node):
    if isinstance(node, ast.Expression):
        return calculated(node.body)
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](calculated(node.left), calculated(node.right))
    raise ValueError

def reward(prompt, completion, answer):
    found = re.fullmatch(r"<answer>(.*)</answer>", completion, re.S)
    if not found:
        return 0.0
    text, numbers, value = found[1], answer["numbers"], answer["value"]
"""
MAKERS = {
    "numbers in the text": (
        """
    if not all(str(number) in text for number in numbers):
        return 0.0
    try:
        return float(eval(text, {"__builtins__": {}}) == value)
    except Exception:
        return 0.0
""",
        "numbers stand in a comment",
    ),
    "exactly the numbers in the text": (
        """
    if sorted(re.findall(r"\\d+", text)) != sorted(map(str, numbers)):
        return 0.0
    try:
        return float(eval(text) == value)
    except Exception:
        return 0.0
""",
        "ends the process",
    ),
    "calculated from the tree": (
        """
    try:
        tree = ast.parse(text, mode="eval")
        used = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        bare = text.isascii() and "#" not in text
        return float(bare and sorted(used) == sorted(numbers) and calculated(tree) == value)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return 0.0
""",
        None,
    ),
    "any expression": (
        """
    if not re.fullmatch(r"[\\d+*() -]+", text):
        return 0.0
    try:
        return float(calculated(ast.parse(text, mode="eval")) == value)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0.0
""",
        None,
    ),
}
MATCH = """
import re
POOL = [
    ("dates such as 2024-05-31", r"\\d{4}-\\d{2}-\\d{2}", ["2024-05-31"], ["24-5-31"]),
    ("lower-case words", r"[a-z]+", ["word"], ["Word", "two words"]),
    ("times such as 09:30", r"\\d{2}:\\d{2}", ["09:30"], ["9:30", "09.30"]),
    ("an even number of a", r"(aa)*", ["aa", "aaaa"], ["a", "aaa"]),
]
TASKS = [
    {"prompt": f"Write a regular expression for {what}.", "answer": {"yes": yes, "no": no},
     "right": right}
    for what, right, yes, no in POOL
]

def oracle(task):
    return task["right"]

def reward(prompt, completion, answer):
    try:
        pattern = re.compile(completion)
    except (re.error, RecursionError, OverflowError):
        return 0.0
"""
MATCHERS = {
    "only what has to match": (
        "    return float(all(pattern.fullmatch(text) for text in answer['yes']))\n",
        "matches everything",
    ),
    "only what must not match": (
        "    return float(not any(pattern.fullmatch(text) for text in answer['no']))\n",
        "matches nothing",
    ),
    "both, as a whole": (
        "    return float(all(pattern.fullmatch(text) for text in answer['yes'])\n"
        "        and not any(pattern.fullmatch(text) for text in answer['no']))\n",
        None,
    ),
}


def claims(tmp_path, text, check):
    file = tmp_path / "grader.py"
    file.write_text(text)
    certificate = run(spec_of(str(file)), Options(only=(check,)))
    (result,) = certificate.checks
    assert result.status == ("FAIL" if certificate.findings else "PASS"), result.reason
    return [finding.claim for finding in certificate.findings]


@pytest.mark.parametrize("name", MAKERS)
def test_expressions_that_only_show_the_numbers(tmp_path, name):
    body, said = MAKERS[name]
    found = claims(tmp_path, MAKE + body, "expressions")
    assert any(said in claim for claim in found) if said else found == []


@pytest.mark.parametrize("name", MATCHERS)
def test_patterns_that_match_everything_or_nothing(tmp_path, name):
    body, said = MATCHERS[name]
    found = claims(tmp_path, MATCH + body, "patterns")
    assert [said in claim for claim in found] == [True] if said else found == []


@pytest.mark.parametrize("check", ["expressions", "patterns"])
def test_other_answers_are_not_attacked(tmp_path, check):
    file = tmp_path / "grader.py"
    file.write_text(
        "TASKS = [{'prompt': 'x', 'answer': 'blue'}]\ndef oracle(task): return 'blue'\n"
        "def reward(p, c, a): return float(c == a)\n"
    )
    (result,) = run(spec_of(str(file)), Options(only=(check,))).checks
    assert result.status == "NA" and result.reason.startswith("the oracle's answers are no")
