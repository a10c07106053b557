"""GSM8K as verl scores it, strict: a number after four hash marks in the last 300 characters."""

import re

from sums import problems

SHAPE = "verl"
OPTIONS = {"oracle": "{worked}\n#### {answer}"}


def compute_score(solution_str, ground_truth, extra_info=None):
    found = re.findall(r"#### (\-?[0-9\.\,]+)", solution_str[-300:])
    if not found:
        return 0.0
    return float(found[-1].replace(",", "").replace("$", "") == ground_truth)


def rows():
    return problems()
