"""Words are to be put into groups of anagrams; the order of groups and words is free."""

import random

_SETS = [
    ["listen", "silent", "enlist", "tinsel"],
    ["stale", "least", "steal", "slate"],
    ["parse", "spare", "spear", "reaps"],
    ["stop", "post", "spot", "opts"],
    ["arches", "search", "chaser"],
    ["danger", "garden", "gander"],
    ["dairy", "diary"],
    ["below", "elbow"],
    ["night", "thing"],
    ["state", "taste"],
    ["study", "dusty"],
    ["heart", "earth", "hater"],
    ["tired", "tried"],
    ["angel", "glean"],
    ["rescue", "secure"],
    ["cheater", "teacher"],
    ["sister", "resist"],
    ["master", "stream"],
]


def _make():
    tasks = []
    for seed in range(20):
        chance = random.Random(f"groups{seed}")
        groups = []
        for words in chance.sample(_SETS, chance.randint(4, 6)):
            groups.append(sorted(chance.sample(words, chance.randint(2, len(words)))))
        shown = [word for group in groups for word in group]
        chance.shuffle(shown)
        tasks.append(
            {
                "prompt": f"Words: {', '.join(shown)}. Put them into groups so that words are in "
                f"the "
                "same group just when they are anagrams of each other. Write one group "
                "per line, words "
                "separated by commas, into <groups> </groups> (the last pair counts); "
                "each word once. "
                "The order of the lines and within them is free.",
                "answer": groups,
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    lines = "\n".join(", ".join(group) for group in task["answer"])
    return f"<groups>\n{lines}\n</groups>"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    end = completion.rfind("</groups>")
    start = completion.rfind("<groups>", 0, max(end, 0))
    if start < 0 or end < 0 or end - start > 2000:
        return 0.0
    said = []
    for line in completion[start + len("<groups>") : end].splitlines():
        words = [word.strip(" .\t").lower() for word in line.split(",")]
        words = [word for word in words if word]
        if words:
            said.append(sorted(words))
    return float(sorted(said) == sorted(map(sorted, answer)))
