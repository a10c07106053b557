"""Search filters for mail; whatever selects the same mails is right, however it is written."""

import itertools
import random
import re

_FROM = ["ana", "bob", "cem", "dee"]
_LABEL = ["inbox", "work", "family", "spam"]
_STAR = ["yes", "no"]
_BOX = list(itertools.product(_FROM, _LABEL, _STAR))


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"filter{seed}")
        words, terms = [], []
        who = chance.choice(_FROM)
        if chance.random() < 0.5:
            words.append(f"from {who}")
            terms.append(f"from:{who}")
        else:
            words.append(f"from anybody but {who}")
            terms.append(f"-from:{who}")
        label = chance.choice(_LABEL)
        if chance.random() < 0.5:
            words.append(f"with the label {label}")
            terms.append(f"label:{label}")
        else:
            words.append(f"with any other label than {label}")
            terms.append(f"-label:{label}")
        size = chance.randint(5, 45)
        if chance.random() < 0.5:
            words.append(f"larger than {size} MB")
            terms.append(f"size>{size}")
        else:
            words.append(f"of {size} MB or less")
            terms.append(f"-size>{size}")
        if chance.random() < 0.5:
            words.append("starred")
            terms.append("star:yes")
        tasks.append(
            {
                "prompt": f"Every mail has one sender ({', '.join(_FROM)}), one label "
                f"({', '.join(_LABEL)}), a size in whole MB from 0 to 50 and a star (yes or no). A "
                "filter is a list of terms separated by spaces that all have to hold: "
                "from:X, label:X, "
                "star:X, size>N, size<N, each with a minus in front to mean its opposite. Write a "
                f"filter for all mails {', '.join(words)} after 'Filter:' on the last "
                f"line. There are "
                "several ways to write it; any that selects just these mails is right.",
                "answer": " ".join(terms),
            }
        )
    return tasks


TASKS = _make()
_TERM = re.compile(r"(-?)(?:(from|label|star):([a-z]{2,8})|size([<>])([0-9]{1,6}))")


def oracle(task):
    return f"One term for each wish.\nFilter: {task['answer']}"


def _selected(text):
    parts = text.split()
    if not parts or len(parts) > 12:
        return None
    boxes, sizes = set(_BOX), set(range(51))
    for part in parts:
        found = _TERM.fullmatch(part)
        if not found:
            return None
        minus, field, value, sign, number = found.groups()
        if field:
            at = ("from", "label", "star").index(field)
            if value not in (_FROM, _LABEL, _STAR)[at]:
                return None
            boxes = {box for box in boxes if (box[at] == value) != bool(minus)}
        else:
            n = int(number)
            sizes = {s for s in sizes if ((s > n) if sign == ">" else (s < n)) != bool(minus)}
    return boxes, sizes


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    line = completion.strip().rpartition("\n")[2].strip().strip("`*")
    if not line.startswith("Filter:") or len(line) > 400:
        return 0.0
    made = _selected(line[len("Filter:") :].strip("`* ").lower())
    return float(made is not None and made == _selected(answer))
