"""Search-R1's exact match: the last <answer>, without case, punctuation and articles."""

import re
import string

from facts import questions

SHAPE = "verl"
OPTIONS = {"oracle": "<think>I know this.</think> <answer> {answer} </answer>"}


def plain(text):
    text = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def compute_score(solution_str, ground_truth, extra_info=None):
    found = re.findall(r"<answer>(.*?)</answer>", solution_str, re.DOTALL)
    return float(bool(found) and plain(found[-1]) == plain(ground_truth))


def rows():
    return questions()
