"""Word problems with one number as the answer, for the rewards of arithmetic in this folder."""

import random

STORIES = (
    ("{a} crates hold {b} pears each, and {c} pears are sold. How many are left?", "a*b-c"),
    ("A hall has {a} rows of {b} seats, of which {c} are broken. How many can be used?", "a*b-c"),
    ("A tank gains {a} litres a minute for {b} minutes, and held {c} before. What now?", "a*b+c"),
    ("Tickets cost {a}, and there are {b} visitors; the hall costs {c}. What is earned?", "a*b-c"),
    ("{a} hens eat {b} grams a day, and a goose eats {c}. How many grams in all?", "a*b+c"),
    ("Each of {a} shelves holds {b} books, and {c} more lie about. How many books?", "a*b+c"),
)


def problems(n: int = 32) -> list[dict[str, str]]:
    """Return `n` problems, each with its answer and with a worked solution."""
    chance = random.Random("sums")
    rows: list[dict[str, str]] = []
    for place in range(n):
        story, rule = STORIES[place % len(STORIES)]
        a, b, c = chance.randint(6, 40), chance.randint(11, 60), chance.randint(5, 64)
        value = a * b - c if rule == "a*b-c" else a * b + c
        sign = "-" if rule == "a*b-c" else "+"
        worked = f"{a} times {b} is {a * b}, and {a * b} {sign} {c} is {value}."
        question = story.format(a=a, b=b, c=c)
        rows.append({"question": question, "answer": str(value), "worked": worked})
    return rows
