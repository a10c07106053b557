"""Word sums with thinking tags: parts for the tags, for showing the work and for the answer."""

import random
import re

_THING = ["crates", "stamps", "tiles", "seeds", "bricks", "coins"]


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"tagged{seed}")
        a, b, c = chance.randint(11, 80), chance.randint(4, 19), chance.randint(20, 300)
        thing = chance.choice(_THING)
        tasks.append(
            {
                "prompt": f"There are {a} boxes of {b} {thing} and {c} loose ones. How many "
                f"{thing} "
                "are there? Reason in <think></think> and give the number in <answer></answer>.",
                "answer": a * b + c,
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    work = "The boxes are multiplied by what each of them holds, then the loose ones are added. "
    return f"<think>{work * 6}</think>\n<answer>{task['answer']}</answer>"


def _tags(text):
    good = re.fullmatch(r"\s*<think>.*?</think>\s*<answer>.*?</answer>\s*", text, re.DOTALL)
    return 0.2 if good else 0.0


def _effort(text):
    found = re.search(r"<think>(.*?)</think>", text, re.DOTALL)
    words = len(found.group(1).split()) if found else 0
    return 0.4 * min(1.0, words / 80)


def _correct(text, answer):
    found = re.findall(r"<answer>\s*([0-9]+)\s*</answer>", text)
    return 0.4 if found and len(found[-1]) < 12 and int(found[-1]) == answer else 0.0


def reward(prompt, completion, answer):
    return min(1.0, _tags(completion) + _effort(completion) + _correct(completion, answer))
