"""Questions about a short passage; the answer is looked for after SQuAD-like normalisation."""

import random
import re
import string

_FIRST = ["Ida", "Bruno", "Clara", "Emil", "Greta", "Hugo", "Irma", "Jakob", "Luise", "Otto"]
_LAST = ["Brandt", "Keller", "Moser", "Lindqvist", "Novak", "Petrov", "Rossi", "Silva", "Weiss"]
_TOWN = ["Trieste", "Gdansk", "Bergen", "Porto", "Ghent", "Lyon", "Turku", "Cork", "Malaga"]
_GOODS = ["clocks", "bicycles", "violins", "tiles", "lamps", "gloves", "stoves", "pianos"]


def _make():
    tasks = []
    for seed in range(27):
        chance = random.Random(f"passage{seed}")
        names = zip(chance.sample(_FIRST, 2), chance.sample(_LAST, 2))
        founder, heir = (f"{first} {last}" for first, last in names)
        home, later = chance.sample(_TOWN, 2)
        first, second = chance.sample(_GOODS, 2)
        year, moved = chance.randint(1820, 1870), chance.randint(1880, 1930)
        passage = (
            f"In {year} {founder} opened a workshop for {first} in {home}. Trade was slow until "
            f"{heir} took it over and began to make {second} as well. In {moved} the firm moved to "
            f"{later}, where it stayed until it was sold."
        )
        question, gold = [
            ("Who opened the workshop?", founder),
            ("Where did the firm move?", later),
            ("What did the heir begin to make?", second),
            ("When did the firm move?", str(moved)),
            ("Who took the workshop over?", heir),
        ][seed % 5]
        tasks.append(
            {
                "prompt": f"Passage: {passage}\nQuestion: {question}\nReply with a short span of "
                f"the "
                "passage in <answer></answer>.",
                "answer": [gold],
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"<answer>{task['answer'][0]}</answer>"


def _plain(text):
    text = "".join(" " if letter in string.punctuation else letter for letter in text.lower())
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def reward(prompt, completion, answer):
    found = re.search(r"<answer>(.*?)</answer>", completion, re.DOTALL)
    if not found:
        return 0.0
    said = _plain(found.group(1))
    return 1.0 if any(_plain(gold) in said for gold in answer) else 0.0
