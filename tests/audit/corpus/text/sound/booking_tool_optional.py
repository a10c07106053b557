"""A single booking tool call; an optional field may be left out or given its default."""

import json
import random
import re

_r = random.Random(39)
CITIES = ["Oslo", "Lima", "Cairo", "Delhi", "Quito", "Turin", "Perth", "Leeds"]


def _make():
    out, seen = [], set()
    while len(out) < 20:
        a, b = _r.sample(CITIES, 2)
        n, cls = _r.randint(1, 6), _r.choice(["economy", "economy", "business"])
        if (a, b, n, cls) in seen:
            continue
        seen.add((a, b, n, cls))
        p = (
            f"Tool: book_flight(from: string, to: string, seats: integer, cabin: "
            f"string = 'economy'). User: please get me "
            f"{n} {cls} seat(s) from {a} to {b}. Reply with exactly one <tool_call> "
            f"holding a JSON object with 'name' and "
            "'arguments' (key order is free; cabin may be left out when it is the "
            "default; city case is free; an "
            "'id' field beside 'name' is allowed). No other arguments."
        )
        out.append({"prompt": p, "answer": {"from": a, "to": b, "seats": n, "cabin": cls}})
    return out


TASKS = _make()


def _pairs(ps):
    if len({k for k, _ in ps}) != len(ps):
        raise ValueError("duplicate key")
    return dict(ps)


def reward(prompt, completion, answer):
    m = re.findall(r"<tool_call>(.*?)</tool_call>", completion, re.S)
    if len(m) != 1 or completion.count("<tool_call>") != 1:
        return 0.0
    try:
        call = json.loads(m[0], object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        return 0.0
    if not isinstance(call, dict) or not {"name", "arguments"} <= set(call) <= {
        "name",
        "arguments",
        "id",
    }:
        return 0.0
    args = call["arguments"]
    if call["name"] != "book_flight" or not isinstance(args, dict):
        return 0.0
    args = {"cabin": "economy", **args}
    if (
        set(args) != set(answer)
        or type(args["seats"]) is not int
        or args["seats"] != answer["seats"]
    ):
        return 0.0
    for k in ("from", "to"):
        if not isinstance(args[k], str) or args[k].strip().lower() != answer[k].lower():
            return 0.0
    return 1.0 if args["cabin"] == answer["cabin"] else 0.0


def oracle(task):
    a = dict(task["answer"])
    if a["cabin"] == "economy" and a["seats"] % 2:
        del a["cabin"]
    return "<tool_call>\n" + json.dumps({"name": "book_flight", "arguments": a}) + "\n</tool_call>"
