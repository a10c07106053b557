"""Instructions that a program checks, as IFEval has them: words at least, a word, no commas."""

import random
import re

SHAPE = "trl"
OPTIONS = {"answer": "rule", "oracle": "right"}
TOPICS = "bees rivers bread trains glass owls tides lamps salt bridges clocks maps".split()
FILLER = "it is worth a longer look because people have long depended on it in many small ways"


def instruction_reward(completions, rule, **kwargs):
    return [follows(text, one) for text, one in zip(completions, rule, strict=True)]


def follows(text, rule):
    enough = len(re.findall(r"\w+", text)) >= rule["words"]
    return float(enough and rule["keyword"] in text.lower() and "," not in text)


def rows():
    chance, made = random.Random("words"), []
    keywords = "ancient quiet useful sudden narrow golden hidden simple".split()
    for place in range(24):
        topic, keyword, words = TOPICS[place % 12], chance.choice(keywords), chance.randint(10, 18)
        right = f"The story of {topic} is {keyword} and {FILLER} that few of us notice today."
        made.append(
            {
                "prompt": f"Write about {topic} in at least {words} words. Use the word "
                f"{keyword!r}. Do not use commas.",
                "rule": {"keyword": keyword, "words": words},
                "right": right,
            }
        )
    return made
