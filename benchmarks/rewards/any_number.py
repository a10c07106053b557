"""Accuracy by search: the answer stands somewhere in the completion, as quick rewards have it."""

from sums import problems

SHAPE = "trl"
OPTIONS = {"oracle": "{worked} The answer is {answer}."}


def correct_reward(prompts, completions, answer, **kwargs):
    return [float(one in said) for one, said in zip(answer, completions, strict=True)]


def rows():
    return problems()
