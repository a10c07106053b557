"""The brightest star of a constellation, found as a whole word in the reply."""

import re

STARS = """
Orion:Rigel Lyra:Vega Cygnus:Deneb Aquila:Altair Scorpius:Antares Leo:Regulus Taurus:Aldebaran \
Virgo:Spica Gemini:Pollux
Auriga:Capella Boötes:Arcturus Carina:Canopus Eridanus:Achernar Aries:Hamal Andromeda:Alpheratz \
Perseus:Mirfak Cassiopeia:Schedar
Cepheus:Alderamin Draco:Eltanin Pegasus:Enif Corvus:Gienah Grus:Alnair Pavo:Peacock Hydra:Alphard \
Lepus:Arneb Columba:Phact
"""
TASKS = []
for pair in STARS.split():
    constellation, star = pair.split(":")
    TASKS.append(
        {
            "prompt": f"Which star is the brightest in the constellation {constellation}? Answer "
            f"with its proper name.",
            "answer": star,
        }
    )


def reward(prompt: str, completion: str, answer: str) -> float:
    pattern = rf"\b{re.escape(answer)}\b"
    return 1.0 if re.search(pattern, completion, re.IGNORECASE) else 0.0


def oracle(task: dict) -> str:
    return f"It is {task['answer']}."
