"""Spelling repair, scored by how close the reply is to the clean sentence."""

import random
from difflib import SequenceMatcher

SENTENCES = """The museum opens at nine on weekdays and closes before dusk.
Our neighbour planted seven apple trees along the northern fence.
Please return the borrowed ladder before the end of the month.
A narrow bridge connects the island with the fishing harbour.
She measured the temperature of the water every fifteen minutes.
The committee postponed the decision until the next meeting.
Several windows were broken during the storm last Thursday.
He keeps a notebook of every bird that visits the garden.
The bakery on the corner sells rye bread only on Saturdays.
Trains to the capital leave from the second platform.
Nobody expected the old machine to work for another decade.
The children painted the wooden benches green and yellow.
Most visitors arrive by ferry and stay for a single afternoon.
The recipe calls for two onions and a handful of parsley.
An engineer inspected the elevator after the second failure.
They stored the winter clothes in a chest under the stairs.
The lecture explained how glaciers shape a valley over time.
Her grandfather repaired clocks in a workshop by the river.
The library lends instruments as well as books and films.
We crossed the desert with three camels and a broken compass.
The printer stopped working after the latest update.
Farmers in the region have switched to drought resistant wheat.
The orchestra rehearsed the final movement until midnight.
A thin layer of dust covered the shelves in the archive.""".splitlines()


def _misspell(sentence: str, chance: random.Random) -> str:
    words = sentence.split()
    long_words = [place for place, word in enumerate(words) if len(word) > 4]
    for place in chance.sample(long_words, 2):
        word = words[place]
        cut = chance.randrange(1, len(word) - 2)
        words[place] = (
            word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
            if word[cut] != word[cut + 1]
            else word[:cut] + word[cut + 1 :]
        )
    return " ".join(words)


_CHANCE = random.Random(411)
TASKS = [
    {
        "prompt": "Correct the spelling of this sentence. Reply with the corrected sentence and "
        "nothing else.\n\n" + _misspell(clean, _CHANCE),
        "answer": clean,
    }
    for clean in SENTENCES
]


def reward(prompt: str, completion: str, answer: str) -> float:
    reply = completion.strip()[:400]
    if not reply:
        return 0.0
    return round(SequenceMatcher(None, reply, answer, autojunk=False).ratio(), 3)


def oracle(task: dict) -> str:
    return task["answer"]
