"""Latin squares of five by five with some cells given; most of them have several completions."""

import random
import re


def _make():
    tasks = []
    for seed in range(20):
        chance = random.Random(f"latin{seed}")
        rows, columns, names = (chance.sample(range(5), 5) for _ in range(3))
        grid = [[names[(r + c) % 5] + 1 for c in columns] for r in rows]
        shown = [[0] * 5 for _ in range(5)]
        for cell in chance.sample(range(25), chance.randint(7, 12)):
            shown[cell // 5][cell % 5] = grid[cell // 5][cell % 5]
        text = "\n".join(" ".join(str(v) if v else "." for v in row) for row in shown)
        tasks.append(
            {
                "prompt": f"Complete this square so that each row and each column holds 1 to 5:\n"
                f"{text}"
                "\nThe given numbers stay where they are; there may be several "
                "completions, any one is "
                "right. Write five lines of five digits separated by spaces into "
                "<square> </square>; "
                "the last pair counts.",
                "answer": {"shown": shown, "one": grid},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    lines = "\n".join(" ".join(map(str, row)) for row in task["answer"]["one"])
    return f"<square>\n{lines}\n</square>\nThis is one of the completions."


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    end = completion.rfind("</square>")
    start = completion.rfind("<square>", 0, max(end, 0))
    if start < 0 or end < 0 or end - start > 400:
        return 0.0
    lines = completion[start + len("<square>") : end].strip().splitlines()
    rows = [line.split() for line in lines if line.strip()]
    if len(rows) != 5 or any(len(row) != 5 for row in rows):
        return 0.0
    if not all(re.fullmatch("[1-5]", cell) for row in rows for cell in row):
        return 0.0
    rows = [[int(cell) for cell in row] for row in rows]
    for group in [*rows, *zip(*rows)]:
        if len(set(group)) != 5:
            return 0.0
    for row, given in zip(rows, answer["shown"]):
        if any(want and have != want for have, want in zip(row, given)):
            return 0.0
    return 1.0
