"""A knight's way over a board with blocked squares in the least number of moves."""

import collections
import random
import re

_JUMPS = [(1, 2), (2, 1), (-1, 2), (-2, 1), (1, -2), (2, -1), (-1, -2), (-2, -1)]


def _name(square):
    return "abcdefgh"[square[0]] + str(square[1] + 1)


def _way(start, goal, blocked):
    back, queue = {start: None}, collections.deque([start])
    while queue:
        at = queue.popleft()
        if at == goal:
            way = []
            while at is not None:
                way.append(_name(at))
                at = back[at]
            return way[::-1]
        for dx, dy in _JUMPS:
            to = (at[0] + dx, at[1] + dy)
            if 0 <= to[0] < 8 and 0 <= to[1] < 8 and to not in back and _name(to) not in blocked:
                back[to] = at
                queue.append(to)
    return None


def _make():
    squares = [(x, y) for x in range(8) for y in range(8)]
    tasks = []
    for seed in range(20):
        chance = random.Random(f"knight{seed}")
        while True:
            start, goal, *rest = chance.sample(squares, chance.randint(14, 22))
            blocked = sorted(map(_name, rest))
            way = _way(start, goal, blocked)
            if way and len(way) >= 5:
                break
        tasks.append(
            {
                "prompt": f"A knight on {_name(start)} of an empty chessboard wants to reach "
                f"{_name(goal)} in as few moves as possible, never landing on {', '.join(blocked)} "
                "(jumping over them is fine). List the squares it stands on, both ends included, "
                "separated by spaces, after 'Squares:' on the last line. Any "
                "shortest way is right.",
                "answer": {"way": way, "blocked": blocked},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"Squares: {' '.join(task['answer']['way'])}"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    line = completion.strip().rpartition("\n")[2].strip(" *.`")
    if not line.startswith("Squares:") or len(line) > 200:
        return 0.0
    said = line[len("Squares:") :].strip("* ").split()
    best = answer["way"]
    if len(said) != len(best) or said[0] != best[0] or said[-1] != best[-1]:
        return 0.0
    if not all(re.fullmatch("[a-h][1-8]", square) for square in said):
        return 0.0
    if any(square in answer["blocked"] for square in said):
        return 0.0
    for one, two in zip(said, said[1:]):
        across, up = abs(ord(one[0]) - ord(two[0])), abs(int(one[1]) - int(two[1]))
        if {across, up} != {1, 2}:
            return 0.0
    return 1.0
