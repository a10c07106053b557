"""Questions with short answers of several words, for rewards that compare words."""

ROWS = (
    ("Who painted The Night Watch?", "Rembrandt van Rijn", "It was painted by {} in 1642."),
    ("Which treaty ended the Thirty Years' War?", "the Peace of Westphalia", "It ended with {}."),
    ("Who wrote the novel Emma?", "Jane Austen", "The novel is by {}."),
    ("What do bees make from nectar?", "honey and beeswax", "From nectar bees make {}."),
    ("Which mountain is the highest of Africa?", "Mount Kilimanjaro", "The highest is {}."),
    ("Who composed The Four Seasons?", "Antonio Vivaldi", "They are by {}."),
    ("Which sea lies between Italy and Croatia?", "the Adriatic Sea", "Between them lies {}."),
    ("Who discovered penicillin?", "Alexander Fleming", "It was found by {} in 1928."),
    ("What is the longest river of Europe?", "the Volga River", "The longest is {}."),
    ("Which city hosted the Olympics of 1992?", "the city of Barcelona", "They were in {}."),
    ("Who was the first person on the moon?", "Neil Armstrong", "The first was {}."),
    ("What is the chemical name of table salt?", "sodium chloride", "Chemically it is {}."),
    ("Which desert covers much of Mongolia?", "the Gobi Desert", "Much of it is {}."),
    ("Who wrote The Metamorphosis?", "Franz Kafka", "The story is by {}."),
    ("What was the first artificial satellite?", "Sputnik One", "The first was {}."),
    ("Which strait separates Europe from Africa?", "the Strait of Gibraltar", "It is {}."),
    ("Who proved Fermat's last theorem?", "Andrew Wiles", "It was proved by {}."),
    ("What connects muscles to bones?", "tendons of collagen", "They are held by {}."),
    ("Which queen ruled Britain in 1850?", "Queen Victoria", "In 1850 it was {}."),
    ("What is the currency of Japan?", "the Japanese yen", "People pay with {}."),
    ("Who painted Guernica?", "Pablo Picasso", "It was painted by {}."),
    ("Which bird cannot fly and lives in Antarctica?", "the emperor penguin", "It is {}."),
    ("What falls from clouds in winter?", "snow and sleet", "From them fall {}."),
    ("Which planet has the largest rings?", "the planet Saturn", "The rings are of {}."),
)


def questions() -> list[dict[str, str]]:
    """Return the questions, with the answer and with a sentence that gives it."""
    return [
        {"question": question, "answer": answer, "sentence": sentence.format(answer)}
        for question, answer, sentence in ROWS
    ]
