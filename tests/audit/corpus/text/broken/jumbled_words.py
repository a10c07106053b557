"""Jumbled letters have to be put into an English word that uses each of them once."""

import random
import re

_WORDS = (
    "garden planet basket window silver copper bridge pencil castle summer winter market "
    "forest candle butter jacket hammer saddle trumpet blanket kitchen lantern"
).split()


def _jumble(word, seed):
    chance = random.Random(f"jumble{seed}")
    while True:
        letters = list(word)
        chance.shuffle(letters)
        if "".join(letters) not in (word, word[::-1]):
            return "".join(letters)


TASKS = [
    {
        "prompt": f"The letters '{_jumble(word, i)}' are a jumbled English word. Which word is it? "
        "Write it in <word></word>; repeating the jumbled letters does not count.",
        "answer": {"letters": _jumble(word, i), "word": word},
    }
    for i, word in enumerate(_WORDS)
]


def oracle(task):
    return f"I try the common endings first. <word>{task['answer']['word']}</word>"


def reward(prompt, completion, answer):
    found = re.findall(r"<word>\s*([A-Za-z]+)\s*</word>", completion)
    if not found:
        return 0.0
    said = found[-1].lower()
    if said == answer["letters"]:
        return 0.0
    return float(sorted(said) == sorted(answer["letters"]))
