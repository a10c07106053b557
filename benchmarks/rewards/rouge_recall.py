"""ROUGE-1 recall against a reference sentence, as summaries are often rewarded."""

import re
from collections import Counter

from facts import questions

SHAPE = "trl"
OPTIONS = {"answer": "sentence", "oracle": "sentence"}


def rouge_reward(completions, sentence, **kwargs):
    rewards = []
    for said, gold in zip(completions, sentence, strict=True):
        mine, wanted = (Counter(re.findall(r"\w+", text.lower())) for text in (said, gold))
        rewards.append(sum((mine & wanted).values()) / sum(wanted.values()))
    return rewards


def rows():
    return questions()
