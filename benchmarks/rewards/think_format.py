"""TRL's think format reward: the reasoning stands between one pair of <think> tags.

Alone it says nothing of the answer: it is audited as what it is when it is the only reward.
"""

import re

from sums import problems

SHAPE = "trl"
OPTIONS = {"oracle": "<think>\n{worked}\n</think>\nThe answer is {answer}."}


def think_format_reward(completions: list[list[dict[str, str]]], **kwargs) -> list[float]:
    pattern = r"^<think>(?!.*<think>)(.*?)</think>.*$"
    contents = [completion[0]["content"] for completion in completions]
    return [1.0 if re.match(pattern, text, re.DOTALL) else 0.0 for text in contents]


def rows():
    return problems()
