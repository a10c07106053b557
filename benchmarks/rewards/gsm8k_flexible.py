"""GSM8K as verl scores it, flexible: the last number anywhere in the text is the answer."""

import re

from sums import problems

SHAPE = "verl"
OPTIONS = {"oracle": "{worked} The answer is {answer}."}


def compute_score(solution_str, ground_truth, extra_info=None):
    numbers = re.findall(r"(\-?[0-9\.\,]+)", solution_str)
    for number in reversed(numbers):
        if number not in ("", "."):
            return float(number.strip(".,").replace(",", "") == ground_truth)
    return 0.0


def rows():
    return problems()
