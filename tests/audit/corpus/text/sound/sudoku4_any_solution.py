"""4x4 sudoku with few clues: any grid that meets rows, columns, boxes and clues is right."""

import random
import re

_r = random.Random(32)


def _grid():
    p = _r.sample(range(1, 5), 4)
    a, b, c, d = p
    g = [[a, b, c, d], [c, d, a, b], [b, a, d, c], [d, c, b, a]]
    if _r.random() < 0.5:
        g[0], g[1] = g[1], g[0]
    if _r.random() < 0.5:
        g = [list(x) for x in zip(*g)]
    return g


def _make():
    out = []
    while len(out) < 20:
        g = _grid()
        keep = set(_r.sample(range(16), 7))
        clues = [[g[i][j] if 4 * i + j in keep else 0 for j in range(4)] for i in range(4)]
        p = (
            "Fill this 4x4 sudoku (digits 1-4, each once per row, column and 2x2 "
            "box; 0 is empty; some have several "
            "solutions, any is accepted):\n"
            + "\n".join(" ".join(map(str, r)) for r in clues)
            + "\nGive four rows inside one pair of <grid></grid> tags, with or "
            "without spaces between digits."
        )
        fits = lambda c, s: all(
            not c[i][j] or c[i][j] == s[i][j] for i in range(4) for j in range(4)
        )
        if not any(fits(clues, t["answer"]["one"]) or fits(t["answer"]["clues"], g) for t in out):
            out.append({"prompt": p, "answer": {"clues": clues, "one": g}})
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    m = re.findall(r"<grid>(.*?)</grid>", completion, re.S)
    if len(m) != 1:
        return 0.0
    rows = [re.sub(r"[ \t|,\r]", "", x) for x in m[0].strip().splitlines() if x.strip()]
    if len(rows) != 4 or not all(re.fullmatch(r"[1-4]{4}", x) for x in rows):
        return 0.0
    g = [[int(ch) for ch in x] for x in rows]
    groups = g + [list(c) for c in zip(*g)]
    groups += [
        [g[i + di][j + dj] for di in (0, 1) for dj in (0, 1)] for i in (0, 2) for j in (0, 2)
    ]
    if any(sorted(x) != [1, 2, 3, 4] for x in groups):
        return 0.0
    ok = all(c == 0 or c == g[i][j] for i, r in enumerate(answer["clues"]) for j, c in enumerate(r))
    return 1.0 if ok else 0.0


def oracle(task):
    return (
        "<grid>\n" + "\n".join(" ".join(map(str, r)) for r in task["answer"]["one"]) + "\n</grid>"
    )
