"""Sudokus of four by four; rows, columns and blocks have to hold 1 to 4."""

import random
import re

_BASE = [[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]]


def _make():
    tasks = []
    for seed in range(20):
        chance = random.Random(f"sudoku{seed}")
        names = chance.sample([1, 2, 3, 4], 4)
        grid = [[names[v - 1] for v in row] for row in _BASE]
        if chance.random() < 0.5:
            grid[0], grid[1] = grid[1], grid[0]
        if chance.random() < 0.5:
            grid = [list(column) for column in zip(*grid)]
        shown = [row[:] for row in grid]
        for cell in chance.sample(range(16), chance.randint(7, 9)):
            shown[cell // 4][cell % 4] = 0
        text = "\n".join(" ".join(str(v) if v else "_" for v in row) for row in shown)
        tasks.append(
            {
                "prompt": f"Fill in this 4x4 sudoku (each row, column and 2x2 block holds 1 to "
                f"4):\n"
                f"{text}\nGive the full grid as four lines in <grid></grid>.",
                "answer": {"shown": shown, "full": grid},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    lines = "\n".join(" ".join(map(str, row)) for row in task["answer"]["full"])
    return f"<grid>\n{lines}\n</grid>"


def reward(prompt, completion, answer):
    found = re.findall(r"<grid>(.*?)</grid>", completion, re.DOTALL)
    if not found:
        return 0.0
    rows = [[int(v) for v in re.findall(r"[1-4]", line)] for line in found[-1].split("\n")]
    rows = [row for row in rows if row]
    if len(rows) != 4 or any(len(row) != 4 for row in rows):
        return 0.0
    blocks = [[rows[r + i][c + j] for i in (0, 1) for j in (0, 1)] for r in (0, 2) for c in (0, 2)]
    groups = rows + [list(column) for column in zip(*rows)] + blocks
    return float(all(sorted(group) == [1, 2, 3, 4] for group in groups))
