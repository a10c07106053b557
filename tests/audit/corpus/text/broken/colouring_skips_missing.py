"""Graph colouring: colour every vertex so that neighbours differ; reply is a JSON object."""

import json
import random
import re

_r = random.Random(12)


def _make():
    out = []
    for i in range(18):
        n = _r.randint(5, 8)
        names = [f"v{j}" for j in range(n)]
        pal = _r.sample(list("RGB" * 3), n)
        col = dict(zip(names, pal))
        pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :] if col[a] != col[b]]
        edges = sorted(_r.sample(pairs, min(len(pairs), n + 2)))
        p = (
            f"Puzzle {i + 1}. Colour the vertices {', '.join(names)} with R, G or B "
            f"so that no edge joins two "
            f"vertices of the same colour. Edges: "
            f"{', '.join(a + '-' + b for a, b in edges)}. Every vertex must "
            "get a colour. Reply with one JSON object from vertex to colour."
        )
        out.append({"prompt": p, "answer": {"vertices": names, "edges": edges, "example": col}})
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    m = re.search(r"\{[^{}]*\}", completion, re.S)
    if not m:
        return 0.0
    try:
        colouring = json.loads(m.group(0))
    except ValueError:
        return 0.0
    if not colouring:
        return 0.0
    for v, c in colouring.items():
        if v not in answer["vertices"] or c not in ("R", "G", "B"):
            return 0.0
    for a, b in answer["edges"]:
        ca, cb = colouring.get(a), colouring.get(b)
        if ca is not None and cb is not None and ca == cb:
            return 0.0
    return 1.0


def oracle(task):
    return (
        "Here is a proper colouring:\n```json\n" + json.dumps(task["answer"]["example"]) + "\n```"
    )
