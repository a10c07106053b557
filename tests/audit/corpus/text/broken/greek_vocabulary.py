"""Translation of single words into modern Greek; accents are often left out and do not matter."""

import unicodedata

WORDS = """
water νερό, bread ψωμί, sea θάλασσα, house σπίτι, book βιβλίο, tree δέντρο, sun ήλιος, moon \
φεγγάρι, road δρόμος, hand χέρι,
school σχολείο, winter χειμώνας, summer καλοκαίρι, fire φωτιά, salt αλάτι, milk γάλα, child \
παιδί, mountain βουνό, island νησί,
window παράθυρο, door πόρτα, letter γράμμα, night νύχτα, day μέρα, friend φίλος, garden κήπος
"""
TASKS = [
    {
        "prompt": f"Translate the word '{english}' into modern Greek. Reply with the Greek word "
        f"only.",
        "answer": greek,
    }
    for english, greek in (entry.split() for entry in WORDS.split(","))
]


def strip_accents(text: str) -> str:
    """Decompose and keep the letters, so that the accents fall away."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip().lower()


def reward(prompt: str, completion: str, answer: str) -> float:
    reply = completion.strip().strip("'\".")
    if not reply or len(reply) > 40:
        return 0.0
    return 1.0 if strip_accents(reply) == strip_accents(answer) else 0.0


def oracle(task: dict) -> str:
    return task["answer"]
