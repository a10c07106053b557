"""Multiple choice by search: the right letter stands alone somewhere in the text."""

import re

from letters import questions

SHAPE = "verifiers"
OPTIONS = {"oracle": "The answer is {answer}."}


def choice_reward(completion, answer, **kwargs):
    text = completion if isinstance(completion, str) else completion[-1]["content"]
    return float(answer in re.findall(r"\b([A-D])\b", text))


def rows():
    return questions()
