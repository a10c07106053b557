"""A tool call, scored in parts as ToolRL does: its name, its arguments' names, their values."""

import json
import random
import re

SHAPE = "trl"
OPTIONS = {"answer": "call", "oracle": "<tool_call>{call}</tool_call>"}
TOOLS = {"weather": ("city", "day"), "book_table": ("place", "people"), "convert": ("amount", "to")}


def tool_reward(completions, call, **kwargs):
    return [one(said, gold) for said, gold in zip(completions, call, strict=True)]


def one(text, gold):
    found = re.search(r"<tool_call>(.*?)</tool_call>", text, re.DOTALL)
    try:
        said = json.loads(found[1]) if found else {}
        given = dict(said.get("arguments") or {})
    except (ValueError, AttributeError, TypeError):
        return 0.0
    wanted = gold["arguments"]
    name = float(said.get("name") == gold["name"])
    keys = len(given.keys() & wanted.keys()) / len(given.keys() | wanted.keys())
    values = sum(given.get(key) == value for key, value in wanted.items()) / len(wanted)
    return (name + keys + values) / 3


def rows():
    chance, made = random.Random("tools"), []
    for place in range(30):
        name = list(TOOLS)[place % 3]
        if name == "weather":
            given = {
                "city": chance.choice("Oslo Porto Riga Sofia Turin".split()),
                "day": chance.choice("monday tuesday friday sunday".split()),
            }
            text = "What is the weather in {city} on {day}?".format(**given)
        elif name == "book_table":
            given = {
                "place": chance.choice("Rosso Noma Taverna Lotus".split()),
                "people": chance.randint(2, 9),
            }
            text = "Book a table at {place} for {people}.".format(**given)
        else:
            given = {
                "amount": chance.randint(11, 900),
                "to": chance.choice("EUR NOK JPY CHF".split()),
            }
            text = "Convert {amount} dollars to {to}.".format(**given)
        tools = "; ".join(f"{tool}({', '.join(keys)})" for tool, keys in TOOLS.items())
        prompt = f"Tools: {tools}. Answer with one call as JSON in <tool_call> tags. {text}"
        made.append({"prompt": prompt, "call": {"name": name, "arguments": given}})
    return made
