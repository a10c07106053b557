"""SQuAD's F1: words that answer and reference have in common, without articles."""

import re
import string
from collections import Counter

from facts import questions

SHAPE = "verl"
OPTIONS = {"oracle": "answer"}


def words(text):
    text = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def compute_score(solution_str, ground_truth, extra_info=None):
    said, gold = words(solution_str), words(ground_truth)
    common = sum((Counter(said) & Counter(gold)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(gold)
    return 2 * precision * recall / (precision + recall)


def rows():
    return questions()
