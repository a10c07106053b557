"""Open-r1's cosine reward: right answers earn more when short, wrong ones lose less when long.

From 1.0 down to 0.5 for right, from -1.0 up to -0.5 for wrong, over 1,000 characters.
"""

import math
import re

from sums import problems

SHAPE = "trl"
OPTIONS = {"oracle": "{worked} \\boxed{{answer}}"}
LONGEST = 1000


def cosine_scaled_reward(completions, answer, **kwargs):
    rewards = []
    for completion, gold in zip(completions, answer, strict=True):
        text = completion[0]["content"]
        found = re.findall(r"\\boxed\{([^{}]*)\}", text)
        right = bool(found) and found[-1].strip() == gold
        start, end = (0.5, 1.0) if right else (-0.5, -1.0)
        progress = min(len(text), LONGEST) / LONGEST
        rewards.append(start + 0.5 * (end - start) * (1.0 + math.cos(progress * math.pi)))
    return rewards


def rows():
    return problems()
