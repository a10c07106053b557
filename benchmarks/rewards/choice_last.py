"""Multiple choice, the last capital letter from A to D in the text, as harnesses extract it."""

import re

from letters import questions

SHAPE = "verifiers"
OPTIONS = {"oracle": "The answer is {answer}."}


def choice_reward(completion: str, answer: str) -> float:
    found = re.findall(r"[A-D]", completion)
    return float(bool(found) and found[-1] == answer)


def rows():
    return questions()
