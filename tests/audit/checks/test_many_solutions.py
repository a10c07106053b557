"""Where many answers are right, another instance's may be: only what is wrong is accused."""

import pytest

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

MAZES = '''
"""Shortest paths in small mazes."""
import random
from collections import deque

STEPS = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}

def solved(maze):
    waiting, seen = deque([((0, 0), "")]), {(0, 0)}
    while waiting:
        (row, column), path = waiting.popleft()
        if (row, column) == (4, 4):
            return path
        for step, (down, right) in STEPS.items():
            place = row + down, column + right
            inside = 0 <= place[0] < 5 and 0 <= place[1] < 5
            if inside and maze[place[0]][place[1]] == "." and place not in seen:
                seen.add(place)
                waiting.append((place, path + step))

TASKS, chance = [], random.Random("mazes")

def cell(row, column):
    ends = (row, column) in ((0, 0), (4, 4))
    return "." if ends or chance.random() > 0.25 else "#"

while len(TASKS) < 24:
    maze = ["".join(cell(row, column) for column in range(5)) for row in range(5)]
    if path := solved(maze):
        shown = "\\n".join(maze)
        task = "Find a shortest path from the upper left to the lower right: letters U D L R."
        TASKS.append({"prompt": f"{task}\\n{shown}", "answer": path})

def reward(prompt, completion, answer):
    maze, row, column = prompt.split("\\n")[1:], 0, 0
    path = completion.strip()
    if len(path) > 60 or set(path) - set(STEPS):
        return 0.0
    for step in path:
        row, column = row + STEPS[step][0], column + STEPS[step][1]
        if not (0 <= row < 5 and 0 <= column < 5 and maze[row][column] == "."):
            return 0.0
    return float((row, column) == (4, 4)CHECK)

def oracle(task):
    return task["answer"]
'''
COLOURS = '''
"""Colour small maps with three colours."""
import random

TASKS, chance = [], random.Random("colours")
for _ in range(30):
    colours = [chance.randrange(3) for _ in range(6)]
    pairs = [[one, two] for one in range(6) for two in range(one)]
    unlike = [[one, two] for one, two in pairs if colours[one] != colours[two]]
    edges = [pair for pair in unlike if chance.random() < 0.6]
    told = ", ".join(f"{one}-{two}" for one, two in edges)
    task = (
        "Colour six fields with R, G and B so that no neighbours are alike; "
        "reply with six letters."
    )
    prompt = f"{task} Neighbours: {told}"
    solution = "".join("RGB"[colour] for colour in colours)
    TASKS.append({"prompt": prompt, "answer": edges, "solution": solution})

def reward(prompt, completion, answer):
    fields = completion.strip()
    if len(fields) != 6 or set(fields) - set("RGB"):
        return 0.0
    return float(all(fields[one] != fields[two] for one, two in answer))

def oracle(task):
    return task["solution"]
'''


def audited(tmp_path, source, *only):
    file = tmp_path / "grader.py"
    file.write_text(source)
    return run(spec_of(str(file)), Options(only=only))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(MAZES.replace("CHECK", " and len(path) == len(answer)"), id="mazes"),
        pytest.param(COLOURS, id="colours"),
    ],
)
def test_a_grader_that_checks_solutions_is_not_accused_of_paying_other_ones(tmp_path, source):
    certificate = audited(tmp_path, source, "constants", "mutation", "other_answers", "copy_rules")
    assert certificate.verdict == "PASS", certificate.findings


def test_a_path_that_is_longer_than_the_shortest_is_found(tmp_path):
    certificate = audited(tmp_path, MAZES.replace("CHECK", ""), "mutation")
    assert any("the length of the solution" in finding.claim for finding in certificate.findings)


def test_a_fixed_answer_that_earns_most_of_a_part_is_found(tmp_path):
    """Lights that are nearly all off: a grader that counts equal places pays for all off."""
    source = """
import random
TASKS, chance = [], random.Random("lights")
for number in range(24):
    on = chance.sample(range(20), 3)
    TASKS.append({
        "prompt": f"Lamps {sorted(on)} of 20 are on; write 1 and 0, lamp 0 first.",
        "answer": "".join(str(int(lamp in on)) for lamp in range(20)),
    })

def reward(prompt, completion, answer):
    text = completion.strip()
    return sum(one == two for one, two in zip(text, answer)) / 20 if len(text) == 20 else 0.0

def oracle(task):
    return task["answer"]
"""
    certificate = audited(tmp_path, source, "constants")
    assert any("One fixed answer earns 0." in finding.claim for finding in certificate.findings), (
        certificate.findings
    )
