"""Parallel function calls, names and arguments in the order of the request."""

import json
import random
import re

_TOWN = ["Oslo", "Lima", "Quito", "Hanoi", "Tunis", "Riga", "Accra", "Perth", "Kyoto", "Bern"]
_TOOLS = (
    "Functions: get_weather(city, days: int), convert(amount: number, source, target), "
    "set_alarm(hour: int, minute: int). Reply with a JSON list of calls in the order of the "
    'request, each {"name": ..., "arguments": {...}}, inside <calls></calls>.'
)


def _call(chance):
    kind = chance.randint(0, 2)
    if kind == 0:
        city, days = chance.choice(_TOWN), chance.randint(1, 9)
        return (
            f"the weather in {city} for {days} days",
            {"name": "get_weather", "arguments": {"city": city, "days": days}},
        )
    if kind == 1:
        amount = chance.randint(20, 900)
        source, target = chance.sample(["EUR", "USD", "JPY", "CHF", "SEK"], 2)
        return (
            f"{amount} {source} in {target}",
            {
                "name": "convert",
                "arguments": {"amount": amount, "source": source, "target": target},
            },
        )
    hour, minute = chance.randint(0, 23), chance.randint(0, 59)
    return (
        f"an alarm at {hour:02d}:{minute:02d}",
        {"name": "set_alarm", "arguments": {"hour": hour, "minute": minute}},
    )


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"calls{seed}")
        pairs = [_call(chance) for _ in range(chance.choice([2, 3, 3, 4]))]
        tasks.append(
            {
                "prompt": f"{_TOOLS}\nUser: I need {', then '.join(text for text, _ in pairs)}.",
                "answer": [call for _, call in pairs],
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"<calls>{json.dumps(task['answer'])}</calls>"


def _same(made, wanted):
    if not isinstance(made, dict) or made.get("name") != wanted["name"]:
        return False
    arguments = made.get("arguments")
    if not isinstance(arguments, dict) or set(arguments) != set(wanted["arguments"]):
        return False
    return all(arguments[key] == value for key, value in wanted["arguments"].items())


def reward(prompt, completion, answer):
    found = re.search(r"<calls>(.*?)</calls>", completion, re.DOTALL)
    if not found:
        return 0.0
    try:
        calls = json.loads(found.group(1))
    except ValueError:
        return 0.0
    if not isinstance(calls, list) or not calls:
        return 0.0
    return float(all(_same(made, wanted) for made, wanted in zip(calls, answer)))
