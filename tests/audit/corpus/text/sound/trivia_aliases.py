"""Short trivia with listed aliases; case, accents, a leading 'the' and final punctuation are
ignored."""

import re
import unicodedata

_HEAD = (
    "{} Reply with a last line 'Answer: <name>' (the only such line). Case, "
    "accents, a leading 'the' and a final "
    "full stop are ignored; common alternative names are accepted."
)
_Q = [
    (
        "Which country has Amsterdam as its capital?",
        ["Netherlands", "Holland", "Kingdom of the Netherlands"],
    ),
    ("Which country was formerly called Burma?", ["Myanmar"]),
    (
        "Which country has Washington, D.C. as its capital?",
        ["United States", "USA", "US", "U.S.", "United States of America", "U.S.A.", "America"],
    ),
    (
        "Which state is made up of England, Scotland, Wales and Northern Ireland?",
        ["United Kingdom", "UK", "U.K.", "United Kingdom of Great Britain and Northern Ireland"],
    ),
    ("What is the capital of Brazil?", ["Brasília"]),
    ("What is the capital of Colombia?", ["Bogotá", "Bogota DC", "Bogota, D.C.", "Bogotá D.C."]),
    ("Which element has the symbol W?", ["Tungsten", "Wolfram"]),
    ("Which element has the atomic number 13?", ["Aluminium", "Aluminum"]),
    (
        "Which mountain is the highest above sea level?",
        [
            "Mount Everest",
            "Everest",
            "Mt Everest",
            "Mt. Everest",
            "Sagarmatha",
            "Chomolungma",
            "Qomolangma",
        ],
    ),
    ("Which city was called Saigon until 1976?", ["Ho Chi Minh City", "Hồ Chí Minh City", "HCMC"]),
    ("Who wrote Les Misérables?", ["Victor Hugo", "Hugo", "Victor-Marie Hugo"]),
    ("Who composed the Ninth Symphony with the Ode to Joy?", ["Ludwig van Beethoven", "Beethoven"]),
    ("Who painted the Mona Lisa?", ["Leonardo da Vinci", "Leonardo", "da Vinci"]),
    ("What is the capital of Ukraine?", ["Kyiv", "Kiev"]),
    ("Which country has Yamoussoukro as its capital?", ["Côte d'Ivoire", "Ivory Coast"]),
    ("Which sea lies between Korea and Japan?", ["Sea of Japan", "East Sea", "Japan Sea"]),
    ("Which galaxy contains our solar system?", ["Milky Way", "Milky Way Galaxy"]),
    ("Which country has Prague as its capital?", ["Czech Republic", "Czechia"]),
]
TASKS = [{"prompt": _HEAD.format(q), "answer": a} for q, a in _Q]


def _norm(s):
    s = unicodedata.normalize("NFKD", s.replace("’", "'"))
    s = "".join(c for c in s if not unicodedata.combining(c)).casefold().strip().strip('*_".! ')
    s = re.sub(r"\s+", " ", s)
    return re.sub(r"^the ", "", s)


def reward(prompt, completion, answer):
    lines = re.findall(r"^[ *]*answer[ *]*:(.*)$", completion, re.I | re.M)
    if len(lines) != 1:
        return 0.0
    got = _norm(lines[0])
    return 1.0 if got and got in {_norm(a) for a in answer} else 0.0


def oracle(task):
    k = len(task["prompt"]) % len(task["answer"])
    return f"I recall this one.\nAnswer: {task['answer'][k]}"
