"""Numbers in English words; hyphens, commas, capitals and 'and' make no difference."""

import random
import re

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def _words(n):
    if n < 20:
        return [_SMALL[n]]
    if n < 100:
        return [_TENS[n // 10]] + ([_SMALL[n % 10]] if n % 10 else [])
    if n < 1000:
        rest = _words(n % 100) if n % 100 else []
        return [_SMALL[n // 100], "hundred", *rest]
    rest = _words(n % 1000) if n % 1000 else []
    return [*_words(n // 1000), "thousand", *rest]


def _make():
    chance = random.Random("words")
    numbers = chance.sample(range(1000, 1000000), 18) + chance.sample(range(101, 999), 6)
    numbers += [400007, 70000, 12012, 900090, 615]
    return [
        {
            "prompt": f"Write {n:,} in English words, in <words> </words> (the last pair "
            "counts). Say 'forty', not 'fourty'; hyphens, commas, capital letters and the word "
            "'and' may be used or not.",
            "answer": " ".join(_words(n)),
        }
        for n in numbers
    ]


TASKS = _make()


def oracle(task):
    return f"<words>{task['answer']}</words>"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    end = completion.rfind("</words>")
    start = completion.rfind("<words>", 0, max(end, 0))
    if start < 0 or end < 0 or end - start > 500:
        return 0.0
    text = completion[start + len("<words>") : end].lower().strip().rstrip(".")
    if not re.fullmatch(r"[a-z ,\-\s]+", text, re.ASCII):
        return 0.0
    said = [word for word in re.split(r"[\s,\-]+", text) if word and word != "and"]
    return float(said == answer.split())
