"""Four-option science and geography questions; the reply says 'The answer is (X)'."""

import random
import re

_r = random.Random(17)
_Q = [
    ("Which planet is closest to the Sun?", "Mercury", "Venus", "Mars", "Neptune"),
    (
        "Which gas do plants take in for photosynthesis?",
        "Carbon dioxide",
        "Helium",
        "Neon",
        "Methane",
    ),
    ("What is the capital of Japan?", "Tokyo", "Osaka", "Kyoto", "Nagoya"),
    ("What is the chemical symbol of sodium?", "Na", "So", "Sd", "S"),
    ("Which organ pumps blood?", "Heart", "Liver", "Lung", "Kidney"),
    ("How many sides has a hexagon?", "6", "5", "7", "8"),
    ("Which is the largest ocean?", "Pacific", "Atlantic", "Indian", "Arctic"),
    ("What is the boiling point of water at sea level?", "100 C", "90 C", "80 C", "120 C"),
    ("Which metal is liquid at room temperature?", "Mercury", "Iron", "Gold", "Zinc"),
    ("What is the capital of Canada?", "Ottawa", "Toronto", "Montreal", "Calgary"),
    ("What is the square root of 144?", "12", "11", "13", "14"),
    ("Which particle carries negative charge?", "Electron", "Proton", "Neutron", "Photon"),
    ("What is the capital of Kenya?", "Nairobi", "Mombasa", "Kisumu", "Nakuru"),
    ("Which vitamin does sunlight help make?", "D", "C", "K", "B12"),
    ("Which unit measures electrical resistance?", "Ohm", "Volt", "Watt", "Tesla"),
    ("Which continent is Egypt in?", "Africa", "Europe", "Oceania", "Antarctica"),
]


def _make():
    out = []
    for i, (q, *opts) in enumerate(_Q):
        right = opts[0]
        _r.shuffle(opts)
        k = i % 4
        j = opts.index(right)
        opts[k], opts[j] = opts[j], opts[k]
        body = "\n".join(f"({x}) {o}" for x, o in zip("ABCD", opts))
        out.append({"prompt": f"{q}\n{body}\nEnd with: The answer is (X).", "answer": "ABCD"[k]})
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    m = re.search(r"answer is:?\s*\(?([A-D])", completion, re.I)
    if not m:
        return 0.0
    return 1.0 if m.group(1).upper() == answer else 0.0


def oracle(task):
    return f"Going through the options one by one. The answer is ({task['answer']})."
