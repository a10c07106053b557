"""Home automation tool calls: the reply carries the <tool_call> that carries out the request."""

import json
import random
import re

_r = random.Random(16)
ROOMS = ["kitchen", "bedroom", "hall", "garage", "study", "attic"]
ACTS = {
    "set_light": ("state", ["on", "off"]),
    "set_blind": ("position", ["open", "closed"]),
    "set_heating": ("level", ["low", "medium", "high"]),
}
ALL = [
    {"name": f, "arguments": {"room": r, k: v}}
    for f, (k, vs) in ACTS.items()
    for r in ROOMS
    for v in vs
]


def _make():
    out = []
    for c in _r.sample(ALL, 20):
        (k, v) = next(kv for kv in c["arguments"].items() if kv[0] != "room")
        p = (
            f"Tools: set_light(room, state on|off), set_blind(room, position "
            f"open|closed), set_heating(room, level "
            f"low|medium|high). Request: in the {c['arguments']['room']}, "
            f"{c['name'][4:]} {k} should be {v}. Do only "
            'that: emit one <tool_call>{"name": ..., "arguments": {...}}</tool_call>.'
        )
        out.append({"prompt": p, "answer": c})
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    calls = []
    for raw in re.findall(r"<tool_call>(.*?)</tool_call>", completion, re.S):
        try:
            c = json.loads(raw)
        except ValueError:
            continue
        if isinstance(c, dict) and isinstance(c.get("arguments"), dict):
            calls.append(c)
    for c in calls:
        if c.get("name") == answer["name"] and c["arguments"] == answer["arguments"]:
            return 1.0
    return 0.0


def oracle(task):
    return "Sure, doing that now.\n<tool_call>" + json.dumps(task["answer"]) + "</tool_call>"
