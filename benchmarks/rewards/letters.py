"""Questions with four choices, for the rewards of multiple choice in this folder."""

import random

FACTS = (
    ("the capital of Slovenia", "Ljubljana", "Zagreb Skopje Sarajevo Vienna"),
    ("the gas that plants take in", "carbon dioxide", "helium|argon|neon"),
    ("the planet nearest to the sun", "Mercury", "Venus Mars Saturn"),
    ("the author of Emma", "Jane Austen", "Mary Shelley|George Eliot|Emily Brontë"),
    ("the largest ocean", "Pacific", "Atlantic Indian Arctic"),
    ("the metal that is liquid at room temperature", "mercury", "iron zinc lead"),
    ("the number of sides of a heptagon", "seven", "five six eight"),
    ("the organ that pumps blood", "heart", "liver lung kidney"),
    ("the river through Baghdad", "Tigris", "Nile Volga Indus"),
    ("the language designed by Bjarne Stroustrup", "C++", "Pascal Ada Lisp"),
)


def questions(n: int = 40) -> list[dict[str, str]]:
    """Return `n` questions with the letter of the right choice; letters are balanced."""
    chance, rows = random.Random("letters"), []
    for place in range(n):
        what, right, others = FACTS[place % len(FACTS)]
        wrong = others.split("|") if "|" in others else others.split()
        choices = chance.sample(wrong, 3)
        letter = "ABCD"[(place * 7 + place // 4) % 4]
        choices.insert("ABCD".index(letter), right)
        listed = "\n".join(f"{one}. {text}" for one, text in zip("ABCD", choices, strict=True))
        rows.append(
            {"prompt": f"Question {place + 1}: what is {what}?\n{listed}", "answer": letter}
        )
    return rows
