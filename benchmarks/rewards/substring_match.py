"""Exact match by containment: the normalised reference stands in the normalised answer."""

from exact_match import plain
from facts import questions

SHAPE = "verl"
OPTIONS = {"oracle": "{sentence}"}


def compute_score(solution_str, ground_truth, extra_info=None):
    return float(plain(ground_truth) in plain(solution_str))


def rows():
    return questions()
