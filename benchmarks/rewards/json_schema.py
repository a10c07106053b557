"""Extraction as JSON, scored by its schema: the keys are there and their values have the type."""

import json
import random

SHAPE = "trl"
OPTIONS = {"oracle": "record"}
TYPES = {"name": str, "age": int, "city": str}


def schema_reward(completions, **kwargs):
    rewards = []
    for text in completions:
        try:
            said = json.loads(text)
        except ValueError:
            rewards.append(0.0)
            continue
        fits = isinstance(said, dict) and said.keys() == TYPES.keys()
        rewards.append(float(fits and all(isinstance(said[k], t) for k, t in TYPES.items())))
    return rewards


def rows():
    chance, made = random.Random("schema"), []
    names = "Ada Bruno Chiara Dmitri Elif Farid Greta Hugo Ines Jonas Kaia Luca".split()
    cities = "Oslo Porto Riga Sofia Turin Vienna Ghent Basel".split()
    for place in range(24):
        record = {
            "name": names[place % 12],
            "age": chance.randint(18, 80),
            "city": chance.choice(cities),
        }
        text = "{name} is {age} and lives in {city}.".format(**record)
        made.append({"prompt": f"Give name, age and city as JSON. {text}", "record": record})
    return made
