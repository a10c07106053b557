"""Lessons first, weights second: half of the turns for each.

`grpo` goes on by reinforcement with the lessons in the prompt. `sleep` distils them into the
weights and leaves the prompt empty: the core of `learn/sleep`, without its compression and its
second measurement, whose plays would cost another budget. `no_sleep` is the ablation of it: the
same lessons stay in the prompt.
"""

from firsthand.agent import Agent
from firsthand.learn.lab import Lab
from firsthand.learn.rules.lessons import lessons
from firsthand.learn.rules.tuned import settings
from firsthand.models.trainable import Trainable

SHARE = 0.5
"""Of the turns that are left, for lessons."""


async def grpo(lab: Lab) -> Agent:
    """Learn lessons, then train the weights of the agent that is shown them."""
    from firsthand.learn.weights.recipes import grpo

    start, lab.agent = lab.agent, await _taught(lab)
    try:
        return await grpo(lab, settings(lab, "grpo"))
    finally:
        lab.agent = start


async def sleep(lab: Lab) -> Agent:
    """Learn lessons, then move them into the weights. Without a lesson nothing is moved."""
    from firsthand.learn.weights.recipes import distil

    teacher = await _taught(lab)
    if not teacher.playbook.active or not isinstance(lab.agent.model, Trainable):
        return teacher
    return await distil(lab, settings(lab, "distil"), teacher=teacher)


async def no_sleep(lab: Lab) -> Agent:
    """Learn lessons with the same share of the turns, and keep them in the prompt."""
    return await _taught(lab)


async def _taught(lab: Lab) -> Agent:
    whole, lab.budget = lab.budget, lab.spent + int(SHARE * lab.left)
    try:
        return await lessons(lab)
    finally:
        lab.budget = whole
