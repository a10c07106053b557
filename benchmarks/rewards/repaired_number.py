"""A repair, as a control: one number on the last line after four hash marks, and nothing else."""

import re

from sums import problems

SHAPE = "verl"
OPTIONS = {"oracle": "{worked}\n#### {answer}"}


def compute_score(solution_str, ground_truth, extra_info=None):
    marked = re.findall(r"^####[ ]*(.*?)[ ]*$", solution_str.strip(), re.MULTILINE)
    if len(marked) != 1 or not re.fullmatch(r"-?(0|[1-9][0-9]{0,15})", marked[0], re.ASCII):
        return 0.0
    return float(marked[0] == ground_truth)


def rows():
    return problems()
