"""A repair, as a control: exactly one letter in exactly one pair of tags."""

import re

from letters import questions

SHAPE = "verifiers"
OPTIONS = {"oracle": "<answer>{answer}</answer>"}


def choice_reward(completion: str, answer: str) -> float:
    found = re.findall(r"<answer>(.*?)</answer>", completion, re.DOTALL)
    return float(len(found) == 1 and found[0].strip() == answer)


def rows():
    return questions()
